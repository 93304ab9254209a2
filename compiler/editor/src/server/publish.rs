//! Diagnostics as the editor shows them.

use std::collections::BTreeMap;

use locus_compiler::Compilation;
use locus_diag::{Diagnostic, Severity, SourceId, explain};
use serde_json::{Value, json};

use super::Server;
use super::projects::Project;
use super::rpc::notification;
use crate::lines::Lines;

/// Where the pages of the codes stand.
const PAGES: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/codes");

impl Server {
    /// Publishes what changed.
    pub(super) fn publish_changes(&mut self) {
        self.bring_up_to_date();
        let unsaved = self.documents.iter().find(|(_, document)| document.path.is_none());
        let unsaved = unsaved.map(|(uri, _)| uri.clone()).unwrap_or_default();
        for project in &mut self.projects {
            if !std::mem::take(&mut project.unpublished) {
                continue;
            }
            let now = diagnostics(project, &unsaved);
            let gone = project.published.keys().filter(|uri| !now.contains_key(*uri));
            self.out.extend(gone.map(|uri| nothing(uri)));
            for (uri, list) in &now {
                if project.published.get(uri) != Some(list) {
                    let mut params = json!({ "uri": uri, "diagnostics": list });
                    if let Some(document) = self.documents.get(uri) {
                        params["version"] = document.version.into();
                    }
                    self.out.push(notification("textDocument/publishDiagnostics", &params));
                }
            }
            project.published = now;
        }
    }
}

/// No diagnostics.
pub(super) fn nothing(uri: &str) -> Value {
    let params = json!({ "uri": uri, "diagnostics": [] });
    notification("textDocument/publishDiagnostics", &params)
}

/// The diagnostics of every file of a project, by URI.
fn diagnostics(project: &Project, unsaved: &str) -> BTreeMap<String, Value> {
    let Compilation { sources, diagnostics, .. } = project.compilation();
    let mut lines: BTreeMap<SourceId, Lines> = BTreeMap::new();
    for source in sources.iter() {
        let needed = diagnostics.iter().flat_map(|problem| &problem.labels);
        if needed.into_iter().any(|label| label.span.source == source.id) {
            lines.insert(source.id, Lines::of(&source.text));
        }
    }
    let uri = |id: SourceId| {
        let source = sources.get(id)?;
        Some(project.uri(source).unwrap_or_else(|| unsaved.to_owned()))
    };
    let mut by_uri: BTreeMap<String, Vec<Value>> =
        sources.iter().filter_map(|source| Some((uri(source.id)?, Vec::new()))).collect();
    for problem in diagnostics {
        // What has no place is shown at the beginning of the first file.
        let source = problem.primary().map_or(SourceId(0), |span| span.source);
        let Some(uri) = uri(source) else { continue };
        let shown = shown(problem, |span| {
            let source = sources.get(span.source)?;
            let range = lines.get(&span.source)?.range(&source.text, span.range());
            let uri = project.uri(source).unwrap_or_else(|| unsaved.to_owned());
            Some(json!({ "uri": uri, "range": range }))
        });
        by_uri.entry(uri).or_default().push(shown);
    }
    by_uri.into_iter().map(|(uri, list)| (uri, list.into())).collect()
}

/// A diagnostic in the form of the protocol.
pub(super) fn shown(
    problem: &Diagnostic,
    location: impl Fn(locus_diag::Span) -> Option<Value>,
) -> Value {
    let severity = match problem.severity {
        Severity::Error => 1,
        Severity::Warning => 2,
        Severity::Advice => 3,
    };
    let mut message = problem.message.clone();
    if let Some(label) = problem.labels.first().filter(|label| !label.text.is_empty()) {
        message += &format!(" ({})", label.text);
    }
    if let Some(help) = &problem.help {
        message += &format!("\nhelp: {help}");
    }
    let start = json!({ "line": 0, "character": 0 });
    let range = problem.primary().and_then(&location).map(|mut place| place["range"].take());
    let mut shown = json!({
        "range": range.unwrap_or_else(|| json!({ "start": start, "end": start })),
        "severity": severity,
        "code": problem.code,
        "source": "locus",
        "message": message,
    });
    if explain(&problem.code).is_some() {
        shown["codeDescription"] = json!({ "href": format!("{PAGES}/{}.md", problem.code) });
    }
    let others: Vec<Value> = problem
        .labels
        .iter()
        .skip(1)
        .filter_map(|label| {
            Some(json!({ "location": location(label.span)?, "message": label.text }))
        })
        .collect();
    if !others.is_empty() {
        shown["relatedInformation"] = others.into();
    }
    shown
}
