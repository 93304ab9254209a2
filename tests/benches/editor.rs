//! What a keystroke costs in a file of 2,000 lines: the edit, the diagnostics of the whole program, and a completion; beside reading
//! the text once.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on fails")]

#[path = "specs.rs"]
#[allow(dead_code, reason = "it is shared between benchmarks")]
mod specs;

use std::sync::Arc;

use divan::Bencher;
use locus_cli as _;
use locus_diag::SourceId;
use locus_editor::Server;
use locus_plugin::Registry;
use serde_json::{Value, json};

fn main() {
    divan::main();
}

const URI: &str = "untitled:bench";

/// A file of some 2,000 lines.
fn text() -> String {
    let files = specs::generated(16);
    let text: String = files.iter().map(|(_, text)| text.as_str()).collect();
    assert!((1900..2300).contains(&text.lines().count()), "{} lines", text.lines().count());
    text
}

fn note(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "method": method, "params": params })
}

fn opened(text: &str) -> Server {
    let mut server = Server::new(Arc::new(Registry::linked().unwrap()));
    server.receive([json!({ "id": 0, "method": "initialize", "params": { "capabilities": {} } })]);
    let document = json!({ "uri": URI, "version": 1, "text": text });
    server.receive([note("textDocument/didOpen", json!({ "textDocument": document }))]);
    server.publish();
    server
}

/// Where a new expression is typed: behind `.steps` in the middle of the file.
fn place(text: &str) -> (usize, usize) {
    let middle = text.len() / 2;
    let at = middle + text[middle..].find(".steps.priority").unwrap() + ".steps.".len();
    let line = text[..at].matches('\n').count();
    (line, at - text[..at].rfind('\n').unwrap() - 1)
}

/// One letter typed and taken back in turn.
fn typed(server: &mut Server, line: usize, character: usize, again: &mut bool) {
    *again = !*again;
    let (end, new) = if *again { (character, "x") } else { (character + 1, "") };
    let range = json!({ "start": { "line": line, "character": character }, "end": { "line": line, "character": end } });
    let change = json!({ "range": range, "text": new });
    let document = json!({ "uri": URI, "version": 2 });
    server.receive([note(
        "textDocument/didChange",
        json!({ "textDocument": document, "contentChanges": [change] }),
    )]);
}

fn completed(server: &mut Server, line: usize, character: usize) {
    let position = json!({ "line": line, "character": character });
    let params = json!({ "textDocument": { "uri": URI }, "position": position });
    let answers =
        server.receive([json!({ "id": 1, "method": "textDocument/completion", "params": params })]);
    assert!(!answers[0]["result"]["items"].as_array().unwrap().is_empty(), "{}", answers[0]);
}

#[divan::bench]
fn a_parse_alone(bencher: Bencher<'_, '_>) {
    let text = text();
    bencher.bench(|| locus_syntax::parse_yaml(SourceId(0), &text));
}

#[divan::bench]
fn b_keystroke_to_diagnostics(bencher: Bencher<'_, '_>) {
    let text = text();
    let mut server = opened(&text);
    let (line, character) = place(&text);
    let mut again = false;
    bencher.bench_local(|| {
        typed(&mut server, line, character, &mut again);
        server.publish()
    });
}

#[divan::bench]
fn c_keystroke_to_diagnostics_and_completion(bencher: Bencher<'_, '_>) {
    let text = text();
    let mut server = opened(&text);
    let (line, character) = place(&text);
    let mut again = false;
    bencher.bench_local(|| {
        typed(&mut server, line, character, &mut again);
        completed(&mut server, line, character);
        server.publish()
    });
}

#[divan::bench]
fn d_format(bencher: Bencher<'_, '_>) {
    let text = text();
    bencher.bench(|| locus_editor::format(SourceId(0), &text).unwrap());
}
