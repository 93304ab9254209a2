//! The project file, `locus.yaml`: who the project is; what it is built with and to stands in `settings` and `profiles`.

use locus_diag::did_you_mean;
use locus_model::language::MANIFEST;
use locus_model::{Node, NodeKind};

use crate::context::Context;
use crate::keys::{Keys, anchor};
use crate::messages::project as messages;
use crate::sections::{self, Section};

/// The version of the language that this compiler knows.
const LANGUAGE: u64 = 1;

/// What the project file says of the project itself.
#[derive(Default)]
pub(crate) struct Manifest<'a> {
    /// The project's name.
    pub(crate) name: Option<String>,
    /// The project's version.
    pub(crate) version: Option<String>,
    /// All that it says; `None` where there is no project file, or none that could be understood.
    pub(crate) keys: Option<Keys<'a>>,
}

/// Gathers the connections that the project file declares.
pub(crate) fn connections<'a>(cx: &mut Context<'a>, node: &'a Node, section: &mut Section<'a>) {
    // Those of a misspelled section are declared all the same.
    let meant = |key: &str| did_you_mean(key, MANIFEST.names()) == Some("connections");
    let mut entries = node.as_mapping().unwrap_or_default().iter();
    let is_meant = |key: &str| key == "connections" || (MANIFEST.key(key).is_none() && meant(key));
    if let Some(entry) = entries.find(|entry| is_meant(&entry.key.value)) {
        sections::declare(section, &entry.value, "connection", &mut cx.problems);
    }
}

/// Reads the project file.
pub(crate) fn read<'a>(cx: &mut Context<'a>, node: &'a Node) -> Manifest<'a> {
    let mut manifest = Manifest::default();
    if node.kind == NodeKind::Null {
        return manifest;
    }
    let Some(keys) = Keys::read(node, &MANIFEST, anchor(node), &mut cx.problems) else {
        return manifest;
    };
    manifest.name = keys.text("name", &mut cx.problems).map(|name| name.value);
    manifest.version = keys.text("version", &mut cx.problems).map(|version| version.value);
    if let Some(node) = keys.get("language") {
        language(cx, node);
    }
    manifest.keys = Some(keys);
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
