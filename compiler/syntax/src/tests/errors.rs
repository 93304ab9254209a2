//! What is not YAML: the problem in our words, its exact place, and everything else that is read all the same.

use locus_diag::SourceId;
use serde_json::json;

use super::{expect, fixed, outline, problems};
use crate::parse_yaml;

/// Texts that are not YAML, with the place and the message.
const WRONG: &[(&str, &str)] = &[
    ("a: [1, 2\n", "<[> this `[` is never closed"),
    ("a: {b: 1\n", "<{> this `{` is never closed"),
    ("a: [1}\n", "<[> this `[` is closed by `}`"),
    ("a: 1]\nb: [1]]\n", "<]> this bracket closes nothing"),
    ("a: \"b\n", "<\\\"> this quote is never closed"),
    ("a: 'b\n---\nc: 1\n", "<\\'> this quote is not closed where its text must end"),
    ("a: \"b\nc: 1\n", "<\\\"> this quote is not closed where its text must end"),
    ("a:\n\tb: 1\n", "<\\t> a tab stands where only spaces may"),
    ("a: 1\n b: 2\n", "<:> a key cannot stand here: the text above it goes on in this line"),
    (
        "a:\n  b: 1\n c: 2\n",
        "<c> this line fits neither into the mapping above nor into the one around it",
    ),
    (
        "a:\n  - 1\n b: 2\n",
        "<b> this line fits neither into the mapping above nor into the one around it",
    ),
    ("a: 1\nb\nc: 2\n", "<b> a `:` is missing after this key"),
    ("a: - 1\n", "<-> a list item cannot begin here"),
    ("a: [- 1]\n", "<-> a list item with `-` cannot stand between brackets"),
    ("a: {b: 1 c: 2}\n", "<:> `,` or `}` was expected here"),
    ("a: [x: 1 y: 2]\n", "<:> `,` or `]` was expected here"),
    ("a: \"b\" c\n", "<c> the text goes on after its closing quote"),
    ("a: 'it's'\n", "<s> the text goes on after its closing quote"),
    ("a: \"\\xZZ\"\n", "<\\\\> this escape needs more hexadecimal digits"),
    (
        "a: \"\\ud800\"\n",
        "<\\\\> this escape is one half of a character, and the other half is not there",
    ),
    ("a: \"\\U00110000\"\n", "<\\\\> this escape names no character"),
    ("a: b # c\n  d\n", "<#> a comment cuts this text in two"),
    ("a: \"b\"#c\n", "<#> a space is missing before this `#`"),
    ("a: *\n", "<*> a name is missing after this `&` or `*`"),
    ("a: 1\u{1}\n", "<\\u{1}> the character U+0001 cannot stand in YAML"),
    ("a: 1\0b: 2", "<\\0> the character U+0000 cannot stand in YAML"),
    ("a: [@b]\n", "<@> a text without quotes cannot begin with `@`"),
    ("a: | b\n  c\n", "<|> only a comment may follow `|` or `>` in its line"),
    ("a: |0\n  c\n", "<|> the indentation after `|` or `>` cannot be 0"),
    ("a: !e!x 1\n", "<!> nothing is known by the name of this tag"),
    ("%YAML 1.2\n%YAML 1.2\n---\na: 1\n", "<%> this directive is not well formed"),
    (
        "a: b\n---\nc: [1,\n  2\nd: 3\n",
        "<:> this `:` cannot stand here: its key must be on the same line, and in its own entry",
    ),
];

#[test]
fn every_problem_is_told_in_our_words_at_its_place() {
    let mut wrong = String::new();
    for (text, expected) in WRONG {
        let code = if text.contains('!') { "unsupported-tag" } else { "yaml-syntax" };
        let expected = format!("{code} {expected}\n");
        let actual = problems(text);
        if actual != expected {
            wrong.push_str(&format!("{text:?}\n  actual   {actual}  expected {expected}"));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn what_stands_before_a_problem_is_kept() {
    expect(
        &outline("a: 1\nb:\n  - c: 2\n  - d: [3, 4, f: \"\n"),
        r#"
        . {} <a: 1\nb:\n  - c: 2\n  - d: [3, 4>
        /a 1 <1>
        /b [] <- c: 2\n  - d: [3, 4>
        /b/0 {} <c: 2>
        /b/0/c 2 <2>
        /b/1 {} <d: [3, 4>
        /b/1/d [] <[3, 4>
        /b/1/d/0 3 <3>
        /b/1/d/1 4 <4>
        "#,
    );
}

#[test]
fn documents_behind_a_broken_one_are_read() {
    let text = "a: [1\n---\nb: 1\nb: 2\n---\nc: 'x\n---\nd: 1\n";
    let (documents, _) = parse_yaml(SourceId(0), text);
    let values: Vec<_> = documents.iter().map(|document| document.to_value()).collect();
    assert_eq!(values.last(), Some(&json!({ "d": 1 })));
    expect(
        &problems(text),
        "
        yaml-syntax <[> this `[` is never closed
        duplicate-key <b> the key `b` is there twice
        yaml-syntax <\\'> this quote is not closed where its text must end
        ",
    );
}

#[test]
fn slips_whose_meaning_is_clear_are_mended_and_hide_nothing() {
    let text = "a: note: this\nb: @home # c\nc: \"\\d+\\.\\d\"\nd: `x`\na: 2\n";
    expect(
        &problems(text),
        "
        yaml-syntax <:> a text without quotes cannot hold `: `
        yaml-syntax <@home> a text without quotes cannot begin with `@`
        yaml-syntax <\\\\d> `\\d` is not an escape of a text in double quotes
        yaml-syntax <\\\\.> `\\.` is not an escape of a text in double quotes
        yaml-syntax <\\\\d> `\\d` is not an escape of a text in double quotes
        yaml-syntax <`x`> a text without quotes cannot begin with ```
        duplicate-key <a> the key `a` is there twice
        ",
    );
    let mended = fixed(text);
    assert_eq!(problems(&mended), "duplicate-key <a> the key `a` is there twice\n");
    assert_eq!(
        outline(&mended).lines().skip(1).take(4).collect::<Vec<_>>(),
        [
            r#"/a "note: this" <\"note: this\">"#,
            r#"/b "@home" <\"@home\">"#,
            r#"/c "\\d+\\.\\d" <\"\\\\d+\\\\.\\\\d\">"#,
            r#"/d "`x`" <\"`x`\">"#,
        ]
    );
}

#[test]
fn keys_must_be_text() {
    expect(
        &problems("? [a]\n: 1\n{b: 1}: 2\n: 3\nc: {{ name }}\nd: ok\n"),
        "
        unsupported-key <[a]> a key must be text, not a list
        unsupported-key <{b: 1}> a key must be text, not a mapping
        unsupported-key <> there is no key before this `:`
        unsupported-key <{ name }> a key must be text, not a mapping
        ",
    );
    let (documents, _) = parse_yaml(SourceId(0), "? [a]\n: 1\n{{ x }}: 2\n200: ok\ntrue: yes\n");
    assert_eq!(documents[0].to_value(), json!({ "200": "ok", "true": "yes" }));
    assert_eq!(problems("{{ x }}: 2\n").lines().count(), 1, "one problem for both brackets");
}

#[test]
fn nesting_is_bounded_and_the_rest_is_read() {
    let nested = |depth: usize| format!("a: {}1{}\nb: 2\n", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(problems(&nested(127)), "");
    let (documents, found) = parse_yaml(SourceId(0), &nested(200));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, "nesting-too-deep");
    assert_eq!(documents[0].get("b").map(|node| node.to_value()), Some(json!(2)));
    let block: String = (0..200).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert_eq!(problems(&block).lines().count(), 1);
    for open in ["[", "{", "{a: ", "- ", "[{a: "] {
        let (_, found) = parse_yaml(SourceId(0), &open.repeat(50_000));
        assert_eq!(found.len(), 1, "{open}");
        assert_eq!(found[0].code, "nesting-too-deep", "{open}");
    }
}

#[test]
fn problems_beyond_what_a_person_reads_are_counted() {
    let text = "a: 1\n".repeat(2000);
    let (_, found) = parse_yaml(SourceId(0), &text);
    assert_eq!(found.len(), 501);
    let last = found.iter().find(|problem| problem.code == "too-many-problems").unwrap();
    assert_eq!(last.message, "1499 more problems in this file are not shown");
}
