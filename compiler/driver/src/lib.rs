//! The phases of the compiler, called in order: [`compile()`] finds and parses the files of a program ([`locus_syntax`]), resolves and
//! checks them ([`locus_analysis`]) and calls the hooks between the phases; [`build()`] plans and renders its targets
//! ([`locus_codegen`]); [`Build`] compiles one in a build script. `hooks` calls the hooks between them and makes their patches (`patches`) on the files as written. Parsing and rendering run in parallel; the results are the same for any number of threads.

#![warn(clippy::disallowed_methods)]

mod build;
mod compile;
mod embed;
mod hooks;
mod limit;
mod patches;

pub use build::{Built, build, build_compilation};
pub use compile::{Compilation, compile, compile_in};
pub use embed::{Build, Embedded, Warnings, embedded};
