//! What reaches runs from outside: signals for one of them, events for all who listen, starts that are planned, and the tidying up.

use std::sync::Arc;

use locus_model::Program;
use locus_plugin::{CloudEvent, EventDraft};

use super::children::Children;
use super::error::EngineError;
use super::outbox::check_names;
use super::{Engine, RunHandle};
use crate::core::format_instant;
use crate::host::base32;
use crate::store::{EventRow, Prune, Pruned, RunState, ScheduleRow, Transaction, Write};

impl Engine {
    /// Sends a signal to a run: an event for it alone, whose type is the signal's name. A step that listens for it gets it now; one that does so
    /// later gets it then.
    ///
    /// # Errors
    /// `unknown_run`, `run_ended`, `invalid_event`; failures of the store.
    pub async fn signal(&self, run: &str, event: EventDraft) -> Result<CloudEvent, EngineError> {
        let row = self.shared.row(run).await?;
        if row.state != RunState::Running {
            return Err(EngineError::run_ended(run));
        }
        self.publish(Some(run), event, &[]).await
    }

    /// Tells an event to whoever listens: runs, and workflows of these programs with a trigger for it.
    ///
    /// # Errors
    /// `invalid_event`; failures of the store.
    pub async fn tell(
        &self,
        event: EventDraft,
        programs: &[Arc<Program>],
    ) -> Result<CloudEvent, EngineError> {
        self.publish(None, event, programs).await
    }

    async fn publish(
        &self,
        run: Option<&str>,
        draft: EventDraft,
        programs: &[Arc<Program>],
    ) -> Result<CloudEvent, EngineError> {
        check_names(&draft)?;
        let shared = &self.shared;
        let at = shared.host.now();
        let id = base32(shared.host.random());
        let event = CloudEvent::new(draft, id, "/outside".to_owned(), format_instant(at));
        let row = EventRow { seq: 0, run: run.map(str::to_owned), at, event: event.clone() };
        let mut writes = vec![Write::Emit(row)];
        let mut started = Vec::new();
        for program in programs {
            shared.owner().await?;
            let loaded = shared.programs.load(program, &shared.registry, &*shared.host)?;
            if !loaded.is_stored() {
                writes.push(Write::Program { hash: loaded.hash.clone(), body: loaded.body()? });
            }
            let base_dir = shared.base_dir.clone();
            let children = Children { shared: Arc::clone(shared), loaded, base_dir };
            for row in children.triggered(&event, at) {
                writes.push(Write::StartOnce(row.clone()));
                started.push((children.loaded.clone(), row));
            }
        }
        shared.store.commit(Transaction { writes }).await?;
        for (loaded, row) in started {
            loaded.set_stored();
            shared.launch_added(loaded, row).await;
        }
        shared.stir();
        Ok(event)
    }

    /// Goes on with a run that has failed or was cancelled, as if a step, named by its path or its key, had not begun. What other branches have done
    /// stays done.
    ///
    /// # Errors
    /// `unknown_run`, `run_not_ended`, `run_succeeded`, `unknown_step`; `step_not_to_blame` where the run would end in the same way;
    /// `already_undone` where steps were undone by their compensations; failures of the store.
    pub async fn resume_from(&self, run: &str, step: &str) -> Result<RunHandle, EngineError> {
        self.shared.resume_from(run, step).await
    }

    /// The schedules, those that are due first at the front. Reads the disk.
    ///
    /// # Errors
    /// Failures of the store.
    pub fn schedules(&self) -> Result<Vec<ScheduleRow>, EngineError> {
        Ok(self.shared.store.schedules(None)?)
    }

    /// Removes a schedule: it starts no more runs.
    ///
    /// # Errors
    /// `unknown_schedule`; failures of the store.
    pub async fn unschedule(&self, schedule: &str) -> Result<(), EngineError> {
        let write = Write::Unschedule { schedule: schedule.to_owned() };
        Ok(self.shared.store.commit(write.into()).await?)
    }

    /// Removes runs that ended in one of these states, and events that nobody can want any longer, both where they are older than this, in
    /// milliseconds.
    ///
    /// # Errors
    /// Failures of the store.
    pub async fn prune(&self, older_than: u64, states: &[RunState]) -> Result<Pruned, EngineError> {
        let before = self.shared.host.now().saturating_sub(older_than);
        let prune = Prune { ended_before: before, states: states.to_vec(), events_before: before };
        Ok(self.shared.store.prune(prune).await?)
    }
}
