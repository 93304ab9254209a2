//! From targets to texts: plan, check, render, hooks. Nothing here touches a disk.
//!
//! [`generate`] does it all in order. A host that wants to render in parallel calls [`plan`], maps [`render`] over
//! the [jobs](crate::PlannedTarget::jobs) as it likes, and ends with [`finish`]: the result is the same for any order.

use std::collections::BTreeMap;

use locus_diag::{Diagnostic, Sources};
use locus_model::{Program, Target};
use locus_plugin::generator::Role;
use locus_plugin::hooks::{Filter, HooksMeta};
use locus_plugin::host::dispatch::{StepTypes, deliver};
use locus_plugin::host::{call_hook, run_hooks};
use locus_plugin::{Doc, Point, Registry, Unit};

use crate::codes;
use crate::output::{GeneratedFile, TargetOutput, normalise};
use crate::plan::{PlannedTarget, at_unit, plan};
use crate::render::{Job, render};
use crate::verify;

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
        for (unit, result) in target.plan.units.iter().zip(rendered.by_ref()) {
            let result = result.and_then(|file| shown(file, unit, target, registry, &mut problems));
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
    let types = StepTypes::of(program);
    let applies = |filter: &Filter| Filter::takes(&filter.targets, target) && types.fit(filter);
    run_hooks(registry, Point::PreGenerate, applies, |entry, cx| {
        if let Some(hook) = &entry.pre_generate {
            hook.pre_generate(program, target, plan, cx);
        }
    })
}

/// A page or component as the hooks of its kind leave it; every other file as it is.
fn shown(
    mut file: GeneratedFile,
    unit: &Unit,
    planned: &PlannedTarget<'_>,
    registry: &Registry,
    problems: &mut Vec<Diagnostic>,
) -> Result<GeneratedFile, Diagnostic> {
    let point = match unit.role {
        Role::Page => Point::PageGenerate,
        Role::Component => Point::ComponentRender,
        _ => return Ok(file),
    };
    for bound in registry.hooks_at(point) {
        if !Filter::takes(&bound.entry.meta.filter.targets, &planned.target.name) {
            continue;
        }
        let doc = Doc { text: file.text.clone() };
        let called = call_hook(registry, bound, point, |entry, cx| {
            let page = entry.page_generate.as_ref().filter(|_| point == Point::PageGenerate);
            let component = entry.component_render.as_ref();
            match (page, component) {
                (Some(hook), _) => hook.page_generate(unit, &doc, cx),
                (None, Some(hook)) => hook.component_render(unit, &doc, cx),
                (None, None) => None,
            }
        });
        problems.extend(called.given.diagnostics.into_iter().map(|problem| {
            if problem.labels.is_empty() { at_unit(problem, unit, planned) } else { problem }
        }));
        problems.extend(deliver(registry, called.given.events));
        let Some(Some(changed)) = called.value else { continue };
        let limit = bound.entry.meta.budget.output;
        if changed.text.len() > limit {
            let why = format!("the text has more than {limit} bytes");
            return Err(refused(&file, &bound.entry.meta, point, &why, unit, planned));
        }
        file.text = normalise(&changed.text);
        verify::check(&file)
            .map_err(|why| refused(&file, &bound.entry.meta, point, &why, unit, planned))?;
    }
    Ok(file)
}

fn refused(
    file: &GeneratedFile,
    meta: &HooksMeta,
    point: Point,
    why: &str,
    unit: &Unit,
    planned: &PlannedTarget<'_>,
) -> Diagnostic {
    let mut problem = Diagnostic::new(
        codes::OUTPUT_SYNTAX,
        format!(
            "the plugin `{}` changed `{}` in `{point}` to what cannot be used: {why}",
            meta.plugin, file.path
        ),
    )
    .help(format!("report it to the author of `{}` with the spec", meta.plugin));
    problem.plugin = Some(meta.plugin.clone());
    at_unit(problem, unit, planned)
}

fn post_generate(output: &TargetOutput, registry: &Registry) -> Vec<Diagnostic> {
    let applies = |filter: &Filter| Filter::takes(&filter.targets, &output.target);
    if !registry.hooks_at(Point::PostGenerate).iter().any(|b| applies(&b.entry.meta.filter)) {
        return Vec::new();
    }
    let files: Vec<(String, String)> =
        output.files.iter().map(|file| (file.path.clone(), file.text.clone())).collect();
    run_hooks(registry, Point::PostGenerate, applies, |entry, cx| {
        if let Some(hook) = &entry.post_generate {
            hook.post_generate(&output.target, &files, cx);
        }
    })
}
