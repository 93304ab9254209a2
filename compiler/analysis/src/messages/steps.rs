//! Steps and blocks as they are written.

use locus_diag::{Diagnostic, Span, Spanned};
use locus_model::language::workflows::STEP;
use locus_model::{Node, NodeKind, Text};

use super::{excerpt, list, suggest};
use crate::codes;
use crate::keys::anchor;

pub(crate) fn not_a_block(node: &Node) -> Diagnostic {
    let problem = Diagnostic::new(
        codes::WRONG_TYPE,
        format!("expected a list of steps, found {}", node.kind_name()),
    )
    .at(anchor(node), "");
    match node.kind {
        NodeKind::Mapping(_) => problem.help("write each step as an item of a list: `- …`"),
        _ => problem,
    }
}

pub(crate) fn empty_block(what: &str, place: Span) -> Diagnostic {
    Diagnostic::new(codes::EMPTY_BLOCK, format!("{what} has no steps and does nothing"))
        .at(place, "empty")
        .help("add a step or remove it")
}

pub(crate) fn not_a_step(node: &Node) -> Diagnostic {
    let problem =
        Diagnostic::new(codes::WRONG_TYPE, format!("expected a step, found {}", node.kind_name()))
            .at(anchor(node), "");
    match &node.kind {
        NodeKind::String(text) => problem.help(format!(
            "a step is a mapping with its type as the key: `{}: {{ … }}`",
            excerpt(&text.value)
        )),
        NodeKind::Null => problem.help("write a step behind the `-`, or remove it"),
        _ => problem.help("a step is a mapping with its type as the key: `log: { message: … }`"),
    }
}

pub(crate) fn missing_type(place: Span, types: &[&str]) -> Diagnostic {
    Diagnostic::new(codes::MISSING_STEP_TYPE, "the step does not say what it does")
        .at(place, "no step type among its keys")
        .help(format!("add a step type with its parameters: {}", list(types)))
}

pub(crate) fn unknown_type(key: &Spanned<String>, types: &[&str]) -> Diagnostic {
    let problem =
        Diagnostic::new(codes::UNKNOWN_STEP_TYPE, format!("there is no step type `{}`", key.value))
            .at(key.span, "not registered");
    let keys: Vec<&str> = STEP.names().collect();
    let candidates: Vec<&str> = [types, &keys].concat();
    match locus_diag::did_you_mean(key, candidates.iter().copied()) {
        Some(_) => suggest(problem, key, key.span, candidates.iter().copied(), ""),
        None => suggest(problem, key, key.span, types.iter().copied(), "there are"),
    }
}

pub(crate) fn left_out_type(key: &Spanned<String>, plugin: &str) -> Diagnostic {
    Diagnostic::new(
        codes::UNKNOWN_STEP_TYPE,
        format!("the step type `{}` is one of the plugin `{plugin}`, which is not used", key.value),
    )
    .at(key.span, "left out")
    .help(format!("enable `{plugin}` in `locus.yaml`, or run without `--no-plugins` and `--only`"))
}

pub(crate) fn several_types(first: &Spanned<String>, second: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        codes::SEVERAL_STEP_TYPES,
        format!("a step has one type, this one has `{}` and `{}`", first.value, second.value),
    )
    .at(second.span, "another type")
    .at(first.span, "a type")
    .help("make two steps of it, each behind its own `-`")
}

pub(crate) fn unknown_step_key(key: &Spanned<String>, ty: &str, inside: bool) -> Diagnostic {
    let problem = Diagnostic::new(codes::UNKNOWN_KEY, format!("a step has no key `{}`", key.value))
        .at(key.span, "not known here");
    if inside {
        return problem.help(format!("it is a parameter of `{ty}`: write it inside `{ty}`"));
    }
    suggest(problem, key, key.span, STEP.names(), "beside its type a step may have")
}

pub(crate) fn common_key_inside(key: &Spanned<String>, what: &str) -> Diagnostic {
    Diagnostic::new(codes::UNKNOWN_KEY, format!("{what} has no parameter `{}`", key.value))
        .at(key.span, "not known here")
        .help(format!("any step may have it: write it beside {what}, not inside"))
}

pub(crate) fn condition_is_text(text: &Text, place: Span) -> Diagnostic {
    let problem = Diagnostic::new(
        codes::WRONG_TYPE,
        format!("expected a condition, found the text `{}`", excerpt(&text.value)),
    )
    .at(place, "only text");
    if text.value.starts_with('.') || text.value.starts_with('$') {
        return problem.help("an expression is written `${ … }`").fix(
            "make it an expression",
            place,
            format!("\"${{ {} }}\"", text.value),
        );
    }
    problem.help("a condition is written `${ … }`, `true` or `false`")
}

pub(crate) fn retry_is_no_number(number: &serde_json::Number, place: Span) -> Diagnostic {
    let written = format!("{{ attempts: {number} }}");
    Diagnostic::new(codes::WRONG_TYPE, "expected `retry`, which is a mapping, found a number")
        .at(place, "")
        .help(format!("write `{written}`"))
        .fix(format!("replace `{number}` by `{written}`"), place, written)
}

pub(crate) fn max_below_initial(max: Span, initial: Span) -> Diagnostic {
    Diagnostic::new(codes::WRONG_VALUE, "the longest delay is shorter than the first one")
        .at(max, "the longest delay")
        .at(initial, "the first delay")
}

pub(crate) fn duplicate_step(ty: &str, place: Span, earlier: Span) -> Diagnostic {
    Diagnostic::new(codes::DUPLICATE_STEP, format!("nothing tells these two `{ty}` steps apart"))
        .at(place, "the same again")
        .at(earlier, "a step")
        .help("give one of them an `id`, or remove it")
}

pub(crate) fn same_path(path: &str, place: Span, earlier: Span) -> Diagnostic {
    Diagnostic::new(codes::DUPLICATE_NAME, format!("two steps have the path `{path}`"))
        .at(place, "this step")
        .at(earlier, "and this one")
        .help("give one of them another `id`")
}

pub(crate) fn nothing_to_undo(ty: &str, key: Span, step: Span) -> Diagnostic {
    Diagnostic::new(
        codes::NOTHING_TO_UNDO,
        format!("`{ty}` changes nothing, so there is nothing to undo"),
    )
    .at(key, "undoes nothing")
    .at(step, "changes nothing")
    .help("remove `compensate`, or put it on the step that makes the change")
}
