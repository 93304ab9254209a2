//! What stands on the disk where an out folder's files belong, and what speaks against writing there.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use locus_diag::Diagnostic;
use locus_plugin::Ownership;

use super::compare::Compared;
use super::{Action, WriteOptions, problems};
use crate::disk::{self, Found};
use crate::manifest::{MANIFEST, Manifest, ManifestEntry, unix_line_ends};
use crate::output::{GeneratedFile, TargetOutput};
use crate::paths;

/// What is known of the disk while an out folder is compared.
pub(super) struct View<'a> {
    root: &'a Path,
    out: &'a str,
    /// The out folder itself.
    pub(super) folder: PathBuf,
    options: &'a WriteOptions,
    /// What speaks against writing.
    pub(super) problems: Vec<Diagnostic>,
    /// Folders below the root, each with the link that leads out of it, if there is one on the way.
    outermost: BTreeMap<String, Option<String>>,
}

impl<'a> View<'a> {
    pub(super) fn new(root: &'a Path, out: &'a str, options: &'a WriteOptions) -> Self {
        Self {
            root,
            out,
            folder: if out.is_empty() { root.to_owned() } else { root.join(out) },
            options,
            problems: Vec::new(),
            outermost: BTreeMap::new(),
        }
    }

    fn shown(&self, path: &str) -> String {
        paths::join(self.out, path)
    }

    /// The manifest that is there, with its text.
    pub(super) fn manifest(&mut self, outputs: &[&TargetOutput]) -> Option<(Manifest, Vec<u8>)> {
        let target = outputs.first()?;
        if let Some(link) = self.link_out(MANIFEST) {
            self.problems.push(problems::leads_out(&self.shown(MANIFEST), &link, target));
            return None;
        }
        let bytes = match disk::look(&self.folder.join(MANIFEST)) {
            Ok(Found::Nothing) => return None,
            Ok(Found::File(bytes)) => bytes,
            Ok(_) => {
                let what = "something stands that is no file";
                self.problems.push(problems::in_the_way(&self.shown(MANIFEST), what, target));
                return None;
            }
            Err(error) => {
                self.problems.push(problems::not_readable(&self.shown(MANIFEST), &error, target));
                return None;
            }
        };
        let parsed = std::str::from_utf8(&bytes)
            .map_err(|error| error.to_string())
            .and_then(Manifest::parse);
        match parsed {
            Ok(manifest) => Some((manifest, bytes)),
            Err(_) if self.options.force => Some((Manifest::default(), bytes)),
            Err(reason) => {
                self.problems.push(problems::bad_manifest(&self.shown(MANIFEST), &reason, target));
                None
            }
        }
    }

    /// What the old manifest has and nobody makes any more: the files that go, and the entries that stay because their target is not
    /// at hand.
    pub(super) fn leftovers(
        &mut self,
        old: &Manifest,
        wanted: &BTreeMap<&str, (&TargetOutput, &GeneratedFile)>,
        outputs: &[&TargetOutput],
    ) -> (Vec<Compared>, Vec<ManifestEntry>) {
        let mut leaving = Vec::new();
        let mut kept = Vec::new();
        for entry in old.files.iter().filter(|entry| !wanted.contains_key(entry.path.as_str())) {
            let own = outputs.iter().find(|output| output.target == entry.target);
            if own.is_none() && !self.options.complete {
                kept.push(entry.clone());
                continue;
            }
            let Some(target) =
                own.or(outputs.first()).filter(|_| entry.ownership == Ownership::Owned)
            else {
                continue;
            };
            let found = match self.link_out(&entry.path) {
                Some(_) => Found::Nothing,
                None => match disk::look(&self.folder.join(&entry.path)) {
                    Ok(found) => found,
                    Err(error) => {
                        let shown = self.shown(&entry.path);
                        self.problems.push(problems::not_readable(&shown, &error, target));
                        continue;
                    }
                },
            };
            match found {
                Found::Nothing => {}
                Found::File(content) if entry.wrote(&content) => leaving.push(Compared {
                    path: entry.path.clone(),
                    target: target.target.clone(),
                    action: Action::Remove,
                    new: None,
                    old: Some(content),
                    there: true,
                }),
                _ => self.problems.push(problems::left_over(&self.shown(&entry.path), target)),
            }
        }
        (leaving, kept)
    }

    /// What to do with a file that shall be there.
    pub(super) fn file(
        &mut self,
        output: &TargetOutput,
        file: &GeneratedFile,
        entry: Option<&ManifestEntry>,
        leaving: &BTreeSet<PathBuf>,
    ) -> Option<Compared> {
        let shown = self.shown(&file.path);
        if let Some(link) = self.link_out(&file.path) {
            self.problems.push(problems::leads_out(&shown, &link, output));
            return None;
        }
        let full = self.folder.join(&file.path);
        let found = disk::look(&full).and_then(|found| self.blocked(&full, found, leaving));
        let (action, old, there) = match found {
            Err(error) => {
                self.problems.push(problems::not_readable(&shown, &error, output));
                return None;
            }
            Ok(Place::Blocked(what)) => {
                self.problems.push(problems::in_the_way(&shown, &what, output));
                return None;
            }
            Ok(Place::Free) => (Action::Create, None, false),
            Ok(Place::Link) if file.ownership == Ownership::Once => (Action::Keep, None, true),
            Ok(Place::File(_)) if file.ownership == Ownership::Once => (Action::Keep, None, true),
            Ok(Place::Link) => {
                if !self.options.force {
                    let what = "a link stands that Locus did not make";
                    self.problems.push(problems::in_the_way(&shown, what, output));
                }
                (Action::Update, None, true)
            }
            Ok(Place::File(content)) => {
                if *unix_line_ends(&content) == *file.text.as_bytes() {
                    (Action::Unchanged, None, true)
                } else {
                    self.object_to(&shown, &content, entry, output);
                    (Action::Update, Some(content), true)
                }
            }
        };
        let changes = matches!(action, Action::Create | Action::Update);
        Some(Compared {
            path: file.path.clone(),
            target: output.target.clone(),
            action,
            new: changes.then(|| file.text.clone()),
            old,
            there,
        })
    }

    /// Reports a content that may not be overwritten.
    fn object_to(
        &mut self,
        shown: &str,
        content: &[u8],
        entry: Option<&ManifestEntry>,
        output: &TargetOutput,
    ) {
        let known = entry.filter(|entry| entry.hash.is_some());
        if self.options.force || known.is_some_and(|entry| entry.wrote(content)) {
            return;
        }
        self.problems.push(match known {
            Some(_) => problems::changed_by_hand(shown, output),
            None => problems::in_the_way(shown, "a file stands that Locus did not write", output),
        });
    }

    /// Whether a file can stand at a place, once what is leaving has left.
    fn blocked(&self, full: &Path, found: Found, leaving: &BTreeSet<PathBuf>) -> io::Result<Place> {
        Ok(match found {
            Found::File(content) => Place::File(content),
            Found::Link => Place::Link,
            Found::Other => Place::Blocked("something stands that is no file".to_owned()),
            Found::Folder => {
                if disk::files_below(full)?.iter().all(|file| leaving.contains(file)) {
                    Place::Free
                } else {
                    Place::Blocked("a folder stands with files that Locus did not write".to_owned())
                }
            }
            Found::Nothing => {
                let above = full.ancestors().skip(1).take_while(|folder| *folder != self.root);
                for folder in above {
                    match disk::look(folder)? {
                        Found::Nothing | Found::Folder | Found::Link => {}
                        Found::File(_) if leaving.contains(folder) => {}
                        Found::File(_) | Found::Other => {
                            let name = folder.file_name().unwrap_or_default().to_string_lossy();
                            return Ok(Place::Blocked(format!("`{name}` is a file and no folder")));
                        }
                    }
                }
                Place::Free
            }
        })
    }

    /// The link on the way to a file that leads out of the out folder, or out of the project on the way to that folder.
    fn link_out(&mut self, path: &str) -> Option<String> {
        let shown = self.shown(path);
        let folders: Vec<&str> = paths::parents(&shown).collect();
        for folder in folders {
            if !self.outermost.contains_key(folder) {
                let link = self.leads_out(folder).then(|| folder.to_owned());
                self.outermost.insert(folder.to_owned(), link);
            }
            if let Some(link) = &self.outermost[folder] {
                return Some(link.clone());
            }
        }
        None
    }

    /// Whether a folder below the root is a link to a place outside of what it belongs to.
    fn leads_out(&self, folder: &str) -> bool {
        let full = self.root.join(folder);
        if !matches!(disk::look(&full), Ok(Found::Link)) {
            return false;
        }
        let inside_out = !self.out.is_empty()
            && folder.strip_prefix(self.out).is_some_and(|rest| rest.starts_with('/'));
        let home = if inside_out { &self.folder } else { self.root };
        match (disk::resolve(&full), disk::resolve(home)) {
            (Ok(target), Ok(home)) => !target.starts_with(home),
            _ => true,
        }
    }
}

/// A place where a file shall stand.
enum Place {
    Free,
    File(Vec<u8>),
    Link,
    Blocked(String),
}
