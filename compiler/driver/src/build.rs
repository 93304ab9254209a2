//! A checked program to the texts of its targets.

use std::borrow::Cow;

use locus_analysis::Shapes;
use locus_analysis::codes::BUDGET_EXCEEDED;
use locus_codegen::{Job, PlannedTarget, TargetOutput, finish, plan, render};
use locus_diag::{Diagnostic, Diagnostics, Sources};
use locus_model::{Program, Spec, Target};
use locus_plugin::{Point, Registry};
use rayon::prelude::*;

use crate::compile::{Compilation, check_whole, has_errors};
use crate::hooks::Hooked;

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
    let project = registry.for_project(&program.plugins);
    let registry = project.as_ref().unwrap_or(registry);
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

/// What was built, with the texts that its problems point into.
#[derive(Debug)]
pub struct Built {
    /// The files of each target; none when a problem is an error.
    pub outputs: Vec<TargetOutput>,
    /// The problems.
    pub diagnostics: Diagnostics,
    /// The sources of the compilation, and those of patches.
    pub sources: Sources,
}

/// Builds what was compiled: the hooks of `schema_generate` change its models and schemas first, for what is generated alone.
#[must_use]
pub fn build_compilation(compilation: &Compilation, targets: &[&Target]) -> Built {
    let registry = &compilation.registry;
    let (program, mut diagnostics, sources) = schema_generate(compilation);
    if diagnostics.has_errors() {
        return Built { outputs: Vec::new(), diagnostics, sources };
    }
    let (outputs, problems) = build(&program, targets, registry, &sources);
    diagnostics.extend(problems);
    diagnostics.sort();
    Built { outputs, diagnostics, sources }
}

/// The program that targets are generated from.
fn schema_generate(compilation: &Compilation) -> (Cow<'_, Program>, Diagnostics, Sources) {
    let Compilation { program, spec, sources, registry, manifest, profile, .. } = compilation;
    if registry.hooks_at(Point::SchemaGenerate).is_empty() {
        return (Cow::Borrowed(program), Diagnostics::default(), sources.clone());
    }
    let shapes = Shapes::new(registry);
    let checked = |spec: &Spec| {
        let (mut changed, problems) =
            check_whole(spec, manifest.as_ref(), profile.as_deref(), registry, &shapes);
        changed.name.clone_from(&program.name);
        (changed, problems)
    };
    let mut hooked = Hooked::new(spec.clone(), sources.clone(), registry);
    let (changed, _) = hooked.checked(
        Point::SchemaGenerate,
        program.clone(),
        Vec::new(),
        &checked,
        |entry, program, cx| {
            if let Some(hook) = &entry.schema_generate {
                hook.schema_generate(program, cx);
            }
        },
    );
    let Hooked { draft, problems, .. } = hooked;
    let problems: Vec<_> = problems.into_iter().map(|problem| draft.blame(problem)).collect();
    (Cow::Owned(changed), Diagnostics::from(problems), draft.sources)
}
