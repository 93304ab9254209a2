//! Fixes of diagnostics: one by one, and all that are certain at once.

use locus_compiler::fix;
use locus_diag::{Applicability, Diagnostic, Label, SourceId, Span};
use serde_json::{Value, json};

use super::Server;
use super::documents::uri;
use super::projects::Project;
use super::publish::shown;
use super::rpc::{Answer, Failure};
use crate::lines::Position;

impl Server {
    pub(super) fn actions(&mut self, params: &Value) -> Answer {
        let here = uri(params)?.to_owned();
        let (index, name) = self.project(&here)?;
        let resolves = self.client.resolves_edits;
        let document = self.documents.get(&here).ok_or_else(Failure::internal)?;
        let offset = |key: &str| {
            let position = Position::from_json(&params["range"][key])?;
            Some(document.lines.offset(&document.text, position))
        };
        let (Some(start), Some(end)) = (offset("start"), offset("end")) else {
            return Err(Failure::params("a range"));
        };
        let project = self.projects.get_mut(index).ok_or_else(Failure::internal)?;
        let source = project.source(&name).ok_or_else(Failure::internal)?;
        let mut actions = Vec::new();
        if wants(params, "quickfix") {
            let selected = Span::new(source, start..end);
            actions.extend(fixes(project, selected, &here));
        }
        let asked = params["context"]["only"].is_array() && wants(params, "source.fixAll");
        if asked || wants(params, "source.fixAll") && resolves {
            actions.extend(fix_all(project, source, &here, resolves));
        }
        Ok(actions.into())
    }

    pub(super) fn resolve_action(&mut self, action: &Value) -> Answer {
        let mut action = action.clone();
        if let Some(here) = action["data"]["uri"].as_str().map(str::to_owned) {
            let (index, _) = self.project(&here)?;
            let project = self.projects.get_mut(index).ok_or_else(Failure::internal)?;
            action["edit"] = all_fixes(project, &here);
        }
        Ok(action)
    }
}

/// Whether actions of a kind are asked for.
fn wants(params: &Value, kind: &str) -> bool {
    let Some(only) = params["context"]["only"].as_array() else { return true };
    let covers = |wanted: &str| {
        kind == wanted || kind.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('.'))
    };
    only.iter().filter_map(Value::as_str).any(|wanted| {
        covers(wanted) || wanted.strip_prefix(kind).is_some_and(|rest| rest.starts_with('.'))
    })
}

/// The fixes of the diagnostics in a selection.
fn fixes(project: &Project, selected: Span, here: &str) -> Vec<Value> {
    let touches = |problem: &&Diagnostic| {
        problem.labels.iter().any(|Label { span, .. }| {
            span.source == selected.source
                && span.start <= selected.end
                && selected.start <= span.end
        })
    };
    let problems = project.compilation().diagnostics.iter().filter(touches);
    problems
        .flat_map(|problem| {
            problem.fixes.iter().map(move |fix| {
                json!({
                    "title": capitalized(&fix.title),
                    "kind": "quickfix",
                    "diagnostics": [shown(problem, |span| project.location(span, here))],
                    "isPreferred": fix.applicability == Applicability::Certain,
                    "edit": project.workspace_edit(&fix.edits, here),
                })
            })
        })
        .collect()
}

/// One action for all certain fixes of a project; none where there is none in this file.
fn fix_all(project: &mut Project, source: SourceId, here: &str, later: bool) -> Option<Value> {
    let is_certain = |problem: &Diagnostic| {
        problem.fixes.iter().any(|fix| {
            fix.applicability == Applicability::Certain
                && fix.edits.iter().any(|(span, _)| span.source == source)
        })
    };
    if !project.compilation().diagnostics.iter().any(is_certain) {
        return None;
    }
    let mut action =
        json!({ "title": "Make all certain fixes of the project", "kind": "source.fixAll" });
    if later {
        action["data"] = json!({ "uri": here });
    } else {
        action["edit"] = all_fixes(project, here);
    }
    Some(action)
}

/// What `locus check --fix` would change.
fn all_fixes(project: &mut Project, here: &str) -> Value {
    let fixed = fix(&mut project.workspace);
    for (name, (before, _)) in &fixed.files {
        // The editor makes the changes, and tells of them.
        project.workspace.update(name, std::sync::Arc::clone(before));
    }
    project.changed();
    let edits: Vec<(Span, String)> = fixed
        .files
        .iter()
        .filter_map(|(name, (before, after))| {
            let source = project.source(name)?;
            Some((Span::new(source, 0..before.len()), after.to_string()))
        })
        .collect();
    project.workspace_edit(&edits, here)
}

fn capitalized(title: &str) -> String {
    let mut letters = title.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
