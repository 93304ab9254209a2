//! Hooks: work between the phases. Each hook point is a small trait; one that nobody registered costs nothing.
//!
//! `#[derive(Hooks)] #[hooks(post_validate, …)]` registers a struct for the points it names.

use std::sync::Arc;

use locus_diag::{Diagnostic, Severity, Span};
use locus_model::{Program, Spec};
use serde::Serialize;

use crate::generator::Plan;

/// Sees every file as written, before names are resolved.
pub trait PostParse: Send + Sync + 'static {
    /// Looks at the files and reports problems.
    fn post_parse(&self, spec: &Spec, cx: &mut HookContext);
}

/// Sees the checked program: rules of a team, a budget, a naming convention.
pub trait PostValidate: Send + Sync + 'static {
    /// Looks at the program and reports problems.
    fn post_validate(&self, program: &Program, cx: &mut HookContext);
}

/// Sees what a target is about to generate.
pub trait PreGenerate: Send + Sync + 'static {
    /// Looks at the plan of a target and reports problems; an error stops the build before anything is written.
    fn pre_generate(&self, program: &Program, target: &str, plan: &Plan, cx: &mut HookContext);
}

/// Sees every generated file before it is written.
pub trait PostGenerate: Send + Sync + 'static {
    /// Looks at the files of a target, path and text, and reports problems; an error stops the build before anything is written.
    fn post_generate(&self, target: &str, files: &[(String, String)], cx: &mut HookContext);
}

/// Takes the reports of a hook.
#[derive(Debug, Default)]
pub struct HookContext {
    plugin: String,
    diagnostics: Vec<Diagnostic>,
}

impl HookContext {
    /// A context for the hooks of one plugin. Hosts make these.
    #[must_use]
    pub fn new(plugin: impl Into<String>) -> Self {
        Self { plugin: plugin.into(), diagnostics: Vec::new() }
    }

    /// Reports a problem; `code` is a short name in kebab case, which is shown behind the plugin's id.
    pub fn report(&mut self, severity: Severity, code: &str, message: impl Into<String>, at: Span) {
        let diagnostic = Diagnostic::custom(code, severity, message).at(at, "");
        self.push(diagnostic);
    }

    /// Reports a problem built by hand; its code is put behind the plugin's id.
    pub fn push(&mut self, mut diagnostic: Diagnostic) {
        diagnostic.code = format!("{}/{}", self.plugin, diagnostic.code);
        diagnostic.plugin = Some(self.plugin.clone());
        self.diagnostics.push(diagnostic);
    }

    /// What was reported. Hosts take it.
    #[must_use]
    pub fn finish(self) -> Vec<Diagnostic> {
        self.diagnostics
    }
}

/// What happens to the build when a hook panics.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OnFailure {
    /// It fails.
    #[default]
    Abort,
    /// It goes on, with a warning.
    Warn,
    /// It goes on.
    Ignore,
}

/// The description of a set of hooks. `#[derive(Hooks)]` makes it from the struct.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct HooksMeta {
    /// Its name, unique in its plugin.
    pub name: String,
    /// The plugin that provides it.
    pub plugin: String,
    /// What it does: the doc comment, Markdown.
    pub docs: String,
    /// The hook points, in the order of the phases.
    pub points: Vec<&'static str>,
    /// Plugins whose hooks come after it.
    pub before: Vec<String>,
    /// Plugins whose hooks come before it.
    pub after: Vec<String>,
    /// What happens when it panics.
    pub on_failure: OnFailure,
    /// File and line of its definition.
    pub defined_at: String,
}

/// The names of the hook points, in the order of the phases.
pub const POINTS: [&str; 4] = ["post_parse", "post_validate", "pre_generate", "post_generate"];

/// A set of hooks with what it does: what the registry holds.
#[derive(Clone)]
pub struct HooksEntry {
    /// Its description.
    pub meta: HooksMeta,
    /// Its hook of this point, if any.
    pub post_parse: Option<Arc<dyn PostParse>>,
    /// Its hook of this point, if any.
    pub post_validate: Option<Arc<dyn PostValidate>>,
    /// Its hook of this point, if any.
    pub pre_generate: Option<Arc<dyn PreGenerate>>,
    /// Its hook of this point, if any.
    pub post_generate: Option<Arc<dyn PostGenerate>>,
}
