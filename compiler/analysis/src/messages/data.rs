//! Data that does not fit the types it is meant for.

use locus_diag::{Diagnostic, Span, Spanned};
use locus_model::{Node, NodeKind, Type};

use super::{excerpt, suggest};
use crate::codes;
use crate::data::Taker;
use crate::keys::anchor;

pub(crate) fn unknown<'n>(
    name: &Spanned<String>,
    taker: &Taker<'_>,
    known: impl Iterator<Item = &'n str> + Clone,
) -> Diagnostic {
    let code = if taker.value == "input" { codes::UNKNOWN_INPUT } else { codes::UNKNOWN_FIELD };
    let message = format!("{} has no {} `{}`", taker.words, taker.value, name.value);
    let mut problem = Diagnostic::new(code, message).at(name.span, "not known");
    if taker.value != "field" {
        problem = problem.at(taker.declared, "declared here");
    }
    let help = format!("leave it out: there is no {} at all", taker.value);
    suggest(problem.help(help), name, name.span, known, "known are")
}

pub(crate) fn missing(name: &str, taker: &Taker<'_>, place: Span) -> Diagnostic {
    let problem = Diagnostic::new(
        codes::MISSING_INPUT,
        format!("{} needs the {} `{name}`", taker.words, taker.value),
    )
    .at(place, format!("`{name}` is missing"))
    .help(format!("add `{name}: …`"));
    if taker.declared.source == place.source && taker.declared == place {
        problem
    } else {
        problem.at(taker.declared, "declared here")
    }
}

pub(crate) fn wrong_type(found: &Node, ty: &Type) -> Diagnostic {
    match &found.kind {
        NodeKind::String(text) => Diagnostic::new(
            codes::WRONG_VALUE,
            format!("expected `{ty}`, found the text `{}`", excerpt(&text.value)),
        ),
        _ => Diagnostic::new(
            codes::WRONG_TYPE,
            format!("expected `{ty}`, found {}", found.kind_name()),
        ),
    }
    .at(anchor(found), "")
}
