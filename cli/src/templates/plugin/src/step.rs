//! `@name@_greet`: a greeting, sent to a service.

use locus_plugin::services::HttpRequest;
use locus_plugin::{Action, Step, StepContext, StepError};
use serde_json::{Value, json};

/// Sends a greeting to a service. The result is `{ text, status }`.
///
/// Without `to` the greeting is only made, and `status` is `null`. A status but 200 to 299 fails the step with `http_4xx` or `http_5xx`; trying
/// again may help with the latter.
///
/// ```yaml
/// workflows:
///   welcome:
///     input: { name: string }
///     steps:
///       - @name@_greet: { name: "${ .input.name }" }
/// ```
#[derive(Step)]
#[step(name = "@name@_greet", action, effect = "idempotent", result = "json")]
pub struct Greet {
    /// Who is greeted.
    #[param(example = "Ada")]
    name: String,
    /// The first word.
    #[param(default = "Hello")]
    word: String,
    /// The address of the service.
    to: Option<String>,
}

impl Action for Greet {
    async fn run(self, cx: StepContext) -> Result<Value, StepError> {
        let text = format!("{}, {}!", self.word, self.name);
        let Some(url) = self.to else {
            return Ok(json!({ "text": text, "status": null }));
        };
        let request = HttpRequest {
            method: "POST".to_owned(),
            url,
            // The same at every attempt of this step, so that the service can tell.
            headers: vec![("Idempotency-Key".to_owned(), cx.idempotency_key())],
            body: text.clone().into_bytes(),
            timeout: None,
        };
        match cx.http(request).await?.status {
            status @ 200..300 => Ok(json!({ "text": text, "status": status })),
            status @ 500.. => Err(StepError::retryable("http_5xx", format!("the service answered {status}"))),
            status => Err(StepError::terminal("http_4xx", format!("the service answered {status}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use locus_plugin::testing::{Answer, Fault, World};
    use serde_json::json;

    #[test]
    fn a_greeting_is_made() {
        let result = World::new().run("@name@_greet", json!({ "name": "Ada" }));
        assert_eq!(result, Ok(json!({ "text": "Hello, Ada!", "status": null })));
    }

    #[test]
    fn a_greeting_is_sent_once_however_often_it_is_tried() {
        let params = json!({ "name": "Ada", "word": "Hi", "to": "https://greet.example" });
        let ok = || Answer::http(200, &[], "");
        // The first answer comes too late: the step cannot know that the greeting arrived.
        let world = World::new().answers([ok(), ok()]).fault(0, Fault::Late);
        assert!(world.run("@name@_greet", params.clone()).unwrap_err().retryable);
        assert_eq!(world.run("@name@_greet", params).unwrap()["status"], 200);
        let sent = world.requests();
        assert_eq!(sent[0].body, b"Hi, Ada!");
        assert_eq!(sent[0].headers, sent[1].headers);
    }
}
