//! One statement: parameters bound by name, rows read, expectations checked.

use std::collections::BTreeSet;

use locus_plugin::StepError;
use locus_plugin::services::{SqlExpectation, SqlOutcome, SqlStatement};
use rusqlite::{Connection, Statement};
use serde_json::{Map, Value, json};

use super::values;
use crate::database::Failure;
use crate::services::connections::hint;

/// The most bytes that a transaction may return, roughly: results are kept in the journal.
pub(super) const MAX_RESULT: usize = 16 << 20;

/// What a statement did.
pub(super) struct Done {
    pub(super) outcome: SqlOutcome,
    /// Whether it could change anything.
    pub(super) writes: bool,
}

/// Runs a statement in the open transaction. `room` is how many bytes may still be returned.
pub(super) fn run(
    connection: &Connection,
    statement: &SqlStatement,
    room: &mut usize,
) -> Result<Done, StepError> {
    if is_cacheable(&statement.sql) {
        let mut prepared = connection.prepare_cached(&statement.sql).map_err(not_prepared)?;
        run_prepared(connection, &mut prepared, statement, room)
    } else {
        let mut prepared = connection.prepare(&statement.sql).map_err(not_prepared)?;
        run_prepared(connection, &mut prepared, statement, room)
    }
}

/// The guard is asked when a statement is compiled. One whose text is that of a statement of our own would be found compiled
/// already, so those are not looked for.
fn is_cacheable(sql: &str) -> bool {
    let sql = sql.trim_start().to_ascii_lowercase();
    let starts = ["select", "insert", "update", "delete", "replace", "with"];
    starts.iter().any(|word| sql.starts_with(word)) && !sql.contains("locus_tx")
}

fn not_prepared(error: rusqlite::Error) -> StepError {
    match error {
        rusqlite::Error::MultipleStatement => sql_error(
            "there are several statements in one text; make each an entry of `statements`",
        ),
        other => Failure::from(other).into(),
    }
}

fn run_prepared(
    connection: &Connection,
    prepared: &mut Statement<'_>,
    statement: &SqlStatement,
    room: &mut usize,
) -> Result<Done, StepError> {
    bind(prepared, statement)?;
    let writes = !prepared.readonly();
    let before = connection.total_changes();
    let rows = read_rows(prepared, room)?;
    // SQLite keeps the count of the statement before where this one changes nothing.
    let affected = if connection.total_changes() > before { connection.changes() } else { 0 };
    let outcome = SqlOutcome { affected, rows };
    if let Some(expectation) = &statement.expect {
        check(expectation, &outcome)?;
    }
    Ok(Done { outcome, writes })
}

fn bind(prepared: &mut Statement<'_>, statement: &SqlStatement) -> Result<(), StepError> {
    let mut used = BTreeSet::new();
    for index in 1..=prepared.parameter_count() {
        let name = prepared
            .parameter_name(index)
            .and_then(|name| name.strip_prefix(':'))
            .ok_or_else(|| sql_error("parameters have names: write `:name`, not `?`"))?
            .to_owned();
        let value = statement.params.get(&name).ok_or_else(|| {
            let given = statement.params.keys().map(String::as_str);
            sql_error(format!("the parameter `:{name}` has no value{}", hint(&name, given)))
        })?;
        let value = values::to_sql(value).ok_or_else(|| {
            sql_error(format!("the number of `:{name}` is too large for SQLite: {value}"))
        })?;
        prepared.raw_bind_parameter(index, value).map_err(Failure::from)?;
        used.insert(name);
    }
    let unused: Vec<String> = statement
        .params
        .keys()
        .filter(|name| !used.contains(*name))
        .map(|name| format!("`{name}`"))
        .collect();
    if unused.is_empty() {
        return Ok(());
    }
    Err(sql_error(format!("the statement does not use the parameter {}", unused.join(", "))))
}

fn read_rows(prepared: &mut Statement<'_>, room: &mut usize) -> Result<Vec<Value>, StepError> {
    let columns: Vec<String> = prepared.column_names().into_iter().map(str::to_owned).collect();
    let mut seen = BTreeSet::new();
    if let Some(twice) = columns.iter().find(|name| !seen.insert(name.as_str())) {
        return Err(sql_error(format!(
            "two columns of the result are called `{twice}`; give one another name with `as`"
        )));
    }
    let mut found = Vec::new();
    let mut rows = prepared.raw_query();
    while let Some(row) = rows.next().map_err(not_run)? {
        let mut object = Map::with_capacity(columns.len());
        for (index, name) in columns.iter().enumerate() {
            let value = row.get_ref(index).map_err(Failure::from)?;
            *room = room.checked_sub(values::size(value) + name.len()).ok_or_else(|| {
                StepError::terminal(
                    "result_too_large",
                    format!("the rows take more than {} MiB; ask for fewer", MAX_RESULT >> 20),
                )
            })?;
            object.insert(name.clone(), values::from_sql(value));
        }
        found.push(Value::Object(object));
    }
    Ok(found)
}

fn not_run(error: rusqlite::Error) -> StepError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::ApiMisuse) => sql_error("the text holds no statement"),
        _ => Failure::from(error).into(),
    }
}

fn check(expectation: &SqlExpectation, outcome: &SqlOutcome) -> Result<(), StepError> {
    let rows = outcome.rows.len() as u64;
    let broken = match (expectation.affected, expectation.rows) {
        (Some(expected), _) if expected != outcome.affected => {
            format!(
                "the statement changed {} row(s), and {expected} are expected",
                outcome.affected
            )
        }
        (_, Some(expected)) if expected != rows => {
            format!("the statement returned {rows} row(s), and {expected} are expected")
        }
        _ => return Ok(()),
    };
    Err(StepError::terminal(expectation.error.as_str(), broken)
        .details(json!({ "affected": outcome.affected, "rows": rows })))
}

fn sql_error(message: impl Into<String>) -> StepError {
    StepError::terminal("sql_error", message)
}
