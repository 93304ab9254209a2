//! What came of a test against what was expected.

use locus_model::Expectation;
use locus_plugin::{Outcome, StepError};
use serde_json::Value;

use crate::core::Visit;

/// The most differences that are told of one value.
const MOST_DIFFERENCES: usize = 10;

/// The longest text of a value in a sentence, in characters.
const LONGEST_VALUE: usize = 200;

/// What is wrong; nothing when all came as expected.
pub(super) fn judge(expect: &Expectation, outcome: &Outcome, visits: &[Visit]) -> Vec<String> {
    let mut failures = Vec::new();
    match (&expect.error, outcome) {
        (Some(code), Outcome::Failed(error)) if error.code == code.value => {}
        (Some(code), other) => {
            failures.push(format!(
                "expected the error `{}`, but the run {}",
                code.value,
                words(other)
            ));
        }
        (None, Outcome::Done(found)) => {
            if let Some(expected) = &expect.output {
                let mut differences = Vec::new();
                compare(expected, found, "", &mut differences);
                let more = differences.len().saturating_sub(MOST_DIFFERENCES);
                differences.truncate(MOST_DIFFERENCES);
                failures.extend(differences.into_iter().map(|text| format!("output{text}")));
                if more > 0 {
                    failures.push(format!("output: and {more} more differences"));
                }
            }
        }
        (None, other) => failures.push(format!("the run {}", words(other))),
    }
    let ran: Vec<(&str, &str)> = visits
        .iter()
        .filter_map(|visit| match visit {
            Visit::Step { key, path, skipped: false } => Some((key.as_str(), path.as_str())),
            _ => None,
        })
        .collect();
    let is = |(key, path): &(&str, &str), name: &str| *key == name || *path == name;
    let mut from = 0;
    let mut before: Option<&str> = None;
    for step in &expect.steps {
        let name = step.value.as_str();
        match ran[from..].iter().position(|step| is(step, name)) {
            Some(at) => {
                from += at + 1;
                before = Some(name);
            }
            None => {
                let earlier = ran[..from].iter().any(|step| is(step, name));
                failures.push(match (before, earlier) {
                    (Some(before), true) => format!("`{name}` ran, but not after `{before}`"),
                    _ => format!("`{name}` did not run"),
                });
            }
        }
    }
    for step in &expect.not_run {
        if ran.iter().any(|ran| is(ran, &step.value)) {
            failures.push(format!("`{}` ran", step.value));
        }
    }
    failures
}

/// How a run ended, behind "the run".
pub(super) fn words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done(value) => format!("succeeded with {}", short(value)),
        Outcome::Failed(error) => {
            let step = error.step.as_deref().map(|step| format!(" at `{step}`"));
            format!("failed{}: {} [{}]", step.unwrap_or_default(), error.message, error.code)
        }
        Outcome::Cancelled => "was cancelled".to_owned(),
        Outcome::Exit(exit) => format!("ended by the signal `{}`, which nothing took", exit.signal),
    }
}

/// An input that was refused, with every reason.
pub(super) fn invalid(error: &StepError) -> String {
    let Value::Array(list) = &error.details else { return error.message.clone() };
    let reason = |problem: &Value| {
        let text = |key: &str| problem.get(key).and_then(Value::as_str).unwrap_or_default();
        format!("{} {}", text("path"), text("message")).trim().to_owned()
    };
    let reasons: Vec<String> = list.iter().map(reason).collect();
    if reasons.is_empty() { error.message.clone() } else { reasons.join("; ") }
}

/// Where two values differ, each as `/pointer: expected …, found …`.
fn compare(expected: &Value, found: &Value, pointer: &str, differences: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            for (key, expected) in expected {
                let pointer = format!("{pointer}/{}", locus_model::node::escape_token(key));
                match found.get(key) {
                    Some(found) => compare(expected, found, &pointer, differences),
                    None => differences
                        .push(format!("{pointer}: expected {}, found nothing", short(expected))),
                }
            }
            for (key, found) in found {
                if !expected.contains_key(key) {
                    let pointer = format!("{pointer}/{}", locus_model::node::escape_token(key));
                    differences
                        .push(format!("{pointer}: found {}, which is not expected", short(found)));
                }
            }
        }
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            for (index, (expected, found)) in expected.iter().zip(found).enumerate() {
                compare(expected, found, &format!("{pointer}/{index}"), differences);
            }
        }
        (Value::Array(expected), Value::Array(found)) => differences.push(format!(
            "{pointer}: expected {} items, found {}: {}",
            expected.len(),
            found.len(),
            short(&Value::Array(found.clone()))
        )),
        // `1` is `1.0`, as expressions have it.
        (Value::Number(one), Value::Number(other)) if one.as_f64() == other.as_f64() => {}
        (expected, found) if expected == found => {}
        (expected, found) => {
            differences.push(format!(
                "{pointer}: expected {}, found {}",
                short(expected),
                short(found)
            ));
        }
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(LONGEST_VALUE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
