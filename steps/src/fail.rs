//! `fail`: an error of the author's own.

use locus_plugin::{Control, ControlContext, ControlEvent, Decision, Outcome, Step, StepError};
use serde_json::Value;

/// Fails with an error that a `catch` can take; without one, the workflow fails with it.
///
/// The error is final: `retry` does not try it again.
///
/// ```yaml
/// workflows:
///   withdraw:
///     input: { balance: int, amount: int }
///     steps:
///       - fail:
///           error: balance_too_low
///           message: "${ .input.amount } is more than there is"
///           details: { missing: "${ .input.amount - .input.balance }" }
///         when: ${ .input.amount > .input.balance }
///       - return: { value: "${ .input.balance - .input.amount }" }
/// ```
#[derive(Step)]
#[step(name = "fail", control, no_errors, never_completes)]
pub struct Fail {
    /// The error's code, in snake case: what `catch` matches.
    #[param(reference = "error", pattern = "^[a-z][a-z0-9_]*$", role = "raises")]
    error: String,
    /// What went wrong, for people; the code when not given.
    message: Option<String>,
    /// Facts for whoever handles it.
    details: Option<Value>,
}

impl Control for Fail {
    type State = ();

    fn start(&self, _cx: &ControlContext<'_>) -> Result<((), Decision), StepError> {
        let message = self.message.as_ref().unwrap_or(&self.error);
        let error = StepError::terminal(&self.error, message)
            .details(self.details.clone().unwrap_or_default());
        Ok(((), Decision::end(Outcome::Failed(error))))
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
