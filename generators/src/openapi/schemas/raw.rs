//! JSON Schemas that the author wrote out, at their place in the document: references inside them count from there.

use serde_json::{Map, Value, json};

/// Keywords whose values are data and no schemas.
const DATA: [&str; 5] = ["const", "enum", "default", "examples", "example"];

/// Keywords whose values are schemas by names of the author's.
const NAMED: [&str; 5] =
    ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];

/// The schema, for the place that the pointer `at` names.
pub(super) fn placed(schema: &Value, at: &str) -> Value {
    match schema {
        // In OpenAPI a schema is an object; these two say the same as `true` and `false`.
        Value::Bool(true) => json!({}),
        Value::Bool(false) => json!({ "not": {} }),
        Value::Object(map) if map.contains_key("$id") => schema.clone(),
        Value::Object(map) => Value::Object(object(map, at)),
        other => other.clone(),
    }
}

fn object(map: &Map<String, Value>, at: &str) -> Map<String, Value> {
    let mut out = Map::new();
    for (keyword, value) in map {
        match (keyword.as_str(), value) {
            // Only allowed where a document begins.
            ("$schema", _) => {}
            ("$ref" | "$dynamicRef", Value::String(reference)) => match moved(reference, at) {
                Some(reference) => {
                    out.insert(keyword.clone(), json!(reference));
                }
                None => {
                    out.insert("$comment".to_owned(), json!(format!("see {reference}")));
                }
            },
            (keyword, Value::Object(schemas)) if NAMED.contains(&keyword) => {
                let schemas =
                    schemas.iter().map(|(name, schema)| (name.clone(), inner(schema, at)));
                out.insert(keyword.to_owned(), Value::Object(schemas.collect()));
            }
            (keyword, value) if DATA.contains(&keyword) => {
                out.insert(keyword.to_owned(), value.clone());
            }
            (keyword, value) => {
                out.insert(keyword.to_owned(), inner(value, at));
            }
        }
    }
    out
}

fn inner(value: &Value, at: &str) -> Value {
    match value {
        Value::Object(map) => Value::Object(object(map, at)),
        Value::Array(items) => Value::Array(items.iter().map(|item| inner(item, at)).collect()),
        other => other.clone(),
    }
}

/// Where a reference leads from the schema's place: nowhere for a file, which the document does not have.
fn moved(reference: &str, at: &str) -> Option<String> {
    match reference.strip_prefix('#') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => Some(format!("{at}{rest}")),
        Some(_) => Some(reference.to_owned()),
        None => reference.contains("://").then(|| reference.to_owned()),
    }
}
