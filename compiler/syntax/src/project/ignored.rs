//! What `.gitignore` files leave out. Only those of the world count: no settings of the user or the machine, and no `.git`
//! folder is needed, so that a project has the same files everywhere.

use std::sync::Arc;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::world::{Listed, World, join};

/// The name of the files that say what to leave out.
const FILE: &str = ".gitignore";

/// The rules that hold in a folder.
#[derive(Clone, Default, Debug)]
pub(crate) struct Ignored {
    /// Those of the folders on the way, the innermost first.
    innermost: Option<Arc<Rules>>,
}

#[derive(Debug)]
struct Rules {
    own: Gitignore,
    outer: Option<Arc<Rules>>,
}

impl Ignored {
    /// The rules of the folders above `folder`, from the root on.
    pub(crate) fn above(world: &dyn World, folder: &str) -> Self {
        let mut ignored = Self::default();
        if folder.is_empty() {
            return ignored;
        }
        let inner = folder.match_indices('/').filter_map(|(slash, _)| folder.get(..slash));
        for above in std::iter::once("").chain(inner) {
            ignored = ignored.read(world, above);
        }
        ignored
    }

    /// The rules inside `folder`, which holds what is `listed`.
    pub(crate) fn enter(self, world: &dyn World, folder: &str, listed: &[Listed]) -> Self {
        if listed.iter().any(|listed| listed.name == FILE) {
            self.read(world, folder)
        } else {
            self
        }
    }

    /// Whether a path is left out. The innermost rule that says something about it counts.
    pub(crate) fn matches(&self, path: &str, is_folder: bool) -> bool {
        let mut rules = self.innermost.as_deref();
        while let Some(current) = rules {
            let matched = current.own.matched(path, is_folder);
            if !matched.is_none() {
                return matched.is_ignore();
            }
            rules = current.outer.as_deref();
        }
        false
    }

    fn read(self, world: &dyn World, folder: &str) -> Self {
        // A file that cannot be read leaves nothing out; nor does a line that is no pattern, as with git.
        let Ok(text) = world.read(&join(folder, FILE)) else {
            return self;
        };
        let mut builder = GitignoreBuilder::new(folder);
        for line in text.trim_start_matches('\u{feff}').lines() {
            let _ = builder.add_line(None, line);
        }
        match builder.build() {
            Ok(own) => Self { innermost: Some(Arc::new(Rules { own, outer: self.innermost })) },
            Err(_) => self,
        }
    }
}
