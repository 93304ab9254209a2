//! Recovery: a machine is started again and its journal applied. Nothing is done on the way: the journal says what came of it.

use std::collections::HashSet;
use std::sync::Arc;

use super::error::EngineError;
use crate::core::{Command, Event, Image, Machine, Record, RunInfo, TimerKind};

/// A run as its journal leaves it.
pub(super) struct Replayed {
    pub(super) machine: Machine,
    /// Whether it is being cancelled already.
    pub(super) cancelled: bool,
    /// How many records there are.
    pub(super) records: u64,
}

/// Applies a journal. Every record has to be about the step it was written for.
pub(super) fn replay(
    image: Arc<Image>,
    info: RunInfo,
    journal: Vec<Record>,
) -> Result<Replayed, EngineError> {
    let run = info.id.clone();
    let (mut machine, commands) = Machine::with_image(image, info)?;
    let mut unwanted = Unwanted::default();
    unwanted.note(&commands);
    let (records, mut cancelled) = (journal.len() as u64, false);
    for (index, Record { at, signature, event }) in journal.into_iter().enumerate() {
        // Records of the same commit as the last one may follow it; the machine ignores them.
        if machine.outcome().is_some() {
            break;
        }
        let expected = machine.signature(event.key()).unwrap_or_default();
        if expected != signature && !unwanted.has(&event) {
            return Err(EngineError::journal_mismatch(&run, event.key(), index));
        }
        cancelled |= event == Event::CancelRequested;
        let commands = machine.apply(at, event);
        unwanted.note(&commands);
    }
    Ok(Replayed { machine, cancelled, records })
}

/// Calls and timers that were called off. Their events can still be in the journal, where they ended at the same moment.
#[derive(Default)]
struct Unwanted {
    /// Only looked up, never walked.
    calls: HashSet<(String, u32)>,
    timers: HashSet<(String, TimerKind)>,
    listens: HashSet<String>,
}

impl Unwanted {
    fn note(&mut self, commands: &[Command]) {
        for command in commands {
            match command {
                Command::CancelCall { key, attempt } => {
                    self.calls.insert((key.clone(), *attempt));
                }
                Command::ClearTimer { key, kind } => {
                    self.timers.insert((key.clone(), *kind));
                }
                Command::StopListening { key } => {
                    self.listens.insert(key.clone());
                }
                _ => {}
            }
        }
    }

    fn has(&self, event: &Event) -> bool {
        match event {
            Event::Begun { key, attempt } | Event::Completed { key, attempt, .. } => {
                self.calls.contains(&(key.clone(), *attempt))
            }
            Event::Fired { key, kind } => self.timers.contains(&(key.clone(), *kind)),
            Event::Received { key, .. } => self.listens.contains(key),
            Event::CancelRequested | Event::Rewound => false,
        }
    }
}
