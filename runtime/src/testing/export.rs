//! A test made of a recorded run: the same input, every answer of the outside world as it was, every event, and the end it came to.

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;

use locus_model::duration::format_duration;
use locus_model::{Block, Program};
use locus_plugin::{CloudEvent, StepError};
use serde_json::{Value, json};

use crate::core::{Event, Record, TimerKind, format_instant};
use crate::store::{RunRow, RunState};

/// A run that no test can be made of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExportError(String);

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ExportError {}

/// A spec with the test `name`, made of a run that has ended and its whole journal.
///
/// # Errors
/// The run has not ended, or somebody cancelled it: no test does that.
pub fn export(
    name: &str,
    program: &Program,
    run: &RunRow,
    journal: &[Record],
) -> Result<String, ExportError> {
    let expect = match (run.state, &run.outcome) {
        (RunState::Done, output) => json!({ "output": output }),
        (RunState::Failed, Some(error)) => json!({ "error": error["code"] }),
        (state, _) => {
            return Err(ExportError(format!(
                "run {} is {}: a test can be made of a run that succeeded or failed",
                run.id,
                state.as_str()
            )));
        }
    };
    let mut answers = Answers::default();
    for record in journal {
        answers.add(record, program, run);
    }
    let Answers { ends, events } = answers;
    let mut text = String::new();
    let mut line = |indent: usize, key: &str, value: &dyn fmt::Display| {
        let _ = writeln!(text, "{:indent$}{key}: {value}", "");
    };
    line(0, "tests", &"");
    line(2, name, &"");
    line(4, "description", &Value::from(format!("What run {} did.", run.id)));
    line(4, "workflow", &run.workflow);
    line(4, "clock", &Value::from(format_instant(run.started)));
    line(4, "input", &run.input);
    if !ends.is_empty() {
        line(4, "mocks", &"");
    }
    let alone = |path: &str| ends.keys().filter(|key| path_of(key) == path).count() == 1;
    for (key, ends) in &ends {
        let path = path_of(key);
        let name = if alone(&path) { &path } else { key };
        let ends: Vec<Value> = ends.values().map(mock).collect();
        let value = if let [only] = ends.as_slice() { only.clone() } else { Value::Array(ends) };
        line(6, &Value::from(name.as_str()).to_string(), &value);
    }
    if !events.is_empty() {
        line(4, "events", &"");
    }
    for (after, event) in &events {
        let mut written = json!({ "type": event.event_type, "data": event.data, "after": format_duration(*after) });
        if let Some(subject) = &event.subject {
            written["subject"] = json!(subject);
        }
        let _ = writeln!(text, "      - {written}");
    }
    let _ = writeln!(text, "    expect: {expect}");
    let text = text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    Ok(format!("{text}\n"))
}

/// What came from outside.
#[derive(Default)]
struct Answers<'j> {
    /// The ends of the attempts, by step key and number of the attempt.
    ends: BTreeMap<String, BTreeMap<u32, Result<&'j Value, StepError>>>,
    /// The events, each with how long after the start it came, in milliseconds.
    events: Vec<(u64, &'j CloudEvent)>,
}

impl<'j> Answers<'j> {
    fn add(&mut self, record: &'j Record, program: &Program, run: &RunRow) {
        match &record.event {
            Event::Completed { key, attempt, result } if is_action(program, key) => {
                let end = result.as_ref().map_err(Clone::clone);
                self.ends.entry(key.clone()).or_default().insert(*attempt, end);
            }
            Event::Fired { key, kind: TimerKind::Timeout } if is_action(program, key) => {
                let ends = self.ends.entry(key.clone()).or_default();
                let attempt = ends.keys().next_back().map_or(1, |last| last + 1);
                let error = StepError::retryable("timeout", "the step took too long");
                ends.insert(attempt, Err(error));
            }
            Event::Received { event, .. } => {
                self.events.push((record.at.saturating_sub(run.started), event));
            }
            _ => {}
        }
    }
}

fn mock(end: &Result<&Value, StepError>) -> Value {
    match end {
        Ok(value) => json!({ "result": value }),
        Err(error) => json!({
            "error": { "code": error.code, "message": error.message, "retryable": error.retryable },
        }),
    }
}

/// Whether the step with this key does something itself, and is no block of others.
fn is_action(program: &Program, key: &str) -> bool {
    fn find(block: &Block, path: &str) -> Option<bool> {
        block.steps.iter().find_map(|step| {
            if step.path.as_str() == path {
                return Some(step.slots.is_empty());
            }
            let inner = step.slots.iter().map(|slot| &slot.block).chain(&step.compensate);
            inner.into_iter().find_map(|block| find(block, path))
        })
    }
    let path = path_of(key);
    let workflow = path.split('/').next().unwrap_or_default();
    let workflow = program.workflows.get(workflow);
    workflow.and_then(|workflow| find(&workflow.steps, &path)).unwrap_or(false)
}

/// The step path of a step key: without iterations and attempts, and without the way to a workflow that was called.
fn path_of(key: &str) -> String {
    let own = key.rsplit('>').next().unwrap_or(key);
    let mut path = String::with_capacity(own.len());
    let mut coordinate = false;
    for character in own.chars() {
        match character {
            '[' | '#' => coordinate = true,
            '/' => {
                coordinate = false;
                path.push('/');
            }
            _ if coordinate => {}
            other => path.push(other),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::path_of;

    #[test]
    fn keys_are_traced_back_to_paths() {
        for (key, path) in [
            ("w/a", "w/a"),
            ("w/all[3]/reserve", "w/all/reserve"),
            ("w/all#2[3]/try/reserve", "w/all/try/reserve"),
            ("w/pay#2>charge/post", "charge/post"),
        ] {
            assert_eq!(path_of(key), path);
        }
    }
}
