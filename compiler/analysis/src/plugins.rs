//! What the project file decides about plugins: versions, config, permissions, and whether they are used at all.

use locus_diag::Spanned;
use locus_model::language::projects::PLUGIN;
use locus_model::{Node, NodeKind, PluginUse};
use locus_plugin::{PluginMeta, permission};
use serde_json::Value;

use crate::context::Context;
use crate::keys::{Keys, flag, list, text};
use crate::messages::plugins as messages;
use crate::params;
use crate::shape::Shape;

/// A plugin: a requirement on its version, whether it is used, or a mapping of [`PLUGIN`].
pub(crate) fn read<'a>(
    cx: &mut Context<'a>,
    id: &Spanned<String>,
    node: &'a Node,
) -> Option<PluginUse> {
    let registry = cx.registry;
    let left_out = registry.left_out(&id.value);
    let Some(meta) = registry.plugin(&id.value).or(left_out) else {
        let known = registry.plugins().map(|plugin| plugin.id.as_str()).collect::<Vec<_>>();
        cx.report(messages::unknown_plugin(id, known));
        return None;
    };
    let mut plugin = PluginUse {
        id: id.clone(),
        enabled: true,
        version: None,
        config: Value::Object(serde_json::Map::new()),
        permissions: None,
    };
    match &node.kind {
        NodeKind::Null => return Some(plugin),
        NodeKind::Bool(enabled) => {
            plugin.enabled = *enabled;
            return Some(plugin);
        }
        NodeKind::Mapping(_) => {}
        _ => {
            plugin.version = version(cx, meta, node);
            return Some(plugin);
        }
    }
    let keys = Keys::read(node, &PLUGIN, id.span, &mut cx.problems)?;
    if let Some(enabled) = keys.get("enabled").and_then(|node| flag(node, &mut cx.problems)) {
        plugin.enabled = enabled;
    }
    plugin.version = keys.get("version").and_then(|node| version(cx, meta, node));
    plugin.config = config(cx, meta, &keys);
    plugin.permissions = keys.get("permissions").and_then(|node| permissions(cx, meta, node));
    Some(plugin)
}

/// Checks that the plugin that is linked is of a version that will do.
fn version(cx: &mut Context<'_>, meta: &PluginMeta, node: &Node) -> Option<Spanned<String>> {
    let wanted = text(node, &mut cx.problems)?;
    match meta.is_version(&wanted.value) {
        Some(true) => {}
        Some(false) => cx.report(messages::version_mismatch(meta, &wanted)),
        None => cx.report(messages::invalid_requirement(&wanted)),
    }
    Some(wanted)
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
                        if let Some(reason) = params::misfit(cx, &config, &shape) {
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
        let (known, _) = permission::part(&name.value);
        if !permission::is_known(known) {
            cx.report(messages::unknown_permission(&name));
        } else if !meta.permissions.iter().any(|declared| declared == known) {
            cx.report(messages::permission_not_declared(meta, &name));
        }
        granted.push(name.value);
    }
    Some(granted)
}
