//! Loops with a condition: those that go on for ever, and those that nothing but their condition ends.

use locus_diag::Spanned;
use locus_model::Node;

use super::ends::{Ends, Walk};
use crate::messages::flow as messages;
use crate::params::SlotDraft;
use crate::shape::{Role, Runs};
use crate::steps::{BlockDraft, StepDraft};

/// Checks a step that runs blocks as long as a condition asks for; `left` is whether a signal out of them ends it. True when it never ends.
pub(super) fn check(
    walk: &mut Walk<'_>,
    step: &StepDraft<'_>,
    slots: &[(&SlotDraft<'_>, Ends<'_>)],
    left: bool,
) -> bool {
    let going_on = step.roles.first(Role::While).map(|given| (given, true));
    let Some((condition, goes_on_when)) =
        going_on.or_else(|| step.roles.first(Role::Until).map(|given| (given, false)))
    else {
        return false;
    };
    let Some(node) = condition.node(step) else { return false };
    let bodies: Vec<&(&SlotDraft<'_>, Ends<'_>)> = slots
        .iter()
        .filter(|(slot, _)| slot.runs == Runs::Many && condition.is_beside(&slot.pointer))
        .collect();
    // A way out that is not an end of the body itself: a signal for something further out, or an error of the author's.
    let ends_otherwise = left
        || bodies
            .iter()
            .any(|(slot, ends)| ends.unknown || !ends.signals.is_empty() || raises(&slot.block));
    let always = walk.known.truth(node);
    let endless = always == Some(goes_on_when);
    if always.is_some() && !endless {
        walk.constant(node, "so there is one iteration", "so there is no iteration");
        return false;
    }
    if ends_otherwise {
        return endless && !left;
    }
    let bound = step.roles.first(Role::Bound).is_some();
    if endless {
        walk.problems.push(messages::endless_loop(node.span, goes_on_when, bound));
    } else if always.is_none() && is_stuck(node, &bodies, walk) {
        walk.problems.push(messages::loop_without_progress(node.span, bound));
    } else if !bound && step.roles.any(Role::Bound).is_some() {
        let key = condition.key.unwrap_or(node.span);
        let name = condition.pointer.rsplit('/').next().unwrap_or_default();
        walk.problems.push(messages::unbounded_loop(name, key));
    }
    endless
}

/// Whether nothing that the condition reads can be another the next time.
fn is_stuck(condition: &Node, bodies: &[&(&SlotDraft<'_>, Ends<'_>)], walk: &Walk<'_>) -> bool {
    let (variables, paths) = (walk.known.variables(condition), walk.known.paths(condition));
    let fixed = |variable: &str| {
        bodies.iter().all(|(slot, _)| slot.binds.iter().all(|bound| bound.name != variable))
    };
    let fixed_path = |path: &[Spanned<String>]| match path {
        [first, ..] if matches!(first.value.as_str(), "input" | "steps") => true,
        // What steps outside the loop set may be set while it runs, beside it.
        [first, name, ..] if first.value == "vars" => {
            let inside = |block| walk.vars.sets_in(block, &name.value);
            !bodies.iter().any(|(slot, _)| inside(&slot.block))
                && !walk.vars.may_be_set_beside(&name.value)
        }
        _ => false,
    };
    !(variables.is_empty() && paths.is_empty())
        && variables.iter().all(|variable| fixed(&variable.value))
        && paths.iter().all(|path| fixed_path(path))
}

/// Whether a step of the block ends it with an error of its author's.
fn raises(block: &BlockDraft<'_>) -> bool {
    block.steps.iter().any(|step| {
        let own = step.roles.written(Role::Raises).next().is_some();
        own || step.blocks().any(raises)
    })
}
