//! Settings of a program, with a profile laid over them or without: connections, targets, plugins, limits.

use indexmap::IndexMap;
use locus_diag::{Diagnostic, Spanned};
use locus_model::language::projects::TARGET;
use locus_model::{Budgets, Connection, Node, NodeKind, PluginUse, Target};

use crate::budgets;
use crate::connections;
use crate::context::Context;
use crate::keys::Keys;
use crate::messages::{project as messages, values};
use crate::params;
use crate::plugins;
use crate::profiles::Layer;
use crate::shape::Shape;

/// Settings of a program, as far as they could be understood.
#[derive(Default)]
pub(crate) struct Settings {
    /// Databases, queues and services.
    pub(crate) connections: IndexMap<String, Connection>,
    /// What is built.
    pub(crate) targets: IndexMap<String, Target>,
    /// The plugins that the project names.
    pub(crate) plugins: IndexMap<String, PluginUse>,
    /// The limits.
    pub(crate) budgets: Budgets,
}

/// Reads settings, and gives what is wrong with them.
pub(crate) fn read(cx: &Context<'_>, layer: &Layer) -> (Settings, Vec<Diagnostic>) {
    // What is read here may be laid over something and does not live as long as the files.
    let mut cx = cx.apart();
    let mut settings = Settings::default();
    for (name, (declared, node)) in &layer.connections {
        let connection = connections::read(&mut cx, declared, node);
        settings.connections.extend(connection.map(|connection| (name.clone(), connection)));
    }
    for (name, (declared, node)) in &layer.targets {
        let target = target(&mut cx, declared, node);
        settings.targets.extend(target.map(|target| (name.clone(), target)));
    }
    for (id, (declared, node)) in &layer.plugins {
        let plugin = plugins::read(&mut cx, declared, node);
        settings.plugins.extend(plugin.map(|plugin| (id.clone(), plugin)));
    }
    if let Some((place, node)) = &layer.budgets {
        settings.budgets = budgets::read(&mut cx, node, *place);
    }
    (settings, cx.finish().1)
}

fn target<'a>(cx: &mut Context<'a>, name: &Spanned<String>, node: &'a Node) -> Option<Target> {
    let keys = Keys::read(node, &TARGET, name.span, &mut cx.problems)?;
    let generator = keys.text("generator", &mut cx.problems);
    let out = keys.text("out", &mut cx.problems);
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

/// Whether a path is written relative to the project and stays in it.
pub(crate) fn is_inside(path: &str) -> bool {
    let rooted = path.starts_with('/') || path.contains(['\\', ':']);
    !path.is_empty() && !rooted && path.split('/').all(|part| part != "..")
}
