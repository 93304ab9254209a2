//! The hooks of plugins around runs and steps, and those that only watch.
//!
//! What hooks around a step decide is the step's result before it is journaled, so recovery asks nobody again. Watchers hear of things from
//! a queue: they hold nothing up, and when it is full they miss some.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use locus_diag::Diagnostic;
use locus_plugin::hooks::{Alarm, Failure, Filter, HooksEntry, Measurement, RunInfo, StepAttempt};
use locus_plugin::host::Around;
use locus_plugin::host::call_hook;
use locus_plugin::host::dispatch::{Moment, deliver};
use locus_plugin::services::LogLevel;
use locus_plugin::{HookContext, Outcome, Point, Registry, StepError, Verdict};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use super::events::{EngineEvent, EngineEvents};
use crate::host::Host;

/// How many things may wait for those that watch.
const QUEUE: usize = 10_000;
/// The longest that an engine waits for them when it ends.
const FLUSH: Duration = Duration::from_secs(2);

/// Asks the hooks around a new run: `Some` is how it ends without having run.
pub(super) fn before_run(registry: &Registry, run: &RunInfo) -> Option<Result<Value, StepError>> {
    let mut around = Around::at(registry, Point::WorkflowExecute, "")?;
    let decided = around.before(|entry, moment, cx| ask_run(entry, run, moment, cx));
    let decided = decided
        .map(|result| around.after(result, |entry, moment, cx| ask_run(entry, run, moment, cx)));
    log_problems(registry, around.take_problems());
    decided
}

/// Asks the hooks around a run how it ends.
pub(super) fn after_run(registry: &Registry, run: &RunInfo, outcome: Outcome) -> Outcome {
    let result = match outcome {
        Outcome::Done(value) => Ok(value),
        Outcome::Failed(error) => Err(error),
        other => return other,
    };
    let result = match Around::at(registry, Point::WorkflowExecute, "") {
        None => result,
        Some(mut around) => {
            around.begun();
            let result = around.after(result, |entry, moment, cx| ask_run(entry, run, moment, cx));
            log_problems(registry, around.take_problems());
            result
        }
    };
    match result {
        Ok(value) => Outcome::Done(value),
        Err(error) => Outcome::Failed(error),
    }
}

fn ask_run(entry: &HooksEntry, run: &RunInfo, moment: Moment<'_>, cx: &mut HookContext) -> Verdict {
    let Some(hook) = &entry.workflow_execute else { return Verdict::Keep };
    match moment {
        Moment::Before => hook.before(run, cx),
        Moment::After(output) => hook.after(run, output, cx),
        Moment::OnError(error) => hook.on_error(run, error, cx),
    }
}

/// Makes a call of an action with the hooks around it.
pub(super) async fn around_step(
    registry: &Registry,
    mut around: Around,
    step: StepAttempt,
    call: impl Future<Output = Result<Value, StepError>>,
) -> Result<Value, StepError> {
    let ask = |entry: &HooksEntry, moment: Moment<'_>, cx: &mut HookContext| {
        let Some(hook) = &entry.step_execute else { return Verdict::Keep };
        match moment {
            Moment::Before => hook.before(&step, cx),
            Moment::After(result) => hook.after(&step, result, cx),
            Moment::OnError(error) => hook.on_error(&step, error, cx),
        }
    };
    let result = match around.before(ask) {
        Some(decided) => decided,
        None => call.await,
    };
    let result = around.after(result, ask);
    log_problems(registry, around.take_problems());
    result
}

fn log_problems(registry: &Registry, problems: Vec<Diagnostic>) {
    for problem in problems {
        let plugin = problem.plugin.as_deref().unwrap_or_default();
        let level = if problem.is_error() { LogLevel::Error } else { LogLevel::Warn };
        registry.host().log(plugin, level, &format!("{} [{}]", problem.message, problem.code));
    }
}

/// Something for those that watch.
enum Seen {
    Failure(Failure, String),
    Measurement(Measurement, String),
    Alarm(Alarm),
    Flush(oneshot::Sender<()>),
}

/// Run, key and attempt; the run itself has an empty key.
type Attempt = (String, String, u32);

/// Passes events on, and turns them into what watching hooks hear.
pub(super) struct Watched {
    events: Arc<dyn EngineEvents>,
    host: Arc<dyn Host>,
    queue: mpsc::Sender<Seen>,
    waiting: Mutex<Option<mpsc::Receiver<Seen>>>,
    registry: Registry,
    /// When runs (by id) and attempts (by run, key and attempt) began, and the step type. Only looked up, never walked.
    begun: Mutex<HashMap<Attempt, (u64, String)>>,
    missed: AtomicU64,
}

impl Watched {
    /// Watches on behalf of the hooks of a registry; the events as they are when nobody watches.
    pub(super) fn by(
        registry: &Registry,
        events: Arc<dyn EngineEvents>,
        host: &Arc<dyn Host>,
    ) -> (Arc<dyn EngineEvents>, Option<Arc<Self>>) {
        let points = [Point::Error, Point::Metric, Point::Alert];
        if points.iter().all(|point| registry.hooks_at(*point).is_empty()) {
            return (events, None);
        }
        let (queue, waiting) = mpsc::channel(QUEUE);
        let watched = Arc::new(Self {
            events,
            host: Arc::clone(host),
            queue,
            waiting: Mutex::new(Some(waiting)),
            registry: registry.clone(),
            begun: Mutex::default(),
            missed: AtomicU64::new(0),
        });
        (Arc::clone(&watched) as Arc<dyn EngineEvents>, Some(watched))
    }

    /// Waits until those that watch have heard everything so far, for a while.
    pub(super) async fn flush(&self) {
        let (done, heard) = oneshot::channel();
        let flushed = async {
            if self.queue.send(Seen::Flush(done)).await.is_ok() {
                let _ = heard.await;
            }
        };
        let in_time = tokio::time::timeout(FLUSH, flushed).await.is_ok();
        let missed = self.missed.swap(0, Ordering::Relaxed);
        if missed > 0 || !in_time {
            let host = self.registry.host();
            let message =
                format!("hooks that watch runs are too slow: they missed {missed} things or more");
            host.log("", LogLevel::Warn, &message);
        }
    }

    fn tell(&self, seen: Seen) {
        // The first to tell something is inside the tokio runtime that the worker needs.
        if let Some(waiting) = self.lock(&self.waiting).take() {
            tokio::spawn(listen(self.registry.clone(), waiting));
        }
        if self.queue.try_send(seen).is_err() {
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn lock<'l, T>(&self, mutex: &'l Mutex<T>) -> std::sync::MutexGuard<'l, T> {
        mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, run: &str, key: &str, attempt: u32, step_type: &str) {
        let key = (run.to_owned(), key.to_owned(), attempt);
        self.lock(&self.begun).insert(key, (self.host.now(), step_type.to_owned()));
    }

    /// Seconds since it began, and the step type.
    fn end(&self, run: &str, key: &str, attempt: u32) -> (Option<f64>, String) {
        let key = (run.to_owned(), key.to_owned(), attempt);
        match self.lock(&self.begun).remove(&key) {
            Some((start, step_type)) => {
                let millis = self.host.now().saturating_sub(start);
                (Some(Duration::from_millis(millis).as_secs_f64()), step_type)
            }
            None => (None, String::new()),
        }
    }

    fn measured(&self, name: &str, value: f64, labels: &[(&str, &str)], step_type: &str) {
        let labels = labels.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let measurement = Measurement { name: name.to_owned(), value, labels: labels.collect() };
        self.tell(Seen::Measurement(measurement, step_type.to_owned()));
    }

    fn run_ended(&self, run: &str, outcome: &Outcome) {
        let (seconds, _) = self.end(run, "", 0);
        let word = match outcome {
            Outcome::Done(_) | Outcome::Exit(_) => "done",
            Outcome::Failed(_) => "failed",
            Outcome::Cancelled => "cancelled",
        };
        if let Some(seconds) = seconds {
            self.measured("run_seconds", seconds, &[("run", run), ("outcome", word)], "");
        }
        if let Outcome::Failed(error) = outcome {
            let (run, step) = (run.to_owned(), String::new());
            let message = format!("the run `{run}` failed: {error}");
            let failure = Failure { run: run.clone(), step, attempt: 0, error: error.clone() };
            self.tell(Seen::Failure(failure, String::new()));
            self.tell(Seen::Alarm(Alarm { kind: "run_failed".to_owned(), message, run }));
        }
    }
}

impl EngineEvents for Watched {
    fn event(&self, event: &EngineEvent<'_>) {
        self.events.event(event);
        match event {
            EngineEvent::RunStarted { run, .. } | EngineEvent::RunResumed { run, .. } => {
                self.begin(run, "", 0, "");
            }
            EngineEvent::RunEnded { run, outcome } => self.run_ended(run, outcome),
            EngineEvent::RunInterrupted { run, reason } => {
                let _ = self.end(run, "", 0);
                let message = format!("the run `{run}` was interrupted: {reason}");
                let kind = "run_interrupted".to_owned();
                self.tell(Seen::Alarm(Alarm { kind, message, run: (*run).to_owned() }));
            }
            EngineEvent::StepStarted { run, key, attempt, step_type } => {
                self.begin(run, key, *attempt, step_type);
            }
            EngineEvent::StepEnded { run, key, attempt, result } => {
                let (seconds, step_type) = self.end(run, key, *attempt);
                let outcome = result.as_ref().map_or_else(|error| error.code.as_str(), |_| "done");
                if let Some(seconds) = seconds {
                    let labels = [
                        ("run", *run),
                        ("step", *key),
                        ("step_type", &step_type),
                        ("outcome", outcome),
                    ];
                    self.measured("step_seconds", seconds, &labels, &step_type);
                }
                if let Err(error) = result {
                    let failure = Failure {
                        run: (*run).to_owned(),
                        step: (*key).to_owned(),
                        attempt: *attempt,
                        error: error.clone(),
                    };
                    self.tell(Seen::Failure(failure, step_type));
                }
            }
            EngineEvent::StepRetrying { run, key, .. } => {
                self.measured("step_retries", 1.0, &[("run", run), ("step", key)], "");
            }
            EngineEvent::StepCancelled { run, key, attempt } => {
                let _ = self.end(run, key, *attempt);
            }
            EngineEvent::Log { .. } => {}
        }
    }
}

/// Calls the hooks that watch, one thing after another.
async fn listen(registry: Registry, mut waiting: mpsc::Receiver<Seen>) {
    while let Some(seen) = waiting.recv().await {
        if let Seen::Flush(done) = seen {
            let _ = done.send(());
            continue;
        }
        let registry = registry.clone();
        // A slow hook holds up its queue, not the threads that runs need.
        let _ = tokio::task::spawn_blocking(move || show(&registry, &seen)).await;
    }
}

fn show(registry: &Registry, seen: &Seen) {
    let (point, step_type) = match seen {
        Seen::Failure(_, step_type) => (Point::Error, step_type.as_str()),
        Seen::Measurement(_, step_type) => (Point::Metric, step_type.as_str()),
        Seen::Alarm(_) => (Point::Alert, ""),
        Seen::Flush(_) => return,
    };
    for bound in registry.hooks_at(point) {
        if !Filter::takes(&bound.entry.meta.filter.steps, step_type) {
            continue;
        }
        let called = call_hook(registry, bound, point, |entry, cx| match seen {
            Seen::Failure(failure, _) => {
                if let Some(hook) = &entry.error {
                    hook.error(failure, cx);
                }
            }
            Seen::Measurement(measurement, _) => {
                if let Some(hook) = &entry.metric {
                    hook.metric(measurement, cx);
                }
            }
            Seen::Alarm(alarm) => {
                if let Some(hook) = &entry.alert {
                    hook.alert(alarm, cx);
                }
            }
            Seen::Flush(_) => {}
        });
        log_problems(registry, called.given.diagnostics);
        log_problems(registry, deliver(registry, called.given.events));
    }
}
