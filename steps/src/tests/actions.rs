//! The actions: what they ask of the host, and what they make of its answers.

use locus_plugin::StepError;
use locus_plugin::services::{Published, SqlOutcome};
use serde_json::{Value, json};

use locus_plugin::testing::Answer;

use super::services::{asked, run};

const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");
const TEXT: (&str, &str) = ("content-type", "text/plain");

fn http(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Vec<Answer> {
    vec![Answer::http(status, headers, body)]
}

#[test]
fn log_writes_a_line() {
    let (result, script) = run("log", json!({ "message": "hello" }), vec![]);
    assert_eq!((result, asked(&script)), (Ok(Value::Null), vec!["Info hello {}".to_owned()]));
    let params = json!({ "message": { "n": 1 }, "level": "warn", "fields": { "a": [2] } });
    let (_, script) = run("log", params, vec![]);
    assert_eq!(asked(&script), [r#"Warn {"n":1} {"a":[2]}"#]);
}

#[test]
fn requests_are_sent_as_written() {
    for (params, expected_headers, expected_body) in [
        (json!({}), vec![], ""),
        (json!({ "method": "HEAD" }), vec![], ""),
        (json!({ "headers": { "Accept": "text/csv" } }), vec!["Accept: text/csv"], ""),
        (
            json!({ "method": "POST", "body": { "b": 1, "a": 2 } }),
            vec!["Content-Type: application/json", "Idempotency-Key: run-1/shop/pay"],
            r#"{"b":1,"a":2}"#,
        ),
        (
            json!({ "method": "PUT", "body": "as it is", "headers": { "idempotency-key": "mine" } }),
            vec!["idempotency-key: mine", "Content-Type: text/plain; charset=utf-8"],
            "as it is",
        ),
        (
            json!({ "method": "PATCH", "body": [1], "headers": { "content-type": "application/merge-patch+json" } }),
            vec!["content-type: application/merge-patch+json", "Idempotency-Key: run-1/shop/pay"],
            "[1]",
        ),
        (
            json!({ "method": "POST", "body": { "a b": "c&d" }, "headers": { "Content-Type": "application/x-www-form-urlencoded" } }),
            vec![
                "Content-Type: application/x-www-form-urlencoded",
                "Idempotency-Key: run-1/shop/pay",
            ],
            "a+b=c%26d",
        ),
        (json!({ "method": "DELETE" }), vec!["Idempotency-Key: run-1/shop/pay"], ""),
    ] {
        let mut params = params;
        params["url"] = json!("https://a.example/x");
        params["query"] = json!({ "page": 2 });
        let (result, script) = run("external_api", params, http(200, &[JSON], "{}"));
        assert_eq!(result, Ok(json!({})));
        let request = script.requests().remove(0);
        let headers: Vec<String> =
            request.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        assert_eq!(headers, expected_headers);
        assert_eq!(String::from_utf8(request.body).unwrap(), expected_body);
        assert_eq!(request.url, "https://a.example/x?page=2");
    }
}

#[test]
fn bodies_are_read() {
    let problem_json = ("content-type", "application/problem+json");
    for (headers, body, expected) in [
        (vec![JSON], r#"{"id":"c-1"}"#.as_bytes(), json!({ "id": "c-1" })),
        (vec![problem_json], b"[1]", json!([1])),
        (vec![TEXT], b"[1]", json!("[1]")),
        (vec![], b"[1]", json!([1])),
        (vec![], b"hello", json!("hello")),
        (vec![JSON], b"", json!(null)),
        (vec![("content-type", "image/png")], b"\xff\xfe", json!("//4=")),
    ] {
        let answer = vec![Answer::http(200, &headers, body)];
        let (result, _) = run("external_api", json!({ "url": "https://a.example" }), answer);
        assert_eq!(result, Ok(expected));
    }
    let (result, _) =
        run("external_api", json!({ "url": "https://a.example" }), http(200, &[JSON], "oops"));
    let error = result.unwrap_err();
    assert_eq!((error.code.as_str(), error.retryable), ("invalid_response", false));
    assert_eq!(error.details, json!({ "status": 200, "body": "oops" }));
}

#[test]
fn statuses_that_are_not_expected_are_errors() {
    for (status, expect, code, retryable) in [
        (404, json!([]), "http_4xx", false),
        (408, json!([]), "http_4xx", true),
        (429, json!([]), "http_4xx", true),
        (503, json!([]), "http_5xx", true),
        (304, json!([]), "http_3xx", false),
        (201, json!([200]), "http_2xx", false),
    ] {
        let params = json!({ "url": "https://a.example/x?token=1", "expect": expect });
        let (result, _) = run("external_api", params, http(status, &[JSON], r#"{"why":1}"#));
        let error = result.unwrap_err();
        assert_eq!((error.code.as_str(), error.retryable), (code, retryable), "{status}");
        assert_eq!(error.details, json!({ "status": status, "body": { "why": 1 } }));
        assert_eq!(error.message, format!("GET https://a.example/x: status {status}"));
    }
    let params = json!({ "url": "https://a.example", "expect": [200, 404] });
    let (result, _) = run("external_api", params, http(404, &[TEXT], "none"));
    assert_eq!(result, Ok(json!("none")));
}

#[test]
fn the_time_to_retry_is_passed_on() {
    for (header, expected) in [
        ("120", json!(120_000)),
        ("Thu, 01 Jan 1970 00:01:30 GMT", json!(30_000)),
        ("Thu, 01 Jan 1970 00:00:30 GMT", json!(0)),
        ("soon", json!(null)),
    ] {
        let answer = http(503, &[("retry-after", header)], "");
        let (result, _) = run("external_api", json!({ "url": "https://a.example" }), answer);
        assert_eq!(result.unwrap_err().details["retry_after"], expected, "{header}");
    }
}

#[test]
fn large_bodies_of_errors_are_cut() {
    let body = "é".repeat(1_000_000);
    let (result, _) =
        run("external_api", json!({ "url": "https://a.example" }), http(500, &[TEXT], &body));
    let details = result.unwrap_err().details;
    assert!(details["body"].as_str().unwrap().len() <= 17_000);
}

#[test]
fn requests_that_cannot_be_are_refused() {
    for params in [
        json!({}),
        json!({ "url": "https://a.example", "method": "get" }),
        json!({ "url": "https://a.example", "headers": { "X": "a\r\nY: b" } }),
        json!({ "url": "https://a.example", "query": { "q": {} } }),
    ] {
        let (result, script) = run("external_api", params, vec![]);
        assert_eq!(result.unwrap_err().code, "invalid_parameter");
        assert!(asked(&script).is_empty());
    }
}

#[test]
fn failures_of_the_host_go_on() {
    let error = StepError::retryable("connect_failed", "nobody there");
    let (result, _) = run(
        "external_api",
        json!({ "url": "https://a.example" }),
        vec![Answer::Fails(error.clone())],
    );
    assert_eq!(result, Err(error));
}

#[test]
fn statements_go_to_the_database() {
    let params = json!({ "connection": "shop", "statements": [
        { "sql": "update stock set free = free - :n", "params": { "n": 2 }, "expect": { "affected": 1, "else": "out_of_stock" } },
        { "sql": "select 1", "expect": { "rows": 1 } },
    ] });
    let outcomes = vec![
        SqlOutcome { affected: 1, rows: vec![] },
        SqlOutcome { affected: 0, rows: vec![json!({ "1": 1 })] },
    ];
    let (result, script) = run("db_tx", params, vec![Answer::Sql(outcomes)]);
    assert_eq!(
        result,
        Ok(
            json!({ "affected": 0, "rows": [{ "1": 1 }], "earlier": [{ "affected": 1, "rows": [] }] })
        )
    );
    let statements = json!([
        { "sql": "update stock set free = free - :n", "params": { "n": 2 }, "expect": { "affected": 1, "rows": null, "error": "out_of_stock" } },
        { "sql": "select 1", "params": {}, "expect": { "affected": null, "rows": 1, "error": "expectation_failed" } },
    ]);
    assert_eq!(asked(&script), [format!("shop run-1/shop/pay {statements}")]);
    let (result, _) = run("db_tx", json!({ "connection": "shop", "statements": [] }), vec![]);
    assert_eq!(result.unwrap_err().code, "invalid_parameter");
}

#[test]
fn messages_go_to_the_queue() {
    let params =
        json!({ "connection": "bus", "topic": "mail", "payload": [1], "headers": { "a": "b" } });
    let published = Published { id: "17".to_owned(), duplicate: true };
    let (result, script) = run("queue_publish", params, vec![Answer::Published(published)]);
    assert_eq!(result, Ok(json!({ "id": "17", "duplicate": true })));
    assert_eq!(
        asked(&script),
        [r#"bus run-1/shop/pay {"topic":"mail","payload":[1],"headers":{"a":"b"}}"#]
    );
}

/// The result of reading a file of this name and content; the error as `message details`.
fn read(path: &str, content: &[u8], more: Value) -> Result<Value, String> {
    let mut params = json!({ "path": path });
    for (key, value) in more.as_object().unwrap() {
        params[key] = value.clone();
    }
    let (result, script) = run("read_file", params, vec![Answer::File(content.to_vec())]);
    assert_eq!(asked(&script), [path]);
    result.map_err(|error| {
        assert!(!error.retryable);
        format!("{}: {} {}", error.code, error.message, error.details)
    })
}

#[test]
fn files_are_read_by_their_format() {
    for (path, content, more, expected) in [
        (
            "a.csv",
            "sku,qty\na,1\n\"b,\"\"c\",\n",
            json!({}),
            json!([{ "sku": "a", "qty": "1" }, { "sku": "b,\"c", "qty": "" }]),
        ),
        (
            "a.CSV",
            "\u{FEFF}sku,qty,price\r\na, 1 ,1.50\r\nb,,-2e3",
            json!({ "numbers": ["qty", "price"] }),
            json!([{ "sku": "a", "qty": 1, "price": 1.5 }, { "sku": "b", "qty": null, "price": -2000.0 }]),
        ),
        ("a.csv", "a;b\n1;2", json!({ "delimiter": ";" }), json!([{ "a": "1", "b": "2" }])),
        ("a.csv", "a,b\n", json!({}), json!([])),
        ("a.csv", "", json!({}), json!([])),
        ("a.json", " {\"a\": [1]} ", json!({}), json!({ "a": [1] })),
        ("a.jsonl", "1\n\n{\"a\":2}\r\n", json!({}), json!([1, { "a": 2 }])),
        ("notes", "é\n", json!({}), json!("é\n")),
        ("a.csv", "a,b\n", json!({ "format": "text" }), json!("a,b\n")),
    ] {
        assert_eq!(read(path, content.as_bytes(), more), Ok(expected), "{path} {content:?}");
    }
}

#[test]
fn problems_of_files_have_their_place() {
    for (path, content, more, expected) in [
        (
            "a.csv",
            "a,b\n1,2\n1,x\n",
            json!({ "numbers": ["b"] }),
            r#"invalid_file: a.csv, line 3: column `b` is `x`, not a number {"line":3,"column":"b"}"#,
        ),
        (
            "a.csv",
            "a,b\n\"1\n\",2\n1,NaN\n",
            json!({ "numbers": ["b"] }),
            r#"invalid_file: a.csv, line 4: column `b` is `NaN`, not a number {"line":4,"column":"b"}"#,
        ),
        (
            "a.csv",
            "a,b\n1,2\n1\n",
            json!({}),
            r#"invalid_file: a.csv, line 3: 1 cells instead of 2 {"line":3}"#,
        ),
        (
            "a.csv",
            "a,,b\n",
            json!({}),
            r#"invalid_file: a.csv, line 1: column 2 has no name {"line":1}"#,
        ),
        (
            "a.csv",
            "a,a\n",
            json!({}),
            r#"invalid_file: a.csv, line 1: two columns are called `a` {"line":1}"#,
        ),
        (
            "a.csv",
            "a,b\n",
            json!({ "numbers": ["c"] }),
            r#"invalid_file: a.csv, line 1: there is no column `c`; there are `a`, `b` {"line":1}"#,
        ),
        (
            "a.csv",
            "a\n1\n2\n3\n",
            json!({ "max": 2 }),
            r#"invalid_file: a.csv, line 4: more than `max: 2` records {"line":4}"#,
        ),
        (
            "a.json",
            "{\n  oops }",
            json!({}),
            r#"invalid_file: a.json, line 2: key must be a string {"line":2,"column":3}"#,
        ),
        (
            "a.jsonl",
            "1\n[2\n",
            json!({}),
            r#"invalid_file: a.jsonl, line 2: EOF while parsing a list {"line":2,"column":2}"#,
        ),
        (
            "a.jsonl",
            "1\n2\n3\n",
            json!({ "max": 2 }),
            r#"invalid_file: a.jsonl, line 3: more than `max: 2` records {"line":3}"#,
        ),
    ] {
        assert_eq!(read(path, content.as_bytes(), more), Err(expected.to_owned()));
    }
    let expected = r#"invalid_file: a.txt, line 2: not UTF-8 {"line":2}"#;
    assert_eq!(read("a.txt", b"a\n\xff", json!({})), Err(expected.to_owned()));
}
