//! The problems of writing, one function each.

use locus_diag::{Diagnostic, Severity};

use super::commit::Failure;
use super::{Action, Report};
use crate::codes;
use crate::manifest::MANIFEST;
use crate::output::TargetOutput;

/// Most files that a message lists.
const LISTED: usize = 5;

/// A generated file is not as it was written.
pub(super) fn changed_by_hand(path: &str, target: &TargetOutput) -> Diagnostic {
    Diagnostic::new(
        codes::OUTPUT_CHANGED_BY_HAND,
        format!(
            "`{path}` was edited since target `{}` wrote it, and the edit would be lost",
            target.target
        ),
    )
    .at(target.span, "")
    .help("move the edit to the spec or to a file of your own, or give it up with `--force`")
}

/// A file that is no longer generated was edited: it stays.
pub(super) fn left_over(path: &str, target: &TargetOutput) -> Diagnostic {
    let mut problem = Diagnostic::new(
        codes::OUTPUT_CHANGED_BY_HAND,
        format!("`{path}` is no longer generated, but it was edited: it stays, and is yours now"),
    )
    .at(target.span, "")
    .help("remove it if you do not need it");
    problem.severity = Severity::Warning;
    problem
}

/// Something that Locus did not write is in the way.
pub(super) fn in_the_way(path: &str, what: &str, target: &TargetOutput) -> Diagnostic {
    Diagnostic::new(
        codes::OUTPUT_IN_THE_WAY,
        format!("target `{}` would write `{path}`, where {what}", target.target),
    )
    .at(target.span, "")
    .help(
        "move it away, or give the target another out folder; `--force` overwrites files and links",
    )
}

/// A link leads out of the folder that files belong in.
pub(super) fn leads_out(path: &str, link: &str, target: &TargetOutput) -> Diagnostic {
    Diagnostic::new(
        codes::OUTPUT_PATH,
        format!(
            "`{path}` would be written through the link `{link}`, which leads out of its folder"
        ),
    )
    .at(target.span, "")
    .help("replace the link by a folder, or give the target another out folder")
}

/// A manifest cannot be read.
pub(super) fn bad_manifest(path: &str, reason: &str, target: &TargetOutput) -> Diagnostic {
    Diagnostic::new(codes::OUTPUT_MANIFEST, format!("`{path}` is no manifest: {reason}"))
        .at(target.span, "")
        .help("restore it from version control, or remove it: files that are up to date are recognised without it")
}

/// The disk cannot be looked at.
pub(super) fn not_readable(
    path: &str,
    error: &std::io::Error,
    target: &TargetOutput,
) -> Diagnostic {
    Diagnostic::new(
        codes::OUTPUT_NOT_WRITTEN,
        format!("nothing was written: `{path}` cannot be read: {error}"),
    )
    .at(target.span, "")
}

/// The disk refused.
pub(super) fn not_written(failure: &Failure) -> Diagnostic {
    let Failure { path, error, left } = failure;
    let mut message = format!("nothing was written: `{path}` cannot be written: {error}");
    if !left.is_empty() {
        let left = left.join("`, `");
        message = format!(
            "`{path}` cannot be written: {error}; and these could not be put back as they were: `{left}`"
        );
    }
    Diagnostic::new(codes::OUTPUT_NOT_WRITTEN, message)
        .help("make room, or the permission to write, and build again")
}

/// One problem for each target that is not up to date.
pub(super) fn stale(report: &Report, outputs: &[TargetOutput]) -> Vec<Diagnostic> {
    let stale = |output: &TargetOutput| {
        let changes: Vec<String> = report
            .changes()
            .filter(|file| file.target == output.target)
            .map(|file| {
                let word = match file.action {
                    Action::Create => "missing",
                    Action::Remove => "left over",
                    _ => "different",
                };
                format!("`{}` is {word}", file.path)
            })
            .collect();
        if changes.is_empty() {
            return None;
        }
        let listed = changes.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", ");
        let more = match changes.len().saturating_sub(LISTED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        Some(
            Diagnostic::new(
                codes::TARGET_STALE,
                format!("target `{}` is not up to date: {listed}{more}", output.target),
            )
            .at(output.span, "")
            .help("run `locus build`"),
        )
    };
    outputs.iter().filter_map(stale).collect()
}

/// Whether a path is that of a manifest.
pub(super) fn is_manifest(path: &str) -> bool {
    path.rsplit('/').next() == Some(MANIFEST)
}
