//! `external_api`: HTTP requests.

use indexmap::IndexMap;
use locus_plugin::services::{HTTP_ERRORS, HttpRequest, HttpResponse};
use locus_plugin::{Action, Param, ParamError, Step, StepContext, StepError, schema};
use serde_json::{Value, json};

use crate::http;

/// Sends an HTTP request; the result is the body of the response.
///
/// A body that is JSON is read as JSON, other text is text, other bytes are base64 text, and no body at all is `null`.
///
/// Requests other than `GET`, `HEAD` and `OPTIONS` carry an `Idempotency-Key` header, which is the same at every attempt of the step and after
/// a crash: a service that honours it does the work once.
///
/// A status that is not expected fails the step with `http_4xx` or `http_5xx` (in general, `http_` and the first digit); the error's details
/// are `{ status, body }`, and `retry_after` in milliseconds where the response names a time. Retrying may help with 408, 425, 429 and 5xx, with
/// `connect_failed` and with `timeout`. A response that says it is JSON and is not fails with `invalid_response`.
///
/// ```yaml
/// workflows:
///   pay:
///     input: { order_id: uuid, amount: decimal }
///     steps:
///       - id: charge
///         external_api:
///           method: POST
///           url: https://pay.example/charges
///           headers: { Authorization: "Bearer ${ $secrets.PAY_TOKEN }" }
///           body: { order: "${ .input.order_id }", amount: "${ .input.amount }" }
///           output: { id: string, status: string }
///         retry: { attempts: 5, backoff: exponential, initial: 200ms, errors: [timeout, connect_failed, http_5xx] }
///         timeout: 10s
///       - return: { value: "${ .steps.charge.id }" }
/// ```
#[derive(Step)]
#[step(
    name = "external_api",
    action,
    effect = "idempotent",
    passes_key,
    errors(HTTP_ERRORS, "http_1xx", "http_2xx", "http_3xx", "http_4xx", "http_5xx", "invalid_response"),
    result = written("/output")
)]
pub struct ExternalApi {
    /// The method.
    #[param(default = "GET", effects(read("GET", "HEAD", "OPTIONS"), idempotent("PUT", "DELETE")))]
    method: Method,
    /// The address, `https` or `http`. Text that goes into its path is escaped with `@uri`: `${ .input.name | @uri }`.
    url: String,
    /// What is added to the address behind `?`, by name. A list gives its name several times, `null` leaves it out.
    #[param(default)]
    query: IndexMap<String, Value>,
    /// Headers, by name.
    #[param(default, secret_safe)]
    headers: Headers,
    /// The body: text is sent as it is, any other value as JSON, or as a form when the `Content-Type` header is
    /// `application/x-www-form-urlencoded`.
    #[param(secret_safe)]
    body: Option<Value>,
    /// The statuses that are a success; 200 to 299 when empty.
    #[param(default)]
    expect: Vec<u32>,
    /// The type of the result, for whoever reads `.steps.<id>`. It is not checked when the response comes: `validate` does that.
    #[param(literal, reference = "type")]
    #[expect(dead_code, reason = "read by the compiler")]
    output: Option<Value>,
}

/// Headers, by name. One of them is the key under which a repetition does nothing more.
#[derive(Default)]
pub struct Headers(IndexMap<String, String>);

impl Param for Headers {
    fn schema() -> Value {
        let key = json!({
            "type": "string",
            "description": "The key by which a service knows a request that comes again; the step makes one when it is not given.",
            schema::ROLE: "idempotency_key",
        });
        json!({
            "type": "object",
            "properties": { "Idempotency-Key": key, "idempotency-key": key },
            "additionalProperties": { "type": "string" },
        })
    }

    fn from_value(value: Value) -> Result<Self, ParamError> {
        IndexMap::from_value(value).map(Self)
    }
}

/// A method of HTTP.
#[derive(Param, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    #[param(rename = "GET")]
    Get,
    /// Reads the headers only.
    #[param(rename = "HEAD")]
    Head,
    /// Adds or does something.
    #[param(rename = "POST")]
    Post,
    /// Replaces.
    #[param(rename = "PUT")]
    Put,
    /// Changes.
    #[param(rename = "PATCH")]
    Patch,
    /// Removes.
    #[param(rename = "DELETE")]
    Delete,
    /// Asks what is possible.
    #[param(rename = "OPTIONS")]
    Options,
}

impl Action for ExternalApi {
    async fn run(self, cx: StepContext) -> Result<Value, StepError> {
        let request = self.request(&cx)?;
        let (method, url) = (request.method.clone(), request.url.clone());
        let response = cx.http(request).await?;
        if self.is_expected(response.status) {
            return http::read_body(&response).map_err(|problem| {
                let details =
                    json!({ "status": response.status, "body": http::describe_body(&response) });
                StepError::terminal("invalid_response", problem).details(details)
            });
        }
        // The query may hold what nobody should read in a log.
        let place = url.split(['?', '#']).next().unwrap_or_default();
        Err(failure(&response, &format!("{method} {place}"), cx.now()))
    }
}

impl ExternalApi {
    fn request(&self, cx: &StepContext) -> Result<HttpRequest, StepError> {
        let mut headers: Vec<(String, String)> =
            self.headers.0.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let content_type = http::header(&headers, "content-type").map(str::to_owned);
        let mut body = Vec::new();
        if let Some(value) = &self.body {
            let default_type = match (value, content_type.as_deref()) {
                (Value::Object(fields), Some(given)) if http::is_form(given) => {
                    body = http::form(fields)?.into_bytes();
                    None
                }
                (Value::String(text), given) => {
                    body = text.clone().into_bytes();
                    given.is_none().then_some("text/plain; charset=utf-8")
                }
                (value, given) => {
                    body = value.to_string().into_bytes();
                    given.is_none().then_some("application/json")
                }
            };
            headers.extend(default_type.map(|ty| ("Content-Type".to_owned(), ty.to_owned())));
        }
        let reads = matches!(self.method, Method::Get | Method::Head | Method::Options);
        if !reads && http::header(&headers, "idempotency-key").is_none() {
            headers.push(("Idempotency-Key".to_owned(), cx.idempotency_key()));
        }
        http::check_headers(&headers)?;
        Ok(HttpRequest {
            method: self.method.as_str().to_owned(),
            url: http::with_query(&self.url, &self.query)?,
            headers,
            body,
            timeout: None,
        })
    }

    fn is_expected(&self, status: u16) -> bool {
        if self.expect.is_empty() {
            (200..300).contains(&status)
        } else {
            self.expect.contains(&u32::from(status))
        }
    }
}

impl Method {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }
}

/// The error of a status that was not expected.
fn failure(response: &HttpResponse, what: &str, now: u64) -> StepError {
    let status = response.status;
    let mut details = json!({ "status": status, "body": http::describe_body(response) });
    if let Some(delay) = http::retry_after(response, now) {
        details["retry_after"] = json!(delay);
    }
    let code = format!("http_{}xx", status / 100);
    let message = format!("{what}: status {status}");
    let error = match status {
        408 | 425 | 429 | 500.. => StepError::retryable(code, message),
        _ => StepError::terminal(code, message),
    };
    error.details(details)
}
