//! HTTP requests. Every response is a success here; what failed is getting one.

use std::error::Error as _;
use std::sync::OnceLock;
use std::time::Duration;

use locus_plugin::StepError;
use locus_plugin::services::{HttpRequest, HttpResponse};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Response, Url};

/// The largest body that is read.
pub(crate) const MAX_RESPONSE: usize = 16 << 20;
/// How long to wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// How long to wait for the whole response, where the request does not say.
const WHOLE: Duration = Duration::from_secs(60);
/// How often a response may point elsewhere.
const REDIRECTS: usize = 10;

/// The client that all runs share; made when it is first needed.
#[derive(Default)]
pub(super) struct Http {
    client: OnceLock<Result<Client, String>>,
}

impl Http {
    /// Sends a request and reads the response.
    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, StepError> {
        let url = parse_url(&request.url)?;
        let method = Method::from_bytes(request.method.as_bytes()).map_err(|_| {
            StepError::terminal(
                "invalid_request",
                format!("`{}` is no HTTP method", request.method),
            )
        })?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let limit = request.timeout.map_or(WHOLE, Duration::from_millis);
        let sending = self
            .client()?
            .request(method, url)
            .headers(headers(&request.headers)?)
            .body(request.body)
            .timeout(limit)
            .send();
        let response = sending.await.map_err(|error| failed(&error, &host, limit))?;
        read(response, &host, limit).await
    }

    fn client(&self) -> Result<&Client, StepError> {
        let client = self.client.get_or_init(|| {
            // Fails where the program around has chosen one already, and then that one serves.
            let _ = rustls::crypto::ring::default_provider().install_default();
            Client::builder()
                .connect_timeout(CONNECT)
                .redirect(reqwest::redirect::Policy::limited(REDIRECTS))
                .user_agent(concat!("locus/", env!("CARGO_PKG_VERSION")))
                .build()
                .map_err(|error| innermost(&error))
        });
        client.as_ref().map_err(|message| {
            StepError::terminal(
                "http_unavailable",
                format!("no HTTP client can be made: {message}"),
            )
        })
    }
}

fn parse_url(text: &str) -> Result<Url, StepError> {
    let invalid = |why: String| StepError::terminal("invalid_url", why);
    let url = Url::parse(text).map_err(|error| invalid(format!("`{text}` is no URL: {error}")))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        other => Err(invalid(format!("a URL starts with `http` or `https`, not with `{other}`"))),
    }
}

fn headers(given: &[(String, String)]) -> Result<HeaderMap, StepError> {
    let mut headers = HeaderMap::with_capacity(given.len());
    for (name, value) in given {
        let (Ok(known), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
        else {
            return Err(StepError::terminal(
                "invalid_request",
                format!("the header `{name}` has characters that a header cannot have"),
            ));
        };
        headers.append(known, value);
    }
    Ok(headers)
}

async fn read(
    mut response: Response,
    host: &str,
    limit: Duration,
) -> Result<HttpResponse, StepError> {
    let too_large = || {
        StepError::terminal(
            "response_too_large",
            format!("the response of {host} is larger than {} MiB", MAX_RESPONSE >> 20),
        )
    };
    if response.content_length().is_some_and(|length| length > MAX_RESPONSE as u64) {
        return Err(too_large());
    }
    let status = response.status().as_u16();
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error, host, limit))? {
        if body.len() + chunk.len() > MAX_RESPONSE {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(HttpResponse { status, headers, body })
}

/// Says what failed without the URL: it may hold secrets.
fn failed(error: &reqwest::Error, host: &str, limit: Duration) -> StepError {
    let why = innermost(error);
    if error.is_connect() {
        return StepError::retryable("connect_failed", format!("no connection to {host}: {why}"));
    }
    if error.is_timeout() {
        let limit = locus_model::duration::format_duration(limit.as_millis() as u64);
        return StepError::retryable("timeout", format!("{host} did not answer within {limit}"));
    }
    if error.is_redirect() {
        return StepError::terminal(
            "too_many_redirects",
            format!("{host} points elsewhere more than {REDIRECTS} times"),
        );
    }
    if error.is_builder() {
        return StepError::terminal("invalid_request", why);
    }
    StepError::retryable("connection_lost", format!("the response of {host} was cut off: {why}"))
}

/// The last cause: the ones around it only say that something failed, and name the URL.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    let mut text = None;
    while let Some(inner) = cause {
        text = Some(inner.to_string());
        cause = inner.source();
    }
    text.unwrap_or_else(|| {
        if error.is_builder() { "the request is not valid" } else { "the request failed" }
            .to_owned()
    })
}
