//! Names that steps set for later ones: where each is set, where each is read, and which are set by steps that run at the same time.

use std::collections::{HashMap, HashSet};

use locus_diag::{Diagnostic, Span};
use locus_model::Node;

use crate::graph;
use crate::messages::flow as messages;
use crate::shape::{Role, Runs};
use crate::steps::{BlockDraft, StepDraft};

/// The names that a workflow sets.
pub(crate) struct Vars<'d> {
    /// What is set inside each block, by the block's address; `None` where only the run will tell.
    inside: HashMap<usize, Option<HashSet<&'d str>>>,
    /// Names set by steps that may run beside others.
    concurrent: HashSet<&'d str>,
}

impl<'d> Vars<'d> {
    /// What the steps of a workflow set.
    pub(crate) fn of(block: &'d BlockDraft<'d>) -> Self {
        let mut vars = Self { inside: HashMap::new(), concurrent: HashSet::new() };
        vars.block(block, false);
        vars
    }

    /// Whether a step in a block may set this name.
    pub(crate) fn sets_in(&self, block: &BlockDraft<'_>, name: &str) -> bool {
        match self.inside.get(&address(block)) {
            Some(Some(names)) => names.contains(name),
            Some(None) => true,
            None => false,
        }
    }

    /// Whether a step that runs at the same time as others may set this name.
    pub(crate) fn may_be_set_beside(&self, name: &str) -> bool {
        self.concurrent.contains(name)
    }

    /// Notes what a block sets; only blocks in which something is set are entered.
    fn block(&mut self, block: &'d BlockDraft<'d>, beside: bool) -> Option<HashSet<&'d str>> {
        let mut all = Some(HashSet::new());
        let beside = beside || block.graph;
        for step in &block.steps {
            let own = step.params.vars.as_ref().filter(|_| step.ty.is_some());
            if beside {
                self.concurrent.extend(own.into_iter().flatten().map(String::as_str));
            }
            match (&mut all, own) {
                (Some(all), Some(names)) => all.extend(names.iter().map(String::as_str)),
                _ => all = None,
            }
            for slot in &step.params.slots {
                let inner = self.block(&slot.block, beside || slot.runs == Runs::Concurrent);
                match (&mut all, inner) {
                    (Some(all), Some(names)) => all.extend(names),
                    _ => all = None,
                }
            }
            if let Some((_, undo)) = &step.compensate {
                self.block(undo, beside);
            }
        }
        if all.as_ref().is_none_or(|names| !names.is_empty()) {
            self.inside.insert(address(block), all.clone());
        }
        all
    }
}

fn address(block: &BlockDraft<'_>) -> usize {
    std::ptr::from_ref(block).addr()
}

/// Reports names that somebody reads and that are set by steps that run at the same time: which value stays is chance.
pub(crate) fn check_races(
    block: &BlockDraft<'_>,
    is_read: &dyn Fn(&str) -> bool,
    problems: &mut Vec<Diagnostic>,
) {
    let mut races = Races { is_read, told: HashSet::new(), problems };
    races.block(block);
}

struct Races<'r> {
    is_read: &'r dyn Fn(&str) -> bool,
    /// The names that were reported: one report for each is enough.
    told: HashSet<String>,
    problems: &'r mut Vec<Diagnostic>,
}

impl Races<'_> {
    fn block(&mut self, block: &BlockDraft<'_>) {
        if block.graph {
            self.graph(block);
        }
        for step in &block.steps {
            self.branches(step);
            self.iterations(step);
            step.blocks().for_each(|inner| self.block(inner));
        }
    }

    fn report(&mut self, name: &str, place: Span, other: Option<Span>) {
        if (self.is_read)(name) && self.told.insert(name.to_owned()) {
            self.problems.push(messages::concurrent_writes(name, place, other));
        }
    }

    /// Blocks of one step that run side by side.
    fn branches(&mut self, step: &StepDraft<'_>) {
        let beside: Vec<_> =
            step.params.slots.iter().filter(|slot| slot.runs == Runs::Concurrent).collect();
        if beside.len() < 2 || !is_concurrent(step, true) || !waits_for_all(step) {
            return;
        }
        let mut first: HashMap<&str, (Span, usize)> = HashMap::new();
        for (at, slot) in beside.iter().enumerate() {
            let mut set = Vec::new();
            places(&slot.block, &mut set);
            for (name, place) in set {
                match first.get(name) {
                    Some((earlier, other)) if *other != at => {
                        self.report(name, place, Some(*earlier));
                    }
                    _ => {
                        first.insert(name, (place, at));
                    }
                }
            }
        }
    }

    /// Runs of one block that are side by side.
    fn iterations(&mut self, step: &StepDraft<'_>) {
        if !is_concurrent(step, false) {
            return;
        }
        for slot in step.params.slots.iter().filter(|slot| slot.runs == Runs::Many) {
            let mut set = Vec::new();
            places(&slot.block, &mut set);
            for (name, place) in set {
                self.report(name, place, None);
            }
        }
    }

    /// Steps of a graph of which none waits for the other.
    fn graph(&mut self, block: &BlockDraft<'_>) {
        let mut first: HashMap<&str, Vec<(Span, usize)>> = HashMap::new();
        for (at, step) in block.steps.iter().enumerate() {
            let mut set = Vec::new();
            places_of(step, &mut set);
            if set.is_empty() {
                continue;
            }
            let before = graph::before(block, at);
            for (name, place) in set {
                let earlier = first.entry(name).or_default();
                let beside = earlier.iter().find(|(_, other)| {
                    *other != at
                        && !before.contains(other)
                        && !graph::before(block, *other).contains(&at)
                });
                if let Some((other, _)) = beside {
                    self.report(name, place, Some(*other));
                }
                earlier.push((place, at));
            }
        }
    }
}

/// Whether a step runs several blocks, or one several times, at once.
fn is_concurrent(step: &StepDraft<'_>, unless_given: bool) -> bool {
    let Some(given) = step.roles.any(Role::Concurrency) else { return unless_given };
    if given.key.is_none() && given.default.is_none() {
        return unless_given;
    }
    given.value(step).and_then(|value| value.as_f64()).is_some_and(|count| count > 1.0)
}

/// Whether all blocks of a step run to their end: of those that are cut off, it is clear whose value stays.
fn waits_for_all(step: &StepDraft<'_>) -> bool {
    let join = step.roles.any(Role::Join);
    join.is_none_or(|join| join.value(step).is_some_and(|word| word == "all"))
}

/// Where names are set in a block, and below it.
fn places<'d>(block: &'d BlockDraft<'_>, all: &mut Vec<(&'d str, Span)>) {
    for step in &block.steps {
        places_of(step, all);
    }
}

fn places_of<'d>(step: &'d StepDraft<'_>, all: &mut Vec<(&'d str, Span)>) {
    all.extend(set_by(step));
    for slot in &step.params.slots {
        places(&slot.block, all);
    }
}

/// The names that a step sets itself, each with the place of its key.
pub(crate) fn set_by<'d>(step: &'d StepDraft<'_>) -> impl Iterator<Item = (&'d str, Span)> {
    let names = step.params.vars.iter().flatten();
    names.map(|name| {
        let entry = step.params.written.and_then(|node| entry_of(node, name));
        (name.as_str(), entry.unwrap_or(step.anchor))
    })
}

/// Where a key of this name stands, at the top or one level below.
fn entry_of(node: &Node, name: &str) -> Option<Span> {
    if let Some(entry) = node.entry(name) {
        return Some(entry.key.span);
    }
    node.as_mapping()?.iter().find_map(|entry| Some(entry.value.entry(name)?.key.span))
}
