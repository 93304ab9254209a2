//! A checked program to the texts of its targets.

use locus_analysis::codes::BUDGET_EXCEEDED;
use locus_codegen::{Job, PlannedTarget, TargetOutput, finish, plan, render};
use locus_diag::{Diagnostic, Diagnostics, Sources};
use locus_model::{Program, Target};
use locus_plugin::Registry;
use rayon::prelude::*;

use crate::compile::has_errors;

/// Limits of the project that what is generated does not keep to.
fn over_budget(program: &Program, outputs: &[TargetOutput]) -> Vec<Diagnostic> {
    let files = || outputs.iter().flat_map(|output| &output.files);
    let count = files().count() as u64;
    let bytes: u64 = files().map(|file| file.text.len() as u64).sum();
    let budgets = &program.budgets;
    let measured =
        [(&budgets.generate_files, count, "files"), (&budgets.generate_bytes, bytes, "bytes")];
    let over = measured.into_iter().filter_map(|(limit, found, unit)| {
        let limit = limit.as_ref().filter(|limit| found > limit.value)?;
        let message = format!("the targets give {found} {unit}, more than {}", limit.value);
        let problem = Diagnostic::new(BUDGET_EXCEEDED, message).at(limit.span, "the limit");
        Some(problem.help("leave targets out, divide the project, or raise the limit"))
    });
    over.collect()
}

/// The files of these targets, by path; none at all as soon as one problem is an error. Nothing is written: see
/// [`locus_codegen::write()`].
#[must_use]
pub fn build(
    program: &Program,
    targets: &[&Target],
    registry: &Registry,
    sources: &Sources,
) -> (Vec<TargetOutput>, Diagnostics) {
    let (planned, mut problems) = plan(program, targets, registry);
    let jobs: Vec<Job<'_>> = planned.iter().flat_map(PlannedTarget::jobs).collect();
    let rendered: Vec<_> = jobs.par_iter().map(|job| render(job, program, sources)).collect();
    let (outputs, more) = finish(&planned, rendered, registry);
    problems.extend(more);
    problems.extend(over_budget(program, &outputs));
    let failed = has_errors(&problems);
    let mut diagnostics = Diagnostics::from(problems);
    diagnostics.sort();
    (if failed { Vec::new() } else { outputs }, diagnostics)
}
