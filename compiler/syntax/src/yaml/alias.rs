//! Anchors and aliases. What aliases stand for is counted before it is copied, so that a few lines cannot fill the memory.

use std::collections::BTreeMap;

use locus_model::{Node, NodeKind};

/// Values that all aliases of a file may stand for together.
pub(crate) const MOST_VALUES: usize = 100_000;
/// Copies of anchored values that are kept, as a multiple of what aliases may stand for.
const KEPT: usize = 4;

/// How much a value holds.
#[derive(Clone, Copy, Default, Debug)]
struct Size {
    values: usize,
    bytes: usize,
    /// Lists and mappings inside each other.
    depth: usize,
}

/// What an alias stands for.
#[derive(Debug)]
pub(crate) enum Expansion {
    /// A copy of the anchored value.
    Value(Node),
    /// The anchored value is not complete, or was left out.
    Missing,
    /// More than aliases may stand for.
    TooMuch,
    /// The copy would be nested too deep.
    TooDeep,
}

/// The anchors of a document, and what is left of the file's allowance.
#[derive(Debug)]
pub(crate) struct Anchors {
    /// `None` for a value that is larger than any alias may stand for.
    known: BTreeMap<usize, Option<(Node, Size)>>,
    allowed: Size,
    keepable: Size,
}

impl Anchors {
    /// None yet, in a text of so many bytes.
    pub(crate) fn new(text: usize) -> Self {
        let bytes = text.saturating_mul(10).clamp(1024 * 1024, 64 * 1024 * 1024);
        let allowed = Size { values: MOST_VALUES, bytes, depth: 0 };
        let keepable = Size { values: MOST_VALUES * KEPT, bytes: bytes * KEPT, depth: 0 };
        Self { known: BTreeMap::new(), allowed, keepable }
    }

    /// Forgets the anchors, but not what their aliases stood for: a new document begins.
    pub(crate) fn clear(&mut self) {
        self.known.clear();
    }

    /// Remembers the value of an anchor.
    pub(crate) fn define(&mut self, id: usize, node: &Node) {
        let mut size = Size::default();
        let fits = measure(node, &mut size, 0, self.allowed);
        let kept = fits && size.values <= self.keepable.values && size.bytes <= self.keepable.bytes;
        if kept {
            self.keepable.values -= size.values;
            self.keepable.bytes -= size.bytes;
        }
        self.known.insert(id, kept.then(|| (node.clone(), size)));
    }

    /// A copy of what an alias at this depth stands for.
    pub(crate) fn expand(&mut self, id: usize, depth: usize, deepest: usize) -> Expansion {
        let Some(known) = self.known.get(&id) else {
            return Expansion::Missing;
        };
        let Some((node, size)) = known else {
            return Expansion::TooMuch;
        };
        let (Some(values), Some(bytes)) = (
            self.allowed.values.checked_sub(size.values),
            self.allowed.bytes.checked_sub(size.bytes),
        ) else {
            return Expansion::TooMuch;
        };
        if depth + size.depth > deepest {
            return Expansion::TooDeep;
        }
        (self.allowed.values, self.allowed.bytes) = (values, bytes);
        Expansion::Value(node.clone())
    }
}

/// Adds up what `node` holds; `false` as soon as that is more than `limit`.
fn measure(node: &Node, size: &mut Size, depth: usize, limit: Size) -> bool {
    size.values += 1;
    size.bytes += 8;
    size.depth = size.depth.max(depth);
    match &node.kind {
        NodeKind::String(text) => size.bytes += text.value.len() + 8 * text.runs.len(),
        NodeKind::Sequence(items) => {
            size.depth = size.depth.max(depth + 1);
            return items.iter().all(|item| measure(item, size, depth + 1, limit));
        }
        NodeKind::Mapping(entries) => {
            size.depth = size.depth.max(depth + 1);
            return entries.iter().all(|entry| {
                size.bytes += entry.key.value.len();
                measure(&entry.value, size, depth + 1, limit)
            });
        }
        _ => {}
    }
    size.values <= limit.values && size.bytes <= limit.bytes
}
