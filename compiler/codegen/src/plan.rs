//! What each target is about to make: its options are read, its files named, and all of that is checked before anything
//! is rendered.

mod collisions;

use std::collections::BTreeMap;
use std::sync::Arc;

use locus_diag::{Diagnostic, Severity, did_you_mean};
use locus_model::{Program, Target};
use locus_plugin::codes::PLUGIN_OUTPUT_LIMIT;
use locus_plugin::generator::{ErasedGenerator, GeneratorEntry, GeneratorMeta};
use locus_plugin::host::guarded;
use locus_plugin::{GenerateError, Plan, Registry, Unit};

use crate::codes;
use crate::generate::pre_generate;
use crate::paths;
use crate::render::Job;
use crate::template::Templates;

/// Most files of one target.
const MOST_FILES: usize = 100_000;

/// A target with its generator, ready to be rendered.
pub struct PlannedTarget<'a> {
    /// The target as declared.
    pub target: &'a Target,
    /// Its out folder, normalised: relative to the project, empty for the project itself.
    pub out: String,
    /// The generator's description.
    pub meta: &'a GeneratorMeta,
    /// The files it will make.
    pub plan: Plan,
    pub(crate) generator: Box<dyn ErasedGenerator>,
    pub(crate) templates: Arc<Templates>,
}

impl<'a> PlannedTarget<'a> {
    /// One job for each file; they do not depend on each other.
    pub fn jobs(&'a self) -> impl Iterator<Item = Job<'a>> {
        self.plan.units.iter().map(move |unit| Job { planned: self, unit })
    }
}

/// Plans these targets. Those that cannot be planned, or must not be written, are left out and reported.
#[must_use]
pub fn plan<'a>(
    program: &Program,
    targets: &[&'a Target],
    registry: &'a Registry,
) -> (Vec<PlannedTarget<'a>>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let mut planned = Vec::new();
    let mut templates = BTreeMap::new();
    for target in targets {
        match plan_one(program, target, registry, &mut templates) {
            Ok(one) => {
                problems.extend(check_paths(&one));
                problems.extend(pre_generate(program, &target.name, &one.plan, registry));
                planned.push(one);
            }
            Err(found) => problems.extend(found),
        }
    }
    problems.extend(collisions::find(&planned));
    (planned, problems)
}

type TemplateCache = BTreeMap<String, Result<Arc<Templates>, Vec<Diagnostic>>>;

fn plan_one<'a>(
    program: &Program,
    target: &'a Target,
    registry: &'a Registry,
    templates: &mut TemplateCache,
) -> Result<PlannedTarget<'a>, Vec<Diagnostic>> {
    let Some(entry) = registry.generator(&target.generator) else {
        return Err(vec![unknown_generator(target, registry)]);
    };
    let meta = &entry.meta;
    let mut problems = Vec::new();
    let out = paths::out_folder(&target.out).unwrap_or_else(|reason| {
        problems.push(
            Diagnostic::new(
                codes::OUTPUT_PATH,
                format!("the out folder `{}` of target `{}` {reason}", *target.out, *target.name),
            )
            .at(target.out.span, "")
            .help("name a folder below the project, with `/` between its parts: `generated/api`"),
        );
        String::new()
    });
    let templates = templates
        .entry(meta.name.clone())
        .or_insert_with(|| Templates::load(meta).map(Arc::new))
        .clone()
        .unwrap_or_else(|found| {
            problems.extend(found);
            Arc::default()
        });
    let generator = make(entry, target).map_err(|problem| problems.push(problem)).ok();
    let plan = generator.as_ref().and_then(|generator| {
        plan_with(generator.as_ref(), program, target, meta)
            .map_err(|problem| problems.push(problem))
            .ok()
    });
    match (generator, plan) {
        (Some(generator), Some(plan)) if problems.is_empty() => {
            Ok(PlannedTarget { target, out, meta, plan, generator, templates })
        }
        _ => Err(problems),
    }
}

/// Reads the options and makes the generator.
fn make(entry: &GeneratorEntry, target: &Target) -> Result<Box<dyn ErasedGenerator>, Diagnostic> {
    let plugin = &entry.meta.plugin;
    let made = guarded(plugin, &format!("the options of generator `{}`", entry.meta.name), || {
        (entry.make)(target.options.to_value())
    })
    .map_err(|problem| problem.at(target.options.span, ""))?;
    made.map_err(|error| {
        let place = target.options.pointer(&error.pointer).unwrap_or(&target.options);
        Diagnostic::new(
            codes::TARGET_OPTIONS,
            format!(
                "the options of target `{}` do not fit the generator `{}`: {}",
                *target.name, entry.meta.name, error.message
            ),
        )
        .at(place.span, "")
        .at(target.generator.span, "the generator")
    })
}

fn plan_with(
    generator: &dyn ErasedGenerator,
    program: &Program,
    target: &Target,
    meta: &GeneratorMeta,
) -> Result<Plan, Diagnostic> {
    let doing = format!("`plan` of generator `{}`", meta.name);
    let plan = guarded(&meta.plugin, &doing, || generator.plan(program))
        .map_err(|problem| problem.at(target.generator.span, ""))?
        .map_err(|error| generator_failed(codes::GENERATOR_FAILED, error, target, meta))?;
    if plan.units.len() > MOST_FILES {
        let count = plan.units.len();
        return Err(too_much(
            meta,
            format!("wants to write {count} files, more than {MOST_FILES}"),
        )
        .at(target.generator.span, ""));
    }
    Ok(plan)
}

/// A generator that gives more than it may.
pub(crate) fn too_much(meta: &GeneratorMeta, what: String) -> Diagnostic {
    let message = format!("the generator `{}` {what}", meta.name);
    let mut problem = Diagnostic::new(PLUGIN_OUTPUT_LIMIT, message)
        .help(format!("report it to the author of `{}` with the spec", meta.plugin));
    problem.severity = Severity::Error;
    problem.plugin = Some(meta.plugin.clone());
    problem
}

/// What a generator reports, at the place it blames or at the target that called it.
pub(crate) fn generator_failed(
    code: locus_diag::Code,
    error: GenerateError,
    target: &Target,
    meta: &GeneratorMeta,
) -> Diagnostic {
    let mut problem =
        Diagnostic::new(code, format!("target `{}`: {}", *target.name, error.message));
    problem.plugin = Some(meta.plugin.clone());
    problem.help = error.help;
    match error.span {
        Some(span) => problem.at(span, "").at(target.generator.span, "generated by this"),
        None => problem.at(target.generator.span, ""),
    }
}

/// The checker reports this before; a host may plan a target that was never checked.
fn unknown_generator(target: &Target, registry: &Registry) -> Diagnostic {
    let names: Vec<&str> = registry.generators().map(|entry| entry.meta.name.as_str()).collect();
    let problem = Diagnostic::new(
        codes::GENERATOR_FAILED,
        format!("target `{}`: there is no generator `{}`", *target.name, *target.generator),
    )
    .at(target.generator.span, "");
    match did_you_mean(&target.generator, names.iter().copied()) {
        Some(name) => problem.help(format!("did you mean `{name}`?")),
        None => problem.help(format!("there are: {}", names.join(", "))),
    }
}

fn check_paths(planned: &PlannedTarget<'_>) -> Vec<Diagnostic> {
    let refuse = |unit: &Unit| {
        let reason = paths::check(&unit.path).err()?;
        let mut problem = Diagnostic::new(
            codes::OUTPUT_PATH,
            format!(
                "the generator `{}` wants to write `{}`, a path that {reason}",
                planned.meta.name,
                unit.path.escape_debug()
            ),
        )
        .help("rename what the file is made from, or report it to the author of the generator");
        problem.plugin = Some(planned.meta.plugin.clone());
        Some(at_unit(problem, unit, planned))
    };
    planned.plan.units.iter().filter_map(refuse).collect()
}

/// Points at the part of the spec a unit comes from, and at its target.
pub(crate) fn at_unit(problem: Diagnostic, unit: &Unit, planned: &PlannedTarget<'_>) -> Diagnostic {
    let target = planned.target.generator.span;
    match unit.origin {
        Some(origin) => problem.at(origin, "").at(target, "generated by this"),
        None => problem.at(target, ""),
    }
}
