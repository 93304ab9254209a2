//! Drafts to the program: steps that could not be understood are left out.

use locus_model::{Block, Slot, Step, StepId};

use crate::effects;
use crate::identity::signature;
use crate::steps::{BlockDraft, StepDraft};

/// The block of a draft.
pub(crate) fn block(draft: BlockDraft<'_>) -> Block {
    Block { graph: draft.graph, steps: draft.steps.into_iter().filter_map(step).collect() }
}

fn step(draft: StepDraft<'_>) -> Option<Step> {
    let (entry, _) = draft.ty.as_ref()?;
    let signature = signature(&draft, &entry.ty.name);
    let effect = effects::of(&draft)?;
    let (_, step_type) = draft.ty?;
    let slots = draft.params.slots.into_iter().map(|slot| Slot {
        pointer: slot.pointer,
        segment: slot.segment,
        block: block(slot.block),
    });
    Some(Step {
        step_id: StepId::of(&draft.path),
        id: draft.id,
        name: draft.name,
        path: draft.path,
        step_type,
        effect,
        description: draft.description,
        when: draft.when.cloned(),
        retry: draft.retry,
        timeout: draft.timeout,
        compensate: draft.compensate.map(|(_, draft)| block(draft)),
        output: draft.output.cloned(),
        needs: draft.needs,
        params: draft.params.node,
        lazy: draft.params.lazy,
        slots: slots.collect(),
        signature,
        extensions: draft.extensions,
        span: draft.node.span,
    })
}
