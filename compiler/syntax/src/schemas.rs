//! Files of JSON Schemas that types refer to by `$ref`: found from what is written, read once each, JSON or YAML. What cannot be
//! used is kept with the reason: only whoever knows whether a `$ref` is a type or data can tell whether that matters.

use std::collections::BTreeMap;

use locus_diag::{SourceId, Sources};
use locus_model::{Node, NodeKind, SchemaContent, SchemaFile, SchemaFiles, SchemaLink};

use crate::imports::near;
use crate::world::{ReadError, World, join, normalize};
use crate::yaml::parse_yaml;

/// The key that refers to a schema.
const KEY: &str = "$ref";

/// More files than this are nobody's schemas.
const MOST_FILES: usize = 1_000;

/// Reads the files that the documents of some sources refer to, and those that these refer to in turn.
#[must_use]
pub fn schema_files<'n>(
    world: &dyn World,
    documents: impl IntoIterator<Item = (SourceId, &'n [Node])>,
    sources: &mut Sources,
) -> SchemaFiles {
    let mut reader =
        Reader { world, sources, found: SchemaFiles::default(), by_path: BTreeMap::new() };
    for (source, documents) in documents {
        reader.links(source, documents);
    }
    reader.found
}

/// The paths of files that documents refer to, without what stands behind `#`.
#[must_use]
pub fn schema_paths(documents: &[Node]) -> Vec<String> {
    let mut paths = Vec::new();
    documents.iter().for_each(|document| gather(document, &mut paths));
    paths
}

fn gather(node: &Node, paths: &mut Vec<String>) {
    match &node.kind {
        NodeKind::Sequence(items) => items.iter().for_each(|item| gather(item, paths)),
        NodeKind::Mapping(entries) => {
            for entry in entries {
                match entry.value.as_str() {
                    Some(text) if entry.key.value == KEY => {
                        let path = text.split('#').next().unwrap_or_default();
                        if !path.is_empty() && !path.contains("://") {
                            paths.push(path.to_owned());
                        }
                    }
                    _ => gather(&entry.value, paths),
                }
            }
        }
        _ => {}
    }
}

struct Reader<'a> {
    world: &'a dyn World,
    sources: &'a mut Sources,
    found: SchemaFiles,
    by_path: BTreeMap<String, usize>,
}

impl Reader<'_> {
    /// Reads what documents refer to. The list of what is still to be looked at is not the stack.
    fn links(&mut self, source: SourceId, documents: &[Node]) {
        let mut waiting = vec![(source, schema_paths(documents))];
        while let Some((from, paths)) = waiting.pop() {
            for written in paths {
                if self.found.find(from, &written).is_some() {
                    continue;
                }
                let before = self.found.files.len();
                let Some(file) = self.file(from, &written) else { continue };
                self.found.links.push(SchemaLink { from, written, file });
                if let Some(SchemaContent::Document(node)) =
                    self.found.files.get(before).map(|file| &file.content)
                {
                    waiting.push((node.span.source, schema_paths(std::slice::from_ref(node))));
                }
            }
        }
    }

    /// The number of the file at a path that is written in a source.
    fn file(&mut self, from: SourceId, written: &str) -> Option<usize> {
        let name = self.sources.get(from).map(|source| source.name.to_string())?;
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        let (path, content) = match normalize(&join(folder, written)) {
            Ok(path) if !written.starts_with('/') => {
                if let Some(known) = self.by_path.get(&path) {
                    return Some(*known);
                }
                if self.found.files.len() >= MOST_FILES {
                    return None;
                }
                let content = self.read(&path);
                (path, content)
            }
            _ => (written.to_owned(), unusable("leads out of the project")),
        };
        let number = self.found.files.len();
        self.by_path.insert(path.clone(), number);
        self.found.files.push(SchemaFile { path, content });
        Some(number)
    }

    fn read(&mut self, path: &str) -> SchemaContent {
        let text = match self.world.read(path) {
            Ok(text) => text,
            Err(ReadError::NotFound) => {
                let reason = "is not there".to_owned();
                return SchemaContent::Unusable { reason, meant: near(self.world, path) };
            }
            Err(
                error @ (ReadError::TooLarge { .. } | ReadError::NotUtf8 { .. } | ReadError::Utf16),
            ) => {
                return unusable(&error.to_string());
            }
            Err(error) => return unusable(&format!("cannot be read: {error}")),
        };
        let source = self.sources.add(path, text.clone());
        let (documents, problems) = parse_yaml(source, &text);
        if let Some(problem) = problems.iter().find(|problem| problem.is_error()) {
            let line = problem.primary().and_then(|place| {
                let source = self.sources.get(source)?;
                Some(source.line_column(place.start as usize).0)
            });
            let place = line.map_or_else(String::new, |line| format!(" in line {line}"));
            return unusable(&format!("is neither JSON nor YAML{place}: {}", problem.message));
        }
        match <[Node; 1]>::try_from(documents) {
            Ok([document]) => SchemaContent::Document(document),
            Err(documents) if documents.is_empty() => unusable("is empty"),
            Err(_) => unusable("holds several documents"),
        }
    }
}

fn unusable(reason: &str) -> SchemaContent {
    SchemaContent::Unusable { reason: reason.to_owned(), meant: None }
}
