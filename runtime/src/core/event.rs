//! What goes into the core and what comes out of it. Events are what a journal holds.

use locus_model::{Effect, StepPath};
use locus_plugin::{CloudEvent, Outcome, StepError, Subscription};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a run is of; fixed when it starts.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RunInfo {
    /// Its id, unique in the store.
    pub id: String,
    /// The workflow it runs.
    pub workflow: String,
    /// Its input, complete with defaults.
    pub input: Value,
    /// The environment variables that its program names, as they were when it started; `null` for those that were not set.
    pub env: Value,
    /// When it started, in milliseconds since 1970-01-01 UTC.
    pub started: u64,
}

/// Something happened; all of it is journaled before it is applied. Step keys name steps with iterations: `fulfil_order/reserve_all[3]/reserve`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// An at-most-once call is about to be made; journaled before it is.
    Begun {
        /// The step.
        key: String,
        /// Its attempt, from 1.
        attempt: u32,
    },
    /// A call has ended.
    Completed {
        /// The step.
        key: String,
        /// Its attempt, from 1.
        attempt: u32,
        /// Its result or failure.
        result: Result<Value, StepError>,
    },
    /// A timer has fired.
    Fired {
        /// The step whose timer it is; the workflow's name for the run's own.
        key: String,
        /// What it was for.
        kind: TimerKind,
    },
    /// An event has come that a step listens for.
    Received {
        /// The step.
        key: String,
        /// Its number in the store.
        seq: u64,
        /// It.
        #[serde(rename = "cloud_event")]
        event: CloudEvent,
    },
    /// Somebody wants the run to end.
    CancelRequested,
    /// A run that had ended goes on from an earlier point: what was behind it is not in the journal any longer.
    Rewound,
}

/// What a timer is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimerKind {
    /// A control step wants to be woken.
    Wake,
    /// The time of an attempt, or of the run, is over.
    Timeout,
    /// The delay before the next attempt is over.
    Retry,
}

impl Event {
    /// The step it is about; empty for the whole run.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Begun { key, .. }
            | Self::Completed { key, .. }
            | Self::Fired { key, .. }
            | Self::Received { key, .. } => key,
            Self::CancelRequested | Self::Rewound => "",
        }
    }
}

/// An event with the time it was recorded at, and the signature of its step: what a journal holds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Record {
    /// Milliseconds since 1970-01-01 UTC.
    pub at: u64,
    /// [`Step::signature`](locus_model::Step::signature) of the step; empty for the whole run.
    pub signature: String,
    /// What happened.
    pub event: Event,
}

/// Something to do.
#[derive(Clone, PartialEq, Debug)]
pub enum Command {
    /// Make a call and report its [`Event::Completed`].
    Call(StepCall),
    /// Start a run of its own, and report [`Event::Completed`] with `{ "run_id": … }` for the key.
    StartRun {
        /// The step that starts it.
        key: String,
        /// The workflow.
        workflow: String,
        /// Its input.
        input: Value,
    },
    /// Stop a call; its [`Event::Completed`] is no longer wanted and is ignored.
    CancelCall {
        /// The step.
        key: String,
        /// Its attempt.
        attempt: u32,
    },
    /// Report [`Event::Fired`] at this time; replaces an earlier timer of the same key and kind.
    SetTimer {
        /// The step.
        key: String,
        /// What it is for.
        kind: TimerKind,
        /// Milliseconds since 1970-01-01 UTC.
        at: u64,
    },
    /// Forget a timer.
    ClearTimer {
        /// The step.
        key: String,
        /// What it was for.
        kind: TimerKind,
    },
    /// Report [`Event::Received`] for each event of the store that fits and that the run has not taken, in their order, until the step hears
    /// enough; replaces what the step listened for before.
    Listen {
        /// The step.
        key: String,
        /// What it listens for.
        subscription: Subscription,
    },
    /// Stop listening.
    StopListening {
        /// The step.
        key: String,
    },
    /// The run has ended.
    Finish(Outcome),
}

/// A call of an action.
#[derive(Clone, PartialEq, Debug)]
pub struct StepCall {
    /// The step key.
    pub key: String,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// The step path.
    pub path: StepPath,
    /// The step type.
    pub step_type: String,
    /// What a repetition would do to the world outside.
    pub effect: Effect,
    /// Signature of the step, for its records.
    pub signature: String,
    /// The evaluated parameters.
    pub params: Value,
    /// The recorded time.
    pub now: u64,
    /// Whether an earlier process began it and did not record its end.
    pub begun: bool,
}
