//! The `locus` command as tests start it: Cargo builds a package's own binaries for its tests.

fn main() -> std::process::ExitCode {
    locus_cli::main()
}
