//! Expressions that YAML cuts apart: found, mended, and offered in quotes.

use serde_json::{Value, json};

use super::{document, fixed, problems};
use crate::parse_yaml;
use locus_diag::SourceId;

/// A text, what it is read as all the same, and what the fix makes of it.
fn cases() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        (
            "a: ${ {b: .c} }\nd: 1\n",
            json!({ "a": "${ {b: .c} }", "d": 1 }),
            "a: \"${ {b: .c} }\"\nd: 1\n",
        ),
        ("- ${ {b: .c} }\n- 2\n", json!(["${ {b: .c} }", 2]), "- \"${ {b: .c} }\"\n- 2\n"),
        (
            "a: ${ .b == \"c #1\" } # note\nd: 1\n",
            json!({ "a": "${ .b == \"c #1\" }", "d": 1 }),
            "a: '${ .b == \"c #1\" }' # note\nd: 1\n",
        ),
        (
            "a: { b: ${ .c }, d: 1 }\n",
            json!({ "a": { "b": "${ .c }", "d": 1 } }),
            "a: { b: \"${ .c }\", d: 1 }\n",
        ),
        (
            "[no ${ .c }, ${ .d[0], .e }]\n",
            json!(["no ${ .c }", "${ .d[0], .e }"]),
            "[\"no ${ .c }\", \"${ .d[0], .e }\"]\n",
        ),
        (
            "{ a: ${ .b } and ${ {c: 1} } }\n",
            json!({ "a": "${ .b } and ${ {c: 1} }" }),
            "{ a: \"${ .b } and ${ {c: 1} }\" }\n",
        ),
        (
            "a: order ${ if .b then \"it's: }\" else \"\\(.c)\" end } é\nd: 1\n",
            json!({ "a": "order ${ if .b then \"it's: }\" else \"\\(.c)\" end } é", "d": 1 }),
            "a: 'order ${ if .b then \"it''s: }\" else \"\\(.c)\" end } é'\nd: 1\n",
        ),
        (
            "a: ${ .b |\n  {c: 1} }\nd: 1\n",
            json!({ "a": "${ .b |\n  {c: 1} }", "d": 1 }),
            "a: \"${ .b |\n  {c: 1} }\"\nd: 1\n",
        ),
        (
            "a: \"${ .b[\"c\"] }\"\nd: 1\n",
            json!({ "a": "${ .b[\"c\"] }", "d": 1 }),
            "a: '${ .b[\"c\"] }'\nd: 1\n",
        ),
        (
            "a: 'x ${ .b['c'] } y'\nd: 1\n",
            json!({ "a": "x ${ .b['c'] } y", "d": 1 }),
            "a: \"x ${ .b['c'] } y\"\nd: 1\n",
        ),
        (
            "{a: \"${ .b[\"c\"] }\", d: 1}\n",
            json!({ "a": "${ .b[\"c\"] }", "d": 1 }),
            "{a: '${ .b[\"c\"] }', d: 1}\n",
        ),
    ]
}

#[test]
fn what_was_meant_is_read_and_offered_in_quotes() {
    for (text, value, mended) in cases() {
        let (documents, found) = parse_yaml(SourceId(0), text);
        assert!(!found.is_empty(), "{text}");
        assert!(found.iter().all(|problem| problem.code == "unquoted-expression"), "{found:?}");
        assert_eq!(documents[0].to_value(), value, "{text}");
        assert_eq!(fixed(text), mended);
        let mut expected = value;
        if text.contains("|\n") {
            // Quotes join the lines; in an expression that changes nothing.
            expected["a"] = json!("${ .b | {c: 1} }");
        }
        assert_eq!(document(mended).to_value(), expected, "{mended}");
    }
}

#[test]
fn an_expression_inside_is_found_at_its_place() {
    let text = "a: { b: é ${ .c } }\n";
    let (documents, _) = parse_yaml(SourceId(0), text);
    let node = documents[0].pointer("/a/b").unwrap();
    let string = node.as_text().unwrap();
    let found = string.value.find(".c").unwrap();
    assert_eq!(&text[string.locate(found..found + 2, node.span).range()], ".c");
}

#[test]
fn an_expression_with_a_comment_is_not_joined_into_one_line() {
    let text = "a: ${ .b # why\n  | .c }\nd: 1\n";
    let (documents, found) = parse_yaml(SourceId(0), text);
    assert_eq!(found[0].code, "unquoted-expression");
    assert!(
        found[0].fixes.is_empty()
            && found[0].help.as_deref().is_some_and(|help| help.contains('|'))
    );
    assert_eq!(documents[0].to_value(), json!({ "a": "${ .b # why\n  | .c }", "d": 1 }));
}

#[test]
fn what_yaml_reads_whole_is_left_alone() {
    for text in [
        "a: ${ .b }\n",
        "a: ${ .b | map(.c) } and ${ .d }\n",
        "a: ${ .b[\"c\"] == 'd' }\n",
        "a: ${ [1, 2] }\n",
        "a: ${ .b } # note\n",
        "a: ${ .b\n",
        "a: |\n  ${ {b: 1} } # c\n",
        "a: \"${ {b: 1} } # c\"\n",
        "${ .a }: 1\n",
        "a: ${ .b # note\nc: 1 }\n",
    ] {
        assert_eq!(problems(text), "", "{text}");
    }
}

#[test]
fn an_expression_that_never_ends_is_a_plain_problem() {
    assert!(problems("a: ${ {b: 1}\nc: 1\n").starts_with("yaml-syntax"));
    assert!(
        problems("a: |\n  ${ {\n b: 1 } }\n").starts_with("yaml-syntax"),
        "a whole block is never mended"
    );
}

#[test]
fn very_many_are_mended_up_to_a_bound() {
    let text = "- ${ {a: 1} }\n".repeat(3000);
    let (documents, found) = parse_yaml(SourceId(0), &text);
    assert_eq!(documents[0].as_sequence().map(<[_]>::len), Some(3000));
    assert!(found.iter().all(|problem| matches!(
        problem.code.as_str(),
        "unquoted-expression" | "too-many-problems"
    )));
}
