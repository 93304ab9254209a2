//! Workflows: first what each takes, so that calls can be checked, then what each does.

use indexmap::IndexMap;
use locus_diag::Span;
use locus_model::{Block, Field, Node, NodeKind, Workflow};

use crate::context::{Callee, Context};
use crate::expressions::Uses;
use crate::flow;
use crate::identity;
use crate::keys::{self, Keys};
use crate::messages::names;
use crate::models;
use crate::program;
use crate::sections::{Declared, Section};
use crate::steps;
use crate::triggers;

const KEYS: [&str; 7] =
    ["description", "input", "output", "triggers", "timeout", "concurrency", "steps"];

/// Enters the names of all workflows with what they take.
pub(crate) fn declare(cx: &mut Context<'_>, section: &Section<'_>) {
    for (name, declared) in section {
        let input = declared.node.get("input").filter(|node| node.kind != NodeKind::Null);
        let input = input.map(|node| models::inputs(cx, node));
        // What is no mapping was reported, and says nothing.
        let understood = declared.node.as_mapping().is_some()
            && declared
                .node
                .get("input")
                .is_none_or(|node| matches!(node.kind, NodeKind::Mapping(_) | NodeKind::Null));
        let input = understood.then(|| input.unwrap_or_default());
        let callee = Callee { declared: declared.name.span, input };
        cx.names_mut().workflows.insert((*name).to_owned(), callee);
    }
}

/// Reads a workflow and checks it.
pub(crate) fn read<'a>(cx: &mut Context<'a>, declared: &Declared<'a>) -> Workflow {
    let name = &declared.name;
    let input = cx.names.workflows.get(&name.value).and_then(|callee| callee.input.clone());
    let mut workflow = Workflow {
        name: name.clone(),
        description: None,
        input: input.clone().unwrap_or_default(),
        output: None,
        triggers: Vec::new(),
        timeout: None,
        concurrency: None,
        steps: Block::default(),
        span: name.span.to(declared.node.span),
    };
    let what = "a workflow";
    let Some(keys) = Keys::read(declared.node, what, &KEYS, name.span, &mut cx.problems) else {
        return workflow;
    };
    workflow.description = keys.text_prose("description", &mut cx.problems).map(|text| text.value);
    workflow.timeout = keys.get("timeout").and_then(|node| keys::duration(node, &mut cx.problems));
    workflow.output = keys.get("output").cloned();
    let input = input.filter(|_| keys.get("input").is_some());
    if let Some(node) = keys.get("triggers") {
        workflow.triggers = triggers::read(cx, node, input.as_ref());
    }
    let concurrency =
        keys.entry("concurrency").map(|entry| concurrency(cx, &entry.value, entry.key.span));
    let output = keys.get("output").map(|node| steps::value(cx, node)).unwrap_or_default();
    let uses = WorkflowUses { concurrency: concurrency.unwrap_or_default(), output };
    let Some(node) = keys.required("steps", what, &mut cx.problems) else {
        return workflow;
    };
    workflow.steps = body(cx, node, &name.value, input.as_ref(), &uses);
    workflow
}

/// What expressions of a workflow outside its steps refer to.
pub(crate) struct WorkflowUses {
    /// Those of `concurrency`: nothing has run yet.
    pub(crate) concurrency: Uses,
    /// Those of `output`: everything has run.
    pub(crate) output: Uses,
}

fn body<'a>(
    cx: &mut Context<'a>,
    node: &'a Node,
    name: &str,
    input: Option<&IndexMap<String, Field>>,
    uses: &WorkflowUses,
) -> Block {
    let mut draft = steps::block(cx, node, "the workflow");
    identity::name_workflow(cx, &mut draft, name);
    flow::check(cx, &draft, input, uses);
    program::block(draft)
}

/// `concurrency`: how many runs there may be at once for one key.
fn concurrency(cx: &mut Context<'_>, node: &Node, key: Span) -> Uses {
    let what = "`concurrency`";
    let Some(keys) = Keys::read(node, what, &["key", "limit"], key, &mut cx.problems) else {
        return Uses::default();
    };
    if let Some(limit) = keys.required("limit", what, &mut cx.problems) {
        keys::whole_number(limit, 1, &mut cx.problems);
    }
    cx.report(names::setting_not_used("concurrency", "runs are not limited", key));
    keys.get("key").map(|node| steps::value(cx, node)).unwrap_or_default()
}
