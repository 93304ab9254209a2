//! Tags: those of the core schema say what a value is; no other means anything.

use std::ops::Range;

use granit_parser::Tag;

use super::report::Report;
use super::scalar::{Scalar, to_float};

/// The kind of value a core tag asks for, in the words of a message.
fn wanted(suffix: &str) -> &'static str {
    match suffix {
        "null" => "nothing",
        "bool" => "a boolean",
        "int" => "an integer",
        "float" => "a number",
        "seq" => "a list",
        "map" => "a mapping",
        _ => "a string",
    }
}

/// `!`, which only says that a scalar is a string.
fn is_non_specific(tag: &Tag) -> bool {
    tag.handle().is_empty() && tag.suffix() == "!" || tag.handle() == "!" && tag.suffix().is_empty()
}

/// What a scalar is under its tag; `resolved` is what it would be without quotes.
pub(crate) fn apply(
    report: &mut Report,
    text: &str,
    tag: &Tag,
    place: Range<usize>,
    value: Range<usize>,
    resolved: Scalar,
    plain: bool,
) -> Scalar {
    if is_non_specific(tag) {
        return Scalar::String;
    }
    let Some(suffix) = tag.core_suffix() else {
        unsupported(report, text, place);
        return if plain { resolved } else { Scalar::String };
    };
    match (suffix, resolved) {
        ("str", _) => Scalar::String,
        ("null", Scalar::Null) => Scalar::Null,
        ("bool", Scalar::Bool(value)) => Scalar::Bool(value),
        ("int", Scalar::Number(number)) if !number.is_f64() => Scalar::Number(number),
        ("float", Scalar::Number(number)) => {
            to_float(&number).map_or(Scalar::String, Scalar::Number)
        }
        ("int" | "float", out @ Scalar::OutOfRange(..)) => out,
        (suffix, resolved) => {
            mismatch(report, text, place, suffix, value);
            if plain { resolved } else { Scalar::String }
        }
    }
}

/// Checks the tag of a list or a mapping, whose own tag ends in `own`.
pub(crate) fn check_collection(
    report: &mut Report,
    text: &str,
    tag: &Tag,
    place: Range<usize>,
    own: &str,
    value: Range<usize>,
) {
    match tag.core_suffix() {
        _ if is_non_specific(tag) => {}
        Some(suffix) if suffix == own => {}
        Some(suffix) => mismatch(report, text, place, suffix, value),
        None => unsupported(report, text, place),
    }
}

/// Checks the tag of a key: keys are text, whatever their tag.
pub(crate) fn check_key(report: &mut Report, text: &str, tag: &Tag, place: Range<usize>) {
    if tag.core_suffix().is_none() && !is_non_specific(tag) {
        unsupported(report, text, place);
    }
}

fn unsupported(report: &mut Report, text: &str, place: Range<usize>) {
    let name = text.get(place.clone()).unwrap_or("!");
    let span = report.span(place);
    report.unsupported_tag(name, span);
}

fn mismatch(
    report: &mut Report,
    text: &str,
    place: Range<usize>,
    suffix: &str,
    value: Range<usize>,
) {
    let name = text.get(place.clone()).unwrap_or("!");
    let (place, value) = (report.span(place), report.span(value));
    report.tag_mismatch(name, wanted(suffix), place, value);
}
