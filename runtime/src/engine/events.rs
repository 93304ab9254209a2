//! What an engine tells while it works: progress of runs and steps, and lines of the log.

use locus_plugin::services::LogLevel;
use locus_plugin::{Outcome, StepError};
use serde_json::Value;

/// Hears of what happens. Calls come from the tasks that run, so an implementation returns at once.
pub trait EngineEvents: Send + Sync {
    /// Something happened.
    fn event(&self, event: &EngineEvent<'_>);
}

/// Something that happened. Nothing is told again when a run is recovered.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum EngineEvent<'a> {
    /// A run begins.
    RunStarted {
        /// The run.
        run: &'a str,
        /// Its workflow.
        workflow: &'a str,
    },
    /// A run that was interrupted goes on.
    RunResumed {
        /// The run.
        run: &'a str,
        /// Its workflow.
        workflow: &'a str,
        /// How many records its journal has.
        records: u64,
    },
    /// A run has ended.
    RunEnded {
        /// The run.
        run: &'a str,
        /// How.
        outcome: &'a Outcome,
    },
    /// A run stops here and can be resumed: the store failed, or the engine is being stopped.
    RunInterrupted {
        /// The run.
        run: &'a str,
        /// Why.
        reason: &'a str,
    },
    /// A step's action is called.
    StepStarted {
        /// The run.
        run: &'a str,
        /// The step key.
        key: &'a str,
        /// Which attempt, from 1.
        attempt: u32,
        /// The step type.
        step_type: &'a str,
    },
    /// A step's action has ended, and that is recorded.
    StepEnded {
        /// The run.
        run: &'a str,
        /// The step key.
        key: &'a str,
        /// Which attempt, from 1.
        attempt: u32,
        /// Its result or failure.
        result: &'a Result<Value, StepError>,
    },
    /// A step will be tried again.
    StepRetrying {
        /// The run.
        run: &'a str,
        /// The step key.
        key: &'a str,
        /// When, in milliseconds since 1970-01-01 UTC.
        at: u64,
    },
    /// A step's action is not wanted any longer.
    StepCancelled {
        /// The run.
        run: &'a str,
        /// The step key.
        key: &'a str,
        /// Which attempt, from 1.
        attempt: u32,
    },
    /// A step writes to the log.
    Log {
        /// The run.
        run: &'a str,
        /// The step key.
        key: &'a str,
        /// How important it is.
        level: LogLevel,
        /// The line.
        message: &'a str,
        /// Facts beside it; `null` when there are none.
        fields: &'a Value,
    },
}

/// Hears nothing.
#[derive(Clone, Copy, Default, Debug)]
pub struct Silent;

impl EngineEvents for Silent {
    fn event(&self, _event: &EngineEvent<'_>) {}
}
