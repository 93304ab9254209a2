//! Calls of workflows: whether the input that is written out has the keys that the workflow takes.

use locus_diag::{Span, did_you_mean};
use locus_model::{Entry, Field, NodeKind};

use crate::context::Context;
use crate::messages::names;
use crate::shape::{Reference, Shape};

/// The parameter that goes to the workflow which a parameter beside it names.
const INPUT: &str = "input";

/// A mapping of parameters that names a workflow and says what it gets.
pub(crate) struct Call<'c> {
    /// The workflow.
    pub(crate) workflow: &'c str,
    /// Its input, at its key.
    pub(crate) input: Option<&'c Entry>,
}

/// The call that a mapping is, if it is one and its workflow is written out.
pub(crate) fn named<'c>(entries: &'c [Entry], shape: &Shape) -> Option<Call<'c>> {
    if !shape.properties.contains_key(INPUT) {
        return None;
    }
    let named = entries.iter().find(|entry| {
        let property = shape.properties.get(&entry.key.value);
        property.is_some_and(|shape| shape.reference == Some(Reference::Workflow))
    });
    let workflow = named.and_then(|entry| entry.value.as_str())?;
    Some(Call { workflow, input: entries.iter().find(|entry| entry.key.value == INPUT) })
}

/// Checks a mapping of parameters: beside one that names a workflow, `input` is what that workflow gets.
pub(crate) fn check(cx: &mut Context<'_>, entries: &[Entry], shape: &Shape, anchor: Span) {
    let Some(Call { workflow, input: entry }) = named(entries, shape) else { return };
    let Some(callee) = cx.names.workflows.get(workflow) else { return };
    let Some(input) = &callee.input else { return };
    let given = match entry.map(|entry| &entry.value.kind) {
        None | Some(NodeKind::Null) => &[],
        Some(NodeKind::Mapping(entries)) => entries.as_slice(),
        // Computed: its type tells.
        Some(_) => return,
    };
    let mut problems = Vec::new();
    let mut meant = Vec::new();
    for key in given.iter().map(|entry| &entry.key) {
        if !input.contains_key(&key.value) {
            let known = input.keys().map(String::as_str);
            meant.extend(did_you_mean(key, known.clone()));
            problems.push(names::unknown_call_input(key, workflow, callee.declared, known));
        }
    }
    let place = entry.map_or(anchor, |entry| entry.key.span);
    let lacks = |name: &str, field: &Field| {
        let needed = !field.ty.optional && field.default.is_none();
        needed && !meant.contains(&name) && !given.iter().any(|entry| entry.key.value == *name)
    };
    let missing: Vec<&str> =
        input.iter().filter(|(name, field)| lacks(name, field)).map(|(name, _)| &**name).collect();
    // One that is missing beside one that is not known was given under that name.
    if missing.len() != 1 || problems.len() != 1 {
        let missing = missing.into_iter();
        problems.extend(
            missing.map(|name| names::missing_call_input(name, workflow, callee.declared, place)),
        );
    }
    cx.problems.extend(problems);
}
