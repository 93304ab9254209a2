//! What `step` says is implemented.

use locus_plugin::Step;

/// Does something, it says.
#[derive(Step)]
#[step(name = "does", action, effect = "pure")]
struct Does;

/// Decides something, it says.
#[derive(Step)]
#[step(name = "decides", control)]
struct Decides;

fn main() {}
