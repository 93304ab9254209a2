//! The specs below a folder: found without following links to folders, minus hidden and ignored ones.

use locus_diag::{Diagnostic, Sources};

use crate::project::ignored::Ignored;
use crate::world::{Listed, ListedKind, ReadError, World, join};

/// What a walk found, in no particular order.
#[derive(Default)]
pub(crate) struct Found {
    /// The paths of specs.
    pub(crate) specs: Vec<String>,
    /// Files whose names only nearly end like those of specs.
    pub(crate) near: Vec<String>,
    /// Folders that could not be read.
    pub(crate) unreadable: Vec<(String, ReadError)>,
}

impl Found {
    /// What could not be read, as problems.
    pub(crate) fn problems(&self, sources: &mut Sources) -> Vec<Diagnostic> {
        let unreadable = self.unreadable.iter();
        unreadable.map(|(folder, error)| error.diagnostic(folder, sources)).collect()
    }
}

/// Collects the files below a folder whose names end in one of these suffixes. The list of folders to visit is not the stack: no depth
/// can exhaust it.
pub(crate) fn specs_below(world: &dyn World, start: &str, suffixes: &[&str]) -> Found {
    let is_spec = |name: &str| {
        suffixes.iter().any(|suffix| name.len() > suffix.len() && name.ends_with(suffix))
    };
    let mut found = Found::default();
    let mut folders: Vec<(String, Ignored)> =
        vec![(start.to_owned(), Ignored::above(world, start))];
    while let Some((folder, ignored)) = folders.pop() {
        let listed = match world.list(&folder) {
            Ok(listed) => listed,
            Err(error) => {
                found.unreadable.push((folder, error));
                continue;
            }
        };
        let ignored = ignored.enter(world, &folder, &listed);
        for Listed { name, kind } in listed {
            let path = join(&folder, &name);
            let is_folder = kind == ListedKind::Folder;
            if name.starts_with('.') || ignored.matches(&path, is_folder) {
                continue;
            }
            match kind {
                ListedKind::Folder => folders.push((path, ignored.clone())),
                ListedKind::File | ListedKind::Other if is_spec(&name) => found.specs.push(path),
                ListedKind::File if name.ends_with(".locus.yml") => found.near.push(path),
                _ => {}
            }
        }
    }
    found
}
