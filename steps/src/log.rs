//! `log`: a line in the run's log.

use indexmap::IndexMap;
use locus_plugin::services::LogLevel;
use locus_plugin::{Action, Param, Step, StepContext, StepError};
use serde_json::{Map, Value};

/// Writes a line to the run's log.
///
/// The result is `null`.
///
/// ```yaml
/// workflows:
///   notice:
///     input: { customer: string, total: decimal }
///     steps:
///       - log:
///           level: warn
///           message: "unusual order of ${ .input.customer }"
///           fields: { total: "${ .input.total }" }
/// ```
#[derive(Step)]
#[step(name = "log", action, no_errors, effect = "idempotent", result = null())]
pub struct Log {
    /// What the line says. A value that is not text is written as JSON.
    message: Value,
    /// How important it is.
    #[param(default = "info")]
    level: Level,
    /// Values beside the message, by name.
    #[param(default)]
    fields: IndexMap<String, Value>,
}

/// How important a line of the log is.
#[derive(Param)]
pub enum Level {
    /// For the author while building.
    Debug,
    /// The usual course of things.
    Info,
    /// Worth a look.
    Warn,
    /// Something failed.
    Error,
}

impl Action for Log {
    async fn run(self, cx: StepContext) -> Result<Value, StepError> {
        let message = match self.message {
            Value::String(text) => text,
            other => other.to_string(),
        };
        let level = match self.level {
            Level::Debug => LogLevel::Debug,
            Level::Info => LogLevel::Info,
            Level::Warn => LogLevel::Warn,
            Level::Error => LogLevel::Error,
        };
        let fields: Map<String, Value> = self.fields.into_iter().collect();
        cx.log(level, &message, &Value::Object(fields));
        Ok(Value::Null)
    }
}
