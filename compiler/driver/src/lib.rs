//! The phases of the compiler, called in order: [`compile()`] finds and parses the files of a program ([`locus_syntax`]), resolves and
//! checks them ([`locus_analysis`]) and calls the hooks between the phases; [`build()`] plans and renders its targets
//! ([`locus_codegen`]). `hooks` calls the hooks and makes their patches (`patches`) on the files as written. A [`Workspace`] compiles again after
//! every edit, and does only what the edit concerns (`incremental`); [`fix()`] mends with it what can be mended without asking, and
//! [`compatibility()`] compares two versions. [`Build`] compiles a program in a build script. Parsing, checking and rendering run in parallel; the results are the same for any number of threads.

#![warn(clippy::disallowed_methods)]

mod build;
mod compat;
mod compile;
mod embed;
mod fix;
mod hooks;
mod incremental;
mod limit;
mod overlay;
mod patches;
mod project;
mod workspace;

pub use build::{Built, build, build_compilation};
pub use compat::{
    Compatibility, InterfaceChange, Part, Point, Runs, WorkflowVerdict, compatibility, step_of_key,
};
pub use compile::{Compilation, compile, compile_as, compile_in, compile_in_as};
pub use embed::{Build, Embedded, Warnings, embedded};
pub use fix::{Applied, Fixed, fix};
pub use workspace::Workspace;
