//! The input of a workflow: complete with defaults, and checked against its types.

use jsonschema::Validator;
use locus_model::{Program, TypeKind, Workflow, object_schema};
use locus_plugin::StepError;
use serde_json::{Map, Value, json};

use super::depth::is_too_deep;
use super::image::Image;
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
    let declared = declared(program, workflow)?;
    complete(declared, &validator(program, declared)?, input, now)
}

impl Image {
    /// The same as [`complete_input`], for a program made ready before.
    ///
    /// # Errors
    /// `unknown_workflow`; `invalid_input`, whose details are a list of `{ "path", "message" }`.
    pub fn complete_input(
        &self,
        workflow: &str,
        input: Value,
        now: u64,
    ) -> Result<Value, StepError> {
        let declared = declared(self.program(), workflow)?;
        let code = self.workflows.get(workflow).ok_or_else(|| unknown(workflow))?;
        let validator = code.input.get_or_init(|| validator(self.program(), declared));
        complete(declared, validator.as_ref().map_err(Clone::clone)?, input, now)
    }
}

fn declared<'a>(program: &'a Program, workflow: &str) -> Result<&'a Workflow, StepError> {
    program.workflows.get(workflow).ok_or_else(|| unknown(workflow))
}

fn unknown(workflow: &str) -> StepError {
    StepError::terminal("unknown_workflow", format!("the program has no workflow `{workflow}`"))
}

/// What tells whether an input is of the declared types.
fn validator(program: &Program, declared: &Workflow) -> Result<Validator, StepError> {
    jsonschema::validator_for(&object_schema(&declared.input, program)).map_err(|error| {
        let workflow = &declared.name.value;
        StepError::terminal("invalid_input", format!("the input types of `{workflow}`: {error}"))
    })
}

fn complete(
    declared: &Workflow,
    validator: &Validator,
    input: Value,
    now: u64,
) -> Result<Value, StepError> {
    let workflow = declared.name.value.as_str();
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
