//! `loop`: the same steps many times.

use std::collections::{BTreeMap, BTreeSet};

use locus_plugin::{
    BlockRef, Control, ControlContext, ControlEvent, Decision, Exit, Launch, Lazy, Outcome, Step,
    StepError,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Iterations of a `while` or `until` loop whose author sets no `max`.
const DEFAULT_MAX: u64 = 10_000;

/// Runs steps for every item of a list, a number of times, or as long as a condition asks for.
///
/// The result is the list of the iterations' results, in order of their index. The first iteration that fails fails the step.
/// `continue` ends an iteration, whose result is then `null` or the value it carries. `break` ends the loop: the result has
/// what is done so far, and iterations still running are cancelled and left out.
///
/// Inside, `$index` counts from 0, and `$item` (or the name that `as` gives) is what the iteration is about: the item with `over`,
/// the index with `times`, and with `while` and `until` the result of the iteration before, `null` at first. A condition sees
/// both as the next iteration would.
///
/// ```yaml
/// workflows:
///   ship_all:
///     input: { parcels: "json[]" }
///     steps:
///       - loop:
///           over: ${ .input.parcels }
///           as: parcel
///           concurrency: 4
///           steps:
///             - external_api: { method: POST, url: "https://carrier.example/parcels", body: "${ $parcel }" }
///       - loop:
///           until: ${ $status.ready }
///           as: status
///           max: 60
///           steps:
///             - wait: { for: 10s }
///             - external_api: { url: "https://carrier.example/pickup" }
/// ```
#[derive(Step)]
#[step(
    name = "loop",
    control,
    errors("loop_limit"),
    catches("break", "continue"),
    result = list(one_of([
        block("/steps"),
        signal("continue"),
        // An iteration that breaks off without a value is left out.
        present(signal("break")),
    ])),
    exactly_one("over", "times", "while", "until")
)]
pub struct Loop {
    /// The list: one iteration for each item.
    #[param(role = "items")]
    over: Option<Vec<Value>>,
    /// The number of iterations.
    #[param(role = "times")]
    times: Option<u64>,
    /// Goes on as long as this is true; looked at before each iteration.
    #[param(role = "while")]
    r#while: Option<Lazy<bool>>,
    /// Stops when this is true; looked at after each iteration, so that there is at least one.
    #[param(role = "until")]
    until: Option<Lazy<bool>>,
    /// The variable that holds what the iteration is about.
    #[param(default = "item")]
    r#as: String,
    /// How many iterations run at once, with `over` and `times`.
    #[param(default = 1, min = 1, role = "concurrency")]
    concurrency: u32,
    /// The most iterations there may be; one more fails the step with `loop_limit`. 10000 for `while` and `until`, unless
    /// given.
    #[param(min = 1, role = "bound")]
    max: Option<u64>,
    /// What each iteration does.
    #[slot(runs = "many", binds(
        "index" = "int",
        // With a condition it is the result of the iteration before: the type would be its own.
        param("as", default = "item") = given([("/over", item(param("/over"))), ("/times", notation("int"))], any()),
    ))]
    steps: BlockRef,
}

/// One result for each iteration that was started; the places of those still running hold `null`.
#[derive(Default, Serialize, Deserialize)]
pub struct State {
    results: Vec<Value>,
    running: BTreeSet<usize>,
}

impl Control for Loop {
    type State = State;

    fn start(&self, cx: &ControlContext<'_>) -> Result<(State, Decision), StepError> {
        self.check()?;
        let mut state = State::default();
        let decision = self.proceed(&mut state, cx)?;
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
        let iteration = key.index.and_then(|index| usize::try_from(index).ok());
        let Some(index) = iteration.filter(|index| state.running.remove(index)) else {
            return Ok(Decision::wait());
        };
        match outcome {
            Outcome::Done(result) => state.results[index] = result,
            Outcome::Exit(Exit { signal, value }) if signal == "continue" => {
                state.results[index] = value;
            }
            Outcome::Exit(Exit { signal, value }) if signal == "break" => {
                return Ok(Decision::done(broken(state, index, value)));
            }
            Outcome::Failed(_) | Outcome::Exit(_) => return Ok(Decision::end(outcome)),
            Outcome::Cancelled => return Ok(stopping(state)),
        }
        if cx.cancelling() {
            return Ok(stopping(state));
        }
        self.proceed(state, cx)
    }
}

impl Loop {
    /// What the parameters cannot say by themselves.
    fn check(&self) -> Result<(), StepError> {
        let conditional = self.r#while.is_some() || self.until.is_some();
        if conditional && self.concurrency > 1 {
            return Err(StepError::terminal(
                "invalid_parameter",
                "`concurrency` goes with `over` and `times`: a condition is looked at between iterations",
            ));
        }
        let listed = self.over.as_ref().map(|items| items.len() as u64);
        let count = listed.or(self.times).unwrap_or(0);
        match self.max {
            Some(max) if count > max => {
                Err(loop_limit(max, format!("{count} iterations are more than `max: {max}`")))
            }
            _ => Ok(()),
        }
    }

    /// Starts the iterations that have a place; ends the loop when none is left.
    fn proceed(&self, state: &mut State, cx: &ControlContext<'_>) -> Result<Decision, StepError> {
        let mut launch = Vec::new();
        while state.running.len() < self.concurrency.max(1) as usize {
            let index = state.results.len();
            let Some(item) = self.next(state, cx)? else {
                break;
            };
            let iteration = Launch::iteration(&self.steps, index as u64);
            launch.push(iteration.bind("index", json!(index)).bind(&self.r#as, item));
            state.running.insert(index);
            state.results.push(Value::Null);
        }
        if state.running.is_empty() {
            return Ok(Decision::done(Value::Array(std::mem::take(&mut state.results))));
        }
        Ok(Decision::run(launch))
    }

    /// What the next iteration is about; `None` when there is to be none.
    fn next(&self, state: &State, cx: &ControlContext<'_>) -> Result<Option<Value>, StepError> {
        let index = state.results.len();
        if let Some(items) = &self.over {
            return Ok(items.get(index).cloned());
        }
        if let Some(times) = self.times {
            return Ok((times > index as u64).then(|| json!(index)));
        }
        // One at a time: whoever asks for the next iteration has the result of the one before.
        if !state.running.is_empty() {
            return Ok(None);
        }
        let item = state.results.last().cloned().unwrap_or_default();
        let bindings =
            BTreeMap::from([("index".to_owned(), json!(index)), (self.r#as.clone(), item.clone())]);
        let goes_on = match (&self.r#while, &self.until) {
            (Some(condition), _) => cx.eval(condition, &bindings)?,
            (None, Some(condition)) => index == 0 || !cx.eval(condition, &bindings)?,
            (None, None) => false,
        };
        let max = self.max.unwrap_or(DEFAULT_MAX);
        if goes_on && index as u64 >= max {
            return Err(loop_limit(max, format!("the loop wants to go on after {max} iterations")));
        }
        Ok(goes_on.then_some(item))
    }
}

/// The loop is being cancelled: it ends when nothing of it is running.
fn stopping(state: &State) -> Decision {
    if state.running.is_empty() { Decision::end(Outcome::Cancelled) } else { Decision::wait() }
}

/// The results of what is done; the iteration that broke off counts when it carries a value.
fn broken(state: &mut State, index: usize, value: Value) -> Value {
    let State { mut results, running: mut missing } = std::mem::take(state);
    if value.is_null() {
        missing.insert(index);
    } else {
        results[index] = value;
    }
    let done = results.into_iter().enumerate().filter(|(index, _)| !missing.contains(index));
    Value::Array(done.map(|(_, result)| result).collect())
}

fn loop_limit(max: u64, message: String) -> StepError {
    StepError::terminal("loop_limit", message).details(json!({ "max": max }))
}
