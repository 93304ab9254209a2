//! The outline of a document: sections, what they declare, and the steps of workflows.

use locus_model::{Entry, Node};
use locus_plugin::Registry;
use serde_json::{Value, json};

use super::Server;
use super::documents::{Document, uri};
use super::projects::range_of;
use super::rpc::{Answer, Failure};

/// Kinds of symbols, by the numbers of the protocol.
const MODULE: u8 = 2;
const CLASS: u8 = 5;
const METHOD: u8 = 6;
const FUNCTION: u8 = 12;
const OBJECT: u8 = 19;

impl Server {
    pub(super) fn outline(&mut self, params: &Value) -> Answer {
        let uri = uri(params)?;
        let (index, name) = self.project(uri)?;
        let document = self.documents.get(uri).ok_or_else(Failure::internal)?;
        let project = self.projects.get(index).ok_or_else(Failure::internal)?;
        let source = project.source(&name).ok_or_else(Failure::internal)?;
        let files = &project.compilation().spec.files;
        let file = files.iter().find(|file| file.source == source);
        let manifest = if file.is_none() { project.workspace.manifest() } else { None };
        let documents = file.into_iter().flat_map(|file| &file.documents).chain(manifest);
        let outline = Outline { document, registry: &self.registry };
        let sections = documents.flat_map(|document| document.as_mapping().unwrap_or_default());
        Ok(sections.map(|entry| outline.section(entry)).collect::<Vec<_>>().into())
    }
}

struct Outline<'d> {
    document: &'d Document,
    registry: &'d Registry,
}

impl Outline<'_> {
    fn section(&self, section: &Entry) -> Value {
        let declared = section.value.as_mapping().unwrap_or_default();
        let (kind, steps) = match section.key.value.as_str() {
            "workflows" => (FUNCTION, true),
            "models" | "schemas" => (CLASS, false),
            _ => (OBJECT, false),
        };
        let children = declared.iter().map(|entry| {
            let steps = entry.value.get("steps").filter(|_| steps);
            self.symbol(entry, kind, steps.map(|steps| self.steps(steps)).unwrap_or_default())
        });
        self.symbol(section, MODULE, children.collect())
    }

    fn steps(&self, block: &Node) -> Vec<Value> {
        let steps = block.as_sequence().unwrap_or_default();
        steps.iter().filter_map(|step| self.step(step)).collect()
    }

    fn step(&self, step: &Node) -> Option<Value> {
        let entries = step.as_mapping()?;
        let typed = entries.iter().find(|entry| self.registry.step(&entry.key.value).is_some());
        let id = step.get("id");
        let ty = typed.map(|entry| entry.key.value.as_str()).unwrap_or_default();
        let name = id.and_then(Node::as_str).unwrap_or(ty);
        let selected = id.map(|id| id.span).or(typed.map(|entry| entry.key.span))?;
        let children: Vec<Value> =
            typed.map(|entry| self.inner_blocks(&entry.value)).unwrap_or_default();
        Some(json!({
            "name": if name.is_empty() { "step" } else { name },
            "detail": ty,
            "kind": METHOD,
            "range": range_of(self.document, step.span.range()),
            "selectionRange": range_of(self.document, selected.range()),
            "children": children,
        }))
    }

    /// The steps of the blocks inside parameters, wherever they stand.
    fn inner_blocks(&self, node: &Node) -> Vec<Value> {
        let values = node.as_mapping().unwrap_or_default().iter().map(|entry| &entry.value);
        let items = node.as_sequence().unwrap_or_default().iter();
        values
            .chain(items)
            .flat_map(|inner| {
                let found = self.step(inner).filter(|_| self.is_step(inner));
                found.map_or_else(|| self.inner_blocks(inner), |step| vec![step])
            })
            .collect()
    }

    fn is_step(&self, node: &Node) -> bool {
        let entries = node.as_mapping().unwrap_or_default();
        entries.iter().any(|entry| self.registry.step(&entry.key.value).is_some())
    }

    fn symbol(&self, entry: &Entry, kind: u8, children: Vec<Value>) -> Value {
        let key = entry.key.span;
        let whole = key.to(entry.value.span);
        let name = if entry.key.value.is_empty() { "\"\"" } else { &entry.key.value };
        json!({
            "name": name,
            "kind": kind,
            "range": range_of(self.document, whole.range()),
            "selectionRange": range_of(self.document, key.range()),
            "children": children,
        })
    }
}
