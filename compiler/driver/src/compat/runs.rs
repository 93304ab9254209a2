//! What becomes of recorded steps: a journal is looked up by the key of a step and refused where the step's signature is another,
//! or where the step is not going on when its record comes up. So a version continues a run as long as the steps that the run
//! has recorded are the same and come up in the same places.
//!
//! Both versions of a block are laid side by side by the names of their steps. What is different at one step refuses records of
//! that step, or of what comes after it, or both. Whatever may lead a run another way counts as if it did.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use locus_diag::Span;
use locus_model::node::unescape_token;
use locus_model::{Block, Node, NodeKind, Program, Step, StepPath, Workflow};
use locus_plugin::{Registry, StepKind, schema};
use serde_json::Value;

use super::align::align;
use super::types::takes;
use super::{Point, Runs, WorkflowVerdict};

const GONE: &str = "is gone";
const MOVED: &str = "comes up in another place";
const NEW: &str = "is new and comes first";
const FIRST: &str = "comes first now";

/// The verdict on every workflow of the old version.
pub(super) fn compare(old: &Program, new: &Program, registry: &Registry) -> Vec<WorkflowVerdict> {
    let mut walk = Walk { registry, old, new, bodies: BTreeMap::new(), visiting: BTreeSet::new() };
    let mut verdicts = Vec::new();
    for (name, workflow) in &old.workflows {
        let runs = match new.workflows.get(name) {
            None => {
                Runs::Impossible { reason: format!("there is no workflow `{name}` any longer") }
            }
            Some(newer) => match input_missing(workflow, newer) {
                Some(reason) => Runs::Impossible { reason },
                None => {
                    walk.workflow(name);
                    verdict(&walk.reachable(name))
                }
            },
        };
        verdicts.push(WorkflowVerdict { workflow: name.clone(), runs });
    }
    verdicts
}

/// A run has the input that it was started with: what the new version reads of it has to be there and of its type.
fn input_missing(old: &Workflow, new: &Workflow) -> Option<String> {
    new.input.iter().filter(|(name, _)| reads_input(new, name)).find_map(|(name, field)| match old
        .input
        .get(name)
    {
        None if field.ty.optional => None,
        None => Some(format!(
            "the new version reads the input `{name}`, which runs that are going on were not given"
        )),
        Some(before) => takes(&field.ty, &before.ty).err().map(|why| {
            format!("the input `{name}` that runs were started with no longer fits: {why}")
        }),
    })
}

/// Whether an expression of a workflow may read an input: its name stands in one, or all of `.input` is used.
fn reads_input(workflow: &Workflow, name: &str) -> bool {
    let reads = |node: &Node| {
        any_text(node, &mut |text| {
            text.contains("${")
                && text.contains("input")
                && (text.contains(name) || !text.contains("input."))
        })
    };
    let reads_step = |step: &Step| {
        [&step.when, &step.output].into_iter().flatten().chain([&step.params]).any(reads)
    };
    workflow.output.as_ref().is_some_and(reads) || workflow.steps.walk().into_iter().any(reads_step)
}

fn verdict(bodies: &[&Body]) -> Runs {
    let mut points: Vec<Point> = Vec::new();
    for body in bodies {
        for (index, cause) in body.causes.iter().enumerate() {
            let of_cause = body.refused.iter().filter(|(_, refusal)| refusal.cause == index);
            let mut steps =
                of_cause.map(|(path, refusal)| (path.clone(), refusal.certain)).peekable();
            let Some((before, _)) = steps.peek().cloned() else { continue };
            points.push(Point {
                step: cause.step.clone(),
                reason: cause.reason.clone(),
                before,
                refused: steps.collect(),
                old: cause.old,
                new: cause.new,
            });
        }
    }
    if points.is_empty() { Runs::Safe } else { Runs::OnlyIf { points } }
}

/// What was found out about a workflow.
#[derive(Default)]
struct Body {
    causes: Vec<Cause>,
    /// Steps of the old version whose records do not fit, in its order.
    refused: IndexMap<StepPath, Refusal>,
    /// The workflows it calls in both versions.
    calls: BTreeSet<String>,
    /// Why what comes behind a call of it may be refused.
    open: Option<Cause>,
}

/// A change, told as it will be.
#[derive(Clone)]
struct Cause {
    step: String,
    reason: String,
    old: Option<Span>,
    new: Option<Span>,
}

#[derive(Clone, Copy)]
struct Refusal {
    cause: usize,
    certain: bool,
}

/// Why what comes after a step is refused.
#[derive(Clone, Copy, Default)]
struct After {
    /// In the same block.
    here: Option<Refusal>,
    /// Behind the block as well.
    beyond: Option<Refusal>,
}

struct Walk<'a> {
    registry: &'a Registry,
    old: &'a Program,
    new: &'a Program,
    bodies: BTreeMap<String, Body>,
    visiting: BTreeSet<String>,
}

impl Walk<'_> {
    /// Compares a workflow that both versions have, and those it calls.
    fn workflow(&mut self, name: &str) {
        let (old, new) = (self.old, self.new);
        let (Some(before), Some(now)) = (old.workflows.get(name), new.workflows.get(name)) else {
            return;
        };
        if self.bodies.contains_key(name) || !self.visiting.insert(name.to_owned()) {
            return;
        }
        let mut body = Body::default();
        let beyond = self.block(&before.steps, &now.steps, &mut body);
        body.open = beyond.map(|refusal| body.causes[refusal.cause].clone());
        if body.open.is_none() && value(&before.output) != value(&now.output) {
            body.open = Some(Cause {
                step: name.to_owned(),
                reason: format!("the output of the workflow `{name}` is computed in another way"),
                old: before.output.as_ref().map(|node| node.span),
                new: now.output.as_ref().map(|node| node.span),
            });
        }
        self.visiting.remove(name);
        self.bodies.insert(name.to_owned(), body);
    }

    /// What was found out about a workflow and all that it calls.
    fn reachable(&self, name: &str) -> Vec<&Body> {
        let (mut names, mut next) = (BTreeSet::from([name.to_owned()]), vec![name.to_owned()]);
        let mut bodies = Vec::new();
        while let Some(name) = next.pop() {
            let Some(body) = self.bodies.get(&name) else { continue };
            bodies.push(body);
            for callee in &body.calls {
                if names.insert(callee.clone()) {
                    next.push(callee.clone());
                }
            }
        }
        bodies
    }

    /// Compares two versions of a block; gives why what comes behind it is refused.
    fn block(&mut self, old: &Block, new: &Block, body: &mut Body) -> Option<Refusal> {
        if old.graph || new.graph {
            self.graph(old, new, body)
        } else {
            self.sequence(old, new, body)
        }
    }

    fn sequence(&mut self, old: &Block, new: &Block, body: &mut Body) -> Option<Refusal> {
        let mut here: Option<Refusal> = None;
        let mut beyond: Option<Refusal> = None;
        for pair in align(&old.steps, &new.steps) {
            if let (Some(step), Some(refusal)) = (pair.0, &mut here) {
                // What comes first now is held up by nothing once its own record is there.
                let is_its_own = body.causes[refusal.cause].step == step.path.as_str();
                refusal.certain &= !is_its_own;
                self.refuse_all(step, *refusal, body);
            }
            let after = match pair {
                (Some(old), Some(new)) => self.step(old, new, body),
                (Some(step), None) if has(new, step) => {
                    self.removed(step, MOVED, self.is_held_up(step, old, new), body)
                }
                (Some(step), None) => self.removed(step, GONE, true, body),
                (None, Some(step)) => {
                    self.added(step, if has(old, step) { FIRST } else { NEW }, body)
                }
                (None, None) => After::default(),
            };
            here = here.or(after.here);
            beyond = beyond.or(after.beyond);
        }
        beyond.map(|refusal| Refusal { certain: false, ..refusal })
    }

    /// In a graph a step begins as soon as all it needs are done; what does not need a changed step goes its own way. Variables are
    /// seen by all steps, so that a step that decides something counts for all.
    fn graph(&mut self, old: &Block, new: &Block, body: &mut Body) -> Option<Refusal> {
        let find = |block: &'_ Block, name: &str| block.steps.iter().position(|s| s.name == name);
        let mut beyond: Option<Refusal> = None;
        let mut note = |after: Option<Refusal>| beyond = beyond.or(after);
        if old.graph != new.graph {
            let refusal = Refusal { cause: body.cause_of_order(old, new), certain: false };
            old.steps.iter().for_each(|step| self.refuse_all(step, refusal, body));
            note(Some(refusal));
        }
        for step in &old.steps {
            let after = match find(new, &step.name) {
                None => self.removed(step, GONE, true, body),
                Some(at) => {
                    let newer = &new.steps[at];
                    let needs = |step: &Step| -> BTreeSet<String> {
                        step.needs.iter().map(|need| need.value.clone()).collect()
                    };
                    if !needs(newer).is_subset(&needs(step)) {
                        let reason = format!("`{}` now needs other steps first", step.path);
                        let cause = body.cause(step.path.as_str(), reason, Some(step), Some(newer));
                        self.refuse_all(step, Refusal { cause, certain: false }, body);
                    }
                    self.step(step, newer, body)
                }
            };
            if let Some(refusal) = after.beyond {
                old.steps.iter().filter(|other| other.name != step.name).for_each(|other| {
                    self.refuse_all(other, Refusal { certain: false, ..refusal }, body);
                });
            }
            note(after.beyond);
        }
        for step in new.steps.iter().filter(|step| find(old, &step.name).is_none()) {
            let after = self.added(step, NEW, body);
            if let Some(refusal) = after.here {
                for other in old.steps.iter().filter(|other| depends(new, other, step)) {
                    self.refuse_all(other, refusal, body);
                }
            }
            note(after.beyond);
        }
        beyond.map(|refusal| Refusal { certain: false, ..refusal })
    }

    /// A step that is not in this place any longer; `what` says so. Its record is `certain` to be refused, or may be.
    fn removed(&mut self, step: &Step, what: &str, certain: bool, body: &mut Body) -> After {
        let reason = format!("`{}` {what}", step.path);
        let cause = body.cause(step.path.as_str(), reason, Some(step), None);
        self.refuse_all(step, Refusal { cause, certain }, body);
        if self.is_action(step) && step.compensate.is_none() {
            return After::default();
        }
        // It decided something, or set something.
        let refusal = Some(Refusal { cause, certain: false });
        After { here: refusal, beyond: refusal }
    }

    /// Whether a step that moved cannot have begun when its record comes up: it waits for a call that came behind it before, or
    /// that is new. Steps that record nothing hold up nothing.
    fn is_held_up(&self, step: &Step, old: &Block, new: &Block) -> bool {
        let came_before = |other: &Step| {
            let mut before = old.steps.iter().take_while(|earlier| earlier.name != step.name);
            before.any(|earlier| earlier.name == other.name)
        };
        let mut first = new.steps.iter().take_while(|other| other.name != step.name);
        first.any(|other| self.is_action(other) && other.when.is_none() && !came_before(other))
    }

    /// A step that was not in this place before; `what` says so.
    fn added(&mut self, step: &Step, what: &str, body: &mut Body) -> After {
        let reason = format!("`{}` {what}", step.path);
        let cause = body.cause(step.path.as_str(), reason, None, Some(step));
        let certain = self.is_action(step) && step.when.is_none();
        let refusal = Refusal { cause, certain };
        After { here: Some(refusal), beyond: Some(refusal) }
    }

    /// A step that both versions have, by name.
    fn step(&mut self, old: &Step, new: &Step, body: &mut Body) -> After {
        let path = old.path.as_str();
        let mut after = After::default();
        if value(&old.when) != value(&new.when) {
            let reason = format!("the condition of `{path}` is another");
            let cause = body.cause(path, reason, Some(old), Some(new));
            let refusal = Refusal { cause, certain: false };
            self.refuse_all(old, refusal, body);
            after.note(refusal);
        }
        if old.signature != new.signature {
            let what = difference(old, new);
            let cause =
                body.cause(path, format!("{what} of `{path}` changed"), Some(old), Some(new));
            body.refuse(&old.path, Refusal { cause, certain: true });
            let refusal = Refusal { cause, certain: false };
            if self.is_action(old) && self.is_action(new) {
                after.here = after.here.or(Some(refusal));
            } else {
                self.refuse_all(old, refusal, body);
                after.note(refusal);
            }
        } else if self.types_changed(old) {
            let reason = format!("a type that `{path}` names changed");
            let cause = body.cause(path, reason, Some(old), Some(new));
            after.note(Refusal { cause, certain: false });
        }
        if value(&old.output) != value(&new.output) {
            let reason = format!("the result of `{path}` is reshaped in another way");
            let cause = body.cause(path, reason, Some(old), Some(new));
            after.note(Refusal { cause, certain: false });
        }
        self.inside(old, new, body, &mut after);
        self.called(old, new, body, &mut after);
        self.compensation(old, new, body);
        after
    }

    /// The inner blocks of a step.
    fn inside(&mut self, old: &Step, new: &Step, body: &mut Body, after: &mut After) {
        for slot in &old.slots {
            match new.slot(&slot.pointer) {
                Some(newer) => {
                    let Some(refusal) = self.block(&slot.block, &newer.block, body) else {
                        continue;
                    };
                    after.note(refusal);
                    let runs = self.runs_of(old, &slot.pointer);
                    for other in &old.slots {
                        let is_same = other.pointer == slot.pointer;
                        // What comes behind a block that runs again is the block. Only of blocks that may run at most once is one
                        // taken instead of the others: those go on beside it or follow it.
                        let follows = if is_same {
                            !matches!(runs, Some("once" | "at_most_once" | "on_error" | "always"))
                        } else {
                            runs != Some("at_most_once")
                        };
                        if follows || old.retry.is_some() {
                            for step in &other.block.steps {
                                self.refuse_all(step, refusal, body);
                            }
                        }
                    }
                }
                // The parameters are not the same then either, and that was noted.
                None => {
                    let cause = body.cause(
                        old.path.as_str(),
                        format!("a block of `{}` is gone", old.path),
                        Some(old),
                        Some(new),
                    );
                    let refusal = Refusal { cause, certain: true };
                    slot.block.steps.iter().for_each(|step| self.refuse_all(step, refusal, body));
                }
            }
        }
    }

    /// The workflows that a step calls.
    fn called(&mut self, old: &Step, new: &Step, body: &mut Body, after: &mut After) {
        for name in self.callees(old) {
            let (before, now) = (&self.old.workflows[&name], self.new.workflows.get(&name));
            let reason = match now {
                None => Some(format!("it calls the workflow `{name}`, which is gone")),
                Some(now) => {
                    now.input.iter().find_map(|(key, field)| match before.input.get(key) {
                        None if field.ty.optional || field.default.is_some() => None,
                        None => Some(format!("`{name}`, which it calls, asks for `{key}`")),
                        Some(before) => takes(&field.ty, &before.ty).err().map(|why| {
                            format!("`{name}`, which it calls, takes another `{key}`: {why}")
                        }),
                    })
                }
            };
            self.workflow(&name);
            body.calls.insert(name.clone());
            let open = self.bodies.get(&name).and_then(|body| body.open.clone());
            let cause = match (reason, open) {
                (Some(reason), _) => {
                    let cause = body.cause(old.path.as_str(), reason, Some(old), Some(new));
                    let refusal = Refusal { cause, certain: false };
                    for step in before.steps.walk() {
                        body.refuse(&step.path, refusal);
                    }
                    body.refuse(&old.path, refusal);
                    cause
                }
                (None, Some(open)) => body.add(open),
                (None, None) => continue,
            };
            after.note(Refusal { cause, certain: false });
        }
    }

    /// What undoes a step. It runs when all steps have ended, the last one's first.
    fn compensation(&mut self, old: &Step, new: &Step, body: &mut Body) {
        match (&old.compensate, &new.compensate) {
            (None, None) => {}
            (Some(before), Some(now)) => {
                self.block(before, now, body);
            }
            (before, now) => {
                let verb = if now.is_some() {
                    "has a `compensate` now"
                } else {
                    "has no `compensate` any longer"
                };
                let reason = format!("`{}` {verb}", old.path);
                let cause = body.cause(old.path.as_str(), reason, Some(old), Some(new));
                let certain = before.is_some();
                for step in before.iter().flat_map(Block::walk) {
                    body.refuse(&step.path, Refusal { cause, certain });
                }
                let workflow = old.path.as_str().split('/').next().unwrap_or_default();
                let all = self.old.workflows.get(workflow).map(|w| w.steps.walk());
                for step in all.into_iter().flatten() {
                    for undoing in step.compensate.iter().flat_map(Block::walk) {
                        body.refuse(&undoing.path, Refusal { cause, certain: false });
                    }
                }
            }
        }
    }

    /// Refuses the records of a step, of all steps inside, and of the workflows it calls.
    fn refuse_all(&self, step: &Step, refusal: Refusal, body: &mut Body) {
        body.refuse(&step.path, refusal);
        // A workflow may be called from elsewhere as well, and what undoes a step comes up much later, if ever.
        let unsure = Refusal { certain: false, ..refusal };
        let mut names = self.callees(step);
        let mut seen: BTreeSet<String> = names.iter().cloned().collect();
        while let Some(name) = names.pop() {
            for step in self.old.workflows[&name].steps.walk() {
                body.refuse(&step.path, unsure);
                names.extend(
                    self.callees(step).into_iter().filter(|name| seen.insert(name.clone())),
                );
            }
        }
        for step in step.slots.iter().flat_map(|slot| &slot.block.steps) {
            self.refuse_all(step, refusal, body);
        }
        for step in step.compensate.iter().flat_map(|block| &block.steps) {
            self.refuse_all(step, unsure, body);
        }
    }

    /// The workflows that a step may call.
    fn callees(&self, step: &Step) -> Vec<String> {
        let mut callees = Vec::new();
        if self.refers_to(step, "workflow") {
            any_text(&step.params, &mut |text| {
                if text.contains("${") {
                    callees.extend(self.old.workflows.keys().cloned());
                } else if self.old.workflows.contains_key(text) {
                    callees.push(text.to_owned());
                }
                false
            });
        }
        callees
    }

    fn is_action(&self, step: &Step) -> bool {
        let entry = self.registry.step(&step.step_type.value);
        entry.is_some_and(|entry| entry.ty.kind == StepKind::Action)
    }

    /// Whether a parameter of a step names something of this kind.
    fn refers_to(&self, step: &Step, kind: &str) -> bool {
        let entry = self.registry.step(&step.step_type.value);
        entry.is_some_and(|entry| holds_reference(&entry.ty.params, kind))
    }

    /// How often an inner block of a step runs, in the words of [`schema::RUNS`].
    fn runs_of(&self, step: &Step, pointer: &str) -> Option<&str> {
        let mut part = &self.registry.step(&step.step_type.value)?.ty.params;
        for token in pointer.split('/').skip(1) {
            part = part
                .get("properties")
                .and_then(|properties| properties.get(&*unescape_token(token)))
                .or_else(|| part.get("items"))
                .or_else(|| part.get("additionalProperties"))?;
        }
        part.get(schema::BLOCK)?.get("runs")?.as_str()
    }

    /// Whether a type that a step names means something else now.
    fn types_changed(&self, step: &Step) -> bool {
        self.refers_to(step, "type")
            && any_text(&step.params, &mut |text| {
                let of = |program: &Program| locus_model::notation_schema(text, program);
                of(self.old) != of(self.new)
            })
    }
}

impl After {
    fn note(&mut self, refusal: Refusal) {
        self.here = self.here.or(Some(refusal));
        self.beyond = self.beyond.or(Some(refusal));
    }
}

impl Body {
    /// Enters a change; gives its number.
    fn cause(
        &mut self,
        step: &str,
        reason: String,
        old: Option<&Step>,
        new: Option<&Step>,
    ) -> usize {
        let place = |step: Option<&Step>| step.map(|step| step.step_type.span);
        self.add(Cause { step: step.to_owned(), reason, old: place(old), new: place(new) })
    }

    fn cause_of_order(&mut self, old: &Block, new: &Block) -> usize {
        let (old, new) = (old.steps.first(), new.steps.first());
        let path = old.map_or("", |step| step.path.as_str()).to_owned();
        let reason = "the steps of the block run in another order: `needs` came or went".to_owned();
        self.cause(&path, reason, old, new)
    }

    fn add(&mut self, cause: Cause) -> usize {
        self.causes.push(cause);
        self.causes.len() - 1
    }

    /// Records of a step do not fit. The first reason counts, except that a certain one counts more.
    fn refuse(&mut self, path: &StepPath, refusal: Refusal) {
        let entry = self.refused.entry(path.clone()).or_insert(refusal);
        if refusal.certain && !entry.certain {
            *entry = refusal;
        }
    }
}

/// Whether a block has a step of this name.
fn has(block: &Block, step: &Step) -> bool {
    block.steps.iter().any(|other| other.name == step.name)
}

/// Which part of a step's signature is another.
fn difference(old: &Step, new: &Step) -> &'static str {
    if old.step_type.value != new.step_type.value {
        "the type"
    } else if old.retry != new.retry {
        "`retry`"
    } else if old.timeout != new.timeout {
        "the timeout"
    } else {
        "the parameters"
    }
}

fn value(node: &Option<Node>) -> Option<Value> {
    node.as_ref().map(Node::to_value)
}

/// Whether a step of a block waits for another, over any number of steps between.
fn depends(block: &Block, step: &Step, on: &Step) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = vec![step.name.as_str()];
    while let Some(name) = next.pop() {
        let needs = block.steps.iter().filter(|step| step.name == name).flat_map(|s| &s.needs);
        for need in needs {
            if need.value == on.name {
                return true;
            }
            if seen.insert(need.value.as_str()) {
                next.push(&need.value);
            }
        }
    }
    false
}

/// Whether a schema says anywhere that a value names something of this kind.
fn holds_reference(schema: &Value, kind: &str) -> bool {
    match schema {
        Value::Object(map) => {
            map.get(schema::REFERENCE).is_some_and(|reference| reference == kind)
                || map.values().any(|inner| holds_reference(inner, kind))
        }
        Value::Array(items) => items.iter().any(|inner| holds_reference(inner, kind)),
        _ => false,
    }
}

/// Whether something holds for a text in a value.
fn any_text(node: &Node, holds: &mut impl FnMut(&str) -> bool) -> bool {
    match &node.kind {
        NodeKind::String(text) => holds(&text.value),
        NodeKind::Sequence(items) => items.iter().any(|item| any_text(item, holds)),
        NodeKind::Mapping(entries) => entries.iter().any(|entry| any_text(&entry.value, holds)),
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) => false,
    }
}
