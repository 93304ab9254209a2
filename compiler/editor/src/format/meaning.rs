//! What must be the same before and after: values, and comments.

use locus_diag::SourceId;
use locus_model::{Node, NodeKind};
use locus_syntax::codes;
use locus_syntax::layout::comment_texts;
use locus_syntax::parse_yaml;

use super::Unformatted;

/// What a text means to a program and to its readers.
#[derive(PartialEq, Debug)]
pub(super) struct Meaning {
    /// The documents: places, and the quotes around keys, count for nothing.
    documents: Vec<Node>,
    /// The comments, sorted: one may stand elsewhere afterwards.
    comments: Vec<String>,
    /// The codes of the problems.
    problems: Vec<String>,
}

pub(super) fn read(source: SourceId, text: &str) -> Result<Meaning, Unformatted> {
    // Behind any of these the text may mean something else than it seems to.
    let hides = [
        codes::YAML_SYNTAX,
        codes::UNQUOTED_EXPRESSION,
        codes::NESTING_TOO_DEEP,
        codes::UNSUPPORTED_KEY,
    ];
    let (mut documents, problems) = parse_yaml(source, text);
    if problems.iter().any(|problem| hides.iter().any(|code| code.name == problem.code)) {
        return Err(Unformatted::Broken(problems));
    }
    documents.iter_mut().for_each(without_places);
    let mut comments: Vec<String> =
        comment_texts(text).ok_or(Unformatted::Unsafe)?.into_iter().map(str::to_owned).collect();
    comments.sort();
    let mut problems: Vec<String> = problems.into_iter().map(|problem| problem.code).collect();
    problems.sort();
    Ok(Meaning { documents, comments, problems })
}

fn without_places(node: &mut Node) {
    let nowhere = locus_diag::Span::new(node.span.source, 0..0);
    node.span = nowhere;
    match &mut node.kind {
        NodeKind::String(text) => text.runs.clear(),
        NodeKind::Sequence(items) => items.iter_mut().for_each(without_places),
        NodeKind::Mapping(entries) => {
            for entry in entries {
                entry.key.span = nowhere;
                without_places(&mut entry.value);
            }
        }
        _ => {}
    }
}
