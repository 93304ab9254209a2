//! Tests of the whole, through the public entry points. `README.md` beside this file is the manual.
//!
//! - [`suite`]: what a spec is told, case by case in `suite/`;
//! - [`codes`]: the page of every diagnostic code, run;
//! - [`language`]: the specs that stand in the manual and in documentation, checked;
//! - [`bad_input`]: input that nobody meant, file by file in `broken/`, and disks that refuse;
//! - [`fuzzed`]: what the fuzz targets of `fuzz/` demand, of all files of the tests and at random;
//! - [`causes`]: mistakes planted at random, each told once, where it is or where it is used;
//! - [`cli`]: the command line as its users meet it, with snapshots of what it shows in `snapshots/`;
//! - [`orders`]: the main example, run, killed, resumed and built;
//! - [`plugins`]: what is linked in, the plugin of the examples at work, and a plugin that panics;
//! - [`derives`]: what authors of plugins are told by the derives, case by case in `ui/`;
//! - [`diff`]: two versions of a program compared, and each verdict held against what happens, case by case in `diff/`;
//! - [`execute`]: runs with a scripted world and virtual time, each recovered from every prefix of its journal;
//! - [`types`]: what steps give when they run, against the types that were inferred of them;
//! - [`testing`]: tests that programs declare, run by `locus test`, case by case in `testing/`;
//! - [`generate`]: what targets get, case by case in `generate/`, judged by outside tools too;
//! - [`editor`]: sessions of the language server, case by case in `editor/`; the schema of the language; formatting;
//! - [`identity`]: steps keep their ids through edits elsewhere;
//! - [`planted`]: mistakes planted in the main example, each found where it is, in `planted/`;
//! - [`workspace`]: programs that are edited and fixed at random, held against compiling them anew;
//! - [`layers`]: the layer table of `ARCHITECTURE.md` against Cargo and the sources;
//! - [`external`]: tools from outside Rust, and whether they tell good from bad.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bad_input;
mod causes;
mod cli;
mod codes;
mod derives;
mod diff;
mod editor;
mod embed;
mod execute;
mod external;
mod fuzzed;
mod generate;
mod identity;
mod imports;
mod language;
mod layers;
mod orders;
mod planted;
mod plugins;
mod program;
mod suite;
mod testing;
mod types;
mod workspace;
