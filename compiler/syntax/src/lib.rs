//! Reading: YAML with byte-exact places, and the world all reading goes through.
//!
//! Reading order:
//! 1. [`world`]: reading and listing files, on disk and in memory;
//! 2. [`project`]: the files of a project, found in one fixed order; [`imports`]: those that specs name; [`schemas`]: files of JSON Schemas
//!    that their types refer to; `walk`: the specs below a folder;
//! 3. [`yaml`]: a text to nodes with places, and every problem in it; [`layout`]: a text as it is laid out, with its comments;
//! 4. [`front_end`]: YAML as a parser hook of the plugin contract;
//! 5. [`codes`]: the codes of all those problems.
//!
//! This crate is the only one that knows a YAML parser, and the only one of the compiler that opens a file.

#![warn(clippy::disallowed_methods)]

pub mod codes;
pub mod front_end;
pub mod imports;
pub mod project;
pub mod schemas;
pub mod world;
pub mod yaml;

mod walk;

pub use project::{MANIFEST, Manifest, Project, SPEC_SUFFIX, discover};
pub use world::{DiskWorld, LARGEST_FILE, Listed, ListedKind, MemoryWorld, ReadError, World};
pub use yaml::{layout, parse_yaml};

#[cfg(test)]
mod tests;
