//! Names, paths and signatures. A step without an id is named after its type, and where that would not tell it apart, after its content;
//! its position never counts.

use std::collections::HashMap;

use indexmap::IndexMap;
use locus_diag::Span;
use locus_model::identity::content_hash;
use locus_model::{Node, StepId, StepPath};
use serde_json::{Value, json};

use crate::context::Context;
use crate::messages::{names, steps as messages};
use crate::params::SlotDraft;
use crate::segments::short_hash;
use crate::steps::{BlockDraft, StepDraft};

/// What is put behind a name that is there twice, so that one report is enough.
const AGAIN: &str = "%again";

/// Every path of a workflow, with the place of its step.
type Seen = HashMap<StepId, Span>;

/// Gives every step of a workflow its name and path.
pub(crate) fn name_workflow(cx: &mut Context<'_>, block: &mut BlockDraft<'_>, workflow: &str) {
    name_block(cx, block, &StepPath::workflow(workflow), &mut Seen::new());
}

fn name_block(
    cx: &mut Context<'_>,
    block: &mut BlockDraft<'_>,
    parent: &StepPath,
    seen: &mut Seen,
) {
    derive_names(cx, block);
    for index in 0..block.steps.len() {
        let again = is_again(block, index);
        let step = &mut block.steps[index];
        if again {
            step.name.push_str(AGAIN);
        }
        step.path = parent.child(&step.name);
        if step.ty.is_some()
            && let Some(earlier) = seen.insert(StepId::of(&step.path), step.anchor)
            && !again
        {
            let place = step.id.as_ref().map_or(step.anchor, |id| id.span);
            cx.report(messages::same_path(step.path.as_str(), place, earlier));
            step.path = parent.child(&format!("{}{AGAIN}", step.name));
        }
        name_inside(cx, step, seen);
    }
}

/// Whether an earlier step of the block has the same id: reported where the block was read.
fn is_again(block: &BlockDraft<'_>, index: usize) -> bool {
    let id = block.steps[index].id.as_ref();
    id.is_some_and(|id| block.ids.get(id.value.as_str()).is_some_and(|first| *first != index))
}

fn name_inside(cx: &mut Context<'_>, step: &mut StepDraft<'_>, seen: &mut Seen) {
    let path = step.path.clone();
    if let Some((_, block)) = &mut step.compensate {
        name_block(cx, block, &path.child("compensate"), seen);
    }
    check_segments(cx, &mut step.params.slots);
    for slot in &mut step.params.slots {
        let parent = slot.segment.as_ref().map_or_else(|| path.clone(), |name| path.child(name));
        name_block(cx, &mut slot.block, &parent, seen);
    }
}

/// Blocks of one step that add the same name.
fn check_segments(cx: &mut Context<'_>, slots: &mut [SlotDraft<'_>]) {
    let mut first: HashMap<String, Span> = HashMap::new();
    for slot in slots {
        let Some(segment) = &mut slot.segment else { continue };
        if let Some(earlier) = first.get(segment.as_str()) {
            cx.report(names::same_segment(slot.named.then_some(segment), slot.named_at, *earlier));
            segment.push_str(AGAIN);
        } else {
            first.insert(segment.clone(), slot.named_at);
        }
    }
}

/// Names the steps of a block: by id, by type, or by type and content.
fn derive_names(cx: &mut Context<'_>, block: &mut BlockDraft<'_>) {
    let mut by_type: IndexMap<String, Vec<usize>> = IndexMap::new();
    for (index, step) in block.steps.iter_mut().enumerate() {
        match (&step.id, &step.ty) {
            (Some(id), _) => step.name.clone_from(&id.value),
            (None, Some((ty, _))) => by_type.entry(ty.ty.name.clone()).or_default().push(index),
            // What was reported has no name, and nothing asks for it.
            (None, None) => {}
        }
    }
    for (ty, steps) in by_type {
        if let [only] = steps.as_slice() {
            block.steps[*only].name = ty;
        } else {
            name_by_content(cx, block, &ty, steps);
        }
    }
}

fn name_by_content(cx: &mut Context<'_>, block: &mut BlockDraft<'_>, ty: &str, steps: Vec<usize>) {
    let mut alike: IndexMap<String, Vec<usize>> = IndexMap::new();
    for index in steps {
        let hash = short_hash(&own_content(&block.steps[index], ty));
        alike.entry(hash).or_default().push(index);
    }
    let mut first: HashMap<String, Span> = HashMap::new();
    for (hash, steps) in alike {
        let several = steps.len() > 1;
        for index in steps {
            let step = &mut block.steps[index];
            let hash = if several { short_hash(&step.node.to_value()) } else { hash.clone() };
            step.name = format!("{ty}_{hash}");
            if let Some(earlier) = first.get(&step.name) {
                cx.report(messages::duplicate_step(ty, step.anchor, *earlier));
                step.name.push_str(&format!("{AGAIN}{index}"));
            } else {
                first.insert(step.name.clone(), step.anchor);
            }
        }
    }
}

/// What a step does, without what its inner blocks do.
fn own_content(step: &StepDraft<'_>, ty: &str) -> Value {
    let written = |node: Option<&Node>| node.map(Node::to_value);
    let needs: Vec<&str> = step.needs.iter().map(|need| need.value.as_str()).collect();
    let (when, output) = (written(step.when), written(step.output));
    Value::Array(vec![
        ty.into(),
        step.params.node.to_value(),
        when.into(),
        output.into(),
        needs.into(),
    ])
}

/// A hash of what decides the effect of a step.
pub(crate) fn signature(step: &StepDraft<'_>, ty: &str) -> String {
    // Not by `json!`, which copies values.
    let (params, retry) = (step.params.node.to_value(), json!(step.retry));
    content_hash(&Value::Array(vec![ty.into(), params, retry, step.timeout.into()]))
}
