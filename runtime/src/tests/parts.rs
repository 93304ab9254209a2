//! Small parts by themselves: ids, timers, records as rows.

use std::collections::BTreeSet;

use locus_plugin::StepError;
use proptest::prelude::*;
use serde_json::json;

use crate::core::{Event, Record, TimerKind};
use crate::host::{Host, SystemHost, child_run_id, new_run_id};
use crate::journal::JournalRow;

/// A clock and chance that are told.
struct Told {
    now: u64,
    random: u128,
}

impl Host for Told {
    fn now(&self) -> u64 {
        self.now
    }

    fn random(&self) -> u128 {
        self.random
    }

    fn env(&self, _name: &str) -> Option<String> {
        None
    }
}

#[test]
fn ids_sort_by_time_and_differ() {
    let id = |now, random| new_run_id(&Told { now, random });
    assert_eq!(id(0, 0), "00000000000000000000000000");
    assert_eq!(id(1_764_000_000_000, u128::MAX), "01kav9ft00zzzzzzzzzzzzzzzz");
    assert!(id(1_764_000_000_000, u128::MAX) < id(1_764_000_000_001, 0));
    let ids: BTreeSet<String> = (0..10_000).map(|_| new_run_id(&SystemHost)).collect();
    assert_eq!(ids.len(), 10_000);
}

#[test]
fn the_id_of_a_child_follows_from_the_step_that_starts_it() {
    let id = child_run_id("parent", "main/start[3]");
    assert_eq!(id, child_run_id("parent", "main/start[3]"));
    assert_eq!(id.len(), 26);
    // Where one name ends and the other begins counts.
    assert_ne!(child_run_id("a", "b/c"), child_run_id("a/b", "c"));
    assert_ne!(id, child_run_id("parent", "main/start[4]"));
}

#[test]
fn the_clock_of_the_system_does_not_go_back() {
    let mut last = SystemHost.now();
    for _ in 0..1000 {
        let now = SystemHost.now();
        assert!(now >= last);
        last = now;
    }
}

fn any_record() -> impl Strategy<Value = Record> {
    let kinds = [TimerKind::Wake, TimerKind::Timeout, TimerKind::Retry];
    let event = (0..5_u8, "\\PC{0,20}", any::<u32>(), prop::sample::select(kinds.to_vec()))
        .prop_map(|(choice, key, attempt, kind)| match choice {
            0 => Event::Begun { key, attempt },
            1 => Event::Completed { result: Ok(json!({ "key": key })), key, attempt },
            2 => {
                let error = StepError::retryable(&*key, "why").details(json!([attempt, null]));
                Event::Completed { result: Err(error), key, attempt }
            }
            3 => Event::Fired { key, kind },
            _ => Event::CancelRequested,
        });
    (any::<u64>(), "[a-z0-9]{0,8}", event).prop_map(|(at, signature, event)| Record {
        at,
        signature,
        event,
    })
}

proptest! {
    #[test]
    fn records_come_back_from_their_rows(record in any_record()) {
        prop_assert_eq!(JournalRow::of(&record).record(), Ok(record));
    }
}
