//! The runs that an engine is executing, and the handles that others have of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use locus_plugin::Outcome;
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;

use super::error::EngineError;
use crate::core::RunInfo;

/// How a run left the engine: its outcome, or why it was interrupted.
pub(super) type Ended = Result<Outcome, EngineError>;

/// A run that is going on here, or has ended.
#[derive(Clone, Debug)]
pub struct RunHandle {
    id: String,
    ended: watch::Receiver<Option<Ended>>,
}

impl RunHandle {
    /// The run's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Waits for the run to end.
    ///
    /// # Errors
    /// The run was interrupted: `run_interrupted`, or the failure of the store. It can be resumed.
    pub async fn outcome(mut self) -> Result<Outcome, EngineError> {
        match self.ended.wait_for(Option::is_some).await {
            Ok(ended) => (*ended).clone().unwrap_or_else(|| Err(EngineError::stopped(&self.id))),
            Err(_) => Err(EngineError::stopped(&self.id)),
        }
    }

    /// The handle of a run that ended before.
    pub(super) fn of_ended(id: &str, outcome: Outcome) -> Self {
        let (_, ended) = watch::channel(Some(Ok(outcome)));
        Self { id: id.to_owned(), ended }
    }
}

/// The runs that are being executed.
#[derive(Default)]
pub(super) struct Active {
    runs: Mutex<Runs>,
    count: watch::Sender<Count>,
}

#[derive(Default)]
struct Runs {
    awake: BTreeMap<String, ActiveRun>,
    /// Who waits for runs that are asleep. Runs that nobody waits for cost no memory.
    awaited: BTreeMap<String, watch::Sender<Option<Ended>>>,
    asleep: usize,
}

/// How many runs there are.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    awake: usize,
    asleep: usize,
}

struct ActiveRun {
    info: RunInfo,
    handle: RunHandle,
    wishes: mpsc::UnboundedSender<Wish>,
    task: Option<AbortHandle>,
}

/// What somebody wants of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wish {
    /// That it ends, with all it does undone.
    Cancel,
    /// That it leaves the engine, to be resumed later.
    Stop,
    /// That it looks whether events have come for it.
    Look,
}

/// A run's place among the active ones. Dropping it gives the place up.
pub(super) struct Place {
    active: Arc<Active>,
    id: String,
    ended: watch::Sender<Option<Ended>>,
}

impl Place {
    /// Gives the place up, and says how the run left: in this order, so that who hears of it may take it up again.
    pub(super) fn leave(self, ended: Ended) {
        self.give_up();
        self.ended.send_replace(Some(ended));
    }

    /// Gives the place up for a while: who waits for the run goes on waiting.
    pub(super) fn sleep(self) {
        let mut runs = self.active.runs();
        if self.is_mine(&runs) {
            runs.awake.remove(&self.id);
            runs.asleep += 1;
            if self.ended.receiver_count() > 0 {
                runs.awaited.insert(self.id.clone(), self.ended.clone());
            }
            self.active.recount(&runs);
        }
    }

    fn is_mine(&self, runs: &Runs) -> bool {
        let mine = self.ended.subscribe();
        runs.awake.get(&self.id).is_some_and(|run| run.handle.ended.same_channel(&mine))
    }

    fn give_up(&self) {
        let mut runs = self.active.runs();
        if self.is_mine(&runs) {
            runs.awake.remove(&self.id);
            self.active.recount(&runs);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.give_up();
    }
}

impl Active {
    fn runs(&self) -> MutexGuard<'_, Runs> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn recount(&self, runs: &Runs) {
        self.count.send_replace(Count { awake: runs.awake.len(), asleep: runs.asleep });
    }

    /// Gives a run a place. The caller has made sure that it has none yet.
    pub(super) fn enter(
        self: &Arc<Self>,
        info: RunInfo,
    ) -> (Place, RunHandle, mpsc::UnboundedReceiver<Wish>) {
        let (wishes, wished) = mpsc::unbounded_channel();
        let id = info.id.clone();
        let mut runs = self.runs();
        // Who waited for it before it slept hears of its end too.
        let ended = runs.awaited.remove(&id).unwrap_or_else(|| watch::channel(None).0);
        let handle = RunHandle { id: id.clone(), ended: ended.subscribe() };
        let run = ActiveRun { info, handle: handle.clone(), wishes, task: None };
        runs.awake.insert(id.clone(), run);
        self.recount(&runs);
        drop(runs);
        (Place { active: Arc::clone(self), id, ended }, handle, wished)
    }

    /// A run that slept here does so no longer.
    pub(super) fn woken(&self) {
        let mut runs = self.runs();
        runs.asleep = runs.asleep.saturating_sub(1);
        self.recount(&runs);
    }

    /// A run that slept cannot go on here: who waits for it hears why.
    pub(super) fn fail(&self, id: &str, error: EngineError) {
        let sender = self.runs().awaited.remove(id);
        if let Some(sender) = sender {
            sender.send_replace(Some(Err(error)));
        }
    }

    /// Forgets the runs that are asleep; who waits for them hears that they were interrupted.
    pub(super) fn forget_asleep(&self) {
        let mut runs = self.runs();
        runs.asleep = 0;
        for (id, sender) in std::mem::take(&mut runs.awaited) {
            sender.send_replace(Some(Err(EngineError::stopped(&id))));
        }
        self.recount(&runs);
    }

    /// Remembers the task of a run, to stop it by.
    pub(super) fn set_task(&self, id: &str, task: AbortHandle) {
        if let Some(run) = self.runs().awake.get_mut(id) {
            run.task = Some(task);
        }
    }

    /// What a run is of, and its handle.
    pub(super) fn get(&self, id: &str) -> Option<(RunInfo, RunHandle)> {
        self.runs().awake.get(id).map(|run| (run.info.clone(), run.handle.clone()))
    }

    /// Tells a run what is wanted of it, if it is here.
    pub(super) fn wish(&self, id: &str, wish: Wish) {
        if let Some(run) = self.runs().awake.get(id) {
            // One that has just ended does not hear it.
            let _ = run.wishes.send(wish);
        }
    }

    /// Tells all runs what is wanted of them.
    pub(super) fn wish_all(&self, wish: Wish) {
        for run in self.runs().awake.values() {
            let _ = run.wishes.send(wish);
        }
    }

    /// Whether no run is here, awake or asleep.
    pub(super) fn is_empty(&self) -> bool {
        let runs = self.runs();
        runs.awake.is_empty() && runs.asleep == 0
    }

    /// How many runs are awake.
    pub(super) fn awake(&self) -> usize {
        self.runs().awake.len()
    }

    /// Aborts the tasks of all runs; they leave their places soon after.
    pub(super) fn abort_all(&self) {
        for run in self.runs().awake.values() {
            if let Some(task) = &run.task {
                task.abort();
            }
        }
    }

    /// Waits until no run is here, awake or asleep.
    pub(super) async fn idle(&self) {
        // The sender lives in `self`, so this cannot fail.
        let _ = self.count.subscribe().wait_for(|count| *count == Count::default()).await;
    }

    /// Waits until no run is awake.
    pub(super) async fn quiet(&self) {
        let _ = self.count.subscribe().wait_for(|count| count.awake == 0).await;
    }
}
