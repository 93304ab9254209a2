//! Kinds of connections: what a connection of this kind is, how it is set up, and what steps can do with it.
//!
//! A kind is a description; whoever performs steps knows how to reach what it describes. The settings of a connection may hold expressions
//! over `$env` and, where a setting is marked [`SECRET_SAFE`](crate::schema::SECRET_SAFE), over `$secrets`; they are evaluated when a
//! step uses the connection.

use serde::Serialize;
use serde_json::Value;

/// A kind of connection. `#[derive(Connection)]` makes it from the struct of its settings.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ConnectionKind {
    /// What authors write as its `type`: `sqlite`.
    pub name: String,
    /// The plugin that provides it.
    pub plugin: String,
    /// What it is for: the doc comment, Markdown.
    pub docs: String,
    /// What steps can do with it, in the words of the [`SERVICE`](crate::schema::SERVICE) of their parameters: `sql`, `queue`.
    pub offers: Vec<String>,
    /// JSON Schema of its settings, with the keywords of [`schema`](crate::schema).
    pub settings: Value,
    /// File and line of its definition.
    pub defined_at: String,
}
