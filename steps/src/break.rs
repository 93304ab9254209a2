//! `break`: ends the loop around it.

use locus_plugin::{
    Control, ControlContext, ControlEvent, Decision, Exit, Outcome, Step, StepError,
};
use serde_json::Value;

/// Ends the loop around it.
///
/// The loop's result has what is done so far. The iteration that breaks off is left out of it, unless `break` carries a value.
///
/// ```yaml
/// workflows:
///   first_in_stock:
///     input: { skus: "string[]" }
///     steps:
///       - id: search
///         loop:
///           over: ${ .input.skus }
///           steps:
///             - id: stock
///               external_api: { url: "https://stock.example/${ $item | @uri }" }
///             - break: { value: "${ $item }" }
///               when: ${ .steps.stock.free > 0 }
///       - return: { value: "${ .steps.search | last }" }
/// ```
#[derive(Step)]
#[step(name = "break", control, no_errors, raises = "break", never_completes)]
pub struct Break {
    /// The result of the iteration it ends.
    value: Option<Value>,
}

impl Control for Break {
    type State = ();

    fn start(&self, _cx: &ControlContext<'_>) -> Result<((), Decision), StepError> {
        let value = self.value.clone().unwrap_or_default();
        Ok(((), Decision::end(Outcome::Exit(Exit { signal: "break".to_owned(), value }))))
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
