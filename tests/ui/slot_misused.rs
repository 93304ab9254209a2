//! Inner blocks: where they can stand, how often they run, what they see.

use locus_plugin::{BlockRef, Lazy, Step, Value};

/// Waits.
#[derive(Step)]
#[step(name = "attend", control)]
struct Attend {
    /// What to do first.
    #[slot(runs = "twice")]
    first: BlockRef,
    /// Whom to ask.
    #[slot(runs = "many")]
    ask: Lazy<Value>,
    /// The name of something.
    r#as: Option<String>,
    /// The name of something else.
    #[param(default = "other")]
    other: String,
    /// What to do then.
    #[slot(binds("Index", param("az"), param("as"), param("other", default = "another"), item))]
    then: Vec<BlockRef>,
}

/// Runs nothing.
#[derive(Step)]
#[step(name = "runs_nothing", action, effect = "pure")]
struct RunsNothing {
    /// What to do.
    #[slot(runs = "once")]
    steps: BlockRef,
    /// Whether to do it.
    check: Lazy<bool>,
}

fn main() {}
