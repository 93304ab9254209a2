//! Where runs live: their rows, their journals and the programs they run. A store is a list of programs, runs and records that
//! changes by [`Transaction`]s, each wholly or not at all.
//!
//! Every run that goes on has an **owner**: a process, as seen by the store. The store knows which owners are alive, so a run whose
//! owner has died can be claimed by another, and by one only.

//!
//! A run that waits for long is **suspended**: its snapshot, the instant it has to wake at and what it listens for are in the store, and
//! nothing of it is in memory. Events are a list that only grows, until those that nobody can want any longer are pruned.

mod error;
mod memory;
mod owners;
mod rows;
mod sqlite;
mod write;

use locus_plugin::action::BoxFuture;

use crate::core::Record;

pub use error::StoreError;
pub use memory::MemoryStore;
pub use rows::{
    EventQuery, EventRow, Listener, Prune, Pruned, RunFilter, RunRow, RunState, ScheduleRow,
    Snapshot, SuspendedRun,
};
pub use sqlite::SqliteStore;
pub use write::{Suspension, Transaction, Write};

/// A place for runs. What all implementations have to do is written down as the tests in `tests/conformance.rs`.
///
/// Reading blocks, for as long as a disk takes; [`Store::commit`] does not.
pub trait Store: Send + Sync {
    /// Applies a transaction. When it answers, it is durable; when it fails, nothing of it was done.
    fn commit(&self, transaction: Transaction) -> BoxFuture<'_, Result<(), StoreError>>;

    /// The run of this id.
    ///
    /// # Errors
    /// The store cannot be read.
    fn run(&self, id: &str) -> Result<Option<RunRow>, StoreError>;

    /// The runs that fit, the latest first. One whose row makes no sense is among them, with what is wrong as its [`RunRow::problem`].
    ///
    /// # Errors
    /// The store cannot be read.
    fn runs(&self, filter: &RunFilter) -> Result<Vec<RunRow>, StoreError>;

    /// The journal of a run behind its first `after` records, in order; empty when there is no such run.
    ///
    /// # Errors
    /// The store cannot be read.
    fn journal_after(&self, run: &str, after: u64) -> Result<Vec<Record>, StoreError>;

    /// The whole journal of a run, in order; empty when there is no such run.
    ///
    /// # Errors
    /// The store cannot be read.
    fn journal(&self, run: &str) -> Result<Vec<Record>, StoreError> {
        self.journal_after(run, 0)
    }

    /// The last snapshot of a run.
    ///
    /// # Errors
    /// The store cannot be read.
    fn snapshot(&self, run: &str) -> Result<Option<Snapshot>, StoreError>;

    /// The events that fit, in order.
    ///
    /// # Errors
    /// The store cannot be read.
    fn events(&self, query: &EventQuery) -> Result<Vec<EventRow>, StoreError>;

    /// How many events there have been: the number of the latest.
    ///
    /// # Errors
    /// The store cannot be read.
    fn last_event(&self) -> Result<u64, StoreError>;

    /// The suspended runs that listen for such an event.
    ///
    /// # Errors
    /// The store cannot be read.
    fn listening(&self, event: &EventRow) -> Result<Vec<SuspendedRun>, StoreError>;

    /// The suspended runs that have not looked yet at an event that may be for them.
    ///
    /// # Errors
    /// The store cannot be read.
    fn unheard(&self) -> Result<Vec<SuspendedRun>, StoreError>;

    /// What a run listened for when it was suspended last.
    ///
    /// # Errors
    /// The store cannot be read.
    fn listeners(&self, run: &str) -> Result<Vec<Listener>, StoreError>;

    /// The suspended runs that have to wake by an instant, the earliest first: at most so many, and where an owner is given, only its own.
    ///
    /// # Errors
    /// The store cannot be read.
    fn due(
        &self,
        owner: Option<&str>,
        until: u64,
        limit: u32,
    ) -> Result<Vec<SuspendedRun>, StoreError>;

    /// The schedules, those that are due first at the front; with an instant, only those due by then.
    ///
    /// # Errors
    /// The store cannot be read.
    fn schedules(&self, until: Option<u64>) -> Result<Vec<ScheduleRow>, StoreError>;

    /// Removes what is no longer needed, for good.
    fn prune(&self, prune: Prune) -> BoxFuture<'_, Result<Pruned, StoreError>>;

    /// The program of this hash, as JSON.
    ///
    /// # Errors
    /// The store cannot be read.
    fn program(&self, hash: &str) -> Result<Option<String>, StoreError>;

    /// The name under which this handle owns runs. It is alive until the handle is dropped or its process ends.
    ///
    /// # Errors
    /// The name cannot be made known to others.
    fn owner(&self) -> Result<String, StoreError>;

    /// Whether the owner of this name may still be working on its runs.
    ///
    /// # Errors
    /// It cannot be found out.
    fn is_alive(&self, owner: &str) -> Result<bool, StoreError>;

    /// The runs of this owner that somebody wants to end.
    ///
    /// # Errors
    /// The store cannot be read.
    fn cancel_requests(&self, owner: &str) -> Result<Vec<String>, StoreError>;
}
