//! Tests of workflows: every step they name is there and can be mocked, every input fits.

use indexmap::IndexMap;
use locus_diag::Spanned;
use locus_model::language::testing::{EXPECT, MOCK, MOCK_ERROR, TEST, TEST_EVENT};
use locus_model::{
    Entry, Expectation, Mock, MockEnd, Node, NodeKind, Program, Step, Test, TestEvent, Workflow,
};
use serde_json::{Map, Value};

use crate::context::Context;
use crate::data::{self, Taker};
use crate::formats::is_instant;
use crate::keys::{Keys, anchor, duration, flag, list, mapping, prose, text};
use crate::messages::{names, tests as messages, values};
use crate::sections::{Declared, Section};

/// Reads all tests of a program.
pub(crate) fn read(
    cx: &mut Context<'_>,
    section: &Section<'_>,
    program: &Program,
) -> IndexMap<String, Test> {
    let read = section
        .iter()
        .filter_map(|(name, declared)| Some(((*name).to_owned(), test(cx, declared, program)?)));
    read.collect()
}

fn test(cx: &mut Context<'_>, declared: &Declared<'_>, program: &Program) -> Option<Test> {
    let name = &declared.name;
    let keys = Keys::read(declared.node, &TEST, name.span, &mut cx.problems)?;
    let description = keys.text_prose("description", &mut cx.problems).map(|text| text.value);
    let workflow = keys.text("workflow", &mut cx.problems);
    let found = workflow.as_ref().and_then(|name| program.workflows.get(&name.value));
    if let (Some(name), None) = (&workflow, found) {
        let known = program.workflows.keys().map(String::as_str);
        cx.report(names::unknown_workflow(name, known));
    }
    let input = input(cx, &keys, found);
    let mut mocks = IndexMap::new();
    if let Some(node) = keys.get("mocks") {
        let entries = mapping(node, "a mapping of mocks by step path", &mut cx.problems);
        for entry in entries.unwrap_or_default() {
            let key = found.and_then(|workflow| step_key(cx, &entry.key, workflow, program, true));
            let Some(mock) = mock(cx, entry) else { continue };
            mocks.insert(key.unwrap_or_else(|| entry.key.value.clone()), mock);
        }
    }
    let test = Test {
        name: name.clone(),
        description,
        input,
        mocks,
        events: events(cx, &keys),
        clock: clock(cx, &keys),
        expect: expectation(cx, &keys, found, program),
        workflow: workflow?,
        span: name.span.to(declared.node.span),
    };
    Some(test)
}

/// Reads the input, and checks it against what the workflow takes.
fn input(cx: &mut Context<'_>, keys: &Keys<'_>, workflow: Option<&Workflow>) -> Value {
    let entry = keys.entry("input");
    let what = "a mapping of inputs by name";
    let entries = entry.and_then(|entry| mapping(&entry.value, what, &mut cx.problems));
    if entry.is_some() && entries.is_none() {
        return Value::Null;
    }
    let entries = entries.unwrap_or_default();
    if let Some(workflow) = workflow {
        let words = format!("the workflow `{}`", workflow.name.value);
        let taker = Taker { words: &words, value: "input", declared: workflow.name.span };
        let place = entry.map_or(keys.anchor, |entry| entry.key.span);
        data::check_fields(cx, entries, &workflow.input, &[], &taker, place);
    }
    let values =
        entries.iter().map(|entry| (entry.key.value.clone(), data::value(cx, &entry.value)));
    Value::Object(values.collect::<Map<_, _>>())
}

/// The key of the step that a path names: the name of the workflow may be left out, iterations may be written.
fn step_key(
    cx: &mut Context<'_>,
    written: &Spanned<String>,
    workflow: &Workflow,
    program: &Program,
    to_mock: bool,
) -> Option<String> {
    let path = without_iterations(&written.value);
    let name = &workflow.name.value;
    let relative = format!("{name}/{path}");
    let step = program.step(&relative).map(|step| (step, format!("{name}/{}", written.value)));
    let step = step.or_else(|| program.step(&path).map(|step| (step, written.value.clone())));
    let Some((step, key)) = step else {
        let paths: Vec<String> =
            workflow.steps.walk().iter().map(|step| step.path.as_str().to_owned()).collect();
        let inside = paths.iter().filter_map(|path| path.strip_prefix(&format!("{name}/")));
        let inside: Vec<&str> = inside.collect();
        cx.report(messages::unknown_step(written, name, &inside));
        return None;
    };
    if to_mock && !can_be_mocked(cx, step) {
        cx.report(messages::not_mockable(written, step));
    }
    Some(key)
}

/// A path without the numbers of iterations: `a[3]/b` is `a/b`.
fn without_iterations(key: &str) -> String {
    let parts = key.split('/').map(|part| match part.split_once('[') {
        Some((name, index)) if index.ends_with(']') => name,
        _ => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// Whether a step does something of its own: what only decides which steps run has no end that could stand for it.
fn can_be_mocked(cx: &Context<'_>, step: &Step) -> bool {
    let registry = cx.registry;
    let Some(entry) = registry.step(&step.step_type.value) else { return true };
    let shape = cx.shape(entry);
    entry.ty.completes && entry.ty.raises.is_none() && !shape.holds_blocks && !shape.sets_vars
}

fn mock(cx: &mut Context<'_>, entry: &Entry) -> Option<Mock> {
    let span = entry.key.span.to(entry.value.span);
    let Some(items) = entry.value.as_sequence() else {
        let end = mock_end(cx, &entry.value)?;
        return Some(Mock { attempts: vec![end], always: true, span });
    };
    if items.is_empty() {
        cx.report(values::wrong_length("at least one attempt", 0, entry.value.span));
        return None;
    }
    let attempts = items.iter().filter_map(|item| mock_end(cx, item)).collect();
    Some(Mock { attempts, always: false, span })
}

fn mock_end(cx: &mut Context<'_>, node: &Node) -> Option<MockEnd> {
    // A result of `null` is a result: presence counts here, not the value.
    let entries = node.as_mapping().unwrap_or_default();
    if let [only] = entries
        && only.key.value == "result"
    {
        return Some(MockEnd::Result(data::value(cx, &only.value)));
    }
    let keys = Keys::read(node, &MOCK, anchor(node), &mut cx.problems)?;
    if let Some(node) = keys.get("result") {
        return Some(MockEnd::Result(data::value(cx, node)));
    }
    let node = keys.get("error")?;
    if node.as_mapping().is_none() {
        let code = text(node, &mut cx.problems)?;
        return Some(MockEnd::Error { code, message: None, retryable: false });
    }
    let keys = Keys::read(node, &MOCK_ERROR, anchor(node), &mut cx.problems)?;
    let message = keys.get("message").and_then(|node| prose(node, &mut cx.problems));
    let retryable = keys.get("retryable").and_then(|node| flag(node, &mut cx.problems));
    Some(MockEnd::Error {
        code: keys.text("code", &mut cx.problems)?,
        message: message.map(|message| message.value),
        retryable: retryable.unwrap_or_default(),
    })
}

fn events(cx: &mut Context<'_>, keys: &Keys<'_>) -> Vec<TestEvent> {
    let Some(node) = keys.get("events") else { return Vec::new() };
    let items = list(node, "a list of events", &mut cx.problems).unwrap_or_default();
    let events = items.iter().filter_map(|item| {
        let keys = Keys::read(item, &TEST_EVENT, anchor(item), &mut cx.problems)?;
        let data = keys.get("data").map(|node| data::value(cx, node));
        let after = keys.get("after").and_then(|node| duration(node, &mut cx.problems));
        Some(TestEvent {
            event: keys.text("type", &mut cx.problems)?,
            subject: keys.text_prose("subject", &mut cx.problems).map(|text| text.value),
            data: data.unwrap_or_default(),
            after: after.unwrap_or_default(),
        })
    });
    events.collect()
}

fn clock(cx: &mut Context<'_>, keys: &Keys<'_>) -> Option<Spanned<String>> {
    let clock = keys.text("clock", &mut cx.problems)?;
    if !is_instant(&clock) {
        cx.report(messages::invalid_clock(&clock));
        return None;
    }
    Some(clock)
}

fn expectation(
    cx: &mut Context<'_>,
    keys: &Keys<'_>,
    workflow: Option<&Workflow>,
    program: &Program,
) -> Expectation {
    let mut expectation = Expectation::default();
    let Some(entry) = keys.entry("expect") else { return expectation };
    let Some(keys) = Keys::read(&entry.value, &EXPECT, entry.key.span, &mut cx.problems) else {
        return expectation;
    };
    if entry.value.as_mapping().is_some_and(<[_]>::is_empty) {
        cx.report(messages::nothing_expected(entry.value.span));
    }
    // `output: null` is an expectation.
    let output = entry.value.entry("output");
    expectation.output = output.map(|entry| data::value(cx, &entry.value));
    expectation.error = keys.text("error", &mut cx.problems);
    expectation.steps = steps(cx, &keys, "steps", workflow, program);
    expectation.not_run = steps(cx, &keys, "not_run", workflow, program);
    for step in &expectation.not_run {
        if let Some(run) = expectation.steps.iter().find(|run| run.value == step.value) {
            cx.report(messages::run_and_not_run(step, run.span));
        }
    }
    expectation
}

fn steps(
    cx: &mut Context<'_>,
    keys: &Keys<'_>,
    key: &str,
    workflow: Option<&Workflow>,
    program: &Program,
) -> Vec<Spanned<String>> {
    let Some(node) = keys.get(key).filter(|node| node.kind != NodeKind::Null) else {
        return Vec::new();
    };
    let items = list(node, "a list of step paths", &mut cx.problems).unwrap_or_default();
    let mut steps = Vec::new();
    for item in items {
        let Some(path) = text(item, &mut cx.problems) else { continue };
        let Some(workflow) = workflow else { continue };
        let key = step_key(cx, &path, workflow, program, false);
        steps.extend(key.map(|key| Spanned::new(key, path.span)));
    }
    steps
}
