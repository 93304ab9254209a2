//! `try_catch`: steps that may fail, what handles their errors, and what runs in the end.

use std::collections::BTreeMap;

use locus_plugin::{
    BlockRef, Control, ControlContext, ControlEvent, Decision, Launch, Lazy, Millis, Outcome,
    Param, Step, StepError,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Runs steps, handles their errors, and runs what must run in the end.
///
/// When a step of `try` fails, the first clause of `catch` that takes the error decides: its `retry` runs `try` again from
/// the beginning, and when that is used up, its `steps` handle the error. An error that no clause takes goes on to whatever is around,
/// and so does an error of a handler. The result is that of `try`, or of the handler that ran.
///
/// `finally` runs last on every way out: after success, an error, `break`, `continue`, `return`, and when the step is cancelled or
/// runs out of time. Its result is not used; if it fails or leaves the step itself, that is how the step ends, and the
/// error it hides is in the details of the new one as `previous`.
///
/// ```yaml
/// workflows:
///   import_prices:
///     steps:
///       - try_catch:
///           try:
///             - id: prices
///               external_api: { url: "https://prices.example/today" }
///           catch:
///             - name: unavailable
///               errors: [timeout, connect_failed, http_5xx]
///               retry: { attempts: 3, delay: 30s }
///               steps:
///                 - log: { level: warn, message: "no prices today: ${ $error.message }" }
///             - name: not_published
///               errors: [http_4xx]
///               as: problem
///               when: ${ $problem.details.status == 404 }
///               steps:
///                 - return: { value: [] }
///           finally:
///             - log: { message: import ended }
/// ```
#[derive(Step)]
#[step(name = "try_catch", control, no_errors, result = one_of([block("/try"), block("/catch/*/steps")]))]
pub struct TryCatch {
    /// The steps that may fail.
    #[slot(runs = "many")]
    r#try: BlockRef,
    /// What handles errors; the first clause that takes an error handles it.
    #[param(default)]
    catch: Vec<Clause>,
    /// What runs in the end, however that comes.
    #[slot(runs = "always")]
    finally: Option<BlockRef>,
}

/// A clause of `catch`. It takes an error that its `errors` and its `when` fit.
#[derive(Param)]
pub struct Clause {
    /// Its name in step paths.
    #[param(literal)]
    #[expect(dead_code, reason = "read by the compiler, for step paths")]
    name: Option<String>,
    /// The codes it takes: `timeout`, or `http_*` for all that begin so. Every code when empty.
    #[param(default, literal, reference = "error", role = "catches")]
    errors: Vec<String>,
    /// The variable that holds the error: an object of `code`, `message`, `details`, `retryable` and `step`, the key of the
    /// step that failed.
    #[param(default = "error")]
    r#as: String,
    /// A condition on the error, which it sees by its name.
    #[param(role = "guard")]
    when: Option<Lazy<bool>>,
    /// How often `try` is run again before the error is handled.
    #[param(role = "repeats")]
    retry: Option<Again>,
    /// What handles the error. Without steps the error goes on, once `retry` is used up.
    #[slot(runs = "on_error", binds(param("as", default = "error") = error()))]
    steps: Option<BlockRef>,
}

/// How a clause runs `try` again.
#[derive(Param)]
pub struct Again {
    /// How often `try` runs at most, the first time included.
    #[param(min = 1)]
    attempts: u32,
    /// How long to wait before each further attempt.
    #[param(default = "0s")]
    delay: Millis,
}

/// Where the step is.
#[derive(Serialize, Deserialize)]
pub struct State {
    attempt: u32,
    phase: Phase,
}

#[derive(Serialize, Deserialize)]
enum Phase {
    /// `try` is running.
    Trying,
    /// `try` is to run again, when the delay is over.
    Waiting,
    /// A handler is running.
    Handling,
    /// `finally` is running; this is how the step ends if it has no objection.
    Finishing(Outcome),
}

impl Control for TryCatch {
    type State = State;

    fn start(&self, _cx: &ControlContext<'_>) -> Result<(State, Decision), StepError> {
        let state = State { attempt: 1, phase: Phase::Trying };
        Ok((state, Decision::run(vec![Launch::once(&self.r#try)])))
    }

    // Never an `Err`: it would end the step without its `finally`.
    fn on(
        &self,
        state: &mut State,
        event: ControlEvent,
        cx: &ControlContext<'_>,
    ) -> Result<Decision, StepError> {
        Ok(match (event, &state.phase) {
            (ControlEvent::Woken, Phase::Waiting) if cx.cancelling() => {
                self.conclude(state, Outcome::Cancelled)
            }
            (ControlEvent::Woken, Phase::Waiting) => self.try_again(state),
            (ControlEvent::Ended { outcome: Outcome::Failed(error), .. }, Phase::Trying)
                if !cx.cancelling() =>
            {
                self.handle(state, error, cx)
            }
            (ControlEvent::Ended { outcome, .. }, Phase::Trying | Phase::Handling) => {
                self.conclude(state, outcome)
            }
            (ControlEvent::Ended { outcome, .. }, Phase::Finishing(former)) => {
                Decision::end(finished(former.clone(), outcome))
            }
            (ControlEvent::Cancelled, Phase::Trying | Phase::Waiting | Phase::Handling) => {
                self.conclude(state, Outcome::Cancelled)
            }
            (ControlEvent::Woken | ControlEvent::Received(_), _)
            | (ControlEvent::Ended { .. }, Phase::Waiting)
            | (ControlEvent::Cancelled, Phase::Finishing(_)) => Decision::wait(),
        })
    }
}

impl TryCatch {
    /// `try` has failed.
    fn handle(&self, state: &mut State, error: StepError, cx: &ControlContext<'_>) -> Decision {
        let value = json!(error);
        let clause = match self.clause(&error, &value, cx) {
            Ok(Some(clause)) => clause,
            Ok(None) => return self.conclude(state, Outcome::Failed(error)),
            Err(broken) => return self.conclude(state, Outcome::Failed(hiding(broken, &error))),
        };
        if let Some(retry) = &clause.retry
            && state.attempt < retry.attempts
        {
            if retry.delay.0 == 0 {
                return self.try_again(state);
            }
            state.phase = Phase::Waiting;
            return Decision::wake_at(cx.now().saturating_add(retry.delay.0));
        }
        let Some(steps) = &clause.steps else {
            return self.conclude(state, Outcome::Failed(error));
        };
        state.phase = Phase::Handling;
        Decision::run(vec![Launch::once(steps).bind(&clause.r#as, value)])
    }

    /// The first clause that takes the error.
    fn clause(
        &self,
        error: &StepError,
        value: &Value,
        cx: &ControlContext<'_>,
    ) -> Result<Option<&Clause>, StepError> {
        for clause in self.catch.iter().filter(|clause| error.matches(&clause.errors)) {
            let bindings = BTreeMap::from([(clause.r#as.clone(), value.clone())]);
            let fits = match &clause.when {
                Some(when) => cx.eval(when, &bindings)?,
                None => true,
            };
            if fits {
                return Ok(Some(clause));
            }
        }
        Ok(None)
    }

    fn try_again(&self, state: &mut State) -> Decision {
        let launch = Launch::iteration(&self.r#try, u64::from(state.attempt));
        state.attempt += 1;
        state.phase = Phase::Trying;
        Decision::run(vec![launch])
    }

    /// Ends the step so, after `finally`.
    fn conclude(&self, state: &mut State, outcome: Outcome) -> Decision {
        match &self.finally {
            Some(block) => {
                state.phase = Phase::Finishing(outcome);
                Decision::run(vec![Launch::once(block)])
            }
            None => Decision::end(outcome),
        }
    }
}

/// How the step ends when it was about to end so, and `finally` ended thus.
fn finished(former: Outcome, finally: Outcome) -> Outcome {
    match (former, finally) {
        (former, Outcome::Done(_)) => former,
        (Outcome::Failed(former), Outcome::Failed(error)) => {
            Outcome::Failed(hiding(error, &former))
        }
        (_, finally) => finally,
    }
}

/// The error, with the one it takes the place of among its details.
fn hiding(mut error: StepError, former: &StepError) -> StepError {
    let mut details = match error.details {
        Value::Object(details) => details,
        Value::Null => Map::new(),
        other => Map::from_iter([("value".to_owned(), other)]),
    };
    details.insert("previous".to_owned(), json!(former));
    error.details = Value::Object(details);
    error
}
