//! What the host offers to actions. Each service takes plain values and gives plain values back.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::action::{BoxFuture, StepInfo};
use crate::error::StepError;
use crate::event::{CloudEvent, EventDraft};

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

    /// Tells an event to whoever listens, once for each key: together with the record that the step succeeded.
    fn emit<'a>(
        &'a self,
        _step: &'a StepInfo,
        _key: &'a str,
        _event: EventDraft,
    ) -> BoxFuture<'a, Result<CloudEvent, StepError>> {
        not_offered("events")
    }

    /// Starts a workflow later, once or again and again, once for each key: together with the record that the step succeeded. The answer is
    /// the id of the run, or that of the schedule.
    fn schedule<'a>(
        &'a self,
        _step: &'a StepInfo,
        _key: &'a str,
        _request: Schedule,
    ) -> BoxFuture<'a, Result<String, StepError>> {
        not_offered("schedules")
    }

    /// Runs a program of the machine, if the project grants that to the step's plugin. Dropping the future kills it and all it has started.
    fn command<'a>(
        &'a self,
        _step: &'a StepInfo,
        _command: Command,
    ) -> BoxFuture<'a, Result<CommandOutput, StepError>> {
        not_offered("commands")
    }
}

fn not_offered<'a, T: Send + 'a>(what: &str) -> BoxFuture<'a, Result<T, StepError>> {
    let error = StepError::terminal("not_offered", format!("this host has no {what}"));
    Box::pin(std::future::ready(Err(error)))
}

/// The codes with which [`StepContext::http`](crate::StepContext::http) fails. A status is no failure there.
pub const HTTP_ERRORS: [&str; 8] = [
    "connect_failed",
    "connection_lost",
    "http_unavailable",
    "invalid_request",
    "invalid_url",
    "response_too_large",
    "timeout",
    "too_many_redirects",
];

/// The codes with which any service that uses a connection fails when the connection is not as it must be.
pub const CONNECTION_ERRORS: [&str; 4] = [
    "invalid_connection",
    "unknown_connection",
    "unknown_connection_kind",
    "wrong_connection_kind",
];

/// The codes with which [`StepContext::sql`](crate::StepContext::sql) fails, beside those of [`CONNECTION_ERRORS`] and of expectations.
pub const SQL_ERRORS: [&str; 10] = [
    "connection_failed",
    "constraint_violation",
    "database_busy",
    "database_closed",
    "database_corrupt",
    "database_full",
    "database_io",
    "database_read_only",
    "result_too_large",
    "sql_error",
];

/// The codes with which [`StepContext::publish`](crate::StepContext::publish) fails, beside those of [`CONNECTION_ERRORS`].
pub const QUEUE_ERRORS: [&str; 1] = ["queue_error"];

/// The codes with which [`StepContext::read_file`](crate::StepContext::read_file) fails.
pub const FILE_ERRORS: [&str; 4] =
    ["file_error", "file_not_found", "file_too_large", "path_not_allowed"];

/// The codes with which a workflow that is called, or a run that is started, is refused.
pub const CALL_ERRORS: [&str; 2] = ["invalid_input", "unknown_workflow"];

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

/// A workflow that is to start later.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Schedule {
    /// The workflow.
    pub workflow: String,
    /// Its input.
    pub input: Value,
    /// When.
    pub when: Due,
}

/// When a workflow starts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// Once, in milliseconds since 1970-01-01 UTC.
    At(u64),
    /// Again and again.
    Cron {
        /// Minute, hour, day of month, month, day of week.
        expression: String,
        /// Whose clock counts, by its name in the IANA database: `Europe/Berlin`.
        timezone: String,
        /// The last instant at which it may start, in milliseconds since 1970-01-01 UTC.
        until: Option<u64>,
    },
}

/// A program of the machine to run, without a shell.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Command {
    /// The program: a name that is looked up in `PATH`, or a path.
    pub program: String,
    /// Its arguments, each passed on as it is.
    pub args: Vec<String>,
    /// Variables of its environment. Beside them it sees `PATH`, `HOME`, `LANG` and `TMPDIR` of the process, and nothing else.
    pub env: IndexMap<String, String>,
    /// The folder it runs in, relative to the project's; that one when nothing is given.
    pub folder: Option<String>,
    /// What it reads from standard input.
    pub stdin: Vec<u8>,
    /// How long it may take, in milliseconds.
    pub timeout: Option<u64>,
    /// The most bytes it may write, to standard output and standard error each.
    pub max_output: u64,
}

/// What a program did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CommandOutput {
    /// The exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: Vec<u8>,
}
