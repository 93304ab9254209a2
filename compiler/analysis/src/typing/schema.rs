//! JSON Schemas as types: of parameters, and those that authors write. What a schema says beyond a type is left out, so that a type never
//! refuses what its schema takes.

use std::sync::Arc;

use locus_expr::{Field, Format, Ty};
use locus_plugin::schema as keywords;
use serde_json::{Map, Value};

/// References and alternatives that lead to others: a schema that is only itself ends here.
const MAX_DEPTH: u32 = 16;

/// The type of a schema; its references lead into its own `$defs`.
pub(crate) fn type_of(schema: &Value) -> Ty {
    within(schema, schema)
}

/// The type of a part of a schema.
pub(crate) fn within(part: &Value, root: &Value) -> Ty {
    read(part, root, 0)
}

fn read(schema: &Value, root: &Value, depth: u32) -> Ty {
    let Value::Object(map) = schema else { return Ty::any() };
    let elsewhere = [keywords::BLOCK, "not", "allOf", "if", "$dynamicRef"];
    if depth > MAX_DEPTH || elsewhere.iter().any(|keyword| map.contains_key(*keyword)) {
        return Ty::any();
    }
    if map.get(keywords::REFERENCE).is_some_and(|reference| reference == "type") {
        return Ty::any();
    }
    if let Some(target) = map.get("$ref").and_then(Value::as_str) {
        let target = target.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        return target.map_or_else(Ty::any, |target| read(target, root, depth + 1));
    }
    if let Some(value) = map.get("const") {
        return Ty::literal(value);
    }
    if let Some(values) = map.get("enum").and_then(Value::as_array) {
        return union(values.iter().map(Ty::literal));
    }
    for keyword in ["anyOf", "oneOf"] {
        if let Some(parts) = map.get(keyword).and_then(Value::as_array) {
            // Alternatives that only name required keys say nothing of the type.
            let only_keys =
                |part: &Value| part.as_object().is_some_and(|p| p.keys().all(|k| k == "required"));
            if !parts.iter().all(only_keys) {
                return union(parts.iter().map(|part| read(part, root, depth + 1)));
            }
        }
    }
    match map.get("type") {
        Some(Value::String(name)) => kind(name, map, root, depth),
        Some(Value::Array(names)) => {
            union(names.iter().map(|name| kind(name.as_str().unwrap_or(""), map, root, depth)))
        }
        _ => Ty::any(),
    }
}

fn union(types: impl Iterator<Item = Ty>) -> Ty {
    types.fold(Ty::never(), |all, ty| all.union(&ty))
}

fn kind(name: &str, map: &Map<String, Value>, root: &Value, depth: u32) -> Ty {
    match name {
        "null" => Ty::null(),
        "boolean" => Ty::bool(),
        "integer" => limited(Ty::int(), map),
        "number" => limited(Ty::number(), map),
        "string" => text(map),
        "array" => array(map, root, depth),
        "object" => object(map, root, depth),
        _ => Ty::any(),
    }
}

fn limited(ty: Ty, map: &Map<String, Value>) -> Ty {
    let limit = |keyword: &str| map.get(keyword).and_then(Value::as_f64);
    match (limit("minimum"), limit("maximum")) {
        (None, None) => ty,
        (min, max) => ty.within(min.unwrap_or(f64::NEG_INFINITY), max.unwrap_or(f64::INFINITY)),
    }
}

fn text(map: &Map<String, Value>) -> Ty {
    match map.get("format").and_then(Value::as_str) {
        Some("uuid") => Ty::formatted(Format::Uuid),
        Some("date") => Ty::formatted(Format::Date),
        Some("date-time") => Ty::formatted(Format::DateTime),
        Some("locus-duration") => Ty::formatted(Format::Duration),
        _ => Ty::string(),
    }
}

fn array(map: &Map<String, Value>, root: &Value, depth: u32) -> Ty {
    let item = match map.get("items") {
        Some(items) if !map.contains_key("prefixItems") => read(items, root, depth + 1),
        _ => Ty::any(),
    };
    match map.get("minItems").and_then(Value::as_u64) {
        Some(min) => Ty::array_at_least(item, u32::try_from(min).unwrap_or(u32::MAX)),
        None => Ty::array(item),
    }
}

fn object(map: &Map<String, Value>, root: &Value, depth: u32) -> Ty {
    if map.contains_key("patternProperties") {
        return Ty::map(Ty::any());
    }
    let required: Vec<&str> = map
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let properties = map.get("properties").and_then(Value::as_object);
    let fields = properties.into_iter().flatten().map(|(name, schema)| {
        let ty = read(schema, root, depth + 1);
        let field = match required.contains(&name.as_str()) {
            true => Field::required(ty),
            // A schema says what may be there; that it is missing nobody expects.
            false => Field::optional(ty.possibly_missing()),
        };
        (Arc::from(name.as_str()), field)
    });
    let rest = match map.get("additionalProperties") {
        Some(Value::Bool(false)) => None,
        Some(schema @ Value::Object(_)) => Some(read(schema, root, depth + 1)),
        _ => Some(Ty::any()),
    };
    Ty::object(fields.collect::<Vec<_>>(), rest)
}
