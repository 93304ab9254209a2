//! Connections: databases, queues and services, in specs and in the project file.

use indexmap::IndexMap;
use locus_model::{Connection, Node, NodeKind};

use crate::context::{Context, NamedConnection};
use crate::keys::{mapping, text};
use crate::messages::values;
use crate::scope;
use crate::sections::{Declared, Section};

/// Enters the names of connections.
pub(crate) fn declare(cx: &mut Context<'_>, section: &Section<'_>) {
    for (name, declared) in section {
        cx.names_mut().connections.entry((*name).to_owned()).or_insert_with(|| {
            let kind = declared.node.get("type").and_then(Node::as_str).map(str::to_owned);
            NamedConnection { declared: declared.name.span, kind }
        });
    }
}

/// Reads connections. What their settings mean is known to what they connect to.
pub(crate) fn read(cx: &mut Context<'_>, section: &Section<'_>) -> IndexMap<String, Connection> {
    let read = section
        .iter()
        .filter_map(|(name, declared)| Some(((*name).to_owned(), connection(cx, declared)?)));
    read.collect()
}

fn connection(cx: &mut Context<'_>, declared: &Declared<'_>) -> Option<Connection> {
    let node = declared.node;
    mapping(node, "a connection, which is a mapping", &mut cx.problems)?;
    scope::check_outside(cx, node);
    let Some(kind) = node.get("type") else {
        cx.report(values::missing_key("type", "a connection", declared.name.span));
        return None;
    };
    Some(Connection {
        name: declared.name.clone(),
        kind: text(kind, &mut cx.problems)?,
        settings: settings(node),
        span: declared.name.span.to(node.span),
    })
}

/// All that is said of a connection beside what it is.
fn settings(node: &Node) -> Node {
    let entries = node.as_mapping().unwrap_or_default().iter();
    let settings = entries.filter(|entry| entry.key.value != "type").cloned().collect();
    Node::new(NodeKind::Mapping(settings), node.span)
}
