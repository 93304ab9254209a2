//! What an inner block adds to the paths of its steps. Position never counts: a clause of a list is known by its name, or by
//! what it says.

use locus_diag::{Span, Spanned};
use locus_model::identity::content_hash;
use locus_model::{Node, NodeKind};
use serde_json::Value;

use crate::keys::anchor;
use crate::shape::Shape;

/// The key of a block that adds no name of its own.
const PLAIN: &str = "steps";

/// The names on the way from the parameters to a block.
#[derive(Clone, Default)]
pub(crate) struct Segments {
    names: Vec<String>,
    /// Where the last of them is written.
    pub(crate) place: Option<Span>,
    /// Whether the author wrote the last of them.
    pub(crate) named: bool,
}

impl Segments {
    /// The way through a key; `declared` when the step type knows it by name.
    pub(crate) fn key(&self, key: &Spanned<String>, declared: bool, inner: &Shape) -> Self {
        // A mapping by name and a list of clauses are only the place of what is in them.
        let container = inner.block.is_none() && inner.properties.is_empty();
        if declared && (key.value == PLAIN || container) {
            return self.clone();
        }
        self.with(spell(key), key.span, true)
    }

    /// The way through an item of a list.
    pub(crate) fn item(&self, item: &Node, shape: &Shape) -> Self {
        match item.get("name").map(|name| (name.as_str(), name.span)) {
            Some((Some(name), place)) => self.with(spell(name), place, true),
            _ => self.with(short_hash(&without_blocks(item, shape)), anchor(item), false),
        }
    }

    /// All of it; `None` when the block adds nothing.
    pub(crate) fn join(&self) -> Option<String> {
        (!self.names.is_empty()).then(|| self.names.join("/"))
    }

    fn with(&self, name: String, place: Span, named: bool) -> Self {
        let mut names = self.names.clone();
        names.push(name);
        Self { names, place: Some(place), named }
    }
}

/// The first 8 hex digits of the hash of a value's content.
pub(crate) fn short_hash(value: &Value) -> String {
    let mut hash = content_hash(value);
    hash.truncate(8);
    hash
}

/// A name as it stands in a path: what would be mistaken for a part of the path's own notation is written as in a URL.
fn spell(name: &str) -> String {
    if name.is_empty() {
        return "%".to_owned();
    }
    let mut spelled = String::with_capacity(name.len());
    for letter in name.chars() {
        if letter.is_whitespace() || letter.is_control() || "/[]#%".contains(letter) {
            let mut bytes = [0; 4];
            for byte in letter.encode_utf8(&mut bytes).bytes() {
                spelled.push_str(&format!("%{byte:02X}"));
            }
        } else {
            spelled.push(letter);
        }
    }
    spelled
}

/// A value with nothing in the places of blocks; all of it where it is a block itself.
fn without_blocks(node: &Node, shape: &Shape) -> Value {
    if shape.block.is_some() {
        return node.to_value();
    }
    cut(node, shape)
}

fn cut(node: &Node, shape: &Shape) -> Value {
    match &node.kind {
        _ if shape.block.is_some() => Value::Null,
        NodeKind::Mapping(entries) => {
            let entries = entries.iter().map(|entry| {
                let inner = shape.property(&entry.key.value);
                let value = inner.map_or_else(|| entry.value.to_value(), |s| cut(&entry.value, s));
                (entry.key.value.clone(), value)
            });
            Value::Object(entries.collect())
        }
        NodeKind::Sequence(items) => {
            let cut_item = |item: &Node| match shape.items.as_deref() {
                Some(shape) => cut(item, shape),
                None => item.to_value(),
            };
            Value::Array(items.iter().map(cut_item).collect())
        }
        _ => node.to_value(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_so_that_paths_stay_unambiguous() {
        assert_eq!(spell("in progress"), "in%20progress");
        assert_eq!(spell("application/json"), "application%2Fjson");
        assert_eq!(spell("größe-1.x"), "größe-1.x");
    }
}
