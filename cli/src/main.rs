//! The `locus` command with the built-in plugins.

fn main() -> std::process::ExitCode {
    locus_cli::main()
}
