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
    use locus_plugin::param::handle;
    use locus_plugin::{BlockKey, BlockRef, Param};

    use super::*;
    use crate::testing::Clock;

    fn race() -> RaceUntil {
        let params = json!({
            "deadline": "2s",
            "branches": { "north": handle("/branches/north"), "south": handle("/branches/south") },
        });
        RaceUntil::from_value(params).unwrap_or_else(|error| panic!("{error}"))
    }

    fn ended(branch: &str, outcome: Outcome) -> ControlEvent {
        let block = BlockRef::at(format!("/branches/{branch}"));
        ControlEvent::Ended { key: BlockKey { block, index: None }, outcome }
    }

    #[test]
    fn all_branches_start_and_the_clock_runs() {
        let (failed, decision) = race().start(&Clock::at(1000).context()).unwrap();
        assert!(failed.is_empty());
        let Decision::Continue { launch, wake, .. } = decision else { panic!("it goes on") };
        let blocks: Vec<&str> = launch.iter().map(|launch| launch.key.block.pointer()).collect();
        assert_eq!(blocks, ["/branches/north", "/branches/south"]);
        assert_eq!(wake, Some(3000));
    }

    #[test]
    fn the_first_success_decides() {
        let (race, clock) = (race(), Clock::at(1000));
        let (mut failed, _) = race.start(&clock.context()).unwrap();
        let lost = Outcome::Failed(StepError::terminal("http_4xx", "refused"));
        assert_eq!(
            race.on(&mut failed, ended("north", lost), &clock.context()),
            Ok(Decision::wait())
        );
        let won = Outcome::Done(json!(12));
        assert_eq!(
            race.on(&mut failed, ended("south", won), &clock.context()),
            Ok(Decision::done(json!({ "south": 12 })))
        );
    }

    #[test]
    fn failures_of_all_and_the_deadline_fail_the_step() {
        let (race, clock) = (race(), Clock::at(1000));
        let (mut failed, _) = race.start(&clock.context()).unwrap();
        let late = race.on(&mut failed, ControlEvent::Woken, &clock.context()).unwrap_err();
        assert_eq!(late.to_string(), "deadline_passed: no branch succeeded within 2s");
        let lost = |code: &str| Outcome::Failed(StepError::terminal(code, "refused"));
        race.on(&mut failed, ended("north", lost("http_4xx")), &clock.context()).unwrap();
        let error = race
            .on(&mut failed, ended("south", lost("out_of_stock")), &clock.context())
            .unwrap_err();
        assert_eq!((error.code.as_str(), error.retryable), ("all_branches_failed", false));
        assert_eq!(error.details["south"]["code"], "out_of_stock");
    }

    #[test]
    fn when_cancelled_it_waits_for_its_branches() {
        let (race, clock) = (race(), Clock::cancelling());
        let mut failed = BTreeMap::new();
        let done = ended("north", Outcome::Done(json!(1)));
        assert_eq!(race.on(&mut failed, done, &clock.context()), Ok(Decision::wait()));
        let end = Decision::end(Outcome::Cancelled);
        assert_eq!(race.on(&mut failed, ControlEvent::Cancelled, &clock.context()), Ok(end));
    }
}
