//! `race_until`: branches side by side, against each other and the clock.

use std::collections::BTreeMap;

use locus_plugin::{
    Branches, Control, ControlContext, ControlEvent, Decision, Launch, Millis, Outcome, Step,
    StepError, Value,
};
use serde_json::{Map, json};

/// Runs branches side by side until one of them succeeds or the deadline passes; whatever still runs then is cancelled.
///
/// The result has one key, the branch that was first: `{ mirror: … }`. When every branch has failed, the step fails with
/// `all_branches_failed`, and its details are the errors by branch; when the deadline passes, with `deadline_passed`. A `break`, `continue` or
/// `return` inside a branch ends the step at once.
///
/// ```yaml
/// workflows:
///   quote:
///     steps:
///       - id: price
///         race_until:
///           deadline: 2s
///           branches:
///             north:
///               - external_api: { url: "https://north.example/price" }
///             south:
///               - external_api: { url: "https://south.example/price" }
///       - return: { value: "${ .steps.price | to_entries[0].value }" }
/// ```
#[derive(Step)]
#[step(name = "race_until", control, result = any_of("/branches/*"))]
pub struct RaceUntil {
    /// How long the branches have.
    deadline: Millis,
    /// The branches by name, each a list of steps.
    #[param(min_items = 1)]
    #[slot(runs = "concurrent")]
    branches: Branches,
}

impl Control for RaceUntil {
    /// The errors of the branches that have failed.
    type State = BTreeMap<String, StepError>;

    fn start(&self, cx: &ControlContext<'_>) -> Result<(Self::State, Decision), StepError> {
        let decision = Decision::Continue {
            launch: self.branches.values().map(Launch::once).collect(),
            cancel: Vec::new(),
            wake: Some(cx.now().saturating_add(self.deadline.0)),
            listen: None,
        };
        Ok((BTreeMap::new(), decision))
    }

    fn on(
        &self,
        failed: &mut Self::State,
        event: ControlEvent,
        cx: &ControlContext<'_>,
    ) -> Result<Decision, StepError> {
        let (key, outcome) = match event {
            ControlEvent::Woken => return Err(self.too_late()),
            ControlEvent::Cancelled => return Ok(Decision::end(Outcome::Cancelled)),
            ControlEvent::Received(_) => return Ok(Decision::wait()),
            ControlEvent::Ended { key, outcome } => (key, outcome),
        };
        if cx.cancelling() {
            return Ok(Decision::wait());
        }
        let Some((branch, _)) = self.branches.iter().find(|(_, block)| **block == key.block) else {
            return Ok(Decision::wait());
        };
        match outcome {
            Outcome::Done(result) => Ok(Decision::done(json!({ branch: result }))),
            Outcome::Exit(_) => Ok(Decision::end(outcome)),
            Outcome::Cancelled => Ok(Decision::wait()),
            Outcome::Failed(error) => {
                failed.insert(branch.clone(), error);
                if failed.len() < self.branches.len() {
                    Ok(Decision::wait())
                } else {
                    Err(self.all_failed(failed))
                }
            }
        }
    }
}

impl RaceUntil {
    fn too_late(&self) -> StepError {
        StepError::retryable(
            "deadline_passed",
            format!("no branch succeeded within {}", self.deadline),
        )
    }

    fn all_failed(&self, failed: &BTreeMap<String, StepError>) -> StepError {
        let message = format!("none of the {} branches succeeded", self.branches.len());
        // Trying again may help as soon as it may help one of them.
        let error = if failed.values().any(|error| error.retryable) {
            StepError::retryable("all_branches_failed", message)
        } else {
            StepError::terminal("all_branches_failed", message)
        };
        let by_branch = failed.iter().map(|(branch, error)| {
            (branch.clone(), json!({ "code": error.code, "message": error.message }))
        });
        error.details(Value::Object(by_branch.collect::<Map<String, Value>>()))
    }
}

#[cfg(test)]
mod tests {
    use locus_plugin::testing::play;
    use serde_json::json;

    fn race() -> Value {
        json!({ "deadline": "2s", "branches": { "north": [], "south": [] } })
    }

    use super::*;

    #[test]
    fn the_first_success_decides() {
        play(
            "race_until",
            race(),
            r#"
            start                       => run /branches/north, /branches/south wake 3000
            /branches/north ! http_4xx  => wait
            /branches/south = 12        => done {"south":12}
            "#,
        );
    }

    #[test]
    fn failures_of_all_fail_the_step() {
        play(
            "race_until",
            race(),
            r#"
            start                           => run /branches/north, /branches/south wake 3000
            /branches/north ! http_4xx      => wait
            /branches/south ! out_of_stock  => failed all_branches_failed {"north":{"code":"http_4xx","message":"it broke"},"south":{"code":"out_of_stock","message":"it broke"}}
            "#,
        );
    }

    #[test]
    fn the_deadline_fails_the_step() {
        play(
            "race_until",
            race(),
            "start => run /branches/north, /branches/south wake 3000
             woken => failed deadline_passed retryable",
        );
    }

    #[test]
    fn when_cancelled_it_waits_for_its_branches() {
        play(
            "race_until",
            race(),
            "start => run /branches/north, /branches/south wake 3000
             cancel
             /branches/north = 1 => wait
             /branches/south x   => wait
             cancelled           => cancelled",
        );
    }
}
