//! The kinds of connections that come with Locus.

use locus_plugin::{Connection, Param, ParamError};
use serde_json::{Value, json};

/// A SQLite database in a file, for `db_tx`.
///
/// ```yaml
/// connections:
///   shop: { type: sqlite, path: ./.locus/shop.db }
/// workflows:
///   count:
///     steps:
///       - db_tx: { connection: shop, statements: [{ sql: "select count(*) as orders from orders" }] }
/// ```
#[derive(Connection)]
#[connection(name = "sqlite", offers("sql"))]
pub struct Sqlite {
    /// The file, relative to the project's folder; it is made when it is not there.
    #[param(pattern = "^(?!:memory:$).")]
    pub path: String,
    /// Statements that run when the file is first opened: one, or a list of them.
    pub init: Option<Statements>,
}

/// A durable queue in a file, for `queue_publish`.
///
/// ```yaml
/// connections:
///   bus: { type: queue, path: ./.locus/bus.db }
/// workflows:
///   announce:
///     steps:
///       - queue_publish: { connection: bus, topic: news, payload: { text: open } }
/// ```
#[derive(Connection)]
#[connection(name = "queue", offers("queue"))]
pub struct Queue {
    /// The file, relative to the project's folder; it is made when it is not there.
    #[param(pattern = "^(?!:memory:$).")]
    pub path: String,
}

/// SQL statements: one text, or a list of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statements(pub Vec<String>);

impl Param for Statements {
    fn schema() -> Value {
        json!({ "type": ["string", "array"], "items": { "type": "string" } })
    }

    fn from_value(value: Value) -> Result<Self, ParamError> {
        match value {
            Value::String(statement) => Ok(Self(vec![statement])),
            other => Vec::from_value(other).map(Self),
        }
    }
}
