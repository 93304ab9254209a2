//! Types that do not fit, null where none belongs, operations on values that cannot take them.

use locus_diag::{Code, Diagnostic, Span, Spanned, did_you_mean};
use locus_expr::{Mismatch, MismatchKind, Ty, TypeProblem, TypeProblemKind};

use super::{alternatives, suggest};
use crate::codes;

/// What is wrong inside of an expression; `written` is the part that is to blame.
pub(crate) fn problem(
    problem: &TypeProblem,
    place: Span,
    written: &str,
    causes: Vec<(Span, String)>,
) -> Diagnostic {
    use TypeProblemKind as Kind;
    let (code, label): (Code, &str) = match &problem.kind {
        Kind::UnknownField { field, known, within } => {
            return unknown_field(field, known, within.label(), place, written, causes);
        }
        Kind::MaybeNull { .. } => (codes::MAY_BE_NULL, "may be null"),
        Kind::NeverEqual { negated: false, .. } => (codes::NEVER_EQUAL, "never true"),
        Kind::NeverEqual { .. } => (codes::NEVER_EQUAL, "always true"),
        Kind::NoValue => (codes::NOT_ONE_VALUE, "no value"),
        Kind::ManyValues => (codes::NOT_ONE_VALUE, "several values"),
        _ => (codes::WRONG_OPERAND, ""),
    };
    let mut report = Diagnostic::new(code, problem.to_string()).at(place, label);
    for (place, words) in causes {
        report = report.at(place, words);
    }
    match problem.help() {
        Some(help) => report.help(help),
        None => report,
    }
}

fn unknown_field(
    field: &str,
    known: &[std::sync::Arc<str>],
    owner: Option<&str>,
    place: Span,
    written: &str,
    causes: Vec<(Span, String)>,
) -> Diagnostic {
    let message = match owner {
        Some(owner) => format!("`{owner}` has no field `{field}`"),
        None => format!("this value has no field `{field}`"),
    };
    let mut report = Diagnostic::new(codes::UNKNOWN_FIELD, message).at(place, "no field");
    for (place, words) in causes {
        report = report.at(place, words);
    }
    let known = known.iter().map(|name| &**name);
    // What can be replaced is the bare name.
    if written == field {
        return suggest(report, field, place, known, "its fields are");
    }
    match did_you_mean(field, known.clone()) {
        Some(meant) => report.help(format!("did you mean `{meant}`?")),
        None => report,
    }
}

/// A value that does not fit where it goes; `what` are the words for that.
pub(crate) fn mismatch(
    mismatch: &Mismatch,
    what: &str,
    place: Span,
    causes: Vec<(Span, String)>,
) -> Diagnostic {
    let Mismatch { kind, expected, found, path } = mismatch;
    let subject = match path.as_str() {
        "." => what.to_owned(),
        path => format!("`{path}` in {what}"),
    };
    let (code, message, label) = match kind {
        MismatchKind::Null { always: true, .. } => (
            codes::MAY_BE_NULL,
            format!("{subject} takes `{expected}`, and this is null"),
            "always null".to_owned(),
        ),
        MismatchKind::Null { .. } => (
            codes::MAY_BE_NULL,
            format!("{subject} takes `{expected}`, and this may be null"),
            "may be null".to_owned(),
        ),
        MismatchKind::Missing { field, always } => (
            codes::TYPE_MISMATCH,
            format!("{subject} needs the field `{field}`"),
            format!("`{field}` {} missing", if *always { "is" } else { "may be" }),
        ),
        MismatchKind::Unknown { field, .. } => (
            codes::TYPE_MISMATCH,
            format!("{subject} takes no field `{field}`"),
            format!("has `{field}`"),
        ),
        MismatchKind::Items => (
            codes::TYPE_MISMATCH,
            format!("{subject} takes `{expected}`, and this has fewer items"),
            "too few items".to_owned(),
        ),
        _ => (
            codes::TYPE_MISMATCH,
            format!("{subject} takes `{expected}`, and this is `{found}`"),
            format!("`{found}`"),
        ),
    };
    let mut report = Diagnostic::new(code, message).at(place, label);
    for (place, words) in causes {
        report = report.at(place, words);
    }
    match kind {
        MismatchKind::Null { always: false, .. } => report.help(format!(
            "give a value for that case, as in `${{ … // {} }}`, or skip this step then with `when`",
            instead(expected)
        )),
        MismatchKind::Unknown { field, known } => {
            let known = known.iter().map(|name| &**name);
            match did_you_mean(field, known.clone()) {
                Some(meant) => report.help(format!("did you mean `{meant}`?")),
                None => {
                    let known: Vec<&str> = known.take(8).collect();
                    if known.is_empty() { report } else { report.help(format!("it takes {}", alternatives(&known))) }
                }
            }
        }
        MismatchKind::Literal => {
            let meant = found.literals().zip(expected.literals()).and_then(|(found, expected)| {
                let [found] = found else { return None };
                did_you_mean(found, expected.iter().map(|text| &**text))
            });
            match meant {
                Some(meant) => report.help(format!("did you mean `{meant}`?")),
                None => report,
            }
        }
        _ => report,
    }
}

/// A value that could stand for a missing one of this type.
fn instead(expected: &Ty) -> &'static str {
    if expected.is_array() {
        return "[]";
    }
    match expected.to_string().as_str() {
        "bool" => "false",
        "int" | "float" | "decimal" => "0",
        "string" => "\"none\"",
        _ => "…",
    }
}

pub(crate) fn sql_parameter_not_given<'n>(
    name: &str,
    place: Span,
    given: impl Iterator<Item = &'n str> + Clone,
) -> Diagnostic {
    let problem =
        Diagnostic::new(codes::SQL_PARAMETER, format!("the parameter `:{name}` has no value"))
            .at(place, "not in `params`");
    match did_you_mean(name, given) {
        Some(meant) => problem.help(format!("did you mean `:{meant}`?")),
        None => problem.help(format!("add `{name}: …` to `params`")),
    }
}

pub(crate) fn sql_parameter_not_used(key: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        codes::SQL_PARAMETER,
        format!("the statement has no parameter `:{}`", key.value),
    )
    .at(key.span, "not used")
    .help("remove it, or use it in the statement")
}

pub(crate) fn unknown_column<'n>(
    column: &str,
    (model, declared): (&str, Span),
    place: Span,
    known: impl Iterator<Item = &'n str> + Clone,
) -> Diagnostic {
    let problem = Diagnostic::new(
        codes::UNKNOWN_COLUMN,
        format!("the model `{model}` has no field `{column}`"),
    )
    .at(place, "no such column, it seems")
    .at(declared, format!("`{model}` is declared here"));
    suggest(problem, column, place, known, "its fields are")
}
