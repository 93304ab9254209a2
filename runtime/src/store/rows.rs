//! What a store holds, row by row.

use locus_plugin::CloudEvent;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A run, as the store knows it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RunRow {
    /// Its id.
    pub id: String,
    /// The workflow.
    pub workflow: String,
    /// The hash of the program.
    pub program: String,
    /// The folder that relative paths of connections and files start from.
    pub base_dir: String,
    /// Its input, complete with defaults.
    pub input: Value,
    /// The environment variables that its program names, as they were when it started.
    pub env: Value,
    /// How far it is.
    pub state: RunState,
    /// Its result when `done`, its error when `failed`.
    pub outcome: Option<Value>,
    /// When it started, in milliseconds since 1970-01-01 UTC.
    pub started: u64,
    /// When it ended.
    pub ended: Option<u64>,
    /// Whether somebody wants it to end.
    pub cancel_requested: bool,
    /// Who works on it; none once it has ended, and before anybody has begun.
    pub owner: Option<String>,
    /// Whether it is asleep: nobody works on it until something wakes it.
    pub suspended: bool,
    /// When it has to wake, if it is asleep.
    pub wake_at: Option<u64>,
    /// The number of the last event before it started: it sees those behind.
    pub events_after: u64,
    /// What makes its row unreadable; its input, environment and outcome are `null` then.
    #[serde(default)]
    pub problem: Option<String>,
}

/// How far a run is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// It goes on, or would if its process were there.
    Running,
    /// It ended with a result.
    Done,
    /// It ended with an error.
    Failed,
    /// It was cancelled.
    Cancelled,
}

impl RunState {
    const ALL: [Self; 4] = [Self::Running, Self::Done, Self::Failed, Self::Cancelled];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// Which runs are wanted; by default all.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct RunFilter {
    /// Only of this workflow.
    pub workflow: Option<String>,
    /// Only of the program of this hash.
    pub program: Option<String>,
    /// Only in this state.
    pub state: Option<RunState>,
    /// At most so many.
    pub limit: Option<u32>,
}

/// A run as text, at some length of its journal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    /// How many records of the journal are in it.
    pub records: u64,
    /// What [`Machine::snapshot`](crate::core::Machine::snapshot) wrote.
    pub body: String,
}

/// An event in its store.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct EventRow {
    /// Its number: events are numbered from 1, in the order in which they came. 0 before it is in the store.
    pub seq: u64,
    /// The only run that it is for; all of them where none is given.
    pub run: Option<String>,
    /// When it came, in milliseconds since 1970-01-01 UTC.
    pub at: u64,
    /// It.
    pub event: CloudEvent,
}

/// Which events are wanted; by default all.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct EventQuery {
    /// Only those behind this number.
    pub after: u64,
    /// Only of this type.
    pub event_type: Option<String>,
    /// Only about this subject.
    pub subject: Option<String>,
    /// Only those that are for this run, or for all.
    pub run: Option<String>,
    /// At most so many.
    pub limit: Option<u32>,
}

/// A step that listens for events.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Listener {
    /// The step key.
    pub key: String,
    /// The type of the events.
    pub event_type: String,
    /// What they are about.
    pub subject: Option<String>,
    /// The number of the last event that it has looked at.
    pub after: u64,
}

/// A run that is asleep.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SuspendedRun {
    /// When it has to wake, in milliseconds since 1970-01-01 UTC.
    pub wake_at: Option<u64>,
    /// The run.
    pub run: String,
    /// Who owns it.
    pub owner: Option<String>,
}

/// A workflow that starts again and again.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ScheduleRow {
    /// Its id.
    pub id: String,
    /// The workflow.
    pub workflow: String,
    /// The hash of the program.
    pub program: String,
    /// The folder that relative paths of connections and files start from.
    pub base_dir: String,
    /// The input of each run, complete with defaults.
    pub input: Value,
    /// Minute, hour, day of month, month, day of week.
    pub cron: String,
    /// Whose clock counts, as the IANA names it.
    pub timezone: String,
    /// The last instant at which it starts a run, in milliseconds since 1970-01-01 UTC.
    pub until: Option<u64>,
    /// When it starts the next one.
    pub next_at: u64,
}

/// What is to be removed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prune {
    /// Runs that ended before this instant, in milliseconds since 1970-01-01 UTC.
    pub ended_before: u64,
    /// Of these states.
    pub states: Vec<RunState>,
    /// Events that came before this instant and that no run that is asleep could still take.
    pub events_before: u64,
}

/// What was removed.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Pruned {
    /// How many runs, with their journals.
    pub runs: u64,
    /// How many events.
    pub events: u64,
}

impl RunRow {
    /// Whether its time has not come yet: nobody has begun it.
    #[must_use]
    pub fn is_planned(&self) -> bool {
        self.state == RunState::Running && self.suspended && self.owner.is_none()
    }

    /// Whether an event is one that the run can see.
    #[must_use]
    pub fn sees(&self, event: &EventRow) -> bool {
        event.seq > self.events_after && event.run.as_ref().is_none_or(|run| *run == self.id)
    }
}

impl EventQuery {
    /// Whether an event is wanted.
    #[must_use]
    pub fn fits(&self, row: &EventRow) -> bool {
        row.seq > self.after
            && self.event_type.as_ref().is_none_or(|wanted| *wanted == row.event.event_type)
            && self.subject.as_ref().is_none_or(|wanted| row.event.subject.as_ref() == Some(wanted))
            && (self.run.is_none() || row.run.is_none() || row.run == self.run)
    }
}

impl Listener {
    /// Whether an event is worth a look.
    #[must_use]
    pub fn fits(&self, row: &EventRow) -> bool {
        row.seq > self.after
            && self.event_type == row.event.event_type
            && self.subject.as_ref().is_none_or(|wanted| row.event.subject.as_ref() == Some(wanted))
    }
}
