//! A condition that the step evaluates itself, each time with other variables.

use std::collections::BTreeMap;

use locus_plugin::{ControlContext, Lazy, Param, ParamError, StepError, Value, schema};
use serde_json::json;

/// A condition on what a branch gave. It sees `$result` and `$branch`, the branch's name.
pub struct Condition(Lazy<bool>);

impl Param for Condition {
    /// As that of any lazy parameter, which would see the variables of blocks beside it: these are its own.
    fn schema() -> Value {
        let mut schema = Lazy::<bool>::schema();
        schema[schema::LAZY] = json!({ "binds": ["result", "branch"] });
        schema
    }

    fn from_value(value: Value) -> Result<Self, ParamError> {
        Lazy::from_value(value).map(Self)
    }
}

impl Condition {
    /// Whether it holds for what a branch gave.
    ///
    /// # Errors
    /// `expression_failed`, and `invalid_parameter` where it gives no truth value.
    pub fn holds(
        &self,
        cx: &ControlContext<'_>,
        branch: &str,
        result: &Value,
    ) -> Result<bool, StepError> {
        let seen = [("branch", json!(branch)), ("result", result.clone())];
        let seen: BTreeMap<String, Value> =
            seen.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        cx.eval(&self.0, &seen)
    }
}
