//! From a checked program to files: every target is planned, the plans are checked, every file is rendered, and one writer
//! puts on disk what differs, all of it or nothing.
//!
//! Reading order:
//! 1. [`mod@generate`]: the whole way from targets to texts, without touching a disk;
//! 2. [`mod@plan`]: options, plans, and what is checked of them before anything is rendered: [`paths`], collisions;
//! 3. [`mod@render`]: one unit to one file, each on its own; [`template`]: Tera with the shared base templates and filters;
//! 4. [`manifest`]: what was written last time, and from where; [`mod@write`]: the one writer of files;
//! 5. [`codes`]: the codes of the problems found here.
//!
//! [`generate()`] and all below it is a pure function. [`write()`] is the only place of the compiler that changes a disk.

#![warn(clippy::disallowed_methods)]

pub mod codes;
mod disk;
pub mod escape;
pub mod filters;
pub mod generate;
pub mod manifest;
pub mod names;
pub mod output;
pub mod paths;
pub mod plan;
pub mod render;
pub mod template;
#[cfg(test)]
mod tests;
mod verify;
pub mod write;

pub use generate::{finish, generate};
pub use manifest::{MANIFEST, Manifest};
pub use output::{GeneratedFile, Origin, TargetOutput};
pub use plan::{PlannedTarget, plan};
pub use render::{Job, render};
pub use write::{Action, FileReport, Mode, Report, WriteOptions, write};
