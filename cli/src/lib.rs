//! The `locus` command, as a library: a host with plugins of its own names their crates and calls [`main`].
//!
//! ```ignore
//! use acme_chat_notify as _;
//!
//! fn main() -> std::process::ExitCode {
//!     locus_cli::main()
//! }
//! ```
//!
//! Reading order: [`args`] (what it takes), [`ui`] (what users see), [`linked`] (the built-in plugins), [`program`] (specs to a
//! checked program), `plugin_host` with `audit` and `counting` (what plugins run in), then one module for each command.

mod args;
mod audit;
mod commands;
mod counting;
mod linked;
mod plugin_host;
mod program;
mod progress;
mod replace;
mod session;
mod ui;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use locus_diag::{Diagnostics, Sources, did_you_mean};
use locus_plugin::Registry;
use locus_plugin::host::{PluginHost, quiet_panics};
use locus_plugin::meta::is_built_in;

use args::{Cli, Command, OVER_BUDGET, Plugin, PluginArgs, Runs, TimingsFormat};
pub use counting::Counting;
use plugin_host::{Desk, FOLDER};
use ui::{Failed, Outcome, Ui, exit_code};

/// Runs the command that the process was called with. Exit code 0: all is well; 1: the input is wrong or a run has failed; 2: wrong usage.
#[must_use]
pub fn main() -> ExitCode {
    quiet_panics();
    let cli = Cli::parse();
    let ui = Ui::new(cli.color);
    exit_code(&run(&cli, ui))
}

fn run(cli: &Cli, ui: Ui) -> Outcome {
    let registry = linked_plugins(ui)?;
    let desk = Arc::new(Desk::new(&project_of(&cli.command), ui));
    let host: Arc<dyn PluginHost> = Arc::<Desk>::clone(&desk);
    let registry = safe_mode(registry.hosted_by(host), &cli.plugins, ui)?;
    let outcome = dispatch(&cli.command, Arc::new(registry), &desk, ui);
    if let Some(format) = cli.plugins.timings {
        commands::plugin_doctor::timings(&desk, format == TimingsFormat::Json, ui);
    }
    let denied = match cli.plugins.deny.iter().any(|denied| denied == OVER_BUDGET) {
        true => commands::plugin_doctor::deny_over_budget(&desk, ui),
        false => Ok(()),
    };
    outcome.and(denied)
}

/// The folder of the project that a command is about.
fn project_of(command: &Command) -> PathBuf {
    let path = match command {
        Command::Check(args) => &args.spec.spec,
        Command::Run(args) => &args.spec.spec,
        Command::Build(args) => &args.spec.spec,
        Command::Graph(args) => &args.spec.spec,
        Command::Ids(args) => &args.spec.spec,
        Command::Test(args) => &args.spec.spec,
        Command::Runs(
            Runs::List { place, .. }
            | Runs::Show { place, .. }
            | Runs::Resume { place, .. }
            | Runs::Cancel { place, .. },
        ) => &place.project,
        Command::Plugin(
            Plugin::Show { spec, .. }
            | Plugin::Audit { spec, .. }
            | Plugin::Drift { spec, .. }
            | Plugin::Migrate { spec, .. }
            | Plugin::Doctor { spec, .. },
        ) => &spec.spec,
        Command::Plugin(Plugin::Call { project, .. }) => project,
        _ => Path::new("."),
    };
    project_folder(path)
}

/// The folder of a project that is given by it or by one of its files.
fn project_folder(path: &Path) -> PathBuf {
    if path.is_file() {
        path.parent().map_or_else(PathBuf::new, Path::to_owned)
    } else {
        path.to_owned()
    }
}

/// The plugins without those that are not wanted.
fn safe_mode(registry: Registry, args: &PluginArgs, ui: Ui) -> Result<Registry, Failed> {
    if !args.no_plugins && args.only.is_empty() {
        return Ok(registry);
    }
    if let Some(unknown) = args.only.iter().find(|id| registry.plugin(id).is_none()) {
        let known = registry.plugins().map(|meta| meta.id.as_str());
        let help = match did_you_mean(unknown, known) {
            Some(close) => format!("did you mean `{close}`?"),
            None => "`locus plugin list` lists them".to_owned(),
        };
        return Err(ui.error(format_args!("there is no plugin `{unknown}`"), Some(&help)));
    }
    let wanted = |id: &str| is_built_in(id) || args.only.iter().any(|only| only == id);
    registry.only(wanted).map_err(|problems| {
        ui.diagnostics(&Diagnostics::from(problems), &Sources::default());
        Failed
    })
}

fn dispatch(command: &Command, registry: Arc<Registry>, desk: &Desk, ui: Ui) -> Outcome {
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
        Command::Plugin(command) => plugin(command, &registry, desk, ui),
        Command::Explain(args) => commands::explain::explain(args, ui),
    }
}

fn plugin(command: &Plugin, registry: &Registry, desk: &Desk, ui: Ui) -> Outcome {
    match command {
        Plugin::List { json } => commands::plugin::list(registry, *json, ui),
        Plugin::Show { id, spec, json } => {
            commands::plugin_show::show(registry, id, &spec.spec, *json, ui)
        }
        Plugin::Order { hook, json } => {
            commands::plugin_order::order(registry, hook.as_deref(), *json, ui)
        }
        Plugin::Audit { spec, verify } => commands::plugin_audit::audit(
            &project_folder(&spec.spec).join(FOLDER).join("audit.jsonl"),
            *verify,
            ui,
        ),
        Plugin::Drift { spec, record, json } => {
            commands::plugin_drift::drift(registry, &spec.spec, *record, *json, ui)
        }
        Plugin::Migrate { id, spec } => {
            commands::plugin_show::migrate(registry, id, &spec.spec, ui)
        }
        Plugin::Call { name, args, project } => {
            commands::plugin_show::call(registry, name, args.as_deref(), project, ui)
        }
        Plugin::New(args) => commands::plugin_new::new(args, ui),
        Plugin::Check { plugin, json } => {
            commands::plugin_check::check(registry, plugin.as_deref(), *json, ui)
        }
        Plugin::Test { folder } => commands::plugin_check::test(folder, ui),
        Plugin::Docs { id, out } => {
            commands::plugin_docs::docs(registry, id.as_deref(), out.as_deref(), ui)
        }
        Plugin::Bisect { command } => commands::plugin_bisect::bisect(registry, command, ui),
        Plugin::Doctor { spec, record, json } => {
            commands::plugin_doctor::doctor(registry, desk, &spec.spec, *record, *json, ui)
        }
    }
}

/// The registry of all that is linked.
fn linked_plugins(ui: Ui) -> Result<Registry, Failed> {
    match Registry::linked() {
        Ok(registry) => Ok(registry),
        Err(problems) => {
            ui.diagnostics(&Diagnostics::from(problems), &Sources::default());
            Err(Failed)
        }
    }
}
