//! The `locus` command with the built-in plugins.

#[global_allocator]
static COUNTING: locus_cli::Counting = locus_cli::Counting;

fn main() -> std::process::ExitCode {
    locus_cli::main()
}
