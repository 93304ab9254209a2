//! Resolve and check: from specs as written to the program, with everything that is wrong with them.
//!
//! Nothing stops at the first problem, and nothing is reported twice: what could not be understood is left out of further checks.
//!
//! Reading order:
//! 1. `sections`: what the files declare; `manifest`: the project file, with its `plugins`; `context`: what the phases share;
//! 2. `keys`: mappings with known keys; `types`, `defaults` and `raw_schema`; `models`; `connections`;
//! 3. `workflows` with `triggers` and `cron`; `steps` with `retry`: blocks and steps, as drafts;
//! 4. `shape`: schemas compiled; `params` with `values`, `binds` and `calls`: parameters along their shape; `expressions`: what strings refer to;
//! 5. `segments` and `identity`: names, paths and signatures;
//! 6. `flow` with `graph`, `level`, `scope` and `fields`: what runs, and what each place can see;
//! 7. `program`: drafts to the program; `messages`: the words of every report; [`codes`]: their catalogue.

#![warn(clippy::disallowed_methods)]

mod binds;
mod calls;
pub mod codes;
mod connections;
mod context;
mod cron;
mod defaults;
mod expressions;
mod fields;
mod flow;
mod graph;
mod identity;
mod keys;
mod level;
mod manifest;
mod messages;
mod models;
mod params;
mod plugins;
mod program;
mod raw_schema;
mod retry;
mod scope;
mod sections;
mod segments;
mod shape;
mod steps;
mod triggers;
mod types;
mod values;
mod workflows;

#[cfg(test)]
mod tests;

use indexmap::IndexMap;
use locus_diag::{Diagnostic, Diagnostics};
use locus_model::{Node, PluginUse, Program, Spec};
use locus_plugin::Registry;

use context::Context;
use sections::Section;

/// What a project file decides about plugins, before anything else of it is looked at. What is wrong with that, [`check`] reports.
#[must_use]
pub fn plugin_uses(manifest: Option<&Node>, registry: &Registry) -> IndexMap<String, PluginUse> {
    let node = manifest.and_then(|manifest| manifest.get("plugins"));
    node.map(|node| plugins::read(&mut Context::new(registry), node)).unwrap_or_default()
}

/// Resolves and checks a program: all files of `spec`, and the project file if there is one.
///
/// The program holds all that could be understood; it can be used when none of the diagnostics is an error. They are sorted by place.
/// Without a project file the program has no name: give it one.
#[must_use]
pub fn check(
    spec: &Spec,
    manifest: Option<&Node>,
    registry: &Registry,
) -> (Program, Vec<Diagnostic>) {
    let mut cx = Context::new(registry);
    let mut declared_connections = Section::new();
    if let Some(node) = manifest {
        manifest::connections(&mut cx, node, &mut declared_connections);
    }
    let mut all = sections::collect(spec, declared_connections, &mut cx.problems);
    connections::declare(&mut cx, &all.connections);
    models::declare(&mut cx, &all);
    workflows::declare(&mut cx, &all.workflows);
    let mut program = Program {
        connections: connections::read(&mut cx, &all.connections),
        extensions: std::mem::take(&mut all.extensions),
        ..Program::default()
    };
    if let Some(node) = manifest {
        let manifest = manifest::read(&mut cx, node);
        program.name = manifest.name.unwrap_or_default();
        program.version = manifest.version;
        program.targets = manifest.targets;
        program.plugins = manifest.plugins;
    }
    models::read(&mut cx, &all);
    let mut routes = triggers::Routes::new();
    for (name, declared) in &all.workflows {
        let workflow = workflows::read(&mut cx, declared, &mut routes);
        program.workflows.insert((*name).to_owned(), workflow);
    }
    program.schemas = cx.types.schemas;
    program.models = cx.types.models;
    let mut problems = Diagnostics::from(cx.problems);
    problems.sort();
    (program, problems.into_iter().collect())
}
