//! From targets to texts: plan, check, render, hooks. Nothing here touches a disk.
//!
//! [`generate`] does it all in order. A host that wants to render in parallel calls [`plan`], maps [`render`] over
//! the [jobs](crate::PlannedTarget::jobs) as it likes, and ends with [`finish`]: the result is the same for any order.

use std::collections::BTreeMap;

use locus_diag::{Diagnostic, Sources};
use locus_model::{Program, Target};
use locus_plugin::Registry;
use locus_plugin::host::run_hooks;

use crate::output::{GeneratedFile, TargetOutput};
use crate::plan::{PlannedTarget, plan};
use crate::render::{Job, render};

/// The files of these targets, ordered by path in each; none at all as soon as one problem is an error.
#[must_use]
pub fn generate(
    program: &Program,
    targets: &[&Target],
    registry: &Registry,
    sources: &Sources,
) -> (Vec<TargetOutput>, Vec<Diagnostic>) {
    let (planned, mut problems) = plan(program, targets, registry);
    let jobs: Vec<Job<'_>> = planned.iter().flat_map(PlannedTarget::jobs).collect();
    let rendered: Vec<_> = jobs.iter().map(|job| render(job, program, sources)).collect();
    let (outputs, more) = finish(&planned, rendered, registry);
    problems.extend(more);
    if problems.iter().any(Diagnostic::is_error) {
        return (Vec::new(), problems);
    }
    (outputs, problems)
}

/// Gathers rendered files by target and shows them to the `post_generate` hooks. `rendered` is in the order of the jobs.
#[must_use]
pub fn finish(
    planned: &[PlannedTarget<'_>],
    rendered: Vec<Result<GeneratedFile, Diagnostic>>,
    registry: &Registry,
) -> (Vec<TargetOutput>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let mut outputs = Vec::new();
    let mut rendered = rendered.into_iter();
    for target in planned {
        let mut files = BTreeMap::new();
        let mut complete = true;
        for result in rendered.by_ref().take(target.plan.units.len()) {
            match result {
                Ok(file) => {
                    files.insert(file.path.clone(), file);
                }
                Err(problem) => {
                    complete = false;
                    problems.push(problem);
                }
            }
        }
        if !complete {
            continue;
        }
        let output = TargetOutput {
            target: target.target.name.value.clone(),
            out: target.out.clone(),
            span: target.target.name.span,
            files: files.into_values().collect(),
        };
        problems.extend(post_generate(&output, registry));
        outputs.push(output);
    }
    (outputs, problems)
}

/// Shows a plan to the hooks.
pub(crate) fn pre_generate(
    program: &Program,
    target: &str,
    plan: &locus_plugin::Plan,
    registry: &Registry,
) -> Vec<Diagnostic> {
    run_hooks(registry, "pre_generate", |entry, cx| {
        if let Some(hook) = &entry.pre_generate {
            hook.pre_generate(program, target, plan, cx);
        }
    })
}

fn post_generate(output: &TargetOutput, registry: &Registry) -> Vec<Diagnostic> {
    if registry.hooks().all(|entry| entry.post_generate.is_none()) {
        return Vec::new();
    }
    let files: Vec<(String, String)> =
        output.files.iter().map(|file| (file.path.clone(), file.text.clone())).collect();
    run_hooks(registry, "post_generate", |entry, cx| {
        if let Some(hook) = &entry.post_generate {
            hook.post_generate(&output.target, &files, cx);
        }
    })
}
