//! The machine: takes events, keeps frames, gives commands.
//!
//! Everything that follows from an event is a queue of tasks, so that long chains of pure steps need no stack.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use locus_expr::{Data, Scope};
use locus_model::{Program, StepPath};
use locus_plugin::{BlockKey, ControlEvent, Outcome, Registry, StepError};
use serde_json::{Value, json};

use super::depth::is_too_deep;
use super::event::{Command, Event, RunInfo, StepCall, TimerKind};
use super::frame::{
    BlockFrame, CancelReason, ControlFrame, Env, FrameId, StepFrame, StepState, WorkflowFrame,
    WorkflowPhase,
};
use super::image::Image;
use super::trace::Visit;

/// How many things may follow from one event before the run counts as caught in a loop.
const TASK_LIMIT: u32 = 20_000_000;

/// A run that is going on.
pub struct Machine {
    pub(super) image: Arc<Image>,
    /// Its input is not kept: it is in sight of the workflow.
    pub(super) run: RunInfo,
    pub(super) now: u64,
    /// What every expression sees as `.`, but for its `input`, `steps` and `vars`: with the `run`, which only changes with the time.
    dot: Data,
    run_data: Data,
    pub(super) next_frame: FrameId,
    pub(super) workflows: BTreeMap<FrameId, WorkflowFrame>,
    pub(super) blocks: BTreeMap<FrameId, BlockFrame>,
    pub(super) steps: BTreeMap<FrameId, StepFrame>,
    /// Steps that wait for an event, by key. Only looked up, never walked.
    pub(super) by_key: HashMap<String, FrameId>,
    /// Runs of their own that are being started: who waits for the record.
    pub(super) detached: BTreeMap<String, DetachedStart>,
    pub(super) timers: BTreeMap<String, BTreeMap<TimerKind, u64>>,
    /// The numbers of the events that the run has taken: none is taken twice.
    pub(super) received: BTreeSet<u64>,
    /// The last attempt that was begun, by key. Only looked up, never walked.
    pub(super) begun: HashMap<String, u32>,
    pub(super) tasks: VecDeque<Task>,
    pub(super) commands: Vec<Command>,
    pub(super) finished: Option<Outcome>,
    /// What it went through, if anybody asked.
    pub(super) visits: Option<Vec<Visit>>,
    /// What the steps gave, where the visits are remembered.
    pub(super) results: Vec<(StepPath, Value)>,
}

/// A run of its own that is being started.
pub(super) struct DetachedStart {
    pub(super) step: FrameId,
    pub(super) child: BlockKey,
    pub(super) workflow: String,
    pub(super) input: Value,
}

/// Something that follows from an event.
pub(super) enum Task {
    /// Start the step at a position of a block.
    Start(FrameId, usize),
    /// Tell a control step.
    Deliver(FrameId, ControlEvent),
}

/// The machine cannot go on: the journal or the plugins do not fit the program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CoreError {
    /// `unknown_workflow`, `unknown_step_type`, `invalid_expression`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for CoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CoreError {}

impl Machine {
    /// Starts a run: the machine, and the first things to do.
    ///
    /// # Errors
    /// The workflow does not exist, or the program does not fit the plugins.
    pub fn start(
        program: Arc<Program>,
        registry: &Registry,
        run: RunInfo,
    ) -> Result<(Self, Vec<Command>), CoreError> {
        Self::with_image(Arc::new(Image::new(program, registry)?), run)
    }

    /// The same, for a program made ready before.
    ///
    /// # Errors
    /// The workflow does not exist.
    pub fn with_image(image: Arc<Image>, run: RunInfo) -> Result<(Self, Vec<Command>), CoreError> {
        Self::begin(image, run, None)
    }

    /// Starts a run, which remembers in `visits` what it goes through.
    pub(super) fn begin(
        image: Arc<Image>,
        run: RunInfo,
        visits: Option<Vec<Visit>>,
    ) -> Result<(Self, Vec<Command>), CoreError> {
        if !image.workflows.contains_key(&run.workflow) {
            return Err(CoreError {
                code: "unknown_workflow",
                message: format!("the program has no workflow `{}`", run.workflow),
            });
        }
        let mut machine = Self { visits, ..Self::idle(image, run) };
        let (name, input) = (machine.run.workflow.clone(), std::mem::take(&mut machine.run.input));
        machine.start_workflow(&name, name.clone(), input, None);
        machine.work();
        let commands = std::mem::take(&mut machine.commands);
        Ok((machine, commands))
    }

    /// A machine in which nothing goes on.
    pub(super) fn idle(image: Arc<Image>, run: RunInfo) -> Self {
        let run_data = run_data(&run);
        Self {
            dot: dot_of(&run_data),
            run_data,
            image,
            now: run.started,
            run,
            next_frame: 0,
            workflows: BTreeMap::new(),
            blocks: BTreeMap::new(),
            steps: BTreeMap::new(),
            by_key: HashMap::new(),
            detached: BTreeMap::new(),
            timers: BTreeMap::new(),
            received: BTreeSet::new(),
            begun: HashMap::new(),
            tasks: VecDeque::new(),
            commands: Vec::new(),
            finished: None,
            visits: None,
            results: Vec::new(),
        }
    }

    /// Takes what happened at `now` (milliseconds since 1970-01-01 UTC) and says what to do.
    ///
    /// An event for a step that no longer waits for it is ignored: calls that were cancelled may end late.
    pub fn apply(&mut self, now: u64, event: Event) -> Vec<Command> {
        if self.finished.is_some() {
            return Vec::new();
        }
        self.set_now(self.now.max(now));
        match event {
            Event::Begun { key, attempt } => {
                self.begun.insert(key, attempt);
            }
            Event::Completed { key, attempt, result } => self.completed(&key, attempt, result),
            Event::Fired { key, kind } => {
                if self.take_timer(&key, kind) {
                    self.fired(&key, kind);
                }
            }
            Event::Received { key, seq, event } => self.receive(&key, seq, event),
            Event::CancelRequested => self.stop_run(Outcome::Cancelled),
            Event::Rewound => self.renew_timeouts(),
        }
        self.work();
        std::mem::take(&mut self.commands)
    }

    /// Everything that is still to be done: the calls and timers whose events have not come yet. What a shell does after recovery.
    #[must_use]
    pub fn outstanding(&self) -> Vec<Command> {
        if let Some(outcome) = &self.finished {
            return vec![Command::Finish(outcome.clone())];
        }
        let calls = self
            .steps
            .values()
            .filter(|frame| matches!(frame.state, StepState::Calling))
            .map(|frame| Command::Call(self.call(frame)));
        let starts = self.detached.iter().map(|(key, start)| Command::StartRun {
            key: key.clone(),
            workflow: start.workflow.clone(),
            input: start.input.clone(),
        });
        let timers = self.timers.iter().flat_map(|(key, timers)| {
            timers.iter().map(|(&kind, &at)| Command::SetTimer { key: key.clone(), kind, at })
        });
        let listens = self.steps.values().filter_map(|frame| match &frame.state {
            StepState::Control(ControlFrame { listen: Some(subscription), .. }) => {
                let (key, subscription) = (frame.key.clone(), subscription.clone());
                Some(Command::Listen { key, subscription })
            }
            _ => None,
        });
        calls.chain(starts).chain(listens).chain(timers).collect()
    }

    /// Signature of the step with this key, as a record of it carries; `None` when no such step is going on.
    #[must_use]
    pub fn signature(&self, key: &str) -> Option<&str> {
        let frame = match self.detached.get(key) {
            Some(start) => start.step,
            None => *self.by_key.get(key)?,
        };
        Some(&self.image.steps[self.steps.get(&frame)?.code].signature)
    }

    /// How the run ended, if it has.
    #[must_use]
    pub const fn outcome(&self) -> Option<&Outcome> {
        self.finished.as_ref()
    }

    /// Whether the run is ending because somebody wants it to.
    #[must_use]
    pub fn is_cancelling(&self) -> bool {
        self.workflows.values().any(|frame| {
            let undoing = matches!(
                frame.phase,
                WorkflowPhase::Compensating { outcome: Outcome::Cancelled, .. }
            );
            frame.parent.is_none() && (undoing || frame.stopped == Some(Outcome::Cancelled))
        })
    }

    /// The recorded time, in milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub const fn now(&self) -> u64 {
        self.now
    }

    pub(super) fn new_frame(&mut self) -> FrameId {
        self.next_frame += 1;
        self.next_frame
    }

    pub(super) fn set_now(&mut self, now: u64) {
        if now != self.now {
            self.now = now;
            self.run_data.insert("now", Data::from(Value::String(format_instant(now))));
            self.dot.insert("run", self.run_data.clone());
        }
    }

    /// Does what follows, until nothing does.
    fn work(&mut self) {
        let mut left = TASK_LIMIT;
        while let Some(task) = self.tasks.pop_front() {
            left -= 1;
            if left == 0 {
                self.abort(StepError::terminal(
                    "step_limit",
                    format!("more than {TASK_LIMIT} steps without waiting for anything: is there a loop without end?"),
                ));
                return;
            }
            match task {
                Task::Start(block, position) => self.start_step(block, position),
                Task::Deliver(step, event) => self.deliver(step, event),
            }
        }
    }

    fn completed(&mut self, key: &str, attempt: u32, result: Result<Value, StepError>) {
        let outcome = match result {
            Ok(value) => Outcome::Done(value),
            Err(error) => Outcome::Failed(error),
        };
        if let Some(start) = self.detached.remove(key) {
            let event = ControlEvent::Ended { key: start.child, outcome };
            self.tasks.push_back(Task::Deliver(start.step, event));
            return;
        }
        let Some(&id) = self.by_key.get(key) else { return };
        let waits = self.steps.get(&id).is_some_and(|frame| {
            matches!(frame.state, StepState::Calling) && frame.attempt == attempt
        });
        if waits {
            self.end_step(id, outcome, serde_json::Map::new());
        }
    }

    fn fired(&mut self, key: &str, kind: TimerKind) {
        if let Some(&id) = self.by_key.get(key) {
            match kind {
                TimerKind::Wake => self.woken(id),
                TimerKind::Timeout => self.time_over(id),
                TimerKind::Retry => self.next_attempt(id),
            }
        } else if let Some(id) =
            self.workflows.iter().find(|(_, frame)| frame.key == key).map(|(id, _)| *id)
        {
            let limit = self.image.workflows.get(&self.workflows[&id].name).and_then(|w| w.timeout);
            let limit = locus_model::duration::format_duration(limit.unwrap_or_default());
            let message = format!("the workflow took longer than {limit}");
            let mut error = StepError::retryable("timeout", message);
            error.step = Some(key.to_owned());
            self.stop_workflow(id, Outcome::Failed(error));
        }
    }

    /// Gives all that is going on its whole time again.
    fn renew_timeouts(&mut self) {
        let steps = self
            .steps
            .values()
            .filter_map(|frame| Some((frame.key.clone(), self.image.steps[frame.code].timeout?)));
        let workflows = self.workflows.values().filter_map(|frame| {
            Some((frame.key.clone(), self.image.workflows[&frame.name].timeout?))
        });
        let limits: Vec<(String, u64)> = steps.chain(workflows).collect();
        for (key, limit) in limits {
            if self.timers.get(&key).is_some_and(|t| t.contains_key(&TimerKind::Timeout)) {
                self.set_timer(&key, TimerKind::Timeout, self.now.saturating_add(limit));
            }
        }
    }

    fn stop_run(&mut self, outcome: Outcome) {
        let root = self.workflows.iter().find(|(_, frame)| frame.parent.is_none());
        if let Some(id) = root.map(|(id, _)| *id) {
            self.stop_workflow(id, outcome);
        }
    }

    /// Ends the run at once, with nothing undone.
    fn abort(&mut self, error: StepError) {
        let calling: Vec<(String, u32)> = self
            .steps
            .values()
            .filter(|frame| matches!(frame.state, StepState::Calling))
            .map(|frame| (frame.key.clone(), frame.attempt))
            .collect();
        self.commands
            .extend(calling.into_iter().map(|(key, attempt)| Command::CancelCall { key, attempt }));
        self.tasks.clear();
        self.steps.clear();
        self.blocks.clear();
        self.workflows.clear();
        self.by_key.clear();
        self.timers.clear();
        self.finish_run(Outcome::Failed(error));
    }

    pub(super) fn finish_run(&mut self, outcome: Outcome) {
        let outcome = match outcome {
            Outcome::Done(value) if is_too_deep(&value) => Outcome::Failed(StepError::terminal(
                "output_too_deep",
                "the run's output is nested too deep to be recorded",
            )),
            other => other,
        };
        self.finished = Some(outcome.clone());
        self.commands.push(Command::Finish(outcome));
    }

    pub(super) fn call(&self, frame: &StepFrame) -> StepCall {
        let code = &self.image.steps[frame.code];
        StepCall {
            key: frame.key.clone(),
            attempt: frame.attempt,
            path: code.path.clone(),
            step_type: code.step_type.clone(),
            effect: code.effect,
            signature: code.signature.clone(),
            params: frame.params.clone(),
            now: self.now,
            begun: self.begun.get(&frame.key) == Some(&frame.attempt),
        }
    }

    pub(super) fn set_timer(&mut self, key: &str, kind: TimerKind, at: u64) {
        self.timers.entry(key.to_owned()).or_default().insert(kind, at);
        self.commands.push(Command::SetTimer { key: key.to_owned(), kind, at });
    }

    pub(super) fn clear_timer(&mut self, key: &str, kind: TimerKind) {
        if self.take_timer(key, kind) {
            self.commands.push(Command::ClearTimer { key: key.to_owned(), kind });
        }
    }

    /// Removes a timer; false when there is none.
    fn take_timer(&mut self, key: &str, kind: TimerKind) -> bool {
        let Some(timers) = self.timers.get_mut(key) else { return false };
        let found = timers.remove(&kind).is_some();
        if timers.is_empty() {
            self.timers.remove(key);
        }
        found
    }

    /// Sets a timer of a step, which then waits for it.
    pub(super) fn set_step_timer(&mut self, id: FrameId, kind: TimerKind, at: u64) {
        let Some(frame) = self.steps.get(&id) else { return };
        let key = frame.key.clone();
        self.set_timer(&key, kind, at);
        self.by_key.insert(key, id);
    }

    /// What an expression of a step sees.
    pub(super) fn scope(&self, env: &Env, result: Option<&Value>) -> Scope {
        let vars = match (&env.frozen_vars, self.workflows.get(&env.workflow)) {
            (Some(vars), _) => vars.clone(),
            (None, Some(frame)) => frame.vars.clone(),
            (None, None) => Data::object([]),
        };
        let mut dot = self.dot.clone();
        dot.insert("input", env.input.clone());
        dot.insert("steps", env.steps.clone());
        dot.insert("vars", vars);
        if let Some(result) = result {
            dot.insert("result", Data::from(result));
        }
        Scope { dot, variables: Arc::clone(&env.variables) }
    }

    /// What an expression saw at another time.
    pub(super) fn scope_at(&self, now: u64, env: &Env) -> Scope {
        let mut scope = self.scope(env, None);
        if now != self.now {
            let mut run = self.run_data.clone();
            run.insert("now", Data::from(Value::String(format_instant(now))));
            scope.dot.insert("run", run);
        }
        scope
    }

    /// Cancels the outermost block of a workflow, which will then end so.
    pub(super) fn stop_workflow(&mut self, id: FrameId, outcome: Outcome) {
        let Some(frame) = self.workflows.get_mut(&id) else { return };
        let WorkflowPhase::Running { block } = frame.phase else { return };
        if frame.stopped.is_none() {
            frame.stopped = Some(outcome);
            self.cancel_block(block);
        }
    }

    fn time_over(&mut self, id: FrameId) {
        let Some(frame) = self.steps.get(&id) else { return };
        match frame.state {
            StepState::Calling => {
                let (key, attempt) = (frame.key.clone(), frame.attempt);
                self.commands.push(Command::CancelCall { key, attempt });
                if let Some(frame) = self.steps.get_mut(&id) {
                    frame.cancel = Some(CancelReason::Timeout);
                }
                self.end_step(id, Outcome::Cancelled, serde_json::Map::new());
            }
            StepState::Control(_) => self.cancel_step(id, CancelReason::Timeout),
            StepState::Idle | StepState::Backoff => {}
        }
    }
}

/// What expressions see before anything has happened: the keys in their order.
fn dot_of(run_data: &Data) -> Data {
    let nothing = ["input", "steps", "vars"].map(|key| (key.to_owned(), Data::null()));
    Data::object(nothing.into_iter().chain([("run".to_owned(), run_data.clone())]))
}

fn run_data(run: &RunInfo) -> Data {
    let started = format_instant(run.started);
    Data::from(json!({
        "id": run.id,
        "workflow": run.workflow,
        "now": started,
        "started": started,
    }))
}

/// An instant in RFC 3339, with milliseconds, in UTC.
#[must_use]
pub fn format_instant(milliseconds: u64) -> String {
    // Days to a civil date: the algorithm of Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms".
    let (seconds, millis) = (milliseconds / 1000, milliseconds % 1000);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let z = days + 719_468;
    let (era, day_of_era) = (z / 146_097, z % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second % 3600 / 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

#[cfg(test)]
mod tests {
    use super::format_instant;

    #[test]
    fn writes_instants() {
        assert_eq!(format_instant(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(format_instant(951_782_400_123), "2000-02-29T00:00:00.123Z");
        assert_eq!(format_instant(1_795_243_219_000), "2026-11-21T06:40:19.000Z");
    }
}
