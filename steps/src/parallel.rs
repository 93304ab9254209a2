//! `parallel`: branches side by side.

use std::collections::{BTreeMap, BTreeSet};

use locus_plugin::{
    Branches, Control, ControlContext, ControlEvent, Decision, Launch, Outcome, Param, Step,
    StepError,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Runs named branches side by side.
///
/// `join` says what the step waits for:
/// - `all`: every branch. The result is an object of their results by branch, in the author's order. The first branch that fails
///   fails the step.
/// - `any`: the first branch that succeeds. When none does, the step fails with `all_branches_failed`; its details are
///   the errors by branch.
/// - `race`: the first branch that ends. It decides whether the step succeeds or fails.
///
/// With `any` and `race` the result has one key, the branch that decided: `{ mirror: … }`. Branches that still run when the
/// step ends are cancelled. A `break`, `continue` or `return` inside a branch ends the step at once, whatever `join` says.
///
/// ```yaml
/// workflows:
///   fetch_price:
///     steps:
///       - id: price
///         parallel:
///           join: any
///           branches:
///             primary:
///               - external_api: { url: "https://prices.example/v1/today" }
///             mirror:
///               - external_api: { url: "https://mirror.example/v1/today" }
///       - return: { value: "${ .steps.price | to_entries[0].value }" }
/// ```
#[derive(Step)]
#[step(
    name = "parallel",
    control,
    errors("all_branches_failed"),
    result = choice("/join", [("all", by_name("/branches/*"))], any_of("/branches/*"))
)]
pub struct Parallel {
    /// The branches by name, each a list of steps.
    #[param(min_items = 1)]
    #[slot(runs = "concurrent")]
    branches: Branches,
    /// What the step waits for.
    #[param(default = "all", role = "join")]
    join: Join,
    /// How many branches run at once; the others start, in the author's order, as places become free. All at once when not given.
    #[param(min = 1, role = "concurrency")]
    concurrency: Option<u32>,
}

/// What a `parallel` step waits for.
#[derive(Param, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// Every branch.
    All,
    /// The first that succeeds.
    Any,
    /// The first that ends.
    Race,
}

/// Branches are known by their place among all.
#[derive(Default, Serialize, Deserialize)]
pub struct State {
    started: usize,
    running: BTreeSet<usize>,
    results: BTreeMap<usize, Value>,
    failures: BTreeMap<usize, StepError>,
}

impl Control for Parallel {
    type State = State;

    fn start(&self, _cx: &ControlContext<'_>) -> Result<(State, Decision), StepError> {
        let mut state = State::default();
        let decision = self.proceed(&mut state);
        Ok((state, decision))
    }

    fn on(
        &self,
        state: &mut State,
        event: ControlEvent,
        cx: &ControlContext<'_>,
    ) -> Result<Decision, StepError> {
        let (key, outcome) = match event {
            ControlEvent::Ended { key, outcome } => (key, outcome),
            ControlEvent::Cancelled => return Ok(Decision::end(Outcome::Cancelled)),
            ControlEvent::Woken | ControlEvent::Received(_) => return Ok(Decision::wait()),
        };
        let Some(branch) = self.branches.values().position(|block| *block == key.block) else {
            return Ok(Decision::wait());
        };
        state.running.remove(&branch);
        match outcome {
            Outcome::Done(result) if self.join == Join::All => {
                state.results.insert(branch, result);
            }
            Outcome::Failed(error) if self.join == Join::Any => {
                state.failures.insert(branch, error);
            }
            Outcome::Done(result) => return Ok(Decision::done(self.by_branch([(branch, result)]))),
            Outcome::Failed(_) | Outcome::Exit(_) => return Ok(Decision::end(outcome)),
            Outcome::Cancelled => return Ok(stopping(state)),
        }
        if cx.cancelling() {
            return Ok(stopping(state));
        }
        Ok(self.proceed(state))
    }
}

impl Parallel {
    /// Starts the branches that have a place; ends the step when none is left.
    fn proceed(&self, state: &mut State) -> Decision {
        let limit = self.concurrency.map_or(usize::MAX, |limit| limit.max(1) as usize);
        let mut launch = Vec::new();
        while state.running.len() < limit
            && let Some((_, block)) = self.branches.get_index(state.started)
        {
            launch.push(Launch::once(block));
            state.running.insert(state.started);
            state.started += 1;
        }
        if !state.running.is_empty() {
            return Decision::run(launch);
        }
        let State { results, failures, .. } = std::mem::take(state);
        match self.join {
            Join::Any => Decision::end(Outcome::Failed(self.all_failed(&failures))),
            Join::All | Join::Race => Decision::done(self.by_branch(results)),
        }
    }

    fn by_branch(&self, results: impl IntoIterator<Item = (usize, Value)>) -> Value {
        let named = results.into_iter().filter_map(|(branch, result)| {
            let (name, _) = self.branches.get_index(branch)?;
            Some((name.clone(), result))
        });
        Value::Object(named.collect::<Map<String, Value>>())
    }

    fn all_failed(&self, failures: &BTreeMap<usize, StepError>) -> StepError {
        let message = format!("none of the {} branches succeeded", self.branches.len());
        let mut error = StepError::terminal("all_branches_failed", message);
        // One success is enough: so is one branch that may succeed the next time.
        error.retryable = failures.values().any(|error| error.retryable);
        let errors = failures.iter().map(|(branch, error)| (*branch, json!(error)));
        error.details(self.by_branch(errors))
    }
}

/// The step is being cancelled: it ends when none of its branches is running.
fn stopping(state: &State) -> Decision {
    if state.running.is_empty() { Decision::end(Outcome::Cancelled) } else { Decision::wait() }
}
