//! What steps do to the world outside: which of it may happen twice, and which stays when the rest is undone.

use locus_diag::{Diagnostic, Span};
use locus_model::{Effect, Node};

use crate::known::Known;
use crate::messages::effects as messages;
use crate::shape::{Role, Runs};
use crate::steps::{BlockDraft, StepDraft};

/// Codes after which nobody knows whether the effect has happened.
const IN_DOUBT: [&str; 4] = ["timeout", "connection_lost", "interrupted", "http_5xx"];

/// How many steps behind an effect are looked at.
const AHEAD: usize = 200;

/// What a repetition of a step would do: that of its type, unless its parameters say otherwise. `None` where the type is not known.
pub(crate) fn of(step: &StepDraft<'_>) -> Option<Effect> {
    let (entry, _) = step.ty.as_ref()?;
    let effect = step.roles.effect.unwrap_or(entry.ty.effect);
    let keyed = step.roles.first(Role::IdempotencyKey).is_some();
    Some(if effect == Effect::AtMostOnce && keyed { Effect::Idempotent } else { effect })
}

/// Checks the effects of a workflow.
pub(crate) fn check(block: &BlockDraft<'_>, known: &Known<'_>, problems: &mut Vec<Diagnostic>) {
    let mut line = Line { steps: Vec::new(), undone: None, any: false };
    line.block(block, &Way { handled: false, undoing: false, repeated: None, slots: Vec::new() });
    if !line.any {
        return;
    }
    line.retried(problems);
    line.repeated(problems);
    line.left_behind(known, problems);
}

/// The steps of a workflow in the order in which they stand, blocks after what holds them.
struct Line<'d> {
    steps: Vec<Placed<'d>>,
    /// The first step that is undone, at its `compensate`.
    undone: Option<Span>,
    /// Whether there is anything to check.
    any: bool,
}

/// A step in its place.
struct Placed<'d> {
    step: &'d StepDraft<'d>,
    way: Way<'d>,
}

/// What is around a step.
#[derive(Clone)]
struct Way<'d> {
    /// Whether something around handles its errors.
    handled: bool,
    /// Whether it undoes or handles what others did.
    undoing: bool,
    /// What runs it again from the start, with keys of its own.
    repeated: Option<Repeat<'d>>,
    /// The blocks around, from the outside: the step, the slot's number, and whether another one may run in its place.
    slots: Vec<(&'d StepDraft<'d>, usize, bool)>,
}

/// Something that runs blocks again from the start.
#[derive(Clone, Copy)]
struct Repeat<'d> {
    /// The step whose blocks they are.
    holder: &'d StepDraft<'d>,
    /// Where that is said.
    place: Span,
    /// Whether it does so after errors that leave in doubt what has happened.
    in_doubt: bool,
}

impl<'d> Line<'d> {
    fn block(&mut self, block: &'d BlockDraft<'d>, way: &Way<'d>) {
        for step in &block.steps {
            self.step(step, way);
        }
    }

    fn step(&mut self, step: &'d StepDraft<'d>, way: &Way<'d>) {
        self.steps.push(Placed { step, way: way.clone() });
        self.any |= step.retry.is_some() || step.roles.first(Role::Repeats).is_some();
        if let Some((key, undo)) = &step.compensate {
            self.any = true;
            if !way.undoing {
                self.undone.get_or_insert(*key);
            }
            let undoing = Way { undoing: true, repeated: None, ..way.clone() };
            self.block(undo, &undoing);
        }
        let repeated = own_repeat(step).or_else(|| clause_repeat(step));
        for (number, slot) in step.params.slots.iter().enumerate() {
            let handler = matches!(slot.runs, Runs::OnError | Runs::Always);
            let mut inner = way.clone();
            inner.slots.push((step, number, slot.runs == Runs::AtMostOnce));
            if handler {
                inner.undoing = true;
                inner.repeated = own_repeat(step).or(way.repeated);
            } else {
                inner.handled |= handles(step);
                inner.repeated = repeated.or(way.repeated);
            }
            self.block(&slot.block, &inner);
        }
    }

    /// Steps that must not run twice, and are tried again.
    fn retried(&self, problems: &mut Vec<Diagnostic>) {
        for Placed { step, .. } in &self.steps {
            let Some(retry) = step.retry.as_ref().filter(|retry| retry.attempts > 1) else {
                continue;
            };
            let codes: Vec<&str> = retry.errors.iter().map(String::as_str).collect();
            if of(step) == Some(Effect::AtMostOnce)
                && leaves_doubt(&codes)
                && let (Some(key), Some(place)) = (key_of(step), entry_of(step, "retry"))
            {
                problems.push(messages::unsafe_retry(key, place, takes_key(step)));
            }
        }
    }

    /// Effects inside blocks that run again from the start: each time they have another key.
    fn repeated(&self, problems: &mut Vec<Diagnostic>) {
        let mut told: Vec<Span> = Vec::new();
        for (at, Placed { step, way }) in self.steps.iter().enumerate() {
            let Some(repeat) = &way.repeated else { continue };
            if !has_new_key(step) || told.contains(&repeat.place) {
                continue;
            }
            let inside = |placed: &Placed<'_>| {
                placed.way.slots.iter().any(|(holder, ..)| std::ptr::eq(*holder, repeat.holder))
            };
            let repeated = |placed: &Placed<'_>| {
                placed.way.repeated.is_some_and(|other| other.place == repeat.place)
            };
            let fails_later =
                self.steps[at + 1..].iter().take(AHEAD).take_while(|placed| inside(placed)).find(
                    |later| repeated(later) && can_follow(step, way, later) && may_fail(later.step),
                );
            let itself = repeat.in_doubt && of(step) == Some(Effect::Idempotent);
            if let Some(key) = key_of(step)
                && (fails_later.is_some() || itself)
            {
                let later = fails_later.and_then(|later| key_of(later.step));
                problems.push(messages::repeated_with_new_key(key, repeat.place, later));
                told.push(repeat.place);
            }
        }
    }

    /// Effects that stay when a later step fails and others are undone.
    fn left_behind(&self, known: &Known<'_>, problems: &mut Vec<Diagnostic>) {
        let Some(undone) = self.undone else { return };
        for (at, Placed { step, way }) in self.steps.iter().enumerate() {
            if way.undoing || step.compensate.is_some() || !leaves_traces(step) {
                continue;
            }
            // What undoes a step around undoes what is in it.
            if way.slots.iter().any(|(holder, ..)| holder.compensate.is_some()) {
                continue;
            }
            let fails_later = self.steps[at + 1..].iter().take(AHEAD).find(|later| {
                !later.way.handled
                    && !later.way.undoing
                    && may_fail(later.step)
                    && can_follow(step, way, later)
                    && !is_about(later.step, step, known)
            });
            if let Some(key) = key_of(step)
                && let Some(later) = fails_later.and_then(|later| key_of(later.step))
            {
                problems.push(messages::not_compensated(key, later, undone));
            }
        }
    }
}

/// What is said of all blocks of a step by its own `retry`.
fn own_repeat<'d>(step: &'d StepDraft<'d>) -> Option<Repeat<'d>> {
    let retry = step.retry.as_ref().filter(|retry| retry.attempts > 1)?;
    let codes: Vec<&str> = retry.errors.iter().map(String::as_str).collect();
    let place = entry_of(step, "retry")?;
    Some(Repeat { holder: step, place, in_doubt: leaves_doubt(&codes) })
}

/// What a clause that handles errors says.
fn clause_repeat<'d>(step: &'d StepDraft<'d>) -> Option<Repeat<'d>> {
    let repeats = step.roles.first(Role::Repeats)?;
    let catches = step.roles.written(Role::Catches).find(|given| given.group == repeats.group);
    let codes = catches.and_then(|given| given.node(step)).and_then(Node::as_sequence);
    let codes: Vec<&str> = codes.unwrap_or_default().iter().filter_map(Node::as_str).collect();
    Some(Repeat { holder: step, place: repeats.key?, in_doubt: leaves_doubt(&codes) })
}

/// Whether a list of codes, as in `retry`, takes errors after which nobody knows what has happened.
fn leaves_doubt(codes: &[&str]) -> bool {
    codes.is_empty()
        || codes
            .iter()
            .any(|code| IN_DOUBT.iter().any(|doubt| crate::flow::catches::overlap(code, doubt)))
}

/// Whether a step's blocks fail without the run hearing of it.
fn handles(step: &StepDraft<'_>) -> bool {
    step.roles.any(Role::Catches).is_some()
        && step.params.slots.iter().any(|slot| slot.runs == Runs::OnError)
}

/// Whether a repetition of the blocks around would do it again: only its key keeps it from happening twice, and that is another one then.
fn has_new_key(step: &StepDraft<'_>) -> bool {
    let Some((entry, _)) = &step.ty else { return false };
    let keyed = step.roles.first(Role::IdempotencyKey).is_some();
    let by_key = entry.ty.passes_key && step.roles.effect.is_none();
    !keyed && (by_key || of(step) == Some(Effect::AtMostOnce))
}

/// Whether a step changes something that could be undone.
fn leaves_traces(step: &StepDraft<'_>) -> bool {
    let Some((entry, _)) = &step.ty else { return false };
    match of(step) {
        Some(Effect::Transactional | Effect::AtMostOnce) => true,
        Some(Effect::Idempotent) => entry.ty.passes_key || step.roles.effect.is_some(),
        _ => false,
    }
}

/// Whether a step may fail by what it does. What commits with the journal is taken to succeed, unless its author expects otherwise.
fn may_fail(step: &StepDraft<'_>) -> bool {
    let Some((entry, _)) = &step.ty else { return false };
    if step.roles.written(Role::Raises).next().is_some() || step.roles.first(Role::Calls).is_some()
    {
        return true;
    }
    let own = entry.ty.errors.as_ref().is_some_and(|codes| !codes.is_empty());
    let commits = of(step) == Some(Effect::Transactional) && entry.ty.passes_key;
    let has_blocks = !step.params.slots.is_empty();
    own && !commits && !has_blocks && of(step) != Some(Effect::Pure)
}

/// Whether a step stands in the way of another: not in a block that runs in its place.
fn can_follow(step: &StepDraft<'_>, way: &Way<'_>, later: &Placed<'_>) -> bool {
    // Steps inside belong to it.
    if later.way.slots.iter().any(|(holder, ..)| std::ptr::eq(*holder, step)) {
        return false;
    }
    for (mine, other) in way.slots.iter().zip(&later.way.slots) {
        if !std::ptr::eq(mine.0, other.0) {
            break;
        }
        if mine.1 != other.1 {
            return !(mine.2 && other.2);
        }
    }
    true
}

/// Whether a step fails because of what another one gave: then that one has not had the effect that was wanted.
fn is_about(failing: &StepDraft<'_>, step: &StepDraft<'_>, known: &Known<'_>) -> bool {
    let Some(id) = &step.id else { return false };
    let reads = |node: &Node| {
        known.paths(node).iter().any(|path| {
            matches!(path.as_slice(), [root, name, ..] if root.value == "steps" && name.value == id.value)
        })
    };
    failing.when.is_some_and(reads)
}

/// Whether the step type has a parameter for an idempotency key.
fn takes_key(step: &StepDraft<'_>) -> bool {
    step.roles.any(Role::IdempotencyKey).is_some()
}

fn key_of<'d>(step: &'d StepDraft<'_>) -> Option<Named<'d>> {
    let (_, key) = step.ty.as_ref()?;
    Some(Named {
        name: step.id.as_ref().map_or(key.value.as_str(), |id| &id.value),
        place: key.span,
    })
}

fn entry_of(step: &StepDraft<'_>, key: &str) -> Option<Span> {
    step.node.entry(key).map(|entry| entry.key.span)
}

/// A step in the words of a message.
#[derive(Clone, Copy)]
pub(crate) struct Named<'d> {
    /// Its id, otherwise its type.
    pub(crate) name: &'d str,
    /// The key that names its type.
    pub(crate) place: Span,
}
