//! What can go wrong with a SQLite file, by what one can do about it.

use std::fmt;

use rusqlite::ErrorCode;

/// A failed call of SQLite.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Failure {
    /// What kind it is.
    pub(crate) kind: FailureKind,
    /// What SQLite says.
    pub(crate) message: String,
}

/// The kinds of failures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FailureKind {
    /// Somebody else holds the file for longer than we wait.
    Busy,
    /// No space is left.
    Full,
    /// The file or its folder cannot be written.
    ReadOnly,
    /// The file is damaged, or no database at all.
    Corrupt,
    /// The file cannot be opened or created.
    CannotOpen,
    /// The disk failed.
    Io,
    /// A rule of the schema forbids it.
    Constraint,
    /// The statement was refused by the authorizer.
    Denied,
    /// The transaction was lost together with others.
    RolledBack,
    /// Everything else: wrong SQL, mostly.
    Sql,
    /// The writer has ended.
    Stopped,
}

impl Failure {
    pub(crate) fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(crate) fn stopped() -> Self {
        Self::new(FailureKind::Stopped, "the writer has ended")
    }
}

impl From<&rusqlite::Error> for Failure {
    fn from(error: &rusqlite::Error) -> Self {
        let kind = match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => FailureKind::Busy,
            Some(ErrorCode::DiskFull) => FailureKind::Full,
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => FailureKind::ReadOnly,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => FailureKind::Corrupt,
            Some(ErrorCode::CannotOpen) => FailureKind::CannotOpen,
            Some(ErrorCode::SystemIoFailure) => FailureKind::Io,
            Some(ErrorCode::ConstraintViolation) => FailureKind::Constraint,
            Some(ErrorCode::AuthorizationForStatementDenied) => FailureKind::Denied,
            _ => FailureKind::Sql,
        };
        let message = match error {
            // Its own text repeats the whole statement.
            rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
            rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
            other => other.to_string(),
        };
        Self { kind, message }
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::from(&error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
