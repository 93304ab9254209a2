//! Names: how they are spelled, that each is there once, that what they name is there.

use locus_diag::{Diagnostic, Span, Spanned};

use super::suggest;
use crate::codes;

pub(crate) fn invalid_name(name: &Spanned<String>, what: &str) -> Diagnostic {
    Diagnostic::new(codes::INVALID_NAME, format!("`{}` cannot be the name of {what}", name.value))
        .at(name.span, "")
        .help("a name has letters, digits and `_`, and begins with no digit")
}

pub(crate) fn invalid_step_id(id: &Spanned<String>) -> Diagnostic {
    let problem =
        Diagnostic::new(codes::INVALID_NAME, format!("`{}` cannot be the id of a step", id.value))
            .at(id.span, "")
            .help("an id has small letters, digits and `_`, and begins with a letter");
    let mended = as_step_id(id);
    if crate::keys::is_step_id(&mended) {
        return problem.fix(format!("replace `{}` by `{mended}`", id.value), id.span, mended);
    }
    problem
}

fn as_step_id(text: &str) -> String {
    let mut mended = String::new();
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() {
            if letter.is_ascii_uppercase() && mended.ends_with(|c: char| c.is_ascii_lowercase()) {
                mended.push('_');
            }
            mended.push(letter.to_ascii_lowercase());
        } else if !mended.ends_with('_') {
            mended.push('_');
        }
    }
    mended
}

pub(crate) fn reserved_type_name(name: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        codes::INVALID_NAME,
        format!("`{}` is a type of the language and cannot be declared", name.value),
    )
    .at(name.span, "")
    .help("choose another name, for example one with a capital letter")
}

pub(crate) fn duplicate(what: &str, name: &Spanned<String>, earlier: Span) -> Diagnostic {
    Diagnostic::new(codes::DUPLICATE_NAME, format!("the {what} `{}` is declared twice", name.value))
        .at(name.span, "declared again")
        .at(earlier, "declared here first")
        .help("rename one of them or remove it")
}

pub(crate) fn repeated(what: &str, name: &Spanned<String>, earlier: Span) -> Diagnostic {
    Diagnostic::new(codes::DUPLICATE_NAME, format!("the {what} `{}` is there twice", name.value))
        .at(name.span, "again")
        .at(earlier, "here first")
        .help("remove one of them")
}

pub(crate) fn setting_not_used(key: &str, consequence: &str, place: Span) -> Diagnostic {
    Diagnostic::new(
        codes::SETTING_NOT_USED,
        format!("this version of Locus reads `{key}` and does not use it: {consequence}"),
    )
    .at(place, "not used")
}

pub(crate) fn unknown_connection<'n>(
    name: &Spanned<String>,
    known: impl IntoIterator<Item = &'n str> + Clone,
) -> Diagnostic {
    let problem = Diagnostic::new(
        codes::UNKNOWN_CONNECTION,
        format!("there is no connection `{}`", name.value),
    )
    .at(name.span, "not declared")
    .help("declare it under `connections`");
    suggest(problem, name, name.span, known, "declared are")
}

pub(crate) fn unknown_workflow<'n>(
    name: &Spanned<String>,
    known: impl IntoIterator<Item = &'n str> + Clone,
) -> Diagnostic {
    let problem =
        Diagnostic::new(codes::UNKNOWN_WORKFLOW, format!("there is no workflow `{}`", name.value))
            .at(name.span, "not declared");
    suggest(problem, name, name.span, known, "declared are")
}

pub(crate) fn unknown_model<'n>(
    name: &Spanned<String>,
    known: impl IntoIterator<Item = &'n str> + Clone,
) -> Diagnostic {
    let problem =
        Diagnostic::new(codes::UNKNOWN_MODEL, format!("there is no model `{}`", name.value))
            .at(name.span, "not declared")
            .help("declare it under `models`");
    suggest(problem, name, name.span, known, "declared are")
}

pub(crate) fn unknown_call_input<'n>(
    name: &Spanned<String>,
    workflow: &str,
    declared: Span,
    known: impl IntoIterator<Item = &'n str> + Clone,
) -> Diagnostic {
    let problem = Diagnostic::new(
        codes::UNKNOWN_INPUT,
        format!("the workflow `{workflow}` takes no input `{}`", name.value),
    )
    .at(name.span, "not an input")
    .at(declared, "declared here")
    .help("it takes no input at all");
    suggest(problem, name, name.span, known, "it takes")
}

pub(crate) fn missing_call_input(
    name: &str,
    workflow: &str,
    declared: Span,
    place: Span,
) -> Diagnostic {
    Diagnostic::new(
        codes::MISSING_INPUT,
        format!("the workflow `{workflow}` needs the input `{name}`"),
    )
    .at(place, format!("`{name}` is missing"))
    .at(declared, "declared here")
    .help(format!("add `{name}: …` to `input`, or give the input a default where it is declared"))
}

pub(crate) fn same_segment(name: Option<&str>, place: Span, earlier: Span) -> Diagnostic {
    let message = match name {
        Some(name) => format!("two blocks of this step have the name `{name}` in step paths"),
        None => "two clauses of this step have no name and the same condition".to_owned(),
    };
    Diagnostic::new(codes::DUPLICATE_NAME, message)
        .at(place, "again")
        .at(earlier, "first here")
        .help("give each of them a `name` of its own")
}
