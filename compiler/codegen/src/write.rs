//! The one writer of files. First everything is compared with the disk and every objection collected; only when there is none
//! is anything written, and then all of it or nothing.
//!
//! - A file that is as it should be is not touched: its time stays.
//! - A file that someone edited, or that Locus did not write, is never overwritten unless that is asked for.
//! - A file that is no longer generated is removed only while it is as Locus wrote it.
//! - No file is written through a link that leads out of its folder.

mod commit;
mod compare;
mod diff;
mod problems;
mod view;

use std::collections::BTreeMap;
use std::path::Path;

use locus_diag::Diagnostic;

use crate::output::TargetOutput;
use compare::Comparison;

/// What to do with the outputs.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Write what differs.
    #[default]
    Write,
    /// Write nothing; an error for each target that is not up to date.
    Check,
    /// Write nothing; show what would change.
    Diff,
}

/// How to write.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct WriteOptions {
    /// What to do with the outputs.
    pub mode: Mode,
    /// Whether files that were edited, or that Locus did not write, are overwritten.
    pub force: bool,
    /// Whether the outputs are those of all targets: then files of any other target are left over from one that is gone.
    pub complete: bool,
}

/// What happens to a file, or would happen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// It is made.
    Create,
    /// It is replaced.
    Update,
    /// It is no longer generated and goes.
    Remove,
    /// It is as it should be.
    Unchanged,
    /// It is the user's and stays.
    Keep,
}

/// A file and what happens to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileReport {
    /// Its path below the project.
    pub path: String,
    /// The target it belongs to.
    pub target: String,
    /// What happens to it.
    pub action: Action,
}

/// What was done, or would be.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Report {
    /// Every file, by path; the manifests are among them when they change.
    pub files: Vec<FileReport>,
    /// The changes as a unified diff; only for [`Mode::Diff`].
    pub diff: String,
    /// Whether the disk is now as the report says.
    pub written: bool,
}

impl Report {
    /// The files that change.
    pub fn changes(&self) -> impl Iterator<Item = &FileReport> {
        self.files.iter().filter(|file| !matches!(file.action, Action::Unchanged | Action::Keep))
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn up_to_date(&self) -> bool {
        self.changes().next().is_none()
    }
}

/// Brings the disk below `root`, the project's folder, to what the outputs say.
#[must_use]
pub fn write(
    root: &Path,
    outputs: &[TargetOutput],
    options: &WriteOptions,
) -> (Report, Vec<Diagnostic>) {
    write_with(root, outputs, options, &mut |_| Ok(()))
}

/// [`write()`], with a look before each step at the disk: tests let it fail there.
pub(crate) fn write_with(
    root: &Path,
    outputs: &[TargetOutput],
    options: &WriteOptions,
    before: &mut commit::Before<'_>,
) -> (Report, Vec<Diagnostic>) {
    let mut by_folder: BTreeMap<&str, Vec<&TargetOutput>> = BTreeMap::new();
    for output in outputs {
        by_folder.entry(&output.out).or_default().push(output);
    }
    let mut problems = Vec::new();
    let mut comparisons = Vec::new();
    for (out, outputs) in by_folder {
        let (comparison, found) = compare::compare(root, out, &outputs, options);
        comparisons.push(comparison);
        problems.extend(found);
    }
    let mut report = Report { files: files(&comparisons), ..Report::default() };
    match options.mode {
        Mode::Diff => report.diff = diff::unified(&comparisons),
        Mode::Check => problems.extend(problems::stale(&report, outputs)),
        Mode::Write if problems.iter().any(Diagnostic::is_error) => {}
        Mode::Write => {
            let steps = comparisons.into_iter().flat_map(Comparison::into_steps).collect();
            match commit::commit(steps, before) {
                Ok(()) => report.written = true,
                Err(failure) => problems.push(problems::not_written(&failure)),
            }
        }
    }
    (report, problems)
}

fn files(comparisons: &[Comparison]) -> Vec<FileReport> {
    let mut files: Vec<FileReport> = comparisons.iter().flat_map(Comparison::report).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}
