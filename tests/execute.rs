//! Runs the cases of `execute/`: a spec, scripted answers of the outside world, and what the journal and the result must be. Time is
//! virtual. Every prefix of every journal is replayed as if the process had died there, and the whole case runs once more with its machine
//! written down and taken up again after every event.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use locus_compiler::compile_in;
use locus_diag::SourceId;
use locus_model::StepPath;
use locus_plugin::{CloudEvent, EventDraft, Outcome, Registry, StepError};
use locus_runtime::core::{
    Command, Event, Image, Machine, Record, RunInfo, TimerKind, complete_input,
};
use locus_syntax::{MemoryWorld, parse_yaml};
use serde_json::{Value, json};

/// Where virtual time begins: 2026-01-01T00:00:00Z.
const START: u64 = 1_767_225_600_000;

/// More events than any case has.
const EVENT_LIMIT: usize = 5000;

#[test]
fn every_case_runs_and_recovers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("execute");
    let mut cases: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    cases.sort();
    assert!(cases.len() >= 20, "only {} cases found in {}", cases.len(), folder.display());
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

/// What the steps of every case give, and how its run ends; with the spec of the case.
pub(crate) fn results() -> impl Iterator<Item = (String, String, Vec<(StepPath, Value)>, Outcome)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("execute");
    let mut cases: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases.into_iter().filter_map(|path| {
        let text = std::fs::read_to_string(&path).ok()?;
        let name = path.file_name()?.to_string_lossy().into_owned();
        let run = Case::read(&text).ok()?.run(&[], &BTreeSet::new(), Memory::Stays).ok()?;
        Some((name, section(&text, "Spec")?, run.results, run.outcome))
    })
}

/// A case with what came out of it in the place of its expectations.
fn run_case(text: &str) -> Result<String, String> {
    let case = Case::read(text)?;
    let plain = case.run(&[], &BTreeSet::new(), Memory::Stays)?;
    case.check_every_crash(&plain)?;
    case.check_eviction(&plain)?;
    let journal = write_journal(&plain.records);
    let result = write_outcome(&plain.outcome);
    Ok(replace(&replace(text, "Journal", "text", &journal), "Result", "json", &result))
}

struct Case {
    image: Arc<Image>,
    run: RunInfo,
    answers: BTreeMap<String, Vec<Answer>>,
    /// What comes from outside, and when.
    events: Vec<(u64, CloudEvent)>,
    /// Cancel the run once this many records are in the journal.
    cancel_after: Option<usize>,
}

/// Whether the machine stays in memory between two events.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Memory {
    Stays,
    /// It is written down and taken up again.
    Evicted,
}

/// What the outside world answers to one attempt.
#[derive(Clone)]
struct Answer {
    after: u64,
    /// `None`: it never answers.
    result: Option<Result<Value, StepError>>,
}

/// How a run went.
struct Run {
    records: Vec<Record>,
    performed: Vec<(String, u32)>,
    outcome: Outcome,
    /// What every step gave.
    results: Vec<(StepPath, Value)>,
}

impl Case {
    fn read(text: &str) -> Result<Self, String> {
        let spec = section(text, "Spec").ok_or("there is no section `## Spec`")?;
        let registry = registry();
        let world = MemoryWorld::new([("case.locus.yaml", spec.as_str())]);
        let compilation = compile_in(&world, "case.locus.yaml", &registry);
        if compilation.diagnostics.has_errors() {
            let list: Vec<String> = compilation
                .diagnostics
                .iter()
                .map(|d| {
                    locus_diag::render::to_terminal(d, &compilation.sources, Default::default())
                })
                .collect();
            return Err(format!("the spec has errors:\n{}", list.join("\n")));
        }
        let program = Arc::new(compilation.program);
        let workflow = program.workflows.keys().next().ok_or("there is no workflow")?.clone();
        let input = match section(text, "Input") {
            Some(json) => serde_json::from_str(&json).map_err(|error| error.to_string())?,
            None => Value::Null,
        };
        let input =
            complete_input(&program, &workflow, input, START).map_err(|error| error.to_string())?;
        let secrets = BTreeMap::from([("TOKEN".to_owned(), json!("s3cret"))]);
        let image = Image::new(Arc::clone(&program), &registry)
            .map_err(|error| error.to_string())?
            .with_secrets(secrets);
        let answers = match section(text, "Steps") {
            Some(yaml) => read_answers(&yaml)?,
            None => BTreeMap::new(),
        };
        let events = match section(text, "Events") {
            Some(yaml) => read_events(&yaml)?,
            None => Vec::new(),
        };
        let cancel_after = section(text, "Cancel")
            .map(|text| text.trim().parse().map_err(|_| "`## Cancel` takes a number of records"))
            .transpose()?;
        let env = json!({ "REGION": "north" });
        let run = RunInfo { id: "run-1".to_owned(), workflow, input, env, started: START };
        Ok(Self { image: Arc::new(image), run, answers, events, cancel_after })
    }

    /// Recovers from `journal`, then goes on to the end. `forbidden`: calls that must not be made again.
    fn run(
        &self,
        journal: &[Record],
        forbidden: &BTreeSet<(String, u32)>,
        memory: Memory,
    ) -> Result<Run, String> {
        let (mut machine, mut commands) =
            Machine::traced(Arc::clone(&self.image), self.run.clone())
                .map_err(|e| e.to_string())?;
        if !journal.is_empty() {
            for record in journal {
                machine.apply(record.at, record.event.clone());
            }
            commands = machine.outstanding();
        }
        let mut world =
            World { now: machine.now(), events: self.events.clone(), ..World::default() };
        let mut records = journal.to_vec();
        let mut cancelled = records.iter().any(|r| r.event == Event::CancelRequested);
        loop {
            for command in std::mem::take(&mut commands) {
                if let Command::Call(call) = &command
                    && forbidden.contains(&(call.key.clone(), call.attempt))
                {
                    return Err(format!(
                        "after a crash behind record {}, `{}#{}` was performed again",
                        journal.len(),
                        call.key,
                        call.attempt
                    ));
                }
                world.perform(command, &self.answers);
            }
            if let Some(outcome) = world.outcome.take() {
                let results = machine.results().to_vec();
                return Ok(Run { records, performed: world.performed, outcome, results });
            }
            let event = if self.cancel_after == Some(records.len()) && !cancelled {
                cancelled = true;
                Event::CancelRequested
            } else {
                world.next(&machine).ok_or_else(|| {
                    format!(
                        "the run waits for nothing, with this journal:\n{}",
                        write_journal(&records)
                    )
                })?
            };
            let signature = machine.signature(event.key()).unwrap_or_default().to_owned();
            records.push(Record { at: world.now, signature, event: event.clone() });
            if records.len() > EVENT_LIMIT {
                return Err("the run does not end".to_owned());
            }
            commands = machine.apply(world.now, event);
            if memory == Memory::Evicted && machine.outcome().is_none() {
                machine = self.evicted(&machine)?;
            }
        }
    }

    /// The machine, written down and taken up again: everything that is outstanding still is.
    fn evicted(&self, machine: &Machine) -> Result<Machine, String> {
        let text = machine.snapshot().map_err(|error| error.to_string())?;
        if text.contains("s3cret") {
            return Err(format!("a secret is in the snapshot:\n{text}"));
        }
        let again = Machine::restore(Arc::clone(&self.image), self.run.clone(), &text)
            .map_err(|error| error.to_string())?;
        if again.outstanding() != machine.outstanding() {
            return Err(format!(
                "after eviction there is something else to do:\n{:#?}\ninstead of\n{:#?}",
                again.outstanding(),
                machine.outstanding()
            ));
        }
        Ok(again)
    }

    /// Leaves memory after every event, and must go through the same.
    fn check_eviction(&self, plain: &Run) -> Result<(), String> {
        let evicted = self.run(&[], &BTreeSet::new(), Memory::Evicted)?;
        if (&evicted.records, &evicted.outcome) == (&plain.records, &plain.outcome) {
            return Ok(());
        }
        Err(format!(
            "evicted after every event, the run went differently:\n{}{}instead of\n{}{}",
            write_journal(&evicted.records),
            write_outcome(&evicted.outcome),
            write_journal(&plain.records),
            write_outcome(&plain.outcome)
        ))
    }

    /// Dies after every record, goes on, and must come to the same end.
    fn check_every_crash(&self, plain: &Run) -> Result<(), String> {
        for length in 0..plain.records.len() {
            let journal = &plain.records[..length];
            let done: BTreeSet<(String, u32)> = journal
                .iter()
                .filter_map(|record| match &record.event {
                    Event::Completed { key, attempt, .. } => Some((key.clone(), *attempt)),
                    _ => None,
                })
                .collect();
            let again = self.run(journal, &done, Memory::Stays)?;
            if again.outcome != plain.outcome {
                return Err(format!(
                    "after a crash behind record {length} the run ended differently:\n{}\ninstead of\n{}",
                    write_outcome(&again.outcome),
                    write_outcome(&plain.outcome)
                ));
            }
            let (mut left, mut right) = (events(&again.records), events(&plain.records));
            left.sort();
            right.sort();
            if left != right {
                return Err(format!(
                    "after a crash behind record {length} the journal differs:\n{}\ninstead of\n{}",
                    write_journal(&again.records),
                    write_journal(&plain.records)
                ));
            }
        }
        if plain.performed.len() != plain.performed.iter().collect::<BTreeSet<_>>().len() {
            return Err(format!("an attempt was performed twice: {:?}", plain.performed));
        }
        Ok(())
    }
}

fn events(records: &[Record]) -> Vec<String> {
    records.iter().map(|record| serde_json::to_string(&record.event).unwrap()).collect()
}

/// The outside world: what is under way, by the time at which it will have happened.
#[derive(Default)]
struct World {
    now: u64,
    order: u64,
    coming: BTreeMap<(u64, u64), Event>,
    events: Vec<(u64, CloudEvent)>,
    performed: Vec<(String, u32)>,
    outcome: Option<Outcome>,
}

impl World {
    fn perform(&mut self, command: Command, answers: &BTreeMap<String, Vec<Answer>>) {
        match command {
            Command::Call(call) => {
                self.performed.push((call.key.clone(), call.attempt));
                let answer = answers
                    .get(&call.key)
                    .and_then(|list| list.get(call.attempt as usize - 1).or(list.last()));
                let answer =
                    answer.cloned().unwrap_or(Answer { after: 0, result: Some(Ok(Value::Null)) });
                if let Some(result) = answer.result {
                    let event = Event::Completed { key: call.key, attempt: call.attempt, result };
                    self.schedule(self.now + answer.after, event);
                }
            }
            Command::StartRun { key, workflow, .. } => {
                let result = Ok(json!({ "run_id": format!("{workflow}-1") }));
                self.schedule(self.now, Event::Completed { key, attempt: 1, result });
            }
            Command::CancelCall { key, attempt } => {
                self.coming.retain(|_, event| {
                    !matches!(event, Event::Completed { key: k, attempt: a, .. } if *k == key && *a == attempt)
                });
            }
            Command::SetTimer { key, kind, at } => {
                self.forget(&key, kind);
                self.schedule(at.max(self.now), Event::Fired { key, kind });
            }
            Command::ClearTimer { key, kind } => self.forget(&key, kind),
            Command::Listen { key, subscription } => {
                self.deafen(&key);
                for (seq, (at, event)) in (1..).zip(self.events.clone()) {
                    if subscription.fits(&event) {
                        let event = Event::Received { key: key.clone(), seq, event };
                        self.schedule((START + at).max(self.now), event);
                    }
                }
            }
            Command::StopListening { key } => self.deafen(&key),
            Command::Finish(outcome) => self.outcome = Some(outcome),
        }
    }

    fn schedule(&mut self, at: u64, event: Event) {
        self.order += 1;
        self.coming.insert((at, self.order), event);
    }

    fn forget(&mut self, key: &str, kind: TimerKind) {
        self.coming.retain(
            |_, event| !matches!(event, Event::Fired { key: k, kind: t } if k == key && *t == kind),
        );
    }

    fn deafen(&mut self, key: &str) {
        self.coming.retain(|_, event| !matches!(event, Event::Received { key: k, .. } if k == key));
    }

    fn next(&mut self, machine: &Machine) -> Option<Event> {
        loop {
            let ((at, _), event) = self.coming.pop_first()?;
            self.now = self.now.max(at);
            match &event {
                Event::Received { key, seq, event } if !machine.wants(key, *seq, event) => {}
                _ => return Some(event),
            }
        }
    }
}

pub(crate) fn registry() -> Registry {
    use {acme_kubernetes_cronjob as _, locus_generators as _, locus_steps as _};
    Registry::linked().unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn read_answers(yaml: &str) -> Result<BTreeMap<String, Vec<Answer>>, String> {
    let (documents, problems) = parse_yaml(SourceId(0), yaml);
    if !problems.is_empty() {
        return Err(format!("`## Steps`: {}", problems[0].message));
    }
    let value = documents.first().map_or(Value::Null, locus_model::Node::to_value);
    let map = value.as_object().ok_or("`## Steps` is a mapping of step keys")?;
    map.iter()
        .map(|(key, answers)| {
            let answers = match answers {
                Value::Array(list) => list.iter().map(read_answer).collect::<Result<_, _>>()?,
                one => vec![read_answer(one)?],
            };
            Ok((key.clone(), answers))
        })
        .collect()
}

/// Events in the order in which they come: `after` the start of the run, `type`, `subject`, `data`.
fn read_events(yaml: &str) -> Result<Vec<(u64, CloudEvent)>, String> {
    let (documents, problems) = parse_yaml(SourceId(0), yaml);
    if !problems.is_empty() {
        return Err(format!("`## Events`: {}", problems[0].message));
    }
    let value = documents.first().map_or(Value::Null, locus_model::Node::to_value);
    let list = value.as_array().ok_or("`## Events` is a list")?;
    (1..)
        .zip(list)
        .map(|(seq, event)| {
            let text = |key: &str| event.get(key).and_then(Value::as_str).map(str::to_owned);
            let at = match text("after") {
                Some(after) => locus_model::duration::parse_duration(&after)?,
                None => 0,
            };
            let draft = EventDraft {
                event_type: text("type").ok_or("an event has a `type`")?,
                source: None,
                subject: text("subject"),
                data: event.get("data").cloned().unwrap_or_default(),
            };
            let time = locus_runtime::core::format_instant(START + at);
            Ok((at, CloudEvent::new(draft, format!("e-{seq}"), "/outside".to_owned(), time)))
        })
        .collect()
}

fn read_answer(value: &Value) -> Result<Answer, String> {
    let after = match value.get("after").and_then(Value::as_str) {
        Some(text) => locus_model::duration::parse_duration(text)?,
        None => 0,
    };
    let result = if let Some(code) = value.get("error").and_then(Value::as_str) {
        let retryable = value.get("retryable").and_then(Value::as_bool).unwrap_or(false);
        let message = value.get("message").and_then(Value::as_str).unwrap_or("it failed");
        Some(Err(if retryable {
            StepError::retryable(code, message)
        } else {
            StepError::terminal(code, message)
        }))
    } else if value.get("never").is_some() {
        None
    } else if let Some(result) = value.get("result") {
        Some(Ok(result.clone()))
    } else {
        return Err(format!("an answer has `result`, `error` or `never`, not {value}"));
    };
    Ok(Answer { after, result })
}

fn write_journal(records: &[Record]) -> String {
    let mut out = String::new();
    for record in records {
        let at = locus_model::duration::format_duration(record.at - START);
        let what = match &record.event {
            Event::Begun { key, attempt } => format!("begun {key}#{attempt}"),
            Event::Completed { key, attempt, result: Ok(value) } => {
                format!("done {key}#{attempt} {value}")
            }
            Event::Completed { key, attempt, result: Err(error) } => {
                format!("failed {key}#{attempt} {error}")
            }
            Event::Fired { key, kind } => format!("fired {key} {kind:?}").to_lowercase(),
            Event::Received { key, seq, event } => {
                format!("received {key} {} {seq} {}", event.event_type, event.data)
            }
            Event::CancelRequested => "cancel requested".to_owned(),
            Event::Rewound => "rewound".to_owned(),
        };
        let _ = writeln!(out, "{at:>6} {what}");
    }
    out
}

fn write_outcome(outcome: &Outcome) -> String {
    let value = match outcome {
        Outcome::Done(value) => json!({ "done": value }),
        Outcome::Failed(error) => json!({ "failed": error }),
        Outcome::Exit(exit) => json!({ "exit": exit }),
        Outcome::Cancelled => json!("cancelled"),
    };
    format!("{}\n", serde_json::to_string_pretty(&value).unwrap())
}

/// The text of the fenced block under a heading.
pub(crate) fn section(text: &str, heading: &str) -> Option<String> {
    let (start, end) = block(text, heading)?;
    Some(text[start..end].to_owned())
}

/// The byte range inside the first fence under a heading.
fn block(text: &str, heading: &str) -> Option<(usize, usize)> {
    let title = format!("\n## {heading}\n");
    let begin = text.find(&title)? + title.len();
    let rest = &text[begin..];
    let rest = &rest[..rest.find("\n## ").unwrap_or(rest.len())];
    let open = rest.find("```")?;
    let start = open + rest[open..].find('\n')? + 1;
    let end = start + rest[start..].find("```")?;
    Some((begin + start, begin + end))
}

/// The text with another block under a heading; the section is added where there is none.
pub(crate) fn replace(text: &str, heading: &str, language: &str, new: &str) -> String {
    match block(text, heading) {
        Some((start, end)) => format!("{}{new}{}", &text[..start], &text[end..]),
        None => format!(
            "{}\n## {heading}\n```{language}\n{new}```\n",
            text.trim_end().to_owned() + "\n"
        ),
    }
}
