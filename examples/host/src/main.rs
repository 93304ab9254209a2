//! The `locus` command with six plugins of a third party linked in. Naming a crate is what links it.

use acme_audit_cost as _;
use acme_chat_notify as _;
use acme_csv_front_end as _;
use acme_kubernetes_cronjob as _;
use acme_naming_conventions as _;
use acme_race_until as _;

fn main() -> std::process::ExitCode {
    locus_cli::main()
}
