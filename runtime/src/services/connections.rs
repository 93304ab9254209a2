//! Connections of a program: found by name, their settings read.

use std::path::{Path, PathBuf};

use locus_diag::did_you_mean;
use locus_model::{Connection, Node, Program};
use locus_plugin::StepError;

/// The kinds of connections that this host knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ConnectionKind {
    /// A SQLite database.
    Sqlite,
    /// A durable queue in a file.
    Queue,
}

impl ConnectionKind {
    const ALL: [Self; 2] = [Self::Sqlite, Self::Queue];

    const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Queue => "queue",
        }
    }

    const fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Sqlite => &["path", "init"],
            Self::Queue => &["path"],
        }
    }
}

/// The settings of a connection to a file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Settings {
    /// The file.
    pub(super) path: PathBuf,
    /// Statements to run when it is first opened.
    pub(super) init: Vec<String>,
}

/// The settings of the connection of this name, which has to be of this kind.
pub(super) fn find(
    program: &Program,
    name: &str,
    kind: ConnectionKind,
    base_dir: &Path,
) -> Result<Settings, StepError> {
    let Some(connection) = program.connections.get(name) else {
        let hint = hint(name, program.connections.keys().map(String::as_str));
        return Err(StepError::terminal(
            "unknown_connection",
            format!("the program has no connection `{name}`{hint}"),
        ));
    };
    check_kind(connection, name, kind)?;
    read(connection, name, kind, base_dir).map_err(|what| {
        StepError::terminal("invalid_connection", format!("the connection `{name}` {what}"))
    })
}

fn check_kind(connection: &Connection, name: &str, kind: ConnectionKind) -> Result<(), StepError> {
    let found = connection.kind.value.as_str();
    if found == kind.name() {
        return Ok(());
    }
    if ConnectionKind::ALL.iter().any(|known| known.name() == found) {
        return Err(StepError::terminal(
            "wrong_connection_kind",
            format!(
                "the connection `{name}` is of kind `{found}`; this step needs `{}`",
                kind.name()
            ),
        ));
    }
    let hint = hint(found, ConnectionKind::ALL.iter().map(|known| known.name()));
    Err(StepError::terminal(
        "unknown_connection_kind",
        format!("the connection `{name}` is of the unknown kind `{found}`{hint}"),
    ))
}

fn read(
    connection: &Connection,
    name: &str,
    kind: ConnectionKind,
    base_dir: &Path,
) -> Result<Settings, String> {
    let known = kind.settings();
    for entry in connection.settings.as_mapping().unwrap_or_default() {
        let key = entry.key.value.as_str();
        if !known.contains(&key) && !key.starts_with("x-") {
            return Err(format!(
                "has the unknown setting `{key}`{}",
                hint(key, known.iter().copied())
            ));
        }
    }
    let path = connection
        .settings
        .get("path")
        .and_then(Node::as_str)
        .filter(|path| !path.is_empty())
        .ok_or_else(|| format!("needs a `path`, for example `path: {name}.db`"))?;
    if path.contains("${") {
        return Err("has an expression in its `path`, which must be a plain text".to_owned());
    }
    if path == ":memory:" {
        return Err("must be a file: what is in memory would not outlive the run".to_owned());
    }
    let init = match connection.settings.get("init") {
        None => Vec::new(),
        Some(node) => {
            statements(node).ok_or("has an `init` that is no SQL statement and no list of them")?
        }
    };
    Ok(Settings { path: base_dir.join(path), init })
}

fn statements(node: &Node) -> Option<Vec<String>> {
    match (node.as_str(), node.as_sequence()) {
        (Some(statement), _) => Some(vec![statement.to_owned()]),
        (_, Some(items)) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// The end of a sentence about a name that does not exist.
pub(super) fn hint<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(meant) = did_you_mean(wrong, known.clone()) {
        return format!("; did you mean `{meant}`?");
    }
    let names: Vec<String> = known.into_iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { String::new() } else { format!("; there is {}", names.join(", ")) }
}
