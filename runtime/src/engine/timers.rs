//! The timers of a run, by name and by time.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::{Event, TimerKind};

/// Timers that have not fired.
#[derive(Default)]
pub(super) struct Timers {
    by_name: BTreeMap<(String, TimerKind), u64>,
    by_time: BTreeSet<(u64, String, TimerKind)>,
}

impl Timers {
    /// Sets a timer; it replaces one of the same name.
    pub(super) fn set(&mut self, key: String, kind: TimerKind, at: u64) {
        self.clear(&key, kind);
        self.by_time.insert((at, key.clone(), kind));
        self.by_name.insert((key, kind), at);
    }

    /// Forgets a timer.
    pub(super) fn clear(&mut self, key: &str, kind: TimerKind) {
        let name = (key.to_owned(), kind);
        if let Some(at) = self.by_name.remove(&name) {
            self.by_time.remove(&(at, name.0, kind));
        }
    }

    /// When the next one fires.
    pub(super) fn next(&self) -> Option<u64> {
        self.by_time.first().map(|(at, ..)| *at)
    }

    /// Takes out those whose time has come, the earliest first.
    pub(super) fn due(&mut self, now: u64) -> Vec<Event> {
        let mut due = Vec::new();
        while self.next().is_some_and(|at| at <= now) {
            let Some((_, key, kind)) = self.by_time.pop_first() else { break };
            self.by_name.remove(&(key.clone(), kind));
            due.push(Event::Fired { key, kind });
        }
        due
    }
}
