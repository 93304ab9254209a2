//! Generators: a program to files, in two pure steps. `plan` names every file, so that collisions are found before anything is
//! rendered; `render` makes the text of one file. Only the host writes.

use std::fmt;

use locus_diag::Span;
use locus_model::Program;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::param::Param;

/// A generator. The struct's fields are its options.
pub trait Generator: Param + Send + Sync + 'static {
    /// Names every file to be made, with no content yet.
    ///
    /// # Errors
    /// The program has something that cannot be generated.
    fn plan(&self, program: &Program) -> Result<Plan, GenerateError>;

    /// Makes the text of one planned file. The same unit and program always give the same text.
    ///
    /// # Errors
    /// The file cannot be made; then no file of any generator is written.
    fn render(
        &self,
        unit: &Unit,
        program: &Program,
        cx: &RenderContext<'_>,
    ) -> Result<Doc, GenerateError>;
}

/// The files a generator will make.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// One for each file.
    pub units: Vec<Unit>,
}

/// A file to be made.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Unit {
    /// Its path below the out folder, with `/`.
    pub path: String,
    /// What it is to those who see it: hooks may change pages and components.
    #[serde(default)]
    pub role: Role,
    /// Whose it is after it was written.
    pub ownership: Ownership,
    /// What it is about, in the generator's own terms: the name of a model, a list of workflows.
    pub subject: Value,
    /// The part of the spec it comes from, for the provenance manifest.
    pub origin: Option<Span>,
}

/// What a generated file is to those who see it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Role {
    /// Something else: code, a document for machines.
    #[default]
    File,
    /// A page that people open: the hooks of `page_generate` see it.
    Page,
    /// A part of a user interface: the hooks of `component_render` see it.
    Component,
}

/// Whose a file is after it was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ownership {
    /// The generator's: made anew each time.
    Owned,
    /// The user's once it is there: a start to build on.
    Once,
}

/// The content of a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Doc {
    /// Its text; the host ends it with exactly one newline.
    pub text: String,
}

impl Plan {
    /// Adds a file that the generator owns.
    pub fn owned(&mut self, path: impl Into<String>, subject: Value, origin: Option<Span>) {
        self.add(path, Role::File, subject, origin);
    }

    /// Adds a page that the generator owns.
    pub fn page(&mut self, path: impl Into<String>, subject: Value, origin: Option<Span>) {
        self.add(path, Role::Page, subject, origin);
    }

    /// Adds a component of a user interface that the generator owns.
    pub fn component(&mut self, path: impl Into<String>, subject: Value, origin: Option<Span>) {
        self.add(path, Role::Component, subject, origin);
    }

    fn add(&mut self, path: impl Into<String>, role: Role, subject: Value, origin: Option<Span>) {
        let ownership = Ownership::Owned;
        self.units.push(Unit { path: path.into(), role, ownership, subject, origin });
    }
}

/// A generator cannot go on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GenerateError {
    /// What is wrong.
    pub message: String,
    /// The part of the spec that is to blame.
    pub span: Option<Span>,
    /// How to mend it.
    pub help: Option<String>,
}

impl GenerateError {
    /// A problem without a place.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), span: None, help: None }
    }

    /// Points at the part of the spec that is to blame.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// Says how to mend it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for GenerateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for GenerateError {}

/// Renders templates: what a host offers to generators.
pub trait TemplateHost {
    /// Renders a template that the generator declared.
    ///
    /// # Errors
    /// The template is unknown or fails, with its place.
    fn render(&self, template: &str, context: Value) -> Result<String, GenerateError>;
}

/// What a generator can reach while it renders.
#[derive(Clone, Copy)]
pub struct RenderContext<'a> {
    host: &'a dyn TemplateHost,
}

impl<'a> RenderContext<'a> {
    /// Wraps a host. Hosts make these.
    #[must_use]
    pub const fn new(host: &'a dyn TemplateHost) -> Self {
        Self { host }
    }

    /// Renders a template of `#[generator(templates(…))]`, named as it is there.
    ///
    /// # Errors
    /// The template is unknown or fails, or the context cannot be serialised.
    pub fn template(&self, name: &str, context: impl Serialize) -> Result<String, GenerateError> {
        let context = serde_json::to_value(context)
            .map_err(|error| GenerateError::new(format!("the context of `{name}`: {error}")))?;
        self.host.render(name, context)
    }
}

/// The description of a generator. `#[derive(Generator)]` makes it from the struct.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct GeneratorMeta {
    /// The name that targets use: `openapi`.
    pub name: String,
    /// The plugin that provides it.
    pub plugin: String,
    /// What it makes: the doc comment, Markdown.
    pub docs: String,
    /// JSON Schema of its options.
    pub options: Value,
    /// File and line of its definition.
    pub defined_at: String,
    /// Its templates: name and text.
    #[serde(skip)]
    pub templates: Vec<(&'static str, &'static str)>,
}

/// A generator with what it does: what the registry holds.
#[derive(Clone)]
pub struct GeneratorEntry {
    /// Its description.
    pub meta: GeneratorMeta,
    /// Reads options and makes the generator.
    pub make: fn(Value) -> Result<Box<dyn ErasedGenerator>, crate::param::ParamError>,
}

/// A generator with its options, behind a uniform face.
pub trait ErasedGenerator: Send + Sync {
    /// See [`Generator::plan`].
    ///
    /// # Errors
    /// The program has something that cannot be generated.
    fn plan(&self, program: &Program) -> Result<Plan, GenerateError>;

    /// See [`Generator::render`].
    ///
    /// # Errors
    /// The file cannot be made.
    fn render(
        &self,
        unit: &Unit,
        program: &Program,
        cx: &RenderContext<'_>,
    ) -> Result<Doc, GenerateError>;
}

impl<G: Generator> ErasedGenerator for G {
    fn plan(&self, program: &Program) -> Result<Plan, GenerateError> {
        Generator::plan(self, program)
    }

    fn render(
        &self,
        unit: &Unit,
        program: &Program,
        cx: &RenderContext<'_>,
    ) -> Result<Doc, GenerateError> {
        Generator::render(self, unit, program, cx)
    }
}
