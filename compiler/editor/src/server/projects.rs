//! The projects that open documents belong to, compiled again after every edit.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use locus_compiler::{Compilation, Workspace};
use locus_diag::{Source, SourceId, Span};
use locus_syntax::{DiskWorld, MANIFEST, MemoryWorld, ReadError, World};
use serde_json::{Value, json};

use super::Server;
use super::documents::{Document, uri};
use super::rpc::Failure;
use crate::lines::{Lines, Position};
use crate::symbols::Symbols;
use crate::uri::uri_of;

/// A project, or a spec outside of any.
pub(super) struct Project {
    /// Its folder; `None` for a text that was never saved.
    root: Option<PathBuf>,
    /// The spec, if it is no project.
    single: Option<String>,
    pub(super) workspace: Workspace,
    /// What was last published, by URI.
    pub(super) published: BTreeMap<String, Value>,
    /// Whether something may have changed since.
    pub(super) unpublished: bool,
    symbols: OnceCell<Symbols>,
}

/// The name of a text that was never saved.
const UNSAVED: &str = "unsaved.locus.yaml";

/// A place in a document that a request is about.
pub(super) struct Target<'s> {
    pub(super) project: &'s mut Project,
    pub(super) document: &'s Document,
    /// The document among the sources of the project.
    pub(super) source: SourceId,
    pub(super) offset: usize,
}

impl Target<'_> {
    /// The place, as narrow as can be.
    pub(super) fn span(&self) -> Span {
        Span::new(self.source, self.offset..self.offset)
    }
}

impl Project {
    fn open(root: PathBuf, single: Option<String>, registry: &Arc<locus_plugin::Registry>) -> Self {
        let path = single.as_ref().map_or_else(|| root.clone(), |name| root.join(name));
        let workspace = Workspace::open(&path, Arc::clone(registry));
        Self::of(Some(root), single, workspace)
    }

    fn unsaved(registry: &Arc<locus_plugin::Registry>) -> Self {
        let world = MemoryWorld::new([(UNSAVED, "")]);
        let workspace = Workspace::new(Box::new(world), UNSAVED, Arc::clone(registry));
        Self::of(None, Some(UNSAVED.to_owned()), workspace)
    }

    const fn of(root: Option<PathBuf>, single: Option<String>, workspace: Workspace) -> Self {
        let published = BTreeMap::new();
        Self { root, single, workspace, published, unpublished: true, symbols: OnceCell::new() }
    }

    pub(super) const fn compilation(&self) -> &Compilation {
        self.workspace.compilation()
    }

    /// The name of a file in this project.
    fn name_of(&self, path: &Path) -> Option<String> {
        let below = path.strip_prefix(self.root.as_ref()?).ok()?;
        let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
        Some(parts.join("/"))
    }

    pub(super) fn source(&self, name: &str) -> Option<SourceId> {
        let sources = &self.compilation().sources;
        sources.iter().find(|source| &*source.name == name).map(|source| source.id)
    }

    /// The URI of a source; a text that was never saved has the one it was opened by.
    pub(super) fn uri(&self, source: &Source) -> Option<String> {
        Some(uri_of(&self.root.as_ref()?.join(&*source.name)))
    }

    /// A place in one of its sources, in the form of the protocol.
    pub(super) fn location(&self, span: Span, unsaved: &str) -> Option<Value> {
        let source = self.compilation().sources.get(span.source)?;
        let uri = self.uri(source).unwrap_or_else(|| unsaved.to_owned());
        let range = Lines::of(&source.text).range(&source.text, span.range());
        Some(json!({ "uri": uri, "range": range }))
    }

    /// Edits by URI, in the form of the protocol.
    pub(super) fn workspace_edit(&self, edits: &[(Span, String)], unsaved: &str) -> Value {
        let mut changes: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for (span, text) in edits {
            if let Some(mut place) = self.location(*span, unsaved) {
                let uri = place["uri"].as_str().unwrap_or_default().to_owned();
                let edit = json!({ "range": place["range"].take(), "newText": text });
                changes.entry(uri).or_default().push(edit);
            }
        }
        json!({ "changes": changes })
    }

    /// Where everything with a name is declared and used.
    pub(super) fn symbols(&self, registry: &locus_plugin::Registry) -> &Symbols {
        self.symbols.get_or_init(|| {
            let Compilation { spec, program, .. } = self.compilation();
            Symbols::of(spec, self.workspace.manifest(), program, registry)
        })
    }

    fn update(&mut self, name: &str, text: &Arc<str>) {
        self.workspace.update(name, Arc::clone(text));
        self.changed();
    }

    pub(super) fn changed(&mut self) {
        self.unpublished = true;
        self.symbols.take();
    }
}

impl Server {
    /// The project of a document, with all edits so far, and the document's name in it.
    pub(super) fn project(&mut self, uri: &str) -> Result<(usize, String), Failure> {
        let not_open = || Failure::params("a document that is open");
        let document = self.documents.get(uri).ok_or_else(not_open)?;
        let path = document.path.clone();
        self.bring_up_to_date();
        Ok(self.find(path.as_deref()))
    }

    /// The place that a request is about.
    pub(super) fn target(&mut self, params: &Value) -> Result<Target<'_>, Failure> {
        let uri = uri(params)?;
        let position = Position::from_json(&params["position"])
            .ok_or_else(|| Failure::params("a position"))?;
        let (index, name) = self.project(uri)?;
        let not_open = || Failure::params("a document that is open");
        let document = self.documents.get(uri).ok_or_else(not_open)?;
        let offset = document.lines.offset(&document.text, position);
        let project = self.projects.get_mut(index).ok_or_else(Failure::internal)?;
        let source = project.source(&name).ok_or_else(Failure::internal)?;
        Ok(Target { project, document, source, offset })
    }

    /// Gives every project the texts that it does not know yet.
    pub(super) fn bring_up_to_date(&mut self) {
        let mut changed = Vec::new();
        for (uri, document) in &mut self.documents {
            if std::mem::take(&mut document.changed) {
                changed.push(uri.clone());
            }
        }
        for uri in changed {
            let Some(document) = self.documents.get(&uri) else { continue };
            let (path, text) = (document.path.clone(), Arc::clone(&document.text));
            let (index, name) = self.find(path.as_deref());
            let project = &mut self.projects[index];
            project.update(&name, &text);
            if let Some(path) = path.filter(|_| project.source(&name).is_none()) {
                // An ignored file below a project, or one of another name.
                project.workspace.close(&name);
                let (index, name) = self.single(&path);
                self.projects[index].update(&name, &text);
            }
        }
    }

    /// The project a file belongs to, opened if it is not yet, and its name there.
    fn find(&mut self, path: Option<&Path>) -> (usize, String) {
        let Some(path) = path else {
            let is_unsaved = |project: &Project| project.root.is_none();
            let index = self.add_unless(is_unsaved, Project::unsaved);
            return (index, UNSAVED.to_owned());
        };
        let (folder, name) = split(path);
        let known = |project: &Project| {
            project.root.as_deref() == Some(folder) && project.single.as_ref() == Some(&name)
        };
        if let Some(index) = self.projects.iter().position(known) {
            return (index, name);
        }
        let Some(root) = root_of(path) else { return self.single(path) };
        let index = self.add_unless(
            |project| project.single.is_none() && project.root.as_deref() == Some(&root),
            |registry| Project::open(root.clone(), None, registry),
        );
        let name = self.projects[index].name_of(path).unwrap_or_default();
        (index, name)
    }

    /// A spec that belongs to no project.
    fn single(&mut self, path: &Path) -> (usize, String) {
        let (folder, name) = split(path);
        let index = self.add_unless(
            |project| {
                project.root.as_deref() == Some(folder) && project.single.as_ref() == Some(&name)
            },
            |registry| Project::open(folder.to_owned(), Some(name.clone()), registry),
        );
        (index, name)
    }

    fn add_unless(
        &mut self,
        is_it: impl Fn(&Project) -> bool,
        make: impl FnOnce(&Arc<locus_plugin::Registry>) -> Project,
    ) -> usize {
        self.projects.iter().position(is_it).unwrap_or_else(|| {
            self.projects.push(make(&self.registry));
            self.projects.len() - 1
        })
    }

    /// A document was closed: what is saved counts again. A spec of its own is not looked at any more.
    pub(super) fn forget(&mut self, uri: &str, document: &Document) {
        let (index, name) = self.find(document.path.as_deref());
        let Some(project) = self.projects.get_mut(index) else { return };
        if project.single.is_some() {
            let published = std::mem::take(&mut project.published);
            let empty = published.keys().map(String::as_str).chain([uri]);
            let empty: Vec<Value> = empty.map(super::publish::nothing).collect();
            self.out.extend(empty);
            self.projects.remove(index);
            return;
        }
        project.workspace.close(&name);
        project.changed();
    }

    /// Files have changed on disk.
    pub(super) fn refresh(&mut self) {
        for project in &mut self.projects {
            project.workspace.refresh();
            project.changed();
        }
    }
}

/// The folder of the project that a file lies in: the next one above it with a manifest.
fn root_of(path: &Path) -> Option<PathBuf> {
    let has_manifest = |folder: &&Path| {
        !matches!(DiskWorld::new(*folder).read(MANIFEST), Err(ReadError::NotFound))
    };
    path.ancestors().skip(1).find(has_manifest).map(Path::to_owned)
}

/// A file's folder and name.
fn split(path: &Path) -> (&Path, String) {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    (path.parent().unwrap_or(Path::new("/")), name)
}

/// A range of bytes of a document, in the form of the protocol.
pub(super) fn range_of(document: &Document, range: Range<usize>) -> Value {
    document.lines.range(&document.text, range)
}
