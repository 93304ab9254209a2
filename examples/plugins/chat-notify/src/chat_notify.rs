//! `chat_notify`: a message to a chat channel.

use locus_plugin::services::{HttpRequest, HttpResponse};
use locus_plugin::{Action, Param, Step, StepContext, StepError, Value};
use serde_json::{Map, json};

use crate::Chat;

/// Posts a message to a chat channel, through its incoming webhook. The result is `{ status }`.
///
/// Every attempt of one step carries the same `Idempotency-Key`, so that a chat service which honours it shows the message once.
///
/// What the plugin's config sets (`webhook`, `channel`, `username`) holds for steps that do not say otherwise.
///
/// Errors: `rate_limited` when the service answers 429, which a retry may mend; the `retry_after` in its details is the time the service asks
/// for, and retries wait at least so long. `http_4xx` and `http_5xx` for any other status but 200 to 299; trying again may help with 408 and 5xx.
/// `no_webhook` when neither the step nor the config has one. The address never stands in an error.
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
///         retry: { attempts: 3, errors: [rate_limited, http_5xx] }
/// ```
#[derive(Step)]
#[step(name = "chat_notify", action, effect = "idempotent", result = object([("status", notation("int"))]))]
pub struct ChatNotify {
    /// The address of the webhook. Whoever knows it can post: keep it in a secret.
    #[param(secret_safe)]
    webhook: Option<String>,
    /// The message.
    #[param(example = "Order ${ .input.order } is paid")]
    text: String,
    /// How the message is written.
    #[param(default = "plain")]
    format: Format,
    /// The channel, where the webhook may post to several.
    #[param(example = "#orders")]
    channel: Option<String>,
    /// How it is shown.
    #[param(default = "info")]
    level: Level,
    /// What is listed below the message.
    #[param(default, max_items = 20)]
    facts: Vec<Fact>,
}

/// How a message is written.
#[derive(Param, Clone, Copy, PartialEq)]
pub enum Format {
    /// As it is: no character means anything.
    Plain,
    /// In the service's own mark-up: `*bold*`, `<https://…|a link>`.
    Markup,
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
        let request = self.request(&cx)?;
        let response = cx.http(request).await?;
        if (200..300).contains(&response.status) {
            return Ok(json!({ "status": response.status }));
        }
        Err(refusal(&response))
    }
}

impl ChatNotify {
    fn request(&self, cx: &StepContext) -> Result<HttpRequest, StepError> {
        let config: Chat = cx.config_as()?;
        let Some(url) = self.webhook.clone().or(config.webhook) else {
            return Err(StepError::terminal(
                "no_webhook",
                "neither the step nor the config of `acme.chat` has a webhook",
            ));
        };
        let colour = match self.level {
            Level::Info => "#8a8a8a",
            Level::Success => "#2e7d32",
            Level::Alarm => "#c62828",
        };
        let facts: Vec<Value> = self
            .facts
            .iter()
            .map(|fact| json!({ "title": plain(&fact.name), "value": plain(&shown(&fact.value)), "short": true }))
            .collect();
        let text = match self.format {
            Format::Plain => plain(&self.text),
            Format::Markup => self.text.clone(),
        };
        let mut body = Map::new();
        let named =
            [("channel", self.channel.clone().or(config.channel)), ("username", config.username)];
        for (key, value) in named {
            body.extend(value.map(|value| (key.to_owned(), json!(value))));
        }
        let message = json!([{ "text": text, "color": colour, "fields": facts }]);
        body.insert("attachments".to_owned(), message);
        Ok(HttpRequest {
            method: "POST".to_owned(),
            url,
            headers: vec![
                ("Content-Type".to_owned(), "application/json".to_owned()),
                ("Idempotency-Key".to_owned(), cx.idempotency_key()),
            ],
            body: Value::Object(body).to_string().into_bytes(),
            timeout: None,
        })
    }
}

/// The longest wait that is believed, in seconds: a day.
const LONGEST_WAIT: u64 = 24 * 60 * 60;

/// The failure that an answer means. The address is a secret: it stays out.
fn refusal(response: &HttpResponse) -> StepError {
    let status = response.status;
    let mut details = json!({ "status": status });
    // Chat services say why in one word, `channel_not_found`; anything longer may repeat what it was sent.
    if let Some(reason) = word(&response.body) {
        details["reason"] = json!(reason);
    }
    let header = response.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("retry-after"));
    if let Some(seconds) = header.and_then(|(_, value)| value.trim().parse::<u64>().ok()) {
        details["retry_after"] = json!(seconds.min(LONGEST_WAIT) * 1000);
    }
    let message = format!("the chat service answered {status}");
    let error = match status {
        429 => {
            StepError::retryable("rate_limited", "the chat service takes no more messages for now")
        }
        408 | 500.. => StepError::retryable(format!("http_{}xx", status / 100), message),
        _ => StepError::terminal(format!("http_{}xx", status / 100), message),
    };
    error.details(details)
}

/// The body, where it is one word in snake case.
fn word(body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body).ok()?.trim();
    let is_word = (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    is_word.then_some(text)
}

/// A text in which no character is mark-up.
fn plain(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use locus_plugin::testing::{Answer, World};

    use super::*;

    fn sent(world: &World) -> Value {
        serde_json::from_slice(&world.requests()[0].body).unwrap()
    }

    #[test]
    fn the_message_is_sent_with_its_key() {
        let world =
            World::new().step("run-1", "announce/tell", 2).answer(Answer::http(204, &[], ""));
        let params = json!({
            "webhook": "https://chat.example/hook", "text": "A & B <paid>", "level": "success",
            "facts": [{ "name": "Amount", "value": 12 }],
        });
        assert_eq!(world.run("chat_notify", params), Ok(json!({ "status": 204 })));
        let request = &world.requests()[0];
        assert_eq!(
            (request.method.as_str(), request.url.as_str()),
            ("POST", "https://chat.example/hook")
        );
        let key = ("Idempotency-Key".to_owned(), "run-1/announce/tell".to_owned());
        assert!(request.headers.contains(&key), "{:?}", request.headers);
        assert_eq!(
            sent(&world),
            json!({ "attachments": [{
                "text": "A &amp; B &lt;paid&gt;", "color": "#2e7d32",
                "fields": [{ "title": "Amount", "value": "12", "short": true }],
            }] })
        );
    }

    #[test]
    fn the_config_holds_where_the_step_says_nothing() {
        let config = json!({ "webhook": "http://chat.internal/hook", "channel": "#all", "username": "Locus" });
        let world = World::new().config(config).answer(Answer::http(200, &[], "ok"));
        let params = json!({ "text": "*Paid*", "format": "markup", "channel": "#orders" });
        world.run("chat_notify", params).unwrap();
        assert_eq!(world.requests()[0].url, "http://chat.internal/hook");
        let body = sent(&world);
        assert_eq!((&body["channel"], &body["username"]), (&json!("#orders"), &json!("Locus")));
        assert_eq!(body["attachments"][0]["text"], "*Paid*");
        let nowhere = World::new().run("chat_notify", json!({ "text": "a" })).unwrap_err();
        assert_eq!((nowhere.code.as_str(), nowhere.retryable), ("no_webhook", false));
    }

    #[test]
    fn busy_services_are_tried_again_and_refusals_are_not() {
        for (status, code, retryable) in [
            (503, "http_5xx", true),
            (408, "http_4xx", true),
            (429, "rate_limited", true),
            (404, "http_4xx", false),
            (302, "http_3xx", false),
        ] {
            let world = World::new().answer(Answer::http(status, &[], "posting to /s3cret failed"));
            let params = json!({ "webhook": "https://chat.example/s3cret", "text": "Paid" });
            let error = world.run("chat_notify", params).unwrap_err();
            assert_eq!((error.code.as_str(), error.retryable), (code, retryable));
            assert!(!format!("{error} {}", error.details).contains("s3cret"), "{error:?}");
        }
    }

    #[test]
    fn a_limit_says_how_long_to_wait() {
        let limited = |seconds: &str| {
            let world =
                World::new().answer(Answer::http(429, &[("retry-after", seconds)], "rate_limited"));
            let params = json!({ "webhook": "https://chat.example/h", "text": "Paid" });
            world.run("chat_notify", params).unwrap_err().details
        };
        assert_eq!(
            limited("30"),
            json!({ "status": 429, "reason": "rate_limited", "retry_after": 30_000 })
        );
        assert_eq!(limited("99999999999")["retry_after"], 86_400_000);
        assert_eq!(limited("soon")["retry_after"], Value::Null);
    }

    #[test]
    fn without_the_permission_nothing_is_sent() {
        let world = World::new().grant(&[]);
        let params = json!({ "webhook": "https://chat.example/h", "text": "Paid" });
        assert_eq!(world.run("chat_notify", params).unwrap_err().code, "permission_denied");
        assert!(world.requests().is_empty());
    }
}
