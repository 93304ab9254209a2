//! What `types.ts` declares: a type for each model and schema, and for each workflow's input and result.

use std::collections::BTreeMap;

use locus_plugin::model::{Field, Program, TypeKind, Workflow};
use locus_plugin::{GenerateError, Span};
use serde_json::{Value, json};

use super::convert;
use super::ty::{Member, Ty, key, word};
use crate::api::{input_name, output_name};
use crate::names::{Scope, pascal_case};
use crate::shape::{self, Shape};

/// Names of `client.ts`; `index.ts` exports both modules.
const RESERVED: [&str; 10] = [
    "LocusCallOptions",
    "LocusClient",
    "LocusClientOptions",
    "LocusError",
    "LocusProblem",
    "LocusRun",
    "LocusRunDone",
    "LocusRunError",
    "LocusRunFailed",
    "LocusRunOpen",
];

/// The names of all types.
pub(super) struct Names {
    types: BTreeMap<String, String>,
}

impl Names {
    /// Gives every model, schema, input and result its name.
    ///
    /// # Errors
    /// Two would have the same, or a schema is nothing but itself.
    pub(super) fn of(program: &Program) -> Result<Self, GenerateError> {
        let mut scope = Scope::default();
        for name in RESERVED {
            scope.reserve(name, "a type of the client");
        }
        let models = program.models.iter().map(|(name, model)| ("model", name, model.name.span));
        let schemas = program.schemas.iter().map(|(name, schema)| ("schema", name, schema.span));
        let mut types = BTreeMap::new();
        for (kind, name, span) in models.chain(schemas) {
            let owner = format!("the {kind} `{name}`");
            let ty = type_name(name);
            scope.take(&ty, &owner, "the type", span)?;
            types.insert(name.clone(), ty);
        }
        for workflow in program.workflows.values() {
            let (name, span) = (&workflow.name.value, workflow.name.span);
            if pascal_case(name).is_empty() {
                scope.take("", &format!("the workflow `{name}`"), "a type", span)?;
            }
            if has_input(workflow) {
                let owner = format!("the input of workflow `{name}`");
                scope.take(&identifier(input_name(workflow)), &owner, "the type", span)?;
            }
            let owner = format!("the result of workflow `{name}`");
            scope.take(&identifier(output_name(workflow)), &owner, "the type", span)?;
        }
        refuse_cycles(program)?;
        Ok(Self { types })
    }

    /// The name of the type of a model or schema.
    pub(super) fn of_type(&self, name: &str) -> Option<&str> {
        self.types.get(name).map(String::as_str)
    }
}

/// Whether a workflow takes anything.
pub(super) fn has_input(workflow: &Workflow) -> bool {
    !workflow.input.is_empty()
}

fn type_name(name: &str) -> String {
    identifier(pascal_case(name))
}

/// A name that TypeScript takes: it does not begin with a digit.
pub(super) fn identifier(name: String) -> String {
    if name.starts_with(|c: char| c.is_numeric()) { format!("_{name}") } else { name }
}

/// A schema that only stands for another one, and that in the end for the first, is no type at all.
fn refuse_cycles(program: &Program) -> Result<(), GenerateError> {
    let stands_for = |name: &str| match &program.schemas.get(name)?.ty.kind {
        TypeKind::Named(other) => Some(other.as_str()),
        _ => None,
    };
    for (name, schema) in &program.schemas {
        let mut trail = vec![name.as_str()];
        while let Some(next) = trail.last().and_then(|last| stands_for(last)) {
            if next == name.as_str() {
                return Err(nothing_but_itself(name, schema.span));
            }
            if trail.contains(&next) {
                break;
            }
            trail.push(next);
        }
    }
    Ok(())
}

fn nothing_but_itself(name: &str, span: Span) -> GenerateError {
    GenerateError::new(format!("the schema `{name}` stands for nothing but itself"))
        .at(span)
        .help("say what it is: an object, a list, text")
}

/// Every declaration, for the template: models, schemas, then inputs and results by workflow, in the author's order.
pub(super) fn declarations(program: &Program, names: &Names) -> Vec<Value> {
    let mut all = Vec::new();
    for (name, model) in &program.models {
        let docs = model.description.as_deref();
        all.push(interface(&names.types[name], docs, &fields(&model.fields, names)));
    }
    for (name, schema) in &program.schemas {
        all.push(of_schema(&names.types[name], schema, names));
    }
    for workflow in program.workflows.values() {
        let what = format!("`{}`", workflow.name.value);
        if has_input(workflow) {
            let docs = format!("What {what} takes.");
            let name = identifier(input_name(workflow));
            all.push(interface(&name, Some(&docs), &fields(&workflow.input, names)));
        }
        let docs = format!("What {what} gives.");
        let name = identifier(output_name(workflow));
        all.push(alias(&name, Some(&docs), &of_shape(&shape::result(workflow))));
    }
    all
}

fn of_schema(name: &str, schema: &Field, names: &Names) -> Value {
    let docs = schema.description.as_deref();
    match &schema.ty.kind {
        TypeKind::Object(inner) if !schema.ty.optional => {
            interface(name, docs, &fields(inner, names))
        }
        _ => alias(name, docs, &convert::declared(&schema.ty, name, names)),
    }
}

fn fields<'a>(
    fields: impl IntoIterator<Item = (&'a String, &'a Field)>,
    names: &Names,
) -> Vec<(Option<String>, Member)> {
    fields
        .into_iter()
        .map(|(name, field)| (docs(field), convert::member(name, field, names)))
        .collect()
}

/// What is said of a field, with its default.
fn docs(field: &Field) -> Option<String> {
    let description = field.description.as_deref().map(str::trim).unwrap_or_default();
    let default = field.default.as_ref().map(|value| match value {
        Value::String(text) => format!("Default: {text}"),
        value => format!("Default: {value}"),
    });
    let parts: Vec<&str> = [description, default.as_deref().unwrap_or_default()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}

fn interface(name: &str, docs: Option<&str>, members: &[(Option<String>, Member)]) -> Value {
    let members: Vec<Value> = members
        .iter()
        .map(|(docs, member)| json!({ "docs": docs, "text": member.line(1) }))
        .collect();
    json!({ "docs": docs, "name": name, "members": members })
}

fn alias(name: &str, docs: Option<&str>, ty: &Ty) -> Value {
    json!({ "docs": docs, "text": ty.after(&format!("export type {name} ="), 0, ";") })
}

fn of_shape(shape: &Shape) -> Ty {
    match shape {
        Shape::Unknown => word("unknown"),
        Shape::Text => word("string"),
        Shape::Number => word("number"),
        Shape::Bool => word("boolean"),
        Shape::Null => word("null"),
        Shape::List => Ty::List(Box::new(word("unknown"))),
        Shape::Object(entries) => Ty::Object(
            entries
                .iter()
                .map(|(name, shape)| Member {
                    key: key(name),
                    optional: false,
                    ty: of_shape(shape),
                })
                .collect(),
        ),
    }
}
