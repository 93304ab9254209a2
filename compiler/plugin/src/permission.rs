//! Permissions: what a plugin must be allowed to do, declared by the plugin, granted by the project, enforced where the host's services are
//! called.

/// Sends HTTP requests.
pub const NETWORK: &str = "network";
/// Reads and writes databases.
pub const DATABASE: &str = "database";
/// Publishes messages to queues.
pub const QUEUE: &str = "queue";
/// Reads files of the project.
pub const FILES: &str = "files";
/// Starts runs of workflows, now or later.
pub const RUNS: &str = "runs";
/// Runs programs of the machine. Nothing but the project's own word grants it, not even to plugins that come with Locus:
/// `run_command`, or `run_command:git` for one program alone.
pub const RUN_COMMAND: &str = "run_command";
/// Keeps a value between calls.
pub const STATE: &str = "state";
/// Publishes events to other plugins and to runs.
pub const EVENTS: &str = "events";
/// Asks other plugins.
pub const COMMANDS: &str = "commands";

/// All permissions, each with what it allows in plain words.
pub const ALL: [(&str, &str); 9] = [
    (NETWORK, "send HTTP requests to any address"),
    (DATABASE, "read and change the databases of the project's connections"),
    (QUEUE, "publish messages to the queues of the project's connections"),
    (FILES, "read files in the project's folder"),
    (RUNS, "start runs of the project's workflows, now or later"),
    (RUN_COMMAND, "run programs of the machine"),
    (STATE, "keep a value of its own in the project's folder"),
    (EVENTS, "publish events that other plugins and runs hear"),
    (COMMANDS, "ask other plugins for answers"),
];

/// Whether there is a permission of this name.
#[must_use]
pub fn is_known(name: &str) -> bool {
    ALL.iter().any(|(known, _)| *known == name)
}

/// The permission that a project grants a part of, and the part: the program in `run_command:git`.
#[must_use]
pub fn part(granted: &str) -> (&str, Option<&str>) {
    match granted.split_once(':') {
        Some((RUN_COMMAND, program)) => (RUN_COMMAND, Some(program.trim())),
        _ => (granted, None),
    }
}

/// Whether a plugin that declares it has it without a word of the project.
#[must_use]
pub fn is_implied(name: &str) -> bool {
    part(name).0 != RUN_COMMAND
}
