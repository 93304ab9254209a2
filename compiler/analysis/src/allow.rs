//! `x-allow`: the author's word that a warning is meant so. On a step, a workflow or a whole file, it takes the warnings and the advice of these codes
//! away from all that is inside.

use locus_diag::catalogue::catalogue;
use std::collections::BTreeMap;

use locus_diag::{Diagnostic, Severity, SourceId, Span};
use locus_model::{Node, NodeKind, Spec};

use crate::keys::{list, text};
use crate::messages::project as messages;

/// The key.
pub(crate) const KEY: &str = "x-allow";

/// What the authors of some files allow.
pub struct Allowed<'s> {
    files: BTreeMap<SourceId, &'s [Node]>,
}

impl<'s> Allowed<'s> {
    /// What the files of a program allow.
    #[must_use]
    pub fn of(spec: &'s Spec) -> Self {
        let files = spec.files.iter().map(|file| (file.source, file.documents.as_slice()));
        Self { files: files.collect() }
    }

    /// Whether a problem is meant so.
    #[must_use]
    pub fn has(&self, problem: &Diagnostic) -> bool {
        problem.severity != Severity::Error
            && problem.primary().is_some_and(|place| {
                let documents = self.files.get(&place.source);
                let mut documents = documents.into_iter().copied().flatten();
                documents.any(|document| allows(document, &problem.code, place))
            })
    }
}

/// Whether one of the mappings around a place, from this one inwards, allows a code.
fn allows(node: &Node, code: &str, place: Span) -> bool {
    let holds = |span: Span| span.start <= place.start && place.end <= span.end;
    match &node.kind {
        NodeKind::Mapping(entries) => {
            let listed = node.get(KEY).is_some_and(|list| names(list, code));
            let mut inner =
                entries.iter().filter(|entry| holds(entry.key.span.to(entry.value.span)));
            listed || inner.any(|entry| allows(&entry.value, code, place))
        }
        NodeKind::Sequence(items) => {
            items.iter().filter(|item| holds(item.span)).any(|item| allows(item, code, place))
        }
        _ => false,
    }
}

fn names(list: &Node, code: &str) -> bool {
    match &list.kind {
        NodeKind::Sequence(items) => items.iter().any(|item| item.as_str() == Some(code)),
        _ => list.as_str() == Some(code),
    }
}

/// Checks what is written behind `x-allow`: codes of warnings.
pub(crate) fn check(node: &Node, problems: &mut Vec<Diagnostic>) {
    let items = match &node.kind {
        NodeKind::String(_) => std::slice::from_ref(node),
        _ => list(node, "a list of codes, such as `[unused-result]`", problems).unwrap_or_default(),
    };
    let catalogue = catalogue();
    for item in items {
        let Some(code) = text(item, problems) else { continue };
        // Those of plugins are not in the catalogue, and where it cannot be had nothing is known.
        if code.contains('/') || catalogue.is_empty() {
            continue;
        }
        match catalogue.iter().find(|known| known.name == code.value) {
            None => {
                let warnings = catalogue.iter().filter(|known| known.severity != Severity::Error);
                problems.push(messages::unknown_code(&code, warnings.map(|known| known.name)));
            }
            Some(known) if known.severity == Severity::Error => {
                problems.push(messages::error_allowed(&code));
            }
            Some(_) => {}
        }
    }
}
