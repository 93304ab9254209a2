//! The `locus` command with a third party's plugin linked in. Naming the crate is what links it.

use acme_shop_plugin as _;

fn main() -> std::process::ExitCode {
    locus_cli::main()
}
