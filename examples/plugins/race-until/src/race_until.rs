//! `race_until`: branches side by side, against each other and the clock.

use std::collections::BTreeMap;

use locus_plugin::{
    Branches, Control, ControlContext, ControlEvent, Decision, Launch, Millis, Outcome, Step,
    StepError, Value,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use crate::condition::Condition;

/// Runs branches side by side until one of them gives what is wanted or the deadline passes; whatever still runs then is cancelled.
///
/// The first branch that succeeds wins, or with `until` the first whose result fits the condition. The result has one key, the branch that
/// has won: `{ mirror: … }`. A `break`, `continue` or `return` inside a branch ends the step at once.
///
/// Errors: `deadline_passed` when the deadline passes, which a retry may mend; `all_branches_failed` when every branch has failed, and
/// `no_branch_won` when all have ended and none fitted. The details of both say by branch how it ended: `{ code, message }` of its error, or
/// `{ result }`.
///
/// ```yaml
/// workflows:
///   quote:
///     steps:
///       - id: price
///         race_until:
///           deadline: 2s
///           until: ${ $result.stock > 0 }
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
    /// What the result of a branch must be like to win; it sees `$result` and `$branch`, the branch's name. Any result when left out.
    until: Option<Condition>,
    /// The branches by name, each a list of steps.
    #[param(min_items = 1)]
    #[slot(runs = "concurrent")]
    branches: Branches,
}

/// How the branches that have lost ended.
#[derive(Default, Serialize, Deserialize)]
pub struct Lost {
    /// The errors of those that have failed.
    failed: BTreeMap<String, StepError>,
    /// The results that did not fit.
    refused: BTreeMap<String, Value>,
}

impl Control for RaceUntil {
    type State = Lost;

    fn start(&self, cx: &ControlContext<'_>) -> Result<(Lost, Decision), StepError> {
        let decision = Decision::Continue {
            launch: self.branches.values().map(Launch::once).collect(),
            cancel: Vec::new(),
            wake: Some(cx.now().saturating_add(self.deadline.0)),
            listen: None,
        };
        Ok((Lost::default(), decision))
    }

    fn on(
        &self,
        lost: &mut Lost,
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
            Outcome::Done(result) => {
                let fits = match &self.until {
                    Some(condition) => condition.holds(cx, branch, &result)?,
                    None => true,
                };
                if fits {
                    return Ok(Decision::done(json!({ branch: result })));
                }
                lost.refused.insert(branch.clone(), result);
            }
            Outcome::Failed(error) => {
                lost.failed.insert(branch.clone(), error);
            }
            Outcome::Exit(_) => return Ok(Decision::end(outcome)),
            Outcome::Cancelled => return Ok(Decision::wait()),
        }
        if lost.failed.len() + lost.refused.len() < self.branches.len() {
            Ok(Decision::wait())
        } else {
            Err(self.all_lost(lost))
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

    fn all_lost(&self, lost: &Lost) -> StepError {
        let branches = self.branches.len();
        let (code, message) = if lost.refused.is_empty() {
            ("all_branches_failed", format!("none of the {branches} branches succeeded"))
        } else {
            ("no_branch_won", format!("none of the {branches} branches gave what `until` asks for"))
        };
        // Trying again may help as soon as it may help one of them.
        let error = if lost.failed.values().any(|error| error.retryable) {
            StepError::retryable(code, message)
        } else {
            StepError::terminal(code, message)
        };
        let by_branch = self.branches.keys().map(|branch| {
            let ended = match lost.failed.get(branch) {
                Some(error) => json!({ "code": error.code, "message": error.message }),
                None => json!({ "result": lost.refused.get(branch) }),
            };
            (branch.clone(), ended)
        });
        error.details(Value::Object(by_branch.collect::<Map<String, Value>>()))
    }
}

#[cfg(test)]
mod tests {
    use locus_plugin::testing::{Stage, play};

    use super::*;

    fn race(until: Option<&str>) -> Value {
        let mut params = json!({ "deadline": "2s", "branches": { "north": [], "south": [] } });
        if let Some(until) = until {
            params["until"] = json!(until);
        }
        params
    }

    /// The error that the last decision is.
    fn error(stage: &Stage) -> StepError {
        stage.decided().unwrap().clone().unwrap_err()
    }

    #[test]
    fn the_first_success_decides() {
        play(
            "race_until",
            race(None),
            "start                  => run /branches/north, /branches/south wake 3000
             /branches/north ! late => wait
             /branches/south = 12   => done {\"south\":12}",
        );
    }

    #[test]
    fn with_a_condition_the_first_that_fits_decides() {
        play(
            "race_until",
            race(Some("$result.ready")),
            r#"start                                => run /branches/north, /branches/south wake 3000
               /branches/north = {"ready":false}    => wait
               /branches/south = {"ready":true}     => done {"south":{"ready":true}}"#,
        );
        play(
            "race_until",
            race(Some(r#"$branch == "south""#)),
            r#"start                => run /branches/north, /branches/south wake 3000
               /branches/north = 1  => wait
               /branches/south = 1  => done {"south":1}"#,
        );
    }

    #[test]
    fn when_none_fits_it_says_what_each_gave() {
        let mut stage = Stage::new("race_until", race(Some("$result.ready")));
        stage.start();
        stage.send_text("/branches/south ! out_of_stock");
        stage.send_text(r#"/branches/north = {"ready":false}"#);
        let error = error(&stage);
        assert_eq!((error.code.as_str(), error.retryable), ("no_branch_won", false));
        assert_eq!(error.details["north"], json!({ "result": { "ready": false } }));
        assert_eq!(error.details["south"]["code"], "out_of_stock");
    }

    #[test]
    fn failures_of_all_and_the_deadline_fail_the_step() {
        let mut stage = Stage::new("race_until", race(None));
        stage.start();
        stage.send_text("woken");
        assert_eq!(error(&stage).to_string(), "deadline_passed: no branch succeeded within 2s");
        let mut stage = Stage::new("race_until", race(None));
        stage.start();
        stage.send_text("/branches/north ! http_4xx");
        stage.send_text("/branches/south ? timeout");
        let error = error(&stage);
        assert_eq!((error.code.as_str(), error.retryable), ("all_branches_failed", true));
    }

    #[test]
    fn a_signal_goes_through_and_a_cancelled_race_waits_for_its_branches() {
        play(
            "race_until",
            race(None),
            "start                          => run /branches/north, /branches/south wake 3000
             /branches/north ^ return 1     => exit return 1",
        );
        play(
            "race_until",
            race(None),
            "start               => run /branches/north, /branches/south wake 3000
             cancel
             /branches/north = 1 => wait
             /branches/south x   => wait
             cancelled           => cancelled",
        );
    }
}
