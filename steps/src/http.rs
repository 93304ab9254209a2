//! Requests and responses of HTTP: addresses, forms, headers, bodies.

use std::fmt::Write;

use locus_plugin::StepError;
use locus_plugin::services::HttpResponse;
use serde_json::Value;

use crate::instant::http_date;

/// How much of a body goes into the details of an error, in bytes.
const MAX_DESCRIBED: usize = 16 * 1024;

/// The address with further parts of its query.
pub(crate) fn with_query<'a>(
    url: &str,
    query: impl IntoIterator<Item = (&'a String, &'a Value)>,
) -> Result<String, StepError> {
    let added = pairs(query, "query", percent_encode)?;
    if added.is_empty() {
        return Ok(url.to_owned());
    }
    let (address, fragment) = match url.split_once('#') {
        Some((address, fragment)) => (address, format!("#{fragment}")),
        None => (url, String::new()),
    };
    let joint = match address.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    Ok(format!("{address}{joint}{added}{fragment}"))
}

/// `application/x-www-form-urlencoded`
pub(crate) fn form<'a>(
    fields: impl IntoIterator<Item = (&'a String, &'a Value)>,
) -> Result<String, StepError> {
    pairs(fields, "body", |text| percent_encode(text).replace("%20", "+"))
}

pub(crate) fn is_form(content_type: &str) -> bool {
    media_type(content_type).eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// `name=value&…`; a list gives its name several times, `null` leaves it out.
fn pairs<'a>(
    fields: impl IntoIterator<Item = (&'a String, &'a Value)>,
    param: &str,
    encode: impl Fn(&str) -> String,
) -> Result<String, StepError> {
    let mut pairs = Vec::new();
    for (name, value) in fields {
        for value in value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice) {
            let text = match value {
                Value::Null => continue,
                Value::String(text) => text.clone(),
                Value::Bool(_) | Value::Number(_) => value.to_string(),
                Value::Array(_) | Value::Object(_) => {
                    return Err(StepError::terminal(
                        "invalid_parameter",
                        format!(
                            "/{param}/{name}: expected text, a number, true, false, or a list of those"
                        ),
                    ));
                }
            };
            pairs.push(format!("{}={}", encode(name), encode(&text)));
        }
    }
    Ok(pairs.join("&"))
}

/// Everything but the unreserved characters of RFC 3986.
fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// The first header of this name, which is in lower case.
pub(crate) fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// Refuses headers that would smuggle others in. Their values may be secrets, and are not shown.
pub(crate) fn check_headers(headers: &[(String, String)]) -> Result<(), StepError> {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    for (name, value) in headers {
        let wrong = if name.is_empty() || !name.chars().all(is_token) {
            "the name of a header has letters, digits and `-`"
        } else if value.chars().any(|c| c.is_control() && c != '\t') {
            "the value of a header is one line of text"
        } else {
            continue;
        };
        return Err(StepError::terminal("invalid_parameter", format!("/headers/{name}: {wrong}")));
    }
    Ok(())
}

/// The body as a value.
pub(crate) fn read_body(response: &HttpResponse) -> Result<Value, String> {
    if response.body.is_empty() {
        return Ok(Value::Null);
    }
    let content_type = header(&response.headers, "content-type");
    if content_type.is_some_and(is_json) {
        return serde_json::from_slice(&response.body)
            .map_err(|error| format!("the response is not the JSON it says it is: {error}"));
    }
    if content_type.is_none()
        && let Ok(value) = serde_json::from_slice(&response.body)
    {
        return Ok(value);
    }
    Ok(Value::String(match std::str::from_utf8(&response.body) {
        Ok(text) => text.to_owned(),
        Err(_) => base64(&response.body),
    }))
}

/// The body for the details of an error: JSON where it is, otherwise as much of the text as is of use.
pub(crate) fn describe_body(response: &HttpResponse) -> Value {
    if response.body.len() <= MAX_DESCRIBED
        && let Ok(value) = read_body(response)
    {
        return value;
    }
    let start = &response.body[..response.body.len().min(MAX_DESCRIBED)];
    Value::String(String::from_utf8_lossy(start).into_owned())
}

/// How long the response asks to wait, in milliseconds.
pub(crate) fn retry_after(response: &HttpResponse, now: u64) -> Option<u64> {
    let text = header(&response.headers, "retry-after")?.trim();
    match text.parse::<u64>() {
        Ok(seconds) => seconds.checked_mul(1000),
        Err(_) => Some(http_date(text)?.0.saturating_sub(now)),
    }
}

fn media_type(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

fn is_json(content_type: &str) -> bool {
    let media_type = media_type(content_type).to_ascii_lowercase();
    media_type == "application/json" || media_type == "text/json" || media_type.ends_with("+json")
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let at = |index: usize| u32::from(chunk.get(index).copied().unwrap_or_default());
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            if place <= chunk.len() {
                let six = (bits >> (18 - 6 * place)) & 0x3F;
                text.push(char::from(ALPHABET[six as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn queries_are_added_and_escaped() {
        let query = json!({ "q": "a b&c", "tag": ["x", 1, true], "none": null });
        let query = query.as_object().unwrap();
        let added = "q=a%20b%26c&tag=x&tag=1&tag=true";
        for (url, expected) in [
            ("https://a.example", format!("https://a.example?{added}")),
            ("https://a.example/?", format!("https://a.example/?{added}")),
            ("https://a.example/?z=1#top", format!("https://a.example/?z=1&{added}#top")),
        ] {
            assert_eq!(with_query(url, query).unwrap(), expected);
        }
        assert_eq!(form(query).unwrap(), "q=a+b%26c&tag=x&tag=1&tag=true");
        let nested = json!({ "q": { "a": 1 } });
        assert!(with_query("https://a.example", nested.as_object().unwrap()).is_err());
    }

    #[test]
    fn bytes_become_base64() {
        for (bytes, expected) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(base64(bytes.as_bytes()), expected);
        }
    }

    #[test]
    fn headers_cannot_smuggle() {
        let check = |name: &str, value: &str| check_headers(&[(name.to_owned(), value.to_owned())]);
        assert!(check("X-Trace", "a\tb").is_ok());
        for (name, value) in
            [("", "a"), ("X Trace", "a"), ("X:", "a"), ("X", "a\r\nY: b"), ("X", "\0")]
        {
            assert!(check(name, value).is_err(), "{name:?} {value:?}");
        }
    }
}
