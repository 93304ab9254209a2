//! Runs that come of other runs: started by a step, by the time, or by an event. The id of each follows from what starts it, so it is started
//! once.

use std::path::PathBuf;
use std::sync::Arc;

use locus_plugin::action::BoxFuture;
use locus_plugin::{CloudEvent, StepError};
use serde_json::Value;

use super::hooks::before_run;
use super::programs::Loaded;
use super::shared::{Shared, hooked, info_of, refused};
use crate::cron::Cron;
use crate::host::child_run_id;
use crate::store::{RunRow, RunState, ScheduleRow};

/// What the children of a run have in common with it.
pub(super) struct Children {
    pub(super) shared: Arc<Shared>,
    pub(super) loaded: Arc<Loaded>,
    pub(super) base_dir: PathBuf,
}

impl Children {
    /// The row of a run that a step starts now.
    pub(super) fn child(
        &self,
        parent: &str,
        key: &str,
        workflow: &str,
        input: Value,
    ) -> Result<RunRow, StepError> {
        let now = self.shared.host.now();
        self.begun(self.row(child_run_id(parent, key), workflow, input, now)?)
    }

    /// The row of a run that starts later: asleep, and nobody's until then.
    pub(super) fn later(
        &self,
        parent: &str,
        key: &str,
        workflow: &str,
        input: Value,
        at: u64,
    ) -> Result<RunRow, StepError> {
        let row = self.row(child_run_id(parent, key), workflow, input, at)?;
        Ok(RunRow { suspended: true, wake_at: Some(at), ..row })
    }

    /// The schedule of runs that start again and again: a cron expression, its time zone, and the last instant.
    pub(super) fn again(
        &self,
        parent: &str,
        key: &str,
        workflow: &str,
        input: Value,
        (cron, timezone, until): (&str, &str, Option<u64>),
        now: u64,
    ) -> Result<ScheduleRow, StepError> {
        let input = self.loaded.image.complete_input(workflow, input, now)?;
        let invalid = |why: String| StepError::terminal("invalid_schedule", why);
        let next = Cron::new(cron, timezone).map_err(invalid)?.next(now);
        let next = next.filter(|at| until.is_none_or(|until| *at <= until));
        let next_at = next.ok_or_else(|| invalid(format!("`{cron}` never comes")))?;
        Ok(ScheduleRow {
            id: child_run_id(parent, key),
            workflow: workflow.to_owned(),
            program: self.loaded.hash.clone(),
            base_dir: self.base_dir.to_string_lossy().into_owned(),
            input,
            cron: cron.to_owned(),
            timezone: timezone.to_owned(),
            until,
            next_at,
        })
    }

    /// The rows of the runs that an event starts: of the workflows of this program with a trigger that takes it.
    pub(super) fn triggered(&self, event: &CloudEvent, now: u64) -> Vec<RunRow> {
        let mut rows = Vec::new();
        for start in self.loaded.image.triggered(event) {
            let id = child_run_id(&event.id, &format!("{}#{}", start.workflow, start.trigger));
            let row = start.input.and_then(|input| self.row(id, &start.workflow, input, now));
            match row.and_then(|row| self.begun(row)) {
                Ok(row) => rows.push(row),
                Err(error) => self.shared.untriggered(&start.workflow, event, &error),
            }
        }
        rows
    }

    /// Executes a run that has just been added.
    pub(super) fn launch(&self, row: RunRow) -> BoxFuture<'static, ()> {
        let (shared, loaded) = (Arc::clone(&self.shared), Arc::clone(&self.loaded));
        Box::pin(async move { shared.launch_added(loaded, row).await })
    }

    /// A run that begins now as one of this engine. The hooks around runs are asked here, so that what they decide is recorded together with
    /// the run.
    fn begun(&self, row: RunRow) -> Result<RunRow, StepError> {
        match before_run(&self.loaded.registry, &hooked(&info_of(&row))) {
            None => {
                let owner = self.shared.owner.get().map(|owner| owner.to_string());
                Ok(RunRow { owner, ..row })
            }
            Some(Ok(output)) => {
                let (outcome, ended) = (Some(output), Some(row.started));
                Ok(RunRow { state: RunState::Done, outcome, ended, ..row })
            }
            Some(Err(error)) => Err(refused(&error)),
        }
    }

    fn row(&self, id: String, workflow: &str, input: Value, at: u64) -> Result<RunRow, StepError> {
        let input = self.loaded.image.complete_input(workflow, input, at)?;
        Ok(RunRow {
            id,
            workflow: workflow.to_owned(),
            program: self.loaded.hash.clone(),
            base_dir: self.base_dir.to_string_lossy().into_owned(),
            input,
            env: self.loaded.env(&*self.shared.host),
            state: RunState::Running,
            outcome: None,
            started: at,
            ended: None,
            cancel_requested: false,
            owner: None,
            suspended: false,
            wake_at: None,
            events_after: 0,
            problem: None,
        })
    }
}
