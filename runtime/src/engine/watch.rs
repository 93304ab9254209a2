//! The watcher: one task of an engine that looks what the store has for its runs: wishes of other processes, events, instants that have come. Runs
//! that sleep cost nothing but a look at those that wake soon.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use locus_plugin::{CloudEvent, StepError};
use serde_json::json;
use tokio::sync::mpsc::UnboundedReceiver;

use super::active::Wish;
use super::children::Children;
use super::error::EngineError;
use super::events::EngineEvent;
use super::shared::Shared;
use crate::cron::Cron;
use crate::store::{
    EventQuery, EventRow, RunFilter, RunState, ScheduleRow, SuspendedRun, Transaction, Write,
};

/// How far ahead runs that wake are known, in milliseconds.
const HORIZON: u64 = 10_000;
/// The most runs that are woken, or events that are looked at, together.
const AT_ONCE: u32 = 1000;
/// How often runs and schedules that nobody looks after are looked for, in milliseconds.
const ADOPT_EVERY: u64 = 2_000;
/// The most runs in memory that this engine takes up from others.
const MOST_ADOPTED: usize = 10_000;

/// Whose runs an engine looks after.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Attend {
    /// Those that it was told to start or to resume, and what they start.
    #[default]
    Own,
    /// Also those that nobody looks after: interrupted runs, runs that are asleep, schedules.
    All,
}

/// What the watcher remembers.
#[derive(Default)]
struct Watch {
    /// The number of the last event that was passed on.
    seen: Option<u64>,
    /// When runs that wake are looked for again.
    load_at: u64,
    adopt_at: u64,
    /// Runs that could not be taken up: nobody can tell this engine more about them.
    refused: BTreeSet<String>,
}

impl Shared {
    /// Looks after the runs of this engine from now on.
    pub(super) fn watch(self: &Arc<Self>) {
        let mut watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        if watcher.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        let (shared, stirred) = (Arc::downgrade(self), Arc::clone(&self.stirred));
        *watcher = Some(tokio::spawn(async move {
            let mut watch = Watch::default();
            loop {
                let Some(shared) = shared.upgrade() else { return };
                let pause = shared.look_around(&mut watch).await;
                drop(shared);
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = stirred.notified() => {}
                }
            }
        }));
    }

    /// Something has happened that the watcher should not wait for.
    pub(super) fn stir(&self) {
        self.stirred.notify_one();
    }

    /// One look; how long the next one can wait. Where the store cannot be read now, it is read the next time.
    async fn look_around(self: &Arc<Self>, watch: &mut Watch) -> Duration {
        let busy = !self.active.is_empty() || self.attend == Attend::All;
        if busy {
            self.hear_of_cancels();
            self.hear_of_events(watch);
        }
        let now = self.host.now();
        if busy && now >= watch.load_at {
            self.load_near(watch, now);
        }
        if self.attend == Attend::All && now >= watch.adopt_at {
            watch.adopt_at = now + ADOPT_EVERY;
            self.adopt(watch).await;
        }
        let mut near = self.near.lock().unwrap_or_else(PoisonError::into_inner);
        while near.first().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, run)) = near.pop_first() {
                self.wake(run);
            }
        }
        let next = near.first().map(|(at, _)| at.saturating_sub(now));
        let next = next.unwrap_or(u64::MAX).min(watch.load_at.saturating_sub(now));
        self.poll.min(Duration::from_millis(next.max(1)))
    }

    /// One short look into the store for all runs at once.
    fn hear_of_cancels(self: &Arc<Self>) {
        let Some(owner) = self.owner.get() else { return };
        for run in self.store.cancel_requests(owner).unwrap_or_default() {
            if self.active.get(&run).is_some() {
                self.active.wish(&run, Wish::Cancel);
            } else {
                // It is asleep; once it is awake it knows that it shall end.
                self.wake(run);
            }
        }
    }

    /// Passes on the events that are new.
    fn hear_of_events(self: &Arc<Self>, watch: &mut Watch) {
        let Some(seen) = watch.seen.or_else(|| self.store.last_event().ok()) else { return };
        let query = EventQuery { after: seen, limit: Some(AT_ONCE), ..EventQuery::default() };
        // What slept already when the watcher began has not heard of the events before.
        if watch.seen.is_none() && self.attend == Attend::All {
            let unheard = self.store.unheard().unwrap_or_default();
            unheard.into_iter().for_each(|run| self.wake_if_ours(run));
        }
        watch.seen = Some(seen);
        let Ok(events) = self.store.events(&query) else { return };
        if events.len() == AT_ONCE as usize {
            self.stir();
        }
        for event in events {
            watch.seen = Some(event.seq);
            self.pass_on(&event);
        }
    }

    fn pass_on(self: &Arc<Self>, event: &EventRow) {
        for run in self.hub.listening(&event.event.event_type) {
            self.active.wish(&run, Wish::Look);
        }
        for run in self.store.listening(event).unwrap_or_default() {
            self.wake_if_ours(run);
        }
    }

    /// Looks which runs wake soon.
    fn load_near(self: &Arc<Self>, watch: &mut Watch, now: u64) {
        let owner = match self.attend {
            Attend::Own => self.owner.get().map(|owner| &**owner),
            Attend::All => None,
        };
        watch.load_at = now + HORIZON / 2;
        if owner.is_none() && self.attend == Attend::Own {
            return;
        }
        let due = self.store.due(owner, now + HORIZON, AT_ONCE).unwrap_or_default();
        if due.len() == AT_ONCE as usize {
            // The rest when these have been woken.
            watch.load_at = due.last().and_then(|run| run.wake_at).unwrap_or(now).max(now + 1);
        }
        let due: Vec<SuspendedRun> =
            due.into_iter().filter(|run| !watch.refused.contains(&run.run)).collect();
        let due: Vec<SuspendedRun> = due.into_iter().filter(|run| self.is_ours(run)).collect();
        let mut near = self.near.lock().unwrap_or_else(PoisonError::into_inner);
        near.extend(due.into_iter().filter_map(|run| Some((run.wake_at?, run.run))));
    }

    /// Whether this engine looks after a run that is asleep.
    fn is_ours(&self, run: &SuspendedRun) -> bool {
        let mine = self.owner.get().map(|owner| &**owner);
        if mine.is_some() && run.owner.as_deref() == mine {
            return true;
        }
        let alive = run.owner.as_deref().map(|owner| self.store.is_alive(owner).unwrap_or(true));
        self.attend == Attend::All && alive != Some(true)
    }

    fn wake_if_ours(self: &Arc<Self>, run: SuspendedRun) {
        if self.is_ours(&run) {
            self.wake(run.run);
        }
    }

    /// Takes up a run that was asleep.
    pub(super) fn wake(self: &Arc<Self>, run: String) {
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = shared.resume(&run).await
                && error.code != "run_elsewhere"
            {
                let reason = &error.message;
                shared.events.event(&EngineEvent::RunInterrupted { run: &run, reason });
                shared.active.fail(&run, error);
            }
        });
    }

    /// A run has left memory. What was wished of it in the meantime wakes it again.
    pub(super) fn fell_asleep(
        self: &Arc<Self>,
        run: &str,
        wake_at: Option<u64>,
        wishes: &mut UnboundedReceiver<Wish>,
    ) {
        let now = self.host.now();
        if let Some(at) = wake_at.filter(|at| *at <= now + HORIZON) {
            let mut near = self.near.lock().unwrap_or_else(PoisonError::into_inner);
            near.insert((at, run.to_owned()));
            drop(near);
            self.stir();
        }
        let (mut look, mut cancel) = (false, false);
        while let Ok(wish) = wishes.try_recv() {
            look |= wish == Wish::Look;
            cancel |= wish == Wish::Cancel;
        }
        if cancel {
            let (shared, run) = (Arc::clone(self), run.to_owned());
            tokio::spawn(async move {
                let _turn = shared.turns.take(&run).await;
                if shared.active.get(&run).is_some() {
                    shared.active.wish(&run, Wish::Cancel);
                } else if let Ok(row) = shared.row(&run).await
                    && let Err(error) = shared.take_up(row, true).await
                {
                    shared.active.fail(&run, error);
                }
            });
        } else if look {
            self.wake(run.to_owned());
        }
    }

    /// Takes up what nobody looks after: interrupted runs, and schedules that are due.
    async fn adopt(self: &Arc<Self>, watch: &mut Watch) {
        if self.owner().await.is_err() {
            return;
        }
        for schedule in self.store.schedules(Some(self.host.now())).unwrap_or_default() {
            if let Err(error) = self.fire(&schedule).await
                && error.code != "schedule_changed"
            {
                let reason = &error.message;
                self.events.event(&EngineEvent::RunInterrupted { run: &schedule.id, reason });
            }
        }
        let filter = RunFilter { state: Some(RunState::Running), ..RunFilter::default() };
        let Ok(runs) = self.interrupted(filter).await else { return };
        for run in runs {
            if self.active.awake() >= MOST_ADOPTED {
                return;
            }
            if run.suspended || run.problem.is_some() || watch.refused.contains(&run.id) {
                continue;
            }
            if let Err(error) = self.resume(&run.id).await {
                let reason = &error.message;
                self.events.event(&EngineEvent::RunInterrupted { run: &run.id, reason });
                watch.refused.insert(run.id);
            }
        }
    }

    /// Starts the run of a schedule that is due. Starts that were missed are made up for once.
    async fn fire(self: &Arc<Self>, schedule: &ScheduleRow) -> Result<(), EngineError> {
        let loaded = self.program(&schedule.program).await?;
        let children = Children {
            shared: Arc::clone(self),
            loaded,
            base_dir: schedule.base_dir.clone().into(),
        };
        let (from, now) = (schedule.next_at, self.host.now());
        let invalid = |why: String| EngineError::new("invalid_schedule", why, "");
        let cron = Cron::new(&schedule.cron, &schedule.timezone).map_err(invalid)?;
        let until = schedule.until.unwrap_or(u64::MAX);
        let to = cron.next(from.max(now)).filter(|at| *at <= until);
        let key = format!("@{from}");
        let advance = Write::Advance { schedule: schedule.id.clone(), from, to };
        let row =
            match children.child(&schedule.id, &key, &schedule.workflow, schedule.input.clone()) {
                Ok(row) => row,
                Err(error) => {
                    // This start is missed; the next one has its own chance.
                    self.store.commit(advance.into()).await?;
                    return Err(error.into());
                }
            };
        let writes = vec![advance, Write::StartOnce(row.clone())];
        self.store.commit(Transaction { writes }).await?;
        children.launch(row).await;
        Ok(())
    }

    /// Says that an event should have started a workflow and could not.
    pub(super) fn untriggered(&self, workflow: &str, event: &CloudEvent, error: &StepError) {
        self.events.event(&EngineEvent::Log {
            run: &event.id,
            key: workflow,
            level: locus_plugin::services::LogLevel::Error,
            message: &format!("the event `{}` starts no run: {}", event.event_type, error.message),
            fields: &json!({ "code": error.code, "event": event.id }),
        });
    }
}
