//! `chat_notify`: a message to a chat channel.

use locus_plugin::services::HttpRequest;
use locus_plugin::{Action, Param, Step, StepContext, StepError};
use serde_json::{Value, json};

/// Posts a message to a chat channel, through its incoming webhook. The result is `{ status }`.
///
/// Every attempt of one step carries the same `Idempotency-Key`, so that a chat service which honours it shows the message once.
///
/// Any status but 200 to 299 fails the step with `http_4xx` or `http_5xx`; trying again may help with 408, 429 and 5xx.
///
/// ```yaml
/// workflows:
///   announce:
///     input: { order: string, amount: decimal }
///     steps:
///       - chat_notify:
///           webhook: ${ $secrets.SALES_WEBHOOK }
///           text: "Order ${ .input.order } is paid"
///           level: success
///           facts: [{ name: Amount, value: "${ .input.amount }" }]
///         retry: { attempts: 3, errors: [http_5xx] }
/// ```
#[derive(Step)]
#[step(name = "chat_notify", action, effect = "idempotent", result = object([("status", notation("int"))]))]
pub struct ChatNotify {
    /// The address of the webhook. Whoever knows it can post: keep it in a secret.
    #[param(secret_safe)]
    webhook: String,
    /// The message.
    #[param(example = "Order ${ .input.order } is paid")]
    text: String,
    /// How it is shown.
    #[param(default = "info")]
    level: Level,
    /// What is listed below the message.
    #[param(default, max_items = 20)]
    facts: Vec<Fact>,
}

/// How a message is shown.
#[derive(Param, Clone, Copy)]
pub enum Level {
    /// Grey.
    Info,
    /// Green.
    Success,
    /// Red.
    Alarm,
}

/// A line below a message.
#[derive(Param)]
pub struct Fact {
    /// What it is.
    name: String,
    /// Its value; anything that is not text is shown as JSON.
    value: Value,
}

impl Action for ChatNotify {
    async fn run(self, cx: StepContext) -> Result<Value, StepError> {
        let response = cx.http(self.request(&cx)).await?;
        let status = response.status;
        if (200..300).contains(&status) {
            return Ok(json!({ "status": status }));
        }
        // The address is a secret: it stays out of messages.
        let message = format!("the chat service answered {status}");
        let code = format!("http_{}xx", status / 100);
        let error = if status >= 500 || matches!(status, 408 | 429) {
            StepError::retryable(code, message)
        } else {
            StepError::terminal(code, message)
        };
        Err(error.details(json!({ "status": status })))
    }
}

impl ChatNotify {
    fn request(&self, cx: &StepContext) -> HttpRequest {
        let colour = match self.level {
            Level::Info => "#8a8a8a",
            Level::Success => "#2e7d32",
            Level::Alarm => "#c62828",
        };
        let facts: Vec<Value> = self
            .facts
            .iter()
            .map(|fact| json!({ "title": fact.name, "value": shown(&fact.value), "short": true }))
            .collect();
        let body =
            json!({ "attachments": [{ "text": self.text, "color": colour, "fields": facts }] });
        HttpRequest {
            method: "POST".to_owned(),
            url: self.webhook.clone(),
            headers: vec![
                ("Content-Type".to_owned(), "application/json".to_owned()),
                ("Idempotency-Key".to_owned(), cx.idempotency_key()),
            ],
            body: body.to_string().into_bytes(),
            timeout: None,
        }
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use locus_plugin::testing::{Answer, Fault, World};
    use serde_json::json;

    use super::*;

    #[test]
    fn the_message_is_sent_with_its_key() {
        let world =
            World::new().step("run-1", "announce/tell", 1).answer(Answer::http(204, &[], ""));
        let params = json!({
            "webhook": "https://chat.example/hook", "text": "Paid", "level": "success",
            "facts": [{ "name": "Amount", "value": 12 }],
        });
        assert_eq!(world.run("chat_notify", params), Ok(json!({ "status": 204 })));
        let sent = world.requests();
        assert_eq!(sent[0].url, "https://chat.example/hook");
        assert!(
            sent[0]
                .headers
                .contains(&("Idempotency-Key".to_owned(), "run-1/announce/tell".to_owned()))
        );
        let body: Value = serde_json::from_slice(&sent[0].body).unwrap();
        assert_eq!(
            body["attachments"][0],
            json!({
                "text": "Paid", "color": "#2e7d32",
                "fields": [{ "title": "Amount", "value": "12", "short": true }],
            })
        );
    }

    #[test]
    fn busy_services_are_tried_again_and_refusals_are_not() {
        for (status, code, retryable) in
            [(503, "http_5xx", true), (429, "http_4xx", true), (404, "http_4xx", false)]
        {
            let world = World::new().answer(Answer::http(status, &[], ""));
            let params = json!({ "webhook": "https://chat.example/s3cret", "text": "Paid" });
            let error = world.run("chat_notify", params).unwrap_err();
            assert_eq!((error.code.as_str(), error.retryable), (code, retryable));
            assert!(!error.to_string().contains("s3cret"));
        }
    }

    #[test]
    fn an_answer_that_comes_too_late_is_asked_for_again_under_the_same_key() {
        let ok = || Answer::http(200, &[], "");
        let world = World::new().answers([ok(), ok()]).fault(0, Fault::Late);
        let params = json!({ "webhook": "https://chat.example/hook", "text": "Paid" });
        assert!(world.run("chat_notify", params.clone()).unwrap_err().retryable);
        assert!(world.clone().step("run-1", "shop/pay", 2).run("chat_notify", params).is_ok());
        let sent = world.requests();
        assert_eq!(sent[0], sent[1]);
    }
}
