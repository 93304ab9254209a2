//! How an engine fails. A run that fails is no failure of the engine: that is its outcome.

use std::fmt;

use locus_plugin::StepError;
use serde_json::Value;

use crate::core::CoreError;
use crate::store::StoreError;

/// The engine cannot do what it was asked to.
#[derive(Clone, PartialEq, Debug)]
pub struct EngineError {
    /// A short name: `invalid_input`, `run_id_in_use`, `journal_mismatch`, `store_full`, …
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What one can do about it; empty where nothing is to be said.
    pub help: String,
    /// For `invalid_input`: a list of `{ "path", "message" }`, the path being a JSON pointer. Otherwise `null`.
    pub details: Value,
}

impl EngineError {
    pub(crate) fn new(code: &str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            help: help.into(),
            details: Value::Null,
        }
    }

    pub(crate) fn run_id_in_use(run: &str) -> Self {
        StoreError::run_id_in_use(run).into()
    }

    pub(crate) fn run_elsewhere(run: &str) -> Self {
        Self::new(
            "run_elsewhere",
            format!("another process is executing the run `{run}`"),
            "wait for it, or cancel the run: `locus runs cancel`",
        )
    }

    pub(crate) fn stopped(run: &str) -> Self {
        Self::new(
            "run_interrupted",
            format!("the run `{run}` was interrupted before it ended"),
            "go on with it: `locus runs resume`",
        )
    }

    pub(crate) fn journal_mismatch(run: &str, key: &str, index: u64) -> Self {
        Self::new(
            "journal_mismatch",
            format!(
                "record {} of the run `{run}` is about the step `{key}`, which is another one in this program or does not run here",
                index + 1
            ),
            "resume the run with the plugins it was started with, or cancel it and start a new one",
        )
    }
}

impl EngineError {
    pub(crate) fn run_ended(run: &str) -> Self {
        Self::new(
            "run_ended",
            format!("the run `{run}` has ended: nothing in it waits any longer"),
            "`locus runs show` tells how it ended",
        )
    }
}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> Self {
        Self::new(error.code, error.message, error.help)
    }
}

impl From<CoreError> for EngineError {
    fn from(error: CoreError) -> Self {
        Self::new(error.code, error.message, "")
    }
}

impl From<StepError> for EngineError {
    fn from(error: StepError) -> Self {
        Self { details: error.details, ..Self::new(&error.code, error.message, "") }
    }
}

impl From<EngineError> for StepError {
    /// How a step fails that could not start a run. A store that fails may work again later.
    fn from(error: EngineError) -> Self {
        let failure = if error.code.starts_with("store_") {
            Self::retryable(error.code, error.message)
        } else {
            Self::terminal(error.code, error.message)
        };
        failure.details(error.details)
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for EngineError {}
