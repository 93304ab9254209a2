//! The project file, its targets, and what starts workflows.

use indexmap::IndexMap;
use locus_diag::{Diagnostic, Span, Spanned};
use locus_model::Field;

use super::{excerpt, suggest};
use crate::codes;

pub(crate) fn unsupported_language(found: &str, place: Span) -> Diagnostic {
    Diagnostic::new(
        codes::UNSUPPORTED_LANGUAGE,
        format!("expected version 1 of the language, found `{}`", excerpt(found)),
    )
    .at(place, "")
    .help("write `language: 1`, or use a version of Locus that knows this language")
}

pub(crate) fn unknown_generator<'n>(
    name: &Spanned<String>,
    known: impl IntoIterator<Item = &'n str> + Clone,
) -> Diagnostic {
    let problem = Diagnostic::new(
        codes::UNKNOWN_GENERATOR,
        format!("there is no generator `{}`", name.value),
    )
    .at(name.span, "not linked")
    .help("no generator is linked into this program");
    suggest(problem, name, name.span, known, "there are")
}

pub(crate) fn target_outside_project(out: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        codes::TARGET_OUTSIDE_PROJECT,
        format!("expected a folder inside the project, found `{}`", excerpt(out)),
    )
    .at(out.span, "")
    .help("write a path relative to the project with `/` and without `..`, for example `generated/api`")
}

pub(crate) fn invalid_cron(message: String, place: Span) -> Diagnostic {
    Diagnostic::new(codes::INVALID_CRON, message)
        .at(place, "")
        .help("for example `0 3 * * *`: every day at three")
}

pub(crate) fn duplicate_route(
    method: &Spanned<String>,
    path: &Spanned<String>,
    earlier: Span,
) -> Diagnostic {
    Diagnostic::new(
        codes::DUPLICATE_ROUTE,
        format!("`{} {}` starts two workflows", method.value, path.value),
    )
    .at(path.span, "here again")
    .at(earlier, "here first")
    .help("the names of path parameters do not tell paths apart: change the path or the method")
}

pub(crate) fn invalid_path(path: &str, place: Span) -> Diagnostic {
    Diagnostic::new(
        codes::WRONG_VALUE,
        format!("expected a path such as `/orders/{{order_id}}`, found `{}`", excerpt(path)),
    )
    .at(place, "")
    .help("a path begins with `/` and has no spaces, no `?` and no `#`")
}

pub(crate) fn invalid_path_parameter(part: &str, place: Span) -> Diagnostic {
    Diagnostic::new(
        codes::WRONG_VALUE,
        format!("expected a parameter that fills its part of the path, found `{}`", excerpt(part)),
    )
    .at(place, "")
    .help("a parameter is written `/{name}/`")
}

pub(crate) fn repeated_path_parameter(name: &str, place: Span) -> Diagnostic {
    Diagnostic::new(codes::DUPLICATE_NAME, format!("the path has the parameter `{name}` twice"))
        .at(place, "again")
        .help("give each parameter a name of its own")
}

pub(crate) fn path_parameter_without_input(
    name: &str,
    place: Span,
    input: &IndexMap<String, Field>,
) -> Diagnostic {
    let problem = Diagnostic::new(
        codes::UNKNOWN_INPUT,
        format!("the path parameter `{name}` is no input of the workflow"),
    )
    .at(place, "not an input")
    .help(format!("add `{name}: string` to `input`"));
    let Some(meant) = locus_diag::did_you_mean(name, input.keys().map(String::as_str)) else {
        return problem;
    };
    problem.help(format!("did you mean `{{{meant}}}`?")).fix(
        format!("replace `{name}` by `{meant}`"),
        place,
        format!("{{{meant}}}"),
    )
}
