//! Where runs live: their rows, their journals and the programs they run. A store is a list of programs, runs and records that
//! changes by [`Transaction`]s, each wholly or not at all.
//!
//! Every run that goes on has an **owner**: a process, as seen by the store. The store knows which owners are alive, so a run whose
//! owner has died can be claimed by another, and by one only.

mod error;
mod memory;
mod owners;
mod sqlite;

use locus_plugin::action::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::core::Record;

pub use error::StoreError;
pub use memory::MemoryStore;
pub use sqlite::SqliteStore;

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

    /// The runs that fit, the latest first.
    ///
    /// # Errors
    /// The store cannot be read.
    fn runs(&self, filter: &RunFilter) -> Result<Vec<RunRow>, StoreError>;

    /// The journal of a run, in order; empty when there is no such run.
    ///
    /// # Errors
    /// The store cannot be read.
    fn journal(&self, run: &str) -> Result<Vec<Record>, StoreError>;

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

/// Changes that happen together or not at all.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Transaction {
    /// The changes, in order.
    pub writes: Vec<Write>,
}

/// A change.
#[derive(Clone, PartialEq, Debug)]
#[expect(clippy::large_enum_variant, reason = "a transaction holds few writes, and most are small")]
pub enum Write {
    /// Keeps a program; one of the same hash stays as it is.
    Program {
        /// Its hash.
        hash: String,
        /// It, as JSON.
        body: String,
    },
    /// Adds a run. Fails with `run_id_in_use`.
    Start(RunRow),
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
    /// Changes the owner of a run that goes on. Fails with `run_lost` where the owner is not `from`.
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

/// A run, as the store knows it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RunRow {
    /// Its id.
    pub id: String,
    /// The workflow.
    pub workflow: String,
    /// The hash of the program.
    pub program: String,
    /// The folder that relative paths of connections and files start from.
    pub base_dir: String,
    /// Its input, complete with defaults.
    pub input: Value,
    /// The environment variables that its program names, as they were when it started.
    pub env: Value,
    /// How far it is.
    pub state: RunState,
    /// Its result when `done`, its error when `failed`.
    pub outcome: Option<Value>,
    /// When it started, in milliseconds since 1970-01-01 UTC.
    pub started: u64,
    /// When it ended.
    pub ended: Option<u64>,
    /// Whether somebody wants it to end.
    pub cancel_requested: bool,
    /// Who works on it; none once it has ended.
    pub owner: Option<String>,
}

/// How far a run is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// It goes on, or would if its process were there.
    Running,
    /// It ended with a result.
    Done,
    /// It ended with an error.
    Failed,
    /// It was cancelled.
    Cancelled,
}

impl RunState {
    const ALL: [Self; 4] = [Self::Running, Self::Done, Self::Failed, Self::Cancelled];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// Which runs are wanted; by default all.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct RunFilter {
    /// Only of this workflow.
    pub workflow: Option<String>,
    /// Only of the program of this hash.
    pub program: Option<String>,
    /// Only in this state.
    pub state: Option<RunState>,
    /// At most so many.
    pub limit: Option<u32>,
}
