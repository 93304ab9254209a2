//! What holds for every text: reading ends without a panic, and every place is one.

use locus_diag::{SourceId, Span};
use locus_model::{Node, NodeKind, Text};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::problems;
use crate::parse_yaml;
use crate::world::{MemoryWorld, World};

/// Pieces that mean something to YAML, in any order.
const PIECES: &[&str] = &[
    "a",
    "b",
    "key",
    "a: ",
    "b: ",
    ":",
    ": ",
    "- ",
    "-",
    "\n",
    "\n  ",
    "\n    ",
    "\n- ",
    "\n  - ",
    "\na: ",
    "\n  b: ",
    "{",
    "}",
    "[",
    "]",
    ", ",
    ",",
    "'",
    "''",
    "\"",
    "\\n",
    "\\\"",
    "\\u00e9",
    "\\L",
    "\\x",
    "\\d",
    "\\\n",
    "|",
    ">",
    "|\n",
    ">\n",
    "|-\n  ",
    ">+\n  ",
    "|2\n   ",
    " # c",
    "#",
    "&a ",
    "*a",
    "*b",
    "<<",
    "<<: *a",
    "!!str ",
    "!!int ",
    "!x ",
    "!",
    "é",
    "𝄞",
    "\r\n",
    "\r",
    "\t",
    " ",
    "  ",
    "\n\n",
    "\n---\n",
    "---",
    "...\n",
    "${ ",
    "${ .x }",
    " }",
    "? ",
    "1",
    "0x1F",
    "1.5",
    "~",
    "null",
    "true",
    "\u{feff}",
    "%YAML 1.2\n",
    "%",
    "@",
    "\0",
    "\u{85}",
    "x: |\n  one\n  two\n",
    "y: >\n  one\n  two\n\n  three\n",
];

fn pieces() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..24).prop_map(|pieces| pieces.concat())
}

/// Every place of a node is one, and lies in that of its parent.
fn check_places(node: &Node, text: &str, parent: Option<Span>) {
    let range = node.span.range();
    assert!(text.get(range.clone()).is_some(), "{range:?} of {text:?}");
    if let Some(parent) = parent {
        assert!(
            parent.start <= node.span.start && node.span.end <= parent.end,
            "{parent:?} {:?} in {text:?}",
            node.span
        );
    }
    let parent = parent.map(|_| node.span);
    match &node.kind {
        NodeKind::Sequence(items) => items.iter().for_each(|item| check_places(item, text, parent)),
        NodeKind::Mapping(entries) => {
            for entry in entries {
                assert!(text.get(entry.key.span.range()).is_some());
                if let Some(parent) = parent {
                    assert!(
                        parent.start <= entry.key.span.start && entry.key.span.end <= parent.end
                    );
                    assert!(entry.key.span.end <= entry.value.span.start, "{text:?}");
                }
                check_places(&entry.value, text, parent);
            }
        }
        NodeKind::String(string) => check_runs(string, node.span, text),
        _ => {}
    }
}

/// Every character of a string is found in the source, or what stands for it is.
fn check_runs(string: &Text, whole: Span, text: &str) {
    // The parser takes a comment indented by a tab for nothing, inside a text without quotes.
    let quirk = string.plain && text.contains("\t") && text.contains('#');
    let mapped = string.value.is_empty() || !string.runs.is_empty();
    assert!(mapped || quirk, "no runs for {:?} in {text:?}", string.value);
    if !mapped {
        return;
    }
    assert!(string.runs.is_sorted(), "{:?} in {text:?}", string.runs);
    for (start, character) in string.value.char_indices() {
        let place = string.locate(start..start + character.len_utf8(), whole);
        let written = text.get(place.range());
        let written = written.unwrap_or_else(|| panic!("{place:?} is no place in {text:?}"));
        let stands_for = match written.chars().next() {
            // The line break behind the last line is not part of the place of a block.
            None => character == '\n',
            Some(first) if first == character && written.len() == character.len_utf8() => true,
            // Masked by a repair.
            Some(_)
                if matches!(character, 'x' | 'é' | '가' | '𝄞') && !problems(text).is_empty() =>
            {
                true
            }
            Some('\\') => true,
            Some('\'') if written == "''" => true,
            Some('\n' | '\r') => matches!(character, ' ' | '\n'),
            Some(_) => false,
        };
        assert!(stands_for, "{character:?} is not {written:?} in {text:?}");
    }
}

fn check(text: &str) {
    let (documents, problems) = parse_yaml(SourceId(0), text);
    for document in &documents {
        // What an alias stands for is placed at its anchor.
        let nested = (!text.contains('*')).then_some(document.span);
        check_places(document, text, nested);
    }
    for problem in &problems {
        assert!(problem.primary().is_some(), "{problem:?} has no place in {text:?}");
        for label in &problem.labels {
            assert!(text.get(label.span.range()).is_some(), "{problem:?} in {text:?}");
        }
        for (span, _) in problem.fixes.iter().flat_map(|fix| &fix.edits) {
            assert!(text.get(span.range()).is_some(), "{problem:?} in {text:?}");
        }
    }
    assert_eq!(
        parse_yaml(SourceId(0), text),
        (documents, problems),
        "reading twice gives the same"
    );
}

/// A real spec with a few slips.
fn slips() -> impl Strategy<Value = String> {
    let slip = (any::<prop::sample::Index>(), 0..6_usize, prop::sample::select(PIECES));
    prop::collection::vec(slip, 1..4).prop_map(|slips| {
        let mut text = include_str!("spec.locus.yaml").to_owned();
        for (at, length, piece) in slips {
            let start = at.index(text.len());
            let range = start..(start + length).min(text.len());
            if text.get(range.clone()).is_some() {
                text.replace_range(range, piece);
            }
        }
        text
    })
}

/// Any value, with texts that need every way of writing.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1.0e12..1.0e12_f64).prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,6}",
        "[ -~]{0,12}",
        "[a-zé𝄞 ]{0,6}(\n[ a-z]{0,5}){0,3}",
        Just("<<".to_owned()),
        Just("null".to_owned()),
        Just("1".to_owned()),
        Just("${ .a: {b: 1} } # c".to_owned()),
    ]
}

/// Writes a value as a block, texts in every way that can hold them.
fn write(value: &Value, indent: usize, style: usize, out: &mut String) {
    let pad = " ".repeat(indent);
    match value {
        Value::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                out.push_str(&format!("\n{pad}- "));
                write(item, indent + 2, style + index, out);
            }
        }
        Value::Object(entries) if !entries.is_empty() => {
            for (index, (key, item)) in entries.iter().enumerate() {
                out.push_str(&format!("\n{pad}{}: ", Value::from(key.as_str())));
                write(item, indent + 2, style + index, out);
            }
        }
        Value::String(text) => write_text(text, &pad, style, out),
        other => out.push_str(&other.to_string()),
    }
}

fn write_text(text: &str, pad: &str, style: usize, out: &mut String) {
    let single_line = !text.contains('\n');
    let block = !text.is_empty()
        && !text.starts_with([' ', '\n'])
        && !text.lines().any(|line| line.trim().is_empty());
    match style % 3 {
        0 if single_line => out.push_str(&format!("'{}'", text.replace('\'', "''"))),
        1 if block => {
            let chomp = if text.ends_with('\n') { "" } else { "-" };
            let lines = text.lines().map(|line| format!("\n{pad}  {line}")).collect::<String>();
            out.push_str(&format!("|{chomp} # a block{lines}"));
        }
        _ => out.push_str(&Value::from(text).to_string()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn any_mixture_of_yaml_is_read(text in pieces()) {
        check(&text);
    }

    #[test]
    fn a_spec_with_slips_is_read(text in slips()) {
        check(&text);
    }

    #[test]
    fn any_bytes_are_text_or_refused(bytes in any::<Vec<u8>>()) {
        let world = MemoryWorld::new([("a", bytes)]);
        if let Ok(text) = world.read("a") {
            check(&text);
        }
    }

    #[test]
    fn what_is_written_is_read(value in value(), style in 0..3_usize) {
        let mut text = "root: ".to_owned();
        write(&value, 2, style, &mut text);
        check(&text);
        let (documents, problems) = parse_yaml(SourceId(0), &text);
        prop_assert_eq!(&problems, &[], "{}", text);
        prop_assert_eq!(documents[0].to_value(), json!({ "root": value }), "{}", text);
        let windows = text.replace('\n', "\r\n");
        let (documents, _) = parse_yaml(SourceId(0), &windows);
        prop_assert_eq!(documents[0].to_value(), json!({ "root": value }), "{}", windows);
        check(&windows);
    }

    #[test]
    fn json_is_read(value in value()) {
        let text = value.to_string();
        let (documents, problems) = parse_yaml(SourceId(0), &text);
        prop_assert_eq!(&problems, &[], "{}", text);
        prop_assert_eq!(documents[0].to_value(), value, "{}", text);
        check(&text);
    }
}
