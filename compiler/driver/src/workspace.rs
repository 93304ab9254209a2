//! A program that is compiled again and again while it is edited: what a language server and a watcher hold.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use locus_analysis::Site;
use locus_diag::{SourceId, Sources};
use locus_model::Node;
use locus_plugin::Registry;
use locus_syntax::world::normalize;
use locus_syntax::{DiskWorld, World};

use crate::compile::{Compilation, split};
use crate::incremental::Incremental;
use crate::overlay::Overlay;

/// A program that is edited. Every change gives the compilation that [`compile`](crate::compile()) would give, and only what the
/// change concerns is done again.
///
/// Files are named as in [`Source::name`](locus_diag::Source): relative to the root, with `/`.
pub struct Workspace {
    world: Overlay,
    start: String,
    /// All that is linked; what the project makes of it is in the compilation.
    registry: Arc<Registry>,
    state: Incremental,
}

impl Workspace {
    /// Opens a spec file, or the project in a folder.
    #[must_use]
    pub fn open(path: &Path, registry: Arc<Registry>) -> Self {
        let (root, start) = split(path);
        let mut workspace = Self::new(Box::new(DiskWorld::new(&root)), &start, registry);
        workspace.state.compilation.root = root;
        workspace
    }

    /// Opens what is at a path of a world.
    #[must_use]
    pub fn new(world: Box<dyn World>, start: &str, registry: Arc<Registry>) -> Self {
        let mut workspace = Self {
            world: Overlay::new(world),
            start: start.to_owned(),
            registry,
            state: Incremental::empty(None),
        };
        workspace.refresh();
        workspace
    }

    /// The program as it stands.
    #[must_use]
    pub const fn compilation(&self) -> &Compilation {
        &self.state.compilation
    }

    /// The texts of the files as written, without what hooks put into the program.
    #[must_use]
    pub fn sources(&self) -> &Sources {
        self.state.sources()
    }

    /// The manifest of the project as written, if there is one.
    #[must_use]
    pub fn manifest(&self) -> Option<&Node> {
        self.state.compilation.manifest.as_ref()
    }

    /// What is known of the types at a place inside of a string with expressions, one that is still being written included.
    #[must_use]
    pub fn site(&self, source: SourceId, offset: usize) -> Option<Site> {
        self.state.site(source, u32::try_from(offset).ok()?)
    }

    /// Takes the text of a file as an editor holds it; it counts instead of what is saved, until [`close`](Self::close). A file
    /// that is not there yet is added if it is one of the project by its name. Paths that leave the root change nothing.
    pub fn update(&mut self, file: &str, text: impl Into<Arc<str>>) -> &Compilation {
        let (Ok(file), text) = (normalize(file), text.into()) else { return self.compilation() };
        self.world.set(&file, Arc::clone(&text));
        match self.state.replace(&file, text) {
            Some(source) => self.check(&BTreeSet::from([source])),
            None => self.refresh(),
        }
    }

    /// Goes back to what is saved of a file.
    pub fn close(&mut self, file: &str) -> &Compilation {
        let Ok(file) = normalize(file) else { return self.compilation() };
        self.world.unset(&file);
        match self.world.below.read(&file) {
            Ok(text) => match self.state.replace(&file, text) {
                Some(source) => self.check(&BTreeSet::from([source])),
                None => self.refresh(),
            },
            Err(_) => self.refresh(),
        }
    }

    /// Looks at all files again: some were saved, made or removed by others.
    pub fn refresh(&mut self) -> &Compilation {
        let changed = self.state.read(&self.world, &self.start, &self.registry);
        self.check(&changed)
    }

    fn check(&mut self, changed: &BTreeSet<SourceId>) -> &Compilation {
        self.state.check(changed);
        self.compilation()
    }
}
