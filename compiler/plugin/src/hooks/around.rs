//! What hooks around runs and steps see and decide.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::StepError;

/// What a hook around a run or a step decides.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// Go on: call the action, keep the result, keep the failure.
    #[default]
    Keep,
    /// This is the result.
    Replace {
        /// The result.
        value: Value,
    },
    /// It fails so.
    Fail {
        /// The failure; `catch` and `retry` see it as any other.
        error: StepError,
    },
}

/// A run, as hooks around it see it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RunInfo {
    /// The run.
    pub id: String,
    /// Its workflow.
    pub workflow: String,
    /// Its input, complete and checked.
    pub input: Value,
}

/// An attempt of an action, as hooks around it see it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StepAttempt {
    /// The run.
    pub run: String,
    /// The step path.
    pub path: String,
    /// The step key: the path with iterations.
    pub key: String,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// The step type.
    pub step_type: String,
    /// The evaluated parameters. Secrets are among them as they are: a hook that passes them on leaks them.
    pub params: Value,
    /// The recorded time, in milliseconds since 1970-01-01 UTC.
    pub now: u64,
}
