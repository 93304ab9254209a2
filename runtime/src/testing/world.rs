//! What surrounds the run of a test: a clock that jumps from one thing to the next, and the events that come.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use locus_model::Test;
use locus_plugin::{CloudEvent, EventDraft, Outcome, StepError};
use serde_json::{Value, json};

use super::is_end_of;
use crate::core::{Command, Event, Machine, RunInfo, StepCall, TimerKind, format_instant};
use crate::host::child_run_id;

/// The numbers of events that steps tell begin behind this one, those of the test's own before.
const FIRST_TOLD: u64 = 1 << 32;

/// An event that a step told.
#[derive(Clone, Debug)]
pub(super) struct Told {
    /// Its number.
    pub(super) seq: u64,
    /// It.
    pub(super) event: CloudEvent,
}

/// Something that will have happened.
enum Coming {
    /// The end of a call, with what the step told: it is known with its record.
    Ended(Event, Vec<CloudEvent>),
    /// Anything else that is journaled.
    Event(Event),
    /// An event of the test.
    Outside(u64, CloudEvent),
}

/// The surroundings of a run.
pub(super) struct World {
    /// The time, in milliseconds since 1970-01-01 UTC.
    pub(super) now: u64,
    /// Calls that are to be made.
    pub(super) calls: VecDeque<StepCall>,
    /// How the run ended, once it has.
    pub(super) outcome: Option<Outcome>,
    run: String,
    order: u64,
    coming: BTreeMap<(u64, u64), Coming>,
    listeners: BTreeSet<String>,
    events: BTreeMap<u64, CloudEvent>,
    last_told: u64,
}

impl World {
    /// The surroundings at a time, at which steps have told these events.
    pub(super) fn new(test: &Test, run: &RunInfo, now: u64, told: &[Told]) -> Self {
        let mut world = Self {
            now,
            calls: VecDeque::new(),
            outcome: None,
            run: run.id.clone(),
            order: 0,
            coming: BTreeMap::new(),
            listeners: BTreeSet::new(),
            events: told.iter().map(|told| (told.seq, told.event.clone())).collect(),
            last_told: told.iter().map(|told| told.seq).max().unwrap_or(FIRST_TOLD),
        };
        for (seq, event) in (1..).zip(&test.events) {
            let at = run.started + event.after;
            let draft = EventDraft {
                event_type: event.event.value.clone(),
                source: None,
                subject: event.subject.clone(),
                data: event.data.clone(),
            };
            let id = format!("{}-event-{seq}", run.id);
            let event = CloudEvent::new(draft, id, "/tests".to_owned(), format_instant(at));
            world.schedule(at, Coming::Outside(seq, event));
        }
        world
    }

    /// Takes a command.
    pub(super) fn take(&mut self, command: Command) {
        match command {
            Command::Call(call) => self.calls.push_back(call),
            Command::StartRun { key, .. } => {
                let result = Ok(json!({ "run_id": child_run_id(&self.run, &key) }));
                let event = Event::Completed { key, attempt: 1, result };
                self.schedule(self.now, Coming::Event(event));
            }
            Command::CancelCall { key, attempt } => {
                self.calls.retain(|call| call.key != key || call.attempt != attempt);
                self.coming.retain(|_, coming| {
                    !matches!(coming, Coming::Ended(event, _) if is_end_of(event, &key, attempt))
                });
            }
            Command::SetTimer { key, kind, at } => {
                self.forget(&key, kind);
                self.schedule(at.max(self.now), Coming::Event(Event::Fired { key, kind }));
            }
            Command::ClearTimer { key, kind } => self.forget(&key, kind),
            Command::Listen { key, .. } => {
                self.listeners.insert(key);
            }
            Command::StopListening { key } => {
                self.listeners.remove(&key);
            }
            Command::Finish(outcome) => self.outcome = Some(outcome),
        }
    }

    /// A call was made: it ends at once.
    pub(super) fn performed(
        &mut self,
        call: &StepCall,
        result: Result<Value, StepError>,
        told: Vec<CloudEvent>,
    ) {
        let (key, attempt) = (call.key.clone(), call.attempt);
        // What a step told is known only if it succeeds.
        let told = if result.is_ok() { told } else { Vec::new() };
        self.schedule(self.now, Coming::Ended(Event::Completed { key, attempt, result }, told));
    }

    /// What happens next, at the new time, with the events that become known by it; `None` when nothing ever will.
    pub(super) fn next(&mut self, machine: &Machine) -> Option<(Event, Vec<Told>)> {
        loop {
            for key in &self.listeners {
                for (seq, event) in &self.events {
                    if machine.wants(key, *seq, event) {
                        let (key, seq, event) = (key.clone(), *seq, event.clone());
                        return Some((Event::Received { key, seq, event }, Vec::new()));
                    }
                }
            }
            let ((at, _), coming) = self.coming.pop_first()?;
            self.now = self.now.max(at);
            match coming {
                Coming::Outside(seq, event) => {
                    self.events.insert(seq, event);
                }
                Coming::Event(event) => return Some((event, Vec::new())),
                Coming::Ended(event, told) => {
                    let mut known = Vec::new();
                    for event in told {
                        self.last_told += 1;
                        self.events.insert(self.last_told, event.clone());
                        known.push(Told { seq: self.last_told, event });
                    }
                    return Some((event, known));
                }
            }
        }
    }

    /// The steps that listen for an event.
    pub(super) fn listening<'w>(&'w self, _machine: &'w Machine) -> impl Iterator<Item = &'w str> {
        self.listeners.iter().map(String::as_str)
    }

    fn schedule(&mut self, at: u64, coming: Coming) {
        self.order += 1;
        self.coming.insert((at, self.order), coming);
    }

    fn forget(&mut self, key: &str, kind: TimerKind) {
        self.coming.retain(|_, coming| {
            !matches!(coming, Coming::Event(Event::Fired { key: k, kind: t }) if k == key && *t == kind)
        });
    }
}

/// An RFC 3339 instant in milliseconds since 1970-01-01 UTC.
pub(super) fn instant(text: &str) -> Option<u64> {
    let instant: jiff::Timestamp = text.parse().ok()?;
    u64::try_from(instant.as_millisecond()).ok()
}
