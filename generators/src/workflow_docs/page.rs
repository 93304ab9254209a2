//! What a page says of a workflow, for the templates.

use std::collections::BTreeMap;

use locus_plugin::model::duration::format_duration;
use locus_plugin::model::{
    Backoff, Field, Node, NodeKind, Program, Retry, Step, Trigger, Workflow,
};
use serde_json::{Value, json};

use crate::prose::summary;

/// Names that Windows keeps for devices.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// The name of a workflow's page without its ending: safe on every system.
pub(super) fn file_stem(name: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let stem: String = name.chars().map(|c| if safe(c) { c } else { '-' }).collect();
    let lower = stem.to_lowercase();
    let numbered = lower.len() == 4 && (lower.starts_with("com") || lower.starts_with("lpt"));
    if DEVICES.contains(&lower.as_str()) || numbered { format!("{stem}_") } else { stem }
}

/// The index.
pub(super) fn index(program: &Program, title: &str) -> Value {
    let workflows: Vec<Value> = program
        .workflows
        .values()
        .map(|workflow| {
            json!({
                "name": workflow.name.value,
                "file": file_stem(&workflow.name.value),
                "description": summary(workflow.description.as_deref().unwrap_or_default()),
                "starts": workflow.triggers.iter().map(starts).collect::<Vec<_>>(),
            })
        })
        .collect();
    let title = if title.trim().is_empty() { "Workflows" } else { title };
    json!({ "title": title, "workflows": workflows })
}

/// One page.
pub(super) fn workflow(workflow: &Workflow, program: &Program) -> Value {
    let steps: Vec<Value> = workflow.steps.walk().into_iter().map(|s| step(s, workflow)).collect();
    json!({
        "title": workflow.name.value,
        "description": workflow.description,
        "starts": workflow.triggers.iter().map(starts).collect::<Vec<_>>(),
        "timeout": workflow.timeout.map(format_duration),
        "inputs": workflow.input.iter().map(|(name, field)| input(name, field)).collect::<Vec<_>>(),
        "output": workflow.output.as_ref().map(as_text),
        "steps": steps,
        "connections": connections(workflow, program),
        "diagram": Value::Null,
    })
}

/// What starts a workflow: a word, and what is code.
fn starts(trigger: &Trigger) -> Value {
    let (what, code) = match trigger {
        Trigger::Http { method, path } => ("request", format!("{} {}", method.value, path.value)),
        Trigger::Cron { expression, timezone: None, .. } => ("schedule", expression.value.clone()),
        Trigger::Cron { expression, timezone: Some(zone), .. } => {
            ("schedule", format!("{} {}", expression.value, zone.value))
        }
        Trigger::Event { event, .. } => ("event", event.value.clone()),
        Trigger::Queue { connection, topic, .. } => {
            ("message", format!("{}/{}", connection.value, topic.value))
        }
    };
    json!({ "what": what, "code": code })
}

fn input(name: &str, field: &Field) -> Value {
    let limits: Vec<String> = field
        .limits
        .iter()
        .map(|(keyword, value)| format!("{keyword}: {}", shown(value)))
        .collect();
    json!({
        "name": name,
        "type": field.ty.to_string(),
        "required": !field.ty.optional && field.default.is_none(),
        "default": field.default.as_ref().map(shown),
        "limits": limits,
        "description": field.description.as_deref().unwrap_or_default(),
    })
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn step(step: &Step, workflow: &Workflow) -> Value {
    // The workflow's name is the page's title: without it paths are shorter.
    let path = step.path.as_str();
    let below = path.strip_prefix(&workflow.name.value).and_then(|path| path.strip_prefix('/'));
    json!({
        "path": below.unwrap_or(path),
        "type": step.step_type.value,
        "effect": step.effect.as_str().replace('_', " "),
        "when": step.when.as_ref().map(as_text),
        "needs": step.needs.iter().map(|need| need.value.as_str()).collect::<Vec<_>>(),
        "retry": step.retry.as_ref().map(retry),
        "timeout": step.timeout.map(format_duration),
        "undone": step.compensate.is_some(),
        "description": step.description.as_deref().unwrap_or_default(),
    })
}

/// "5 times, from 200ms to 30s, exponential; on timeout, http_5xx".
fn retry(retry: &Retry) -> String {
    let growth = match retry.backoff {
        Backoff::Constant => "constant",
        Backoff::Linear => "linear",
        Backoff::Exponential => "exponential",
    };
    let (initial, max) = (format_duration(retry.initial), format_duration(retry.max));
    let times = if retry.attempts == 1 { "attempt" } else { "attempts" };
    let mut text = match retry.backoff {
        Backoff::Constant => format!("{} {times}, {initial} apart", retry.attempts),
        _ => format!("{} {times}, {growth} from {initial} to {max}", retry.attempts),
    };
    if !retry.errors.is_empty() {
        text.push_str(&format!("; on {}", retry.errors.join(", ")));
    }
    text
}

/// The connections that steps name in a parameter `connection`, each with the steps.
fn connections(workflow: &Workflow, program: &Program) -> Vec<Value> {
    let mut users: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for step in workflow.steps.walk() {
        let mut names = Vec::new();
        collect_connections(&step.params, &mut names);
        for name in names.into_iter().filter(|name| program.connections.contains_key(*name)) {
            let steps = users.entry(name).or_default();
            if steps.last() != Some(&step.name.as_str()) {
                steps.push(&step.name);
            }
        }
    }
    let describe = |(name, steps): (&str, Vec<&str>)| {
        let kind = program.connections.get(name).map(|connection| connection.kind.value.as_str());
        json!({ "name": name, "kind": kind, "steps": steps })
    };
    users.into_iter().map(describe).collect()
}

fn collect_connections<'a>(node: &'a Node, names: &mut Vec<&'a str>) {
    match &node.kind {
        NodeKind::Mapping(entries) => {
            for entry in entries {
                if entry.key.value == "connection" {
                    names.extend(entry.value.as_str());
                }
                collect_connections(&entry.value, names);
            }
        }
        NodeKind::Sequence(items) => {
            for item in items {
                collect_connections(item, names);
            }
        }
        _ => {}
    }
}

/// An expression or value as an author would write it.
fn as_text(node: &Node) -> String {
    match node.as_str() {
        Some(text) => text.trim().to_owned(),
        None => serde_json::to_string_pretty(&node.to_value()).unwrap_or_default(),
    }
}
