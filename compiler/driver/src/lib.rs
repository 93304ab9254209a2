//! The phases of the compiler, called in order: [`compile()`] finds and parses the files of a program ([`locus_syntax`]), resolves and
//! checks them ([`locus_analysis`]) and calls the hooks between the phases; [`build()`] plans and renders its targets
//! ([`locus_codegen`]). A [`Workspace`] compiles again after every edit, and does only what the edit concerns; [`fix()`] mends with it what
//! can be mended without asking, and [`compatibility()`] compares two versions. Parsing, checking and rendering run in parallel; the results are the same for any number of threads.

#![warn(clippy::disallowed_methods)]

mod build;
mod compat;
mod compile;
mod fix;
mod incremental;
mod limit;
mod overlay;
mod workspace;

pub use build::build;
pub use compat::{
    Compatibility, InterfaceChange, Part, Point, Runs, WorkflowVerdict, compatibility, step_of_key,
};
pub use compile::{Compilation, compile, compile_as, compile_in, compile_in_as};
pub use fix::{Applied, Fixed, fix};
pub use workspace::Workspace;
