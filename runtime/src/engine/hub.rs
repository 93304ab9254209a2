//! Which runs in memory listen for which events.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Steps that listen, by the type of the events.
#[derive(Default)]
pub(super) struct Hub {
    by_type: Mutex<BTreeMap<String, BTreeSet<(String, String)>>>,
}

impl Hub {
    fn by_type(&self) -> MutexGuard<'_, BTreeMap<String, BTreeSet<(String, String)>>> {
        self.by_type.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A step of a run listens from now on.
    pub(super) fn add(&self, run: &str, key: &str, event_type: &str) {
        let name = (run.to_owned(), key.to_owned());
        self.by_type().entry(event_type.to_owned()).or_default().insert(name);
    }

    /// A step of a run listens no longer.
    pub(super) fn remove(&self, run: &str, key: &str, event_type: &str) {
        let mut by_type = self.by_type();
        if let Some(names) = by_type.get_mut(event_type) {
            names.remove(&(run.to_owned(), key.to_owned()));
            if names.is_empty() {
                by_type.remove(event_type);
            }
        }
    }

    /// The runs that listen for events of a type.
    pub(super) fn listening(&self, event_type: &str) -> BTreeSet<String> {
        let by_type = self.by_type();
        let names = by_type.get(event_type).into_iter().flatten();
        names.map(|(run, _)| run.clone()).collect()
    }
}
