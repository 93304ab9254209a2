//! SQL transactions, exactly once. The table `locus_tx` in the user's database gets the step's idempotency key and outcome in
//! the very transaction that does the step's work: either both are there or neither is. A key that is there is answered
//! from the table, and nothing runs.
//!
//! All transactions of a database go through one thread ([`Database`]), so those of parallel steps commit together.

mod guard;
mod statement;
mod values;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use locus_plugin::StepError;
use locus_plugin::services::{SqlOutcome, SqlTransaction};
use rusqlite::{Connection, OptionalExtension};
use tokio::sync::OnceCell;

use super::connections::Settings;
use crate::database::{self, Database, Failure, Grouping};
use guard::Guard;

/// How long to wait for another process that writes.
const PATIENCE: Duration = Duration::from_secs(5);

/// The databases that are open.
#[derive(Default)]
pub(super) struct Databases {
    open: Mutex<BTreeMap<Settings, Arc<OnceCell<UserDatabase>>>>,
}

struct UserDatabase {
    database: Database,
    guard: Guard,
}

impl Databases {
    /// Runs a transaction once for this key. One that is cancelled before its turn does nothing.
    pub(super) async fn transact(
        &self,
        settings: Settings,
        key: &str,
        transaction: SqlTransaction,
    ) -> Result<Vec<SqlOutcome>, StepError> {
        let cell = {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(open.entry(settings.clone()).or_default())
        };
        let database = cell.get_or_try_init(|| open(settings)).await?;
        let bytes = transaction.statements.iter().map(|statement| 64 + statement.sql.len()).sum();
        let (guard, key) = (database.guard.clone(), key.to_owned());
        // Dropped together with this future, when the step is cancelled.
        let wanted = Arc::new(());
        let is_wanted = Arc::downgrade(&wanted);
        let work = move |connection: &Connection| {
            if is_wanted.strong_count() == 0 {
                return Err(Failure::stopped().into());
            }
            transact(connection, &guard, &key, &transaction)
        };
        let answer = database.database.run(bytes, work).await;
        drop(wanted);
        answer
    }
}

async fn open(settings: Settings) -> Result<UserDatabase, StepError> {
    let opened = tokio::task::spawn_blocking(move || {
        prepare(&settings.path, &settings.init).map_err(|error| StepError {
            message: format!("{} (`{}`)", error.message, settings.path.display()),
            ..error
        })
    });
    opened.await.unwrap_or_else(|_| Err(Failure::stopped().into()))
}

fn prepare(path: &Path, init: &[String]) -> Result<UserDatabase, StepError> {
    let connection = database::open(path, PATIENCE)?;
    database::make_durable(&connection)?;
    let guard = Guard::over(&connection).map_err(Failure::from)?;
    let run = |sql: &str| connection.execute_batch(sql).map_err(Failure::from);
    run("begin immediate")?;
    let done = run("create table if not exists locus_tx (key text primary key, outcome text)")
        .and_then(|()| guard.watch(|| init.iter().try_for_each(|sql| run(sql))));
    run(if done.is_ok() { "commit" } else { "rollback" })?;
    done?;
    Ok(UserDatabase { database: Database::start(connection, Grouping::Savepoints), guard })
}

fn transact(
    connection: &Connection,
    guard: &Guard,
    key: &str,
    transaction: &SqlTransaction,
) -> Result<Vec<SqlOutcome>, StepError> {
    if let Some(outcome) = recorded(connection, key)? {
        return serde_json::from_str(&outcome).map_err(|error| {
            StepError::terminal(
                "sql_error",
                format!("`locus_tx` holds no outcome for `{key}`: {error}"),
            )
        });
    }
    let mut outcomes = Vec::with_capacity(transaction.statements.len());
    let mut writes = false;
    let mut room = statement::MAX_RESULT;
    for (index, statement) in transaction.statements.iter().enumerate() {
        let done = guard.watch(|| statement::run(connection, statement, &mut room));
        let done =
            done.map_err(|error| at_statement(error, index, transaction.statements.len()))?;
        writes |= done.writes;
        outcomes.push(done.outcome);
    }
    // Reading again is harmless, so what only read leaves no trace.
    if writes {
        let outcome = serde_json::to_string(&outcomes)
            .map_err(|error| StepError::terminal("sql_error", error.to_string()))?;
        connection
            .prepare_cached("insert into locus_tx (key, outcome) values (?1, ?2)")
            .and_then(|mut insert| insert.execute((key, outcome)))
            .map_err(Failure::from)?;
    }
    Ok(outcomes)
}

fn recorded(connection: &Connection, key: &str) -> Result<Option<String>, Failure> {
    let mut select = connection.prepare_cached("select outcome from locus_tx where key = ?1")?;
    Ok(select.query_row([key], |row| row.get(0)).optional()?)
}

/// Says which statement failed, where there are several.
fn at_statement(mut error: StepError, index: usize, count: usize) -> StepError {
    if count > 1 {
        error.message = format!("statement {}: {}", index + 1, error.message);
    }
    error
}
