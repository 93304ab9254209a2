//! The project file, its targets, and what starts workflows.

use indexmap::IndexMap;
use locus_diag::{Diagnostic, Span, Spanned};
use locus_model::duration::format_duration;
use locus_model::{Field, Step};

use super::{excerpt, list, suggest};
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

pub(crate) fn unknown_target(name: &Spanned<String>, known: &[&str]) -> Diagnostic {
    let problem =
        Diagnostic::new(codes::UNKNOWN_TARGET, format!("there is no target `{}`", name.value))
            .at(name.span, "not declared")
            .help("a profile changes targets that are declared under `targets`");
    suggest(problem, name, name.span, known.iter().copied(), "declared are")
}

pub(crate) fn unknown_profile(name: &str, place: Option<Span>, known: &[&str]) -> Diagnostic {
    let mut problem =
        Diagnostic::new(codes::UNKNOWN_PROFILE, format!("there is no profile `{name}`"));
    if let Some(place) = place {
        problem = problem.at(place, "not declared here");
    }
    match (locus_diag::did_you_mean(name, known.iter().copied()), known) {
        (Some(meant), _) => problem.help(format!("did you mean `{meant}`?")),
        (None, []) => problem.help("declare it in `locus.yaml` under `profiles`"),
        (None, known) => problem.help(format!("declared are: {}", list(known))),
    }
}

pub(crate) fn too_many_steps(
    workflow: &Spanned<String>,
    steps: u64,
    limit: &Spanned<u64>,
) -> Diagnostic {
    Diagnostic::new(
        codes::BUDGET_EXCEEDED,
        format!("the workflow `{}` has {steps} steps, more than {}", workflow.value, limit.value),
    )
    .at(workflow.span, "too large")
    .at(limit.span, "the limit")
    .help("divide it into workflows that `call` each other, or raise the limit")
}

pub(crate) fn too_deep(step: &Step, limit: &Spanned<u64>) -> Diagnostic {
    Diagnostic::new(
        codes::BUDGET_EXCEEDED,
        format!("this step stands in more than {} blocks inside each other", limit.value),
    )
    .at(step.step_type.span, "too deep")
    .at(limit.span, "the limit")
    .help("move the inner steps to a workflow of their own, or raise the limit")
}

pub(crate) fn timeout_over_budget(timeout: u64, place: Span, limit: &Spanned<u64>) -> Diagnostic {
    Diagnostic::new(
        codes::BUDGET_EXCEEDED,
        format!(
            "a run may take {}, and this timeout is {}",
            format_duration(limit.value),
            format_duration(timeout)
        ),
    )
    .at(place, "too long")
    .at(limit.span, "the limit")
    .help("shorten the timeout, or raise the limit")
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

pub(crate) fn unknown_code<'n>(
    code: &Spanned<String>,
    warnings: impl Iterator<Item = &'n str> + Clone,
) -> Diagnostic {
    let problem = Diagnostic::new(
        codes::INVALID_ALLOW,
        format!("no diagnostic has the code `{}`", code.value),
    )
    .at(code.span, "no code");
    suggest(problem, code, code.span, warnings, "warnings are")
}

pub(crate) fn error_allowed(code: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        codes::INVALID_ALLOW,
        format!("`{}` is an error, and only warnings can be allowed", code.value),
    )
    .at(code.span, "an error")
    .help("remove it, and mend what it is about")
}
