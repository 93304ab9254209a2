//! What actions of a run can reach: the host's side of [`Services`]. HTTP, SQL, queues, files and commands each have a module; connections are
//! looked up in the run's program.
//!
//! Every effect that can be is done once for each idempotency key, however often it is asked for.

mod command;
mod connections;
pub(crate) mod files;
pub(crate) mod http;
mod queue;
mod sql;

use std::path::PathBuf;
use std::sync::Arc;

use locus_model::Program;
use locus_plugin::StepError;
use locus_plugin::action::{BoxFuture, StepInfo};
use locus_plugin::services::{
    Command, CommandOutput, HttpRequest, HttpResponse, LogLevel, Message, Published, Services,
    SqlOutcome, SqlTransaction,
};
use serde_json::Value;

use crate::database::{Failure, FailureKind};
use crate::engine::{EngineEvent, EngineEvents};
use crate::host::Host;
use connections::{ConnectionKind, Settings, find};
use http::Http;
use queue::Queues;
use sql::Databases;

/// What all runs of an engine share: clients and open files.
#[derive(Default)]
pub(crate) struct Resources {
    http: Http,
    databases: Databases,
    queues: Queues,
}

/// The services of one run.
pub(crate) struct RunServices {
    pub(crate) resources: Arc<Resources>,
    pub(crate) program: Arc<Program>,
    pub(crate) base_dir: PathBuf,
    pub(crate) events: Arc<dyn EngineEvents>,
    pub(crate) host: Arc<dyn Host>,
}

impl RunServices {
    fn connection(&self, name: &str, kind: ConnectionKind) -> Result<Settings, StepError> {
        find(&self.program, name, kind, &self.base_dir, &*self.host)
    }
}

impl Services for RunServices {
    fn log(&self, step: &StepInfo, level: LogLevel, message: &str, fields: &Value) {
        self.events.event(&EngineEvent::Log {
            run: &step.run_id,
            key: &step.key,
            level,
            message,
            fields,
        });
    }

    fn http<'a>(
        &'a self,
        _step: &'a StepInfo,
        request: HttpRequest,
    ) -> BoxFuture<'a, Result<HttpResponse, StepError>> {
        Box::pin(self.resources.http.send(request))
    }

    fn sql<'a>(
        &'a self,
        _step: &'a StepInfo,
        connection: &'a str,
        key: &'a str,
        transaction: SqlTransaction,
    ) -> BoxFuture<'a, Result<Vec<SqlOutcome>, StepError>> {
        Box::pin(async move {
            let settings = self.connection(connection, ConnectionKind::Sqlite)?;
            self.resources.databases.transact(settings, key, transaction).await
        })
    }

    fn publish<'a>(
        &'a self,
        step: &'a StepInfo,
        connection: &'a str,
        key: &'a str,
        message: Message,
    ) -> BoxFuture<'a, Result<Published, StepError>> {
        Box::pin(async move {
            let settings = self.connection(connection, ConnectionKind::Queue)?;
            self.resources.queues.publish(settings, step, key, message).await
        })
    }

    fn read_file<'a>(
        &'a self,
        _step: &'a StepInfo,
        path: &'a str,
    ) -> BoxFuture<'a, Result<Vec<u8>, StepError>> {
        Box::pin(files::read(self.base_dir.clone(), path.to_owned()))
    }

    /// What happens together with the record of a step is not for a run as a whole: see `engine::outbox`.
    fn start_run<'a>(
        &'a self,
        _step: &'a StepInfo,
        _key: &'a str,
        _workflow: &'a str,
        _input: Value,
    ) -> BoxFuture<'a, Result<String, StepError>> {
        let error = StepError::terminal("not_offered", "no runs can be started here");
        Box::pin(std::future::ready(Err(error)))
    }

    fn command<'a>(
        &'a self,
        _step: &'a StepInfo,
        command: Command,
    ) -> BoxFuture<'a, Result<CommandOutput, StepError>> {
        Box::pin(command::run(&self.base_dir, command))
    }
}

impl From<Failure> for StepError {
    /// How a step fails when the file of its connection does.
    fn from(failure: Failure) -> Self {
        let message = failure.message;
        match failure.kind {
            FailureKind::Busy => Self::retryable(
                "database_busy",
                format!("another process holds the database: {message}"),
            ),
            FailureKind::Full => {
                Self::retryable("database_full", format!("there is no space left: {message}"))
            }
            FailureKind::Io => {
                Self::retryable("database_io", format!("the disk failed: {message}"))
            }
            FailureKind::Stopped => {
                Self::retryable("database_closed", "the database has been closed")
            }
            FailureKind::Constraint => Self::terminal("constraint_violation", message),
            FailureKind::ReadOnly => Self::terminal(
                "database_read_only",
                format!("the database cannot be written: {message}"),
            ),
            FailureKind::Corrupt => {
                Self::terminal("database_corrupt", format!("the database is damaged: {message}"))
            }
            FailureKind::CannotOpen => Self::terminal(
                "connection_failed",
                format!("the database cannot be opened: {message}"),
            ),
            FailureKind::Denied => Self::terminal(
                "sql_error",
                "the statement is not allowed here: a step's statements are one transaction already, \
                 so none may begin, end, attach, change settings or touch `locus_tx`",
            ),
            FailureKind::RolledBack => Self::terminal(
                "sql_error",
                format!("a statement ended the transaction by itself: {message}"),
            ),
            FailureKind::Sql => Self::terminal("sql_error", message),
        }
    }
}
