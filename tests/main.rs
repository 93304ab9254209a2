//! Tests of the whole, through the public entry points. `README.md` beside this file is the manual.
//!
//! - [`suite`]: what a spec is told, case by case in `suite/`;
//! - [`codes`]: the page of every diagnostic code, run;
//! - [`language`]: the specs that stand in the manual and in documentation, checked;
//! - [`bad_input`]: input that nobody meant, file by file in `broken/`, and disks that refuse;
//! - [`cli`]: the command line as its users meet it, with snapshots of what it shows in `snapshots/`;
//! - [`orders`]: the main example, run, killed, resumed and built;
//! - [`plugins`]: what is linked in, the plugin of the examples at work, and a plugin that panics;
//! - [`derives`]: what authors of plugins are told by the derives, case by case in `ui/`;
//! - [`execute`]: runs with a scripted world and virtual time, each recovered from every prefix of its journal;
//! - [`generate`]: what targets get, case by case in `generate/`, judged by outside tools too;
//! - [`layers`]: the layer table of `ARCHITECTURE.md` against Cargo and the sources;
//! - [`external`]: tools from outside Rust, and whether they tell good from bad.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bad_input;
mod cli;
mod codes;
mod derives;
mod embed;
mod execute;
mod external;
mod generate;
mod language;
mod layers;
mod orders;
mod plugins;
mod program;
mod suite;
