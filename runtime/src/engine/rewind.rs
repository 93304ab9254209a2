//! A run that has failed goes on from a chosen step: its journal is replayed with everything about that step, and all that only followed from it,
//! left out. What other branches have done stays done.

use std::sync::Arc;

use locus_plugin::Outcome;

use super::active::RunHandle;
use super::error::EngineError;
use super::replay::Replay;
use super::shared::{Shared, info_of};
use crate::core::{Event, Record, TimerKind};
use crate::store::{RunState, Write};

impl Shared {
    /// Takes an ended run back to where a step had not begun, and goes on with it. The step is named by its path or its key.
    pub(super) async fn resume_from(
        self: &Arc<Self>,
        run: &str,
        step: &str,
    ) -> Result<RunHandle, EngineError> {
        let _turn = self.turns.take(run).await;
        let row = self.row(run).await?;
        if row.state == RunState::Running {
            return Err(EngineError::new(
                "run_not_ended",
                format!("the run `{run}` has not ended"),
                "only a run that has failed or was cancelled can go back; `locus runs cancel` ends one",
            ));
        }
        if row.state == RunState::Done {
            return Err(EngineError::new(
                "run_succeeded",
                format!("the run `{run}` has succeeded: there is nothing to do again"),
                "start a new run",
            ));
        }
        let loaded = self.program(&row.program).await?;
        if loaded.program.step(&path_of(step)).is_none() {
            return Err(EngineError::new(
                "unknown_step",
                format!("the program of the run `{run}` has no step `{step}`"),
                "`locus runs show` shows the steps of the run",
            ));
        }
        let id = run.to_owned();
        let journal = self.read(move |store| store.journal(&id)).await?;
        let replay = Replay::begin(Arc::clone(&loaded.image), info_of(&row))?;
        let mut records = without(replay, journal, step, run)?;
        let at = records.last().map_or(row.started, |record| record.at).max(self.host.now());
        records.push(Record { at, signature: String::new(), event: Event::Rewound });
        let owner = self.owner().await?.to_string();
        let rewind = Write::Rewind { run: run.to_owned(), owner, records };
        self.store.commit(rewind.into()).await?;
        let row = self.row(run).await?;
        self.take_up(row, false).await
    }
}

/// The journal without what is about a step and what followed from it.
fn without(
    mut replay: Replay,
    journal: Vec<Record>,
    step: &str,
    run: &str,
) -> Result<Vec<Record>, EngineError> {
    if let Some(undone) = journal.iter().find(|record| is_compensation(record.event.key())) {
        return Err(EngineError::new(
            "already_undone",
            format!("steps of the run `{run}` were undone when it ended: `{}`", undone.event.key()),
            "start a new run: this one's effects are gone",
        ));
    }
    let (mut kept, mut left_out) = (Vec::new(), false);
    for record in journal {
        if is_about(&record.event, step) {
            left_out = true;
        } else if !left_out || replay.is_awaited(&record) || record.event == Event::Rewound {
            kept.push(record.clone());
            replay.apply(vec![record])?;
        }
    }
    let (machine, _) = replay.finish();
    if !left_out || machine.outcome().is_some_and(|outcome| !matches!(outcome, Outcome::Done(_))) {
        return Err(EngineError::new(
            "step_not_to_blame",
            format!("without the step `{step}` the run `{run}` ends in the same way"),
            "name the step that failed, or one before it that has done something: `locus runs show`",
        ));
    }
    Ok(kept)
}

/// Whether an event is about the step or something in it, or is one of those that ended the run around it.
fn is_about(event: &Event, step: &str) -> bool {
    let key = event.key();
    if *event == Event::CancelRequested || is_inside(key, step) || is_inside(&path_of(key), step) {
        return true;
    }
    matches!(event, Event::Fired { kind: TimerKind::Timeout, .. }) && is_inside(step, key)
}

/// Whether a key is that of the step or of something in it.
fn is_inside(key: &str, step: &str) -> bool {
    let rest = key.strip_prefix(step);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '[', '#', '>']))
}

/// The step path of a key: without iterations and attempts.
fn path_of(key: &str) -> String {
    let mut path = String::with_capacity(key.len());
    let mut skipping = false;
    for letter in key.rsplit('>').next().unwrap_or(key).chars() {
        match letter {
            '[' | '#' => skipping = true,
            '/' => skipping = false,
            _ => {}
        }
        if !skipping {
            path.push(letter);
        }
    }
    path
}

fn is_compensation(key: &str) -> bool {
    key.split('/').any(|part| part == "compensate")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_leads_to_its_path() {
        assert_eq!(path_of("w/a[3]/b#2"), "w/a/b");
        assert_eq!(path_of("w/a#2[3]/mail/b"), "w/a/mail/b");
        assert_eq!(path_of("w/call>other/b[1]/c"), "other/b/c");
    }

    #[test]
    fn what_is_inside_begins_with_the_step() {
        assert!(
            is_inside("w/a", "w/a") && is_inside("w/a[0]/b", "w/a") && is_inside("w/a/b", "w/a")
        );
        assert!(!is_inside("w/ab", "w/a") && !is_inside("w", "w/a"));
    }
}
