//! What holds of every session: edits in any order give what a fresh look gives, and nothing ends the server but its editor.

use std::sync::Arc;

use locus_editor::Server;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::session::Session;
use super::shown::{apply, position};

const SPEC: &str = "workflows:\n  greet:\n    input: { name: string }\n    steps:\n      - id: hello\n        log: { message: \"hi 😀 ${ .input.name }\" }\n      - log: { message: \"${ .steps.hello }\" }\n";

#[test]
fn bytes_that_are_no_message_are_answered_and_survived() {
    let mut session = Session::start([("a.locus.yaml", SPEC)]);
    session.send_bytes(b"rubbish\r\nContent-Length: x\r\n\r\n\xff\xfe\r\n\r\n");
    for body in [&b"{"[..], b"\xff\xff", b"[]", b"null", b"{\"id\":[]}", b"{\"id\":7,\"method\":3}"]
    {
        session.send_bytes(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
        session.send_bytes(body);
        let answer = session.receive();
        assert!(answer["error"]["code"].is_i64(), "{answer}");
    }
    // Parameters of any shape are refused, and nothing more.
    for method in [
        "hover",
        "completion",
        "definition",
        "references",
        "rename",
        "prepareRename",
        "codeAction",
        "formatting",
        "documentSymbol",
    ] {
        let uri = session.uri("a.locus.yaml");
        for params in [
            json!(null),
            json!({}),
            json!({ "textDocument": 1 }),
            json!({ "textDocument": { "uri": "file:///none" }, "position": { "line": 1, "character": 1 } }),
            json!({ "textDocument": { "uri": uri }, "position": { "line": -1 } }),
        ] {
            let answer = session.request(&format!("textDocument/{method}"), params);
            assert!(answer["error"]["code"].is_i64(), "{method}: {answer}");
        }
    }
    session.notify("textDocument/didChange", json!({ "contentChanges": 5 }));
    session.notify("no/such/thing", json!({}));
    let answer = session.request("no/such/thing", json!({}));
    assert_eq!(answer["error"]["code"], -32601);
    session.open("a.locus.yaml", SPEC);
    assert_eq!(session.diagnostics("a.locus.yaml")["diagnostics"], json!([]));
    assert_eq!(session.end(), Some(0));
}

#[test]
fn a_session_keeps_its_order() {
    let mut session = Session::silent([("a.locus.yaml", SPEC)]);
    let answer = session.request("textDocument/hover", json!({}));
    assert_eq!(answer["error"]["code"], -32002);
    session.request("initialize", json!({ "capabilities": {} }));
    assert_eq!(session.request("initialize", json!({}))["error"]["code"], -32600);
    assert_eq!(session.request("shutdown", Value::Null)["result"], Value::Null);
    assert_eq!(session.request("textDocument/hover", json!({}))["error"]["code"], -32600);
    session.notify("exit", Value::Null);
    assert_eq!(session.hang_up(), Some(0));
    // Without being asked to end, an end is none.
    let session = Session::start([("a.locus.yaml", SPEC)]);
    assert_eq!(session.hang_up(), Some(1));
}

#[test]
fn a_request_that_is_taken_back_is_not_done() {
    let mut server = server();
    let uri = "file:///nowhere/a.locus.yaml";
    let open = note(
        "textDocument/didOpen",
        json!({ "textDocument": { "uri": uri, "version": 1, "text": SPEC } }),
    );
    let ask = json!({ "jsonrpc": "2.0", "id": "h", "method": "textDocument/hover", "params": { "textDocument": { "uri": uri }, "position": { "line": 0, "character": 0 } } });
    let answers = server.receive([open, ask, note("$/cancelRequest", json!({ "id": "h" }))]);
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0]["error"]["code"], -32800);
}

#[test]
fn other_files_of_the_project_are_seen_and_watched() {
    let mut session = Session::start([
        ("locus.yaml", "name: shop\n"),
        ("a.locus.yaml", "workflows: { a: { steps: [ { call: { workflow: b } } ] } }\n"),
        ("b.locus.yaml", "workflows: { b: { steps: [ { log: { message: hi } } ] } }\n"),
    ]);
    session.open("a.locus.yaml", "workflows: { a: { steps: [ { call: { workflow: b } } ] } }\n");
    assert_eq!(session.diagnostics("a.locus.yaml")["diagnostics"], json!([]));
    // An edit that was not saved counts.
    session.open("b.locus.yaml", "workflows: { c: { steps: [ { log: { message: hi } } ] } }\n");
    assert_eq!(session.diagnostics("a.locus.yaml")["diagnostics"][0]["code"], "unknown-workflow");
    // When it is closed, what is saved counts again.
    let b = session.uri("b.locus.yaml");
    session.notify("textDocument/didClose", json!({ "textDocument": { "uri": b } }));
    assert_eq!(session.diagnostics("a.locus.yaml")["diagnostics"], json!([]));
    session.end();
}

fn server() -> Server {
    let mut server = Server::new(Arc::new(crate::execute::registry()));
    server.receive([json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": { "capabilities": {} } })]);
    server
}

fn note(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "method": method, "params": params })
}

/// What is published of a text that was never saved.
fn published(messages: &[Value]) -> Option<Value> {
    let last =
        messages.iter().rfind(|message| message["method"] == "textDocument/publishDiagnostics")?;
    Some(last["params"]["diagnostics"].clone())
}

const UNSAVED: &str = "untitled:a";

fn open(server: &mut Server, text: &str) {
    let document = json!({ "uri": UNSAVED, "languageId": "yaml", "version": 1, "text": text });
    server.receive([note("textDocument/didOpen", json!({ "textDocument": document }))]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn edits_one_by_one_give_what_a_fresh_look_gives(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0usize..6, "[a-z😀:{}\\[\\]\"\r\n $.-]{0,6}"), 1..6),
    ) {
        let mut server = server();
        open(&mut server, SPEC);
        let mut last = published(&server.publish()).unwrap_or_else(|| json!([]));
        let mut text = SPEC.to_owned();
        for (version, (at, length, new)) in edits.iter().enumerate() {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let start = places[at.index(places.len())];
            let end = places[(at.index(places.len()) + length).min(places.len() - 1)];
            // Between `\r` and `\n` is no place.
            prop_assume!(!text[..start].ends_with('\r') && !text[..end].ends_with('\r'));
            let range = json!({ "start": position(&text, start), "end": position(&text, end) });
            let change = json!({ "range": range, "text": new });
            let document = json!({ "uri": UNSAVED, "version": version + 2 });
            server.receive([note("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [change] }))]);
            text.replace_range(start..end, new);
            prop_assume!(!text.replace("\r\n", "").contains('\r'));
            if let Some(now) = published(&server.publish()) {
                last = now;
            }
            // Everything is answered at every moment.
            for method in ["completion", "hover", "definition", "documentSymbol"] {
                let params = json!({ "textDocument": { "uri": UNSAVED }, "position": position(&text, start.min(text.len())) });
                let ask = json!({ "jsonrpc": "2.0", "id": 1, "method": format!("textDocument/{method}"), "params": params });
                let answer = server.receive([ask]);
                prop_assert!(answer[0].get("error").is_none(), "{method} of {text:?}: {}", answer[0]);
            }
        }
        let mut fresh = self::server();
        open(&mut fresh, &text);
        let anew = published(&fresh.publish()).unwrap_or_else(|| json!([]));
        prop_assert_eq!(last, anew, "{:?}", text);
    }

    #[test]
    fn formatting_by_edits_is_formatting(text in "(a: 1\n|b:\n|  c:   2\n|# x\n|\n|  - 3\n){0,8}") {
        if let Ok(formatted) = locus_editor::format(locus_diag::SourceId(0), &text) {
            let mut server = server();
            open(&mut server, &text);
            let ask = json!({ "jsonrpc": "2.0", "id": 1, "method": "textDocument/formatting", "params": { "textDocument": { "uri": UNSAVED } } });
            let answer = server.receive([ask]);
            prop_assert_eq!(apply(&text, answer[0]["result"].as_array().unwrap()), formatted);
        }
    }
}
