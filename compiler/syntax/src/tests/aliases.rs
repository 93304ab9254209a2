//! Keys that are there twice, anchors, aliases and merge keys.

use serde_json::json;

use super::{document, expect, outline, problems};
use crate::yaml::parse_yaml;
use locus_diag::SourceId;

#[test]
fn keys_that_are_there_twice_are_refused_at_both_places() {
    let text = "a: 1\n\"a\": 2\nb: {c: 1, c: 2, c: 3}\n1: x\n'1': y\n";
    expect(
        &problems(text),
        "
        duplicate-key <\\\"a\\\"> the key `a` is there twice
        duplicate-key <c> the key `c` is there twice
        duplicate-key <c> the key `c` is there twice
        duplicate-key <\\'1\\'> the key `1` is there twice
        ",
    );
    let (documents, found) = parse_yaml(SourceId(0), text);
    assert_eq!(
        documents[0].to_value(),
        json!({ "a": 1, "b": { "c": 1 }, "1": "x" }),
        "the first counts"
    );
    assert_eq!(&text[found[0].labels[1].span.range()], "a");
}

#[test]
fn keys_that_are_there_twice_are_found_in_long_mappings() {
    let mut text: String = (0..1000).map(|index| format!("k{index}: {index}\n")).collect();
    text.push_str("k17: again\nk999: again\n");
    assert_eq!(problems(&text).lines().count(), 2);
}

#[test]
fn aliases_keep_the_places_of_their_anchor() {
    expect(
        &outline("a: &x {b: 1}\nc: *x\nd: [*x, *x]\n*x2 : e\n"),
        "
        . {} <a: &x {b: 1}\\nc: *x\\nd: [*x, *x]\\n*x2 : e>
        /a {} <{b: 1}>
        /a/b 1 <1>
        /c {} <{b: 1}>
        /c/b 1 <1>
        /d [] <[*x, *x]>
        /d/0 {} <{b: 1}>
        /d/0/b 1 <1>
        /d/1 {} <{b: 1}>
        /d/1/b 1 <1>
        ",
    );
    assert_eq!(document("- &k name\n- *k : 1\n").to_value(), json!(["name", { "name": 1 }]));
    assert_eq!(
        document("- &k 1\n- &k 2\n- *k\n").to_value(),
        json!([1, 2, 2]),
        "the last anchor before it"
    );
}

#[test]
fn merge_keys_put_mappings_in() {
    let base = "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n";
    let merged = |z: &str| document(&format!("{base}{z}")).get("z").unwrap().to_value();
    assert_eq!(merged("  <<: *x\n  d: 3\n"), json!({ "a": 1, "b": 1, "d": 3 }));
    assert_eq!(merged("  b: 9\n  <<: *x\n"), json!({ "b": 9, "a": 1 }));
    assert_eq!(merged("  <<: *x\n  b: 9\n"), json!({ "a": 1, "b": 9 }), "what is written counts");
    assert_eq!(merged("  <<: [*x, *y]\n"), json!({ "a": 1, "b": 1, "c": 2 }), "the first counts");
    assert_eq!(merged("  <<: {e: 5}\n"), json!({ "e": 5 }));
    assert_eq!(
        merged("  \"<<\": *x\n"),
        json!({ "<<": { "a": 1, "b": 1 } }),
        "only without quotes"
    );
    assert_eq!(merged("  !!str <<: 1\n"), json!({ "<<": 1 }));
    let order: Vec<String> = document(&format!("{base}  k: 0\n  <<: *x\n  l: 0\n"))
        .get("z")
        .unwrap()
        .as_mapping()
        .unwrap()
        .iter()
        .map(|entry| entry.key.value.clone())
        .collect();
    assert_eq!(order, ["k", "a", "b", "l"], "where the `<<` stands");
}

#[test]
fn merge_keys_that_merge_nothing_are_refused() {
    expect(
        &problems(
            "a: &a [1]\nb:\n  <<: none\nc:\n  <<: *a\nd:\n  <<: [{e: 1}, 2]\nf:\n  <<:\ng:\n  <<: {x: 1}\n  <<: {y: 1}\n",
        ),
        "
        invalid-merge <none> `<<` merges a mapping or a list of mappings, not a string
        invalid-merge <*a> `<<` merges a mapping or a list of mappings, not a number
        invalid-merge <[{e: 1}, 2]> `<<` merges a mapping or a list of mappings, not a number
        invalid-merge <> `<<` merges a mapping or a list of mappings, not nothing
        duplicate-key <<<> the key `<<` is there twice
        ",
    );
}

#[test]
fn aliases_of_nothing_and_of_themselves_are_refused() {
    expect(
        &problems("a: *b\nb: &b 1\nc: &c\n  d: *c\n---\ne: *b\n"),
        "
        unknown-alias <*b> no anchor `&b` comes before this alias
        recursive-alias <*c> the alias `*c` is part of the value it stands for
        unknown-alias <*b> no anchor `&b` comes before this alias
        ",
    );
}

#[test]
fn an_alias_bomb_is_one_problem_and_little_memory() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..60 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    let (documents, found) = parse_yaml(SourceId(0), &text);
    let codes: Vec<&str> = found.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(codes, ["alias-expansion-limit"]);
    assert!(documents[0].to_value().to_string().len() < 4_000_000);
}

#[test]
fn aliases_of_a_long_text_are_bounded_by_its_bytes() {
    let mut text = format!("a: &a \"{}\"\nb:\n", "x".repeat(100_000));
    text.push_str(&"  - *a\n".repeat(1000));
    let (documents, found) = parse_yaml(SourceId(0), &text);
    assert_eq!(found[0].code, "alias-expansion-limit");
    assert!(documents[0].to_value().to_string().len() < 3_000_000);
}

#[test]
fn aliases_cannot_nest_deeper_than_brackets() {
    let mut text = "a0: &a0 [[[[[[[[[[1]]]]]]]]]]\n".to_owned();
    for level in 1..20 {
        text.push_str(&format!("a{level}: &a{level} [[[[[[[[[[*a{}]]]]]]]]]]\n", level - 1));
    }
    assert!(problems(&text).starts_with("nesting-too-deep <*a"), "{}", problems(&text));
}
