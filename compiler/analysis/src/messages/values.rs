//! Keys and values that do not fit.

use locus_diag::{Applicability, Diagnostic, Fix, Span, Spanned};
use locus_model::{Node, NodeKind};

use super::{alternatives, excerpt, list, suggest};
use crate::codes;

pub(crate) fn unknown_key(key: &Spanned<String>, what: &str, known: &[&str]) -> Diagnostic {
    let problem = Diagnostic::new(codes::UNKNOWN_KEY, format!("{what} has no key `{}`", key.value))
        .at(key.span, "not known here");
    suggest(problem, key, key.span, known.iter().copied(), "known are")
}

pub(crate) fn missing_key(key: &str, what: &str, place: Span) -> Diagnostic {
    Diagnostic::new(codes::MISSING_KEY, format!("{what} needs `{key}`"))
        .at(place, format!("`{key}` is missing"))
        .help(format!("add `{key}: …`"))
}

pub(crate) fn missing_one_of(keys: &[&str], what: &str, place: Span) -> Diagnostic {
    Diagnostic::new(codes::MISSING_KEY, format!("{what} needs {}", alternatives(keys)))
        .at(place, "one of them is missing")
        .help("add exactly one of them")
}

pub(crate) fn conflicting_keys(
    first: &Spanned<String>,
    second: &Spanned<String>,
    what: &str,
    group: &[&str],
) -> Diagnostic {
    Diagnostic::new(codes::CONFLICTING_KEYS, format!("{what} takes only one of {}", list(group)))
        .at(second.span, format!("`{}` as well", second.value))
        .at(first.span, format!("`{}` is here already", first.value))
        .help(format!("leave out `{}` or `{}`", first.value, second.value))
}

pub(crate) fn wrong_type(expected: &str, found: &Node) -> Diagnostic {
    let problem = Diagnostic::new(
        codes::WRONG_TYPE,
        format!("expected {expected}, found {}", found.kind_name()),
    )
    .at(place_of(found), format!("this is {}", found.kind_name()));
    let scalar = matches!(found.kind, NodeKind::Number(_) | NodeKind::Bool(_));
    if scalar && expected == "a string" {
        return in_quotes(problem, found.span);
    }
    problem
}

pub(crate) fn expression_inside(expected: &str, place: Span) -> Diagnostic {
    Diagnostic::new(
        codes::WRONG_TYPE,
        format!("expected {expected}, found a string with an expression inside"),
    )
    .at(place, "always a string")
    .help("a value that is one expression and nothing else keeps the expression's type: `${ … }`")
}

pub(crate) fn wrong_value(expected: &str, found: &str, place: Span) -> Diagnostic {
    Diagnostic::new(codes::WRONG_VALUE, format!("expected {expected}, found `{}`", excerpt(found)))
        .at(place, "")
}

pub(crate) fn wrong_length(expected: &str, found: usize, place: Span) -> Diagnostic {
    Diagnostic::new(codes::WRONG_VALUE, format!("expected {expected}, found {found}")).at(place, "")
}

pub(crate) fn not_a_choice(found: &Spanned<String>, choices: &[&str]) -> Diagnostic {
    let problem = Diagnostic::new(
        codes::WRONG_VALUE,
        format!("expected {}, found `{}`", alternatives(choices), excerpt(found)),
    )
    .at(found.span, "");
    let choices = choices.iter().copied();
    match locus_diag::did_you_mean(found, choices.clone()) {
        Some(_) => suggest(problem, found, found.span, choices, ""),
        None => problem,
    }
}

pub(crate) fn schema_refuses(message: &str, place: Span) -> Diagnostic {
    Diagnostic::new(codes::WRONG_VALUE, format!("this value does not fit: {message}")).at(place, "")
}

pub(crate) fn invalid_duration(message: String, place: Span) -> Diagnostic {
    Diagnostic::new(codes::INVALID_DURATION, message).at(place, "no duration")
}

pub(crate) fn no_duration_at_all(found: &Node) -> Diagnostic {
    let problem = Diagnostic::new(
        codes::INVALID_DURATION,
        format!("expected a duration such as `30s`, found {}", found.kind_name()),
    )
    .at(place_of(found), "no duration");
    match &found.kind {
        NodeKind::Number(number) if number.as_f64().is_some_and(|number| number < 0.0) => {
            problem.help("a duration is not negative; write it with its unit: `30s`, `5m`, `2d`")
        }
        NodeKind::Number(number) => {
            let meant = format!("{number}s");
            problem.help(format!("say the unit: `{number}s`, `{number}m`, `{number}ms`")).maybe_fix(
                format!("replace `{number}` by `{meant}`"),
                found.span,
                meant,
            )
        }
        _ => problem,
    }
}

pub(crate) fn expression_not_allowed(what: &str, place: Span) -> Diagnostic {
    Diagnostic::new(
        codes::EXPRESSION_NOT_ALLOWED,
        format!("{what} must be known before the program runs"),
    )
    .at(place, "an expression")
    .help("write the value itself")
}

/// The place to mark: the first key of a long mapping, so that a report stays on one line.
fn place_of(node: &Node) -> Span {
    crate::keys::anchor(node)
}

fn in_quotes(problem: Diagnostic, place: Span) -> Diagnostic {
    let (start, end) = (place.start as usize, place.end as usize);
    let quote = |at: usize| (Span::new(place.source, at..at), "\"".to_owned());
    let fix = Fix {
        title: "put it in quotes".to_owned(),
        edits: vec![quote(start), quote(end)],
        applicability: Applicability::Certain,
    };
    problem.help("put it in quotes").fix_by(fix)
}
