//! Blocks that run as a graph: what each step needs is there, and no step waits for itself.

use std::collections::HashSet;

use locus_diag::Diagnostic;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::messages::flow as messages;
use crate::steps::BlockDraft;

/// Checks the `needs` of a block's steps.
pub(crate) fn check(block: &BlockDraft<'_>, problems: &mut Vec<Diagnostic>) {
    for step in &block.steps {
        for need in &step.needs {
            if !block.ids.contains_key(need.value.as_str()) {
                let ids = block.steps.iter().filter_map(|other| other.id.as_ref());
                let others = ids.map(|id| id.value.as_str()).filter(|id| *id != step.name);
                problems.push(messages::unknown_need(need, others));
            }
        }
    }
    let graph = graph_of(block);
    for component in tarjan_scc(&graph) {
        if let Some(cycle) = shortest_cycle(&graph, &component) {
            problems.push(cycle_report(block, &cycle));
        }
    }
}

/// Edges lead from a step to those it needs.
fn graph_of(block: &BlockDraft<'_>) -> DiGraph<(), ()> {
    let mut graph = DiGraph::with_capacity(block.steps.len(), block.steps.len());
    for _ in &block.steps {
        graph.add_node(());
    }
    for (index, step) in block.steps.iter().enumerate() {
        for need in &step.needs {
            if let Some(needed) = block.ids.get(need.value.as_str()) {
                graph.update_edge(NodeIndex::new(index), NodeIndex::new(*needed), ());
            }
        }
    }
    graph
}

/// A shortest way from the first node of a component back to itself: numbers of nodes, the first one not repeated.
pub(crate) fn shortest_cycle(
    graph: &DiGraph<(), ()>,
    component: &[NodeIndex],
) -> Option<Vec<usize>> {
    let start = *component.iter().min()?;
    if component.len() == 1 && !graph.contains_edge(start, start) {
        return None;
    }
    let members: HashSet<NodeIndex> = component.iter().copied().collect();
    let mut previous = vec![None; graph.node_count()];
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        let mut next: Vec<NodeIndex> = graph.neighbors(node).collect();
        next.sort();
        for neighbour in next {
            if neighbour == start {
                return Some(way_back(&previous, node, start));
            }
            if members.contains(&neighbour) && previous[neighbour.index()].is_none() {
                previous[neighbour.index()] = Some(node);
                queue.push_back(neighbour);
            }
        }
    }
    None
}

fn way_back(previous: &[Option<NodeIndex>], last: NodeIndex, start: NodeIndex) -> Vec<usize> {
    let mut cycle = vec![last.index()];
    let mut node = last;
    while node != start {
        let Some(before) = previous[node.index()] else { break };
        cycle.push(before.index());
        node = before;
    }
    cycle.reverse();
    cycle
}

fn cycle_report(block: &BlockDraft<'_>, cycle: &[usize]) -> Diagnostic {
    let names: Vec<&str> = cycle.iter().map(|index| block.steps[*index].name.as_str()).collect();
    let places = cycle.iter().enumerate().filter_map(|(at, index)| {
        let next = names[(at + 1) % names.len()];
        let needs = &block.steps[*index].needs;
        Some((names[at], needs.iter().find(|need| need.value == next)?.span))
    });
    messages::needs_cycle(&names, places)
}

/// The steps that have run when this one starts: those it needs, directly or not.
pub(crate) fn before(block: &BlockDraft<'_>, at: usize) -> HashSet<usize> {
    let mut done = HashSet::new();
    let mut open = vec![at];
    while let Some(index) = open.pop() {
        let needs = block.steps.get(index).map_or(&[][..], |step| &step.needs);
        for need in needs {
            if let Some(needed) = block.ids.get(need.value.as_str())
                && done.insert(*needed)
            {
                open.push(*needed);
            }
        }
    }
    done
}
