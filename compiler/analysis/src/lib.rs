//! Resolve and check: from specs as written to the program, with everything that is wrong with them.
//!
//! Nothing stops at the first problem, and nothing is reported twice: what could not be understood is left out of further checks.
//!
//! Reading order:
//! 1. `sections`: what the files declare; `manifest`: the project file, `profiles`, `settings`, `plugins` and `budgets`; `context`: what the phases share;
//! 2. `keys`: mappings with the keys of [`locus_model::language`]; `types`, `defaults`, `formats`, `raw_schema` and `schema_files`; `models` with
//!    `relations`; `connections`; `data`: values that are written out; `screens`: pages and components; `test_section`: tests;
//! 3. `workflows` with `triggers`, `routes` and `cron`; `steps` with `retry`: blocks and steps, as drafts;
//! 4. `shape`: schemas compiled; `params` with `values`, `binds` and `calls`: parameters along their shape; `expressions`: what strings refer to;
//! 5. `segments` and `identity`: names, paths and signatures;
//! 6. `typing` with `level` and `scope`: what each place can see, and of what type it is; `known`: what follows from that before anything runs;
//!    `flow` with `roles` and `graph`: what runs; `effects`: what may happen twice; `secrets`: where they go; `allow`: what is meant so;
//! 7. `summary`: what only all workflows together can get wrong; [`declared`] with [`surroundings`]: the phases as callers see them, apart for each workflow;
//! 8. `program`: drafts to the program; `messages`: the words of every report; [`codes`]: their catalogue.

#![warn(clippy::disallowed_methods)]

mod allow;
mod binds;
mod budgets;
mod calls;
pub mod codes;
mod connections;
mod context;
mod cron;
mod data;
pub mod declared;
mod defaults;
mod effects;
mod expressions;
mod flow;
mod formats;
mod graph;
mod identity;
mod keys;
mod known;
mod level;
mod manifest;
mod messages;
mod models;
mod params;
mod plugins;
mod profiles;
mod program;
mod raw_schema;
mod relations;
mod retry;
mod roles;
mod routes;
mod schema_files;
mod scope;
mod screens;
mod secrets;
mod sections;
mod segments;
mod settings;
mod shape;
mod shapes;
mod steps;
mod summary;
pub mod surroundings;
mod test_section;
mod triggers;
mod types;
mod typing;
mod values;
mod workflows;

#[cfg(test)]
mod tests;

use indexmap::IndexMap;
use locus_diag::{Diagnostic, Diagnostics};
use locus_model::{Node, PluginUse, Program, Spec};
use locus_plugin::Registry;

use context::Context;

pub use allow::Allowed;
pub use declared::{Checked, Declared};
pub use shapes::Shapes;
pub use summary::Summary;
pub use surroundings::{Change, Earlier, Surroundings};
pub use typing::{Segment, Site, Sites, circular};

/// What a project file with this profile decides about plugins, before anything else of it is looked at. What is wrong with that, the
/// check reports.
#[must_use]
pub fn plugin_uses(
    manifest: Option<&Node>,
    profile: Option<&str>,
    registry: &Registry,
) -> IndexMap<String, PluginUse> {
    let shapes = Shapes::default();
    let mut cx = Context::new(registry, &shapes);
    let manifest = manifest.map(|node| manifest::read(&mut cx, node)).unwrap_or_default();
    let written = profiles::plugins(&mut cx, manifest.keys.as_ref(), profile);
    let uses = written.iter().filter_map(|(id, (declared, node))| {
        Some((id.clone(), plugins::read(&mut cx.apart(), declared, node)?))
    });
    uses.collect()
}

/// Resolves and checks a program: all files of `spec`, and the project file if there is one.
///
/// The program holds all that could be understood; it can be used when none of the diagnostics is an error. They are sorted by place.
/// Without a project file the program has no name: give it one. Of the profiles, `dev` holds where it is declared.
#[must_use]
pub fn check(
    spec: &Spec,
    manifest: Option<&Node>,
    registry: &Registry,
) -> (Program, Vec<Diagnostic>) {
    let shapes = Shapes::new(registry);
    let declared = Declared::of(spec, manifest, None, registry, &shapes, None);
    let checked: Vec<Checked> = (0..declared.len()).map(|index| declared.check(index)).collect();
    let mut problems = Diagnostics::default();
    let mut workflows = Vec::with_capacity(checked.len());
    let mut summaries = Vec::with_capacity(checked.len());
    for checked in checked {
        problems.extend(checked.problems);
        workflows.push(checked.workflow);
        summaries.push(checked.summary);
    }
    let (program, more) = declared.finish(workflows, &summaries);
    problems.extend(more);
    problems.sort();
    let mut problems: Vec<Diagnostic> = problems.into_iter().collect();
    let allowed = Allowed::of(spec);
    problems.retain(|problem| !allowed.has(problem));
    (program, problems)
}
