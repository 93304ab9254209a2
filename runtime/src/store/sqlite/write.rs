//! Transactions as SQL. Values become text before they reach the writer: it is the one thread that everybody waits for.

use rusqlite::{Connection, ErrorCode, OptionalExtension};

use crate::journal::JournalRow;
use crate::store::{RunRow, RunState, StoreError, Transaction, Write};

/// A change, ready to be written.
pub(super) enum Change {
    Program { hash: String, body: String },
    Start { row: Box<RunRow>, input: String, outcome: Option<String> },
    Append { run: String, owner: String, after: u64, rows: Vec<JournalRow> },
    End { run: String, owner: String, state: RunState, outcome: Option<String>, at: u64 },
    Claim { run: String, from: Option<String>, to: String },
    RequestCancel { run: String },
}

impl Change {
    /// How much it writes, roughly.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Program { body, .. } => body.len(),
            Self::Start { input, .. } => 256 + input.len(),
            Self::Append { rows, .. } => rows.iter().map(JournalRow::bytes).sum(),
            Self::End { outcome, .. } => 64 + outcome.as_ref().map_or(0, String::len),
            Self::Claim { .. } | Self::RequestCancel { .. } => 64,
        }
    }
}

pub(super) fn encode(transaction: Transaction) -> Vec<Change> {
    let encoded = transaction.writes.into_iter().map(|write| match write {
        Write::Program { hash, body } => Change::Program { hash, body },
        Write::Start(row) => Change::Start {
            input: row.input.to_string(),
            outcome: row.outcome.as_ref().map(ToString::to_string),
            row: Box::new(row),
        },
        Write::Append { run, owner, after, records } => {
            Change::Append { run, owner, after, rows: records.iter().map(JournalRow::of).collect() }
        }
        Write::End { run, owner, state, outcome, at } => {
            Change::End { run, owner, state, outcome: outcome.map(|value| value.to_string()), at }
        }
        Write::Claim { run, from, to } => Change::Claim { run, from, to },
        Write::RequestCancel { run } => Change::RequestCancel { run },
    });
    encoded.collect()
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
        Change::Start { row, input, outcome } => start(connection, row, input, outcome.as_deref()),
        Change::Append { run, owner, after, rows } => append(connection, run, owner, *after, rows),
        Change::End { run, owner, state, outcome, at } => {
            let changed = connection
                .prepare_cached(
                    "update run set state = ?3, outcome = ?4, ended = ?5, owner = null \
                     where id = ?1 and state = 'running' and owner = ?2",
                )?
                .execute((run, owner, state.as_str(), outcome, at))?;
            if changed == 1 { Ok(()) } else { Err(StoreError::run_lost(run)) }
        }
        Change::Claim { run, from, to } => {
            let changed = connection
                .prepare_cached(
                    "update run set owner = ?3 where id = ?1 and state = 'running' and owner is ?2",
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
    }
}

fn start(
    connection: &Connection,
    row: &RunRow,
    input: &str,
    outcome: Option<&str>,
) -> Result<(), StoreError> {
    let inserted = connection
        .prepare_cached(
            "insert into run (id, workflow, program, base_dir, input, state, outcome, started, ended, \
             cancel_requested, owner, env) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute((
            &row.id,
            &row.workflow,
            &row.program,
            &row.base_dir,
            input,
            row.state.as_str(),
            outcome,
            row.started,
            row.ended,
            row.cancel_requested,
            &row.owner,
            row.env.to_string(),
        ));
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

fn append(
    connection: &Connection,
    run: &str,
    owner: &str,
    after: u64,
    rows: &[JournalRow],
) -> Result<(), StoreError> {
    let Some((first, rest)) = rows.split_first() else {
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
            &first.body,
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
    for (seq, row) in (after + 2..).zip(rest) {
        insert.execute((
            run,
            seq,
            row.at,
            &row.kind,
            &row.key,
            row.attempt,
            &row.signature,
            &row.body,
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
