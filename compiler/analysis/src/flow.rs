//! How a workflow runs: which steps can run at all, which signals are taken, what each place can see.

use indexmap::IndexMap;
use locus_diag::{Diagnostic, Span};
use locus_model::{Effect, Field};
use locus_plugin::{Registry, StepKind};

use crate::context::Context;
use crate::expressions::Uses;
use crate::graph;
use crate::level::Level;
use crate::messages::{flow as messages, steps as step_messages};
use crate::scope::{Facts, Site};
use crate::steps::{BlockDraft, StepDraft};
use crate::workflows::WorkflowUses;

/// The signal that every workflow takes itself.
const RETURN: &str = "return";

/// Checks a workflow; `input` is what it takes, if it says so.
pub(crate) fn check(
    cx: &mut Context<'_>,
    block: &BlockDraft<'_>,
    input: Option<&IndexMap<String, Field>>,
    uses: &WorkflowUses,
) {
    let facts = Facts::of(block, input, &cx.types);
    let mut flow = Flow { registry: cx.registry, facts: &facts, problems: &mut cx.problems };
    flow.block(block, None, &[], false);
    let nothing = BlockDraft::default();
    flow.uses(&uses.concurrency, &Level::start(&nothing), &Site::default());
    flow.uses(&uses.output, &Level::end(block), &Site::default());
}

struct Flow<'f> {
    registry: &'f Registry,
    facts: &'f Facts<'f>,
    problems: &'f mut Vec<Diagnostic>,
}

impl Flow<'_> {
    fn block(
        &mut self,
        block: &BlockDraft<'_>,
        outer: Option<&Level<'_>>,
        binds: &[String],
        undoes: bool,
    ) {
        if block.graph {
            graph::check(block, self.problems);
        } else {
            self.unreachable(block);
        }
        for (at, step) in block.steps.iter().enumerate() {
            let level = Level::inside(block, at, outer, binds, undoes);
            self.step(step, &level);
        }
    }

    fn step(&mut self, step: &StepDraft<'_>, level: &Level<'_>) {
        self.uses(&step.when_uses, level, &Site::default());
        self.uses(&step.output_uses, level, &Site { result: true, ..Site::default() });
        for param in &step.params.uses {
            let site =
                Site { binds: &param.binds, secret_safe: param.secret_safe, ..Site::default() };
            self.uses(&param.uses, level, &site);
        }
        self.signal(step, level);
        for slot in &step.params.slots {
            self.block(&slot.block, Some(level), &slot.binds, false);
        }
        if let Some((key, block)) = &step.compensate {
            self.nothing_to_undo(step, *key);
            self.block(block, Some(&level.done()), &[], true);
        }
    }

    fn uses(&mut self, uses: &Uses, level: &Level<'_>, site: &Site<'_>) {
        if !uses.is_empty() {
            self.facts.check(uses, level, site, self.problems);
        }
    }

    /// Steps behind one that always leaves the block.
    fn unreachable(&mut self, block: &BlockDraft<'_>) {
        let leaves = |step: &StepDraft<'_>| {
            step.when.is_none() && step.ty.as_ref().is_some_and(|(entry, _)| !entry.ty.completes)
        };
        let mut steps = block.steps.iter();
        if let (Some(ender), Some(next)) = (steps.find(|step| leaves(step)), steps.next())
            && let Some((_, key)) = &ender.ty
        {
            self.problems.push(messages::unreachable_step(&key.value, next.anchor, key.span));
        }
    }

    /// A signal goes out through the steps around until one takes it.
    fn signal(&mut self, step: &StepDraft<'_>, level: &Level<'_>) {
        let Some((entry, key)) = &step.ty else { return };
        let Some(signal) = &entry.ty.raises else { return };
        let mut level = level;
        let mut undoing = false;
        while let Some(outer) = level.outer {
            if level.undoes {
                undoing = true;
                break;
            }
            let taken = outer.step().and_then(|step| step.ty.as_ref());
            // What is around could not be understood: it may take anything.
            if taken.is_none_or(|(entry, _)| entry.ty.catches.contains(signal)) {
                return;
            }
            level = outer;
        }
        if signal == RETURN && !undoing {
            return;
        }
        let takers = self.registry.steps().filter(|step| step.ty.catches.contains(signal));
        let takers: Vec<&str> = takers.map(|step| step.ty.name.as_str()).collect();
        self.problems.push(messages::signal_outside(key, &takers, undoing));
    }

    fn nothing_to_undo(&mut self, step: &StepDraft<'_>, key: Span) {
        let Some((entry, name)) = &step.ty else { return };
        if entry.ty.kind == StepKind::Action && entry.ty.effect == Effect::Pure {
            self.problems.push(step_messages::nothing_to_undo(&name.value, key, name.span));
        }
    }
}
