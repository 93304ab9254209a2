//! Keeps statements of users inside the transaction they run in. They share it with others, so none of them may end it, nor change
//! what the connection is, nor write the table that makes steps happen once. SQLite itself asks, for every statement it compiles.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

/// Pragmas that only look.
const PRAGMAS: [&str; 8] = [
    "table_info",
    "table_xinfo",
    "table_list",
    "index_info",
    "index_xinfo",
    "index_list",
    "foreign_key_list",
    "data_version",
];

/// The guard of a connection.
#[derive(Clone)]
pub(super) struct Guard {
    watching: Arc<AtomicBool>,
}

impl Guard {
    /// Sets a guard over a connection. It does nothing until it watches.
    pub(super) fn over(connection: &Connection) -> rusqlite::Result<Self> {
        let watching = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&watching);
        connection.authorizer(Some(move |context: AuthContext<'_>| {
            if !flag.load(Ordering::Relaxed) || is_allowed(context.action) {
                Authorization::Allow
            } else {
                Authorization::Deny
            }
        }))?;
        Ok(Self { watching })
    }

    /// Watches while `work` runs statements of a user.
    pub(super) fn watch<T>(&self, work: impl FnOnce() -> T) -> T {
        self.watching.store(true, Ordering::Relaxed);
        let answer = work();
        self.watching.store(false, Ordering::Relaxed);
        answer
    }
}

fn is_allowed(action: AuthAction<'_>) -> bool {
    match action {
        AuthAction::Transaction { .. }
        | AuthAction::Savepoint { .. }
        | AuthAction::Attach { .. }
        | AuthAction::Detach { .. }
        | AuthAction::Unknown { .. } => false,
        AuthAction::Pragma { pragma_name, .. } => PRAGMAS.contains(&pragma_name),
        AuthAction::Insert { table_name }
        | AuthAction::Update { table_name, .. }
        | AuthAction::Delete { table_name }
        | AuthAction::DropTable { table_name }
        | AuthAction::AlterTable { table_name, .. } => table_name != "locus_tx",
        _ => true,
    }
}
