//! The methods of the client: one for each workflow.

use locus_plugin::GenerateError;
use locus_plugin::model::Program;
use serde_json::{Value, json};

use super::declarations::{has_input, identifier};
use super::ty;
use crate::api::{self, Operation, Place, input_name, output_name};
use crate::names::{Scope, camel_case};

/// Characters that a line should have at most.
const WIDTH: usize = 80;

/// Names that a method cannot have: the client has them itself.
const TAKEN: [&str; 2] = ["constructor", "getRun"];

/// Every method, for the template. A workflow with several triggers is called by its first.
///
/// # Errors
/// Two workflows would have the same method.
pub(super) fn methods(program: &Program) -> Result<Vec<Value>, GenerateError> {
    let mut scope = Scope::default();
    let mut methods: Vec<Value> = Vec::new();
    let mut last = None;
    for operation in api::operations(program)? {
        let workflow = &operation.workflow.name;
        if last == Some(&workflow.value) {
            continue;
        }
        last = Some(&workflow.value);
        let name = method_name(workflow);
        let owner = format!("the workflow `{}`", workflow.value);
        scope.take(&name, &owner, "the method", workflow.span)?;
        methods.push(method(&name, &operation));
    }
    Ok(methods)
}

fn method_name(workflow: &str) -> String {
    let name = identifier(camel_case(workflow));
    if TAKEN.contains(&name.as_str()) { format!("{name}_") } else { name }
}

fn method(name: &str, operation: &Operation<'_>) -> Value {
    let workflow = operation.workflow;
    let mut parameters = Vec::new();
    if has_input(workflow) {
        let all_optional =
            workflow.input.values().all(|field| field.ty.optional || field.default.is_some());
        let default = if all_optional { " = {}" } else { "" };
        parameters.push(format!("input: types.{}{default}", identifier(input_name(workflow))));
    }
    parameters.push("options: LocusCallOptions = {}".to_owned());
    let result = format!("LocusRun<types.{}>", identifier(output_name(workflow)));
    let mut arguments = vec![
        ty::string(operation.method),
        ty::string(&operation.path),
        if has_input(workflow) { "input" } else { "{}" }.to_owned(),
        "options".to_owned(),
    ];
    let json: Vec<String> =
        operation.inputs_in(Place::JsonQuery).map(|(name, _)| ty::string(name)).collect();
    if !json.is_empty() {
        arguments.push(format!("[{}]", json.join(", ")));
    }
    json!({
        "docs": workflow.description.clone().unwrap_or_else(|| format!("Runs `{}`.", workflow.name.value)),
        "signature": signature(name, &parameters, &result),
        "call": call("    return this.#call", &arguments, ";", "    "),
    })
}

/// The line or lines up to the brace that opens the body.
fn signature(name: &str, parameters: &[String], result: &str) -> String {
    let end = format!(": Promise<{result}> {{");
    if "  )".len() + end.chars().count() <= WIDTH {
        return call(&format!("  {name}"), parameters, &end, "  ");
    }
    let end = format!(": Promise<\n    {result}\n  > {{");
    call(&format!("  {name}"), parameters, &end, "  ")
}

/// `start(a, b)end` on one line, or over several where that is too long.
fn call(start: &str, parts: &[String], end: &str, indent: &str) -> String {
    let flat = format!("{start}({}){end}", parts.join(", "));
    if flat.chars().count() <= WIDTH {
        return flat;
    }
    let lines: Vec<String> = parts.iter().map(|part| format!("{indent}  {part},")).collect();
    format!("{start}(\n{}\n{indent}){end}", lines.join("\n"))
}
