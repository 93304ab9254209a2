//! How a step fails.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The codes with which a host can end a step of any type: a step type need not name them.
///
/// `timeout` is among them only for a step that has a `timeout`, `interrupted` only for a step whose effect is `at_most_once`.
pub const HOST_ERRORS: [&str; 11] = [
    "expression_failed",
    "interrupted",
    "invalid_parameter",
    "permission_denied",
    "plugin_error",
    "plugin_panicked",
    "result_too_deep",
    "signal_outside",
    "snapshot_mismatch",
    "timeout",
    "unknown_step_type",
];

/// A failure of a step. Its code is what `catch` and `retry` match.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StepError {
    /// A short name in snake case: `timeout`, `http_5xx`, `out_of_stock`.
    pub code: String,
    /// What went wrong, in one sentence.
    pub message: String,
    /// Whether trying again may help.
    pub retryable: bool,
    /// Facts for a handler; `null` when there are none. `retry_after`, in milliseconds, asks a retry to wait at least so long.
    #[serde(default)]
    pub details: Value,
    /// Key of the step that failed first; hosts fill it in.
    #[serde(default)]
    pub step: Option<String>,
}

impl StepError {
    /// A failure that trying again may mend.
    #[must_use]
    pub fn retryable(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            retryable: true,
            details: Value::Null,
            step: None,
        }
    }

    /// A failure that trying again will not mend.
    #[must_use]
    pub fn terminal(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            retryable: false,
            details: Value::Null,
            step: None,
        }
    }

    /// Adds facts for a handler.
    #[must_use]
    pub fn details(mut self, details: Value) -> Self {
        self.details = details;
        self
    }

    /// Whether a list of codes, as written in `catch` and `retry`, takes this failure: an empty list and `*` take all,
    /// `http_*` takes every code that starts so.
    #[must_use]
    pub fn matches<S: AsRef<str>>(&self, codes: &[S]) -> bool {
        codes.is_empty()
            || codes.iter().any(|code| match code.as_ref().strip_suffix('*') {
                Some(prefix) => self.code.starts_with(prefix),
                None => self.code == code.as_ref(),
            })
    }
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for StepError {}
