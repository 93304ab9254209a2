//! An out folder as it is against as it should be: what to do with each file, and what speaks against it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use locus_diag::Diagnostic;
use locus_plugin::Ownership;

use super::commit::Step;
use super::{Action, FileReport, WriteOptions, problems};
use crate::disk::{self, Found};
use crate::manifest::{MANIFEST, Manifest, ManifestEntry, content_hash, unix_line_ends};
use crate::output::{GeneratedFile, TargetOutput};
use crate::paths::{self, fold};

/// What is to be done in one out folder.
pub(super) struct Comparison {
    folder: PathBuf,
    out: String,
    files: Vec<Compared>,
    /// The manifest to start with, which knows old and new contents; it makes a killed build repeatable.
    interim: Manifest,
    manifest: Compared,
}

/// A file and what is to be done with it.
struct Compared {
    path: String,
    target: String,
    action: Action,
    new: Option<String>,
    old: Option<Vec<u8>>,
    /// Whether a file or link is there, even one whose content nobody needs.
    there: bool,
}

/// A change as texts.
pub(super) struct TextChange {
    pub(super) path: String,
    pub(super) old: Option<String>,
    pub(super) new: Option<String>,
}

impl Comparison {
    /// What happens to every file; a manifest is only listed when it changes.
    pub(super) fn report(&self) -> impl Iterator<Item = FileReport> {
        let manifest = Some(&self.manifest).filter(|file| file.action != Action::Unchanged);
        self.files.iter().chain(manifest).map(|file| FileReport {
            path: paths::join(&self.out, &file.path),
            target: file.target.clone(),
            action: file.action,
        })
    }

    /// The changes as texts.
    pub(super) fn texts(&self) -> impl Iterator<Item = TextChange> {
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        self.files.iter().filter(|file| file.changes()).map(move |file| TextChange {
            path: paths::join(&self.out, &file.path),
            old: file.old.as_ref().map(text),
            new: file.new.clone(),
        })
    }

    /// The changes of the disk, in an order in which each can be done: removals make room for what comes.
    pub(super) fn into_steps(self) -> Vec<Step> {
        let Self { folder, out, files, interim, manifest } = self;
        let step = |file: Compared| Step {
            path: folder.join(&file.path),
            shown: paths::join(&out, &file.path),
            base: folder.clone(),
            text: file.new,
            keeps_old: file.there,
        };
        let (removed, put): (Vec<_>, Vec<_>) = files
            .into_iter()
            .filter(Compared::changes)
            .partition(|file| file.action == Action::Remove);
        let mut steps = Vec::new();
        let mut last = Vec::new();
        if !removed.is_empty() || !put.is_empty() {
            let first = Compared {
                path: MANIFEST.to_owned(),
                target: String::new(),
                action: Action::Update,
                new: Some(interim.to_text()),
                old: None,
                there: manifest.there,
            };
            steps.push(step(first));
            last.push(Step { keeps_old: false, ..step(manifest) });
        } else if manifest.changes() {
            last.push(step(manifest));
        }
        steps.extend(removed.into_iter().chain(put).map(step));
        steps.extend(last);
        steps
    }
}

impl Compared {
    fn changes(&self) -> bool {
        matches!(self.action, Action::Create | Action::Update | Action::Remove)
    }
}

/// Compares what these targets, which share an out folder, have generated with what is there.
pub(super) fn compare(
    root: &Path,
    out: &str,
    outputs: &[&TargetOutput],
    options: &WriteOptions,
) -> (Comparison, Vec<Diagnostic>) {
    let mut view = View {
        root,
        out,
        folder: if out.is_empty() { root.to_owned() } else { root.join(out) },
        options,
        problems: Vec::new(),
        outermost: BTreeMap::new(),
    };
    let old_manifest = view.manifest(outputs);
    let old = old_manifest.as_ref().map(|(manifest, _)| manifest.clone()).unwrap_or_default();
    let wanted: BTreeMap<&str, (&TargetOutput, &GeneratedFile)> = outputs
        .iter()
        .flat_map(|output| output.files.iter().map(|file| (file.path.as_str(), (*output, file))))
        .collect();
    let (mut files, kept) = view.leftovers(&old, &wanted, outputs);
    let leaving: BTreeSet<PathBuf> =
        files.iter().map(|file| view.folder.join(&file.path)).collect();
    let old_entries: BTreeMap<String, &ManifestEntry> =
        old.files.iter().map(|entry| (fold(&entry.path), entry)).collect();
    for (output, file) in wanted.values() {
        let entry = old_entries.get(&fold(&file.path)).copied();
        files.extend(view.file(output, file, entry, &leaving));
    }
    let mut entries = kept;
    entries.extend(wanted.values().map(|(output, file)| ManifestEntry::of(file, &output.target)));
    let interim = interim(&entries, &old, &files);
    let manifest = manifest_change(entries, old_manifest.map(|(_, text)| text), outputs);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let View { folder, problems, .. } = view;
    (Comparison { folder, out: out.to_owned(), files, interim, manifest }, problems)
}

/// What is known of the disk while an out folder is compared.
struct View<'a> {
    root: &'a Path,
    out: &'a str,
    folder: PathBuf,
    options: &'a WriteOptions,
    problems: Vec<Diagnostic>,
    /// Folders below the root, each with the link that leads out of it, if there is one on the way.
    outermost: BTreeMap<String, Option<String>>,
}

impl View<'_> {
    fn shown(&self, path: &str) -> String {
        paths::join(self.out, path)
    }

    /// The manifest that is there, with its text.
    fn manifest(&mut self, outputs: &[&TargetOutput]) -> Option<(Manifest, Vec<u8>)> {
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
    fn leftovers(
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
    fn file(
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

/// The manifest that stands while files are being changed: it knows each file as it was and as it will be.
fn interim(entries: &[ManifestEntry], old: &Manifest, files: &[Compared]) -> Manifest {
    let by_path: BTreeMap<&str, &Compared> =
        files.iter().map(|file| (file.path.as_str(), file)).collect();
    let with_old = |entry: &ManifestEntry| {
        let old = by_path.get(entry.path.as_str()).and_then(|file| file.old.as_ref());
        ManifestEntry { replaces: old.map(|old| content_hash(old)), ..entry.clone() }
    };
    let leaving = old.files.iter().filter(|entry| {
        by_path.get(entry.path.as_str()).is_some_and(|file| file.action == Action::Remove)
    });
    Manifest {
        files: entries.iter().map(with_old).chain(leaving.cloned()).collect(),
        ..Manifest::default()
    }
}

fn manifest_change(
    entries: Vec<ManifestEntry>,
    old: Option<Vec<u8>>,
    outputs: &[&TargetOutput],
) -> Compared {
    let text = Manifest { files: entries, ..Manifest::default() };
    let new = (!text.files.is_empty()).then(|| text.to_text());
    let action = match (&new, &old) {
        (None, None) => Action::Unchanged,
        (Some(_), None) => Action::Create,
        (None, Some(_)) => Action::Remove,
        (Some(new), Some(old)) if *unix_line_ends(old) == *new.as_bytes() => Action::Unchanged,
        (Some(_), Some(_)) => Action::Update,
    };
    Compared {
        path: MANIFEST.to_owned(),
        target: outputs.first().map(|output| output.target.clone()).unwrap_or_default(),
        action,
        new,
        there: old.is_some(),
        old,
    }
}
