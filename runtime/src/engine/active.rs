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
    runs: Mutex<BTreeMap<String, ActiveRun>>,
    count: watch::Sender<usize>,
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

    fn give_up(&self) {
        let mut runs = self.active.runs();
        let is_mine = |run: &ActiveRun| run.handle.ended.same_channel(&self.ended.subscribe());
        if runs.get(&self.id).is_some_and(is_mine) {
            runs.remove(&self.id);
            self.active.count.send_replace(runs.len());
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.give_up();
    }
}

impl Active {
    fn runs(&self) -> MutexGuard<'_, BTreeMap<String, ActiveRun>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a run a place. The caller has made sure that it has none yet.
    pub(super) fn enter(
        self: &Arc<Self>,
        info: RunInfo,
    ) -> (Place, RunHandle, mpsc::UnboundedReceiver<Wish>) {
        let (ended, receiver) = watch::channel(None);
        let (wishes, wished) = mpsc::unbounded_channel();
        let id = info.id.clone();
        let handle = RunHandle { id: id.clone(), ended: receiver };
        let run = ActiveRun { info, handle: handle.clone(), wishes, task: None };
        let mut runs = self.runs();
        runs.insert(id.clone(), run);
        self.count.send_replace(runs.len());
        drop(runs);
        (Place { active: Arc::clone(self), id, ended }, handle, wished)
    }

    /// Remembers the task of a run, to stop it by.
    pub(super) fn set_task(&self, id: &str, task: AbortHandle) {
        if let Some(run) = self.runs().get_mut(id) {
            run.task = Some(task);
        }
    }

    /// What a run is of, and its handle.
    pub(super) fn get(&self, id: &str) -> Option<(RunInfo, RunHandle)> {
        self.runs().get(id).map(|run| (run.info.clone(), run.handle.clone()))
    }

    /// Tells a run what is wanted of it, if it is here.
    pub(super) fn wish(&self, id: &str, wish: Wish) {
        if let Some(run) = self.runs().get(id) {
            // One that has just ended does not hear it.
            let _ = run.wishes.send(wish);
        }
    }

    /// Tells all runs what is wanted of them.
    pub(super) fn wish_all(&self, wish: Wish) {
        for run in self.runs().values() {
            let _ = run.wishes.send(wish);
        }
    }

    /// Whether no run is here.
    pub(super) fn is_empty(&self) -> bool {
        self.runs().is_empty()
    }

    /// Aborts the tasks of all runs; they leave their places soon after.
    pub(super) fn abort_all(&self) {
        for run in self.runs().values() {
            if let Some(task) = &run.task {
                task.abort();
            }
        }
    }

    /// Waits until no run is here.
    pub(super) async fn idle(&self) {
        // The sender lives in `self`, so this cannot fail.
        let _ = self.count.subscribe().wait_for(|count| *count == 0).await;
    }
}
