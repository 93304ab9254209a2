//! What something means: keys, step types, parameters, names, parts of expressions.

use locus_diag::Span;
use locus_expr::{Root, Template};
use locus_model::{Field, Model, Node, NodeKind, Program, Text};
use locus_plugin::step::StepType;
use serde_json::{Value, json};

use super::Server;
use super::projects::{Target, range_of};
use super::rpc::Answer;
use super::spot::{Spot, What};
use crate::grammar::Meaning;
use crate::symbols::Symbol;

impl Server {
    pub(super) fn hover(&mut self, params: &Value) -> Answer {
        let registry = std::sync::Arc::clone(&self.registry);
        let target = self.target(params)?;
        let Some((markdown, span)) = explained(target, &registry) else { return Ok(Value::Null) };
        let uri = super::documents::uri(params)?;
        let document = self.documents.get(uri).ok_or_else(super::rpc::Failure::internal)?;
        Ok(json!({
            "contents": { "kind": "markdown", "value": markdown },
            "range": range_of(document, span.range()),
        }))
    }
}

/// What stands at a place, in Markdown, and how far it reaches.
fn explained(target: Target<'_>, registry: &locus_plugin::Registry) -> Option<(String, Span)> {
    let Target { project, source, offset, .. } = target;
    let compilation = project.compilation();
    let is_manifest = compilation.spec.files.iter().all(|file| file.source != source);
    let documents = compilation.spec.files.iter().filter(|file| file.source == source);
    let mut documents: Vec<&Node> = documents.flat_map(|file| &file.documents).collect();
    if is_manifest {
        documents.extend(project.workspace.manifest());
    }
    let document = documents.into_iter().find(|document| {
        (document.span.start as usize..=document.span.end as usize).contains(&offset)
    })?;
    let spot = Spot::at(document, is_manifest, offset, registry);
    match &spot.what {
        What::Key { entry, .. } => {
            let text = match spot.meaning(registry)? {
                Meaning::Key(_, key) => with_default(key.docs, key.default),
                Meaning::StepType(entry) => step_type(&entry.ty),
                Meaning::Parameter(schema, around) => {
                    parameter(&entry.key.value, schema, is_required(&entry.key.value, around))
                }
                _ => {
                    let found = project.symbols(registry).at(entry.key.span)?;
                    named(&found.symbol, &compilation.program)?
                }
            };
            Some((text, entry.key.span))
        }
        What::Value { node, .. } => {
            if let NodeKind::String(text) = &node.kind
                && text.value.contains("${")
            {
                return expression(project, node, text, offset);
            }
            let span = Span::new(source, offset..offset);
            let found = project.symbols(registry).at(span)?;
            Some((named(&found.symbol, &compilation.program)?, found.span))
        }
    }
}

fn with_default(docs: &str, default: &str) -> String {
    if default.is_empty() { docs.to_owned() } else { format!("{docs}\n\nDefault: `{default}`.") }
}

/// A step type with its parameters.
pub(super) fn step_type(ty: &StepType) -> String {
    let mut text = format!("**`{}`** ({})\n\n{}", ty.name, ty.effect.as_str(), ty.docs.trim());
    let properties = ty.params["properties"].as_object();
    for (index, (name, schema)) in properties.into_iter().flatten().enumerate() {
        text += if index == 0 { "\n\n" } else { "\n" };
        let docs = schema["description"].as_str().unwrap_or_default();
        let required = if is_required(name, &ty.params) { ", required" } else { "" };
        text += &format!("- `{name}`{required}: {}", first_line(docs));
    }
    text
}

fn first_line(docs: &str) -> &str {
    docs.lines().next().unwrap_or_default()
}

fn is_required(name: &str, around: &Value) -> bool {
    around["required"].as_array().is_some_and(|names| names.contains(&json!(name)))
}

/// A parameter.
pub(super) fn parameter(name: &str, schema: &Value, required: bool) -> String {
    let kind = schema["type"].as_str().unwrap_or("any value");
    let kind = if schema.get(locus_plugin::schema::BLOCK).is_some() { "steps" } else { kind };
    let required = if required { ", required" } else { "" };
    let mut text = format!("**`{name}`**: {kind}{required}");
    if let Some(docs) = schema["description"].as_str() {
        text += &format!("\n\n{docs}");
    }
    let words = schema["enum"].as_array().or_else(|| schema["oneOf"].as_array());
    for word in words.into_iter().flatten() {
        let value = word.get("const").unwrap_or(word);
        let Some(value) = value.as_str() else { continue };
        let docs = word["description"].as_str().map(|docs| format!(": {docs}"));
        text += &format!("\n- `{value}`{}", docs.unwrap_or_default());
    }
    match schema.get("default") {
        Some(Value::Null) | None => {}
        Some(Value::String(default)) => text += &format!("\n\nDefault: `{default}`."),
        Some(default) => text += &format!("\n\nDefault: `{default}`."),
    }
    text
}

/// A name of the program.
fn named(symbol: &Symbol, program: &Program) -> Option<String> {
    let quoted =
        |text: &Option<String>| text.as_ref().map(|t| format!("\n\n{t}")).unwrap_or_default();
    Some(match symbol {
        Symbol::Declared("workflows", name) => {
            let workflow = program.workflows.get(name)?;
            let inputs = fields(workflow.input.iter());
            format!("workflow **`{name}`**{}{inputs}", quoted(&workflow.description))
        }
        Symbol::Declared("connections", name) => {
            let connection = program.connections.get(name)?;
            format!("connection **`{name}`**: {}", connection.kind.value)
        }
        Symbol::Type(name) => match (program.models.get(name), program.schemas.get(name)) {
            (Some(model), _) => model_text(model),
            (None, Some(field)) => {
                format!("schema **`{name}`**: `{}`{}", field.ty, quoted(&field.description))
            }
            (None, None) => return None,
        },
        Symbol::Step(id) => {
            let all = program.workflows.values().flat_map(|workflow| workflow.steps.walk());
            let step =
                all.into_iter().find(|step| step.id.as_ref().is_some_and(|i| i.span == *id))?;
            let path = step.path.as_str();
            format!("step **`{path}`**: `{}`{}", step.step_type.value, quoted(&step.description))
        }
        Symbol::Input(workflow, name) => {
            let field = program.workflows.get(workflow)?.input.get(name)?;
            format!("input **`{name}`**: `{}`{}", field.ty, quoted(&field.description))
        }
        Symbol::Field(model, name) => {
            let field = program.models.get(model)?.fields.get(name)?;
            format!("field **`{name}`** of `{model}`: `{}`{}", field.ty, quoted(&field.description))
        }
        Symbol::Var(_, name) => format!("variable **`.vars.{name}`**"),
        Symbol::Declared(..) => return None,
    })
}

fn model_text(model: &Model) -> String {
    let docs = model.description.as_ref().map(|docs| format!("\n\n{docs}")).unwrap_or_default();
    format!("model **`{}`**{docs}{}", model.name.value, fields(model.fields.iter()))
}

fn fields<'f>(all: impl Iterator<Item = (&'f String, &'f Field)>) -> String {
    let lines = all.map(|(name, field)| {
        let docs = field.description.as_ref().map(|docs| format!(": {}", first_line(docs)));
        format!("\n- `{name}`: `{}`{}", field.ty, docs.unwrap_or_default())
    });
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

/// A part of an expression: its type, or what a function does.
fn expression(
    project: &super::Project,
    node: &Node,
    text: &Text,
    offset: usize,
) -> Option<(String, Span)> {
    let template = Template::parse(&text.value).ok()?;
    let site = project.workspace.site(node.span.source, offset)?;
    let located = |range: std::ops::Range<usize>| text.locate(range, node.span);
    let holds = |span: Span| span.range().contains(&offset) || span.end as usize == offset;
    for path in template.expressions().flat_map(locus_expr::Expr::paths) {
        let segment =
            path.segments.iter().position(|segment| holds(located(segment.range.clone())));
        let Some(segment) = segment else { continue };
        let names = path.segments.iter().take(segment + 1).map(|segment| segment.name.as_str());
        let root = match &path.root {
            Root::Dot => String::new(),
            Root::Variable(name) => format!("${name}"),
        };
        let written = names.fold(root, |text, name| text + &super::paths::key(name));
        let ty = super::paths::type_of(&written, &site)?;
        let span = located(path.segments.get(segment)?.range.clone());
        return Some((format!("`{written}`: `{ty}`"), span));
    }
    for variable in template.expressions().flat_map(locus_expr::Expr::variables) {
        let span = located(variable.range.clone());
        if holds(span) {
            let ty = super::paths::type_of(&format!("${}", variable.name), &site)?;
            return Some((format!("`${}`: `{ty}`", variable.name), span));
        }
    }
    super::paths::function_at(&text.value, |range| holds(located(range)))
        .map(|(docs, range)| (docs, located(range)))
}
