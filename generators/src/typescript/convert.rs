//! Types of a program, and JSON Schemas, as types of TypeScript.

use indexmap::IndexMap;
use locus_plugin::model::{Field, Type, TypeKind};
use serde_json::{Map, Value};

use super::declarations::Names;
use super::ty::{self, Member, Ty, word};

/// How deep references of a JSON Schema are followed; behind that a type is not known.
const DEPTH: usize = 6;

/// A type; one that is optional takes `null`.
pub(super) fn of(ty: &Type, names: &Names) -> Ty {
    let kind = of_kind(&ty.kind, names);
    if ty.optional { ty::union([kind, word("null")]) } else { kind }
}

/// A property. What may be left out may be `undefined` as well, so that callers need not take it out of their objects.
pub(super) fn member(name: &str, field: &Field, names: &Names) -> Member {
    let optional = field.ty.optional || field.default.is_some();
    let ty = of(&field.ty, names);
    Member {
        key: ty::key(name),
        optional,
        ty: if optional { ty::union([ty, word("undefined")]) } else { ty },
    }
}

/// Properties, in the author's order.
pub(super) fn members(fields: &IndexMap<String, Field>, names: &Names) -> Vec<Member> {
    fields.iter().map(|(name, field)| member(name, field, names)).collect()
}

pub(super) fn of_kind(kind: &TypeKind, names: &Names) -> Ty {
    match kind {
        TypeKind::String
        | TypeKind::Uuid
        | TypeKind::Date
        | TypeKind::Datetime
        | TypeKind::Duration
        | TypeKind::Bytes => word("string"),
        TypeKind::Int | TypeKind::Float => word("number"),
        TypeKind::Bool => word("boolean"),
        TypeKind::Decimal => ty::union([word("number"), word("string")]),
        TypeKind::Json | TypeKind::Any => word("unknown"),
        TypeKind::Named(name) => word(names.of_type(name).unwrap_or("unknown")),
        TypeKind::List(item) => Ty::List(Box::new(of(item, names))),
        TypeKind::Map(value) => Ty::Map(Box::new(of(value, names))),
        TypeKind::Enum(values) => ty::union(values.iter().map(|value| word(ty::string(value)))),
        TypeKind::Object(fields) => Ty::Object(members(fields, names)),
        TypeKind::Schema(schema) => Raw { root: schema }.of(schema, 0),
    }
}

/// A JSON Schema of the author's.
struct Raw<'a> {
    root: &'a Value,
}

impl Raw<'_> {
    fn of(&self, schema: &Value, depth: usize) -> Ty {
        let Value::Object(map) = schema else {
            return word(if *schema == Value::Bool(false) { "never" } else { "unknown" });
        };
        let mut parts = vec![self.of_keywords(map, depth)];
        for keyword in ["anyOf", "oneOf"] {
            if let Some(choices) = map.get(keyword).and_then(Value::as_array) {
                parts.push(ty::union(choices.iter().map(|choice| self.of(choice, depth + 1))));
            }
        }
        for each in map.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            parts.push(self.of(each, depth + 1));
        }
        if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
            parts.push(self.of_reference(reference, depth));
        }
        ty::all(parts)
    }

    fn of_reference(&self, reference: &str, depth: usize) -> Ty {
        let target = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
        match target {
            Some(target) if depth < DEPTH => self.of(target, depth + 1),
            _ => word("unknown"),
        }
    }

    fn of_keywords(&self, map: &Map<String, Value>, depth: usize) -> Ty {
        if let Some(value) = map.get("const") {
            return literal(value);
        }
        if let Some(values) = map.get("enum").and_then(Value::as_array) {
            return ty::union(values.iter().map(literal));
        }
        match map.get("type") {
            Some(Value::String(name)) => self.of_name(name, map, depth),
            Some(Value::Array(names)) => ty::union(
                names.iter().filter_map(Value::as_str).map(|name| self.of_name(name, map, depth)),
            ),
            _ if map.contains_key("properties") => self.of_name("object", map, depth),
            _ if map.contains_key("items") => self.of_name("array", map, depth),
            _ => word("unknown"),
        }
    }

    fn of_name(&self, name: &str, map: &Map<String, Value>, depth: usize) -> Ty {
        match name {
            "string" => word("string"),
            "integer" | "number" => word("number"),
            "boolean" => word("boolean"),
            "null" => word("null"),
            "array" => {
                // With `prefixItems` the items are only those behind.
                let items = map.get("items").filter(|_| !map.contains_key("prefixItems"));
                let item = items.map_or_else(|| word("unknown"), |items| self.of(items, depth + 1));
                Ty::List(Box::new(item))
            }
            "object" => self.of_object(map, depth),
            _ => word("unknown"),
        }
    }

    fn of_object(&self, map: &Map<String, Value>, depth: usize) -> Ty {
        let required: Vec<&str> = map
            .get("required")
            .and_then(Value::as_array)
            .map(|names| names.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let properties = map.get("properties").and_then(Value::as_object);
        let members: Vec<Member> = properties
            .into_iter()
            .flatten()
            .map(|(name, schema)| {
                let optional = !required.contains(&name.as_str());
                let ty = self.of(schema, depth + 1);
                let ty = if optional { ty::union([ty, word("undefined")]) } else { ty };
                Member { key: ty::key(name), optional, ty }
            })
            .collect();
        if !members.is_empty() {
            return Ty::Object(members);
        }
        let value = match map.get("additionalProperties") {
            Some(schema) if !map.contains_key("patternProperties") => self.of(schema, depth + 1),
            _ => word("unknown"),
        };
        Ty::Map(Box::new(value))
    }
}

fn literal(value: &Value) -> Ty {
    match value {
        Value::String(text) => word(ty::string(text)),
        Value::Number(number) => word(number.to_string()),
        Value::Bool(value) => word(value.to_string()),
        Value::Null => word("null"),
        Value::Array(_) | Value::Object(_) => word("unknown"),
    }
}
