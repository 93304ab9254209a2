//! What expressions refer to.

use locus_diag::{Diagnostic, Span, Spanned};

use super::suggest;
use crate::codes;
use crate::scope::NotYet;

pub(crate) fn unknown_root(
    name: &Spanned<String>,
    further: Option<&str>,
    known: &[&str],
) -> Diagnostic {
    let problem =
        Diagnostic::new(codes::UNKNOWN_CONTEXT_FIELD, format!("`.` has no `{}` here", name.value))
            .at(name.span, "");
    match further {
        Some(part) => {
            let full = format!("{part}.{}", name.value);
            problem.help(format!("did you mean `.{full}`?")).fix(
                format!("replace `.{}` by `.{full}`", name.value),
                name.span,
                full,
            )
        }
        None => suggest(problem, name, name.span, known.iter().copied(), "it has"),
    }
}

pub(crate) fn unknown_run_field(name: &Spanned<String>, known: &[&str]) -> Diagnostic {
    let problem =
        Diagnostic::new(codes::UNKNOWN_CONTEXT_FIELD, format!("`.run` has no `{}`", name.value))
            .at(name.span, "");
    suggest(problem, name, name.span, known.iter().copied(), "it has")
}

pub(crate) fn no_context(name: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        codes::UNKNOWN_CONTEXT_FIELD,
        format!("`.` has no `{}` here: this is outside of any run", name.value),
    )
    .at(name.span, "")
    .help("only `$env` and `$secrets` are there")
}

pub(crate) fn unknown_input<'n>(
    name: &Spanned<String>,
    known: impl Iterator<Item = &'n str> + Clone,
) -> Diagnostic {
    let problem = Diagnostic::new(
        codes::UNKNOWN_INPUT,
        format!("the workflow takes no input `{}`", name.value),
    )
    .at(name.span, "not an input")
    .help("add it to `input`");
    suggest(problem, name, name.span, known, "it takes")
}

pub(crate) fn var_not_set(name: &Spanned<String>, known: &[&str]) -> Diagnostic {
    let problem =
        Diagnostic::new(codes::VAR_NOT_SET, format!("no step sets `.vars.{}`", name.value))
            .at(name.span, "never set")
            .help("set it in a step before this one");
    suggest(problem, name, name.span, known.iter().copied(), "set are")
}

pub(crate) fn unknown_variable(name: &Spanned<String>, bound: &[&str]) -> Diagnostic {
    // The place of a variable includes its `$`.
    let problem = Diagnostic::new(
        codes::UNKNOWN_VARIABLE,
        format!("there is no variable `${}` here", name.value),
    )
    .at(name.span, "not bound");
    let variables: Vec<String> = bound.iter().map(|name| format!("${name}")).collect();
    let variables = variables.iter().map(String::as_str);
    suggest(problem, &format!("${}", name.value), name.span, variables, "in scope are")
}

pub(crate) fn unknown_step(
    name: &Spanned<String>,
    visible: &[&str],
    derived: Option<Span>,
) -> Diagnostic {
    let problem = Diagnostic::new(
        codes::UNKNOWN_STEP,
        format!("there is no step with the id `{}`", name.value),
    )
    .at(name.span, "no such step");
    match derived {
        Some(place) => problem
            .at(place, "this step has no id")
            .help(format!("give it one: `id: {}`", name.value)),
        None => suggest(problem, name, name.span, visible.iter().copied(), "results are there of"),
    }
}

pub(crate) fn step_not_visible(
    name: &Spanned<String>,
    place: Span,
    holder: Option<(Option<&str>, Span)>,
) -> Diagnostic {
    let id = &name.value;
    let problem = Diagnostic::new(
        codes::STEP_NOT_VISIBLE,
        format!("the step `{id}` is inside a block and cannot be seen from here"),
    )
    .at(name.span, "not visible")
    .at(place, "it is in here");
    match holder {
        Some((Some(around), _)) => problem.help(format!(
            "use the result of the step around it, `.steps.{around}`: a block's result is that of its last step"
        )),
        Some((None, around)) => problem
            .at(around, "the step around it has no id")
            .help("give the step around it an id and use its result: a block's result is that of its last step"),
        None => problem.help("blocks beside each other do not see each other's steps"),
    }
}

pub(crate) fn step_not_run_yet(name: &Spanned<String>, why: NotYet, place: Span) -> Diagnostic {
    let id = &name.value;
    let (message, help) = match why {
        NotYet::Itself => (
            format!("the step `{id}` refers to its own result"),
            "in `output`, the step's own result is `.result`".to_owned(),
        ),
        NotYet::Around => (
            format!("the step `{id}` is still running here, inside of it"),
            "refer to steps that are done before it".to_owned(),
        ),
        NotYet::Later => (
            format!("the step `{id}` runs later and has no result yet"),
            format!("move `{id}` up, before this step"),
        ),
        NotYet::NotNeeded => (
            format!("the step `{id}` may not have run yet: this step does not need it"),
            format!("add `{id}` to `needs`"),
        ),
    };
    Diagnostic::new(codes::STEP_NOT_RUN_YET, message)
        .at(name.span, "no result yet")
        .at(place, "this step")
        .help(help)
}
