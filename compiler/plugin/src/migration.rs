//! Migrations of config: how a plugin reads what a project wrote for an earlier version of it.
//!
//! `#[derive(Migration)] #[migration(from = 1)]` registers the step from form 1 of the config to form 2; `#[plugin(config_version = 2)]` says
//! which form is the present one. A project says in `locus.yaml` which form it has written: `config_version: 1`.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

/// A step from one form of a plugin's config to the next.
pub trait Migration: Send + Sync + 'static {
    /// The config in the next form. Keys that it does not know stay.
    ///
    /// # Errors
    /// What cannot be carried over, in one sentence for the user.
    fn migrate(&self, config: Value) -> Result<Value, String>;
}

/// A migration with what it does: what the registry holds.
#[derive(Clone)]
pub struct MigrationEntry {
    /// Its description.
    pub meta: MigrationMeta,
    /// What it does.
    pub migration: Arc<dyn Migration>,
}

/// The description of a migration. `#[derive(Migration)]` makes it from the struct.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct MigrationMeta {
    /// The form it takes; it gives the next one.
    pub from: u32,
    /// The plugin that provides it.
    pub plugin: String,
    /// What changes: the doc comment, Markdown.
    pub docs: String,
    /// File and line of its definition.
    pub defined_at: String,
}
