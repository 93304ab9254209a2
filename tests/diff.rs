//! Two versions of a program compared: every verdict of `locus diff` is held against what happens. The old version is run, stopped
//! behind each record, and the new version takes up its journal as the engine does.
//!
//! A case is a file `diff/<claim>.md` with both versions, what the outside world answers, what is said, and what became of each
//! prefix. Besides, random programs are changed at random.

mod random;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use locus_compiler::{Compatibility, Compilation, Runs, compatibility, compile_in, step_of_key};
use locus_model::Program;
use locus_plugin::{Registry, StepError};
use locus_runtime::core::{
    Command, Event, Image, Machine, Record, RunInfo, TimerKind, complete_input,
};
use locus_syntax::MemoryWorld;
use serde_json::{Value, json};

use crate::program::{folder_with, locus};

/// Where virtual time begins: 2026-01-01T00:00:00Z.
const START: u64 = 1_767_225_600_000;

#[test]
fn every_verdict_is_what_happens() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("diff");
    let mut cases: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    cases.sort();
    assert!(cases.len() >= 15, "only {} cases", cases.len());
    let mut failures = Vec::new();
    for path in &cases {
        let text = std::fs::read_to_string(path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy();
        match run_case(&text) {
            Ok(blessed) if blessed == text => {}
            Ok(blessed) if std::env::var_os("BLESS").is_some() => {
                std::fs::write(path, blessed).unwrap();
            }
            Ok(blessed) => {
                let diff = similar::TextDiff::from_lines(&text, &blessed);
                failures.push(format!("{name}:\n{}", diff.unified_diff()));
            }
            Err(problem) => failures.push(format!("{name}: {problem}")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// A case with what came out of it in the place of its expectations.
fn run_case(text: &str) -> Result<String, String> {
    let old = crate::execute::section(text, "Old").ok_or("there is no section `## Old`")?;
    let new = crate::execute::section(text, "New").ok_or("there is no section `## New`")?;
    let folder = folder_with([("old/a.locus.yaml", &old), ("new/a.locus.yaml", &new)]);
    let said = locus(folder.path(), &["diff", "old", "new"]);
    if !said.stderr.is_empty() && said.stderr.contains("error") {
        return Err(said.stderr);
    }
    let expected = i32::from(said.stdout.lines().any(|line| {
        line.contains(": only if")
            || line.contains(": impossible")
            || line.starts_with("incompatible")
    }));
    if said.code != Some(expected) {
        return Err(format!("ended with {:?}", said.code));
    }
    let registry = crate::execute::registry();
    let (old, new) = (compiled(&old, &registry)?, compiled(&new, &registry)?);
    let found = compatibility(&old.program, &new.program, &registry);
    let input = match crate::execute::section(text, "Input") {
        Some(json) => serde_json::from_str(&json).map_err(|error| error.to_string())?,
        None => Value::Null,
    };
    let failing: Vec<String> = crate::execute::section(text, "Failing")
        .map(|text| text.lines().map(str::to_owned).collect())
        .unwrap_or_default();
    let resumed = resume(&old.program, &new.program, &found, &registry, input, &failing)?;
    let text = crate::execute::replace(text, "Verdict", "text", &said.stdout);
    Ok(crate::execute::replace(&text, "Resumed behind each record", "text", &resumed))
}

fn compiled(spec: &str, registry: &Registry) -> Result<Compilation, String> {
    let compilation = compile_in(&MemoryWorld::new([("a.locus.yaml", spec)]), "", registry);
    let errors: Vec<&String> =
        compilation.diagnostics.iter().filter(|d| d.is_error()).map(|d| &d.message).collect();
    if errors.is_empty() { Ok(compilation) } else { Err(format!("{errors:?}")) }
}

/// Runs the old version and lets the new one take up every prefix of its journal: what became of each, which must be what the
/// verdict says.
fn resume(
    old: &Program,
    new: &Program,
    found: &Compatibility,
    registry: &Registry,
    input: Value,
    failing: &[String],
) -> Result<String, String> {
    let workflow = old.workflows.keys().next().ok_or("there is no workflow")?;
    let verdict = &found.workflows.iter().find(|v| v.workflow == *workflow).unwrap().runs;
    let input = complete_input(old, workflow, input, START).map_err(|error| error.to_string())?;
    let env = json!({});
    let run = RunInfo { id: "run".into(), workflow: workflow.clone(), input, env, started: START };
    let journal = journal(old, registry, &run, failing)?;
    let mut out = String::new();
    let mut said: Option<bool> = match verdict {
        Runs::Impossible { .. } => Some(false),
        _ => None,
    };
    for length in 0..journal.len() {
        // The last record ends the run: there is nothing to continue behind it.
        let prefix = &journal[..length];
        if let Some(record) = prefix.last() {
            let refused = verdict.refuses(&step_of_key(record.event.key()));
            said = match (said, refused) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), _) | (_, Some(false)) => Some(false),
                (None, None) => None,
            };
        }
        let real = replay(new, registry, &run, prefix);
        let what = match (said, &real) {
            (None, Ok(())) => "continues",
            (None, Err(why)) => {
                return Err(format!("said to be safe, but behind record {length}: {why}"));
            }
            (Some(true), Ok(())) => {
                return Err(format!("said to be refused, but behind record {length} it goes on"));
            }
            (Some(true), Err(_)) => "refused",
            (Some(false), Ok(())) => "may be refused, and continues",
            (Some(false), Err(_)) => "may be refused, and is",
        };
        let last = prefix.last().map_or("the start", |record| record.event.key());
        let _ = writeln!(out, "{last}: {what}");
    }
    Ok(out)
}

/// The journal of a run to its end. Calls answer at once, with their number; those that are named fail.
fn journal(
    program: &Program,
    registry: &Registry,
    run: &RunInfo,
    failing: &[String],
) -> Result<Vec<Record>, String> {
    let image = Image::new(Arc::new(program.clone()), registry).map_err(|e| e.to_string())?;
    let (mut machine, mut commands) =
        Machine::with_image(Arc::new(image), run.clone()).map_err(|e| e.to_string())?;
    let mut coming: BTreeMap<(u64, u64), Event> = BTreeMap::new();
    let (mut order, mut records, mut now) = (0, Vec::new(), START);
    while machine.outcome().is_none() {
        for command in std::mem::take(&mut commands) {
            order += 1;
            match command {
                Command::Call(call) => {
                    let fails = failing.iter().any(|name| call.path.as_str().ends_with(name));
                    let result = if fails {
                        Err(StepError::terminal("refused", "no"))
                    } else {
                        Ok(json!({ "number": order }))
                    };
                    let (key, attempt) = (call.key, call.attempt);
                    coming.insert((now + 1, order), Event::Completed { key, attempt, result });
                }
                Command::StartRun { key, .. } => {
                    let result = Ok(json!({ "run_id": "child" }));
                    coming.insert((now, order), Event::Completed { key, attempt: 1, result });
                }
                Command::SetTimer { key, kind, at } => {
                    forget(&mut coming, &key, kind);
                    coming.insert((at.max(now), order), Event::Fired { key, kind });
                }
                Command::ClearTimer { key, kind } => forget(&mut coming, &key, kind),
                Command::CancelCall { key, attempt } => coming.retain(|_, event| {
                    !matches!(event, Event::Completed { key: k, attempt: a, .. } if *k == key && *a == attempt)
                }),
                _ => {}
            }
        }
        if machine.outcome().is_some() {
            break;
        }
        let ((at, _), event) = coming.pop_first().ok_or("the run waits for nothing")?;
        now = now.max(at);
        let signature = machine.signature(event.key()).unwrap_or_default().to_owned();
        records.push(Record { at: now, signature, event: event.clone() });
        if records.len() > 500 {
            return Err("the run does not end".to_owned());
        }
        commands = machine.apply(now, event);
    }
    Ok(records)
}

fn forget(coming: &mut BTreeMap<(u64, u64), Event>, key: &str, kind: TimerKind) {
    coming.retain(
        |_, event| !matches!(event, Event::Fired { key: k, kind: t } if k == key && *t == kind),
    );
}

/// Takes up a journal as the engine does: every record has to be about the step it was written for. A run that has ended by then did
/// not continue.
fn replay(
    program: &Program,
    registry: &Registry,
    run: &RunInfo,
    journal: &[Record],
) -> Result<(), String> {
    let image = Image::new(Arc::new(program.clone()), registry).map_err(|e| e.to_string())?;
    let (mut machine, commands) =
        Machine::with_image(Arc::new(image), run.clone()).map_err(|e| e.to_string())?;
    let mut called_off: Vec<(String, u32)> = Vec::new();
    let mut note = |commands: Vec<Command>| {
        for command in commands {
            if let Command::CancelCall { key, attempt } = command {
                called_off.push((key, attempt));
            }
        }
        called_off.clone()
    };
    let mut unwanted = note(commands);
    for record in journal {
        if machine.outcome().is_some() {
            return Err("the run has ended before its journal".to_owned());
        }
        let key = record.event.key();
        let is_unwanted = matches!(&record.event, Event::Completed { key, attempt, .. }
            if unwanted.contains(&(key.clone(), *attempt)));
        if machine.signature(key).unwrap_or_default() != record.signature && !is_unwanted {
            return Err(format!("the record of `{key}` does not fit"));
        }
        unwanted = note(machine.apply(record.at, record.event.clone()));
    }
    Ok(())
}
