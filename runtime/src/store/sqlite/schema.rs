//! The tables of a store, and what tells its file from others.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use super::PATIENCE;
use crate::database;
use crate::store::StoreError;

/// Marks the file as a store of ours: "Locu".
const APPLICATION_ID: u32 = 0x4c6f_6375;
/// The format that this version reads and writes.
const FORMAT: u32 = 1;

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

/// Opens the file for writing; makes the tables where it is new.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    let connection = database::open(path, PATIENCE)?;
    // Looked at before anything is changed: the file may be another program's.
    if !check(&connection, path)? {
        connection.pragma_update(None, "page_size", 8192)?;
    }
    database::make_durable(&connection)?;
    connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
    create(&connection, path)?;
    Ok(connection)
}

/// Makes the tables, unless another process has just done so.
fn create(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    if check(connection, path)? {
        return Ok(());
    }
    connection.execute_batch("begin immediate")?;
    let made = check(connection, path).and_then(|is_made| {
        if !is_made {
            connection.execute_batch(TABLES)?;
            connection.execute(
                "insert into meta (key, value) values ('format', ?1)",
                [FORMAT.to_string()],
            )?;
            connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        }
        Ok(())
    });
    connection.execute_batch(if made.is_ok() { "commit" } else { "rollback" })?;
    made
}

/// Whether the file is a store that we can use; `false` when it is empty.
fn check(connection: &Connection, path: &Path) -> Result<bool, StoreError> {
    let application: u32 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let objects: u64 =
        connection.query_row("select count(*) from sqlite_schema", [], |row| row.get(0))?;
    if application == 0 && objects == 0 {
        return Ok(false);
    }
    if application != APPLICATION_ID {
        return Err(StoreError::foreign(path));
    }
    let format: Option<String> = connection
        .query_row("select value from meta where key = 'format'", [], |row| row.get(0))
        .optional()
        .map_err(StoreError::corrupt)?;
    match format.as_deref().map(str::parse::<u32>) {
        Some(Ok(FORMAT)) => Ok(true),
        Some(Ok(found)) if found > FORMAT => {
            Err(StoreError::newer(path, &found.to_string(), FORMAT))
        }
        _ => Err(StoreError::corrupt("it names no format")),
    }
}
