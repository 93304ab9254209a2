//! What stands at a place in a document: the way to it, and what belongs there.

use locus_model::language::{Form, MANIFEST, SPEC};
use locus_model::{Entry, Node, NodeKind};
use locus_plugin::Registry;

use crate::grammar::{Meaning, Slot};

/// What stands at a place.
#[derive(Debug)]
pub(super) struct Spot<'n> {
    /// The mappings and lists around, outermost first: each with what belongs in its place.
    pub(super) around: Vec<(&'n Node, Slot<'n>)>,
    pub(super) what: What<'n>,
}

/// What it is.
#[derive(Debug)]
pub(super) enum What<'n> {
    /// A key, with the mapping it is of.
    Key { mapping: &'n Node, slot: Slot<'n>, entry: &'n Entry },
    /// A value, and what belongs there; with the mapping and key it stands behind, if it does so directly.
    Value { node: &'n Node, slot: Slot<'n>, mapping: Option<&'n Node> },
}

impl<'n> Spot<'n> {
    /// The place `offset` in a document of a spec, or of a manifest.
    pub(super) fn at(
        document: &'n Node,
        is_manifest: bool,
        offset: usize,
        registry: &'n Registry,
    ) -> Self {
        let root = if is_manifest { &MANIFEST } else { &SPEC };
        let slot = Slot::of(Form::Construct(root));
        let what = What::Value { node: document, slot, mapping: None };
        let mut spot = Self { around: Vec::new(), what };
        while let Some(inner) = spot.inner(offset, registry) {
            spot.what = inner;
        }
        spot
    }

    /// What stands at the place inside of this, if it is not this itself.
    fn inner(&mut self, offset: usize, registry: &'n Registry) -> Option<What<'n>> {
        let What::Value { node, slot, .. } = self.what else { return None };
        let slot = slot.chosen(node);
        let inner = match &node.kind {
            NodeKind::Sequence(items) => {
                let item = items.iter().find(|item| holds(item, offset))?;
                What::Value { node: item, slot: slot.item(), mapping: None }
            }
            NodeKind::Mapping(entries) => {
                let on_key = |entry: &&Entry| {
                    (entry.key.span.start as usize..=entry.key.span.end as usize).contains(&offset)
                };
                if let Some(entry) = entries.iter().find(on_key) {
                    What::Key { mapping: node, slot, entry }
                } else {
                    let entry = entries.iter().find(|entry| holds(&entry.value, offset))?;
                    let (_, behind) = slot.key(node, &entry.key.value, registry);
                    What::Value { node: &entry.value, slot: behind, mapping: Some(node) }
                }
            }
            _ => return None,
        };
        self.around.push((node, slot));
        Some(inner)
    }

    /// What the key here means.
    pub(super) fn meaning(&self, registry: &'n Registry) -> Option<Meaning<'n>> {
        match &self.what {
            What::Key { mapping, slot, entry } => {
                Some(slot.key(mapping, &entry.key.value, registry).0)
            }
            What::Value { .. } => None,
        }
    }
}

fn holds(node: &Node, offset: usize) -> bool {
    (node.span.start as usize..=node.span.end as usize).contains(&offset)
}
