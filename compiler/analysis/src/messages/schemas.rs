//! JSON Schemas in files.

use locus_diag::{Diagnostic, Span, Spanned};
use locus_model::node::unescape_token;
use locus_model::{Node, NodeKind};

use super::{excerpt, suggest};
use crate::codes;

pub(crate) fn from_the_network(reference: &Spanned<String>) -> Diagnostic {
    not_resolved(
        reference,
        "would have to be fetched, and nothing is fetched while a program is checked",
        Some("save the schema in the project and refer to that file"),
    )
}

pub(crate) fn not_resolved(
    reference: &Spanned<String>,
    reason: &str,
    help: Option<&str>,
) -> Diagnostic {
    Diagnostic::new(
        codes::UNRESOLVED_SCHEMA,
        format!("`{}` {reason}", excerpt(&reference.value)),
    )
    .at(reference.span, "not resolved")
    .help(help.unwrap_or("write `./file.json#/…` for a schema in a file, `#/schemas/…` or `#/models/…` for a type of the program"))
}

pub(crate) fn unusable(
    reference: &Spanned<String>,
    path: &str,
    reason: &str,
    meant: Option<&str>,
) -> Diagnostic {
    let problem =
        Diagnostic::new(codes::UNRESOLVED_SCHEMA, format!("the schema file `{path}` {reason}"))
            .at(reference.span, "not resolved");
    let Some(meant) = meant else {
        return problem.help("paths are relative to the file they are written in");
    };
    let (written, fragment) = match reference.split_once('#') {
        Some((written, fragment)) => (written, format!("#{fragment}")),
        None => (reference.value.as_str(), String::new()),
    };
    let folder =
        written.rsplit_once('/').map_or_else(String::new, |(folder, _)| format!("{folder}/"));
    let mended = format!("{folder}{meant}{fragment}");
    problem.help(format!("did you mean `{mended}`?")).fix(
        format!("replace `{}` by `{mended}`", reference.value),
        reference.span,
        mended,
    )
}

pub(crate) fn no_such_place(
    reference: &Spanned<String>,
    path: &str,
    pointer: &str,
    document: &Node,
) -> Diagnostic {
    let problem = Diagnostic::new(
        codes::UNRESOLVED_SCHEMA,
        format!("the schema file `{path}` has no `{}`", excerpt(pointer)),
    )
    .at(reference.span, "not resolved")
    .help("behind `#` stands a JSON pointer, for example `#/$defs/Order`");
    // As far as the pointer leads, and what is there instead of the next token.
    let mut at = document;
    let mut way = String::new();
    for token in pointer.split('/').skip(1) {
        let next = match &at.kind {
            NodeKind::Mapping(_) => at.get(&unescape_token(token)),
            _ => None,
        };
        let Some(next) = next else {
            let keys = at.as_mapping().unwrap_or_default().iter();
            let keys: Vec<String> =
                keys.map(|entry| format!("{path}#{way}/{}", entry.key.value)).collect();
            let wrong = format!("{path}#{way}/{token}");
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            return suggest_pointer(problem, reference, &wrong, &keys);
        };
        at = next;
        way = format!("{way}/{token}");
    }
    problem
}

/// Suggests a pointer; the path before it stays as the author wrote it.
fn suggest_pointer(
    problem: Diagnostic,
    reference: &Spanned<String>,
    wrong: &str,
    keys: &[&str],
) -> Diagnostic {
    let fragments = |text: &str| format!("#{}", text.split_once('#').map_or("", |(_, rest)| rest));
    let written = reference.split('#').next().unwrap_or_default().to_owned();
    let whole: Vec<String> =
        keys.iter().map(|key| format!("{written}{}", fragments(key))).collect();
    let wrong = format!("{written}{}", fragments(wrong));
    if wrong != reference.value {
        let names: Vec<&str> = keys.iter().filter_map(|key| key.rsplit('/').next()).collect();
        return problem.help(format!("there are: {}", super::list(&names)));
    }
    suggest(problem, &wrong, reference.span, whole.iter().map(String::as_str), "there are")
}

pub(crate) fn invalid(message: &str, place: Span, path: Option<&str>) -> Diagnostic {
    let what = path.map_or_else(String::new, |path| format!(" in `{path}`"));
    Diagnostic::new(
        codes::INVALID_SCHEMA,
        format!("this is no JSON Schema of 2020-12{what}: {}", message.trim_end_matches('.')),
    )
    .at(place, "")
}
