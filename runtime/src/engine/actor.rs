//! The task of a run: it does what the machine says, journals what comes of it, and then tells the machine. What happens while a commit
//! is under way goes into the next one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use locus_plugin::action::StepInfo;
use locus_plugin::host::{Around, Quiet};
use locus_plugin::services::Services;
use locus_plugin::step::Behaviour;
use locus_plugin::{Effect, Outcome, Point, Registry, StepAttempt, StepContext, StepError};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;

use super::active::Wish;
use super::calls::{CallResult, Calls, stopped_with};
use super::children::Children;
use super::error::EngineError;
use super::events::EngineEvent;
use super::hooks::{after_run, around_step};
use super::shared::{Shared, hooked};
use super::timers::Timers;
use crate::core::{Command, Event, Machine, Record, RunInfo, StepCall, TimerKind};
use crate::services::Starter;
use crate::store::{RunState, Write};

/// The most events of one commit.
const MAX_EVENTS: usize = 1000;
/// The longest that a task sleeps without looking at the clock again: a machine that was suspended has slept longer than it knows.
const LONGEST_SLEEP: u64 = 30_000;

/// A run that is being executed.
pub(super) struct Actor {
    pub(super) shared: Arc<Shared>,
    /// The plugins as the program's project wants them.
    pub(super) registry: Registry,
    pub(super) owner: Arc<str>,
    pub(super) info: RunInfo,
    pub(super) services: Arc<dyn Services>,
    pub(super) children: Arc<Children>,
    pub(super) machine: Machine,
    /// How many records the journal has.
    pub(super) records: u64,
    /// Whether the machine knows that the run shall end.
    pub(super) cancelled: bool,
    pub(super) work: Work,
}

/// What is going on.
#[derive(Default)]
pub(super) struct Work {
    calls: Calls,
    timers: Timers,
    /// At-most-once calls that wait for their `Begun` to be on disk.
    beginning: BTreeMap<(String, u32), StepCall>,
    /// What has happened and is not journaled yet.
    events: Vec<Event>,
    outcome: Option<Outcome>,
    stopping: bool,
}

impl Actor {
    /// Executes the run until it ends or has to stop.
    pub(super) async fn drive(
        &mut self,
        commands: Vec<Command>,
        mut wishes: UnboundedReceiver<Wish>,
    ) -> Result<Outcome, EngineError> {
        self.perform(commands);
        loop {
            if let Some(outcome) = self.work.outcome.take() {
                let outcome = after_run(&self.registry, &hooked(&self.info), outcome);
                self.end(&outcome).await?;
                return Ok(outcome);
            }
            self.gather(&mut wishes).await?;
            // Also before it stops: what has ended must not be done again.
            self.take_in().await?;
            if self.work.stopping && self.work.outcome.is_none() {
                self.work.calls.stop().await;
                return Err(EngineError::stopped(&self.info.id));
            }
        }
    }

    /// Asks the machine to end the run.
    pub(super) fn cancel(&mut self) {
        if !self.cancelled {
            self.cancelled = true;
            self.work.events.push(Event::CancelRequested);
        }
    }

    /// Waits until something has happened, and takes all that has.
    async fn gather(&mut self, wishes: &mut UnboundedReceiver<Wish>) -> Result<(), EngineError> {
        if self.work.events.is_empty() {
            let next = self.work.timers.next();
            if next.is_none() && self.work.calls.is_empty() {
                return Err(EngineError::new(
                    "run_stuck",
                    format!("the run `{}` waits for nothing that could come", self.info.id),
                    "please report this; `locus runs cancel` ends the run",
                ));
            }
            let pause = next.map(|at| at.saturating_sub(self.now()).min(LONGEST_SLEEP));
            tokio::select! {
                biased;
                Some(wish) = wishes.recv() => self.wish(wish),
                event = self.work.calls.next() => self.work.events.push(event),
                () = sleep(pause) => {}
            }
        }
        while let Ok(wish) = wishes.try_recv() {
            self.wish(wish);
        }
        while self.work.events.len() < MAX_EVENTS
            && let Some(event) = self.work.calls.try_next()
        {
            self.work.events.push(event);
        }
        let now = self.now();
        self.work.events.extend(self.work.timers.due(now));
        Ok(())
    }

    fn wish(&mut self, wish: Wish) {
        match wish {
            Wish::Cancel => self.cancel(),
            Wish::Stop => self.work.stopping = true,
        }
    }

    /// Journals what has happened, then tells the machine, and does what it says.
    async fn take_in(&mut self) -> Result<(), EngineError> {
        let events = std::mem::take(&mut self.work.events);
        if events.is_empty() {
            return Ok(());
        }
        let at = self.now();
        let records: Vec<Record> = events
            .iter()
            .map(|event| Record {
                at,
                signature: self.machine.signature(event.key()).unwrap_or_default().to_owned(),
                event: event.clone(),
            })
            .collect();
        let count = records.len() as u64;
        let append = Write::Append {
            run: self.info.id.clone(),
            owner: self.owner.to_string(),
            after: self.records,
            records,
        };
        self.shared.store.commit(append.into()).await?;
        self.records += count;
        for event in events {
            if self.work.outcome.is_some() {
                break;
            }
            self.report(&event);
            let call = match &event {
                Event::Begun { key, attempt } => {
                    self.work.beginning.remove(&(key.clone(), *attempt))
                }
                _ => None,
            };
            let commands = self.machine.apply(at, event);
            self.report_retries(&commands);
            if let Some(call) = call {
                self.call(call);
            }
            self.perform(commands);
        }
        Ok(())
    }

    fn perform(&mut self, commands: Vec<Command>) {
        for command in commands {
            match command {
                Command::Call(call) => self.begin(call),
                Command::StartRun { key, workflow, input } => {
                    self.start_run(key, &workflow, input);
                }
                Command::CancelCall { key, attempt } => self.cancel_call(&key, attempt),
                Command::SetTimer { key, kind, at } => self.work.timers.set(key, kind, at),
                Command::ClearTimer { key, kind } => self.work.timers.clear(&key, kind),
                Command::Finish(outcome) => self.work.outcome = Some(outcome),
            }
        }
    }

    /// Makes a call; one that must not be made twice only when its beginning is on disk.
    fn begin(&mut self, call: StepCall) {
        if call.effect != Effect::AtMostOnce {
            self.call(call);
            return;
        }
        let StepCall { key, attempt, .. } = &call;
        if call.begun {
            let error = StepError::terminal(
                "interrupted",
                "the process ended while the step ran, and it must not run twice: whether it was done is not known",
            );
            let (key, attempt) = (key.clone(), *attempt);
            self.work.events.push(Event::Completed { key, attempt, result: Err(error) });
        } else {
            self.work.events.push(Event::Begun { key: key.clone(), attempt: *attempt });
            self.work.beginning.insert((key.clone(), *attempt), call);
        }
    }

    fn call(&mut self, call: StepCall) {
        let StepCall { key, attempt, path, step_type, params, now, .. } = call;
        self.tell(&EngineEvent::StepStarted {
            run: &self.info.id,
            key: &key,
            attempt,
            step_type: &step_type,
        });
        let info = StepInfo {
            run_id: self.info.id.clone(),
            path: path.as_str().to_owned(),
            key: key.clone(),
            attempt,
            now,
        };
        let entry = self.registry.step(&step_type);
        let plugin = self.registry.standing(entry.map_or("", |entry| &entry.ty.plugin));
        let context = StepContext::new(info, Arc::clone(&self.services))
            .of_plugin(plugin, Arc::clone(self.registry.host()));
        let action = match entry.map(|entry| &entry.behaviour) {
            Some(Behaviour::Action(action)) => Arc::clone(action),
            _ => {
                let error = StepError::terminal(
                    "unknown_step_type",
                    format!("no linked plugin provides the action `{step_type}`"),
                );
                self.work.events.push(Event::Completed { key, attempt, result: Err(error) });
                return;
            }
        };
        // Inside the task from the first word on: a panic is the step's, not the run's.
        let Some(around) = Around::at(&self.registry, Point::StepExecute, &step_type) else {
            let run = async move { action.run(params, context).await };
            self.work.calls.spawn(key, attempt, run);
            return;
        };
        let step = StepAttempt {
            run: self.info.id.clone(),
            path: context.info().path.clone(),
            key: key.clone(),
            attempt,
            step_type,
            params: params.clone(),
            now,
        };
        let registry = self.registry.clone();
        let run = async move {
            // Not spawned before it is polled: the hooks may decide that the action is not called. A panic of it is its failure, which the hooks see.
            let call = async move {
                let action = Quiet::new(async move { action.run(params, context).await });
                stopped_with(tokio::spawn(action)).await
            };
            around_step(&registry, around, step, call).await
        };
        self.work.calls.spawn(key, attempt, run);
    }

    fn start_run(&mut self, key: String, workflow: &str, input: Value) {
        let started = self.children.start_child(&self.info.id, &key, workflow, input);
        let run = async move {
            let id: Result<String, StepError> = started.await;
            CallResult::Ok(json!({ "run_id": id? }))
        };
        self.work.calls.spawn(key, 1, run);
    }

    fn cancel_call(&mut self, key: &str, attempt: u32) {
        self.work.calls.cancel(key, attempt);
        if self.work.beginning.remove(&(key.to_owned(), attempt)).is_some() {
            self.work.events.retain(|event| {
                !matches!(event, Event::Begun { key: begun, attempt: at } if begun == key && *at == attempt)
            });
        }
        self.tell(&EngineEvent::StepCancelled { run: &self.info.id, key, attempt });
    }

    async fn end(&mut self, outcome: &Outcome) -> Result<(), EngineError> {
        let (state, body) = match outcome {
            Outcome::Done(value) => (RunState::Done, Some(value.clone())),
            Outcome::Failed(error) => (RunState::Failed, Some(json!(error))),
            // The core turns signals that nobody takes into failures.
            Outcome::Exit(exit) => (RunState::Done, Some(exit.value.clone())),
            Outcome::Cancelled => (RunState::Cancelled, None),
        };
        let end = Write::End {
            run: self.info.id.clone(),
            owner: self.owner.to_string(),
            state,
            outcome: body,
            at: self.now(),
        };
        Ok(self.shared.store.commit(end.into()).await?)
    }

    fn report(&self, event: &Event) {
        if let Event::Completed { key, attempt, result } = event {
            self.tell(&EngineEvent::StepEnded {
                run: &self.info.id,
                key,
                attempt: *attempt,
                result,
            });
        }
    }

    fn report_retries(&self, commands: &[Command]) {
        for command in commands {
            if let Command::SetTimer { key, kind: TimerKind::Retry, at } = command {
                self.tell(&EngineEvent::StepRetrying { run: &self.info.id, key, at: *at });
            }
        }
    }

    fn tell(&self, event: &EngineEvent<'_>) {
        self.shared.events.event(event);
    }

    /// The time for the journal: it never goes back.
    fn now(&self) -> u64 {
        self.shared.host.now().max(self.machine.now())
    }
}

async fn sleep(milliseconds: Option<u64>) {
    match milliseconds {
        Some(milliseconds) => tokio::time::sleep(Duration::from_millis(milliseconds)).await,
        None => std::future::pending().await,
    }
}
