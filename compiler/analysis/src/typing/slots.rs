//! A step with its inner blocks: what each of them sees, how often it may run, and what signals leave it with.

use std::collections::BTreeMap;
use std::sync::Arc;

use locus_expr::Ty;
use locus_plugin::control::RETURN;
use locus_plugin::step::StepEntry;

use super::place::{Place, Topics, Variables};
use super::result::Ended;
use super::texts::Seen;
use super::vars::{Vars, set_inside};
use super::{ByPointer, Typer};
use crate::level::Level;
use crate::params::SlotDraft;
use crate::shape::Runs;
use crate::steps::StepDraft;

/// Blocks inside blocks that are walked over twice, once for their types alone, at most.
const MAX_DRY: u32 = 3;

/// A step that takes signals of its blocks.
#[derive(Clone)]
pub(super) struct Taker<'a> {
    signals: &'a [String],
    /// What the signals carry.
    values: BTreeMap<String, Ty>,
    /// The variables that are set where signals leave; `None` where none does.
    vars: Option<Vars>,
}

/// A block as the walk over the parameters found it.
pub(super) struct Visit {
    /// What the conditions beside it look at.
    pub(super) topics: Topics,
}

/// What the walk over the parameters of a step found.
#[derive(Default)]
pub(super) struct Walked {
    /// The types of its strings.
    pub(super) seen: Seen,
    /// Its blocks by pointer.
    pub(super) visits: ByPointer<Visit>,
    /// What it sets; `None` where only the run will tell.
    pub(super) sets: Option<Vec<(Arc<str>, Ty)>>,
}

impl<'a> Typer<'_, 'a> {
    /// Walks over a step: its parameters, its blocks. Gives the type of its result before it is reshaped, `never` where it does not come
    /// to its end.
    pub(super) fn perform(
        &mut self,
        step: &StepDraft<'a>,
        entry: &'a StepEntry,
        place: &Place<'_>,
    ) -> Ty {
        let shape = self.cx.shape(entry);
        let walked = Walked { sets: Some(Vec::new()), ..Walked::default() };
        let (blocks, signals) = (BTreeMap::new(), BTreeMap::new());
        let mut ended = Ended { step, shape, walked, blocks, signals };
        if let Some(node) = step.params.written {
            self.params(node, &mut ended, place);
        }
        let values = BTreeMap::new();
        self.takers.push(Taker { signals: &entry.ty.catches, values, vars: None });
        self.slots(&mut ended, entry, place);
        self.vars = self.with_left();
        if let Some(taker) = self.takers.pop() {
            ended.signals = taker.values;
        }
        if let Some(signal) = &entry.ty.raises {
            let value = self.rule(&locus_plugin::result::param("/value"), &ended);
            self.raise(signal, value);
        }
        if !entry.ty.completes {
            return Ty::never();
        }
        let sets = ended.walked.sets.take();
        if sets.as_ref().is_none_or(|sets| !sets.is_empty()) {
            self.set(sets);
        }
        if step.params.broken {
            return Ty::any();
        }
        self.rule(&entry.ty.result, &ended)
    }

    /// A signal goes to the nearest step around that takes it.
    fn raise(&mut self, signal: &str, value: Ty) {
        let at = self.takers.iter().rposition(|taker| taker.signals.iter().any(|s| s == signal));
        match at {
            Some(at) => {
                let left = self.takers[at].vars.take();
                let left = self.joined(left, self.vars.clone(), |_| None);
                let taker = &mut self.takers[at];
                taker.vars = left;
                let all = taker.values.entry(signal.to_owned()).or_default();
                *all = all.union(&value);
            }
            None if signal == RETURN => self.returns = self.returns.union(&value),
            None => {}
        }
    }

    /// The variables behind a block of the innermost step around: those at its end, and those where signals have left it.
    fn with_left(&mut self) -> Option<Vars> {
        let left = self.takers.last_mut().and_then(|taker| taker.vars.take());
        let ends = self.vars.take();
        self.joined(ends, left, |_| None)
    }

    /// Walks over the blocks of a step in an order in which they may run.
    fn slots(&mut self, ended: &mut Ended<'_, 'a>, entry: &'a StepEntry, place: &Place<'_>) {
        let step = ended.step;
        if step.params.slots.is_empty() {
            return;
        }
        let of = |runs: &'static [Runs]| {
            step.params.slots.iter().filter(move |slot| runs.contains(&slot.runs))
        };
        let entered = self.vars.clone();
        for slot in of(&[Runs::Once, Runs::Many]) {
            match slot.runs {
                Runs::Many => self.again(ended, slot, place),
                _ => self.visit(ended, slot, place),
            }
        }
        let concurrent: Vec<&SlotDraft<'a>> = of(&[Runs::Concurrent]).collect();
        self.side_by_side(ended, &concurrent, place);
        let one_of: Vec<&SlotDraft<'a>> = of(&[Runs::AtMostOnce]).collect();
        self.at_most_one(ended, &one_of, entry, place);
        self.on_error(ended, of(&[Runs::OnError]).collect(), entered, place);
        for slot in of(&[Runs::Always]) {
            // It runs on ways that lead nowhere else, too.
            let behind = self.vars.is_none();
            if behind {
                self.vars = Some(Vars { open: true, ..Vars::default() });
            }
            self.visit(ended, slot, place);
            if behind {
                self.vars = None;
            }
        }
    }

    /// Walks over one block from here, and leaves its result in `ended`.
    fn visit(&mut self, ended: &mut Ended<'_, 'a>, slot: &SlotDraft<'a>, place: &Place<'_>) {
        let variables = self.variables(ended, slot, place);
        let assumed = self.assumed.len();
        self.assumed.extend(ended.walked.visits.get(&slot.pointer).map(|v| v.topics.clone()));
        let level: &Level<'_> = place.level;
        let ty = self.block(&slot.block, level, &variables, false);
        self.assumed.truncate(assumed);
        ended.blocks.insert(slot.pointer.clone(), ty);
    }

    /// The variables that a block sees.
    fn variables(
        &mut self,
        ended: &Ended<'_, 'a>,
        slot: &SlotDraft<'a>,
        place: &Place<'_>,
    ) -> Arc<Variables> {
        if slot.binds.is_empty() {
            return Arc::clone(place.variables);
        }
        let mut variables = Variables::clone(place.variables);
        for bound in &slot.binds {
            let ty = self.rule(&bound.ty, ended);
            variables.insert(bound.name.as_str().into(), ty);
        }
        Arc::new(variables)
    }

    /// A block that may run many times, and may not run at all: it sees what it set itself the time before.
    fn again(&mut self, ended: &mut Ended<'_, 'a>, slot: &SlotDraft<'a>, place: &Place<'_>) {
        let entered = self.vars.clone();
        self.foresee(ended, &[slot], place);
        self.visit(ended, slot, place);
        let behind = self.with_left();
        self.vars = self.joined(entered, behind, |_| None);
    }

    /// Blocks that run at the same time: each sees what the others may have set.
    fn side_by_side(
        &mut self,
        ended: &mut Ended<'_, 'a>,
        slots: &[&SlotDraft<'a>],
        place: &Place<'_>,
    ) {
        if slots.is_empty() {
            return;
        }
        let before = self.vars.clone();
        self.foresee(ended, slots, place);
        let entered = self.vars.clone();
        let mut behind: Option<Vars> = None;
        for slot in slots {
            self.vars.clone_from(&entered);
            self.visit(ended, slot, place);
            let ends = self.vars.take();
            behind = self.joined(behind, ends, |_| None);
        }
        self.vars = if self.facts.has_vars() { behind } else { behind.and(before) };
    }

    /// Blocks of which at most one runs.
    fn at_most_one(
        &mut self,
        ended: &mut Ended<'_, 'a>,
        slots: &[&SlotDraft<'a>],
        entry: &'a StepEntry,
        place: &Place<'_>,
    ) {
        if slots.is_empty() {
            return;
        }
        let entered = self.vars.clone();
        let mut behind: Option<Vars> = None;
        let mut reached = false;
        let mut leaves = false;
        for slot in slots {
            self.vars.clone_from(&entered);
            self.visit(ended, slot, place);
            leaves |= ended.blocks.get(&slot.pointer).is_some_and(Ty::is_never);
            let ends = self.vars.take();
            behind = if reached { self.joined(behind, ends, |_| None) } else { ends };
            reached |= behind.is_some();
        }
        if self.may_run_none(&entry.ty.result, ended) {
            behind = if reached { self.joined(behind, entered, |_| None) } else { entered };
        }
        if leaves {
            // Whoever gets past these blocks knows how their conditions turned out.
            let visits = slots.iter().filter_map(|slot| ended.walked.visits.get(&slot.pointer));
            self.assumed.extend(visits.map(|visit| visit.topics.clone()));
        }
        self.vars = behind;
    }

    /// Blocks that handle errors: each may begin anywhere in what ran before.
    fn on_error(
        &mut self,
        ended: &mut Ended<'_, 'a>,
        slots: Vec<&SlotDraft<'a>>,
        entered: Option<Vars>,
        place: &Place<'_>,
    ) {
        if slots.is_empty() {
            return;
        }
        let mut behind = self.vars.clone();
        let failed = match behind.clone() {
            Some(vars) => self.joined(entered, Some(vars), |_| None),
            // What a block has set that never comes to its end is not known here.
            None => entered.map(|vars| Vars { open: true, ..vars }),
        };
        for slot in slots {
            self.vars.clone_from(&failed);
            self.visit(ended, slot, place);
            let ends = self.vars.take();
            behind = self.joined(behind, ends, |_| None);
        }
        self.vars = behind;
    }

    /// Widens what variables hold by what these blocks set, which they see themselves when they run again or side by side.
    fn foresee(&mut self, ended: &mut Ended<'_, 'a>, slots: &[&SlotDraft<'a>], place: &Place<'_>) {
        if !self.facts.has_vars() || self.vars.is_none() {
            return;
        }
        let mut names: Vec<Arc<str>> = Vec::new();
        for slot in slots {
            match set_inside(&slot.block) {
                Some(inside) => names.extend(inside),
                None => return self.set(None),
            }
        }
        if names.is_empty() {
            return;
        }
        let entered = self.vars.clone();
        let unknown = names.iter().map(|name| (Arc::clone(name), Ty::any())).collect();
        self.set(Some(unknown));
        if self.silent >= MAX_DRY {
            return;
        }
        // With nothing known of them, what the blocks leave behind holds whatever they began with.
        let (takers, returns) = (self.takers.clone(), self.returns.clone());
        let assumed = self.assumed.len();
        let wide = self.vars.clone();
        self.silent += 1;
        let mut behind: Option<Vars> = None;
        for slot in slots {
            self.vars.clone_from(&wide);
            self.visit(ended, slot, place);
            let ends = self.with_left();
            behind = self.joined(behind, ends, |_| None);
        }
        self.silent -= 1;
        self.assumed.truncate(assumed);
        (self.takers, self.returns) = (takers, returns);
        let Some(mut widened) = entered else { return };
        for name in names {
            let set = behind.as_ref().and_then(|vars| vars.known.get(&name)).cloned();
            let set = set.unwrap_or_else(Ty::any);
            let ty = match widened.known.get(&name) {
                Some(before) => before.union(&set),
                None if set.is_any() => set,
                None => set.possibly_missing(),
            };
            widened.known.insert(name, ty);
        }
        self.vars = Some(widened);
    }
}
