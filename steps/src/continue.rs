//! `continue`: ends an iteration of the loop around it.

use locus_plugin::{
    Control, ControlContext, ControlEvent, Decision, Exit, Outcome, Step, StepError,
};
use serde_json::Value;

/// Ends this iteration of the loop around it; the loop goes on with the next.
///
/// ```yaml
/// workflows:
///   remind:
///     input: { customers: "json[]" }
///     steps:
///       - loop:
///           over: ${ .input.customers }
///           as: customer
///           steps:
///             - continue: { value: skipped }
///               when: ${ $customer.opted_out }
///             - log: { message: "reminding ${ $customer.name }" }
/// ```
#[derive(Step)]
#[step(name = "continue", control, no_errors, raises = "continue", never_completes)]
pub struct Continue {
    /// The result of the iteration; `null` when not given.
    value: Option<Value>,
}

impl Control for Continue {
    type State = ();

    fn start(&self, _cx: &ControlContext<'_>) -> Result<((), Decision), StepError> {
        let value = self.value.clone().unwrap_or_default();
        Ok(((), Decision::end(Outcome::Exit(Exit { signal: "continue".to_owned(), value }))))
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
