//! Connections of a program: found by name, their settings read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use locus_diag::did_you_mean;
use locus_expr::{Data, Expr, Limits, Root, Scope, Template};
use locus_model::{Connection, Node, NodeKind, Program};
use locus_plugin::StepError;
use serde_json::{Map, Value};

use crate::engine::SECRET_PREFIX;
use crate::host::Host;

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
    host: &dyn Host,
) -> Result<Settings, StepError> {
    let Some(connection) = program.connections.get(name) else {
        let hint = hint(name, program.connections.keys().map(String::as_str));
        return Err(StepError::terminal(
            "unknown_connection",
            format!("the program has no connection `{name}`{hint}"),
        ));
    };
    check_kind(connection, name, kind)?;
    read(connection, name, kind, base_dir, host).map_err(|what| {
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
    host: &dyn Host,
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
    let mut settings = evaluated(&connection.settings, host)?;
    let path = settings
        .get("path")
        .and_then(Value::as_str)
        .filter(|path| !path.is_empty())
        .ok_or_else(|| format!("needs a `path`, for example `path: {name}.db`"))?;
    if path == ":memory:" {
        return Err("must be a file: what is in memory would not outlive the run".to_owned());
    }
    let path = base_dir.join(path);
    let init = match settings.get_mut("init").map(Value::take) {
        None | Some(Value::Null) => Vec::new(),
        Some(init) => {
            statements(init).ok_or("has an `init` that is no SQL statement and no list of them")?
        }
    };
    Ok(Settings { path, init })
}

fn statements(init: Value) -> Option<Vec<String>> {
    match init {
        Value::String(statement) => Some(vec![statement]),
        Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// Settings with their expressions evaluated. `$env` and `$secrets` are those of this process: a connection belongs to the place
/// where steps are performed, not to the run.
fn evaluated(node: &Node, host: &dyn Host) -> Result<Value, String> {
    match &node.kind {
        NodeKind::String(text) if text.value.contains("${") => {
            let template = Template::parse(&text.value)
                .map_err(|_| "has a setting with an expression that is none".to_owned())?;
            let scope = surroundings(&template, host)?;
            let value = template.evaluate(&scope, &Limits::default());
            // The words of an evaluation can hold values, and those may be secrets.
            value
                .map(|value| value.to_value())
                .map_err(|_| "has a setting with an expression that failed".to_owned())
        }
        NodeKind::Sequence(items) => items.iter().map(|item| evaluated(item, host)).collect(),
        NodeKind::Mapping(entries) => {
            let each = entries
                .iter()
                .map(|entry| Ok((entry.key.value.clone(), evaluated(&entry.value, host)?)));
            each.collect::<Result<Map<_, _>, String>>().map(Value::Object)
        }
        _ => Ok(node.to_value()),
    }
}

/// The variables that an expression in a setting names.
fn surroundings(template: &Template, host: &dyn Host) -> Result<Scope, String> {
    let (mut env, mut secrets) = (Map::new(), Map::new());
    for path in template.expressions().flat_map(Expr::paths) {
        let (Root::Variable(variable), Some(first)) = (&path.root, path.segments.first()) else {
            continue;
        };
        let name = &first.name;
        match &**variable {
            "env" => {
                env.insert(name.clone(), host.env(name).into());
            }
            "secrets" => {
                let variable = format!("{SECRET_PREFIX}{name}");
                let value = host.env(&variable).ok_or_else(|| {
                    format!("uses the secret `{name}`, which is not given: set the environment variable `{variable}`")
                })?;
                secrets.insert(name.clone(), Value::String(value));
            }
            _ => {}
        }
    }
    let variables = [("env", env), ("secrets", secrets)]
        .map(|(name, values)| (Arc::from(name), Data::from(Value::Object(values))));
    Ok(Scope { variables: Arc::new(variables.into_iter().collect()), ..Scope::default() })
}

/// The end of a sentence about a name that does not exist.
pub(super) fn hint<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(meant) = did_you_mean(wrong, known.clone()) {
        return format!("; did you mean `{meant}`?");
    }
    let names: Vec<String> = known.into_iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { String::new() } else { format!("; there is {}", names.join(", ")) }
}
