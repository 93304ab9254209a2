//! Types of a program, and JSON Schemas, as types of TypeScript.

use indexmap::IndexMap;
use locus_plugin::model::{Field, Type, TypeKind};
use serde_json::{Map, Value};

use super::declarations::Names;
use super::ty::{self, Member, Ty, word};

/// How many references of a JSON Schema are followed; behind that a type is not known.
const REFERENCES: usize = 100;

/// A type; one that is optional takes `null`.
pub(super) fn of(ty: &Type, names: &Names) -> Ty {
    optional(of_kind(&ty.kind, names), ty.optional)
}

/// The type that is declared under `name`: references to the whole of a JSON Schema are that name.
pub(super) fn declared(ty: &Type, name: &str, names: &Names) -> Ty {
    match &ty.kind {
        TypeKind::Schema(schema) if !ty.optional => Raw::new(schema, Some(name)).of(schema),
        _ => of(ty, names),
    }
}

fn optional(ty: Ty, optional: bool) -> Ty {
    if optional { ty::union([ty, word("null")]) } else { ty }
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
        TypeKind::Schema(schema) => Raw::new(schema, None).of(schema),
    }
}

/// A JSON Schema of the author's.
struct Raw<'a> {
    root: &'a Value,
    /// The name of the whole, where it has one.
    name: Option<&'a str>,
    /// References that are being followed: one that leads back into itself has no type that could be written here.
    following: Vec<String>,
    followed: usize,
}

impl<'a> Raw<'a> {
    fn new(root: &'a Value, name: Option<&'a str>) -> Self {
        Self { root, name, following: Vec::new(), followed: 0 }
    }

    fn of(&mut self, schema: &Value) -> Ty {
        let Value::Object(map) = schema else {
            return word(if *schema == Value::Bool(false) { "never" } else { "unknown" });
        };
        let mut parts = vec![self.of_keywords(map)];
        for keyword in ["anyOf", "oneOf"] {
            if let Some(choices) = map.get(keyword).and_then(Value::as_array) {
                let choices: Vec<Ty> = choices.iter().map(|choice| self.of(choice)).collect();
                parts.push(ty::union(choices));
            }
        }
        for each in map.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            parts.push(self.of(each));
        }
        if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
            parts.push(self.of_reference(reference));
        }
        ty::all(parts)
    }

    fn of_reference(&mut self, reference: &str) -> Ty {
        if let (Some(name), "#") = (self.name, reference) {
            return word(name);
        }
        let root = self.root;
        let target = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        let Some(target) = target else { return word("unknown") };
        if self.followed >= REFERENCES || self.following.iter().any(|other| other == reference) {
            return word("unknown");
        }
        self.followed += 1;
        self.following.push(reference.to_owned());
        let ty = self.of(target);
        self.following.pop();
        ty
    }

    fn of_keywords(&mut self, map: &Map<String, Value>) -> Ty {
        if let Some(value) = map.get("const") {
            return literal(value);
        }
        if let Some(values) = map.get("enum").and_then(Value::as_array) {
            return ty::union(values.iter().map(literal));
        }
        match map.get("type") {
            Some(Value::String(name)) => self.of_name(name, map),
            Some(Value::Array(names)) => {
                let names = names.iter().filter_map(Value::as_str);
                let types: Vec<Ty> = names.map(|name| self.of_name(name, map)).collect();
                ty::union(types)
            }
            _ if map.contains_key("properties") => self.of_name("object", map),
            _ if map.contains_key("items") => self.of_name("array", map),
            _ => word("unknown"),
        }
    }

    fn of_name(&mut self, name: &str, map: &Map<String, Value>) -> Ty {
        match name {
            "string" => word("string"),
            "integer" | "number" => word("number"),
            "boolean" => word("boolean"),
            "null" => word("null"),
            "array" => {
                // With `prefixItems` the items are only those behind.
                let items = map.get("items").filter(|_| !map.contains_key("prefixItems"));
                let item = items.map_or_else(|| word("unknown"), |items| self.of(items));
                Ty::List(Box::new(item))
            }
            "object" => self.of_object(map),
            _ => word("unknown"),
        }
    }

    fn of_object(&mut self, map: &Map<String, Value>) -> Ty {
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
                let ty = self.of(schema);
                let ty = if optional { ty::union([ty, word("undefined")]) } else { ty };
                Member { key: ty::key(name), optional, ty }
            })
            .collect();
        if !members.is_empty() {
            return Ty::Object(members);
        }
        let value = match map.get("additionalProperties") {
            Some(schema) if !map.contains_key("patternProperties") => self.of(schema),
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
