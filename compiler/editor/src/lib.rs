//! What editors need of the compiler.
//!
//! Reading order:
//! 1. [`mod@format`]: specs in their one form, with every comment;
//! 2. [`schema`]: the JSON Schema of the language;
//! 3. [`server`]: the language server, with `lines` and `uri` (places and files as editors name them), `grammar` (what each part of a spec
//!    is), `symbols` (where names are declared and used) and `functions` (those of expressions).
//!
//! Everything here is values in, values out; the host owns the streams and the clock.

#![warn(clippy::disallowed_methods)]

pub mod format;
mod functions;
mod grammar;
mod lines;
pub mod schema;
pub mod server;
mod symbols;
mod uri;

pub use format::{Unformatted, format};
pub use schema::{SchemaOf, json_schema};
pub use server::Server;
