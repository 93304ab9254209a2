//! Changes of a store.

use serde_json::Value;

use super::rows::{EventRow, Listener, RunRow, RunState, ScheduleRow, Snapshot};
use crate::core::Record;

/// Changes that happen together or not at all.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Transaction {
    /// The changes, in order.
    pub writes: Vec<Write>,
}

/// A change.
#[derive(Clone, PartialEq, Debug)]
pub enum Write {
    /// Keeps a program; one of the same hash stays as it is.
    Program {
        /// Its hash.
        hash: String,
        /// It, as JSON.
        body: String,
    },
    /// Adds a run. Fails with `run_id_in_use`. It sees the events that come after those that are there now.
    Start(RunRow),
    /// Adds a run, unless there is one of its id.
    StartOnce(RunRow),
    /// Adds records to the journal of a run that goes on. Fails with `run_lost` where the owner is another,
    /// and with `journal_conflict` where the journal is not `after` records long.
    Append {
        /// The run.
        run: String,
        /// Who owns it.
        owner: String,
        /// How many records are there already.
        after: u64,
        /// The records.
        records: Vec<Record>,
    },
    /// Keeps a snapshot of a run, in the place of an earlier one. Fails with `run_lost` where the owner is another.
    Snapshot {
        /// The run.
        run: String,
        /// Who owns it.
        owner: String,
        /// It.
        snapshot: Snapshot,
    },
    /// Puts a run to sleep. Fails with `run_lost` where the owner is another, and with `journal_conflict` where the snapshot is not of the
    /// whole journal.
    Suspend(Suspension),
    /// Adds an event, unless there is one of its id; the store gives it its number.
    Emit(EventRow),
    /// Adds a schedule, unless there is one of its id.
    Schedule(ScheduleRow),
    /// Moves a schedule on; without a next instant it is removed. Fails with `schedule_changed` where it is not due at `from`.
    Advance {
        /// The schedule.
        schedule: String,
        /// When it was due.
        from: u64,
        /// When it is due next.
        to: Option<u64>,
    },
    /// Removes a schedule. Fails with `unknown_schedule`.
    Unschedule {
        /// The schedule.
        schedule: String,
    },
    /// Takes a run that has ended back to an earlier journal, and gives it to an owner; the journal it had is kept aside. Fails with
    /// `run_lost` where the run goes on or is not there.
    Rewind {
        /// The run.
        run: String,
        /// Who owns it from now on.
        owner: String,
        /// The journal it has from now on.
        records: Vec<Record>,
    },
    /// Ends a run. Fails with `run_lost` where the owner is another.
    End {
        /// The run.
        run: String,
        /// Who owns it.
        owner: String,
        /// How it ended.
        state: RunState,
        /// Its result or error.
        outcome: Option<Value>,
        /// When, in milliseconds since 1970-01-01 UTC.
        at: u64,
    },
    /// Changes the owner of a run that goes on, and wakes it. Fails with `run_lost` where the owner is not `from`.
    Claim {
        /// The run.
        run: String,
        /// The owner so far.
        from: Option<String>,
        /// The owner from now on.
        to: String,
    },
    /// Remembers that a run shall end; nothing where it has. Fails with `unknown_run`.
    RequestCancel {
        /// The run.
        run: String,
    },
}

impl From<Write> for Transaction {
    fn from(write: Write) -> Self {
        Self { writes: vec![write] }
    }
}

/// How a run is put to sleep.
#[derive(Clone, PartialEq, Debug)]
pub struct Suspension {
    /// The run.
    pub run: String,
    /// Who owns it, and goes on owning it.
    pub owner: String,
    /// All of it.
    pub snapshot: Snapshot,
    /// When it has to wake, in milliseconds since 1970-01-01 UTC; never where it only listens.
    pub wake_at: Option<u64>,
    /// What it listens for.
    pub listeners: Vec<Listener>,
}
