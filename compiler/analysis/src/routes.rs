//! Routes: paths of URLs whose `{name}` parts are parameters.

use locus_diag::{Span, Spanned};
use locus_model::Node;

use crate::context::Context;
use crate::keys::text;
use crate::messages::project as messages;

/// A route that was understood.
pub(crate) struct Route {
    /// The whole of it.
    pub(crate) path: Spanned<String>,
    /// The same without the names of its parameters: two routes of one shape answer the same URLs.
    pub(crate) shape: String,
    /// Its parameters, in order.
    pub(crate) parameters: Vec<Spanned<String>>,
}

/// Reads a route.
pub(crate) fn read(cx: &mut Context<'_>, node: &Node) -> Option<Route> {
    let path = text(node, &mut cx.problems)?;
    let written = node.as_text()?;
    if !path.starts_with('/') || path.contains(|c: char| c.is_whitespace() || "?#".contains(c)) {
        cx.report(messages::invalid_path(&path, node.span));
        return None;
    }
    let mut shape = String::new();
    let mut parameters: Vec<Spanned<String>> = Vec::new();
    let mut at = 1;
    for part in path[1..].split('/') {
        let range = at..at + part.len();
        at += part.len() + 1;
        let place = written.locate(range, node.span);
        shape.push('/');
        let inner = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
        let Some(name) = inner else {
            if part.contains(['{', '}']) {
                cx.report(messages::invalid_path_parameter(part, place));
                return None;
            }
            shape.push_str(part);
            continue;
        };
        shape.push_str("{}");
        match parameters.iter().any(|earlier| earlier.value == name) {
            true => cx.report(messages::repeated_path_parameter(name, place)),
            false => parameters.push(Spanned::new(name.to_owned(), place)),
        }
    }
    Some(Route { path, shape, parameters })
}

/// The place of a parameter's name between its braces.
pub(crate) fn name_place(parameter: &Spanned<String>) -> Span {
    let Span { source, start, end } = parameter.span;
    if (end - start) as usize == parameter.value.len() + 2 {
        return Span::new(source, start as usize + 1..end as usize - 1);
    }
    parameter.span
}
