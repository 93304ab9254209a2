//! How a workflow runs.

use locus_diag::{Diagnostic, Span, Spanned};

use super::{alternatives, suggest};
use crate::codes;
use crate::flow::catches::Place;
use crate::flow::ends::Blocked;

pub(crate) fn unknown_need<'n>(
    name: &Spanned<String>,
    known: impl Iterator<Item = &'n str> + Clone,
) -> Diagnostic {
    let problem = Diagnostic::new(
        codes::UNKNOWN_STEP,
        format!("there is no step `{}` in this block", name.value),
    )
    .at(name.span, "no step of this block")
    .help("`needs` names ids of steps of the same block");
    suggest(problem, name, name.span, known, "its ids are")
}

pub(crate) fn needs_cycle<'n>(
    names: &[&'n str],
    places: impl Iterator<Item = (&'n str, Span)>,
) -> Diagnostic {
    let mut cycle = names.join(" → ");
    if let Some(first) = names.first() {
        cycle.push_str(" → ");
        cycle.push_str(first);
    }
    let message = match names {
        [_] => format!("a step needs itself: {cycle}"),
        _ => format!("steps need each other: {cycle}"),
    };
    let mut problem = Diagnostic::new(codes::NEEDS_CYCLE, message);
    for (name, place) in places {
        problem = problem.at(place, format!("`{name}` waits for it"));
    }
    problem.help("take one of these out of `needs`")
}

pub(crate) fn unreachable_step(
    ender: &str,
    blocked: Blocked,
    place: Span,
    ender_at: Span,
) -> Diagnostic {
    let (label, help) = match blocked {
        Blocked::Leaves => (
            "always leaves the block here",
            format!("remove what is behind it, or give `{ender}` a `when`"),
        ),
        Blocked::Endless => (
            "goes on until it fails",
            format!(
                "remove what is behind it, or give `{ender}` an end: `break`, or another condition"
            ),
        ),
        Blocked::EveryWay => (
            "every way through it leaves the block",
            "remove what is behind it, or let one of the ways go on".to_owned(),
        ),
    };
    Diagnostic::new(codes::UNREACHABLE_STEP, format!("nothing behind `{ender}` can run"))
        .at(place, "never runs")
        .at(ender_at, label)
        .help(help)
}

pub(crate) fn constant_condition(place: Span, truth: bool, what: &str) -> Diagnostic {
    Diagnostic::new(codes::CONSTANT_CONDITION, format!("this condition is always {truth}"))
        .at(place, what)
        .help("write what was meant, or `true` or `false` where it is meant to be fixed")
}

pub(crate) fn case_behind_always(place: Span, always: Span) -> Diagnostic {
    Diagnostic::new(codes::UNREACHABLE_CASE, "this case is never reached")
        .at(place, "never looked at")
        .at(always, "always true")
        .help("put it before the case that always holds, or remove it")
}

pub(crate) fn same_number(key: &str, place: Span, first: &str, first_at: Span) -> Diagnostic {
    Diagnostic::new(
        codes::UNREACHABLE_CASE,
        format!("the case `{key}` is the same number as `{first}`"),
    )
    .at(place, "never reached")
    .at(first_at, "reached instead")
    .help("keep one of them")
}

pub(crate) fn case_never_selected(
    name: &Spanned<String>,
    open: &[&str],
    value: Span,
) -> Diagnostic {
    let problem =
        Diagnostic::new(codes::UNREACHABLE_CASE, format!("the value is never `{}`", name.value))
            .at(name.span, "never reached")
            .at(value, "this is compared with the cases");
    match open {
        [] => problem.help("there is a case for all that it can be; remove this one"),
        open => suggest(problem, name, name.span, open.iter().copied(), "it can be"),
    }
}

pub(crate) fn unreachable_catch(place: Span, earlier: Option<Span>) -> Diagnostic {
    let problem = Diagnostic::new(codes::UNREACHABLE_CATCH, "this clause never gets an error")
        .at(place, "everything it takes is taken before");
    let problem = match earlier {
        Some(earlier) => problem.at(earlier, "taken here"),
        None => problem,
    };
    problem.help("put the clause that takes less first")
}

pub(crate) fn code_taken_before(code: &Spanned<String>, earlier: Option<Span>) -> Diagnostic {
    let problem = Diagnostic::new(
        codes::UNREACHABLE_CATCH,
        format!("an earlier clause takes `{}`", code.value),
    )
    .at(code.span, "never reaches this clause");
    let problem = match earlier {
        Some(earlier) => problem.at(earlier, "taken here"),
        None => problem,
    };
    problem.help("remove it, or put this clause first")
}

pub(crate) fn error_not_raised(code: &Spanned<String>, known: &[&str], place: Place) -> Diagnostic {
    let what = match place {
        Place::Catch => "nothing that this clause handles errors of",
        Place::Retry => "the step never",
    };
    let ends = if place == Place::Catch { "ends" } else { "fails" };
    let problem =
        Diagnostic::new(codes::ERROR_NOT_RAISED, format!("{what} {ends} with `{}`", code.value))
            .at(code.span, "never raised");
    if known.is_empty() {
        return problem.help("no step there has errors of its own; remove it");
    }
    suggest(problem, code, code.span, known.iter().copied(), "what can be raised is")
}

pub(crate) fn endless_loop(place: Span, truth: bool, bound: bool) -> Diagnostic {
    let until = if bound { "until `max` fails it" } else { "until it fails with `loop_limit`" };
    Diagnostic::new(codes::ENDLESS_LOOP, format!("this loop never ends: it goes on {until}"))
        .at(place, format!("always {truth}"))
        .help("end it with `break` or `return` inside, or with another condition")
}

pub(crate) fn loop_without_progress(place: Span, bound: bool) -> Diagnostic {
    let until = if bound { "until `max` fails it" } else { "until it fails with `loop_limit`" };
    Diagnostic::new(
        codes::ENDLESS_LOOP,
        format!("nothing in this loop changes what its condition reads: once begun, it goes on {until}"),
    )
    .at(place, "the same each time")
    .help("read what an iteration changes: its result by the name that `as` gives, or `.vars` that a step inside sets")
}

pub(crate) fn unbounded_loop(condition: &str, place: Span) -> Diagnostic {
    Diagnostic::new(
        codes::UNBOUNDED_LOOP,
        format!("only `{condition}` ends this loop; after 10000 iterations it fails"),
    )
    .at(place, "")
    .help("say how many iterations there may be at most: `max: 100`")
}

pub(crate) fn concurrent_writes(name: &str, place: Span, other: Option<Span>) -> Diagnostic {
    match other {
        Some(other) => Diagnostic::new(
            codes::CONCURRENT_WRITES,
            format!(
                "`{name}` is set by steps that run at the same time: which value stays is chance"
            ),
        )
        .at(place, "set here")
        .at(other, "and here, at the same time")
        .help("give the names apart, or take the results of the branches instead"),
        None => Diagnostic::new(
            codes::CONCURRENT_WRITES,
            format!(
                "iterations that run at the same time all set `{name}`: which value stays is chance"
            ),
        )
        .at(place, "set by every iteration")
        .help("take the results of the iterations instead: the loop's result is the list of them"),
    }
}

pub(crate) fn unused_result(key: &Spanned<String>, id: Option<&Spanned<String>>) -> Diagnostic {
    let problem = Diagnostic::new(
        codes::UNUSED_RESULT,
        format!("nobody uses the result of this `{}`, and it does nothing else", key.value),
    )
    .at(key.span, "only gives a result");
    problem.help(match id {
        Some(id) => format!("read it as `.steps.{}`, or remove the step", id.value),
        None => "give it an `id` and read it as `.steps.ID`, or remove it".to_owned(),
    })
}

pub(crate) fn unused_var(name: &str, place: Span) -> Diagnostic {
    Diagnostic::new(codes::UNUSED_RESULT, format!("`{name}` is set here and never read"))
        .at(place, "")
        .help(format!("read it as `.vars.{name}`, or remove it"))
}

pub(crate) fn call_cycle<'n>(
    names: &[&'n str],
    places: impl Iterator<Item = (&'n str, &'n str, Span)>,
) -> Diagnostic {
    let mut cycle = names.join(" → ");
    if let Some(first) = names.first() {
        cycle.push_str(" → ");
        cycle.push_str(first);
    }
    let message = match names {
        [_] => format!("a workflow calls itself every time it runs: {cycle}"),
        _ => format!("workflows call each other every time they run: {cycle}"),
    };
    let mut problem = Diagnostic::new(codes::CALL_CYCLE, message);
    for (caller, callee, place) in places {
        problem = problem.at(place, format!("`{caller}` calls `{callee}`"));
    }
    problem.help("give one of the calls a `when`, or return before it: a run of these never ends")
}

pub(crate) fn event_never_emitted(event: &Spanned<String>, meant: &str) -> Diagnostic {
    Diagnostic::new(
        codes::EVENT_NEVER_EMITTED,
        format!(
            "no step emits `{}`, and nobody waits for `{meant}`, which is emitted",
            event.value
        ),
    )
    .at(event.span, "only an event from outside can be this one")
    .help(format!("did you mean `{meant}`?"))
    .fix(format!("replace `{}` by `{meant}`", event.value), event.span, meant)
}

pub(crate) fn signal_outside(key: &Spanned<String>, takers: &[&str], undoing: bool) -> Diagnostic {
    let name = &key.value;
    let message = match (undoing, takers) {
        (true, _) => format!("`{name}` cannot leave a `compensate` block"),
        (false, []) => format!("`{name}` is of no use: no step type takes it"),
        (false, takers) => format!("`{name}` has no {} around it", alternatives(takers)),
    };
    let problem = Diagnostic::new(codes::SIGNAL_OUTSIDE, message).at(key.span, "");
    match takers {
        [] => problem.help("remove it"),
        takers => problem.help(format!("put it inside {}, or remove it", alternatives(takers))),
    }
}
