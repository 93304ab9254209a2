//! The tables of a store, and what tells its file from others. A file of an earlier format is brought to this one when it is opened, wholly
//! or not at all.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use super::PATIENCE;
use crate::database;
use crate::store::StoreError;

/// Marks the file as a store of ours: "Locu".
const APPLICATION_ID: u32 = 0x4c6f_6375;
/// The format that this version reads and writes.
const FORMAT: u32 = 2;

/// Format 1.
const TABLES: &str = "
create table meta (
    key text primary key,
    value text not null
) strict, without rowid;

create table program (
    hash text primary key,
    body text not null
) strict;

create table run (
    id text primary key,
    workflow text not null,
    program text not null references program (hash),
    base_dir text not null,
    input text not null,
    env text not null,
    state text not null,
    outcome text,
    started integer not null,
    ended integer,
    cancel_requested integer not null,
    owner text
) strict;
create index run_started on run (started, id);
create index run_going_on on run (started, id) where state = 'running';
create index run_to_cancel on run (owner) where cancel_requested = 1 and state = 'running';

create table journal (
    run text not null,
    seq integer not null,
    at integer not null,
    kind text not null,
    key text not null,
    attempt integer not null,
    signature text not null,
    body text not null,
    primary key (run, seq)
) strict, without rowid;
";

/// What each format adds to the one before: the first entry makes 2 of 1.
///
/// A text that begins with `@` is the hash of a long one, which is in `blob`: all texts that can be long are JSON, which never begins so.
const MIGRATIONS: [&str; 1] = ["
alter table run add column suspended integer not null default 0;
alter table run add column wake_at integer;
alter table run add column events_after integer not null default 0;
create index run_to_wake on run (wake_at, id) where suspended = 1 and wake_at is not null;
create index run_to_wake_of on run (owner, wake_at, id) where suspended = 1 and wake_at is not null;
create index run_ended on run (ended) where ended is not null;
create index run_blob on run (input, outcome) where substr(input, 1, 1) = '@' or substr(outcome, 1, 1) = '@';
create index journal_blob on journal (body) where substr(body, 1, 1) = '@';

create table blob (
    hash text primary key,
    body text not null
) strict, without rowid;

create table snapshot (
    run text primary key,
    records integer not null,
    body text not null
) strict;

create table event (
    seq integer primary key autoincrement,
    id text not null unique,
    type text not null,
    subject text,
    run text,
    at integer not null,
    body text not null
) strict;
create index event_fitting on event (type, subject, seq);
create index event_at on event (at);
create index event_blob on event (body) where substr(body, 1, 1) = '@';

create table listener (
    run text not null,
    key text not null,
    type text not null,
    subject text,
    after integer not null,
    primary key (run, key)
) strict, without rowid;
create index listener_fitting on listener (type, subject);

create table schedule (
    id text primary key,
    workflow text not null,
    program text not null references program (hash),
    base_dir text not null,
    input text not null,
    cron text not null,
    timezone text not null,
    until integer,
    next_at integer not null
) strict;
create index schedule_due on schedule (next_at, id);

create table superseded (
    run text not null,
    rewind integer not null,
    seq integer not null,
    at integer not null,
    kind text not null,
    key text not null,
    attempt integer not null,
    signature text not null,
    body text not null,
    primary key (run, rewind, seq)
) strict, without rowid;
create index superseded_blob on superseded (body) where substr(body, 1, 1) = '@';
"];

/// Opens the file for writing; makes the tables where it is new.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    let connection = database::open(path, PATIENCE)?;
    // Looked at before anything is changed: the file may be another program's.
    let found = format_of(&connection, path)?;
    if found == 0 {
        connection.pragma_update(None, "page_size", 8192)?;
    }
    database::make_durable(&connection)?;
    connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
    if found < FORMAT {
        upgrade(&connection, path)?;
    }
    Ok(connection)
}

/// Makes the tables, or what an earlier format lacks, unless another process has just done so.
fn upgrade(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    connection.execute_batch("begin immediate")?;
    let made = format_of(connection, path).and_then(|found| {
        if found == 0 {
            connection.execute_batch(TABLES)?;
            connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        }
        for migration in MIGRATIONS.iter().skip(found.max(1) as usize - 1) {
            connection.execute_batch(migration)?;
        }
        connection.execute(
            "insert into meta (key, value) values ('format', ?1) \
             on conflict (key) do update set value = excluded.value",
            [FORMAT.to_string()],
        )?;
        Ok(())
    });
    connection.execute_batch(if made.is_ok() { "commit" } else { "rollback" })?;
    made
}

/// The format of the file; 0 when it is empty. Fails where it is none of ours, or of a later version.
fn format_of(connection: &Connection, path: &Path) -> Result<u32, StoreError> {
    let application: u32 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let objects: u64 =
        connection.query_row("select count(*) from sqlite_schema", [], |row| row.get(0))?;
    if application == 0 && objects == 0 {
        return Ok(0);
    }
    if application != APPLICATION_ID {
        return Err(StoreError::foreign(path));
    }
    let format: Option<String> = connection
        .query_row("select value from meta where key = 'format'", [], |row| row.get(0))
        .optional()
        .map_err(StoreError::corrupt)?;
    match format.as_deref().map(str::parse::<u32>) {
        Some(Ok(found)) if found > FORMAT => {
            Err(StoreError::newer(path, &found.to_string(), FORMAT))
        }
        Some(Ok(found)) if found > 0 => Ok(found),
        _ => Err(StoreError::corrupt("it names no format")),
    }
}
