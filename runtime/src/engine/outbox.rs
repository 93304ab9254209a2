//! What a step wants done together with the record that it succeeded: events to tell, runs and schedules to add. It is kept with the call and
//! committed in the same transaction as its result: all of it exactly once, or, where the step fails, none of it.

use std::sync::{Arc, Mutex, PoisonError};

use locus_plugin::action::{BoxFuture, StepInfo};
use locus_plugin::services::{
    Command, CommandOutput, Due, HttpRequest, HttpResponse, LogLevel, Message, Published, Schedule,
    Services, SqlOutcome, SqlTransaction,
};
use locus_plugin::{CloudEvent, EventDraft, StepError};
use serde_json::Value;

use super::children::Children;
use crate::core::format_instant;
use crate::services::RunServices;
use crate::store::{EventRow, Write};

/// The longest type, subject or source of an event, in bytes.
const LONGEST_NAME: usize = 1000;

/// The services of one call.
pub(super) struct Outbox {
    services: Arc<RunServices>,
    children: Arc<Children>,
    writes: Mutex<Vec<Write>>,
}

impl Outbox {
    pub(super) fn new(services: Arc<RunServices>, children: Arc<Children>) -> Arc<Self> {
        Arc::new(Self { services, children, writes: Mutex::default() })
    }

    /// What the call wants done.
    pub(super) fn take(&self) -> Vec<Write> {
        std::mem::take(&mut *self.writes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, writes: impl IntoIterator<Item = Write>) {
        self.writes.lock().unwrap_or_else(PoisonError::into_inner).extend(writes);
    }

    /// The key of the next effect of a step: its own, and numbered from the second on.
    fn key(&self, key: &str) -> String {
        let earlier = self.writes.lock().unwrap_or_else(PoisonError::into_inner).len();
        if earlier == 0 { key.to_owned() } else { format!("{key}+{earlier}") }
    }

    fn tell(&self, step: &StepInfo, key: &str, draft: EventDraft) -> Result<CloudEvent, StepError> {
        check_names(&draft)?;
        let workflow = step.path.split('/').next().unwrap_or_default();
        let source = format!("/workflows/{workflow}");
        let event = CloudEvent::new(draft, self.key(key), source, format_instant(step.now));
        let row = EventRow { seq: 0, run: None, at: step.now, event: event.clone() };
        // The event is there before the runs it starts: they do not hear of it once more.
        self.add([Write::Emit(row)]);
        self.add(self.children.triggered(&event, step.now).into_iter().map(Write::StartOnce));
        Ok(event)
    }

    fn plan(&self, step: &StepInfo, request: Schedule) -> Result<String, StepError> {
        let key = self.key(&step.key);
        let Schedule { workflow, input, when } = request;
        let (id, write) = match when {
            Due::At(at) => {
                let row =
                    self.children.later(&step.run_id, &key, &workflow, input, at.max(step.now))?;
                (row.id.clone(), Write::StartOnce(row))
            }
            Due::Cron { expression, timezone, until } => {
                let cron = (expression.as_str(), timezone.as_str(), until);
                let row =
                    self.children.again(&step.run_id, &key, &workflow, input, cron, step.now)?;
                (row.id.clone(), Write::Schedule(row))
            }
        };
        self.add([write]);
        Ok(id)
    }
}

/// Events are found by these names: what is too long for an index is refused.
pub(super) fn check_names(draft: &EventDraft) -> Result<(), StepError> {
    let names = [Some(&draft.event_type), draft.subject.as_ref(), draft.source.as_ref()];
    for name in names.into_iter().flatten() {
        if name.is_empty() || name.len() > LONGEST_NAME || name.contains(char::is_control) {
            let message = format!(
                "{name:?} cannot be the type, subject or source of an event: 1 to {LONGEST_NAME} bytes without control characters can"
            );
            return Err(StepError::terminal("invalid_event", message));
        }
    }
    Ok(())
}

impl Services for Outbox {
    fn log(&self, step: &StepInfo, level: LogLevel, message: &str, fields: &Value) {
        self.services.log(step, level, message, fields);
    }

    fn http<'a>(
        &'a self,
        step: &'a StepInfo,
        request: HttpRequest,
    ) -> BoxFuture<'a, Result<HttpResponse, StepError>> {
        self.services.http(step, request)
    }

    fn sql<'a>(
        &'a self,
        step: &'a StepInfo,
        connection: &'a str,
        key: &'a str,
        transaction: SqlTransaction,
    ) -> BoxFuture<'a, Result<Vec<SqlOutcome>, StepError>> {
        self.services.sql(step, connection, key, transaction)
    }

    fn publish<'a>(
        &'a self,
        step: &'a StepInfo,
        connection: &'a str,
        key: &'a str,
        message: Message,
    ) -> BoxFuture<'a, Result<Published, StepError>> {
        self.services.publish(step, connection, key, message)
    }

    fn read_file<'a>(
        &'a self,
        step: &'a StepInfo,
        path: &'a str,
    ) -> BoxFuture<'a, Result<Vec<u8>, StepError>> {
        self.services.read_file(step, path)
    }

    fn command<'a>(
        &'a self,
        step: &'a StepInfo,
        command: Command,
    ) -> BoxFuture<'a, Result<CommandOutput, StepError>> {
        self.services.command(step, command)
    }

    fn start_run<'a>(
        &'a self,
        step: &'a StepInfo,
        _key: &'a str,
        workflow: &'a str,
        input: Value,
    ) -> BoxFuture<'a, Result<String, StepError>> {
        let row = self.children.child(&step.run_id, &self.key(&step.key), workflow, input);
        let started = row.map(|row| {
            let id = row.id.clone();
            self.add([Write::StartOnce(row)]);
            id
        });
        Box::pin(std::future::ready(started))
    }

    fn emit<'a>(
        &'a self,
        step: &'a StepInfo,
        key: &'a str,
        event: EventDraft,
    ) -> BoxFuture<'a, Result<CloudEvent, StepError>> {
        Box::pin(std::future::ready(self.tell(step, key, event)))
    }

    fn schedule<'a>(
        &'a self,
        step: &'a StepInfo,
        _key: &'a str,
        request: Schedule,
    ) -> BoxFuture<'a, Result<String, StepError>> {
        Box::pin(std::future::ready(self.plan(step, request)))
    }
}
