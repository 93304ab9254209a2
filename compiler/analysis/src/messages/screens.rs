//! Pages and components.

use locus_diag::{Diagnostic, Span, Spanned};

use super::{alternatives, excerpt, suggest};
use crate::codes;

pub(crate) fn component_named_as_view(name: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        codes::INVALID_NAME,
        format!("`{}` is a view of the language and cannot be declared", name.value),
    )
    .at(name.span, "")
    .help("choose another name")
}

pub(crate) fn source_outside_project(source: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        codes::WRONG_VALUE,
        format!("expected a file inside the project, found `{}`", excerpt(source)),
    )
    .at(source.span, "")
    .help("write a path relative to the project with `/` and without `..`, for example `web/Chart.tsx`")
}

pub(crate) fn duplicate_route(route: &Spanned<String>, earlier: Span) -> Diagnostic {
    Diagnostic::new(
        codes::DUPLICATE_ROUTE,
        format!("`{}` leads to two pages", excerpt(&route.value)),
    )
    .at(route.span, "here again")
    .at(earlier, "here first")
    .help("the names of parameters do not tell routes apart: change one of the routes")
}

pub(crate) fn unknown_view(view: &Spanned<String>, known: &[&str]) -> Diagnostic {
    let problem = Diagnostic::new(
        codes::UNKNOWN_COMPONENT,
        format!("there is no view or component `{}`", excerpt(&view.value)),
    )
    .at(view.span, "not declared");
    suggest(problem, view, view.span, known.iter().copied(), "there are")
}

pub(crate) fn needs_subject(view: &Spanned<String>, needs: &[&str]) -> Diagnostic {
    Diagnostic::new(
        codes::MISSING_KEY,
        format!("a page with the view `{}` needs {}", view.value, alternatives(needs)),
    )
    .at(view.span, "of what?")
    .help(format!("add `{}: …`", needs.first().unwrap_or(&"")))
}

pub(crate) fn does_not_apply(key: &Spanned<String>, view: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        codes::UNKNOWN_KEY,
        format!("`{}` does not apply to the view `{}`", key.value, view.value),
    )
    .at(key.span, "")
    .at(view.span, "the view")
    .help("leave it out")
}

pub(crate) fn unknown_field<'n>(
    name: &Spanned<String>,
    words: &str,
    known: impl Iterator<Item = &'n str> + Clone,
) -> Diagnostic {
    let problem =
        Diagnostic::new(codes::UNKNOWN_FIELD, format!("{words} has no field `{}`", name.value))
            .at(name.span, "no field");
    suggest(problem, name, name.span, known, "its fields are")
}

pub(crate) fn unknown_parameter<'n>(
    name: &Spanned<String>,
    (words, value): (&str, &str),
    known: impl Iterator<Item = &'n str> + Clone,
) -> Diagnostic {
    let problem = Diagnostic::new(
        codes::UNKNOWN_FIELD,
        format!("the parameter `{}` of the route is no {value} of {words}", name.value),
    )
    .at(name.span, format!("no {value}"));
    suggest(problem, name, name.span, known, "there are")
}

pub(crate) fn route_without_id(route: &Spanned<String>, id: &str) -> Diagnostic {
    Diagnostic::new(
        codes::WRONG_VALUE,
        format!(
            "the route of a `detail` page says which record it is, found `{}`",
            excerpt(&route.value)
        ),
    )
    .at(route.span, format!("`{{{id}}}` is missing"))
    .help(format!(
        "add the parameter, for example `{}/{{{id}}}`",
        route.value.trim_end_matches('/')
    ))
}

pub(crate) fn route_without_run(route: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        codes::WRONG_VALUE,
        format!(
            "the route of a `run` page says which run it is, found `{}`",
            excerpt(&route.value)
        ),
    )
    .at(route.span, "a parameter is missing")
    .help(format!(
        "add one for the id of the run, for example `{}/{{run}}`",
        route.value.trim_end_matches('/')
    ))
}
