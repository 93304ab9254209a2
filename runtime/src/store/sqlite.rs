//! A store in a SQLite file. Everything is written by one thread, in groups ([`Database`]); reading has connections of its own, so
//! that runs can be looked at while they are written, from this process and from others.

mod schema;
mod write;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use locus_plugin::action::BoxFuture;
use rusqlite::{Connection, OptionalExtension, Row};

use super::owners::Owners;
use super::{RunFilter, RunRow, RunState, Store, StoreError, Transaction};
use crate::core::Record;
use crate::database::{self, Database, Grouping};
use crate::host::Host;
use crate::journal::JournalRow;

/// How long to wait for another process that writes.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many connections for reading are kept.
const READERS: usize = 4;

/// A store in a file.
pub struct SqliteStore {
    path: PathBuf,
    // Fields are dropped in this order: the writer ends before others may take over the runs.
    writer: Database,
    readers: Mutex<Vec<Connection>>,
    owners: Owners,
    host: Arc<dyn Host>,
}

impl SqliteStore {
    /// Opens the store in this file; creates it, and the folder around it, where there is none.
    ///
    /// # Errors
    /// `store_foreign`, `store_newer`, `store_corrupt`, and what keeps the file from being opened.
    pub fn open(path: &Path, host: Arc<dyn Host>) -> Result<Self, StoreError> {
        Self::open_limited(path, host, None)
    }

    /// The same, for a disk of so many pages.
    pub(crate) fn open_limited(
        path: &Path,
        host: Arc<dyn Host>,
        pages: Option<u32>,
    ) -> Result<Self, StoreError> {
        create_folder(path)?;
        let connection = schema::open(path).map_err(|error| error.at(path))?;
        if let Some(pages) = pages {
            connection.pragma_update(None, "max_page_count", pages)?;
        }
        Ok(Self {
            path: path.to_owned(),
            writer: Database::start(connection, Grouping::Hopeful),
            readers: Mutex::default(),
            owners: Owners::beside(path),
            host,
        })
    }

    /// Reads with a connection that nobody else is using.
    fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = self.readers().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => database::open_read_only(&self.path, PATIENCE)?,
        };
        let answer = work(&connection);
        let mut readers = self.readers();
        if readers.len() < READERS {
            readers.push(connection);
        }
        answer
    }

    fn readers(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(clippy::disallowed_methods, reason = "the folder of the store: this module is its host")]
fn create_folder(path: &Path) -> Result<(), StoreError> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    std::fs::create_dir_all(folder).map_err(|error| {
        StoreError::new(
            "store_unavailable",
            format!("the folder `{}` cannot be created: {error}", folder.display()),
            "name another file for the store",
        )
    })
}

impl Store for SqliteStore {
    fn commit(&self, transaction: Transaction) -> BoxFuture<'_, Result<(), StoreError>> {
        let changes = write::encode(transaction);
        Box::pin(async move {
            let bytes = changes.iter().map(write::Change::bytes).sum();
            self.writer.run(bytes, move |connection| write::apply(connection, &changes)).await
        })
    }

    fn run(&self, id: &str) -> Result<Option<RunRow>, StoreError> {
        self.read(|connection| {
            let sql = format!("select {RUN_COLUMNS} from run where id = ?1");
            let row = connection.prepare_cached(&sql)?.query_row([id], run_row).optional()?;
            row.transpose()
        })
    }

    fn runs(&self, filter: &RunFilter) -> Result<Vec<RunRow>, StoreError> {
        self.read(|connection| {
            let sql = format!(
                "select {RUN_COLUMNS} from run \
                 where (?1 is null or workflow = ?1) and (?2 is null or program = ?2) \
                 and (?3 is null or state = ?3) order by started desc, id desc limit ?4"
            );
            let limit = filter.limit.map_or(-1, i64::from);
            let state = filter.state.map(RunState::as_str);
            let mut statement = connection.prepare_cached(&sql)?;
            let rows =
                statement.query_map((&filter.workflow, &filter.program, state, limit), run_row)?;
            rows.map(|row| row?).collect()
        })
    }

    fn journal(&self, run: &str) -> Result<Vec<Record>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "select seq, at, kind, key, attempt, signature, body from journal \
                 where run = ?1 order by seq",
            )?;
            let rows = statement.query_map([run], |row| {
                let seq: u64 = row.get(0)?;
                Ok((
                    seq,
                    JournalRow {
                        at: row.get(1)?,
                        kind: row.get(2)?,
                        key: row.get(3)?,
                        attempt: row.get(4)?,
                        signature: row.get(5)?,
                        body: row.get(6)?,
                    },
                ))
            })?;
            let mut records = Vec::new();
            for row in rows {
                let (seq, row) = row?;
                if seq != records.len() as u64 + 1 {
                    return Err(StoreError::corrupt(format!(
                        "the journal of `{run}` lacks record {}",
                        records.len() + 1
                    )));
                }
                let record = row.record().map_err(|what| {
                    StoreError::corrupt(format!(
                        "the journal of `{run}` has, as number {seq}, {what}"
                    ))
                })?;
                records.push(record);
            }
            Ok(records)
        })
    }

    fn program(&self, hash: &str) -> Result<Option<String>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("select body from program where hash = ?1")?;
            Ok(statement.query_row([hash], |row| row.get(0)).optional()?)
        })
    }

    fn owner(&self) -> Result<String, StoreError> {
        self.owners.mine(&*self.host)
    }

    fn is_alive(&self, owner: &str) -> Result<bool, StoreError> {
        self.owners.is_alive(owner)
    }

    fn cancel_requests(&self, owner: &str) -> Result<Vec<String>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "select id from run where cancel_requested = 1 and state = 'running' and owner = ?1 \
                 order by id",
            )?;
            let rows = statement.query_map([owner], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

const RUN_COLUMNS: &str = "id, workflow, program, base_dir, input, state, outcome, started, ended, \
                           cancel_requested, owner, env";

/// A row of `run`: the outer failure is SQLite's, the inner one says that the content makes no sense.
fn run_row(row: &Row<'_>) -> rusqlite::Result<Result<RunRow, StoreError>> {
    let id: String = row.get(0)?;
    let input: String = row.get(4)?;
    let state: String = row.get(5)?;
    let outcome: Option<String> = row.get(6)?;
    let env: String = row.get(11)?;
    let senseless =
        |what: &str| Ok(Err(StoreError::corrupt(format!("the run `{id}` has no readable {what}"))));
    let Ok(input) = serde_json::from_str(&input) else { return senseless("input") };
    let Ok(env) = serde_json::from_str(&env) else { return senseless("environment") };
    let Some(state) = RunState::parse(&state) else { return senseless("state") };
    let Ok(outcome) = outcome.as_deref().map(serde_json::from_str).transpose() else {
        return senseless("outcome");
    };
    Ok(Ok(RunRow {
        workflow: row.get(1)?,
        program: row.get(2)?,
        base_dir: row.get(3)?,
        input,
        env,
        state,
        outcome,
        started: row.get(7)?,
        ended: row.get(8)?,
        cancel_requested: row.get(9)?,
        owner: row.get(10)?,
        id,
    }))
}
