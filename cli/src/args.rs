//! What the command line takes.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Checks, runs and generates from Locus programs: workflows and data described in YAML.
#[derive(Parser, Debug)]
#[command(name = "locus", version, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,

    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN")]
    pub(crate) color: Color,

    #[command(flatten)]
    pub(crate) plugins: PluginArgs,
}

/// How plugins are used.
#[derive(Args, Debug)]
#[command(next_help_heading = "Plugins")]
pub(crate) struct PluginArgs {
    /// Use the built-in plugins alone, and those of --only.
    #[arg(long, global = true)]
    pub(crate) no_plugins: bool,
    /// Besides the built-in plugins use only this one; may be given several times.
    #[arg(long, global = true, value_name = "ID")]
    pub(crate) only: Vec<String>,
    /// Print what each hook cost, on standard error.
    #[arg(long, global = true, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "text", value_name = "FORMAT")]
    pub(crate) timings: Option<TimingsFormat>,
    /// Fail when a hook of a plugin takes longer than it may: `over-budget`.
    #[arg(long, global = true, value_parser = [OVER_BUDGET], value_name = "WHAT")]
    pub(crate) deny: Vec<String>,
}

/// What plugins can be denied. `locus check --deny` takes it among the codes.
pub(crate) const OVER_BUDGET: &str = "over-budget";

/// How to show what hooks cost.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub(crate) enum TimingsFormat {
    /// For people, on standard error.
    Text,
    /// For programs, on standard output.
    Json,
}

/// When to use colours.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Make a new project with a workflow to start from.
    New(New),
    /// Find the problems of a program.
    Check(Check),
    /// Compare two versions of a program: whether runs can continue, and what callers and stored data rely on.
    Diff(Diff),
    /// Run a workflow durably; a run that was interrupted goes on where it stopped.
    Run(Run),
    /// Look at runs and act on them.
    #[command(subcommand)]
    Runs(Runs),
    /// Run the tests of a program, on a virtual clock and with the outside world scripted.
    Test(Test),
    /// Generate the files of the project's targets.
    Build(Build),
    /// Draw workflows as diagrams.
    Graph(Graph),
    /// Bring specs into their one form: comments stay, and what they mean does not change.
    Fmt(Fmt),
    /// Print the JSON Schema of specs, with every step type that is linked, for editors.
    Schema(Schema),
    /// Serve an editor: the Language Server Protocol over standard input and output.
    Lsp(Lsp),
    /// List the steps of a program with their paths and ids.
    Ids(Ids),
    /// Look at the plugins of this program.
    #[command(subcommand)]
    Plugin(Plugin),
    /// Explain a diagnostic code.
    Explain(Explain),
}

/// Which program.
#[derive(Args, Debug)]
pub(crate) struct SpecArg {
    /// A spec file, or a project folder.
    #[arg(default_value = ".", value_name = "SPEC")]
    pub(crate) spec: PathBuf,
    /// The profile of the project that holds [default: `dev`, where it is declared].
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
}

/// Where runs are recorded.
#[derive(Args, Debug)]
pub(crate) struct StoreArg {
    /// The file that records runs [default: .locus/runs.db in the project's folder]
    #[arg(long, value_name = "FILE")]
    pub(crate) store: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct New {
    /// The folder to make.
    pub(crate) folder: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) spec: SpecArg,
    /// How to show problems.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: CheckFormat,
    /// Count these as errors: a code, or `warnings` for all of them; `over-budget`: hooks that take longer than they may.
    #[arg(long, value_name = "CODE")]
    pub(crate) deny: Vec<String>,
    /// Do not tell warnings and remarks of this code.
    #[arg(long, value_name = "CODE")]
    pub(crate) allow: Vec<String>,
    /// Mend what can be mended without asking. No fix is kept that would bring a new error.
    #[arg(long)]
    pub(crate) fix: bool,
    /// Write nothing; fail if something would be fixed.
    #[arg(long, requires = "fix")]
    pub(crate) dry_run: bool,
    /// Write nothing; print how files would change, and fail if one would.
    #[arg(long, requires = "fix", conflicts_with = "dry_run")]
    pub(crate) diff: bool,
}

/// How to show problems.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub(crate) enum CheckFormat {
    /// For people, on standard error.
    Text,
    /// For programs, on standard output.
    Json,
    /// For tools that gather findings: SARIF 2.1.0, on standard output.
    Sarif,
}

#[derive(Args, Debug)]
pub(crate) struct Diff {
    /// The old version: a spec file, a project folder, or `git:REV` or `git:REV:PATH` for a version in Git.
    pub(crate) old: String,
    /// The new version, the same way.
    #[arg(default_value = ".")]
    pub(crate) new: String,
    /// Do not fail for this kind of incompatibility.
    #[arg(long, value_enum, value_name = "KIND")]
    pub(crate) allow: Vec<DiffKind>,
    /// Print what differs as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// The kinds of incompatibility.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub(crate) enum DiffKind {
    /// Runs that are going on cannot all continue.
    Runs,
    /// A workflow is gone.
    Workflow,
    /// A workflow takes less.
    Input,
    /// A workflow returns less.
    Output,
    /// Something no longer starts a workflow.
    Trigger,
    /// Records of a model are others.
    Model,
    /// Values of a named type are others.
    Schema,
}

#[derive(Args, Debug)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) spec: SpecArg,
    /// The workflow; may be left out when the program has only one.
    pub(crate) workflow: Option<String>,
    /// The input as JSON, or @FILE with JSON in it (@- for standard input).
    #[arg(long, value_name = "JSON")]
    pub(crate) input: Option<String>,
    /// One value of the input: NAME=JSON, or NAME=TEXT.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// The run's id: starting the same id again continues that run, and never starts a second one.
    #[arg(long, value_name = "ID")]
    pub(crate) run_id: Option<String>,
    /// Start a new run even if an interrupted one of the same workflow and input could go on.
    #[arg(long, conflicts_with = "run_id")]
    pub(crate) new: bool,
    #[command(flatten)]
    pub(crate) store: StoreArg,
    /// Print the run as JSON instead of its output alone.
    #[arg(long)]
    pub(crate) json: bool,
    /// No progress and no log lines.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Test {
    #[command(flatten)]
    pub(crate) spec: SpecArg,
    /// Only these tests.
    #[arg(value_name = "TEST")]
    pub(crate) names: Vec<String>,
    /// Do not let the runs die behind each of their records and go on.
    #[arg(long)]
    pub(crate) no_crashes: bool,
    /// Show the log of tests that pass too.
    #[arg(long, short, conflicts_with = "json")]
    pub(crate) verbose: bool,
    /// Print what came of the tests as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Runs {
    /// List the recorded runs, the latest first.
    List {
        #[command(flatten)]
        place: RunPlace,
        /// Only runs in this state.
        #[arg(long, value_enum)]
        state: Option<RunStateArg>,
        /// How many at most.
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show one run with its steps.
    Show {
        /// The run's id; its beginning suffices where that is unique.
        id: String,
        #[command(flatten)]
        place: RunPlace,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Continue interrupted runs; without ids, all of them.
    Resume {
        /// The runs' ids; their beginnings suffice where they are unique.
        ids: Vec<String>,
        /// Go on with a run that failed or was cancelled, as if this step (its path or key) had not begun.
        #[arg(long, value_name = "STEP", requires = "ids")]
        from: Option<String>,
        #[command(flatten)]
        place: RunPlace,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// No progress and no log lines.
        #[arg(long, short)]
        quiet: bool,
    },
    /// Make a test of a run that has ended: a spec, on standard output.
    Export {
        /// The run's id; its beginning suffices where that is unique.
        id: String,
        /// The name of the test [default: run_ and the id's end]
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        place: RunPlace,
    },
    /// Send a signal to a run: a step that waits for an event of this type gets it, now or later.
    Signal {
        /// The run's id; its beginning suffices where that is unique.
        id: String,
        /// The signal's name: the type of the event.
        name: String,
        /// What it says, as JSON.
        #[arg(long, value_name = "JSON", default_value = "null")]
        data: String,
        /// What it is about.
        #[arg(long, value_name = "TEXT")]
        subject: Option<String>,
        #[command(flatten)]
        place: RunPlace,
        /// Print the event as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Look after runs until interrupted: resume what was interrupted, wake what sleeps, start what is planned.
    Attend {
        #[command(flatten)]
        place: RunPlace,
        /// No progress and no log lines.
        #[arg(long, short)]
        quiet: bool,
    },
    /// List the schedules that start runs again and again.
    Schedules {
        #[command(flatten)]
        place: RunPlace,
        /// Remove this schedule: it starts no more runs.
        #[arg(long, value_name = "ID")]
        remove: Option<String>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Remove runs that ended long ago, and events that nobody can want any longer.
    Prune {
        /// How long ago at least: `30d`, `12h`.
        #[arg(long, value_name = "DURATION")]
        older_than: String,
        /// Only runs in this state; may be given several times [default: all that have ended]
        #[arg(long = "state", value_enum, value_name = "STATE")]
        states: Vec<RunStateArg>,
        #[command(flatten)]
        place: RunPlace,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Cancel a run: what it did is undone by its compensations.
    Cancel {
        /// The run's id; its beginning suffices where that is unique.
        id: String,
        #[command(flatten)]
        place: RunPlace,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Where recorded runs are looked for.
#[derive(Args, Debug)]
pub(crate) struct RunPlace {
    /// The project's folder, or its spec file.
    #[arg(long, default_value = ".", value_name = "SPEC")]
    pub(crate) project: PathBuf,
    #[command(flatten)]
    pub(crate) store: StoreArg,
}

/// The states a run can be in.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub(crate) enum RunStateArg {
    /// Not ended: running now, or interrupted.
    Running,
    /// Ended with a result.
    Done,
    /// Ended with a failure.
    Failed,
    /// Cancelled.
    Cancelled,
}

#[derive(Args, Debug)]
pub(crate) struct Build {
    #[command(flatten)]
    pub(crate) spec: SpecArg,
    /// Only these targets.
    #[arg(long = "target", value_name = "NAME")]
    pub(crate) targets: Vec<String>,
    /// Write nothing; fail if a file is not up to date.
    #[arg(long, conflicts_with = "diff")]
    pub(crate) check: bool,
    /// Write nothing; print how files would change.
    #[arg(long)]
    pub(crate) diff: bool,
    /// Replace generated files that were changed by hand.
    #[arg(long)]
    pub(crate) force: bool,
    /// Print what was done as JSON.
    #[arg(long, conflicts_with = "diff")]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Graph {
    #[command(flatten)]
    pub(crate) spec: SpecArg,
    /// The workflow; all of them when left out.
    pub(crate) workflow: Option<String>,
    /// Print the steps and their connections as JSON instead of Mermaid.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Fmt {
    /// Specs, or folders of them [default: the current folder]
    #[arg(value_name = "PATH", conflicts_with = "stdin")]
    pub(crate) paths: Vec<PathBuf>,
    /// Write nothing; list the files that are not formatted, and fail if there are any.
    #[arg(long)]
    pub(crate) check: bool,
    /// Write nothing; print how files would change.
    #[arg(long)]
    pub(crate) diff: bool,
    /// Format standard input to standard output.
    #[arg(long)]
    pub(crate) stdin: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Schema {
    /// Write it to this file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// That of `locus.yaml` instead of specs.
    #[arg(long)]
    pub(crate) manifest: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Lsp {
    /// Accepted because editors pass it; there is no other way of talking.
    #[arg(long)]
    pub(crate) stdio: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Ids {
    #[command(flatten)]
    pub(crate) spec: SpecArg,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Plugin {
    /// List the plugins and what each provides.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show a plugin: what it may do, and how the project configures it.
    Show {
        /// The plugin's id.
        id: String,
        #[command(flatten)]
        spec: SpecArg,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show in which order hooks are called.
    Order {
        /// The hook point; all of them when left out.
        hook: Option<String>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show what plugins did, or were refused.
    Audit {
        #[command(flatten)]
        spec: SpecArg,
        /// Check that no line was changed or taken out.
        #[arg(long)]
        verify: bool,
    },
    /// Compare plugins, their config and permissions with what the project recorded.
    Drift {
        #[command(flatten)]
        spec: SpecArg,
        /// Record them as they are now.
        #[arg(long)]
        record: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show a plugin's config in its present form.
    Migrate {
        /// The plugin's id.
        id: String,
        #[command(flatten)]
        spec: SpecArg,
    },
    /// Ask a plugin: call one of its commands.
    Call {
        /// The command: `owner.plugin/name`.
        name: String,
        /// Its arguments as JSON.
        args: Option<String>,
        /// The project's folder, or its spec file.
        #[arg(long, default_value = ".", value_name = "SPEC")]
        project: PathBuf,
    },
    /// Make the crate of a plugin: it builds, is tested and documented.
    New(PluginNew),
    /// Find what a plugin does not say of itself, and examples in its documentation that are wrong.
    Check {
        /// A plugin's id, or the folder of its crate; all that are not built in when left out.
        plugin: Option<String>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Run the tests of a plugin's crate, then check it.
    Test {
        /// The folder of the crate.
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
    /// Print the manual of plugins as Markdown.
    Docs {
        /// The plugin's id; all of them when left out.
        id: Option<String>,
        /// Write one file for each plugin into this folder.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Find the plugin that makes a command fail.
    Bisect {
        /// The command, as in `check shop`.
        #[arg(last = true, required = true, value_name = "COMMAND")]
        command: Vec<String>,
    },
    /// Check that plugins are well: what their hooks cost, the audit log, what they keep.
    Doctor {
        #[command(flatten)]
        spec: SpecArg,
        /// Record what hooks cost now, to compare with later.
        #[arg(long)]
        record: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args, Debug)]
pub(crate) struct PluginNew {
    /// Its id, owner and plugin: `acme.chat`.
    pub(crate) name: String,
    /// What it adds.
    #[arg(long, value_enum, default_value = "step")]
    pub(crate) template: Template,
    /// The folder to make [default: the name, as in acme-chat]
    #[arg(long, value_name = "DIR")]
    pub(crate) path: Option<PathBuf>,
    /// Take Locus from here, a checkout or a repository's address, instead of the registry of crates.
    #[arg(long, value_name = "PATH|URL")]
    pub(crate) locus: Option<String>,
}

/// What a new plugin adds.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub(crate) enum Template {
    /// A step type that does something.
    Step,
    /// A step type that decides what runs next.
    Control,
    /// A generator.
    Generator,
    /// Hooks.
    Hooks,
    /// A front end.
    FrontEnd,
    /// One of everything.
    Full,
}

#[derive(Args, Debug)]
pub(crate) struct Explain {
    /// The code, as in `unknown-step-type`; without one, all codes are listed.
    pub(crate) code: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
