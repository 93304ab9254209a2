//! A front end on a text.

use locus_diag::{Diagnostic, Source, SourceId, Span};
use locus_model::Node;
use serde_json::Value;

use super::{known, linked};

/// What a front end read of a text.
#[derive(Clone, Debug)]
pub struct Read {
    /// The text.
    pub source: Source,
    /// The documents.
    pub documents: Vec<Node>,
    /// The problems found.
    pub problems: Vec<Diagnostic>,
}

/// Reads a text with the linked front end that claims files of this name.
#[must_use]
#[track_caller]
pub fn read(file: &str, text: &str) -> Read {
    let registry = linked();
    let Some(entry) = registry.parser_hook_for(file) else {
        let all = registry.parser_hooks().flat_map(|entry| &entry.meta.suffixes);
        panic!("no front end reads `{file}`; by their suffixes {}", known(all.map(String::as_str)))
    };
    let source = Source { id: SourceId(3), name: file.into(), text: text.into() };
    let parsed = entry.hook.parse(&source);
    Read { source, documents: parsed.documents, problems: parsed.diagnostics }
}

impl Read {
    /// The first document without places; `null` when there is none.
    #[must_use]
    pub fn value(&self) -> Value {
        self.documents.first().map(Node::to_value).unwrap_or_default()
    }

    /// What stands at a JSON pointer of the first document, as it is written in the source.
    #[must_use]
    pub fn text_of(&self, pointer: &str) -> Option<&str> {
        let node = self.documents.first()?.pointer(pointer)?;
        Some(self.text(node.span))
    }

    /// The text at a place.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.source.text.get(span.range()).unwrap_or_default()
    }

    /// Problems as lines: `message, at the text that is pointed at`.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        let line = |problem: &Diagnostic| match problem.primary() {
            Some(span) => format!("{}, at {}", problem.message, self.text(span)),
            None => problem.message.clone(),
        };
        self.problems.iter().map(line).collect()
    }
}
