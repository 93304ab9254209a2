//! What the flow of one workflow means for others, and what only all workflows together can get wrong: calls without end, codes that no
//! called workflow raises, events that nobody emits.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use locus_diag::{Diagnostic, Span, Spanned, did_you_mean};
use locus_plugin::Registry;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::catches::{Place, overlap};
use super::ends::{Errors, Source};
use crate::graph::shortest_cycle;
use crate::messages::flow as messages;

/// What the flow of one workflow means for others.
#[derive(Clone, Default, PartialEq, Debug)]
pub(crate) struct Across {
    /// The workflows it calls.
    pub(crate) calls: Vec<Call>,
    /// The errors it can end with.
    pub(crate) errors: Raised,
    /// Codes it waits for that only a called workflow may raise.
    pub(crate) awaited: Vec<Awaited>,
    /// The types of the events it emits; `None` for one that is computed.
    pub(crate) emits: Vec<Option<String>>,
    /// The types of the events it waits for, or is started by.
    pub(crate) events: Vec<Spanned<String>>,
}

/// A call of a workflow that waits for it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Call {
    /// The workflow, where it is named.
    pub(crate) workflow: Spanned<String>,
    /// Whether every run of the caller that gets nowhere else calls it.
    pub(crate) certain: bool,
}

/// The errors that a workflow can end with.
#[derive(Clone, Default, PartialEq, Debug)]
pub(crate) struct Raised {
    /// Whether it may be any.
    unknown: bool,
    /// Step types whose errors they are.
    types: BTreeSet<String>,
    /// Single codes.
    codes: BTreeSet<String>,
    /// Workflows whose errors they are.
    workflows: BTreeSet<String>,
}

/// A code that only a called workflow may raise.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Awaited {
    /// The code.
    pub(crate) code: Spanned<String>,
    /// The codes that are raised where it is waited for.
    pub(crate) known: Vec<String>,
    /// The workflows that are called there.
    pub(crate) workflows: Vec<String>,
    /// Where it is waited for.
    pub(crate) place: Place,
}

impl Raised {
    /// The errors of a workflow whose steps can end with these.
    pub(crate) fn of(errors: &Errors<'_>) -> Self {
        let mut raised = Self::default();
        for source in errors {
            match source {
                Source::Unknown => raised.unknown = true,
                Source::Type(name, _) => {
                    raised.types.insert((*name).to_owned());
                }
                Source::Code(code) => {
                    raised.codes.insert((*code).to_owned());
                }
                Source::Workflow(name) => {
                    raised.workflows.insert((*name).to_owned());
                }
            }
        }
        raised
    }

    /// Adds a code.
    pub(crate) fn add(&mut self, code: &str) {
        self.codes.insert(code.to_owned());
    }
}

/// Checks the workflows of a program together; each with its name.
pub(crate) fn check<'s>(
    registry: &Registry,
    all: impl Iterator<Item = (&'s str, &'s Across)>,
) -> Vec<Diagnostic> {
    let all: Vec<(&str, &Across)> = all.collect();
    let mut problems = call_cycles(&all);
    problems.extend(not_raised(registry, &all));
    problems.extend(never_emitted(&all));
    problems
}

/// Workflows that call each other whatever happens: such a run never comes to an end.
fn call_cycles(all: &[(&str, &Across)]) -> Vec<Diagnostic> {
    if all.iter().all(|(_, across)| across.calls.iter().all(|call| !call.certain)) {
        return Vec::new();
    }
    let index: HashMap<&str, usize> =
        all.iter().enumerate().map(|(index, (name, _))| (*name, index)).collect();
    let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(all.len(), all.len());
    for _ in all {
        graph.add_node(());
    }
    for (caller, (_, across)) in all.iter().enumerate() {
        for call in across.calls.iter().filter(|call| call.certain) {
            if let Some(callee) = index.get(call.workflow.value.as_str()) {
                graph.update_edge(NodeIndex::new(caller), NodeIndex::new(*callee), ());
            }
        }
    }
    let mut cycles: Vec<Vec<usize>> = tarjan_scc(&graph)
        .iter()
        .filter_map(|component| shortest_cycle(&graph, component))
        .collect();
    cycles.sort();
    let report = |cycle: &Vec<usize>| {
        let names: Vec<&str> = cycle.iter().map(|index| all[*index].0).collect();
        let places = cycle.iter().enumerate().filter_map(|(at, index)| {
            let callee = names[(at + 1) % names.len()];
            let mut calls = all[*index].1.calls.iter();
            let call = calls.find(|call| call.certain && call.workflow.value == callee)?;
            Some((names[at], callee, call.workflow.span))
        });
        messages::call_cycle(&names, places)
    };
    cycles.iter().map(report).collect()
}

/// Codes that are waited for, and that none of the workflows called there raises.
fn not_raised(registry: &Registry, all: &[(&str, &Across)]) -> Vec<Diagnostic> {
    let waiting = all.iter().flat_map(|(_, across)| &across.awaited);
    let mut waiting = waiting.peekable();
    if waiting.peek().is_none() {
        return Vec::new();
    }
    let by_name: HashMap<&str, &Across> = all.iter().copied().collect();
    let mut reached: BTreeMap<&str, Option<BTreeSet<&str>>> = BTreeMap::new();
    let mut problems = Vec::new();
    for awaited in waiting {
        let mut known: BTreeSet<&str> = awaited.known.iter().map(String::as_str).collect();
        let mut unknown = false;
        for workflow in &awaited.workflows {
            let codes = reached
                .entry(workflow)
                .or_insert_with(|| codes_of(workflow, registry, &by_name))
                .clone();
            match codes {
                Some(codes) => known.extend(codes),
                None => unknown = true,
            }
        }
        if !unknown && !known.iter().any(|known| overlap(&awaited.code.value, known)) {
            let known: Vec<&str> = known.into_iter().collect();
            problems.push(messages::error_not_raised(&awaited.code, &known, awaited.place));
        }
    }
    problems
}

/// The codes that a workflow, or one it calls, can end with; `None` when it may be any.
fn codes_of<'s>(
    workflow: &'s str,
    registry: &'s Registry,
    all: &HashMap<&'s str, &'s Across>,
) -> Option<BTreeSet<&'s str>> {
    let mut codes = BTreeSet::new();
    let mut seen = BTreeSet::from([workflow]);
    let mut open = vec![workflow];
    while let Some(name) = open.pop() {
        let raised = &all.get(name)?.errors;
        if raised.unknown {
            return None;
        }
        codes.extend(raised.codes.iter().map(String::as_str));
        for name in &raised.types {
            codes.extend(registry.step(name)?.ty.errors.as_ref()?.iter().map(String::as_str));
        }
        open.extend(raised.workflows.iter().map(String::as_str).filter(|name| seen.insert(*name)));
    }
    Some(codes)
}

/// Events that are waited for under a name that nobody emits, though something almost like it is emitted. Any event may come from outside: only
/// the likeness gives it away.
fn never_emitted(all: &[(&str, &Across)]) -> Vec<Diagnostic> {
    let emitted: BTreeSet<&Option<String>> =
        all.iter().flat_map(|(_, across)| &across.emits).collect();
    if emitted.is_empty() || emitted.contains(&None) {
        return Vec::new();
    }
    let names: BTreeSet<&str> = emitted.iter().filter_map(|name| name.as_deref()).collect();
    let events: Vec<&Spanned<String>> = all.iter().flat_map(|(_, across)| &across.events).collect();
    let awaited: BTreeSet<&str> = events.iter().map(|event| event.value.as_str()).collect();
    let meant = |event: &&Spanned<String>| {
        let name = event.value.as_str();
        let others = names.iter().copied().filter(|other| !awaited.contains(other));
        let meant = did_you_mean(name, others).filter(|_| !names.contains(name))?;
        Some(messages::event_never_emitted(event, meant))
    };
    events.iter().filter_map(meant).collect()
}

/// Where a call stands.
pub(crate) fn call(workflow: &str, place: Span, certain: bool) -> Call {
    Call { workflow: Spanned::new(workflow.to_owned(), place), certain }
}
