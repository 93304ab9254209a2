//! The JSON Schema (2020-12) of parameters, and the keywords Locus adds to it. The schema alone tells the compiler all it
//! needs of a step type: what its parameters are, where its inner blocks stand, what names it brings into them.

use serde_json::{Value, json};

/// Marks the place of an inner block. Its value is an object: `runs` (one of [`RUNS`]), and `binds`, the variables the
/// block sees: each a name, or `{ "param": "as", "default": "item" }` where a parameter gives the name; without `default`
/// there is no such variable when the parameter is not given. A name may be written `{ "name": "index" }` too, and beside `name` or `param`
/// the key `type` says what is known of the variable's type, as [`ResultType`](crate::ResultType).
pub const BLOCK: &str = "x-locus-block";

/// Marks a parameter that the step evaluates itself, when it needs it.
pub const LAZY: &str = "x-locus-lazy";

/// Marks a string that names something of the program: one of [`REFERENCES`]. Beside one that names a workflow, the parameter `input` is
/// what that workflow gets.
pub const REFERENCE: &str = "x-locus-reference";

/// Says what the connection that a string names must offer: see [`ConnectionKind`](crate::connection::ConnectionKind).
pub const SERVICE: &str = "x-locus-service";

/// Marks a parameter that may hold a secret.
pub const SECRET_SAFE: &str = "x-locus-secret-safe";

/// Marks a parameter that must be written as it is: expressions are refused.
pub const LITERAL: &str = "x-locus-literal";

/// Marks a mapping (the parameters as a whole, or one of them) whose keys are names that later steps see as `.vars`.
pub const SETS_VARS: &str = "x-locus-sets-vars";

/// Marks a string that is a statement of a database. Its value is the name of the mapping beside it that gives the values of
/// the statement's parameters, which are written `:name`.
pub const SQL: &str = "x-locus-sql";

/// What the parameter is for, as far as analysis of flow, errors and effects has to know: one of [`ROLES`]. Blocks *beside* a parameter
/// are those in the same mapping.
pub const ROLE: &str = "x-locus-role";

/// Names other effects of the step by what is written for a parameter: an object of the first word of its text (in any letter case) and the effect,
/// `{ "GET": "read" }`. A step's effect is the strongest that its parameters name, and that of its type where one of
/// them is not written out or names none.
pub const EFFECTS: &str = "x-locus-effects";

/// Marks a step type or parameter that will go away: beside `deprecated`, what to use instead, as a sentence.
pub const DEPRECATED: &str = "x-locus-deprecated";

/// How often an inner block may run.
pub const RUNS: [&str; 6] = ["once", "at_most_once", "many", "concurrent", "on_error", "always"];

/// What a string may name.
pub const REFERENCES: [&str; 5] = ["connection", "workflow", "model", "type", "error"];

/// What a parameter may be for:
///
/// | role | the parameter |
/// |---|---|
/// | `guard` | condition: the blocks beside it run only when it is true |
/// | `selector` | value: of the blocks in mappings beside it, the one runs whose key is its text |
/// | `while` | condition: the blocks beside it run again as long as it is true; looked at before each time |
/// | `until` | condition: the blocks beside it run again until it is true; looked at after each time |
/// | `items` | list: the blocks beside it run once for each item |
/// | `times` | number: how often the blocks beside it run |
/// | `bound` | number: the most times the blocks beside it may run |
/// | `concurrency` | number: how many blocks, or runs of one block, there are at once |
/// | `join` | word: `all` where every block runs to its end; with any other, the first that decides ends the others |
/// | `repeats` | how often the step's blocks run again, all of them anew, when one fails |
/// | `raises` | error code: the step can fail with it |
/// | `catches` | error codes: those errors of the step's blocks that the blocks beside it handle instead; every error when empty |
/// | `calls` | name of a workflow: it runs as a part of this run, and its errors are the step's |
/// | `detaches` | condition: when true, what the parameter `calls` names becomes a run of its own |
/// | `emits` | type of an event that the step emits |
/// | `awaits` | type of an event that the step waits for |
/// | `idempotency_key` | key under which a repetition of the step does nothing more |
pub const ROLES: [&str; 17] = [
    "guard",
    "selector",
    "while",
    "until",
    "items",
    "times",
    "bound",
    "concurrency",
    "join",
    "repeats",
    "raises",
    "catches",
    "calls",
    "detaches",
    "emits",
    "awaits",
    "idempotency_key",
];

/// The schema of an inner block.
#[must_use]
pub fn block(runs: &str, binds: &Value) -> Value {
    json!({ BLOCK: { "runs": runs, "binds": binds } })
}

/// Adds a keyword to a schema that is an object, replacing one of the same name.
#[must_use]
pub fn with(mut schema: Value, keyword: &str, value: Value) -> Value {
    if let Value::Object(map) = &mut schema {
        map.insert(keyword.to_owned(), value);
    }
    schema
}

/// Says how often a block may run and what it sees, wherever the field's schema has one: itself, in a list, in a mapping.
#[must_use]
pub fn with_slot(mut schema: Value, runs: &str, binds: &Value) -> Value {
    if schema.get(BLOCK).is_some() {
        return with(schema, BLOCK, json!({ "runs": runs, "binds": binds }));
    }
    if let Some(inner) = inner(&mut schema) {
        *inner = with_slot(inner.take(), runs, binds);
    }
    schema
}

/// Adds a keyword to the texts of a field: itself, those of a list, those of a mapping.
#[must_use]
pub fn with_texts(mut schema: Value, keyword: &str, value: &str) -> Value {
    match inner(&mut schema) {
        Some(inner) => *inner = with_texts(inner.take(), keyword, value),
        None => return with(schema, keyword, json!(value)),
    }
    schema
}

/// Adds a limit: `min` and `max` of a number, `min_items` and `max_items` of a list or mapping.
#[must_use]
pub fn with_limit(schema: Value, limit: &str, value: f64) -> Value {
    let is_mapping = schema["type"] == "object";
    let keyword = match limit {
        "min" => "minimum",
        "max" => "maximum",
        "min_items" if is_mapping => "minProperties",
        "min_items" => "minItems",
        _ if is_mapping => "maxProperties",
        _ => "maxItems",
    };
    // Whole numbers are written without a fraction, as an author would.
    let whole = value.fract() == 0.0 && value.abs() < 9e15;
    with(schema, keyword, if whole { json!(value as i64) } else { json!(value) })
}

/// The schema of an object: each property with whether it must be given; nothing else is allowed.
#[must_use]
pub fn object(description: &str, properties: Vec<(&str, bool, Value)>) -> Value {
    let required: Vec<&str> =
        properties.iter().filter(|(_, required, _)| *required).map(|(name, ..)| *name).collect();
    let mut schema = json!({ "type": "object" });
    if !description.is_empty() {
        schema = with(schema, "description", json!(description));
    }
    if !required.is_empty() {
        schema = with(schema, "required", json!(required));
    }
    let properties = properties.into_iter().map(|(name, _, schema)| (name.to_owned(), schema));
    schema = with(schema, "properties", Value::Object(properties.collect()));
    with(schema, "additionalProperties", json!(false))
}

/// Says that a step type or parameter will go away, and what to use instead.
#[must_use]
pub fn deprecated(schema: Value, advice: &str) -> Value {
    with(with(schema, "deprecated", json!(true)), DEPRECATED, json!(advice))
}

/// Says that exactly one of these properties is given.
#[must_use]
pub fn exactly_one(schema: Value, names: &[&str]) -> Value {
    let each: Vec<Value> = names.iter().map(|name| json!({ "required": [name] })).collect();
    with(schema, "oneOf", Value::Array(each))
}

/// The schema of a choice between strings, each with what it means; where nothing is said about any, a plain `enum`.
#[must_use]
pub fn choice(description: &str, choices: &[(&str, &str)]) -> Value {
    let mut schema = json!({ "type": "string" });
    if !description.is_empty() {
        schema = with(schema, "description", json!(description));
    }
    if choices.iter().all(|(_, docs)| docs.is_empty()) {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        return with(schema, "enum", json!(names));
    }
    let each: Vec<Value> = choices
        .iter()
        .map(|(name, docs)| match *docs {
            "" => json!({ "const": name }),
            docs => json!({ "const": name, "description": docs }),
        })
        .collect();
    with(schema, "oneOf", Value::Array(each))
}

/// A value with the defaults of its schema put where nothing is given, in objects inside as well; nothing counts as an empty object.
#[must_use]
pub fn with_defaults(schema: &Value, value: Value) -> Value {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return value;
    };
    let mut map = match value {
        Value::Object(map) => map,
        Value::Null => serde_json::Map::new(),
        other => return other,
    };
    for (name, property) in properties {
        match map.get_mut(name) {
            Some(given) => *given = with_defaults(property, given.take()),
            None => {
                if let Some(default) = property.get("default") {
                    map.insert(name.clone(), default.clone());
                }
            }
        }
    }
    Value::Object(map)
}

/// The schema of the items of a list or of the values of a mapping.
fn inner(schema: &mut Value) -> Option<&mut Value> {
    let map = schema.as_object_mut()?;
    let keyword = if map.contains_key("items") { "items" } else { "additionalProperties" };
    map.get_mut(keyword).filter(|inner| inner.is_object())
}
