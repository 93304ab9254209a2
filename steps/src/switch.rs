//! `switch`: the case of a value.

use locus_plugin::{
    BlockRef, Branches, Control, ControlContext, ControlEvent, Decision, Step, StepError,
};
use serde_json::Value;

/// Runs the steps of the case that a value names, or those of `default`.
///
/// The value is text, a number, true, false or null, and is compared with the keys of `cases` by its text; numbers are compared
/// as numbers, so that `1.0` finds the case `1`. The result is that of the block that ran, `null` when none did.
///
/// ```yaml
/// workflows:
///   handle_payment:
///     input: { status: { enum: [paid, declined, pending] } }
///     steps:
///       - switch:
///           on: ${ .input.status }
///           cases:
///             paid:
///               - log: { message: shipping }
///             declined:
///               - fail: { error: payment_declined }
///           default:
///             - log: { message: waiting for the bank }
/// ```
#[derive(Step)]
#[step(
    name = "switch",
    control,
    no_errors,
    result = one_of([block("/cases/*"), uncovered("/on", "/cases", block("/default"))])
)]
pub struct Switch {
    /// The value.
    #[param(role = "selector")]
    on: Value,
    /// What runs, by value.
    #[param(min_items = 1)]
    #[slot(runs = "at_most_once")]
    cases: Branches,
    /// What runs when no case is that of the value.
    #[slot(runs = "at_most_once")]
    default: Option<BlockRef>,
}

impl Control for Switch {
    type State = ();

    fn start(&self, _cx: &ControlContext<'_>) -> Result<((), Decision), StepError> {
        let case = self.case()?.or(self.default.as_ref());
        Ok(((), crate::block::run(case)))
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

impl Switch {
    fn case(&self) -> Result<Option<&BlockRef>, StepError> {
        let text = match &self.on {
            Value::String(text) => text.clone(),
            Value::Null | Value::Bool(_) | Value::Number(_) => self.on.to_string(),
            Value::Array(_) | Value::Object(_) => {
                return Err(StepError::terminal(
                    "invalid_parameter",
                    "`on` must be text, a number, true, false or null",
                ));
            }
        };
        let same_number = || {
            let number = self.on.as_f64()?;
            self.cases.iter().find(|(key, _)| key.parse() == Ok(number)).map(|(_, block)| block)
        };
        Ok(self.cases.get(&text).or_else(same_number))
    }
}
