//! Whatever happens in whatever order: no control step panics, breaks the contract, or goes on when nothing of it can.

use locus_plugin::{BlockKey, ControlEvent, Exit, Outcome, StepError};
use proptest::prelude::*;
use serde_json::{Value, json};

use locus_plugin::testing::Stage;

/// Steps in which much can happen.
fn steps() -> impl Strategy<Value = (&'static str, Value)> {
    let branches = json!({ "a": [], "b": [], "c": [], "d": [] });
    let parallel = (prop::sample::select(vec!["all", "any", "race"]), prop::option::of(1_u32..5))
        .prop_map(move |(join, concurrency)| {
            ("parallel", json!({ "branches": branches, "join": join, "concurrency": concurrency }))
        });
    let counted = (0_u64..9, 1_u32..5).prop_map(|(times, concurrency)| {
        ("loop", json!({ "times": times, "concurrency": concurrency, "steps": [] }))
    });
    let listed =
        (prop::collection::vec(0_u8..3, 0..9), 1_u32..5).prop_map(|(over, concurrency)| {
            ("loop", json!({ "over": over, "concurrency": concurrency, "steps": [] }))
        });
    let conditional =
        (prop::sample::select(vec!["while", "until"]), 0_u64..9).prop_map(|(kind, limit)| {
            ("loop", json!({ kind: format!("$index < {limit}"), "max": 5, "steps": [] }))
        });
    let handled = (1_u32..4, prop::sample::select(vec!["0s", "5s"]), any::<bool>(), any::<bool>())
        .prop_map(|(attempts, delay, handled, finally)| {
            let mut clauses = json!([
                { "errors": ["lost"], "retry": { "attempts": attempts, "delay": delay } },
                { "errors": ["broken"], "when": "$nothing" },
                { "retry": { "attempts": attempts } },
            ]);
            if handled {
                clauses[2]["steps"] = json!([]);
            }
            let mut params = json!({ "try": [], "catch": clauses });
            if finally {
                params["finally"] = json!([]);
            }
            ("try_catch", params)
        });
    let simple = prop::sample::select(vec![
        ("conditional", json!({ "cases": [{ "when": true, "steps": [] }] })),
        ("switch", json!({ "on": 1, "cases": { "2": [] }, "default": [] })),
        ("call", json!({ "workflow": "other" })),
        ("wait", json!({ "for": "5s" })),
    ]);
    prop_oneof![parallel, counted, listed, conditional, handled, simple]
}

/// What happens: which of the running blocks ends (by number), and how.
fn happenings() -> impl Strategy<Value = Vec<(usize, u8)>> {
    prop::collection::vec((any::<usize>(), 0_u8..16), 0..40)
}

proptest! {
    #[test]
    fn every_order_of_events_comes_to_an_end((step, params) in steps(), happenings in happenings()) {
        let mut stage = Stage::new(step, params);
        stage.start();
        for (which, how) in happenings {
            if stage.ended() {
                break;
            }
            happen(&mut stage, which, how);
        }
        // Nobody wants it any longer: block by block it comes to an end.
        stage.cancel();
        for _ in 0..100 {
            if stage.ended() {
                break;
            }
            happen(&mut stage, 0, 15);
        }
        prop_assert!(stage.ended(), "{step} goes on, with {:?}", stage.running());
    }
}

fn happen(stage: &mut Stage, which: usize, how: u8) {
    if stage.running().is_empty() {
        if stage.cancelling() {
            stage.send(ControlEvent::Cancelled);
        } else {
            assert!(stage.waking(), "the step goes on, and waits for nothing");
            match how {
                0 => stage.cancel(),
                _ => drop(stage.send(ControlEvent::Woken)),
            }
        }
        return;
    }
    let running: Vec<BlockKey> = stage.running().iter().cloned().collect();
    let key = running[which % running.len()].clone();
    let exit = |signal: &str| Outcome::Exit(Exit { signal: signal.to_owned(), value: json!(how) });
    let outcome = match how {
        0 => return stage.cancel(),
        1 => Outcome::Failed(StepError::terminal("broken", "it broke")),
        2 => Outcome::Failed(StepError::retryable("lost", "it was lost")),
        3 => exit("return"),
        4 => exit("continue"),
        5 => exit("break"),
        6..=10 if stage.waking() => return drop(stage.send(ControlEvent::Woken)),
        11.. if stage.cancelling() => Outcome::Cancelled,
        _ => Outcome::Done(json!(how)),
    };
    stage.send(ControlEvent::Ended { key, outcome });
}
