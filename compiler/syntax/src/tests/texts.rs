//! Strings: every way of writing one, and where each of its bytes comes from.

use locus_diag::SourceId;
use serde_json::{Value, json};

use super::document;
use crate::parse_yaml;

/// Every way of writing an expression inside a text; the place of `.é` must be found in all of them.
const WAYS: &[&str] = &[
    "${ .é }",
    "ö ${ .é }",
    "one\n  two ${ .é }\n\n  three",
    "'${ .é }'",
    "'it''s ${ .é } it''s'",
    "'one\n  two ${ .é }'",
    "\"${ .é }\"",
    "\"\\u00e9\\t\\\"\\L\\U0001d11e\\ud834\\udd1e ${ .é }\"",
    "\"one  \n\n  two \\\n   three ${ .é }\"",
    "|\n  ${ .é }",
    "|  # comment\n\n  one\n    ${ .é }\n",
    "|2-\n    ${ .é }\n   x\n",
    ">\n  one\n  two ${ .é }\n\n\n  three\n",
    ">+\n  one\n    two ${ .é }\n  three\n\n",
    "!!str ${ .é }",
    "&a ${ .é }",
];

#[test]
fn a_place_inside_a_string_is_found_however_it_is_written() {
    for way in WAYS {
        for text in [
            format!("k: {way}\nl: 1\n"),
            format!("- {way}"),
            format!("k: {way}\nl: 1\n").replace('\n', "\r\n"),
        ] {
            let root = document(&text);
            let node = root.get("k").or_else(|| root.pointer("/0")).unwrap();
            let string = node.as_text().unwrap();
            let found = string.value.find(".é").unwrap();
            let place = string.locate(found..found + ".é".len(), node.span);
            assert_eq!(&text[place.range()], ".é", "{text:?} {string:?}");
        }
    }
}

#[test]
fn runs_are_exact() {
    let runs = |text: &str| document(text).as_text().unwrap().runs.clone();
    assert_eq!(runs("plain"), [(0, 0)]);
    assert_eq!(runs("'a''b'"), [(0, 1), (2, 4)]);
    assert_eq!(runs(r#""a\n\u00e9b""#), [(0, 1), (2, 4), (3, 9)]);
    assert_eq!(runs("'a \n\n b'"), [(0, 1), (1, 4), (2, 6)]);
    assert_eq!(runs("|\n  a\n  b\n"), [(0, 4), (2, 8)]);
    assert_eq!(runs("|\r\n  a\r\n  b\r\n"), [(0, 5), (1, 7), (2, 10), (3, 12)]);
    assert_eq!(runs("''"), [(0, 1)]);
}

#[test]
fn strings_mean_what_the_specification_says() {
    let cases: &[(&str, &str)] = &[
        ("'a\n\n\n  b'", "a\n\nb"),
        ("\"a\\\n  b\"", "ab"),
        ("\"a \\\n\n  b\"", "a \nb"),
        (
            "\"\\x41\\u0042\\U00000043\\0\\a\\b\\e\\f\\v\\N\\_\\P\\/\"",
            "ABC\0\x07\x08\x1b\x0c\x0b\u{85}\u{a0}\u{2029}/",
        ),
        ("a\n  b\n\n  c", "a b\nc"),
        ("|\n a\n\n b\n\n", "a\n\nb\n"),
        ("|-\n a\n\n", "a"),
        ("|+\n a\n\n", "a\n\n"),
        (">\n a\n b\n\n c\n   d\n e\n", "a b\nc\n  d\ne\n"),
        (">-\n\n a\n", "\na"),
        ("|\n \ta\n", "\ta\n"),
        ("|1\n  a\n", " a\n"),
    ];
    for (text, value) in cases {
        let node = document(text);
        assert_eq!(node.as_str(), Some(*value), "{text:?}");
        assert!(!node.as_text().unwrap().runs.is_empty(), "{text:?}");
    }
}

#[test]
fn only_text_without_quotes_is_plain() {
    let root = document("[a, 'b', \"c\", !!str 1]\n");
    let plain: Vec<bool> =
        root.as_sequence().unwrap().iter().map(|n| n.as_text().unwrap().plain).collect();
    assert_eq!(plain, [true, false, false, true]);
    assert!(!document("|\n a").as_text().unwrap().plain);
}

#[test]
fn a_real_spec_reads_as_it_was_meant() {
    let text = include_str!("spec.locus.yaml");
    let (documents, problems) = parse_yaml(SourceId(0), text);
    assert_eq!(problems, []);
    let spec = documents[0].to_value();
    let steps = &spec["workflows"]["fulfil_order"]["steps"];
    assert_eq!(steps[0]["loop"]["over"], json!("${ .input.lines }"));
    assert_eq!(steps[1]["retry"]["attempts"], json!(5));
    assert_eq!(steps[1]["external_api"]["body"], json!({ "amount": "${ .input.amount }" }));
    assert_eq!(steps[2]["when"], Value::from("${ .steps.charge.status == \"declined\" }"));
}
