//! What the project file decides about plugins: versions, config, permissions, and whether they are used at all.

use indexmap::IndexMap;
use locus_diag::Spanned;
use locus_model::{Entry, Node, NodeKind, PluginUse};
use locus_plugin::{PluginMeta, permission};
use serde_json::Value;

use crate::context::Context;
use crate::keys::{Keys, list, mapping, text};
use crate::messages::plugins as messages;
use crate::params;
use crate::shape::Shape;

const KEYS: [&str; 5] = ["version", "enabled", "config", "config_version", "permissions"];

/// Plugins by id: a version requirement, or a mapping of [`KEYS`].
pub(crate) fn read<'a>(cx: &mut Context<'a>, node: &'a Node) -> IndexMap<String, PluginUse> {
    let entries = mapping(node, "a mapping of plugins by id", &mut cx.problems);
    let mut plugins = IndexMap::new();
    for entry in entries.unwrap_or_default() {
        if let Some(plugin) = plugin(cx, entry) {
            plugins.insert(entry.key.value.clone(), plugin);
        }
    }
    plugins
}

fn plugin<'a>(cx: &mut Context<'a>, entry: &'a Entry) -> Option<PluginUse> {
    let registry = cx.registry;
    let id = &entry.key;
    let left_out = registry.left_out(&id.value);
    let Some(meta) = registry.plugin(&id.value).or(left_out) else {
        let known = registry.plugins().map(|plugin| plugin.id.as_str()).collect::<Vec<_>>();
        cx.report(messages::unknown_plugin(id, known));
        return None;
    };
    let mut plugin = PluginUse {
        id: id.clone(),
        enabled: true,
        config: Value::Object(serde_json::Map::new()),
        permissions: None,
    };
    match &entry.value.kind {
        NodeKind::Null => return Some(plugin),
        NodeKind::Bool(enabled) => {
            plugin.enabled = *enabled;
            return Some(plugin);
        }
        NodeKind::String(wanted) => {
            let wanted = Spanned::new(wanted.value.clone(), entry.value.span);
            version(cx, meta, &wanted);
            return Some(plugin);
        }
        _ => {}
    }
    let keys = Keys::read(&entry.value, "a plugin", &KEYS, id.span, &mut cx.problems)?;
    if let Some(node) = keys.get("enabled") {
        match node.kind {
            NodeKind::Bool(enabled) => plugin.enabled = enabled,
            _ => cx.report(messages::not_enabled_or_not(node)),
        }
    }
    if let Some(wanted) = keys.text("version", &mut cx.problems) {
        version(cx, meta, &wanted);
    }
    plugin.config = config(cx, meta, &keys);
    plugin.permissions = keys.get("permissions").and_then(|node| permissions(cx, meta, node));
    Some(plugin)
}

fn version(cx: &mut Context<'_>, meta: &PluginMeta, wanted: &Spanned<String>) {
    if !meta.is_version(&wanted.value) {
        cx.report(messages::version_mismatch(meta, wanted));
    }
}

/// The config in its present form: checked at its place where it is written so, otherwise carried over by the plugin's migrations.
fn config<'a>(cx: &mut Context<'a>, meta: &PluginMeta, keys: &Keys<'a>) -> Value {
    let form = keys.get("config_version").map(|node| (node, node.to_value().as_u64()));
    let entry = keys.entry("config");
    let value = entry.map_or(Value::Null, |entry| entry.value.to_value());
    if let Some((node, form)) = form {
        let present = u64::from(meta.config_version);
        match form {
            Some(form) if form == present => {}
            Some(form) if form >= 1 && form < present => {
                let at = entry.map_or(node.span, |entry| entry.key.span);
                match cx.registry.migrate_config(meta, form as u32, value) {
                    Ok(config) => {
                        cx.report(messages::config_outdated(meta, form, node.span));
                        let shape = Shape::compile(&meta.config);
                        if let Some(reason) = params::misfit(&config, &shape, cx.registry) {
                            cx.report(messages::config_not_migrated(meta, form, &reason, at));
                        }
                        return config;
                    }
                    Err(reason) => {
                        cx.report(messages::config_not_migrated(meta, form, &reason, at));
                        return Value::Object(serde_json::Map::new());
                    }
                }
            }
            _ => cx.report(messages::unknown_config_version(meta, node)),
        }
    }
    let shape = Shape::compile(&meta.config);
    match entry {
        Some(entry) => {
            params::settings(cx, &entry.value, &shape, "the config", entry.key.span).to_value()
        }
        None => {
            if let Some(key) = shape.required.first() {
                cx.report(crate::messages::values::missing_key(
                    &format!("config.{key}"),
                    "the plugin",
                    keys.anchor,
                ));
            }
            Value::Object(serde_json::Map::new())
        }
    }
}

fn permissions<'a>(cx: &mut Context<'a>, meta: &PluginMeta, node: &'a Node) -> Option<Vec<String>> {
    let items = list(node, "a list of permissions", &mut cx.problems)?;
    let mut granted = Vec::new();
    for item in items {
        let Some(name) = text(item, &mut cx.problems) else { continue };
        if !permission::is_known(&name.value) {
            cx.report(messages::unknown_permission(&name));
        } else if !meta.permissions.contains(&name.value) {
            cx.report(messages::permission_not_declared(meta, &name));
        }
        granted.push(name.value);
    }
    Some(granted)
}
