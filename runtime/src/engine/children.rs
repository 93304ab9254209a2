//! Runs that come of other runs: started by a step, by the time, or by an event. The id of each follows from what starts it, so it is started
//! once.

use std::path::PathBuf;
use std::sync::Arc;

use locus_plugin::action::BoxFuture;
use locus_plugin::{CloudEvent, StepError};
use serde_json::Value;

use super::programs::Loaded;
use super::shared::Shared;
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
        let row = self.row(child_run_id(parent, key), workflow, input, self.shared.host.now())?;
        Ok(RunRow { owner: self.shared.owner.get().map(|owner| owner.to_string()), ..row })
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
            match row {
                Ok(row) => {
                    let owner = self.shared.owner.get().map(|owner| owner.to_string());
                    rows.push(RunRow { owner, ..row });
                }
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
