//! `queue_publish`: a message for a queue.

use indexmap::IndexMap;
use locus_plugin::services::{CONNECTION_ERRORS, Message, QUEUE_ERRORS};
use locus_plugin::{Action, Step, StepContext, StepError};
use serde_json::{Value, json};

/// Publishes a message to a queue, once, however often the step is tried.
///
/// The result is `{ id, duplicate }`: the queue's number for the message, and whether an earlier attempt had published it.
///
/// ```yaml
/// connections:
///   bus: { type: queue, path: bus.db }
/// workflows:
///   announce:
///     input: { order_id: uuid }
///     steps:
///       - queue_publish:
///           connection: bus
///           topic: orders
///           payload: { type: order.placed, order_id: "${ .input.order_id }" }
///           headers: { source: shop }
/// ```
#[derive(Step)]
#[step(
    name = "queue_publish",
    action,
    effect = "transactional",
    passes_key,
    errors(QUEUE_ERRORS, CONNECTION_ERRORS),
    result = object([("id", notation("string")), ("duplicate", notation("bool"))])
)]
pub struct QueuePublish {
    /// The queue.
    #[param(reference = "connection", service = "queue", literal)]
    connection: String,
    /// Where in the queue the message goes.
    topic: String,
    /// What the message says.
    payload: Value,
    /// Further facts about it, by name.
    #[param(default)]
    headers: IndexMap<String, String>,
}

impl Action for QueuePublish {
    async fn run(self, cx: StepContext) -> Result<Value, StepError> {
        let message = Message { topic: self.topic, payload: self.payload, headers: self.headers };
        let published = cx.publish(&self.connection, message).await?;
        Ok(json!({ "id": published.id, "duplicate": published.duplicate }))
    }
}
