//! The `locus` command with this plugin linked in. Naming the crate is what links it.

use @crate@ as _;

fn main() -> std::process::ExitCode {
    locus_cli::main()
}
