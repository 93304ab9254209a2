//! `locus plugin`: what is linked into this program.

use locus_plugin::Registry;
use serde_json::{Value, json};

use crate::ui::{Outcome, Ui};

pub(crate) fn list(registry: &Registry, json: bool, ui: Ui) -> Outcome {
    let plugins: Vec<Value> = registry.plugins().map(|meta| describe(registry, &meta.id)).collect();
    if json {
        ui.json(&Value::Array(plugins));
        return Ok(());
    }
    for meta in registry.plugins() {
        ui.result(format_args!(
            "{} {}  {}",
            ui.paint(&meta.id, "1"),
            meta.version,
            first_line(&meta.description)
        ));
        let steps = registry.steps().filter(|entry| entry.ty.plugin == meta.id);
        for entry in steps {
            ui.result(format_args!("  step      {:18} {}", entry.ty.name, entry.ty.summary()));
        }
        for kind in registry.connection_kinds().filter(|kind| kind.plugin == meta.id) {
            ui.result(format_args!("  connection {:17} {}", kind.name, first_line(&kind.docs)));
        }
        for entry in registry.generators().filter(|entry| entry.meta.plugin == meta.id) {
            ui.result(format_args!(
                "  generator {:18} {}",
                entry.meta.name,
                first_line(&entry.meta.docs)
            ));
        }
        for entry in registry.parser_hooks().filter(|entry| entry.meta.plugin == meta.id) {
            let suffixes = entry.meta.suffixes.join(", ");
            ui.result(format_args!(
                "  parser    {:18} {} ({suffixes})",
                entry.meta.name,
                first_line(&entry.meta.docs)
            ));
        }
        for entry in registry.hooks().filter(|entry| entry.meta.plugin == meta.id) {
            let points: Vec<&str> = entry.meta.points.iter().map(|point| point.as_str()).collect();
            let points = points.join(", ");
            ui.result(format_args!(
                "  hooks     {:18} {} ({points})",
                entry.meta.name,
                first_line(&entry.meta.docs)
            ));
        }
        for entry in registry.commands().iter().filter(|entry| entry.meta.plugin == meta.id) {
            ui.result(format_args!(
                "  command   {:18} {}",
                entry.meta.name,
                first_line(&entry.meta.docs)
            ));
        }
    }
    Ok(())
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// A plugin with its parts.
pub(crate) fn describe(registry: &Registry, id: &str) -> Value {
    let meta = registry.plugins().find(|meta| meta.id == id);
    let steps: Vec<&_> =
        registry.steps().map(|entry| &entry.ty).filter(|ty| ty.plugin == id).collect();
    let connections: Vec<&_> =
        registry.connection_kinds().filter(|kind| kind.plugin == id).collect();
    let generators: Vec<&_> =
        registry.generators().map(|entry| &entry.meta).filter(|meta| meta.plugin == id).collect();
    let parser_hooks: Vec<&_> =
        registry.parser_hooks().map(|entry| &entry.meta).filter(|meta| meta.plugin == id).collect();
    let hooks: Vec<&_> =
        registry.hooks().map(|entry| &entry.meta).filter(|meta| meta.plugin == id).collect();
    let mut value = json!(meta);
    value["steps"] = json!(steps);
    value["connections"] = json!(connections);
    value["generators"] = json!(generators);
    value["parser_hooks"] = json!(parser_hooks);
    value["hooks"] = json!(hooks);
    let commands: Vec<&_> = registry
        .commands()
        .iter()
        .map(|entry| &entry.meta)
        .filter(|meta| meta.plugin == id)
        .collect();
    value["commands"] = json!(commands);
    value
}
