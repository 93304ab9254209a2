//! What is known of a workflow's result without running it: the form of what stands under `output`.

use locus_plugin::model::{Node, NodeKind, Workflow};

/// The form of a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    /// Only a run can tell.
    Unknown,
    /// Text.
    Text,
    /// A number.
    Number,
    /// `true` or `false`.
    Bool,
    /// Nothing.
    Null,
    /// A list.
    List,
    /// An object with these keys, all of them there.
    Object(Vec<(String, Shape)>),
}

/// The form of a workflow's result; the result of its last step is not known.
pub(crate) fn result(workflow: &Workflow) -> Shape {
    workflow.output.as_ref().map_or(Shape::Unknown, of)
}

fn of(node: &Node) -> Shape {
    match &node.kind {
        NodeKind::Null => Shape::Null,
        NodeKind::Bool(_) => Shape::Bool,
        NodeKind::Number(_) => Shape::Number,
        NodeKind::String(text) => of_text(&text.value),
        NodeKind::Sequence(_) => Shape::List,
        NodeKind::Mapping(entries) => Shape::Object(
            entries.iter().map(|entry| (entry.key.value.clone(), of(&entry.value))).collect(),
        ),
    }
}

/// Text with something around an expression stays text; an expression alone gives whatever it gives.
fn of_text(text: &str) -> Shape {
    let without_escapes = text.replace("$${", "");
    let trimmed = without_escapes.trim();
    if trimmed.starts_with("${") && trimmed.ends_with('}') { Shape::Unknown } else { Shape::Text }
}
