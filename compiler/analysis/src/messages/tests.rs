//! Tests of workflows.

use locus_diag::{Diagnostic, Span, Spanned};
use locus_model::Step;

use super::{excerpt, suggest};
use crate::codes;

pub(crate) fn unknown_step(path: &Spanned<String>, workflow: &str, known: &[&str]) -> Diagnostic {
    let problem = Diagnostic::new(
        codes::UNKNOWN_STEP,
        format!("the workflow `{workflow}` has no step `{}`", excerpt(&path.value)),
    )
    .at(path.span, "no such step")
    .help("it has no steps at all");
    suggest(problem, path, path.span, known.iter().copied(), "its steps are")
}

pub(crate) fn not_mockable(path: &Spanned<String>, step: &Step) -> Diagnostic {
    let ty = &step.step_type;
    Diagnostic::new(
        codes::NOT_MOCKABLE,
        format!(
            "`{}` is a `{}`, which decides what runs and does nothing itself",
            path.value, ty.value
        ),
    )
    .at(path.span, "cannot be mocked")
    .at(ty.span, "this step")
    .help("mock the steps inside it, or those whose results it looks at")
}

pub(crate) fn invalid_clock(clock: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        codes::WRONG_VALUE,
        format!("expected an instant, found `{}`", excerpt(&clock.value)),
    )
    .at(clock.span, "")
    .help("write it with its offset, for example `2026-11-21T08:00:00Z`")
}

pub(crate) fn nothing_expected(place: Span) -> Diagnostic {
    Diagnostic::new(codes::MISSING_KEY, "`expect` needs `output`, `error`, `steps` or `not_run`")
        .at(place, "nothing is expected")
        .help("a test that expects nothing cannot fail")
}

pub(crate) fn run_and_not_run(step: &Spanned<String>, run: Span) -> Diagnostic {
    Diagnostic::new(
        codes::WRONG_VALUE,
        format!("`{}` is expected to run and not to run", step.value),
    )
    .at(step.span, "not to run")
    .at(run, "to run")
    .help("leave it out in one of the two lists")
}
