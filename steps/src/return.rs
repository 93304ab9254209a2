//! `return`: ends the workflow.

use locus_plugin::{
    Control, ControlContext, ControlEvent, Decision, Exit, Outcome, Step, StepError,
};
use serde_json::Value;

/// Ends the workflow with a result.
///
/// `finally` blocks around it still run. Everything else that is running is cancelled.
///
/// ```yaml
/// workflows:
///   greet:
///     input: { name: "string?" }
///     steps:
///       - return: { value: Hello }
///         when: ${ .input.name == null }
///       - return: { value: "Hello, ${ .input.name }" }
/// ```
#[derive(Step)]
#[step(name = "return", control, no_errors, raises = "return", never_completes)]
pub struct Return {
    /// The result of the workflow; `null` when not given.
    value: Option<Value>,
}

impl Control for Return {
    type State = ();

    fn start(&self, _cx: &ControlContext<'_>) -> Result<((), Decision), StepError> {
        let value = self.value.clone().unwrap_or_default();
        Ok(((), Decision::end(Outcome::Exit(Exit { signal: "return".to_owned(), value }))))
    }

    fn on(
        &self,
        (): &mut (),
        event: ControlEvent,
        _cx: &ControlContext<'_>,
    ) -> Result<Decision, StepError> {
        Ok(crate::block::end_with(event))
    }
}
