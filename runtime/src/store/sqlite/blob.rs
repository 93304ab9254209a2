//! Large values lie apart, once for each content: a row that holds one names it by its hash.

use locus_model::identity::hash128;
use rusqlite::{Connection, OptionalExtension};

use crate::store::StoreError;

/// Bytes from which on a value is large.
const LARGE: usize = 4096;

/// A text as its row holds it: itself, or the name of a large one.
pub(super) struct Cell {
    pub(super) text: String,
    /// The large text that it names.
    blob: Option<String>,
}

impl Cell {
    pub(super) fn new(text: String) -> Self {
        if text.len() < LARGE {
            return Self { text, blob: None };
        }
        Self { text: format!("@{:032x}", hash128(text.as_bytes())), blob: Some(text) }
    }

    pub(super) fn bytes(&self) -> usize {
        self.text.len() + self.blob.as_ref().map_or(0, String::len)
    }

    /// Writes the large text, unless it is there.
    pub(super) fn write(&self, connection: &Connection) -> Result<&str, StoreError> {
        if let Some(blob) = &self.blob {
            connection
                .prepare_cached(
                    "insert into blob (hash, body) values (?1, ?2) on conflict do nothing",
                )?
                .execute((&self.text[1..], blob))?;
        }
        Ok(&self.text)
    }
}

/// The text that a row holds or names.
pub(super) fn read(connection: &Connection, text: String) -> Result<String, StoreError> {
    let Some(hash) = text.strip_prefix('@') else { return Ok(text) };
    let body: Option<String> = connection
        .prepare_cached("select body from blob where hash = ?1")?
        .query_row([hash], |row| row.get(0))
        .optional()?;
    body.ok_or_else(|| StoreError::corrupt(format!("the large value `{hash}` is missing")))
}

/// Removes the large values that no row names.
pub(super) fn sweep(connection: &Connection) -> Result<(), StoreError> {
    connection.execute(
        "delete from blob where hash not in (
            select substr(body, 2) from journal where substr(body, 1, 1) = '@'
            union all select substr(body, 2) from superseded where substr(body, 1, 1) = '@'
            union all select substr(body, 2) from event where substr(body, 1, 1) = '@'
            union all select substr(input, 2) from run
                where substr(input, 1, 1) = '@' or substr(outcome, 1, 1) = '@'
            union all select substr(outcome, 2) from run
                where outcome is not null
                and (substr(input, 1, 1) = '@' or substr(outcome, 1, 1) = '@'))",
        [],
    )?;
    Ok(())
}
