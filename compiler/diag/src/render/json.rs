//! Diagnostics as JSON: one object a problem, places with byte offsets and with lines and columns.

use serde_json::{Value, json};

use crate::diagnostic::Diagnostic;
use crate::source::Sources;
use crate::span::Span;

/// One problem as a JSON object.
///
/// `labels[0]` is the primary place. `start` and `end` count bytes from 0; lines and columns count from 1, a
/// column is a character.
#[must_use]
pub fn to_json(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let labels: Vec<Value> = diagnostic
        .labels
        .iter()
        .map(|label| {
            let mut place = place(label.span, sources);
            place["text"] = json!(label.text);
            place
        })
        .collect();
    let fixes: Vec<Value> = diagnostic
        .fixes
        .iter()
        .map(|fix| {
            let edits: Vec<Value> = fix
                .edits
                .iter()
                .map(|(span, replacement)| {
                    let mut place = place(*span, sources);
                    place["replacement"] = json!(replacement);
                    place
                })
                .collect();
            json!({ "title": fix.title, "applicability": fix.applicability, "edits": edits })
        })
        .collect();
    json!({
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "labels": labels,
        "help": diagnostic.help,
        "fixes": fixes,
        "plugin": diagnostic.plugin,
    })
}

fn place(span: Span, sources: &Sources) -> Value {
    let Some(source) = sources.get(span.source) else {
        return json!({ "start": span.start, "end": span.end });
    };
    let (line, column) = source.line_column(span.start as usize);
    let (end_line, end_column) = source.line_column(span.end as usize);
    json!({
        "file": &*source.name,
        "start": span.start,
        "end": span.end,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    })
}
