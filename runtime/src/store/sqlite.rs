//! A store in a SQLite file. Everything is written by one thread, in groups ([`Database`]); reading has connections of its own, so
//! that runs can be looked at while they are written, from this process and from others.

mod blob;
mod schema;
mod write;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use locus_plugin::action::BoxFuture;
use rusqlite::{Connection, OptionalExtension, Row};

use super::owners::Owners;
use super::{
    EventQuery, EventRow, Listener, Prune, Pruned, RunFilter, RunRow, RunState, ScheduleRow,
    Snapshot, Store, StoreError, SuspendedRun, Transaction,
};
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
    // Fields are dropped in this order: the writer closes the file last, since only a connection that may write can bring the log into
    // it, and it ends before others may take over the runs.
    readers: Mutex<Vec<Connection>>,
    writer: Database,
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
            let row = connection.prepare_cached(&sql)?.query_row([id], run_text).optional()?;
            let row = row.map(|text| text.row(connection)).transpose()?;
            match row {
                Some(RunRow { problem: Some(problem), .. }) => Err(StoreError::corrupt(problem)),
                row => Ok(row),
            }
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
                statement.query_map((&filter.workflow, &filter.program, state, limit), run_text)?;
            rows.map(|text| text?.row(connection)).collect()
        })
    }

    fn journal_after(&self, run: &str, after: u64) -> Result<Vec<Record>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "select seq, at, kind, key, attempt, signature, body from journal \
                 where run = ?1 and seq > ?2 order by seq",
            )?;
            let rows = statement.query_map((run, after), |row| {
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
            for (expected, row) in (after + 1..).zip(rows) {
                let (seq, mut row) = row?;
                if seq != expected {
                    let what = format!("the journal of `{run}` lacks record {expected}");
                    return Err(StoreError::corrupt(what));
                }
                row.body = blob::read(connection, row.body)?;
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

    fn snapshot(&self, run: &str) -> Result<Option<Snapshot>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("select records, body from snapshot where run = ?1")?;
            let row = statement
                .query_row([run], |row| Ok(Snapshot { records: row.get(0)?, body: row.get(1)? }));
            Ok(row.optional()?)
        })
    }

    fn events(&self, query: &EventQuery) -> Result<Vec<EventRow>, StoreError> {
        self.read(|connection| {
            let mut sql = "select seq, run, at, body from event where seq > ?1".to_owned();
            // Written out by what is given: only so are the indexes of use.
            for (given, condition) in [
                (query.event_type.is_some(), " and type = ?2"),
                (query.subject.is_some(), " and subject = ?3"),
                (query.run.is_some(), " and (run is null or run = ?4)"),
            ] {
                sql.push_str(if given { condition } else { "" });
            }
            sql.push_str(" order by seq limit ?5");
            let limit = query.limit.map_or(-1, i64::from);
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(
                (query.after, &query.event_type, &query.subject, &query.run, limit),
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
            )?;
            rows.map(|row| {
                let (seq, run, at, body): (u64, Option<String>, u64, String) = row?;
                let body = blob::read(connection, body)?;
                let event = serde_json::from_str(&body).map_err(|error| {
                    StoreError::corrupt(format!("the event {seq} cannot be read: {error}"))
                })?;
                Ok(EventRow { seq, run, at, event })
            })
            .collect()
        })
    }

    fn last_event(&self) -> Result<u64, StoreError> {
        self.read(|connection| {
            let mut statement = connection
                .prepare_cached("select seq from sqlite_sequence where name = 'event'")?;
            Ok(statement.query_row([], |row| row.get(0)).optional()?.unwrap_or(0))
        })
    }

    fn listening(&self, event: &EventRow) -> Result<Vec<SuspendedRun>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "select distinct run.wake_at, run.id, run.owner from listener \
                 join run on run.id = listener.run \
                 where listener.type = ?1 and (listener.subject is null or listener.subject is ?2) \
                 and listener.after < ?3 and run.suspended = 1 and run.events_after < ?3 \
                 and (?4 is null or run.id = ?4) order by run.id",
            )?;
            let (event_type, subject) = (&event.event.event_type, &event.event.subject);
            let rows =
                statement.query_map((event_type, subject, event.seq, &event.run), suspended_row)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    fn unheard(&self) -> Result<Vec<SuspendedRun>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "select distinct run.wake_at, run.id, run.owner from listener \
                 join run on run.id = listener.run where run.suspended = 1 and exists ( \
                    select 1 from event where event.type = listener.type \
                    and (listener.subject is null or listener.subject is event.subject) \
                    and event.seq > max(listener.after, run.events_after) \
                    and (event.run is null or event.run = run.id)) order by run.id",
            )?;
            let rows = statement.query_map([], suspended_row)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    fn listeners(&self, run: &str) -> Result<Vec<Listener>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "select key, type, subject, after from listener where run = ?1 order by key",
            )?;
            let rows = statement.query_map([run], |row| {
                Ok(Listener {
                    key: row.get(0)?,
                    event_type: row.get(1)?,
                    subject: row.get(2)?,
                    after: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    fn due(
        &self,
        owner: Option<&str>,
        until: u64,
        limit: u32,
    ) -> Result<Vec<SuspendedRun>, StoreError> {
        self.read(|connection| {
            let mine = if owner.is_some() { "owner = ?3" } else { "?3 is null" };
            let sql = format!(
                "select wake_at, id, owner from run where suspended = 1 and wake_at is not null \
                 and wake_at <= ?1 and {mine} order by wake_at, id limit ?2"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map((until, limit, owner), suspended_row)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    fn schedules(&self, until: Option<u64>) -> Result<Vec<ScheduleRow>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "select id, workflow, program, base_dir, input, cron, timezone, until, next_at \
                 from schedule where ?1 is null or next_at <= ?1 order by next_at, id",
            )?;
            let rows = statement.query_map([until], |row| {
                let input: String = row.get(4)?;
                let row = ScheduleRow {
                    id: row.get(0)?,
                    workflow: row.get(1)?,
                    program: row.get(2)?,
                    base_dir: row.get(3)?,
                    input: serde_json::Value::Null,
                    cron: row.get(5)?,
                    timezone: row.get(6)?,
                    until: row.get(7)?,
                    next_at: row.get(8)?,
                };
                Ok((row, input))
            })?;
            rows.map(|row| {
                let (row, input) = row?;
                let input = serde_json::from_str(&input).map_err(|error| {
                    let id = &row.id;
                    StoreError::corrupt(format!(
                        "the schedule `{id}` has no readable input: {error}"
                    ))
                })?;
                Ok(ScheduleRow { input, ..row })
            })
            .collect()
        })
    }

    fn prune(&self, prune: Prune) -> BoxFuture<'_, Result<Pruned, StoreError>> {
        let work = move |connection: &Connection| write::prune(connection, &prune);
        Box::pin(self.writer.run(1 << 20, work))
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

fn suspended_row(row: &Row<'_>) -> rusqlite::Result<SuspendedRun> {
    Ok(SuspendedRun { wake_at: row.get(0)?, run: row.get(1)?, owner: row.get(2)? })
}

const RUN_COLUMNS: &str = "id, workflow, program, base_dir, started, ended, cancel_requested, owner, \
                           suspended, wake_at, events_after, input, state, outcome, env";

/// A row of `run` with values that are not read yet.
struct RunText {
    row: RunRow,
    input: String,
    state: String,
    outcome: Option<String>,
    env: String,
}

fn run_text(row: &Row<'_>) -> rusqlite::Result<RunText> {
    Ok(RunText {
        row: RunRow {
            id: row.get(0)?,
            workflow: row.get(1)?,
            program: row.get(2)?,
            base_dir: row.get(3)?,
            input: serde_json::Value::Null,
            env: serde_json::Value::Null,
            state: RunState::Failed,
            outcome: None,
            started: row.get(4)?,
            ended: row.get(5)?,
            cancel_requested: row.get(6)?,
            owner: row.get(7)?,
            suspended: row.get(8)?,
            wake_at: row.get(9)?,
            events_after: row.get(10)?,
            problem: None,
        },
        input: row.get(11)?,
        state: row.get(12)?,
        outcome: row.get(13)?,
        env: row.get(14)?,
    })
}

impl RunText {
    /// The row, with what is wrong with it where its content makes no sense.
    fn row(self, connection: &Connection) -> Result<RunRow, StoreError> {
        let Self { mut row, input, state, outcome, env } = self;
        let mut problem = None;
        let mut senseless = |what: &str| {
            problem.get_or_insert(format!("the run `{}` has no readable {what}", row.id));
        };
        let mut json = |text: String, what: &str| {
            let text = match blob::read(connection, text) {
                Err(error) if error.code != "store_corrupt" => return Err(error),
                text => text.ok(),
            };
            let value = text.and_then(|text| serde_json::from_str(&text).ok());
            if value.is_none() {
                senseless(what);
            }
            Ok(value.unwrap_or_default())
        };
        let (input, env) = (json(input, "input")?, json(env, "environment")?);
        let outcome = outcome.map(|text| json(text, "outcome")).transpose()?;
        let state = RunState::parse(&state);
        if state.is_none() {
            senseless("state");
        }
        (row.input, row.env, row.outcome, row.problem) = (input, env, outcome, problem);
        row.state = state.unwrap_or(RunState::Failed);
        Ok(row)
    }
}
