//! Relations between models.

use locus_diag::{Diagnostic, Span, Spanned};
use locus_model::Type;

use super::{list, suggest};
use crate::codes;

pub(crate) fn no_relation(key: &Spanned<String>, ty: &Type) -> Diagnostic {
    Diagnostic::new(codes::UNKNOWN_KEY, format!("`{}` does not apply to `{ty}`", key.value))
        .at(key.span, "no relation")
        .help("it is for fields whose type is a model, or a list of one")
}

pub(crate) fn wrong_inverse(
    written: &Spanned<String>,
    (target, model): (&str, &str),
    is_field: bool,
    known: &[&str],
) -> Diagnostic {
    let message = if is_field {
        format!("`{target}.{}` does not lead back to `{model}`", written.value)
    } else {
        format!("`{target}` has no field `{}`", written.value)
    };
    let problem = Diagnostic::new(codes::WRONG_INVERSE, message)
        .at(written.span, "not the other side")
        .help(format!("add a field of the type `{model}` to `{target}`, or leave `inverse` out"));
    suggest(problem, written, written.span, known.iter().copied(), "fields that lead back are")
}

pub(crate) fn both_inverse(written: &Spanned<String>, other: Span) -> Diagnostic {
    Diagnostic::new(
        codes::WRONG_INVERSE,
        "both sides of this relation say that the other one stores the id",
    )
    .at(written.span, "this side stores nothing")
    .at(other, "nor does this one")
    .help("leave `inverse` out on the side that belongs to the other")
}

pub(crate) fn ambiguous(
    (model, field, target): (&str, &str, &str),
    place: Span,
    fields: &[&str],
    places: &[Span],
) -> Diagnostic {
    let mut problem = Diagnostic::new(
        codes::AMBIGUOUS_RELATION,
        format!(
            "`{model}.{field}` can be the other side of several fields of `{target}`: {}",
            list(fields)
        ),
    )
    .at(place, "which of them?");
    for place in places {
        problem = problem.at(*place, "leads back");
    }
    problem.help(format!("name it: `inverse: {}`", fields.first().unwrap_or(&"")))
}

pub(crate) fn on_delete_elsewhere(place: Span, target: &str) -> Diagnostic {
    Diagnostic::new(
        codes::CONFLICTING_KEYS,
        "`on_delete` stands on the side that belongs to the other record",
    )
    .at(place, "this side stores no id")
    .help(format!("write it at the field of `{target}` that leads back"))
}

pub(crate) fn set_null_of_required(place: Span, field: &str, target: &str) -> Diagnostic {
    Diagnostic::new(
        codes::WRONG_VALUE,
        format!("`{field}` always belongs to one `{target}` and cannot be set to null"),
    )
    .at(place, "")
    .help(format!("make it optional, `{target}?`, or write `restrict` or `cascade`"))
}
