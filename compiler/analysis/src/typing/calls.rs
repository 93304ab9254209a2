//! Calls of workflows: whether what they get is of the types they take, and what they give back.

use std::sync::OnceLock;

use locus_expr::Ty;
use locus_model::{Node, NodeKind};
use locus_plugin::Registry;
use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;

use super::texts::{Seen, Use};
use super::{Typer, declared};
use crate::calls::Call;
use crate::shape::{Reference, Shape};
use crate::shapes::Shapes;

/// What the workflows of a program give, as far as somebody asked. Of workflows that call themselves, in the end, nothing is known.
#[derive(Debug, Default)]
pub(crate) struct Outputs {
    each: Vec<Output>,
}

#[derive(Debug, Default)]
struct Output {
    ty: OnceLock<Ty>,
    /// The workflows it calls, by number.
    calls: OnceLock<Vec<usize>>,
}

impl Outputs {
    /// Nothing is known of so many workflows.
    pub(crate) fn new(count: usize) -> Self {
        Self { each: (0..count).map(|_| Output::default()).collect() }
    }

    /// What a workflow gives, if that is known by now.
    pub(crate) fn get(&self, index: usize) -> Option<&Ty> {
        self.each.get(index)?.ty.get()
    }

    /// Keeps what a workflow gives. What was known first counts; another thread finds out the same.
    pub(crate) fn keep(&self, index: usize, ty: Ty) -> Ty {
        match self.each.get(index) {
            Some(output) => output.ty.get_or_init(|| ty).clone(),
            None => ty,
        }
    }

    /// Finds out what those workflows give that a workflow calls, directly or not: `calls` gives the workflows one calls, `find`
    /// what one gives whose own are known.
    pub(crate) fn settle(
        &self,
        index: usize,
        calls: &dyn Fn(usize) -> Vec<usize>,
        find: &dyn Fn(usize) -> Ty,
    ) {
        let of = |index: usize| self.each[index].calls.get_or_init(|| calls(index));
        // A workflow whose callees are all settled is in no circle: it would have been settled with them.
        if of(index).iter().all(|callee| self.get(*callee).is_some()) {
            return;
        }
        let mut graph: DiGraph<usize, ()> = DiGraph::new();
        let mut nodes = std::collections::BTreeMap::new();
        let mut open = vec![index];
        nodes.insert(index, graph.add_node(index));
        while let Some(caller) = open.pop() {
            for callee in of(caller) {
                let node = *nodes.entry(*callee).or_insert_with(|| {
                    open.push(*callee);
                    graph.add_node(*callee)
                });
                graph.update_edge(nodes[&caller], node, ());
            }
        }
        // Callees come before their callers.
        for circle in tarjan_scc(&graph) {
            let alone = circle.len() == 1 && !graph.contains_edge(circle[0], circle[0]);
            for node in circle {
                let member = graph[node];
                if !alone {
                    self.keep(member, Ty::any());
                } else if member != index && self.get(member).is_none() {
                    self.keep(member, find(member));
                }
            }
        }
    }
}

/// Which workflows call themselves in the end, given by number what each calls.
#[must_use]
pub fn circular(calls: &[Vec<usize>]) -> Vec<bool> {
    let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(calls.len(), calls.len());
    let nodes: Vec<_> = calls.iter().map(|_| graph.add_node(())).collect();
    for (caller, callees) in calls.iter().enumerate() {
        for callee in callees {
            graph.update_edge(nodes[caller], nodes[*callee], ());
        }
    }
    let mut circular = vec![false; calls.len()];
    for circle in tarjan_scc(&graph) {
        let alone = circle.len() == 1 && !graph.contains_edge(circle[0], circle[0]);
        for node in circle {
            circular[node.index()] = !alone;
        }
    }
    circular
}

/// The names of the workflows that steps in a value call.
pub(crate) fn names<'n>(
    node: &'n Node,
    registry: &Registry,
    shapes: &Shapes,
    names: &mut Vec<&'n str>,
) {
    match &node.kind {
        NodeKind::Mapping(entries) => {
            for entry in entries {
                if let Some(step) = registry.step(&entry.key.value) {
                    let shape = shapes.of(step);
                    names.extend(
                        workflow_params(shape).filter_map(|key| entry.value.get(key)?.as_str()),
                    );
                }
                self::names(&entry.value, registry, shapes, names);
            }
        }
        NodeKind::Sequence(items) => {
            items.iter().for_each(|item| self::names(item, registry, shapes, names));
        }
        _ => {}
    }
}

fn workflow_params(shape: &Shape) -> impl Iterator<Item = &str> {
    let properties = shape.properties.iter();
    properties
        .filter(|(_, inner)| inner.reference == Some(Reference::Workflow))
        .map(|(name, _)| name.as_str())
}

impl<'a> Typer<'_, 'a> {
    /// What a workflow gives to those who call it.
    pub(super) fn output_of(&self, name: &str) -> Ty {
        self.cx.output_of(name).unwrap_or_else(Ty::any)
    }

    /// Checks the types of what a workflow gets; whether it gets what it needs was checked by name where that is written out.
    pub(super) fn call(&mut self, call: &Call<'_>, seen: &Seen) {
        if self.silent > 0 {
            return;
        }
        let names = std::sync::Arc::clone(&self.cx.names);
        let callee = names.workflows.get(call.workflow);
        let Some((callee, entry)) = callee.zip(call.input) else { return };
        let Some(input) = &callee.input else { return };
        match &entry.value.kind {
            NodeKind::Mapping(entries) => {
                for given in entries {
                    let Some(field) = input.get(&given.key.value) else { continue };
                    let expected = declared::target(field, &mut self.reasons);
                    let mut to = Use::of(
                        format!("the input `{}` of `{}`", given.key.value, call.workflow),
                        &given.value,
                    );
                    to.declared =
                        Some((field.span, format!("`{}` is declared here", given.key.value)));
                    let found = seen.type_of(&given.value);
                    self.fits(&found, &expected, &to);
                }
            }
            NodeKind::String(_) => {
                let expected = declared::target_object(input, &mut self.reasons);
                let mut to = Use::of(format!("the input of `{}`", call.workflow), &entry.value);
                to.declared =
                    Some((callee.declared, format!("`{}` is declared here", call.workflow)));
                let found = seen.type_of(&entry.value);
                self.fits(&found, &expected, &to);
            }
            _ => {}
        }
    }
}
