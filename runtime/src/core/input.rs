//! The input of a workflow: complete with defaults, and checked against its types.

use locus_model::{Program, TypeKind, object_schema};
use locus_plugin::StepError;
use serde_json::{Map, Value, json};

use super::depth::is_too_deep;
use super::machine::format_instant;

/// The input as the workflow sees it: defaults filled in, everything of its type. `now`, in milliseconds since 1970-01-01 UTC, is what the
/// default `now` of a date or an instant stands for.
///
/// # Errors
/// `unknown_workflow`; `invalid_input`, whose details are a list of `{ "path", "message" }`.
pub fn complete_input(
    program: &Program,
    workflow: &str,
    input: Value,
    now: u64,
) -> Result<Value, StepError> {
    let Some(declared) = program.workflows.get(workflow) else {
        return Err(StepError::terminal(
            "unknown_workflow",
            format!("the program has no workflow `{workflow}`"),
        ));
    };
    let mut given = match input {
        Value::Object(map) => map,
        Value::Null => Map::new(),
        other => {
            return Err(invalid(workflow, &[("", format!("expected an object, found {other}"))]));
        }
    };
    if given.values().any(is_too_deep) {
        let problem = "the input is nested too deep to be recorded".to_owned();
        return Err(invalid(workflow, &[("", problem)]));
    }
    let schema = object_schema(&declared.input, program);
    let mut complete = Map::new();
    for (name, field) in &declared.input {
        match (given.shift_remove(name), &field.default) {
            (Some(value), _) => complete.insert(name.clone(), value),
            (None, Some(default)) => {
                complete.insert(name.clone(), default_value(&field.ty.kind, default, now))
            }
            (None, None) if field.ty.optional => complete.insert(name.clone(), Value::Null),
            // The schema reports it.
            (None, None) => None,
        };
    }
    complete.extend(given);
    let complete = Value::Object(complete);
    let validator = jsonschema::validator_for(&schema).map_err(|error| {
        StepError::terminal("invalid_input", format!("the input types of `{workflow}`: {error}"))
    })?;
    let problems: Vec<(String, String)> = validator
        .iter_errors(&complete)
        .take(20)
        .map(|error| (error.instance_path().to_string(), error.to_string()))
        .collect();
    if problems.is_empty() {
        return Ok(complete);
    }
    let problems: Vec<(&str, String)> =
        problems.iter().map(|(path, message)| (path.as_str(), message.clone())).collect();
    Err(invalid(workflow, &problems))
}

fn default_value(kind: &TypeKind, default: &Value, now: u64) -> Value {
    let instant = || format_instant(now);
    match kind {
        TypeKind::Datetime if default == "now" => Value::String(instant()),
        TypeKind::Date if default == "now" => Value::String(instant().chars().take(10).collect()),
        _ => default.clone(),
    }
}

fn invalid(workflow: &str, problems: &[(&str, String)]) -> StepError {
    let list: Vec<Value> = problems
        .iter()
        .map(|(path, message)| json!({ "path": path, "message": message }))
        .collect();
    let first = problems.first().map_or_else(String::new, |(path, message)| {
        if path.is_empty() { message.clone() } else { format!("{path}: {message}") }
    });
    let more = if problems.len() > 1 {
        format!(" (and {} more)", problems.len() - 1)
    } else {
        String::new()
    };
    StepError::terminal(
        "invalid_input",
        format!("the input does not fit workflow `{workflow}`: {first}{more}"),
    )
    .details(Value::Array(list))
}
