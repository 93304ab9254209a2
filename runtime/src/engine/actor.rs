//! The task of a run: it does what the machine says, journals what comes of it, and then tells the machine. What happens while a commit
//! is under way goes into the next one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use locus_plugin::action::StepInfo;
use locus_plugin::host::{Around, Quiet};
use locus_plugin::step::Behaviour;
use locus_plugin::{
    Effect, Outcome, Point, Registry, StepAttempt, StepContext, StepError, Subscription,
};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;

use super::active::Wish;
use super::calls::{Calls, Happened, stopped_with};
use super::children::Children;
use super::error::EngineError;
use super::events::EngineEvent;
use super::hooks::{after_run, around_step};
use super::outbox::Outbox;
use super::shared::{Shared, hooked};
use super::timers::Timers;
use crate::core::{Command, Event, Machine, Record, RunInfo, StepCall, TimerKind};
use crate::services::RunServices;
use crate::store::{
    EventQuery, Listener, RunRow, RunState, Snapshot, StoreError, Suspension, Transaction, Write,
};

/// The most events of one commit.
const MAX_EVENTS: usize = 1000;
/// The longest that a task sleeps without looking at the clock again: a machine that was suspended has slept longer than it knows.
const LONGEST_SLEEP: u64 = 30_000;
/// The most events that are looked at together.
const LOOK: u32 = 256;

/// A run that is being executed.
pub(super) struct Actor {
    pub(super) shared: Arc<Shared>,
    /// The plugins as the program's project wants them.
    pub(super) registry: Registry,
    pub(super) owner: Arc<str>,
    pub(super) info: RunInfo,
    pub(super) services: Arc<RunServices>,
    pub(super) children: Arc<Children>,
    pub(super) machine: Machine,
    /// How many records the journal has.
    pub(super) records: u64,
    /// When the next snapshot is taken: at how many records.
    pub(super) snapshot_at: u64,
    /// Whether the machine knows that the run shall end.
    pub(super) cancelled: bool,
    /// The number of the last event that the run cannot see; none where it is not known yet.
    pub(super) events_after: Option<u64>,
    /// How far steps have looked at events, before the run was recovered.
    pub(super) looked: BTreeMap<String, u64>,
    pub(super) work: Work,
}

/// What is going on.
#[derive(Default)]
pub(super) struct Work {
    calls: Calls,
    timers: Timers,
    /// At-most-once calls that wait for their `Begun` to be on disk.
    beginning: BTreeMap<(String, u32), StepCall>,
    /// Steps that listen for events, by key.
    ears: BTreeMap<String, Ear>,
    /// Whether there may be events to look at.
    look: bool,
    /// Since when nothing has happened, with nothing under way.
    quiet_since: Option<u64>,
    /// Whether it cannot sleep: a plugin cannot write down the state of one of its steps.
    sleepless: bool,
    /// What has happened and is not journaled yet.
    events: Vec<Happened>,
    outcome: Option<Outcome>,
    stopping: bool,
}

/// A step that listens.
struct Ear {
    subscription: Subscription,
    /// The number of the last event it has looked at; none before the first look.
    after: Option<u64>,
}

/// How a run leaves memory.
pub(super) enum Left {
    /// It has ended.
    Ended(Outcome),
    /// It is asleep, until this instant at the latest.
    Asleep(Option<u64>),
}

impl Actor {
    /// Executes the run until it ends, sleeps or has to stop.
    pub(super) async fn drive(
        &mut self,
        commands: Vec<Command>,
        wishes: &mut UnboundedReceiver<Wish>,
    ) -> Result<Left, EngineError> {
        self.perform(commands);
        loop {
            if let Some(outcome) = self.work.outcome.take() {
                let outcome = after_run(&self.registry, &hooked(&self.info), outcome);
                self.end(&outcome).await?;
                return Ok(Left::Ended(outcome));
            }
            if self.gather(wishes).await? {
                let wake_at = self.work.timers.next();
                if self.suspend(wake_at).await? {
                    return Ok(Left::Asleep(wake_at));
                }
            }
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
            self.work.events.push(Event::CancelRequested.into());
        }
    }

    /// Waits until something has happened, and takes all that has. Whether the run shall sleep instead: nothing has for long.
    async fn gather(&mut self, wishes: &mut UnboundedReceiver<Wish>) -> Result<bool, EngineError> {
        while let Ok(wish) = wishes.try_recv() {
            self.wish(wish);
        }
        if self.work.look {
            self.look().await?;
        }
        let now = self.now();
        self.work.events.extend(self.work.timers.due(now).into_iter().map(Happened::from));
        if self.work.events.is_empty() && !self.work.stopping {
            let next = self.work.timers.next();
            let quiet = self.work.calls.is_empty();
            if next.is_none() && quiet && self.work.ears.is_empty() {
                return Err(EngineError::new(
                    "run_stuck",
                    format!("the run `{}` waits for nothing that could come", self.info.id),
                    "please report this; `locus runs cancel` ends the run",
                ));
            }
            let sleeps_at = self.sleeps_at(now, next);
            if sleeps_at.is_some_and(|at| at <= now) {
                return Ok(true);
            }
            let pause = [next, sleeps_at, self.work.ears.first_key_value().map(|_| u64::MAX)];
            let pause = pause.into_iter().flatten().min();
            let pause = pause.map(|at| at.saturating_sub(now).min(LONGEST_SLEEP));
            tokio::select! {
                biased;
                Some(wish) = wishes.recv() => self.wish(wish),
                happened = self.work.calls.next() => self.work.events.push(happened),
                () = sleep(pause) => {}
            }
        }
        while let Ok(wish) = wishes.try_recv() {
            self.wish(wish);
        }
        while self.work.events.len() < MAX_EVENTS
            && let Some(happened) = self.work.calls.try_next()
        {
            self.work.events.push(happened);
        }
        let now = self.now();
        self.work.events.extend(self.work.timers.due(now).into_iter().map(Happened::from));
        Ok(false)
    }

    /// When the run leaves memory if nothing happens; never while calls are made, or where a timer fires before it is worth it.
    fn sleeps_at(&mut self, now: u64, next: Option<u64>) -> Option<u64> {
        let patience = self.shared.suspend_after?;
        if !self.work.calls.is_empty() || self.work.look || self.work.sleepless {
            self.work.quiet_since = None;
            return None;
        }
        let since = *self.work.quiet_since.get_or_insert(now);
        let at = since.saturating_add(patience);
        let worth_it = next.is_none_or(|next| next.saturating_sub(at) >= patience);
        worth_it.then_some(at)
    }

    fn wish(&mut self, wish: Wish) {
        match wish {
            Wish::Cancel => self.cancel(),
            Wish::Stop => self.work.stopping = true,
            Wish::Look => self.work.look = true,
        }
    }

    /// Looks whether events have come that steps listen for.
    async fn look(&mut self) -> Result<(), EngineError> {
        self.work.look = false;
        if self.work.ears.is_empty() {
            return Ok(());
        }
        let floor = self.events_after().await?;
        let queries: Vec<(String, EventQuery)> = self
            .work
            .ears
            .iter()
            .map(|(key, ear)| {
                let query = EventQuery {
                    after: ear.after.unwrap_or(floor).max(floor),
                    event_type: Some(ear.subscription.event_type.clone()),
                    subject: ear.subscription.subject.clone(),
                    run: Some(self.info.id.clone()),
                    limit: Some(LOOK),
                };
                (key.clone(), query)
            })
            .collect();
        let found = self.shared.read(move |store| {
            let find = |(key, query)| Ok::<_, StoreError>((key, store.events(&query)?));
            queries.into_iter().map(find).collect::<Result<Vec<_>, _>>()
        });
        for (key, rows) in found.await? {
            let Some(ear) = self.work.ears.get_mut(&key) else { continue };
            // A step that goes on listening looks at the rest afterwards.
            self.work.look |= rows.len() == LOOK as usize;
            for row in rows {
                ear.after = Some(row.seq);
                if self.machine.wants(&key, row.seq, &row.event) {
                    let event = Event::Received { key, seq: row.seq, event: row.event };
                    self.work.events.push(event.into());
                    self.work.look = true;
                    break;
                }
            }
        }
        Ok(())
    }

    /// The number of the last event that the run cannot see.
    async fn events_after(&mut self) -> Result<u64, EngineError> {
        if let Some(number) = self.events_after {
            return Ok(number);
        }
        let number = self.shared.row(&self.info.id).await?.events_after;
        self.events_after = Some(number);
        Ok(number)
    }

    /// Puts the run to sleep. Whether it could be.
    async fn suspend(&mut self, wake_at: Option<u64>) -> Result<bool, EngineError> {
        let Ok(body) = self.machine.snapshot() else {
            self.work.sleepless = true;
            return Ok(false);
        };
        let listeners = self.work.ears.iter().map(|(key, ear)| Listener {
            key: key.clone(),
            event_type: ear.subscription.event_type.clone(),
            subject: ear.subscription.subject.clone(),
            after: ear.after.unwrap_or_default(),
        });
        let suspension = Suspension {
            run: self.info.id.clone(),
            owner: self.owner.to_string(),
            snapshot: Snapshot { records: self.records, body },
            wake_at,
            listeners: listeners.collect(),
        };
        self.shared.store.commit(Write::Suspend(suspension).into()).await?;
        Ok(true)
    }

    /// Journals what has happened, then tells the machine, and does what it says.
    async fn take_in(&mut self) -> Result<(), EngineError> {
        let happened = std::mem::take(&mut self.work.events);
        if happened.is_empty() {
            return Ok(());
        }
        self.work.quiet_since = None;
        let at = self.now();
        let count = happened.len() as u64;
        let mut transaction = Transaction { writes: self.due_snapshot() };
        let (mut records, mut events, mut more) =
            (Vec::with_capacity(happened.len()), Vec::with_capacity(happened.len()), Vec::new());
        for Happened { event, writes } in happened {
            let signature = self.machine.signature(event.key()).unwrap_or_default().to_owned();
            records.push(Record { at, signature, event: event.clone() });
            events.push(event);
            more.extend(writes);
        }
        transaction.writes.push(Write::Append {
            run: self.info.id.clone(),
            owner: self.owner.to_string(),
            after: self.records,
            records,
        });
        let started: Vec<RunRow> = more
            .iter()
            .filter_map(|write| match write {
                Write::StartOnce(row) if !row.suspended => Some(row.clone()),
                _ => None,
            })
            .collect();
        let told = more.iter().any(|write| matches!(write, Write::Emit(_)));
        transaction.writes.extend(more);
        self.shared.store.commit(transaction).await?;
        self.records += count;
        for row in started {
            self.children.launch(row).await;
        }
        if told {
            self.shared.stir();
        }
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

    /// A snapshot, where enough has happened since the last one. The larger it is, the longer the next one waits: all snapshots of a run take
    /// a fixed share of its time.
    fn due_snapshot(&mut self) -> Vec<Write> {
        let every = self.shared.snapshot_every;
        if every == 0 || self.records < self.snapshot_at || self.work.sleepless {
            return Vec::new();
        }
        let Ok(body) = self.machine.snapshot() else {
            self.work.sleepless = true;
            return Vec::new();
        };
        self.snapshot_at = self.records + every.max(body.len() as u64 / 100);
        let snapshot = Snapshot { records: self.records, body };
        let (run, owner) = (self.info.id.clone(), self.owner.to_string());
        vec![Write::Snapshot { run, owner, snapshot }]
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
                Command::Listen { key, subscription } => self.listen(key, subscription),
                Command::StopListening { key } => self.stop_listening(&key),
                Command::Finish(outcome) => self.work.outcome = Some(outcome),
            }
        }
    }

    fn listen(&mut self, key: String, subscription: Subscription) {
        self.stop_listening(&key);
        self.shared.hub.add(&self.info.id, &key, &subscription.event_type);
        let after = self.looked.remove(&key);
        self.work.ears.insert(key, Ear { subscription, after });
        self.work.look = true;
    }

    fn stop_listening(&mut self, key: &str) {
        if let Some(ear) = self.work.ears.remove(key) {
            self.shared.hub.remove(&self.info.id, key, &ear.subscription.event_type);
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
            self.work.events.push(Event::Completed { key, attempt, result: Err(error) }.into());
        } else {
            self.work.events.push(Event::Begun { key: key.clone(), attempt: *attempt }.into());
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
        let outbox = Outbox::new(Arc::clone(&self.services), Arc::clone(&self.children));
        let entry = self.registry.step(&step_type);
        let plugin = self.registry.standing(entry.map_or("", |entry| &entry.ty.plugin));
        let context = StepContext::new(info, Arc::clone(&outbox) as _)
            .of_plugin(plugin, Arc::clone(self.registry.host()));
        let action = match entry.map(|entry| &entry.behaviour) {
            Some(Behaviour::Action(action)) => Arc::clone(action),
            _ => {
                let error = StepError::terminal(
                    "unknown_step_type",
                    format!("no linked plugin provides the action `{step_type}`"),
                );
                self.work.events.push(Event::Completed { key, attempt, result: Err(error) }.into());
                return;
            }
        };
        // Inside the task from the first word on: a panic is the step's, not the run's.
        let Some(around) = Around::at(&self.registry, Point::StepExecute, &step_type) else {
            let run = async move { action.run(params, context).await };
            self.work.calls.spawn(key, attempt, outbox, run);
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
        let wanted = Arc::clone(&outbox);
        let run = async move {
            // Not spawned before it is polled: the hooks may decide that the action is not called. A panic of it is its failure, which the hooks see.
            let call = async move {
                let action = Quiet::new(async move { action.run(params, context).await });
                let result = stopped_with(tokio::spawn(action)).await;
                if result.is_err() {
                    // Whatever the hooks make of it: the action has failed, and nothing of what it wanted is done.
                    wanted.take();
                }
                result
            };
            around_step(&registry, around, step, call).await
        };
        self.work.calls.spawn(key, attempt, outbox, run);
    }

    /// A run of its own begins together with the record that it does.
    fn start_run(&mut self, key: String, workflow: &str, input: Value) {
        let (result, writes) = match self.children.child(&self.info.id, &key, workflow, input) {
            Ok(row) => (Ok(json!({ "run_id": row.id })), vec![Write::StartOnce(row)]),
            Err(error) => (Err(error), Vec::new()),
        };
        let event = Event::Completed { key, attempt: 1, result };
        self.work.events.push(Happened { event, writes });
    }

    fn cancel_call(&mut self, key: &str, attempt: u32) {
        self.work.calls.cancel(key, attempt);
        if self.work.beginning.remove(&(key.to_owned(), attempt)).is_some() {
            self.work.events.retain(|happened| {
                !matches!(&happened.event, Event::Begun { key: begun, attempt: at } if begun == key && *at == attempt)
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

impl Drop for Actor {
    fn drop(&mut self) {
        for (key, ear) in &self.work.ears {
            self.shared.hub.remove(&self.info.id, key, &ear.subscription.event_type);
        }
    }
}

async fn sleep(milliseconds: Option<u64>) {
    match milliseconds {
        Some(milliseconds) => tokio::time::sleep(Duration::from_millis(milliseconds)).await,
        None => std::future::pending().await,
    }
}
