//! Types as JSON Schema (2020-12): what inputs, outputs and `validate` steps are checked against.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::program::Program;
use crate::types::{Field, Type, TypeKind};

/// The schema of a field, complete in itself: models and schemas it names stand under `$defs`.
#[must_use]
pub fn field_schema(field: &Field, program: &Program) -> Value {
    complete(field_part(field), [&field.ty], program)
}

/// The schema of an object with these fields, complete in itself. Keys that no field has are refused.
#[must_use]
pub fn object_schema(fields: &IndexMap<String, Field>, program: &Program) -> Value {
    complete(object_part(fields), fields.values().map(|field| &field.ty), program)
}

/// The schema of a type in the notation of the language (`Order[]`, `int?`), complete in itself; `None` where it is no type of the program.
#[must_use]
pub fn notation_schema(text: &str, program: &Program) -> Option<Value> {
    let mut named = Vec::new();
    let ty = crate::notation::parse(text, &mut named).ok()?;
    let is_known =
        |name: &str| program.models.contains_key(name) || program.schemas.contains_key(name);
    if !named.iter().all(|named| is_known(&named.name)) {
        return None;
    }
    Some(complete(type_part(&ty), [&ty], program))
}

/// Adds the schemas of all that the types name, directly or not.
fn complete<'a>(
    schema: Value,
    types: impl IntoIterator<Item = &'a Type>,
    program: &'a Program,
) -> Value {
    let mut names = BTreeSet::new();
    for ty in types {
        collect_names(ty, program, &mut names);
    }
    let Value::Object(mut schema) = schema else { return schema };
    if !names.is_empty() {
        let definitions: Map<String, Value> = names
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), definition(name, program)?)))
            .collect();
        schema.insert("$defs".to_owned(), Value::Object(definitions));
    }
    Value::Object(schema)
}

fn definition(name: &str, program: &Program) -> Option<Value> {
    if let Some(model) = program.models.get(name) {
        return Some(object_part(&model.fields));
    }
    program.schemas.get(name).map(field_part)
}

fn collect_names<'a>(ty: &'a Type, program: &'a Program, names: &mut BTreeSet<&'a str>) {
    match &ty.kind {
        TypeKind::List(inner) | TypeKind::Map(inner) => collect_names(inner, program, names),
        TypeKind::Object(fields) => {
            for field in fields.values() {
                collect_names(&field.ty, program, names);
            }
        }
        TypeKind::Named(name) if names.insert(name) => {
            let model = program.models.get(name).map(|model| &model.fields);
            for field in model.into_iter().flat_map(IndexMap::values) {
                collect_names(&field.ty, program, names);
            }
            if let Some(schema) = program.schemas.get(name) {
                collect_names(&schema.ty, program, names);
            }
        }
        _ => {}
    }
}

fn object_part(fields: &IndexMap<String, Field>) -> Value {
    let properties: Map<String, Value> =
        fields.iter().map(|(name, field)| (name.clone(), field_part(field))).collect();
    let required: Vec<&String> = fields
        .iter()
        .filter(|(_, field)| !field.ty.optional && field.default.is_none())
        .map(|(name, _)| name)
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn field_part(field: &Field) -> Value {
    let mut schema = type_part(&field.ty);
    if let Value::Object(map) = &mut schema {
        for (keyword, value) in &field.limits {
            map.insert(keyword.clone(), value.clone());
        }
        if let Some(description) = &field.description {
            map.insert("description".to_owned(), json!(description));
        }
    }
    schema
}

fn type_part(ty: &Type) -> Value {
    let schema = match &ty.kind {
        TypeKind::String => json!({ "type": "string" }),
        TypeKind::Int => json!({ "type": "integer", "minimum": i64::MIN, "maximum": i64::MAX }),
        TypeKind::Float => json!({ "type": "number" }),
        TypeKind::Bool => json!({ "type": "boolean" }),
        TypeKind::Decimal => {
            json!({ "type": ["number", "string"], "pattern": r"^[+-]?\d+(\.\d+)?$" })
        }
        TypeKind::Uuid => json!({
            "type": "string",
            "format": "uuid",
            "pattern": "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$",
        }),
        TypeKind::Date => {
            json!({ "type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$" })
        }
        TypeKind::Datetime => json!({
            "type": "string",
            "format": "date-time",
            "pattern": r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$",
        }),
        TypeKind::Duration => json!({ "type": "string", "format": "duration" }),
        TypeKind::Bytes => json!({ "type": "string", "contentEncoding": "base64" }),
        TypeKind::Json | TypeKind::Any => json!({}),
        TypeKind::Named(name) => {
            json!({ "$ref": format!("#/$defs/{}", crate::node::escape_token(name)) })
        }
        TypeKind::List(item) => json!({ "type": "array", "items": type_part(item) }),
        TypeKind::Map(value) => {
            json!({ "type": "object", "additionalProperties": type_part(value) })
        }
        TypeKind::Enum(values) => json!({ "enum": values }),
        TypeKind::Object(fields) => object_part(fields),
        TypeKind::Schema(schema) => apart(schema),
    };
    if ty.optional { nullable(schema) } else { schema }
}

/// A schema of an author's inside another one: with an id of its own, so that its references count from where it begins.
fn apart(schema: &Value) -> Value {
    match schema {
        Value::Object(map) if !map.contains_key("$id") && refers(schema) => {
            let mut map = map.clone();
            let id = format!("urn:locus:{}", crate::identity::content_hash(schema));
            map.insert("$id".to_owned(), Value::String(id));
            Value::Object(map)
        }
        schema => schema.clone(),
    }
}

/// Whether a schema refers to a part of itself.
fn refers(schema: &Value) -> bool {
    match schema {
        Value::Object(map) => {
            map.contains_key("$ref") || map.contains_key("$dynamicRef") || map.values().any(refers)
        }
        Value::Array(items) => items.iter().any(refers),
        _ => false,
    }
}

/// The same schema, with `null` allowed.
fn nullable(schema: Value) -> Value {
    match schema {
        Value::Object(map) if map.is_empty() => Value::Object(map),
        schema => json!({ "anyOf": [schema, { "type": "null" }] }),
    }
}
