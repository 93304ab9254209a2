//! Recovery: a machine is taken up from its last snapshot, or started again, and the records behind that are applied. Nothing is done on the way: the
//! journal says what came of it.

use std::collections::HashSet;
use std::sync::Arc;

use super::error::EngineError;
use crate::core::{Command, Event, Image, Machine, Record, RunInfo, TimerKind};

/// A run that is being recovered.
pub(super) struct Replay {
    run: String,
    machine: Machine,
    unwanted: Unwanted,
    /// How many records are applied.
    records: u64,
}

impl Replay {
    /// From the beginning.
    pub(super) fn begin(image: Arc<Image>, info: RunInfo) -> Result<Self, EngineError> {
        let run = info.id.clone();
        let (machine, commands) = Machine::with_image(image, info)?;
        let mut unwanted = Unwanted::default();
        unwanted.note(&commands);
        Ok(Self { run, machine, unwanted, records: 0 })
    }

    /// From a snapshot that holds so many records.
    pub(super) fn resume(run: String, machine: Machine, records: u64) -> Self {
        Self { run, machine, unwanted: Unwanted::default(), records }
    }

    /// Applies the next records. Each has to be about the step it was written for.
    pub(super) fn apply(&mut self, records: Vec<Record>) -> Result<(), EngineError> {
        for record in records {
            // Records of the same commit as the last one may follow it; the machine ignores them.
            if self.machine.outcome().is_none() {
                if !self.fits(&record) {
                    let (key, index) = (record.event.key(), self.records);
                    return Err(EngineError::journal_mismatch(&self.run, key, index));
                }
                let commands = self.machine.apply(record.at, record.event);
                self.unwanted.note(&commands);
            }
            self.records += 1;
        }
        Ok(())
    }

    /// Whether a record is about the step it was written for.
    pub(super) fn fits(&self, record: &Record) -> bool {
        let expected = self.machine.signature(record.event.key()).unwrap_or_default();
        expected == record.signature || self.unwanted.has(&record.event)
    }

    /// Whether a record is about something that goes on here.
    pub(super) fn is_awaited(&self, record: &Record) -> bool {
        let known = self.machine.signature(record.event.key());
        known.is_some_and(|signature| signature == record.signature)
    }

    /// How many records are applied.
    pub(super) fn records(&self) -> u64 {
        self.records
    }

    /// The machine as its journal leaves it, and how many records that has.
    pub(super) fn finish(self) -> (Machine, u64) {
        (self.machine, self.records)
    }
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
