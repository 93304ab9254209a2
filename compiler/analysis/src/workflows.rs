//! Workflows: first what each takes, so that calls can be checked, then what each does.

use std::sync::Arc;

use indexmap::IndexMap;
use locus_diag::Span;
use locus_model::language::workflows::{CONCURRENCY, WORKFLOW};
use locus_model::{Block, Concurrency, Field, Node, NodeKind, Trigger, Workflow};

use crate::allow;
use crate::context::{Callee, Context};
use crate::expressions;
use crate::flow;
use crate::identity;
use crate::keys::{self, Keys};
use crate::messages::names;
use crate::models;
use crate::program;
use crate::secrets::{self, Chain, Found};
use crate::sections::{Declared, Section};
use crate::steps;
use crate::surroundings::Earlier;
use crate::triggers;
use crate::typing;

/// Enters the names of all workflows with what they take; what did not change since an earlier time is taken from there.
pub(crate) fn declare(cx: &mut Context<'_>, section: &Section<'_>, earlier: Option<Earlier<'_>>) {
    let earlier = earlier.and_then(|earlier| earlier.with_types(&cx.names));
    for (name, declared) in section {
        if let Some(callee) = earlier.and_then(|earlier| earlier.callee(&declared.name)) {
            cx.names_mut().workflows.insert((*name).to_owned(), callee.clone());
            continue;
        }
        let problems = cx.problems.len();
        let input = declared.node.get("input").filter(|node| node.kind != NodeKind::Null);
        let input = input.map(|node| models::inputs(cx, node, "an input"));
        // What is no mapping was reported, and says nothing.
        let understood = declared.node.as_mapping().is_some()
            && declared
                .node
                .get("input")
                .is_none_or(|node| matches!(node.kind, NodeKind::Mapping(_) | NodeKind::Null));
        let input = understood.then(|| Arc::new(input.unwrap_or_default()));
        let clean = cx.problems.len() == problems;
        let callee = Callee { declared: declared.name.span, input, clean };
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
        input: input.as_deref().cloned().unwrap_or_default(),
        output: None,
        triggers: Vec::new(),
        timeout: None,
        concurrency: None,
        steps: Block::default(),
        span: name.span.to(declared.node.span),
    };
    let Some(keys) = Keys::read(declared.node, &WORKFLOW, name.span, &mut cx.problems) else {
        return workflow;
    };
    if let Some(node) = declared.node.get(allow::KEY) {
        allow::check(node, &mut cx.problems);
    }
    workflow.description = keys.text_prose("description", &mut cx.problems).map(|text| text.value);
    workflow.timeout = keys.get("timeout").and_then(|node| keys::duration(node, &mut cx.problems));
    workflow.output = keys.get("output").cloned();
    let input = input.filter(|_| keys.get("input").is_some());
    if let Some(node) = keys.get("triggers") {
        workflow.triggers = triggers::read(cx, node, name, input.as_deref());
    }
    let concurrency = keys.entry("concurrency");
    workflow.concurrency =
        concurrency.and_then(|entry| read_concurrency(cx, &entry.value, entry.key.span));
    let concurrency = concurrency.and_then(|entry| entry.value.get("key"));
    let output = keys.get("output");
    if let Some(node) = output {
        expressions::read_all(cx, node);
    }
    let around = Around { concurrency, output };
    let Some(node) = keys.get("steps") else {
        return workflow;
    };
    workflow.steps = body(cx, node, &name.value, input.as_deref(), around);
    if workflow.timeout.is_some() {
        cx.summary.flow.errors.add("timeout");
    }
    let events = workflow.triggers.iter().filter_map(|trigger| match trigger {
        Trigger::Event { event, .. } => Some(event.clone()),
        _ => None,
    });
    cx.summary.flow.events.extend(events);
    workflow
}

/// The values of a workflow outside its steps that may hold expressions.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a> {
    /// The key of `concurrency`: nothing has run yet.
    pub(crate) concurrency: Option<&'a Node>,
    /// `output`: everything has run.
    pub(crate) output: Option<&'a Node>,
}

fn body<'a>(
    cx: &mut Context<'a>,
    node: &'a Node,
    name: &str,
    input: Option<&IndexMap<String, Field>>,
    around: Around<'a>,
) -> Block {
    let mut draft = steps::block(cx, node, "the workflow");
    identity::name_workflow(cx, &mut draft, name);
    cx.summary.output = typing::check(cx, &draft, input, around);
    flow::check(cx, &draft, around);
    let found = secrets::check(cx, &draft, around, &IndexMap::new());
    cx.problems.extend(found.problems);
    cx.summary.passed = found.passed;
    program::block(draft)
}

/// Follows secrets through a workflow that gets them as these inputs; what it does with others is left out.
pub(crate) fn follow_secrets<'a>(
    cx: &mut Context<'a>,
    declared: &Declared<'a>,
    inputs: &IndexMap<String, Chain>,
) -> Option<Found> {
    let draft = steps::block(cx, declared.node.get("steps")?, "the workflow");
    let key = declared.node.get("concurrency").and_then(|concurrency| concurrency.get("key"));
    let around = Around { concurrency: key, output: declared.node.get("output") };
    [around.concurrency, around.output]
        .into_iter()
        .flatten()
        .for_each(|node| expressions::read_all(cx, node));
    cx.templates.sort();
    let others = secrets::check(cx, &draft, around, &IndexMap::new()).problems;
    let mut found = secrets::check(cx, &draft, around, inputs);
    found.problems.retain(|problem| !others.contains(problem));
    Some(found)
}

/// `concurrency`: how many runs there may be at once for one key.
fn read_concurrency(cx: &mut Context<'_>, node: &Node, key: Span) -> Option<Concurrency> {
    let keys = Keys::read(node, &CONCURRENCY, key, &mut cx.problems)?;
    let limit = keys.get("limit").and_then(|node| keys::whole_number(node, 1, &mut cx.problems));
    cx.report(names::setting_not_used("concurrency", "runs are not limited", key));
    if let Some(node) = keys.get("key") {
        expressions::read_all(cx, node);
    }
    Some(Concurrency { key: keys.get("key").cloned(), limit: limit? })
}
