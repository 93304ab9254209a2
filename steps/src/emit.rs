//! `emit`: tells an event.

use locus_plugin::{Action, EventDraft, Step, StepContext, StepError};
use serde_json::Value;

/// Tells an event to all who listen: the runs that wait for it (`wait_event`), and the workflows with an `event` trigger of its type.
///
/// It is told exactly once, together with the record that the step succeeded. Who does not listen yet finds it later: a run finds every
/// event that was told since it started. The result is the event as [CloudEvents 1.0](https://cloudevents.io) has it: `id`, `source`,
/// `type`, `subject`, `time`, `data`. The id is the same at every attempt and after a crash.
///
/// ```yaml
/// workflows:
///   take_payment:
///     input: { order_id: uuid, amount: decimal }
///     steps:
///       - emit:
///           type: order.paid
///           subject: ${ .input.order_id }
///           data: { amount: "${ .input.amount }" }
/// ```
#[derive(Step)]
#[step(
    name = "emit",
    action,
    effect = "transactional",
    passes_key,
    errors("invalid_event"),
    result = object([
        ("specversion", notation("string")),
        ("id", notation("string")),
        ("source", notation("string")),
        ("type", notation("string")),
        ("subject", notation("string?")),
        ("time", notation("datetime")),
        ("datacontenttype", notation("string")),
        ("data", notation("json")),
    ])
)]
pub struct Emit {
    /// What kind of fact it is: `order.paid`.
    #[param(example = "order.paid", role = "emits")]
    r#type: String,
    /// What it is about, by which others can choose: an order's number.
    subject: Option<String>,
    /// Who tells it, as a URI; when not given, the workflow: `/workflows/take_payment`.
    source: Option<String>,
    /// What it says.
    #[param(default)]
    data: Value,
}

impl Action for Emit {
    async fn run(self, cx: StepContext) -> Result<Value, StepError> {
        let Self { r#type, subject, source, data } = self;
        let draft = EventDraft { event_type: r#type, source, subject, data };
        Ok(cx.emit(draft).await?.to_value())
    }
}
