//! What the host offers to actions. Each service takes plain values and gives plain values back.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::action::{BoxFuture, StepInfo};
use crate::error::StepError;

/// The services of a host. Hosts implement this; plugins use it through [`StepContext`](crate::StepContext).
pub trait Services: Send + Sync {
    /// Writes a line to the run's log.
    fn log(&self, step: &StepInfo, level: LogLevel, message: &str, fields: &Value);

    /// Sends an HTTP request.
    fn http<'a>(
        &'a self,
        step: &'a StepInfo,
        request: HttpRequest,
    ) -> BoxFuture<'a, Result<HttpResponse, StepError>>;

    /// Runs a transaction of a database connection, exactly once for each key.
    fn sql<'a>(
        &'a self,
        step: &'a StepInfo,
        connection: &'a str,
        key: &'a str,
        transaction: SqlTransaction,
    ) -> BoxFuture<'a, Result<Vec<SqlOutcome>, StepError>>;

    /// Publishes a message, once for each key.
    fn publish<'a>(
        &'a self,
        step: &'a StepInfo,
        connection: &'a str,
        key: &'a str,
        message: Message,
    ) -> BoxFuture<'a, Result<Published, StepError>>;

    /// Reads a file of the project.
    fn read_file<'a>(
        &'a self,
        step: &'a StepInfo,
        path: &'a str,
    ) -> BoxFuture<'a, Result<Vec<u8>, StepError>>;

    /// Starts a run of another workflow, once for each key; returns its id.
    fn start_run<'a>(
        &'a self,
        step: &'a StepInfo,
        key: &'a str,
        workflow: &'a str,
        input: Value,
    ) -> BoxFuture<'a, Result<String, StepError>>;
}

/// How important a line of the log is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// For the author while building.
    Debug,
    /// The usual course of things.
    Info,
    /// Worth a look.
    Warn,
    /// Something failed.
    Error,
}

/// An HTTP request.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct HttpRequest {
    /// `GET`, `POST`, …
    pub method: String,
    /// Absolute URL, `http` or `https`.
    pub url: String,
    /// Headers, in order.
    pub headers: Vec<(String, String)>,
    /// Body; none when empty.
    pub body: Vec<u8>,
    /// How long to wait for the whole response, in milliseconds.
    pub timeout: Option<u64>,
}

/// An HTTP response.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct HttpResponse {
    /// Status code.
    pub status: u16,
    /// Headers, names in lower case, in order.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

/// Statements that commit together or not at all.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SqlTransaction {
    /// The statements, in order.
    pub statements: Vec<SqlStatement>,
}

/// A statement with named parameters.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SqlStatement {
    /// One SQL statement; parameters are written `:name`.
    pub sql: String,
    /// Values of the parameters.
    pub params: IndexMap<String, Value>,
    /// What must hold after it; otherwise everything is rolled back.
    pub expect: Option<SqlExpectation>,
}

/// What must hold after a statement.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SqlExpectation {
    /// How many rows it must have changed.
    pub affected: Option<u64>,
    /// How many rows it must have returned.
    pub rows: Option<u64>,
    /// The error code of the failure.
    pub error: String,
}

/// What a statement did.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SqlOutcome {
    /// How many rows it changed.
    pub affected: u64,
    /// The rows it returned, each an object by column.
    pub rows: Vec<Value>,
}

/// A message for a queue.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Message {
    /// Where it goes.
    pub topic: String,
    /// What it says.
    pub payload: Value,
    /// Further facts about it.
    pub headers: IndexMap<String, String>,
}

/// A message that the queue has.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Published {
    /// The queue's number for it.
    pub id: String,
    /// Whether it was there already, from an earlier attempt.
    pub duplicate: bool,
}
