//! One at a time for each name: whoever starts or resumes a run takes its turn, so that two who want the same run do not both begin it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// The names that somebody is busy with.
#[derive(Default)]
pub(super) struct Turns {
    names: Mutex<BTreeMap<String, Arc<AsyncMutex<()>>>>,
}

/// A turn; it is over when this is dropped.
pub(super) struct Turn {
    turns: Arc<Turns>,
    name: String,
    guard: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    fn names(&self) -> MutexGuard<'_, BTreeMap<String, Arc<AsyncMutex<()>>>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a turn.
    pub(super) async fn take(self: &Arc<Self>, name: &str) -> Turn {
        let mutex = Arc::clone(self.names().entry(name.to_owned()).or_default());
        // Made before waiting, so that the name is cleared away even where nobody waits to the end.
        let mut turn = Turn { turns: Arc::clone(self), name: name.to_owned(), guard: None };
        turn.guard = Some(mutex.lock_owned().await);
        turn
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        drop(self.guard.take());
        let mut names = self.turns.names();
        // One for the map: nobody else holds or wants it.
        if names.get(&self.name).is_some_and(|mutex| Arc::strong_count(mutex) == 1) {
            names.remove(&self.name);
        }
    }
}
