//! What a workflow calls, emits and waits for, gathered for the comparison with others.

use locus_diag::Spanned;
use locus_model::Node;
use serde_json::Value;

use super::across::{Across, call};
use crate::expressions::is_template;
use crate::known::Known;
use crate::shape::{Role, Runs};
use crate::steps::{BlockDraft, StepDraft};

/// Gathers what the steps of a workflow mean for others.
pub(crate) fn gather(block: &BlockDraft<'_>, known: &Known<'_>, across: &mut Across) {
    Gathering { known, across }.block(block, true);
}

struct Gathering<'g> {
    known: &'g Known<'g>,
    across: &'g mut Across,
}

impl Gathering<'_> {
    /// `certain` when the block runs whenever the workflow does.
    fn block(&mut self, block: &BlockDraft<'_>, certain: bool) {
        // Steps of a graph are in no order: any of them may end the run before the others begin.
        let mut certain = certain && !(block.graph && block.steps.iter().any(may_leave));
        for step in &block.steps {
            self.step(step, certain);
            certain &= !may_leave(step);
        }
    }

    fn step(&mut self, step: &StepDraft<'_>, certain: bool) {
        let unguarded = step.when.is_none_or(|when| self.known.truth(when) == Some(true));
        let certain = certain && unguarded;
        self.calls(step, certain);
        for emitted in step.roles.written(Role::Emits) {
            self.across.emits.push(literal(emitted.node(step)).map(|name| name.value));
        }
        for awaited in step.roles.written(Role::Awaits) {
            self.across.events.extend(literal(awaited.node(step)));
        }
        for slot in &step.params.slots {
            let runs = match slot.runs {
                Runs::Once | Runs::Always | Runs::Concurrent => true,
                Runs::Many => repeats_at_least_once(step),
                Runs::AtMostOnce | Runs::OnError => false,
            };
            self.block(&slot.block, certain && runs);
        }
        if let Some((_, undo)) = &step.compensate {
            self.block(undo, false);
        }
    }

    fn calls(&mut self, step: &StepDraft<'_>, certain: bool) {
        let detached = step.roles.any(Role::Detaches).map(|given| given.value(step));
        let attached = match detached {
            None => true,
            Some(Some(Value::Bool(detached))) => !detached,
            Some(_) => return,
        };
        if attached {
            for given in step.roles.written(Role::Calls) {
                if let Some(name) = literal(given.node(step)) {
                    self.across.calls.push(call(&name.value, name.span, certain));
                }
            }
        }
    }
}

/// Whether a step may keep those behind it from running by the author's own will: by a signal, or by an error that its author names.
fn may_leave(step: &StepDraft<'_>) -> bool {
    let own = match &step.ty {
        Some((entry, _)) => entry.ty.raises.is_some(),
        None => true,
    };
    own || step.roles.written(Role::Raises).next().is_some()
        || step.params.slots.iter().any(|slot| slot.block.steps.iter().any(may_leave))
}

/// Whether a block that may run many times certainly runs once.
fn repeats_at_least_once(step: &StepDraft<'_>) -> bool {
    let times = step.roles.first(Role::Times).and_then(|given| given.value(step)?.as_u64());
    step.roles.handles
        || step.roles.first(Role::Until).is_some()
        || times.is_some_and(|times| times > 0)
}

/// A text without expressions.
fn literal(node: Option<&Node>) -> Option<Spanned<String>> {
    let node = node?;
    let text = node.as_str().filter(|text| !is_template(text))?;
    Some(Spanned::new(text.to_owned(), node.span))
}
