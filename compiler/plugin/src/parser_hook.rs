//! Parser hooks: front ends. Each claims files by the ends of their names and reads them to the tree that specs are made of.

use std::sync::Arc;

use locus_diag::{Diagnostic, Source};
use locus_model::Node;
use serde::Serialize;

/// A front end. Parsing never gives up: whatever could be read comes back, with every problem found.
pub trait ParserHook: Send + Sync + 'static {
    /// Reads a source whose name ends in one of the declared suffixes.
    fn parse(&self, source: &Source) -> Parsed;
}

/// What was read.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Parsed {
    /// The documents: mappings of `workflows`, `models` and so on.
    pub documents: Vec<Node>,
    /// The problems found.
    pub diagnostics: Vec<Diagnostic>,
}

/// The description of a parser hook. `#[derive(ParserHook)]` makes it from the struct.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ParserHookMeta {
    /// Its name: `yaml`.
    pub name: String,
    /// The plugin that provides it.
    pub plugin: String,
    /// What it reads: the doc comment, Markdown.
    pub docs: String,
    /// The ends of the names of its files: `.locus.yaml`.
    pub suffixes: Vec<String>,
    /// File and line of its definition.
    pub defined_at: String,
}

/// A parser hook with what it does: what the registry holds.
#[derive(Clone)]
pub struct ParserHookEntry {
    /// Its description.
    pub meta: ParserHookMeta,
    /// What it does.
    pub hook: Arc<dyn ParserHook>,
}
