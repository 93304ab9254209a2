//! What steps can reach in a test: the log, files of the project, queues that keep nothing, events and other runs. Anything that would
//! leave the machine or touch a database has to be scripted.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use locus_model::{MockEnd, Test};
use locus_plugin::action::{BoxFuture, StepInfo};
use locus_plugin::host::panics;
use locus_plugin::services::{
    Command, CommandOutput, HttpRequest, HttpResponse, LogLevel, Message, Published, Schedule,
    Services, SqlOutcome, SqlTransaction,
};
use locus_plugin::step::Behaviour;
use locus_plugin::{CloudEvent, EventDraft, StepContext, StepError};
use serde_json::Value;

use super::TestRunner;
use crate::core::{RunInfo, StepCall, format_instant};
use crate::host::child_run_id;
use crate::services::files;

/// The largest file that is read.
const MAX_FILE: u64 = 64 << 20;

/// A line that a step wrote to the log.
#[derive(Clone, Debug)]
pub(super) struct LogLine {
    level: LogLevel,
    message: String,
    fields: Value,
}

impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = format!("{:?}", self.level).to_lowercase();
        write!(f, "{level}: {}", self.message)?;
        match &self.fields {
            Value::Null => Ok(()),
            Value::Object(map) if map.is_empty() => Ok(()),
            fields => write!(f, " {fields}"),
        }
    }
}

/// What a call did.
pub(super) struct Performed {
    pub(super) result: Result<Value, StepError>,
    pub(super) told: Vec<CloudEvent>,
    pub(super) log: Vec<LogLine>,
}

impl TestRunner {
    /// Makes a call: as the test scripts it, or for real where nothing outside is needed for it.
    ///
    /// # Errors
    /// The test says too little.
    pub(super) async fn perform(
        &self,
        test: &Test,
        run: &RunInfo,
        call: &StepCall,
    ) -> Result<Performed, String> {
        if let Some(result) = scripted(test, call)? {
            return Ok(Performed { result, told: Vec::new(), log: Vec::new() });
        }
        let entry = self.registry.step(&call.step_type);
        let Some(Behaviour::Action(action)) = entry.map(|entry| &entry.behaviour) else {
            return Err(format!("no linked plugin provides the step type `{}`", call.step_type));
        };
        let services = Arc::new(TestServices {
            root: self.root.clone(),
            source: format!("/workflows/{}", run.workflow),
            seen: Mutex::default(),
        });
        let info = StepInfo {
            run_id: run.id.clone(),
            path: call.path.to_string(),
            key: call.key.clone(),
            attempt: call.attempt,
            now: call.now,
        };
        let plugin = self.registry.standing(entry.map_or("", |entry| &entry.ty.plugin));
        let context = StepContext::new(info, Arc::<TestServices>::clone(&services))
            .of_plugin(plugin, Arc::clone(self.registry.host()));
        let called = tokio::spawn(action.run(call.params.clone(), context)).await;
        let result = called.unwrap_or_else(|error| {
            let text = error.try_into_panic().map(panics::text_of);
            let text = text.unwrap_or_else(|_| "it was stopped from outside".to_owned());
            Err(StepError::terminal(
                "plugin_panicked",
                format!("the step's plugin panicked: {text}"),
            ))
        });
        let seen = std::mem::take(&mut *services.seen());
        match seen.unscripted {
            Some(what) => Err(format!(
                "`{key}` would {what}, and the test has no mock for it\n    write: mocks: {{ \"{path}\": {{ result: … }} }}",
                key = call.key,
                path = call.path
            )),
            None => Ok(Performed { result, told: seen.told, log: seen.log }),
        }
    }
}

/// How the test scripts the end of an attempt, if it does.
fn scripted(test: &Test, call: &StepCall) -> Result<Option<Result<Value, StepError>>, String> {
    // The key of one iteration counts more than the path of all.
    let mock = test.mocks.get(&call.key).or_else(|| test.mocks.get(call.path.as_str()));
    let Some(mock) = mock else { return Ok(None) };
    let index = if mock.always { 0 } else { call.attempt as usize - 1 };
    let Some(end) = mock.attempts.get(index) else {
        return Err(format!(
            "attempt {} of `{}` is more than its mock has ends ({})",
            call.attempt,
            call.key,
            mock.attempts.len()
        ));
    };
    Ok(Some(match end {
        MockEnd::Result(value) => Ok(value.clone()),
        MockEnd::Error { code, message, retryable } => {
            let message =
                message.clone().unwrap_or_else(|| "it failed, as the test has it".to_owned());
            Err(if *retryable {
                StepError::retryable(&code.value, message)
            } else {
                StepError::terminal(&code.value, message)
            })
        }
    }))
}

/// The services of one call.
struct TestServices {
    root: PathBuf,
    source: String,
    seen: Mutex<Seen>,
}

/// What a call asked for.
#[derive(Default)]
struct Seen {
    log: Vec<LogLine>,
    told: Vec<CloudEvent>,
    unscripted: Option<String>,
}

impl TestServices {
    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something that only a mock can answer.
    fn unscripted<'a, T: Send + 'a>(&self, what: String) -> BoxFuture<'a, Result<T, StepError>> {
        self.seen().unscripted.get_or_insert(what);
        ready(Err(StepError::terminal("not_mocked", "the test has no mock for this step")))
    }
}

impl Services for TestServices {
    fn log(&self, _step: &StepInfo, level: LogLevel, message: &str, fields: &Value) {
        let line = LogLine { level, message: message.to_owned(), fields: fields.clone() };
        self.seen().log.push(line);
    }

    fn http<'a>(
        &'a self,
        _step: &'a StepInfo,
        request: HttpRequest,
    ) -> BoxFuture<'a, Result<HttpResponse, StepError>> {
        self.unscripted(format!("send {} {}", request.method, request.url))
    }

    fn sql<'a>(
        &'a self,
        _step: &'a StepInfo,
        connection: &'a str,
        _key: &'a str,
        _transaction: SqlTransaction,
    ) -> BoxFuture<'a, Result<Vec<SqlOutcome>, StepError>> {
        self.unscripted(format!("run a transaction of `{connection}`"))
    }

    fn publish<'a>(
        &'a self,
        _step: &'a StepInfo,
        _connection: &'a str,
        key: &'a str,
        _message: Message,
    ) -> BoxFuture<'a, Result<Published, StepError>> {
        ready(Ok(Published { id: child_run_id("message", key), duplicate: false }))
    }

    fn read_file<'a>(
        &'a self,
        _step: &'a StepInfo,
        path: &'a str,
    ) -> BoxFuture<'a, Result<Vec<u8>, StepError>> {
        ready(files::read_below(&self.root, path, MAX_FILE))
    }

    fn start_run<'a>(
        &'a self,
        _step: &'a StepInfo,
        key: &'a str,
        _workflow: &'a str,
        _input: Value,
    ) -> BoxFuture<'a, Result<String, StepError>> {
        ready(Ok(child_run_id("run", key)))
    }

    fn emit<'a>(
        &'a self,
        step: &'a StepInfo,
        key: &'a str,
        event: EventDraft,
    ) -> BoxFuture<'a, Result<CloudEvent, StepError>> {
        let time = format_instant(step.now);
        let event = CloudEvent::new(event, key.to_owned(), self.source.clone(), time);
        self.seen().told.push(event.clone());
        ready(Ok(event))
    }

    fn schedule<'a>(
        &'a self,
        _step: &'a StepInfo,
        key: &'a str,
        _request: Schedule,
    ) -> BoxFuture<'a, Result<String, StepError>> {
        ready(Ok(child_run_id("schedule", key)))
    }

    fn command<'a>(
        &'a self,
        _step: &'a StepInfo,
        command: Command,
    ) -> BoxFuture<'a, Result<CommandOutput, StepError>> {
        self.unscripted(format!("run the program `{}`", command.program))
    }
}

fn ready<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, T> {
    Box::pin(std::future::ready(value))
}
