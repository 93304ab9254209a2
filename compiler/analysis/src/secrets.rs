//! Secrets as they go through a workflow: what a value from `$secrets` becomes part of, and where it comes to where it could be seen.
//!
//! Only what secrets touch is looked at. A value keeps its taint field by field, through expressions, results of steps, names that
//! are set, items of loops, and calls. Steps are walked over until nothing more is found, because a loop may read what it sets later. What
//! happens behind a call is found by reading the called workflow again, with that input tainted.

mod env;
mod sinks;

use indexmap::IndexMap;
use locus_diag::{Diagnostic, Span};
use locus_expr::{Field, Ty};
use locus_model::{Node, NodeKind};
use locus_plugin::StepKind;

pub(crate) use self::env::{Chain, Hop};
use self::env::{Env, Tainted};
use crate::context::Context;
use crate::known::Known;
use crate::messages::secrets as messages;
use crate::shape::Role;
use crate::shapes::Shapes;
use crate::steps::{BlockDraft, StepDraft};
use crate::workflows::Around;

/// How often a workflow is walked over at most: a value needs one more walk for each name it goes through against the order.
const ROUNDS: usize = 8;

/// A secret that a workflow gives to another one.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Passed {
    /// The workflow that gets it.
    pub(crate) workflow: String,
    /// The input.
    pub(crate) input: String,
    /// The way it took so far.
    pub(crate) chain: Chain,
}

/// What secrets do in a workflow.
#[derive(Default)]
pub(crate) struct Found {
    /// Where they come to where they could be seen.
    pub(crate) problems: Vec<Diagnostic>,
    /// Those that are given to other workflows.
    pub(crate) passed: Vec<Passed>,
}

/// Follows the secrets of a workflow; `inputs` are those of its inputs that hold one, with the way it took.
pub(crate) fn check(
    cx: &Context<'_>,
    block: &BlockDraft<'_>,
    around: Around<'_>,
    inputs: &IndexMap<String, Chain>,
) -> Found {
    if inputs.is_empty() && !cx.templates.mention(SECRETS) {
        return Found::default();
    }
    let known = Known::new(&cx.templates, &cx.inferred);
    let mut walk =
        Walk { known: &known, shapes: cx.shapes(), env: Env::of(inputs), found: Found::default() };
    for _ in 0..ROUNDS {
        let before = walk.env.size();
        walk.found = Found::default();
        walk.workflow(block, around);
        if walk.env.size() == before {
            break;
        }
    }
    walk.found
}

/// Follows secrets into the workflows that they are given to; `read` looks at a workflow with these inputs tainted.
pub(crate) fn follow<'p>(
    passed: impl Iterator<Item = &'p Passed>,
    mut read: impl FnMut(&str, &IndexMap<String, Chain>) -> Option<Found>,
) -> Vec<Diagnostic> {
    let mut tainted: IndexMap<String, IndexMap<String, Chain>> = IndexMap::new();
    let mut open: Vec<Passed> = passed.cloned().collect();
    let mut problems: IndexMap<String, Vec<Diagnostic>> = IndexMap::new();
    while let Some(Passed { workflow, input, chain }) = open.pop() {
        let inputs = tainted.entry(workflow.clone()).or_default();
        if inputs.contains_key(&input) {
            continue;
        }
        inputs.insert(input, chain);
        if let Some(found) = read(&workflow, inputs) {
            open.extend(found.passed);
            problems.insert(workflow, found.problems);
        }
    }
    problems.into_values().flatten().collect()
}

/// The variable that holds secrets.
pub(crate) const SECRETS: &str = "secrets";

struct Walk<'w> {
    known: &'w Known<'w>,
    shapes: &'w Shapes,
    env: Env,
    found: Found,
}

impl Walk<'_> {
    fn workflow(&mut self, block: &BlockDraft<'_>, around: Around<'_>) {
        if let Some(node) = around.concurrency {
            self.sink(node, "the key of `concurrency`", &[]);
        }
        let steps = self.env.steps.clone();
        let last = self.block(block, false);
        match (around.output, last) {
            (Some(node), _) => self.sink(node, "the output of the workflow", &[]),
            (None, Some(last)) => {
                let problem = messages::secret_seen(messages::RESULT, &last.chain, last.place, &[]);
                self.found.problems.push(problem);
            }
            (None, None) => {}
        }
        self.env.steps = steps;
    }

    /// Walks over a block; gives its result if a secret is in it.
    fn block(&mut self, block: &BlockDraft<'_>, own_scope: bool) -> Option<Tainted> {
        let outer = own_scope.then(|| self.env.steps.clone());
        let mut last = None;
        for step in &block.steps {
            last = self.step(step);
            if let Some(id) = &step.id {
                self.env.steps.shift_remove(&id.value);
                if let Some(result) = &last {
                    let text = format!("the result of `{}`", id.value);
                    let result = result.clone().after(Hop { place: id.span, text });
                    self.env.steps.insert(id.value.clone(), result);
                }
            }
        }
        if let Some(outer) = outer {
            self.env.steps = outer;
        }
        last
    }

    fn step(&mut self, step: &StepDraft<'_>) -> Option<Tainted> {
        let mut result = self.perform(step);
        if let Some(node) = step.output {
            let shown = self.env.result.replace(result.take());
            result = self.value(node);
            self.env.result = shown;
        }
        if let Some((_, undo)) = &step.compensate {
            self.block(undo, true);
        }
        result
    }

    /// What a step does with its parameters, and its result if a secret is in it.
    fn perform(&mut self, step: &StepDraft<'_>) -> Option<Tainted> {
        let (entry, _) = step.ty.as_ref()?;
        let shape = self.shapes.of(entry);
        let mut result: Option<Tainted> = None;
        if let Some(written) = step.params.written {
            result = self.params(step, written, shape);
        }
        for slot in &step.params.slots {
            let outer = self.env.variables.clone();
            self.bind(step, slot);
            let last = self.block(&slot.block, true);
            self.env.variables = outer;
            if let Some(last) = last {
                // Somewhere in the step's result: where, its type knows.
                self.env.remember(step, &last);
                result.get_or_insert(Tainted { ty: Ty::any().secret(0), ..last });
            }
        }
        if !entry.ty.catches.is_empty()
            && let Some(carried) = self.env.signalled.take()
        {
            result.get_or_insert(carried);
        }
        // What an action gives back comes from outside, not from what it was given.
        result.filter(|_| entry.ty.kind == StepKind::Control)
    }

    /// The variables that a block sees, as far as secrets are in them.
    fn bind(&mut self, step: &StepDraft<'_>, slot: &crate::params::SlotDraft<'_>) {
        let items = step.roles.first(Role::Items).filter(|given| given.is_beside(&slot.pointer));
        let list = items.and_then(|given| given.node(step)).and_then(|node| self.value(node));
        let again = step.roles.first(Role::While).or_else(|| step.roles.first(Role::Until));
        let former = again.and_then(|_| self.env.remembered(step));
        for bound in &slot.binds {
            self.env.variables.shift_remove(&bound.name);
            // The position of an item tells nothing of it.
            let value = match &list {
                Some(list) if bound.name != INDEX => {
                    let ty = list.ty.item(&Default::default()).unwrap_or_else(Ty::any);
                    (!ty.secrets().is_empty()).then(|| Tainted { ty, ..list.clone() })
                }
                None if bound.name != INDEX => former.clone(),
                _ => None,
            };
            if let Some(value) = value {
                let text = format!("bound as `${}`", bound.name);
                let place = items.and_then(|given| given.key).unwrap_or(slot.named_at);
                self.env.variables.insert(bound.name.clone(), value.after(Hop { place, text }));
            }
        }
    }

    /// A value with expressions anywhere in it, if a secret is in it.
    fn value(&self, node: &Node) -> Option<Tainted> {
        match &node.kind {
            NodeKind::String(_) => self.text(node),
            NodeKind::Sequence(items) => {
                let values: Vec<Option<Tainted>> =
                    items.iter().map(|item| self.value(item)).collect();
                let ty = Ty::tuple(values.iter().map(type_of));
                values.into_iter().flatten().next().map(|first| Tainted { ty, ..first })
            }
            NodeKind::Mapping(entries) => {
                let values: Vec<Option<Tainted>> =
                    entries.iter().map(|entry| self.value(&entry.value)).collect();
                let fields = entries.iter().zip(&values).map(|(entry, value)| {
                    (entry.key.value.as_str().into(), Field::required(type_of(value)))
                });
                let ty = Ty::object(fields, None);
                values.into_iter().flatten().next().map(|first| Tainted { ty, ..first })
            }
            _ => None,
        }
    }

    /// A string, if a secret is in it.
    fn text(&self, node: &Node) -> Option<Tainted> {
        let mut found = None;
        self.known.templates(node, &mut |text, node, template| {
            found = self.env.tainted(template, text, node.span);
        });
        found
    }
}

/// The variable that counts.
const INDEX: &str = "index";

fn type_of(value: &Option<Tainted>) -> Ty {
    value.as_ref().map_or_else(Ty::any, |value| value.ty.clone())
}

/// Steps stay where they are while their workflow is checked.
fn address(step: &StepDraft<'_>) -> usize {
    std::ptr::from_ref(step).addr()
}

/// Where the secret was read, for the way of a value.
fn read_at(name: Option<&str>, place: Span) -> Hop {
    let text = match name {
        Some(name) => format!("the secret `{name}` is read here"),
        None => "a secret is read here".to_owned(),
    };
    Hop { place, text }
}
