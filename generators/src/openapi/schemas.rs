//! Types as components and schemas of an OpenAPI document. They say what the program checks when it takes a value.

mod raw;

use std::collections::BTreeMap;

use indexmap::IndexMap;
use locus_plugin::GenerateError;
use locus_plugin::model::{Field, Model, Program, Type, TypeKind};
use serde_json::{Map, Value, json};

use crate::api::RUN_STATES;
use crate::names::Scope;

/// The component that describes a run.
pub(super) const RUN: &str = "LocusRun";
/// The component that describes a problem.
pub(super) const PROBLEM: &str = "LocusProblem";

/// The names of the components.
pub(super) struct Components {
    names: BTreeMap<String, String>,
}

impl Components {
    /// Gives every model and schema its component.
    ///
    /// # Errors
    /// Two would have the same.
    pub(super) fn of(program: &Program) -> Result<Self, GenerateError> {
        let mut scope = Scope::default();
        scope.reserve(RUN, "the description of a run");
        scope.reserve(PROBLEM, "the description of a problem");
        let models = program.models.iter().map(|(name, model)| ("model", name, model.name.span));
        let schemas = program.schemas.iter().map(|(name, schema)| ("schema", name, schema.span));
        let mut names = BTreeMap::new();
        for (kind, name, span) in models.chain(schemas) {
            let component = component_name(name);
            scope.take(&component, &format!("the {kind} `{name}`"), "the component", span)?;
            names.insert(name.clone(), component);
        }
        Ok(Self { names })
    }

    /// Every component, the program's own first and in the author's order.
    pub(super) fn schemas(&self, program: &Program) -> Value {
        let mut all = Map::new();
        for (name, model) in &program.models {
            let name = &self.names[name];
            all.insert(name.clone(), self.model(model, &component_pointer(name)));
        }
        for (name, field) in &program.schemas {
            let name = &self.names[name];
            all.insert(name.clone(), self.field(field, &component_pointer(name)));
        }
        all.insert(RUN.to_owned(), run());
        all.insert(PROBLEM.to_owned(), problem());
        Value::Object(all)
    }

    fn model(&self, model: &Model, at: &str) -> Value {
        let mut schema = Map::new();
        describe(&mut schema, model.description.as_deref());
        schema.extend(self.object(&model.fields, at));
        Value::Object(schema)
    }

    /// An object with these fields and no others.
    pub(super) fn object<'a>(
        &self,
        fields: impl IntoIterator<Item = (&'a String, &'a Field)> + Clone,
        at: &str,
    ) -> Map<String, Value> {
        let required: Vec<&String> = fields
            .clone()
            .into_iter()
            .filter(|(_, field)| is_required(field))
            .map(|(name, _)| name)
            .collect();
        let properties: Map<String, Value> = fields
            .into_iter()
            .map(|(name, field)| {
                (name.clone(), self.field(field, &format!("{at}/properties/{}", token(name))))
            })
            .collect();
        let mut schema = Map::new();
        schema.insert("type".to_owned(), json!("object"));
        schema.insert("properties".to_owned(), Value::Object(properties));
        if !required.is_empty() {
            schema.insert("required".to_owned(), json!(required));
        }
        schema.insert("additionalProperties".to_owned(), json!(false));
        schema
    }

    /// A field with all that is said of it; `at` is the pointer to its place in the document.
    pub(super) fn field(&self, field: &Field, at: &str) -> Value {
        let Value::Object(mut schema) = self.ty(&field.ty, at) else { return json!({}) };
        for (keyword, value) in &field.limits {
            schema.insert(keyword.clone(), value.clone());
        }
        let mut description = field.description.clone().unwrap_or_default();
        if let Some(default) = &field.default {
            if is_valid_default(default, field) {
                schema.insert("default".to_owned(), default.clone());
            } else {
                // `now` is no date-time: a document in which it stood as one would not be valid.
                let shown = default.as_str().map_or_else(|| default.to_string(), str::to_owned);
                let gap = if description.is_empty() { "" } else { "\n\n" };
                description = format!("{description}{gap}Default: {shown}");
            }
        }
        let mut described = Map::new();
        describe(&mut described, Some(&description));
        described.extend(schema);
        Value::Object(described)
    }

    fn ty(&self, ty: &Type, at: &str) -> Value {
        if !ty.optional {
            return self.kind(&ty.kind, at);
        }
        match self.kind(&ty.kind, &format!("{at}/anyOf/0")) {
            // Anything can be null already.
            Value::Object(map) if map.is_empty() => json!({}),
            schema => json!({ "anyOf": [schema, { "type": "null" }] }),
        }
    }

    fn kind(&self, kind: &TypeKind, at: &str) -> Value {
        match kind {
            TypeKind::String => json!({ "type": "string" }),
            TypeKind::Int => json!({ "type": "integer", "format": "int64" }),
            TypeKind::Float => json!({ "type": "number", "format": "double" }),
            TypeKind::Bool => json!({ "type": "boolean" }),
            TypeKind::Decimal => {
                json!({ "type": ["number", "string"], "pattern": r"^[+-]?\d+(\.\d+)?$" })
            }
            TypeKind::Uuid => json!({ "type": "string", "format": "uuid" }),
            TypeKind::Date => json!({ "type": "string", "format": "date" }),
            TypeKind::Datetime => json!({ "type": "string", "format": "date-time" }),
            // `1h30m` is none of JSON Schema's durations, so their format would be wrong.
            TypeKind::Duration => json!({ "type": "string", "examples": ["1h30m", "200ms"] }),
            TypeKind::Bytes => json!({ "type": "string", "contentEncoding": "base64" }),
            TypeKind::Json | TypeKind::Any => json!({}),
            TypeKind::Named(name) => match self.names.get(name) {
                Some(name) => json!({ "$ref": component_pointer(name) }),
                None => json!({}),
            },
            TypeKind::List(item) => {
                json!({ "type": "array", "items": self.ty(item, &format!("{at}/items")) })
            }
            TypeKind::Map(value) => json!({
                "type": "object",
                "additionalProperties": self.ty(value, &format!("{at}/additionalProperties")),
            }),
            TypeKind::Enum(values) => json!({ "type": "string", "enum": values }),
            TypeKind::Object(fields) => Value::Object(self.object(fields, at)),
            TypeKind::Schema(schema) => raw::placed(schema, at),
        }
    }
}

/// A value must be there unless its type or a default says otherwise.
pub(super) fn is_required(field: &Field) -> bool {
    !field.ty.optional && field.default.is_none()
}

fn describe(schema: &mut Map<String, Value>, description: Option<&str>) {
    if let Some(description) = description.filter(|text| !text.trim().is_empty()) {
        schema.insert("description".to_owned(), json!(description.trim()));
    }
}

/// Components take ASCII letters, digits, `.`, `-` and `_`.
fn component_name(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    name.chars().map(|c| if allowed(c) { c } else { '_' }).collect()
}

pub(super) fn component_pointer(name: &str) -> String {
    format!("#/components/schemas/{name}")
}

/// A token of a JSON pointer in a URI fragment.
pub(super) fn token(name: &str) -> String {
    crate::api::url_part(&name.replace('~', "~0").replace('/', "~1"))
}

/// Whether a default certainly is a value of its field: then it can stand in the schema as one.
fn is_valid_default(value: &Value, field: &Field) -> bool {
    // Patterns are not run here.
    if field.limits.contains_key("pattern") || !fits(value, &field.ty) {
        return false;
    }
    let bound = |keyword: &str| field.limits.get(keyword).and_then(Value::as_f64);
    let within = |size: f64, min: &str, max: &str| {
        bound(min).is_none_or(|min| size >= min) && bound(max).is_none_or(|max| size <= max)
    };
    match value {
        Value::String(text) => within(text.chars().count() as f64, "minLength", "maxLength"),
        Value::Array(items) => within(items.len() as f64, "minItems", "maxItems"),
        Value::Object(map) => within(map.len() as f64, "minProperties", "maxProperties"),
        Value::Number(number) => within(number.as_f64().unwrap_or(f64::NAN), "minimum", "maximum"),
        Value::Null | Value::Bool(_) => true,
    }
}

fn fits(value: &Value, ty: &Type) -> bool {
    match (&ty.kind, value) {
        (_, Value::Null) => ty.optional,
        (TypeKind::String, Value::String(_)) | (TypeKind::Bool, Value::Bool(_)) => true,
        (TypeKind::Int, Value::Number(number)) => number.is_i64(),
        (TypeKind::Float | TypeKind::Decimal, Value::Number(_)) => true,
        (TypeKind::Enum(values), Value::String(text)) => values.contains(text),
        (TypeKind::List(item), Value::Array(items)) => items.iter().all(|value| fits(value, item)),
        (TypeKind::Map(inner), Value::Object(map)) => map.values().all(|value| fits(value, inner)),
        (TypeKind::Object(fields), Value::Object(map)) => object_fits(map, fields),
        _ => false,
    }
}

fn object_fits(map: &Map<String, Value>, fields: &IndexMap<String, Field>) -> bool {
    let known = map.iter().all(|(name, value)| {
        fields.get(name).is_some_and(|field| fits(value, &field.ty) && field.limits.is_empty())
    });
    known && fields.iter().all(|(name, field)| !is_required(field) || map.contains_key(name))
}

fn run() -> Value {
    json!({
        "description": "A run of a workflow.",
        "type": "object",
        "properties": {
            "id": { "description": "Identifies the run.", "type": "string" },
            "workflow": { "description": "The workflow that runs.", "type": "string" },
            "state": { "description": "How the run stands.", "type": "string", "enum": RUN_STATES },
            "result": { "description": "What the workflow gave; only when the run is `done`." },
            "error": {
                "description": "Why the run failed; only when it `failed`.",
                "type": "object",
                "properties": {
                    "code": { "description": "A short name of the failure.", "type": "string" },
                    "message": { "description": "What went wrong.", "type": "string" },
                    "details": { "description": "Facts about the failure." },
                },
                "required": ["code", "message"],
            },
        },
        "required": ["id", "workflow", "state"],
    })
}

fn problem() -> Value {
    json!({
        "description": "A problem (RFC 9457).",
        "type": "object",
        "properties": {
            "type": { "description": "Identifies the kind of problem.", "type": "string", "format": "uri-reference", "default": "about:blank" },
            "title": { "description": "The kind of problem in a few words.", "type": "string" },
            "status": { "description": "The status code.", "type": "integer", "minimum": 100, "maximum": 599 },
            "detail": { "description": "What is wrong this time.", "type": "string" },
            "instance": { "description": "Identifies this occurrence.", "type": "string", "format": "uri-reference" },
        },
    })
}
