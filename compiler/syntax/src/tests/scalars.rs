//! What a scalar is: the core schema of YAML 1.2, tags, and numbers that cannot be held.

use serde_json::{Value, json};

use super::{document, expect, problems};

#[test]
fn words_are_those_of_the_core_schema() {
    let cases: &[(&str, Value)] = &[
        ("null", json!(null)),
        ("Null", json!(null)),
        ("~", json!(null)),
        ("nULL", json!("nULL")),
        ("true", json!(true)),
        ("FALSE", json!(false)),
        ("tRUE", json!("tRUE")),
        ("yes", json!("yes")),
        ("No", json!("No")),
        ("on", json!("on")),
        ("off", json!("off")),
        ("y", json!("y")),
        ("'null'", json!("null")),
        ("\"1\"", json!("1")),
        ("2026-01-02", json!("2026-01-02")),
        ("12:30", json!("12:30")),
    ];
    for (text, value) in cases {
        assert_eq!(document(text).to_value(), *value, "{text}");
    }
}

#[test]
fn numbers_are_those_of_the_core_schema() {
    let cases: &[(&str, Value)] = &[
        ("0", json!(0)),
        ("-0", json!(0)),
        ("+12", json!(12)),
        ("012", json!(12)),
        ("0x1F", json!(31)),
        ("0o17", json!(15)),
        ("0x", json!("0x")),
        ("-0x1F", json!("-0x1F")),
        ("0o8", json!("0o8")),
        ("0b1", json!("0b1")),
        ("1_000", json!("1_000")),
        ("9223372036854775808", json!(9_223_372_036_854_775_808_u64)),
        ("-9223372036854775808", json!(i64::MIN)),
        ("18446744073709551615", json!(u64::MAX)),
        ("1.5", json!(1.5)),
        ("1.", json!(1.0)),
        (".5", json!(0.5)),
        ("-.5e-3", json!(-0.0005)),
        ("1e3", json!(1000.0)),
        (".", json!(".")),
        ("1e", json!("1e")),
        ("+", json!("+")),
        ("-", json!("-")),
        ("1.2.3", json!("1.2.3")),
        ("1ms", json!("1ms")),
    ];
    for (text, value) in cases.iter().filter(|(text, _)| *text != "-") {
        assert_eq!(document(text).to_value(), *value, "{text}");
    }
}

#[test]
fn numbers_that_cannot_be_held_are_refused() {
    expect(
        &problems("a: 18446744073709551616\nb: 0xFFFFFFFFFFFFFFFFF\nc: .inf\nd: -.INF\ne: .NaN\nf: 1e999\ng: '.inf'\n"),
        "
        number-out-of-range <18446744073709551616> the integer `18446744073709551616` does not fit into 64 bits
        number-out-of-range <0xFFFFFFFFFFFFFFFFF> the integer `0xFFFFFFFFFFFFFFFFF` does not fit into 64 bits
        number-out-of-range <.inf> `.inf` is not a number that JSON, SQL or a message can carry
        number-out-of-range <-.INF> `-.INF` is not a number that JSON, SQL or a message can carry
        number-out-of-range <.NaN> `.NaN` is not a number that JSON, SQL or a message can carry
        number-out-of-range <1e999> the number `1e999` is too large
        ",
    );
}

#[test]
fn core_tags_count() {
    let cases: &[(&str, Value)] = &[
        ("!!str 1", json!("1")),
        ("! 1", json!("1")),
        ("!!str", json!("")),
        ("!!int \"3\"", json!(3)),
        ("!!float 3", json!(3.0)),
        ("!!bool 'true'", json!(true)),
        ("!!null null", json!(null)),
        ("!!seq [1]", json!([1])),
        ("!!map {a: 1}", json!({ "a": 1 })),
        ("!<tag:yaml.org,2002:str> 1", json!("1")),
        ("%TAG !y! tag:yaml.org,2002:\n---\n!y!str 1", json!("1")),
        ("{!!str 1: a}", json!({ "1": "a" })),
    ];
    for (text, value) in cases {
        assert_eq!(document(text).to_value(), *value, "{text}");
    }
}

#[test]
fn other_tags_are_refused() {
    expect(
        &problems("a: !include b.yaml\nc: !!binary aGk=\nd: !x {e: 1}\n!k f: 1\n"),
        "
        unsupported-tag <!include> the tag `!include` means nothing here
        unsupported-tag <!!binary> the tag `!!binary` means nothing here
        unsupported-tag <!x> the tag `!x` means nothing here
        unsupported-tag <!k> the tag `!k` means nothing here
        ",
    );
    expect(
        &problems("a: !!int many\nb: !!map [1]\nc: !!str {d: 1}\ne: !!int 1.5\n"),
        "
        tag-mismatch <many> the tag `!!int` says an integer, but the value is none
        tag-mismatch <[> the tag `!!map` says a mapping, but the value is none
        tag-mismatch <{> the tag `!!str` says a string, but the value is none
        tag-mismatch <1.5> the tag `!!int` says an integer, but the value is none
        ",
    );
}
