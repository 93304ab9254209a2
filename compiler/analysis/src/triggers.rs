//! Triggers: what starts a workflow besides a caller.

use indexmap::IndexMap;
use locus_diag::{Span, Spanned};
use locus_model::{Entry, Field, Node, Text, Trigger};

use crate::context::Context;
use crate::cron;
use crate::keys::{self, Keys, anchor, is_extension, list, mapping, text};
use crate::messages::{project as messages, values};
use crate::summary::Route;

const KINDS: [&str; 3] = ["http", "cron", "event"];
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Reads the triggers of a workflow.
pub(crate) fn read(
    cx: &mut Context<'_>,
    node: &Node,
    input: Option<&IndexMap<String, Field>>,
) -> Vec<Trigger> {
    let items = list(node, "a list of triggers", &mut cx.problems).unwrap_or_default();
    let mut triggers = Vec::new();
    for item in items {
        let entries =
            mapping(item, "a trigger, which is a mapping", &mut cx.problems).unwrap_or_default();
        for entry in entries {
            if let Some(trigger) = trigger(cx, entry, input) {
                triggers.push(trigger);
            }
        }
        let mut kinds = entries.iter().filter(|entry| KINDS.contains(&entry.key.value.as_str()));
        match (kinds.next(), kinds.next()) {
            (Some(first), Some(second)) => {
                cx.report(values::conflicting_keys(&first.key, &second.key, "a trigger", &KINDS));
            }
            (None, _) if item.as_mapping().is_some_and(<[_]>::is_empty) => {
                cx.report(values::missing_one_of(&KINDS, "a trigger", item.span));
            }
            _ => {}
        }
    }
    triggers
}

fn trigger(
    cx: &mut Context<'_>,
    entry: &Entry,
    input: Option<&IndexMap<String, Field>>,
) -> Option<Trigger> {
    match entry.key.value.as_str() {
        "http" => http(cx, entry, input),
        "cron" => cron(cx, &entry.value),
        "event" => {
            let known = ["type"];
            let keys =
                Keys::read(&entry.value, "an event", &known, entry.key.span, &mut cx.problems)?;
            let node = keys.required("type", "an event", &mut cx.problems)?;
            Some(Trigger::Event { event: text(node, &mut cx.problems)?, when: None, input: None })
        }
        own if is_extension(own) => None,
        _ => {
            cx.report(values::unknown_key(&entry.key, "a trigger", &KINDS));
            None
        }
    }
}

fn http(
    cx: &mut Context<'_>,
    entry: &Entry,
    input: Option<&IndexMap<String, Field>>,
) -> Option<Trigger> {
    let what = "an HTTP trigger";
    let keys =
        Keys::read(&entry.value, what, &["method", "path"], entry.key.span, &mut cx.problems)?;
    let method = keys.required("method", what, &mut cx.problems);
    let path = keys.required("path", what, &mut cx.problems);
    let method = method.and_then(|node| {
        let word = keys::choice(node, &METHODS, &mut cx.problems)?;
        Some(Spanned::new(word.to_owned(), node.span))
    });
    let path = path.and_then(|node| {
        let path = text(node, &mut cx.problems)?;
        let shape = route(cx, node.as_text()?, node.span, input)?;
        Some((path, shape))
    });
    let ((path, shape), method) = (path?, method?);
    cx.summary.routes.push(Route { method: method.clone(), path: path.clone(), shape });
    Some(Trigger::Http { method, path })
}

/// Checks a path; gives it back without the names of its parameters.
fn route(
    cx: &mut Context<'_>,
    text: &Text,
    whole: Span,
    input: Option<&IndexMap<String, Field>>,
) -> Option<String> {
    let path = &text.value;
    if !path.starts_with('/') || path.contains(|c: char| c.is_whitespace() || "?#".contains(c)) {
        cx.report(messages::invalid_path(path, whole));
        return None;
    }
    let mut shape = String::new();
    let mut names: Vec<&str> = Vec::new();
    let mut at = 0;
    for part in path.split('/') {
        let range = at..at + part.len();
        at += part.len() + 1;
        let place = text.locate(range.start..range.end, whole);
        let inner = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
        let Some(name) = inner else {
            if part.contains(['{', '}']) {
                cx.report(messages::invalid_path_parameter(part, place));
                return None;
            }
            shape.push('/');
            shape.push_str(part);
            continue;
        };
        shape.push_str("/{}");
        if names.contains(&name) {
            cx.report(messages::repeated_path_parameter(name, place));
        }
        names.push(name);
        if let Some(input) = input
            && !input.contains_key(name)
        {
            cx.report(messages::path_parameter_without_input(name, place, input));
        }
    }
    Some(shape)
}

fn cron(cx: &mut Context<'_>, node: &Node) -> Option<Trigger> {
    let expression = text(node, &mut cx.problems)?;
    if let Err(error) = cron::check(&expression) {
        let source = node.as_text()?;
        let place = source.locate(error.range, anchor(node));
        cx.report(messages::invalid_cron(error.message, place));
        return None;
    }
    Some(Trigger::Cron { expression, timezone: None, input: None })
}
