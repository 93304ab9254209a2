//! How blocks can end: whether the next step gets its turn, by which signals they are left, with which errors they fail. Computed from the
//! inside out, for every block once; what can be seen on the way to be never reached is reported.

use std::collections::BTreeSet;

use locus_diag::{Diagnostic, Span};
use locus_model::{Effect, Node};
use locus_plugin::step::StepEntry;

use super::across::Across;
use super::vars::Vars;
use super::{cases, catches, loops};
use crate::effects;
use crate::graph;
use crate::known::Known;
use crate::messages::flow as messages;
use crate::params::SlotDraft;
use crate::shape::{Role, Runs};
use crate::steps::{BlockDraft, StepDraft};

/// The signal that every workflow takes itself.
pub(super) const RETURN: &str = "return";

/// How a step or a block can end.
#[derive(Clone, Default)]
pub(crate) struct Ends<'d> {
    /// Whether what stands behind it can run.
    pub(crate) completes: bool,
    /// The signals that go out of it.
    pub(crate) signals: BTreeSet<&'d str>,
    /// The errors it can fail with.
    pub(crate) errors: Errors<'d>,
    /// Whether something in it could not be understood.
    pub(crate) unknown: bool,
}

/// The errors that something can fail with, by where they come from.
pub(crate) type Errors<'d> = BTreeSet<Source<'d>>;

/// Where errors come from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Source<'d> {
    /// Something that does not say which.
    Unknown,
    /// The work of a step type: its name and its codes.
    Type(&'d str, &'d [String]),
    /// One code.
    Code(&'d str),
    /// A workflow that is called.
    Workflow(&'d str),
}

/// Why nothing behind a step runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blocked {
    /// It leaves the block itself.
    Leaves,
    /// It never ends.
    Endless,
    /// So do all blocks in it that may run.
    EveryWay,
}

/// Works out how the steps of a workflow end, and reports what is never reached.
pub(crate) fn check<'d>(
    block: &'d BlockDraft<'d>,
    known: &Known<'_>,
    vars: &Vars<'_>,
    across: &mut Across,
    problems: &mut Vec<Diagnostic>,
) -> Ends<'d> {
    let takers = vec![RETURN.to_owned()];
    Walk { known, vars, across, problems, takers }.block(block)
}

pub(super) struct Walk<'w> {
    pub(super) known: &'w Known<'w>,
    pub(super) vars: &'w Vars<'w>,
    pub(super) across: &'w mut Across,
    pub(super) problems: &'w mut Vec<Diagnostic>,
    /// The signals that something around takes.
    takers: Vec<String>,
}

impl Walk<'_> {
    fn block<'d>(&mut self, block: &'d BlockDraft<'d>) -> Ends<'d> {
        if block.graph { self.graph(block) } else { self.sequence(block) }
    }

    fn sequence<'d>(&mut self, block: &'d BlockDraft<'d>) -> Ends<'d> {
        let mut ends = Ends { completes: true, ..Ends::default() };
        for (at, step) in block.steps.iter().enumerate() {
            let (inner, blocked) = self.step(step);
            ends.take(&inner);
            if !inner.completes {
                ends.completes = false;
                if let Some(next) = block.steps.get(at + 1) {
                    self.unreachable(step, blocked, next.anchor);
                }
                break;
            }
        }
        ends
    }

    /// Steps run as soon as those they need are done: only what needs one that never is cannot run.
    fn graph<'d>(&mut self, block: &'d BlockDraft<'d>) -> Ends<'d> {
        let mut ends = Ends { completes: true, ..Ends::default() };
        for (at, step) in block.steps.iter().enumerate() {
            let (inner, blocked) = self.step(step);
            ends.take(&inner);
            if !inner.completes {
                ends.completes = false;
                let next = (0..block.steps.len())
                    .find(|other| *other != at && graph::before(block, *other).contains(&at));
                if let Some(next) = next {
                    self.unreachable(step, blocked, block.steps[next].anchor);
                }
            }
        }
        ends
    }

    fn unreachable(&mut self, ender: &StepDraft<'_>, blocked: Blocked, place: Span) {
        if let Some((_, key)) = &ender.ty {
            self.problems.push(messages::unreachable_step(&key.value, blocked, place, key.span));
        }
    }

    /// Reports a condition with but one outcome; the words say what follows from that.
    pub(super) fn constant(&mut self, condition: &Node, always: &str, never: &str) -> bool {
        let Some(truth) = self.known.turns_out(condition) else { return false };
        let what = if truth { always } else { never };
        self.problems.push(messages::constant_condition(condition.span, truth, what));
        true
    }

    fn step<'d>(&mut self, step: &'d StepDraft<'d>) -> (Ends<'d>, Blocked) {
        if let Some((_, undo)) = &step.compensate {
            // What undoes a step runs when the run has failed: it ends nothing here.
            let takers = std::mem::take(&mut self.takers);
            self.block(undo);
            self.takers = takers;
        }
        let around = self.takers.len();
        self.takers.extend(step.ty.iter().flat_map(|(entry, _)| entry.ty.catches.iter().cloned()));
        let slots: Vec<(&SlotDraft<'d>, Ends<'d>)> =
            step.params.slots.iter().map(|slot| (slot, self.block(&slot.block))).collect();
        self.takers.truncate(around);
        let Some((entry, _)) = &step.ty else {
            let errors = Errors::from([Source::Unknown]);
            return (
                Ends { completes: true, unknown: true, errors, ..Ends::default() },
                Blocked::Leaves,
            );
        };
        let mut ends = Ends::default();
        for (_, inner) in &slots {
            ends.signals.extend(&inner.signals);
            ends.unknown |= inner.unknown;
        }
        let caught = entry.ty.catches.iter().any(|signal| ends.signals.contains(signal.as_str()));
        ends.signals.retain(|signal| !entry.ty.catches.iter().any(|caught| caught == signal));
        let raises = entry.ty.raises.as_deref();
        // A signal that nothing takes was reported: what it does is not known.
        let lost = raises.is_some_and(|signal| self.takers.iter().all(|taken| taken != signal));
        ends.unknown |= lost;
        ends.signals.extend(raises.filter(|_| !lost));
        ends.errors = own_errors(step, entry);
        catches::check(self, step, &slots, &mut ends.errors);
        cases::check(self, step, &slots);
        let endless = loops::check(self, step, &slots, caught) && !ends.unknown;
        let blocked = if endless {
            Blocked::Endless
        } else if entry.ty.completes {
            Blocked::EveryWay
        } else {
            Blocked::Leaves
        };
        ends.completes = lost || entry.ty.completes && !endless && completes(step, &slots, caught);
        catches::check_retry(self, step, &ends.errors);
        if let Some(when) = step.when {
            self.constant(when, "so the step always runs", "so the step never runs");
        }
        if step.when.is_some_and(|when| self.known.truth(when) != Some(true)) {
            ends.completes = true;
        }
        (ends, blocked)
    }
}

impl<'d> Ends<'d> {
    /// Takes in what can end a step of the block.
    fn take(&mut self, inner: &Self) {
        self.signals.extend(&inner.signals);
        self.errors.extend(&inner.errors);
        self.unknown |= inner.unknown;
    }
}

/// The errors of a step that do not come from its blocks.
fn own_errors<'d>(step: &'d StepDraft<'d>, entry: &'d StepEntry) -> Errors<'d> {
    let mut errors = Errors::new();
    match &entry.ty.errors {
        None => {
            errors.insert(Source::Unknown);
        }
        Some(codes) if codes.is_empty() => {}
        Some(codes) => {
            errors.insert(Source::Type(&entry.ty.name, codes));
        }
    }
    if step.timeout.is_some() {
        errors.insert(Source::Code("timeout"));
    }
    if effects::of(step) == Some(Effect::AtMostOnce) {
        errors.insert(Source::Code("interrupted"));
    }
    // A key that is not understood may have been meant to name one.
    if step.params.broken {
        errors.insert(Source::Unknown);
    }
    for given in step.roles.all(Role::Raises) {
        let written = given.node(step).map(Node::as_str);
        let code = match written {
            Some(code) => code.filter(|code| !crate::expressions::is_template(code)),
            None => given.default.as_ref().and_then(serde_json::Value::as_str),
        };
        match (code, written) {
            (Some(code), _) => errors.insert(Source::Code(code)),
            (None, Some(_)) => errors.insert(Source::Unknown),
            (None, None) => false,
        };
    }
    for given in step.roles.written(Role::Calls) {
        let name = given.node(step).and_then(Node::as_str);
        errors.insert(name.map_or(Source::Unknown, Source::Workflow));
    }
    errors
}

/// Whether what stands behind a step can run, as far as its blocks decide.
fn completes(step: &StepDraft<'_>, slots: &[(&SlotDraft<'_>, Ends<'_>)], caught: bool) -> bool {
    let of = |runs: Runs| slots.iter().filter(move |(slot, _)| slot.runs == runs);
    if of(Runs::Always).any(|(_, ends)| !ends.completes) {
        return false;
    }
    if caught || of(Runs::OnError).any(|(_, ends)| ends.completes) {
        return true;
    }
    let handled = step.roles.handles;
    let waits_for_all = step
        .roles
        .any(Role::Join)
        .is_some_and(|join| join.value(step).is_some_and(|word| word == "all"));
    let chosen = |slot: &SlotDraft<'_>| {
        let guarded = step
            .roles
            .all(Role::Guard)
            .any(|given| given.is_beside(&slot.pointer) && !given.chooses(&slot.pointer));
        guarded || step.roles.all(Role::Selector).any(|given| given.chooses(&slot.pointer))
    };
    // Exactly one of these runs when there is one for the case that no other does.
    let one_runs = of(Runs::AtMostOnce).any(|(slot, _)| chosen(slot))
        && of(Runs::AtMostOnce).any(|(slot, _)| !chosen(slot));
    let once = of(Runs::Once).all(|(_, ends)| ends.completes);
    let many = !handled || of(Runs::Many).all(|(_, ends)| ends.completes);
    let concurrent = if waits_for_all {
        of(Runs::Concurrent).all(|(_, ends)| ends.completes)
    } else {
        of(Runs::Concurrent).next().is_none()
            || of(Runs::Concurrent).any(|(_, ends)| ends.completes)
    };
    let choice = !one_runs || of(Runs::AtMostOnce).any(|(_, ends)| ends.completes);
    once && many && concurrent && choice
}
