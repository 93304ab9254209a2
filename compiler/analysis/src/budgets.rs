//! Limits that a program keeps to: read from the project file, and held against the workflows.

use locus_diag::{Diagnostic, Span, Spanned};
use locus_model::language::projects::{BUDGETS, GENERATE_BUDGET, RUN_BUDGET, WORKFLOW_BUDGET};
use locus_model::{Block, Budgets, Node, NodeKind, Step, Workflow};

use crate::context::Context;
use crate::keys::{self, Keys};
use crate::messages::project as messages;

/// Reads limits.
pub(crate) fn read(cx: &mut Context<'_>, node: &Node, place: Span) -> Budgets {
    let mut budgets = Budgets::default();
    let Some(all) = Keys::read(node, &BUDGETS, place, &mut cx.problems) else { return budgets };
    let whole = |keys: &Keys<'_>, key: &str, problems: &mut Vec<Diagnostic>| {
        let node = keys.get(key)?;
        Some(Spanned::new(keys::whole_number(node, 1, problems)?, node.span))
    };
    if let Some(entry) = all.entry("workflow")
        && let Some(keys) =
            Keys::read(&entry.value, &WORKFLOW_BUDGET, entry.key.span, &mut cx.problems)
    {
        budgets.workflow_steps = whole(&keys, "steps", &mut cx.problems);
        budgets.workflow_depth = whole(&keys, "depth", &mut cx.problems);
    }
    if let Some(entry) = all.entry("run")
        && let Some(keys) = Keys::read(&entry.value, &RUN_BUDGET, entry.key.span, &mut cx.problems)
        && let Some(node) = keys.get("duration")
    {
        let duration = keys::duration(node, &mut cx.problems);
        budgets.run_duration = duration.map(|duration| Spanned::new(duration, node.span));
    }
    if let Some(entry) = all.entry("generate")
        && let Some(keys) =
            Keys::read(&entry.value, &GENERATE_BUDGET, entry.key.span, &mut cx.problems)
    {
        budgets.generate_files = whole(&keys, "files", &mut cx.problems);
        budgets.generate_bytes = whole(&keys, "bytes", &mut cx.problems);
    }
    budgets
}

/// Holds a workflow to its limits; one without a timeout gets that of every run. `written` is the workflow as written.
pub(crate) fn hold(
    workflow: &mut Workflow,
    written: &Node,
    budgets: &Budgets,
    problems: &mut Vec<Diagnostic>,
) {
    let name = &workflow.name;
    if let Some(limit) = &budgets.workflow_steps
        && let steps = workflow.steps.walk().len() as u64
        && steps > limit.value
    {
        problems.push(messages::too_many_steps(name, steps, limit));
    }
    if let Some(limit) = &budgets.workflow_depth
        && let Some(step) = deeper(&workflow.steps, limit.value)
    {
        problems.push(messages::too_deep(step, limit));
    }
    let limit = budgets.run_duration.as_ref();
    match written.get("timeout").filter(|node| node.kind != NodeKind::Null) {
        None => workflow.timeout = limit.map(|limit| limit.value),
        Some(node) => {
            if let (Some(timeout), Some(limit)) = (workflow.timeout, limit)
                && timeout > limit.value
            {
                problems.push(messages::timeout_over_budget(timeout, node.span, limit));
            }
        }
    }
}

/// The first step that stands in more blocks inside each other than there may be.
fn deeper(block: &Block, left: u64) -> Option<&Step> {
    let Some(left) = left.checked_sub(1) else { return block.steps.first() };
    block.steps.iter().find_map(|step| {
        let inner = step.slots.iter().map(|slot| &slot.block).chain(&step.compensate);
        inner.into_iter().find_map(|block| deeper(block, left))
    })
}
