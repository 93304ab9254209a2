//! The built-in generators, one file each with its helpers and templates in a folder beside it. They use nothing but the
//! plugin contract, like anybody's: read one of them to see how a generator is written.
//!
//! - [`openapi`]: an OpenAPI 3.1 document of the program's types and of the HTTP interface of its workflows;
//! - [`typescript`]: types and a client in TypeScript;
//! - [`workflow_docs`]: pages about the workflows in Markdown, with diagrams.
//!
//! Shared by several: `api`, the HTTP interface that a program has; `shape`, what is known of a workflow's result;
//! `names`, names in the languages generated; `prose`, descriptions cut short.

#![warn(clippy::disallowed_methods)]

pub mod openapi;
pub mod typescript;
pub mod workflow_docs;

mod api;
mod names;
mod prose;
mod shape;

#[cfg(test)]
mod tests;

use locus_plugin::Plugin;

/// The generators that every project can use: OpenAPI, TypeScript, and documentation of workflows.
#[derive(Plugin)]
#[plugin(id = "locus.generators")]
pub struct BuiltInGenerators;
