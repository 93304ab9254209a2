//! Whether a single value is what its shape asks for.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use locus_diag::{Diagnostic, Span, Spanned};
use locus_model::duration::parse_duration;
use locus_model::{Node, NodeKind};
use serde_json::Value;

use crate::expressions::is_template;
use crate::keys::anchor;
use crate::messages::values as messages;
use crate::shape::{Kind, Shape};

type Problems = Vec<Diagnostic>;

/// Checks the kind of a value.
pub(crate) fn kind(node: &Node, shape: &Shape, problems: &mut Problems) -> bool {
    let fits = shape.kinds.is_empty() || shape.kinds.iter().any(|kind| is_of(node, *kind));
    if !fits {
        let unitless = shape.duration && matches!(node.kind, NodeKind::Number(_));
        problems.push(if unitless {
            messages::no_duration_at_all(node)
        } else {
            messages::wrong_type(&expected(shape), node)
        });
    }
    fits
}

/// Checks a text with expressions inside, which is always a string.
pub(crate) fn interpolated(node: &Node, shape: &Shape, problems: &mut Problems) {
    if !shape.kinds.is_empty() && !shape.kinds.contains(&Kind::String) {
        problems.push(messages::expression_inside(&expected(shape), node.span));
    }
}

/// Checks a value that holds no others.
pub(crate) fn scalar(node: &Node, shape: &Shape, problems: &mut Problems) -> bool {
    let before = problems.len();
    if !kind(node, shape, problems) {
        return false;
    }
    choice(node, shape, problems);
    if let NodeKind::Number(number) = &node.kind
        && let Some(number) = number.as_f64()
    {
        let below = shape.range.min.is_some_and(|min| number < min);
        let above = shape.range.max.is_some_and(|max| number > max);
        if below || above {
            let words =
                if shape.kinds.contains(&Kind::Number) { Kind::Number } else { Kind::Integer };
            let expected = format!("{words} {}", limits(shape.range.min, shape.range.max));
            let found = node.to_value().to_string();
            problems.push(messages::wrong_value(&expected, &found, node.span));
        }
    }
    if shape.duration
        && let Some(text) = node.as_str()
        && let Err(message) = parse_duration(text)
    {
        problems.push(messages::invalid_duration(message, node.span));
    }
    if problems.len() == before {
        rest(node, shape, problems);
    }
    problems.len() == before
}

/// Checks how many items or keys there are; `unit` is the word for one.
pub(crate) fn length(
    count: usize,
    unit: &str,
    shape: &Shape,
    place: Span,
    problems: &mut Problems,
) {
    let (min, max) = (shape.length.min, shape.length.max);
    let number = count as u64;
    let plural = |count: u64| if count == 1 { unit.to_owned() } else { format!("{unit}s") };
    let expected = match (min, max) {
        (Some(min), _) if number < min => format!("at least {min} {}", plural(min)),
        (_, Some(max)) if number > max => format!("at most {max} {}", plural(max)),
        _ => return,
    };
    problems.push(messages::wrong_length(&expected, count, place));
}

/// Checks a key that the shape does not know by name.
pub(crate) fn key(key: &Spanned<String>, shape: &Shape, problems: &mut Problems) {
    let Some(validator) = &shape.keys else { return };
    if let Err(error) = validator.validate(&Value::String(key.value.clone())) {
        problems.push(refusal(&error, key.span));
    }
}

/// Checks what only the general validator knows. A value with expressions inside is left to the run.
pub(crate) fn rest(node: &Node, shape: &Shape, problems: &mut Problems) {
    let Some(validator) = &shape.rest else { return };
    if holds_template(node) {
        return;
    }
    let value = node.to_value();
    for error in validator.iter_errors(&value) {
        let at = node.pointer(error.instance_path().as_str()).unwrap_or(node);
        problems.push(refusal(&error, anchor(at)));
    }
}

fn choice(node: &Node, shape: &Shape, problems: &mut Problems) {
    if shape.choices.is_empty() || shape.choices.contains(&node.to_value()) {
        return;
    }
    let words: Option<Vec<&str>> = shape.choices.iter().map(Value::as_str).collect();
    match (words, node.as_str()) {
        (Some(words), Some(text)) => {
            let found = Spanned::new(text.to_owned(), node.span);
            problems.push(messages::not_a_choice(&found, &words));
        }
        _ => {
            let all: Vec<String> = shape.choices.iter().map(Value::to_string).collect();
            let expected = format!("one of {}", all.join(", "));
            let found = node.to_value().to_string();
            problems.push(messages::wrong_value(&expected, &found, node.span));
        }
    }
}

fn is_of(node: &Node, kind: Kind) -> bool {
    match (&node.kind, kind) {
        (NodeKind::Null, Kind::Null)
        | (NodeKind::Bool(_), Kind::Bool)
        | (NodeKind::Number(_), Kind::Number)
        | (NodeKind::String(_), Kind::String)
        | (NodeKind::Sequence(_), Kind::List)
        | (NodeKind::Mapping(_), Kind::Mapping) => true,
        (NodeKind::Number(number), Kind::Integer) => {
            number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|n| n.fract() == 0.0)
        }
        _ => false,
    }
}

/// The words for what a shape asks for.
fn expected(shape: &Shape) -> String {
    if shape.duration {
        return "a duration such as `30s`".to_owned();
    }
    let words: Vec<String> = shape.kinds.iter().map(Kind::to_string).collect();
    words.join(" or ")
}

fn limits(min: Option<f64>, max: Option<f64>) -> String {
    // What only the width of a number sets as a limit says nothing to an author.
    match (min, max.filter(|max| *max < f64::from(u32::MAX))) {
        (Some(min), Some(max)) => format!("from {min} to {max}"),
        (Some(min), None) => format!("from {min}"),
        (None, Some(max)) => format!("up to {max}"),
        (None, None) => String::new(),
    }
}

fn holds_template(node: &Node) -> bool {
    match &node.kind {
        NodeKind::String(text) => is_template(&text.value),
        NodeKind::Sequence(items) => items.iter().any(holds_template),
        NodeKind::Mapping(entries) => entries.iter().any(|entry| holds_template(&entry.value)),
        _ => false,
    }
}

pub(crate) fn refusal(error: &ValidationError<'_>, place: Span) -> Diagnostic {
    if let ValidationErrorKind::Pattern { pattern } = error.kind()
        && let Some(text) = error.instance().as_str()
    {
        return messages::wrong_value(&format!("a text that matches `{pattern}`"), text, place);
    }
    messages::schema_refuses(error.to_string().trim_end_matches('.'), place)
}
