//! Tests of resolving with step types made by hand: names, paths, signatures, inner blocks. What is reported where is tested by the cases
//! under `tests/suite/` of the workspace.

mod identity;
mod plugins;
mod registry;

use locus_diag::{SourceId, Span, Spanned};
use locus_model::{Entry, Node, NodeKind, Program, Spec, SpecFile, Text};
use serde_json::Value;

/// A value as a spec would have it; all of it at one place.
fn node(value: &Value) -> Node {
    let span = Span::new(SourceId(0), 0..0);
    let kind = match value {
        Value::Null => NodeKind::Null,
        Value::Bool(value) => NodeKind::Bool(*value),
        Value::Number(number) => NodeKind::Number(number.clone()),
        Value::String(text) => NodeKind::String(Text::verbatim(text.as_str(), 0, false)),
        Value::Array(items) => NodeKind::Sequence(items.iter().map(node).collect()),
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| Entry {
                key: Spanned::new(key.clone(), span),
                value: node(value),
            };
            NodeKind::Mapping(map.iter().map(entry).collect())
        }
    };
    Node::new(kind, span)
}

/// The program of one file, with the codes and messages of all problems.
fn check(document: &Value) -> (Program, Vec<String>) {
    let spec = Spec {
        files: vec![SpecFile { source: SourceId(0), documents: vec![node(document)] }],
        ..Spec::default()
    };
    let (program, problems) = crate::check(&spec, None, &registry::registry());
    let words =
        problems.into_iter().map(|problem| format!("{}: {}", problem.code, problem.message));
    (program, words.collect())
}

/// The program of one workflow `w` with these steps; nothing may be wrong with it.
fn workflow(steps: &Value) -> Program {
    let (program, problems) =
        check(&serde_json::json!({ "workflows": { "w": { "steps": steps } } }));
    assert!(problems.is_empty(), "{problems:#?}");
    program
}

/// The paths of all steps of the workflow `w`.
fn paths(program: &Program) -> Vec<&str> {
    program.workflows["w"].steps.walk().into_iter().map(|step| step.path.as_str()).collect()
}
