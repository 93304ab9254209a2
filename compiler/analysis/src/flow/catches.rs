//! Handlers of errors: clauses that no error reaches, codes that nothing raises.

use locus_diag::{Span, Spanned};
use locus_model::Node;
use locus_plugin::error::HOST_ERRORS;

use super::across::Awaited;
use super::ends::{Ends, Errors, Source, Walk};
use crate::messages::flow as messages;
use crate::params::SlotDraft;
use crate::roles::Given;
use crate::shape::{Role, Runs};
use crate::steps::StepDraft;

/// The host's codes that only some steps end with.
const CONDITIONAL: [&str; 2] = ["timeout", "interrupted"];

/// Checks the clauses of a step that handle errors of its blocks, and adds to its errors what gets out of its blocks.
pub(super) fn check<'d>(
    walk: &mut Walk<'_>,
    step: &'d StepDraft<'d>,
    slots: &[(&SlotDraft<'d>, Ends<'d>)],
    errors: &mut Errors<'d>,
) {
    let is_handled = |slot: &SlotDraft<'_>| !matches!(slot.runs, Runs::OnError | Runs::Always);
    let mut raised = Errors::new();
    let mut unknown = false;
    for (slot, ends) in slots {
        if is_handled(slot) {
            raised.extend(&ends.errors);
            unknown |= ends.unknown;
        } else {
            errors.extend(&ends.errors);
        }
    }
    if unknown {
        raised.insert(Source::Unknown);
    }
    let mut taken: Vec<Taken> = Vec::new();
    let mut all_handled = false;
    for clause in step.roles.all(Role::Catches) {
        let codes = codes(clause.node(step));
        shadowed(walk, clause, step, &codes, &taken);
        for code in &codes {
            if !taken.iter().any(|earlier| earlier.covers(&code.value)) {
                not_raised(walk, code, &raised, Place::Catch);
            }
        }
        let guard = step.roles.written(Role::Guard).find(|guard| guard.group == clause.group);
        let guard = guard.and_then(|guard| guard.node(step));
        if let Some(guard) = guard {
            walk.constant(guard, "so it decides nothing", "so this clause takes no error");
        }
        let guarded = guard.is_some_and(|guard| walk.known.truth(guard) != Some(true));
        if !guarded {
            let handled = slots.iter().any(|(slot, _)| clause.is_beside(&slot.pointer));
            all_handled |= handled && (codes.is_empty() || codes.iter().any(|c| c.value == "*"));
            match codes.as_slice() {
                [] => taken.push(Taken { pattern: "*".to_owned(), place: place(clause, step) }),
                codes => taken.extend(
                    codes
                        .iter()
                        .map(|code| Taken { pattern: code.value.clone(), place: Some(code.span) }),
                ),
            }
        }
    }
    if !all_handled {
        errors.extend(raised);
    }
}

/// Checks the codes of a step's own `retry`.
pub(super) fn check_retry(walk: &mut Walk<'_>, step: &StepDraft<'_>, errors: &Errors<'_>) {
    if step.retry.as_ref().is_none_or(|retry| retry.errors.is_empty()) {
        return;
    }
    let list = step.node.get("retry").and_then(|retry| retry.get("errors"));
    for code in codes(list) {
        not_raised(walk, &code, errors, Place::Retry);
    }
}

/// Where a code is waited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// In a clause that handles errors.
    Catch,
    /// In a list of errors that are tried again.
    Retry,
}

/// What an earlier clause takes.
struct Taken {
    pattern: String,
    place: Option<Span>,
}

impl Taken {
    fn covers(&self, pattern: &str) -> bool {
        match self.pattern.strip_suffix('*') {
            Some(beginning) => pattern.strip_suffix('*').unwrap_or(pattern).starts_with(beginning),
            None => self.pattern == pattern,
        }
    }
}

fn codes(list: Option<&Node>) -> Vec<Spanned<String>> {
    let items = list.and_then(Node::as_sequence).unwrap_or_default();
    let codes =
        items.iter().filter_map(|item| Some(Spanned::new(item.as_str()?.to_owned(), item.span)));
    codes.collect()
}

/// The place of a clause without codes.
fn place(clause: &Given, step: &StepDraft<'_>) -> Option<Span> {
    let clause_at = || step.params.written?.pointer(&clause.group).map(crate::keys::anchor);
    clause.key.or_else(clause_at)
}

/// Reports a clause, or a code of one, that earlier clauses take.
fn shadowed(
    walk: &mut Walk<'_>,
    clause: &Given,
    step: &StepDraft<'_>,
    codes: &[Spanned<String>],
    taken: &[Taken],
) {
    let earlier = |code: &str| taken.iter().find(|earlier| earlier.covers(code));
    let shadows: Vec<Option<&Taken>> = match codes {
        [] => vec![earlier("*")],
        codes => codes.iter().map(|code| earlier(&code.value)).collect(),
    };
    if let [Some(first), rest @ ..] = shadows.as_slice()
        && rest.iter().all(Option::is_some)
    {
        let place = place(clause, step).or(codes.first().map(|code| code.span));
        if let Some(place) = place {
            walk.problems.push(messages::unreachable_catch(place, first.place));
        }
        return;
    }
    for (code, earlier) in codes.iter().zip(shadows) {
        if let Some(earlier) = earlier {
            walk.problems.push(messages::code_taken_before(code, earlier.place));
        }
    }
}

/// Reports a code that nothing raises. What workflows that are called raise is known only when all are read.
fn not_raised(walk: &mut Walk<'_>, code: &Spanned<String>, errors: &Errors<'_>, place: Place) {
    let is_host = |host: &&str| !CONDITIONAL.contains(host) && overlap(&code.value, host);
    if HOST_ERRORS.iter().any(is_host) {
        return;
    }
    let mut workflows = Vec::new();
    let mut known: Vec<&str> = Vec::new();
    for source in errors {
        match source {
            Source::Unknown => return,
            Source::Type(_, codes) => known.extend(codes.iter().map(String::as_str)),
            Source::Code(code) => known.push(code),
            Source::Workflow(name) => workflows.push((*name).to_owned()),
        }
    }
    if known.iter().any(|known| overlap(&code.value, known)) {
        return;
    }
    if workflows.is_empty() {
        walk.problems.push(messages::error_not_raised(code, &known, place));
    } else {
        let known = known.into_iter().map(str::to_owned).collect();
        walk.across.awaited.push(Awaited { code: code.clone(), known, workflows, place });
    }
}

/// Whether there are codes that both name; `http_*` stands for all that begin so.
pub(crate) fn overlap(a: &str, b: &str) -> bool {
    match (a.strip_suffix('*'), b.strip_suffix('*')) {
        (Some(a), Some(b)) => a.starts_with(b) || b.starts_with(a),
        (Some(a), None) => b.starts_with(a),
        (None, Some(b)) => a.starts_with(b),
        (None, None) => a == b,
    }
}
