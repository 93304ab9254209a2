//! How a workflow runs: which signals are taken, and in the modules
//! 1. `ends`: how blocks end, and so which steps can run at all; with `catches`, `cases` and `loops`;
//! 2. `vars` and `values`: what is set, by whom, and who uses it;
//! 3. `gather` and `across`: what workflows mean for each other.

pub(crate) mod across;
mod cases;
pub(crate) mod catches;
pub(crate) mod ends;
mod gather;
mod loops;
mod values;
mod vars;

use locus_diag::{Diagnostic, Span};
use locus_model::{Effect, Node};
use locus_plugin::{Registry, StepKind};

use self::across::Raised;
use self::ends::RETURN;
use self::vars::Vars;
use crate::context::Context;
use crate::effects;
use crate::graph;
use crate::known::Known;
use crate::level::Level;
use crate::messages::{flow as messages, steps as step_messages};
use crate::steps::{BlockDraft, StepDraft};
use crate::workflows::Around;

/// Checks a workflow whose values are parsed.
pub(crate) fn check(cx: &mut Context<'_>, block: &BlockDraft<'_>, around: Around<'_>) {
    cx.templates.sort();
    let mut flow = Flow { registry: cx.registry, problems: &mut cx.problems };
    flow.block(block, None, false);
    let known = Known::new(&cx.templates, &cx.inferred);
    let vars = Vars::of(block);
    let across = &mut cx.summary.flow;
    let ends = ends::check(block, &known, &vars, across, &mut cx.problems);
    across.errors = Raised::of(&ends.errors);
    gather::gather(block, &known, across);
    let others: Vec<&Node> = [around.concurrency, around.output].into_iter().flatten().collect();
    values::check(block, &others, &known, &mut cx.problems);
    effects::check(block, &known, &mut cx.problems);
}

struct Flow<'f> {
    registry: &'f Registry,
    problems: &'f mut Vec<Diagnostic>,
}

impl Flow<'_> {
    fn block(&mut self, block: &BlockDraft<'_>, outer: Option<&Level<'_>>, undoes: bool) {
        if block.graph {
            graph::check(block, self.problems);
        }
        for (at, step) in block.steps.iter().enumerate() {
            let level = Level::inside(block, at, outer, undoes);
            self.step(step, &level);
        }
    }

    fn step(&mut self, step: &StepDraft<'_>, level: &Level<'_>) {
        self.signal(step, level);
        for slot in &step.params.slots {
            self.block(&slot.block, Some(level), false);
        }
        if let Some((key, block)) = &step.compensate {
            self.nothing_to_undo(step, *key);
            self.block(block, Some(&level.done()), true);
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
