//! An out folder as it is against as it should be: what to do with each file, and what speaks against it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use locus_diag::Diagnostic;

use super::commit::Step;
use super::view::View;
use super::{Action, FileReport, WriteOptions};
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
pub(super) struct Compared {
    pub(super) path: String,
    pub(super) target: String,
    pub(super) action: Action,
    pub(super) new: Option<String>,
    pub(super) old: Option<Vec<u8>>,
    /// Whether a file or link is there, even one whose content nobody needs.
    pub(super) there: bool,
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
    let mut view = View::new(root, out, options);
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
    keep_what_only_changed_its_case(&mut files, &wanted);
    let mut entries = kept;
    entries.extend(wanted.values().map(|(output, file)| ManifestEntry::of(file, &output.target)));
    let interim = interim(&entries, &old, &files);
    let manifest = manifest_change(entries, old_manifest.map(|(_, text)| text), outputs);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let View { folder, problems, .. } = view;
    (Comparison { folder, out: out.to_owned(), files, interim, manifest }, problems)
}

/// Where case does not count, a file that leaves under one spelling takes the one that stays under another with it: so that one
/// is written again.
fn keep_what_only_changed_its_case(
    files: &mut [Compared],
    wanted: &BTreeMap<&str, (&TargetOutput, &GeneratedFile)>,
) {
    let leaving = files.iter().filter(|file| file.action == Action::Remove);
    let leaving: BTreeSet<String> = leaving.map(|file| fold(&file.path)).collect();
    for file in files.iter_mut().filter(|file| file.action == Action::Unchanged) {
        if let Some((_, generated)) = wanted.get(file.path.as_str())
            && leaving.contains(&fold(&file.path))
        {
            file.action = Action::Update;
            file.new = Some(generated.text.clone());
            file.old = Some(generated.text.clone().into_bytes());
        }
    }
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
