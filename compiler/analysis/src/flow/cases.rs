//! Cases of which one runs: those that no value leads to.

use locus_diag::{Span, Spanned};
use locus_model::Node;
use locus_model::node::unescape_token;

use super::ends::{Ends, Walk};
use crate::messages::flow as messages;
use crate::params::SlotDraft;
use crate::roles::Given;
use crate::shape::{Role, Runs};
use crate::steps::StepDraft;

/// Reports cases that are never taken.
pub(super) fn check(
    walk: &mut Walk<'_>,
    step: &StepDraft<'_>,
    slots: &[(&SlotDraft<'_>, Ends<'_>)],
) {
    let cases: Vec<&SlotDraft<'_>> =
        slots.iter().map(|(slot, _)| *slot).filter(|slot| slot.runs == Runs::AtMostOnce).collect();
    if cases.is_empty() {
        return;
    }
    behind_always(walk, step, &cases);
    for selector in step.roles.written(Role::Selector) {
        selected(walk, step, selector, &cases);
    }
}

/// Cases behind one whose condition always holds.
fn behind_always(walk: &mut Walk<'_>, step: &StepDraft<'_>, cases: &[&SlotDraft<'_>]) {
    let guard_of = |slot: &SlotDraft<'_>| {
        let mut guards = step.roles.written(Role::Guard);
        guards.find(|guard| guard.is_beside(&slot.pointer) && !guard.group.is_empty())
    };
    let mut always: Option<Span> = None;
    for case in cases {
        let place = place_of(step, case);
        if let Some(always) = always {
            walk.problems.push(messages::case_behind_always(place, always));
            return;
        }
        let Some(condition) = guard_of(case).and_then(|guard| guard.node(step)) else { continue };
        let told = walk.constant(
            condition,
            "so this case is always taken, and none behind it",
            "so this case is never taken",
        );
        match (walk.known.truth(condition), told) {
            (Some(true), true) => return,
            (Some(true), false) => always = Some(condition.span),
            _ => {}
        }
    }
}

/// Cases by key: two that are the same number, and those that the value cannot have.
fn selected(walk: &mut Walk<'_>, step: &StepDraft<'_>, selector: &Given, cases: &[&SlotDraft<'_>]) {
    let mut numbers: Vec<(f64, String, Span)> = Vec::new();
    let texts = selector.node(step).and_then(|node| walk.known.texts(node));
    let cases: Vec<&&SlotDraft<'_>> =
        cases.iter().filter(|case| selector.chooses(&case.pointer)).collect();
    let key_of = |case: &SlotDraft<'_>| {
        let token = case.pointer.rsplit('/').next().unwrap_or_default();
        unescape_token(token).into_owned()
    };
    let keys: Vec<String> = cases.iter().map(|case| key_of(case)).collect();
    for (case, key) in cases.iter().zip(keys.iter().cloned()) {
        if let Ok(number) = key.parse::<f64>() {
            if let Some((_, first, place)) = numbers.iter().find(|(other, ..)| *other == number) {
                let problem = messages::same_number(&key, case.named_at, first, *place);
                walk.problems.push(problem);
                continue;
            }
            numbers.push((number, key.clone(), case.named_at));
        }
        if let Some(texts) = &texts
            && !texts.iter().any(|text| same(text, &key))
        {
            let name = Spanned::new(key, case.named_at);
            let value = selector.node(step).map_or(case.named_at, |node| node.span);
            let is_case = |text: &String| keys.iter().any(|key| same(text, key));
            let open: Vec<&str> =
                texts.iter().filter(|text| !is_case(text)).map(String::as_str).collect();
            walk.problems.push(messages::case_never_selected(&name, &open, value));
        }
    }
}

/// Whether a value of this text finds the case of this key.
fn same(text: &str, key: &str) -> bool {
    let number = |text: &str| text.parse::<f64>().ok();
    text == key || number(text).is_some_and(|value| number(key) == Some(value))
}

/// The place to point at for a case.
fn place_of(step: &StepDraft<'_>, case: &SlotDraft<'_>) -> Span {
    let group = case.pointer.rsplit_once('/').map_or("", |(group, _)| group);
    let guarded = step.roles.written(Role::Guard).find(|guard| guard.group == group);
    let node = guarded.filter(|_| !group.is_empty()).and_then(|guard| guard.node(step));
    node.map_or(case.named_at, |node: &Node| node.span)
}
