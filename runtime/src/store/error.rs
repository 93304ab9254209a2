//! How a store fails.

use std::fmt;
use std::path::Path;

use crate::database::{Failure, FailureKind};

/// A store cannot do what it was asked to. Nothing was half done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoreError {
    /// A short name: `store_full`, `run_id_in_use`, …
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What one can do about it.
    pub help: String,
}

impl StoreError {
    pub(crate) fn new(
        code: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self { code, message: message.into(), help: help.into() }
    }

    pub(crate) fn run_id_in_use(run: &str) -> Self {
        Self::new(
            "run_id_in_use",
            format!("there is a run `{run}` already"),
            "give another run id, or none",
        )
    }

    pub(crate) fn unknown_run(run: &str) -> Self {
        Self::new(
            "unknown_run",
            format!("there is no run `{run}`"),
            "`locus runs list` shows the runs",
        )
    }

    pub(crate) fn run_lost(run: &str) -> Self {
        Self::new(
            "run_lost",
            format!("the run `{run}` has ended or belongs to another process now"),
            "`locus runs show` tells how it goes on",
        )
    }

    pub(crate) fn journal_conflict(run: &str) -> Self {
        Self::new(
            "journal_conflict",
            format!("the journal of the run `{run}` has changed in the meantime"),
            "resume the run: `locus runs resume`",
        )
    }

    pub(crate) fn unknown_schedule(schedule: &str) -> Self {
        Self::new(
            "unknown_schedule",
            format!("there is no schedule `{schedule}`"),
            "`locus runs schedules` shows the schedules",
        )
    }

    pub(crate) fn schedule_changed(schedule: &str) -> Self {
        Self::new(
            "schedule_changed",
            format!("the schedule `{schedule}` was moved on by another process"),
            "nothing is to be done: each start happens once",
        )
    }

    pub(crate) fn corrupt(what: impl fmt::Display) -> Self {
        Self::new(
            "store_corrupt",
            format!("the store is damaged: {what}"),
            "restore it from a backup, or move it away to start with an empty one",
        )
    }

    pub(crate) fn foreign(path: &Path) -> Self {
        Self::new(
            "store_foreign",
            format!("`{}` is a database of another program", path.display()),
            "name another file for the store",
        )
    }

    pub(crate) fn newer(path: &Path, found: &str, known: u32) -> Self {
        Self::new(
            "store_newer",
            format!("`{}` has format {found}; this version of Locus knows {known}", path.display()),
            "use the version of Locus that wrote it, or a later one",
        )
    }

    /// The same failure, with the file it is about.
    pub(crate) fn at(mut self, path: &Path) -> Self {
        self.message = format!("{} (`{}`)", self.message, path.display());
        self
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        let (code, what, help) = match failure.kind {
            FailureKind::Busy => (
                "store_locked",
                "another process holds the store",
                "wait until it is done, or use another store",
            ),
            FailureKind::Full => (
                "store_full",
                "there is no space left for the store",
                "free some space, then resume the run: what is recorded is safe",
            ),
            FailureKind::ReadOnly => (
                "store_read_only",
                "the store cannot be written",
                "check the permissions of the file and of its folder",
            ),
            FailureKind::CannotOpen => (
                "store_unavailable",
                "the store cannot be opened",
                "check that its folder exists and can be written",
            ),
            FailureKind::Io => (
                "store_io",
                "the disk failed under the store",
                "check the disk, then resume the run: what is recorded is safe",
            ),
            FailureKind::Corrupt => return Self::corrupt(failure),
            FailureKind::Stopped => ("store_stopped", "the store has been closed", "open it again"),
            FailureKind::Constraint
            | FailureKind::Denied
            | FailureKind::RolledBack
            | FailureKind::Sql => (
                "store_failed",
                "the store refused a statement",
                "resume the run: what is recorded is safe; please report this",
            ),
        };
        Self::new(code, format!("{what}: {failure}"), help)
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Failure::from(&error).into()
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for StoreError {}
