//! Tests of reading, in tables: a text, and what is read of it with the place of every part.

mod aliases;
mod errors;
mod expressions;
mod front_end;
mod pages;
mod project;
mod properties;
mod scalars;
mod spans;
mod texts;
mod world;

use locus_diag::{Diagnostic, SourceId};
use locus_model::{Node, NodeKind};

use crate::parse_yaml;

/// The documents of a text that has no problems.
fn read(text: &str) -> Vec<Node> {
    let (documents, problems) = parse_yaml(SourceId(0), text);
    assert_eq!(problems, [], "{text}");
    documents
}

/// The one document of a text that has no problems.
fn document(text: &str) -> Node {
    let mut documents = read(text);
    assert_eq!(documents.len(), 1, "{text}");
    documents.remove(0)
}

/// Every value and key of all documents, one to a line: its JSON pointer and the bytes it is written with.
fn outline(text: &str) -> String {
    let (documents, _) = parse_yaml(SourceId(0), text);
    let mut out = String::new();
    for node in &documents {
        outline_node(node, "", text, &mut out);
    }
    out
}

fn outline_node(node: &Node, pointer: &str, text: &str, out: &mut String) {
    let written = &text[node.span.range()];
    let value = match &node.kind {
        NodeKind::Sequence(_) => "[]".to_owned(),
        NodeKind::Mapping(_) => "{}".to_owned(),
        _ => node.to_value().to_string(),
    };
    let pointer_shown = if pointer.is_empty() { "." } else { pointer };
    out.push_str(&format!("{pointer_shown} {value} <{}>\n", written.escape_debug()));
    match &node.kind {
        NodeKind::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                outline_node(item, &format!("{pointer}/{index}"), text, out);
            }
        }
        NodeKind::Mapping(entries) => {
            for entry in entries {
                let key = &text[entry.key.span.range()];
                if key != entry.key.value {
                    out.push_str(&format!(
                        "{pointer}/{} key <{}>\n",
                        entry.key.value,
                        key.escape_debug()
                    ));
                }
                outline_node(&entry.value, &format!("{pointer}/{}", entry.key.value), text, out);
            }
        }
        _ => {}
    }
}

/// Every problem, one to a line: its code, the bytes it points at, its message.
fn problems(text: &str) -> String {
    let (_, problems) = parse_yaml(SourceId(0), text);
    problems.iter().map(|problem| format!("{}\n", problem_line(problem, text))).collect()
}

fn problem_line(problem: &Diagnostic, text: &str) -> String {
    let at = problem.primary().map(|span| text[span.range()].escape_debug().to_string());
    format!("{} <{}> {}", problem.code, at.unwrap_or_default(), problem.message)
}

/// The text after all fixes of all its problems.
fn fixed(text: &str) -> String {
    let (_, problems) = parse_yaml(SourceId(0), text);
    let mut edits: Vec<_> =
        problems.iter().flat_map(|p| &p.fixes).flat_map(|fix| &fix.edits).collect();
    edits.sort_by_key(|(span, _)| std::cmp::Reverse(*span));
    let mut text = text.to_owned();
    for (span, replacement) in edits {
        text.replace_range(span.range(), replacement);
    }
    text
}

/// Compares line by line, ignoring the indentation of the expectation.
#[track_caller]
fn expect(actual: &str, expected: &str) {
    let expected: Vec<&str> =
        expected.lines().map(str::trim_start).filter(|l| !l.is_empty()).collect();
    let actual: Vec<&str> = actual.lines().collect();
    assert!(
        actual == expected,
        "\n-- actual --\n{}\n-- expected --\n{}\n",
        actual.join("\n"),
        expected.join("\n")
    );
}
