//! How a workflow runs.

use locus_diag::{Diagnostic, Span, Spanned};

use super::{alternatives, suggest};
use crate::codes;

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

pub(crate) fn unreachable_step(ender: &str, place: Span, ender_at: Span) -> Diagnostic {
    Diagnostic::new(codes::UNREACHABLE_STEP, format!("nothing behind `{ender}` can run"))
        .at(place, "never runs")
        .at(ender_at, "always leaves the block here")
        .help(format!("remove what is behind it, or give `{ender}` a `when`"))
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
