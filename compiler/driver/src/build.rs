//! A checked program to the texts of its targets.

use locus_codegen::{Job, PlannedTarget, TargetOutput, finish, plan, render};
use locus_diag::{Diagnostics, Sources};
use locus_model::{Program, Target};
use locus_plugin::Registry;
use rayon::prelude::*;

use crate::compile::has_errors;

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
    let failed = has_errors(&problems);
    let mut diagnostics = Diagnostics::from(problems);
    diagnostics.sort();
    (if failed { Vec::new() } else { outputs }, diagnostics)
}
