//! `wait_event`: until an event comes.

use indexmap::IndexMap;
use locus_plugin::{
    Control, ControlContext, ControlEvent, Decision, Lazy, Millis, Outcome, Param, ParamError,
    Step, StepError, Subscription, schema,
};
use serde_json::{Value, json};

/// Waits for an event that a step tells (`emit`), or that comes from outside (`locus runs signal`); the result is the event, with what it
/// says as `.data`.
///
/// All that is given must fit: the type, the `subject`, each of the `fields`, and `match`, which sees the event as `$event`. Events that were told
/// since the run started count too, so one that came early is not missed; no event is taken twice in one run. A run that waits needs no
/// memory and outlives restarts.
///
/// ```yaml
/// workflows:
///   ship_when_paid:
///     input: { order_id: uuid }
///     steps:
///       - id: payment
///         wait_event:
///           type: order.paid
///           subject: ${ .input.order_id }
///           match: ${ $event.data.amount > 0 }
///           timeout: 3d
///       - log: { message: "paid ${ .steps.payment.data.amount }" }
/// ```
#[derive(Step)]
#[step(name = "wait_event", control, errors("event_timeout"), result = any())]
pub struct WaitEvent {
    /// The type of the event.
    #[param(example = "order.paid", role = "awaits")]
    r#type: String,
    /// What it must be about.
    subject: Option<String>,
    /// What fields of its data must be, by name.
    #[param(default)]
    fields: IndexMap<String, Value>,
    /// Whether it fits; sees the event as `$event`.
    r#match: Option<Matching>,
    /// How long to wait; for ever when not given.
    timeout: Option<Millis>,
    /// What happens when no event came in that time.
    #[param(default = "fail")]
    on_timeout: OnTimeout,
}

/// What happens when no event came.
#[derive(Param, Clone, Copy, PartialEq, Eq)]
pub enum OnTimeout {
    /// The step fails with `event_timeout`.
    Fail,
    /// The step succeeds, and its result is `null`.
    Continue,
}

/// A condition that sees `$event`.
pub struct Matching(Lazy<bool>);

impl Param for Matching {
    fn schema() -> Value {
        schema::with(bool::schema(), schema::LAZY, json!({ "binds": ["event"] }))
    }

    fn from_value(value: Value) -> Result<Self, ParamError> {
        Lazy::from_value(value).map(Self)
    }
}

impl Control for WaitEvent {
    type State = ();

    fn start(&self, cx: &ControlContext<'_>) -> Result<((), Decision), StepError> {
        let subscription = Subscription {
            event_type: self.r#type.clone(),
            subject: self.subject.clone(),
            fields: self.fields.clone().into_iter().collect(),
            matching: self.r#match.as_ref().map(|matching| matching.0.pointer().to_owned()),
        };
        let until = self.timeout.map(|timeout| cx.now().saturating_add(timeout.0));
        Ok(((), Decision::listen(subscription, until)))
    }

    fn on(
        &self,
        (): &mut (),
        event: ControlEvent,
        _cx: &ControlContext<'_>,
    ) -> Result<Decision, StepError> {
        Ok(match event {
            ControlEvent::Received(event) => Decision::done(event.to_value()),
            ControlEvent::Woken if self.on_timeout == OnTimeout::Continue => {
                Decision::done(Value::Null)
            }
            ControlEvent::Woken => return Err(self.too_late()),
            ControlEvent::Cancelled => Decision::end(Outcome::Cancelled),
            ControlEvent::Ended { .. } => Decision::wait(),
        })
    }
}

impl WaitEvent {
    fn too_late(&self) -> StepError {
        let time = self.timeout.map_or_else(String::new, |timeout| format!(" in {timeout}"));
        let about =
            self.subject.as_ref().map_or_else(String::new, |name| format!(" about `{name}`"));
        let message = format!("no event `{}`{about} came{time}", self.r#type);
        StepError::retryable("event_timeout", message)
    }
}
