//! The project file, `locus.yaml`: who the project is, what it is built with and to.

use indexmap::IndexMap;
use locus_diag::{Spanned, did_you_mean};
use locus_model::{Node, NodeKind, PluginUse, Target};

use crate::context::Context;
use crate::keys::{Keys, anchor, check_identifier, mapping, text};
use crate::messages::{names, project as messages, values};
use crate::params;
use crate::plugins;
use crate::sections::{self, Section};
use crate::shape::Shape;

const KEYS: [&str; 8] =
    ["name", "version", "language", "plugins", "targets", "connections", "profiles", "budgets"];

/// The version of the language that this compiler knows.
const LANGUAGE: u64 = 1;

/// What the project file says.
#[derive(Default)]
pub(crate) struct Manifest {
    /// The project's name.
    pub(crate) name: Option<String>,
    /// The project's version.
    pub(crate) version: Option<String>,
    /// What it decides about plugins.
    pub(crate) plugins: IndexMap<String, PluginUse>,
    /// What is built.
    pub(crate) targets: IndexMap<String, Target>,
}

/// Gathers the connections that the project file declares.
pub(crate) fn connections<'a>(cx: &mut Context<'a>, node: &'a Node, section: &mut Section<'a>) {
    // Those of a misspelled section are declared all the same.
    let is_meant =
        |key: &str| key == "connections" || did_you_mean(key, KEYS) == Some("connections");
    let mut entries = node.as_mapping().unwrap_or_default().iter();
    if let Some(entry) = entries.find(|entry| is_meant(&entry.key.value)) {
        sections::declare(section, &entry.value, "connection", &mut cx.problems);
    }
}

/// Reads the project file.
pub(crate) fn read<'a>(cx: &mut Context<'a>, node: &'a Node) -> Manifest {
    let mut manifest = Manifest::default();
    if node.kind == NodeKind::Null {
        return manifest;
    }
    let what = "`locus.yaml`";
    let Some(keys) = Keys::read(node, what, &KEYS, anchor(node), &mut cx.problems) else {
        return manifest;
    };
    manifest.name = keys.text("name", &mut cx.problems).map(|name| name.value);
    manifest.version = keys.text("version", &mut cx.problems).map(|version| version.value);
    if let Some(node) = keys.get("language") {
        language(cx, node);
    }
    for section in ["profiles", "budgets"] {
        if let Some(entry) = keys.entry(section) {
            cx.report(names::section_not_used(&entry.key));
        }
    }
    if let Some(node) = keys.get("plugins") {
        manifest.plugins = plugins::read(cx, node);
    }
    if let Some(node) = keys.get("targets") {
        manifest.targets = targets(cx, node);
    }
    manifest
}

fn language(cx: &mut Context<'_>, node: &Node) {
    let known = match &node.kind {
        NodeKind::Number(number) => number.as_u64() == Some(LANGUAGE),
        NodeKind::String(text) => text.value == LANGUAGE.to_string(),
        _ => false,
    };
    if !known {
        let found = match node.to_value() {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        cx.report(messages::unsupported_language(&found, anchor(node)));
    }
}

fn targets<'a>(cx: &mut Context<'a>, node: &'a Node) -> IndexMap<String, Target> {
    let mut targets = IndexMap::new();
    for entry in mapping(node, "a mapping of targets by name", &mut cx.problems).unwrap_or_default()
    {
        check_identifier(&entry.key, "a target", &mut cx.problems);
        if let Some(target) = target(cx, &entry.key, &entry.value) {
            targets.insert(entry.key.value.clone(), target);
        }
    }
    targets
}

fn target<'a>(cx: &mut Context<'a>, name: &Spanned<String>, node: &'a Node) -> Option<Target> {
    let what = "a target";
    let known = ["generator", "out", "options"];
    let keys = Keys::read(node, what, &known, name.span, &mut cx.problems)?;
    let generator = keys.required("generator", what, &mut cx.problems);
    let generator = generator.and_then(|node| text(node, &mut cx.problems));
    let out = keys.required("out", what, &mut cx.problems);
    let out = out.and_then(|node| text(node, &mut cx.problems));
    if let Some(out) = &out
        && !is_inside(out)
    {
        cx.report(messages::target_outside_project(out));
    }
    let options = generator.as_ref().and_then(|generator| options(cx, generator, &keys));
    Some(Target { name: name.clone(), generator: generator?, out: out?, options: options? })
}

/// Reads the options that the generator takes.
fn options<'a>(cx: &mut Context<'a>, generator: &Spanned<String>, keys: &Keys<'a>) -> Option<Node> {
    let registry = cx.registry;
    let Some(entry) = registry.generator(generator) else {
        let known: Vec<&str> =
            registry.generators().map(|entry| entry.meta.name.as_str()).collect();
        cx.report(messages::unknown_generator(generator, known));
        return None;
    };
    let shape = Shape::compile(&entry.meta.options);
    match keys.entry("options") {
        Some(entry) => {
            Some(params::settings(cx, &entry.value, &shape, "`options`", entry.key.span))
        }
        None => {
            if let Some(key) = shape.required.first() {
                cx.report(values::missing_key(
                    &format!("options.{key}"),
                    "the target",
                    keys.anchor,
                ));
            }
            Some(Node::new(NodeKind::Mapping(Vec::new()), generator.span))
        }
    }
}

/// Whether a folder is written relative to the project and stays in it.
fn is_inside(out: &str) -> bool {
    let rooted = out.starts_with('/') || out.contains(['\\', ':']);
    !out.is_empty() && !rooted && out.split('/').all(|part| part != "..")
}
