//! `wait`: a length of time, or until an instant.

use locus_plugin::{
    Control, ControlContext, ControlEvent, Decision, Millis, Outcome, Step, StepError,
};
use serde_json::Value;

use crate::instant::Instant;

/// Waits for a length of time, or until an instant; one that is over already does not wait.
///
/// A run that waits needs no memory and outlives restarts. The result is `null`.
///
/// ```yaml
/// workflows:
///   remind:
///     input: { due: datetime }
///     steps:
///       - wait: { until: "${ .input.due }" }
///       - log: { message: due today }
///       - wait: { for: 2d }
///       - log: { message: overdue }
/// ```
#[derive(Step)]
#[step(name = "wait", control, no_errors, result = null(), exactly_one("for", "until"))]
pub struct Wait {
    /// How long.
    r#for: Option<Millis>,
    /// Until when: a date and time with its offset from UTC, `2026-11-21T09:00:00Z`.
    until: Option<Instant>,
}

impl Control for Wait {
    type State = ();

    fn start(&self, cx: &ControlContext<'_>) -> Result<((), Decision), StepError> {
        let now = cx.now();
        let length = self.r#for.map_or(0, |length| length.0);
        let until = self.until.map_or(now.saturating_add(length), |instant| instant.0);
        Ok(((), if until > now { Decision::wake_at(until) } else { Decision::done(Value::Null) }))
    }

    fn on(
        &self,
        (): &mut (),
        event: ControlEvent,
        _cx: &ControlContext<'_>,
    ) -> Result<Decision, StepError> {
        Ok(match event {
            ControlEvent::Woken => Decision::done(Value::Null),
            ControlEvent::Cancelled => Decision::end(Outcome::Cancelled),
            ControlEvent::Ended { .. } | ControlEvent::Received(_) => Decision::wait(),
        })
    }
}
