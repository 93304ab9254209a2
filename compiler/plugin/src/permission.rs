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
/// Starts runs of workflows.
pub const RUNS: &str = "runs";
/// Keeps a value between calls.
pub const STATE: &str = "state";
/// Publishes events to other plugins.
pub const EVENTS: &str = "events";
/// Asks other plugins.
pub const COMMANDS: &str = "commands";

/// All permissions, each with what it allows in plain words.
pub const ALL: [(&str, &str); 8] = [
    (NETWORK, "send HTTP requests to any address"),
    (DATABASE, "read and change the databases of the project's connections"),
    (QUEUE, "publish messages to the queues of the project's connections"),
    (FILES, "read files in the project's folder"),
    (RUNS, "start runs of the project's workflows"),
    (STATE, "keep a value of its own in the project's folder"),
    (EVENTS, "publish events that other plugins hear"),
    (COMMANDS, "ask other plugins for answers"),
];

/// Whether there is a permission of this name.
#[must_use]
pub fn is_known(name: &str) -> bool {
    ALL.iter().any(|(known, _)| *known == name)
}
