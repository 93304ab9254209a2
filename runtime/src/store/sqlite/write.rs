//! Transactions as SQL. Values become text before they reach the writer: it is the one thread that everybody waits for.

use rusqlite::{Connection, ErrorCode, OptionalExtension};

use super::blob::{self, Cell};
use crate::journal::JournalRow;
use crate::store::{
    EventRow, Prune, Pruned, RunRow, RunState, ScheduleRow, Snapshot, StoreError, Suspension,
    Transaction, Write,
};

/// A change, ready to be written.
pub(super) enum Change {
    Program { hash: String, body: String },
    Start { row: Box<RunRow>, input: Cell, outcome: Option<Cell>, once: bool },
    Append { run: String, owner: String, after: u64, rows: Vec<(JournalRow, Cell)> },
    Snapshot { run: String, owner: String, snapshot: Snapshot },
    Suspend(Suspension),
    End { run: String, owner: String, state: RunState, outcome: Option<Cell>, at: u64 },
    Claim { run: String, from: Option<String>, to: String },
    RequestCancel { run: String },
    Emit { row: EventRow, body: Cell },
    Schedule { row: ScheduleRow, input: String },
    Advance { schedule: String, from: u64, to: Option<u64> },
    Unschedule { schedule: String },
    Rewind { run: String, owner: String, rows: Vec<(JournalRow, Cell)> },
}

impl Change {
    /// How much it writes, roughly.
    pub(super) fn bytes(&self) -> usize {
        let journal = |rows: &[(JournalRow, Cell)]| -> usize {
            rows.iter().map(|(row, body)| row.bytes() + body.bytes()).sum()
        };
        match self {
            Self::Program { body, .. } => body.len(),
            Self::Start { input, .. } => 256 + input.bytes(),
            Self::Append { rows, .. } | Self::Rewind { rows, .. } => journal(rows),
            Self::Snapshot { snapshot, .. } => 64 + snapshot.body.len(),
            Self::Suspend(suspension) => 256 + suspension.snapshot.body.len(),
            Self::End { outcome, .. } => 64 + outcome.as_ref().map_or(0, Cell::bytes),
            Self::Emit { body, .. } => 128 + body.bytes(),
            Self::Schedule { input, .. } => 256 + input.len(),
            Self::Claim { .. }
            | Self::RequestCancel { .. }
            | Self::Advance { .. }
            | Self::Unschedule { .. } => 64,
        }
    }
}

pub(super) fn encode(transaction: Transaction) -> Vec<Change> {
    transaction.writes.into_iter().map(encode_one).collect()
}

fn encode_one(write: Write) -> Change {
    let start = |row: RunRow, once| Change::Start {
        input: Cell::new(row.input.to_string()),
        outcome: row.outcome.as_ref().map(|value| Cell::new(value.to_string())),
        row: Box::new(row),
        once,
    };
    match write {
        Write::Program { hash, body } => Change::Program { hash, body },
        Write::Start(row) => start(row, false),
        Write::StartOnce(row) => start(row, true),
        Write::Append { run, owner, after, records } => {
            Change::Append { run, owner, after, rows: records.iter().map(journal_row).collect() }
        }
        Write::Snapshot { run, owner, snapshot } => Change::Snapshot { run, owner, snapshot },
        Write::Suspend(suspension) => Change::Suspend(suspension),
        Write::End { run, owner, state, outcome, at } => {
            let outcome = outcome.map(|value| Cell::new(value.to_string()));
            Change::End { run, owner, state, outcome, at }
        }
        Write::Claim { run, from, to } => Change::Claim { run, from, to },
        Write::RequestCancel { run } => Change::RequestCancel { run },
        Write::Emit(row) => Change::Emit { body: Cell::new(row.event.to_value().to_string()), row },
        Write::Schedule(row) => Change::Schedule { input: row.input.to_string(), row },
        Write::Advance { schedule, from, to } => Change::Advance { schedule, from, to },
        Write::Unschedule { schedule } => Change::Unschedule { schedule },
        Write::Rewind { run, owner, records } => {
            Change::Rewind { run, owner, rows: records.iter().map(journal_row).collect() }
        }
    }
}

fn journal_row(record: &crate::core::Record) -> (JournalRow, Cell) {
    let mut row = JournalRow::of(record);
    let body = Cell::new(std::mem::take(&mut row.body));
    (row, body)
}

pub(super) fn apply(connection: &Connection, changes: &[Change]) -> Result<(), StoreError> {
    changes.iter().try_for_each(|change| apply_one(connection, change))
}

fn apply_one(connection: &Connection, change: &Change) -> Result<(), StoreError> {
    match change {
        Change::Program { hash, body } => {
            connection
                .prepare_cached(
                    "insert into program (hash, body) values (?1, ?2) on conflict do nothing",
                )?
                .execute([hash, body])?;
            Ok(())
        }
        Change::Start { row, input, outcome, once } => {
            start(connection, row, input, outcome.as_ref(), *once)
        }
        Change::Append { run, owner, after, rows } => append(connection, run, owner, *after, rows),
        Change::Snapshot { run, owner, snapshot } => {
            keep_snapshot(connection, run, owner, snapshot)
        }
        Change::Suspend(suspension) => suspend(connection, suspension),
        Change::End { run, owner, state, outcome, at } => {
            let outcome = outcome.as_ref().map(|cell| cell.write(connection)).transpose()?;
            let changed = connection
                .prepare_cached(
                    "update run set state = ?3, outcome = ?4, ended = ?5, owner = null, \
                     suspended = 0, wake_at = null \
                     where id = ?1 and state = 'running' and owner = ?2",
                )?
                .execute((run, owner, state.as_str(), outcome, at))?;
            if changed != 1 {
                return Err(StoreError::run_lost(run));
            }
            forget(connection, run)
        }
        Change::Claim { run, from, to } => {
            let changed = connection
                .prepare_cached(
                    "update run set owner = ?3, suspended = 0, wake_at = null \
                     where id = ?1 and state = 'running' and owner is ?2",
                )?
                .execute((run, from, to))?;
            if changed == 1 { Ok(()) } else { Err(StoreError::run_lost(run)) }
        }
        Change::RequestCancel { run } => {
            connection
                .prepare_cached(
                    "update run set cancel_requested = 1 where id = ?1 and state = 'running'",
                )?
                .execute([run])?;
            let known: Option<i64> = connection
                .prepare_cached("select 1 from run where id = ?1")?
                .query_row([run], |row| row.get(0))
                .optional()?;
            if known.is_some() { Ok(()) } else { Err(StoreError::unknown_run(run)) }
        }
        Change::Emit { row, body } => emit(connection, row, body),
        Change::Schedule { row, input } => schedule(connection, row, input),
        Change::Advance { schedule, from, to } => {
            let changed = match to {
                Some(to) => connection
                    .prepare_cached(
                        "update schedule set next_at = ?3 where id = ?1 and next_at = ?2",
                    )?
                    .execute((schedule, from, to))?,
                None => connection
                    .prepare_cached("delete from schedule where id = ?1 and next_at = ?2")?
                    .execute((schedule, from))?,
            };
            if changed == 1 { Ok(()) } else { Err(StoreError::schedule_changed(schedule)) }
        }
        Change::Unschedule { schedule } => {
            let changed = connection
                .prepare_cached("delete from schedule where id = ?1")?
                .execute([schedule])?;
            if changed == 1 { Ok(()) } else { Err(StoreError::unknown_schedule(schedule)) }
        }
        Change::Rewind { run, owner, rows } => rewind(connection, run, owner, rows),
    }
}

fn start(
    connection: &Connection,
    row: &RunRow,
    input: &Cell,
    outcome: Option<&Cell>,
    once: bool,
) -> Result<(), StoreError> {
    let conflict = if once { " on conflict (id) do nothing" } else { "" };
    let sql = format!(
        "insert into run (id, workflow, program, base_dir, input, state, outcome, started, ended, \
         cancel_requested, owner, env, suspended, wake_at, events_after) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, \
         coalesce((select seq from sqlite_sequence where name = 'event'), 0)){conflict}"
    );
    let outcome = outcome.map(|cell| cell.write(connection)).transpose()?;
    let inserted = connection.prepare_cached(&sql)?.execute(rusqlite::params![
        row.id,
        row.workflow,
        row.program,
        row.base_dir,
        input.write(connection)?,
        row.state.as_str(),
        outcome,
        row.started,
        row.ended,
        row.cancel_requested,
        row.owner,
        row.env.to_string(),
        row.suspended,
        row.wake_at,
    ]);
    match inserted {
        Ok(_) => Ok(()),
        Err(rusqlite::Error::SqliteFailure(failure, _))
            if failure.code == ErrorCode::ConstraintViolation
                && failure.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY =>
        {
            Err(StoreError::run_id_in_use(&row.id))
        }
        Err(error) => Err(error.into()),
    }
}

fn keep_snapshot(
    connection: &Connection,
    run: &str,
    owner: &str,
    snapshot: &Snapshot,
) -> Result<(), StoreError> {
    let changed = connection
        .prepare_cached(
            "insert into snapshot (run, records, body) select ?1, ?3, ?4 from run \
             where id = ?1 and state = 'running' and owner = ?2 \
             on conflict (run) do update set records = excluded.records, body = excluded.body",
        )?
        .execute((run, owner, snapshot.records, &snapshot.body))?;
    if changed == 1 { Ok(()) } else { Err(StoreError::run_lost(run)) }
}

fn suspend(connection: &Connection, suspension: &Suspension) -> Result<(), StoreError> {
    let Suspension { run, owner, snapshot, wake_at, listeners } = suspension;
    check(connection, run, owner, snapshot.records)?;
    keep_snapshot(connection, run, owner, snapshot)?;
    connection
        .prepare_cached("update run set suspended = 1, wake_at = ?2 where id = ?1")?
        .execute((run, wake_at))?;
    connection.prepare_cached("delete from listener where run = ?1")?.execute([run])?;
    for listener in listeners {
        connection
            .prepare_cached(
                "insert into listener (run, key, type, subject, after) values (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((
                run,
                &listener.key,
                &listener.event_type,
                &listener.subject,
                listener.after,
            ))?;
    }
    Ok(())
}

/// Removes what only a run that goes on needs.
fn forget(connection: &Connection, run: &str) -> Result<(), StoreError> {
    connection.prepare_cached("delete from snapshot where run = ?1")?.execute([run])?;
    connection.prepare_cached("delete from listener where run = ?1")?.execute([run])?;
    Ok(())
}

fn emit(connection: &Connection, row: &EventRow, body: &Cell) -> Result<(), StoreError> {
    let event = &row.event;
    // Looked for first: an insert that is refused would still use up a number.
    let known: Option<i64> = connection
        .prepare_cached("select 1 from event where id = ?1")?
        .query_row([&event.id], |row| row.get(0))
        .optional()?;
    if known.is_none() {
        connection
            .prepare_cached(
                "insert into event (id, type, subject, run, at, body) values (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute((
                &event.id,
                &event.event_type,
                &event.subject,
                &row.run,
                row.at,
                body.write(connection)?,
            ))?;
    }
    Ok(())
}

/// Removes runs and events that are no longer needed, and the large values that only they had.
pub(super) fn prune(connection: &Connection, prune: &Prune) -> Result<Pruned, StoreError> {
    let states: Vec<&str> = prune.states.iter().map(|state| state.as_str()).collect();
    let states = serde_json::json!(states).to_string();
    connection.execute_batch("create temp table if not exists pruned (run text primary key)")?;
    connection.execute("delete from temp.pruned", [])?;
    let runs = connection.execute(
        "insert into temp.pruned (run) select id from run \
         where ended is not null and ended < ?1 and state in (select value from json_each(?2))",
        (prune.ended_before, states),
    )?;
    for table in ["journal", "superseded", "snapshot", "listener"] {
        let sql = format!("delete from {table} where run in (select run from temp.pruned)");
        connection.execute(&sql, [])?;
    }
    connection.execute("delete from run where id in (select run from temp.pruned)", [])?;
    let events = connection.execute(
        "delete from event where at < ?1 and not exists ( \
            select 1 from listener join run on run.id = listener.run \
            where listener.type = event.type \
            and (listener.subject is null or listener.subject is event.subject) \
            and listener.after < event.seq and run.suspended = 1 and run.events_after < event.seq \
            and (event.run is null or event.run = run.id))",
        [prune.events_before],
    )?;
    blob::sweep(connection)?;
    Ok(Pruned { runs: runs as u64, events: events as u64 })
}

fn schedule(connection: &Connection, row: &ScheduleRow, input: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "insert into schedule (id, workflow, program, base_dir, input, cron, timezone, until, next_at) \
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) on conflict (id) do nothing",
        )?
        .execute((
            &row.id,
            &row.workflow,
            &row.program,
            &row.base_dir,
            input,
            &row.cron,
            &row.timezone,
            row.until,
            row.next_at,
        ))?;
    Ok(())
}

fn rewind(
    connection: &Connection,
    run: &str,
    owner: &str,
    rows: &[(JournalRow, Cell)],
) -> Result<(), StoreError> {
    let changed = connection
        .prepare_cached(
            "update run set state = 'running', outcome = null, ended = null, owner = ?2, \
             cancel_requested = 0 where id = ?1 and state <> 'running'",
        )?
        .execute((run, owner))?;
    if changed != 1 {
        return Err(StoreError::run_lost(run));
    }
    connection
        .prepare_cached(
            "insert into superseded (run, rewind, seq, at, kind, key, attempt, signature, body) \
             select run, (select coalesce(max(rewind), 0) + 1 from superseded where run = ?1), \
             seq, at, kind, key, attempt, signature, body from journal where run = ?1",
        )?
        .execute([run])?;
    connection.prepare_cached("delete from journal where run = ?1")?.execute([run])?;
    forget(connection, run)?;
    append(connection, run, owner, 0, rows)
}

fn append(
    connection: &Connection,
    run: &str,
    owner: &str,
    after: u64,
    rows: &[(JournalRow, Cell)],
) -> Result<(), StoreError> {
    let Some(((first, body), rest)) = rows.split_first() else {
        return check(connection, run, owner, after);
    };
    // The first record is its own check: it finds no row to be inserted from unless everything is as it should be.
    let inserted = connection
        .prepare_cached(
            "insert into journal (run, seq, at, kind, key, attempt, signature, body) \
             select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 from run \
             where id = ?1 and state = 'running' and owner = ?9 \
             and ?2 = 1 + (select coalesce(max(seq), 0) from journal where run = ?1)",
        )?
        .execute((
            run,
            after + 1,
            first.at,
            &first.kind,
            &first.key,
            first.attempt,
            &first.signature,
            body.write(connection)?,
            owner,
        ))?;
    if inserted != 1 {
        check(connection, run, owner, after)?;
        return Err(StoreError::journal_conflict(run));
    }
    let mut insert = connection.prepare_cached(
        "insert into journal (run, seq, at, kind, key, attempt, signature, body) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for (seq, (row, body)) in (after + 2..).zip(rest) {
        insert.execute((
            run,
            seq,
            row.at,
            &row.kind,
            &row.key,
            row.attempt,
            &row.signature,
            body.write(connection)?,
        ))?;
    }
    Ok(())
}

/// Whether the run goes on, belongs to this owner, and has a journal of this length.
fn check(connection: &Connection, run: &str, owner: &str, after: u64) -> Result<(), StoreError> {
    let length: Option<u64> = connection
        .prepare_cached(
            "select (select coalesce(max(seq), 0) from journal where run = ?1) from run \
             where id = ?1 and state = 'running' and owner = ?2",
        )?
        .query_row((run, owner), |row| row.get(0))
        .optional()?;
    match length {
        None => Err(StoreError::run_lost(run)),
        Some(length) if length != after => Err(StoreError::journal_conflict(run)),
        Some(_) => Ok(()),
    }
}
