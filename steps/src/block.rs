//! Steps that run one block, or nothing: the end of the block is theirs.

use locus_plugin::{BlockRef, ControlEvent, Decision, Launch, Outcome};
use serde_json::Value;

/// Runs the block; without one, ends with `null`.
pub(crate) fn run(block: Option<&BlockRef>) -> Decision {
    match block {
        Some(block) => Decision::run(vec![Launch::once(block)]),
        None => Decision::done(Value::Null),
    }
}

/// Ends the step the way its block ended: with its result, its failure, or the signal it passes on.
pub(crate) fn end_with(event: ControlEvent) -> Decision {
    match event {
        ControlEvent::Ended { outcome, .. } => Decision::end(outcome),
        ControlEvent::Cancelled => Decision::end(Outcome::Cancelled),
        ControlEvent::Woken | ControlEvent::Received(_) => Decision::wait(),
    }
}
