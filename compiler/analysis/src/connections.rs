//! Connections: databases, queues and services, in specs and in the project file.

use indexmap::IndexMap;
use locus_diag::Spanned;
use locus_model::{Connection, Node, NodeKind};

use crate::context::{Context, NamedConnection};
use crate::expressions;
use crate::keys::{is_extension, mapping, text};
use crate::messages::{connections as messages, references, values};
use crate::params;
use crate::sections::Section;
use crate::shape::Shape;

/// The variables that settings may use.
const VARIABLES: [&str; 2] = ["env", "secrets"];

/// Enters the names of connections with the kinds they turned out to be.
pub(crate) fn declare(
    cx: &mut Context<'_>,
    section: &Section<'_>,
    read: &IndexMap<String, Connection>,
) {
    for (name, declared) in section {
        let kind = read.get(*name).map(|connection| connection.kind.value.clone());
        let named = NamedConnection { declared: declared.name.span, kind };
        cx.names_mut().connections.entry((*name).to_owned()).or_insert(named);
    }
}

/// Reads a connection; its settings are those that its kind has.
pub(crate) fn read(
    cx: &mut Context<'_>,
    name: &Spanned<String>,
    node: &Node,
) -> Option<Connection> {
    let entries = mapping(node, "a connection, which is a mapping", &mut cx.problems)?;
    let Some(kind) = node.get("type").filter(|node| node.kind != NodeKind::Null) else {
        cx.report(values::missing_key("type", "a connection", name.span));
        return None;
    };
    let kind = text(kind, &mut cx.problems)?;
    let registry = cx.registry;
    let Some(known) = registry.connection_kind(&kind) else {
        let names: Vec<&str> = registry.connection_kinds().map(|kind| &*kind.name).collect();
        cx.report(messages::unknown_kind(&kind, &names));
        return None;
    };
    let own = |key: &str| key == "type" || is_extension(key);
    let entries = entries.iter().filter(|entry| !own(&entry.key.value)).cloned().collect();
    let written = Node::new(NodeKind::Mapping(entries), node.span);
    let shape = Shape::compile(&known.settings);
    let what = format!("a connection of the type `{}`", known.name);
    let mut inner = cx.apart();
    params::open_settings(&mut inner, &written, &shape, &what, name.span);
    expressions_in(&mut inner, &written, &shape, false);
    let (_, problems) = inner.finish();
    cx.problems.extend(problems);
    Some(Connection { name: name.clone(), kind, settings: written, span: name.span.to(node.span) })
}

/// Checks that a connection that is declared offers what is needed of it; one whose kind is not known is left alone.
pub(crate) fn check_service(cx: &mut Context<'_>, name: &Spanned<String>, service: &str) {
    let registry = cx.registry;
    let offers = |connection: &NamedConnection| {
        let kind = connection.kind.as_ref().and_then(|kind| registry.connection_kind(kind));
        kind.map(|kind| kind.offers.iter().any(|offered| offered == service))
    };
    let Some(connection) = cx.names.connections.get(&name.value) else { return };
    let (Some(false), Some(kind)) = (offers(connection), &connection.kind) else { return };
    let fitting = cx.names.connections.iter().filter(|(_, other)| offers(other) == Some(true));
    let fitting: Vec<&str> = fitting.map(|(name, _)| name.as_str()).collect();
    let problem = messages::wrong_kind(name, kind, service, connection.declared, &fitting);
    cx.report(problem);
}

/// Checks what the expressions in settings refer to: there is no run around them, only the environment and, where a setting is made for it,
/// secrets.
fn expressions_in(cx: &mut Context<'_>, node: &Node, shape: &Shape, secret_safe: bool) {
    let secret_safe = secret_safe || shape.secret_safe;
    match &node.kind {
        NodeKind::String(text) => {
            cx.templates.sort();
            let Some(template) = cx.templates.get(text).cloned() else { return };
            for name in expressions::variables(&template, text, node.span) {
                match name.value.as_str() {
                    "secrets" if !secret_safe => cx.report(messages::secret(name.span)),
                    known if VARIABLES.contains(&known) => {}
                    _ => cx.report(references::unknown_variable(&name, &VARIABLES)),
                }
            }
            let paths = expressions::paths(&template, text, node.span);
            for first in paths.filter_map(|path| path.into_iter().next()) {
                cx.report(references::no_context(&first));
            }
        }
        NodeKind::Sequence(items) => {
            let any = Shape::default();
            let shape = shape.items.as_deref().unwrap_or(&any);
            items.iter().for_each(|item| expressions_in(cx, item, shape, secret_safe));
        }
        NodeKind::Mapping(entries) => {
            let any = Shape::default();
            for entry in entries {
                let shape = shape.property(&entry.key).unwrap_or(&any);
                expressions_in(cx, &entry.value, shape, secret_safe);
            }
        }
        _ => {}
    }
}
