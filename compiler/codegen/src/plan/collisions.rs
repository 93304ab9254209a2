//! Two files with one path, on any system: equal paths, paths that differ only in case, and a file where another
//! needs a folder. Found over all targets together, since their out folders may lie in each other.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use locus_diag::{Diagnostic, Span};

use super::PlannedTarget;
use crate::codes;
use crate::manifest::MANIFEST;
use crate::paths::{fold, join, parents};

/// A file that will be written, and who wants it.
struct Claim {
    path: String,
    owner: String,
    span: Span,
}

/// Every collision, in the order of the targets and their plans.
pub(super) fn find(planned: &[PlannedTarget<'_>]) -> Vec<Diagnostic> {
    let mut problems = out_folders(planned);
    let claims: Vec<Claim> = planned.iter().flat_map(claims).collect();
    let mut files: BTreeMap<String, &Claim> = BTreeMap::new();
    for claim in &claims {
        match files.entry(fold(&claim.path)) {
            Entry::Vacant(entry) => {
                entry.insert(claim);
            }
            Entry::Occupied(entry) => {
                let other = entry.get();
                // Targets that share an out folder share its manifest.
                if !(claim.path == other.path && claim.path.ends_with(MANIFEST)) {
                    problems.push(same_file(other, claim));
                }
            }
        }
    }
    for claim in &claims {
        let folded = fold(&claim.path);
        if let Some(file) = parents(&folded).find_map(|folder| files.get(folder)) {
            problems.push(file_and_folder(file, claim));
        }
    }
    problems
}

fn claims(planned: &PlannedTarget<'_>) -> Vec<Claim> {
    let target = &planned.target.name;
    let unit_claims = planned.plan.units.iter().map(|unit| Claim {
        path: join(&planned.out, &unit.path),
        owner: format!("target `{}` (generator `{}`)", target.value, planned.meta.name),
        span: unit.origin.unwrap_or(planned.target.generator.span),
    });
    let manifest = Claim {
        path: join(&planned.out, MANIFEST),
        owner: format!("the manifest of target `{}`", target.value),
        span: planned.target.out.span,
    };
    unit_claims.chain([manifest]).collect()
}

/// Out folders that differ only in case are one folder on some systems, and then share one manifest.
fn out_folders(planned: &[PlannedTarget<'_>]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mut folders: BTreeMap<String, &PlannedTarget<'_>> = BTreeMap::new();
    for one in planned {
        let earlier = *folders.entry(fold(&one.out)).or_insert(one);
        if earlier.out != one.out {
            problems.push(
                Diagnostic::new(
                    codes::OUTPUT_COLLISION,
                    format!(
                        "the out folders `{}` of target `{}` and `{}` of target `{}` differ only in case",
                        earlier.out, *earlier.target.name, one.out, *one.target.name
                    ),
                )
                .at(one.target.out.span, "")
                .at(earlier.target.out.span, "the other one")
                .help("write both the same way, or give one another name"),
            );
        }
    }
    problems
}

fn same_file(first: &Claim, second: &Claim) -> Diagnostic {
    let message = match (first.path == second.path, first.owner == second.owner) {
        (true, true) => format!("{} wants to write `{}` twice", first.owner, first.path),
        (true, false) => {
            format!("{} and {} both want to write `{}`", first.owner, second.owner, first.path)
        }
        (false, _) => format!(
            "{} wants to write `{}` and {} `{}`, which are one file where case does not count",
            first.owner, first.path, second.owner, second.path
        ),
    };
    collision(message, first, second)
}

fn file_and_folder(file: &Claim, inside: &Claim) -> Diagnostic {
    let message = format!(
        "{} wants to write the file `{}`, which {} needs as a folder for `{}`",
        file.owner, file.path, inside.owner, inside.path
    );
    collision(message, file, inside)
}

fn collision(message: String, first: &Claim, second: &Claim) -> Diagnostic {
    let problem = Diagnostic::new(codes::OUTPUT_COLLISION, message)
        .at(second.span, "")
        .help("rename one of the two in the spec, or give the targets different out folders");
    if first.span == second.span { problem } else { problem.at(first.span, "the other one") }
}
