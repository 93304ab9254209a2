//! Calls that are being made: each in a task of its own, so that one that panics or hangs harms no other. Dropping this aborts them all.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use locus_plugin::StepError;
use locus_plugin::host::{Quiet, panics};
use serde_json::Value;
use tokio::task::{AbortHandle, Id, JoinError, JoinHandle, JoinSet};

use super::outbox::Outbox;
use crate::core::{Event, is_too_deep};
use crate::store::Write;

/// What a call ends with.
type CallResult = Result<Value, StepError>;

/// Something that happened, and what is to be written together with it.
#[derive(Debug)]
pub(super) struct Happened {
    pub(super) event: Event,
    pub(super) writes: Vec<Write>,
}

impl From<Event> for Happened {
    fn from(event: Event) -> Self {
        Self { event, writes: Vec::new() }
    }
}

/// The calls of a run.
#[derive(Default)]
pub(super) struct Calls {
    tasks: JoinSet<CallResult>,
    /// Only looked up, never walked.
    names: HashMap<Id, Name>,
    handles: HashMap<(String, u32), AbortHandle>,
}

/// Which call it is, and what it wants done when it succeeds.
struct Name {
    key: String,
    attempt: u32,
    outbox: Arc<Outbox>,
}

impl Calls {
    /// Makes a call.
    pub(super) fn spawn(
        &mut self,
        key: String,
        attempt: u32,
        outbox: Arc<Outbox>,
        call: impl Future<Output = CallResult> + Send + 'static,
    ) {
        let handle = self.tasks.spawn(Quiet::new(call));
        self.names.insert(handle.id(), Name { key: key.clone(), attempt, outbox });
        self.handles.insert((key, attempt), handle);
    }

    /// Stops a call. Nothing more is heard of it.
    pub(super) fn cancel(&mut self, key: &str, attempt: u32) {
        if let Some(handle) = self.handles.remove(&(key.to_owned(), attempt)) {
            self.names.remove(&handle.id());
            handle.abort();
        }
    }

    /// Stops all calls, and waits until they have.
    pub(super) async fn stop(&mut self) {
        self.names.clear();
        self.handles.clear();
        self.tasks.shutdown().await;
    }

    /// Whether no call is being made.
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Waits for the next call to end; for ever when there is none.
    pub(super) async fn next(&mut self) -> Happened {
        loop {
            match self.tasks.join_next_with_id().await {
                Some(ended) => {
                    if let Some(event) = self.ended(ended) {
                        return event;
                    }
                }
                None => std::future::pending().await,
            }
        }
    }

    /// A call that has ended already.
    pub(super) fn try_next(&mut self) -> Option<Happened> {
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            if let Some(event) = self.ended(ended) {
                return Some(event);
            }
        }
        None
    }

    fn ended(&mut self, ended: Result<(Id, CallResult), JoinError>) -> Option<Happened> {
        let (id, result) = match ended {
            Ok((id, result)) => (id, result),
            Err(error) => {
                let id = error.id();
                (id, Err(panicked(error)))
            }
        };
        // A call that was cancelled has no name any longer.
        let Name { key, attempt, outbox } = self.names.remove(&id)?;
        self.handles.remove(&(key.clone(), attempt));
        let result = readable(result);
        let writes = if result.is_ok() { outbox.take() } else { Vec::new() };
        Some(Happened { event: Event::Completed { key, attempt, result }, writes })
    }
}

/// Waits for a call in a task of its own; whoever no longer waits stops it.
pub(super) async fn stopped_with(call: JoinHandle<CallResult>) -> CallResult {
    struct Stop(AbortHandle);
    impl Drop for Stop {
        fn drop(&mut self) {
            self.0.abort();
        }
    }
    let _stop = Stop(call.abort_handle());
    call.await.unwrap_or_else(|error| Err(panicked(error)))
}

/// The result, if it can be read again from the journal.
fn readable(result: Result<Value, StepError>) -> Result<Value, StepError> {
    match result {
        Ok(value) if is_too_deep(&value) => Err(StepError::terminal(
            "result_too_deep",
            "the step's result is nested too deep to be recorded",
        )),
        Err(error) if is_too_deep(&error.details) => Err(error.details(Value::Null)),
        other => other,
    }
}

fn panicked(error: JoinError) -> StepError {
    let text = match error.try_into_panic() {
        Ok(panic) => panics::text_of(panic),
        Err(_) => "it was stopped from outside".to_owned(),
    };
    StepError::terminal("plugin_panicked", format!("the step's plugin panicked: {text}"))
}
