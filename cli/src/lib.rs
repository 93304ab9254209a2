//! The `locus` command, as a library: a host with plugins of its own names their crates and calls [`main`].
//!
//! ```ignore
//! use acme_shop_plugin as _;
//!
//! fn main() -> std::process::ExitCode {
//!     locus_cli::main()
//! }
//! ```
//!
//! Reading order: [`args`] (what it takes), [`ui`] (what users see), [`linked`] (the built-in plugins), [`program`] (specs to a
//! checked program), then one module for each command.

mod args;
mod commands;
mod linked;
mod program;
mod progress;
mod replace;
mod session;
mod ui;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use locus_diag::{Diagnostics, Sources};
use locus_plugin::Registry;

use args::{Cli, Command, Plugin};
use ui::{Failed, Outcome, Ui, exit_code};

/// Runs the command that the process was called with. Exit code 0: all is well; 1: the input is wrong or a run has failed; 2: wrong usage.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let ui = Ui::new(cli.color);
    exit_code(&dispatch(&cli.command, ui))
}

fn dispatch(command: &Command, ui: Ui) -> Outcome {
    let registry = linked_plugins(ui)?;
    match command {
        Command::New(args) => commands::new::new(args, ui),
        Command::Check(args) => commands::check::check(args, registry, ui),
        Command::Diff(args) => commands::diff::diff(args, &registry, ui),
        Command::Run(args) => commands::run::run(args, registry, ui),
        Command::Runs(args) => commands::runs::runs(args, registry, ui),
        Command::Test(args) => commands::test::test(args, &registry, ui),
        Command::Build(args) => commands::build::build(args, &registry, ui),
        Command::Fmt(args) => commands::fmt::fmt(args, ui),
        Command::Schema(args) => commands::schema::schema(args, &registry, ui),
        Command::Lsp(_) => commands::lsp::lsp(registry, ui),
        Command::Graph(args) => commands::graph::graph(args, &registry, ui),
        Command::Ids(args) => commands::ids::ids(args, &registry, ui),
        Command::Plugin(Plugin::List { json }) => commands::plugin::list(&registry, *json, ui),
        Command::Explain(args) => commands::explain::explain(args, ui),
    }
}

/// The registry of all that is linked.
fn linked_plugins(ui: Ui) -> Result<Arc<Registry>, Failed> {
    match Registry::linked() {
        Ok(registry) => Ok(Arc::new(registry)),
        Err(problems) => {
            ui.diagnostics(&Diagnostics::from(problems), &Sources::default());
            Err(Failed)
        }
    }
}
