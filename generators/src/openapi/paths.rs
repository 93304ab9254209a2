//! Operations as the paths of an OpenAPI document.

use locus_plugin::model::{Field, Workflow};
use serde_json::{Map, Value, json};

use super::schemas::{Components, PROBLEM, RUN, component_pointer, is_required, token};
use crate::api::{Operation, Place, RUN_PATH};
use crate::prose::summary;
use crate::shape::{self, Shape};

/// Every path with its operations, in the author's order; looking at a run comes last.
pub(super) fn paths(operations: &[Operation<'_>], components: &Components) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations {
        let methods = paths.entry(operation.path.clone()).or_insert_with(|| json!({}));
        let method = operation.method.to_lowercase();
        methods[&method] = describe(operation, components, &method);
    }
    if !operations.is_empty() {
        let methods = paths.entry(RUN_PATH).or_insert_with(|| json!({}));
        methods["get"] = look_at_run();
    }
    Value::Object(paths)
}

/// Responses that several operations give.
pub(super) fn responses() -> Value {
    json!({
        PROBLEM: {
            "description": "Something is wrong with the request, or the server cannot answer it.",
            "content": {
                "application/problem+json": { "schema": { "$ref": component_pointer(PROBLEM) } },
            },
        },
    })
}

fn describe(operation: &Operation<'_>, components: &Components, method: &str) -> Value {
    let workflow = operation.workflow;
    let at = format!("#/paths/{}/{method}", token(&operation.path));
    let mut out = Map::new();
    out.insert("operationId".to_owned(), json!(operation.id));
    if let Some(description) = workflow.description.as_deref().map(str::trim) {
        let summary = summary(description);
        let more = summary != description;
        out.insert("summary".to_owned(), json!(summary));
        if more {
            out.insert("description".to_owned(), json!(description));
        }
    }
    let parameters = parameters(operation, components, &at);
    if !parameters.is_empty() {
        out.insert("parameters".to_owned(), Value::Array(parameters));
    }
    if let Some(body) = body(operation, components, &at) {
        out.insert("requestBody".to_owned(), body);
    }
    out.insert("responses".to_owned(), run_responses(workflow));
    out.insert("x-locus-workflow".to_owned(), json!(workflow.name.value));
    Value::Object(out)
}

fn parameters(operation: &Operation<'_>, components: &Components, at: &str) -> Vec<Value> {
    let placed = operation.inputs.iter().filter(|(_, _, place)| *place != Place::Body);
    placed
        .enumerate()
        .map(|(index, (name, field, place))| {
            parameter(name, field, *place, components, &format!("{at}/parameters/{index}"))
        })
        .collect()
}

fn parameter(name: &str, field: &Field, place: Place, components: &Components, at: &str) -> Value {
    let in_path = place == Place::Path;
    let mut out = Map::new();
    out.insert("name".to_owned(), json!(name));
    out.insert("in".to_owned(), json!(if in_path { "path" } else { "query" }));
    if let Some(description) = &field.description {
        out.insert("description".to_owned(), json!(description.trim()));
    }
    out.insert("required".to_owned(), json!(in_path || is_required(field)));
    if place == Place::JsonQuery {
        let at = format!("{at}/content/application~1json/schema");
        let schema = components.field(&undescribed(field), &at);
        out.insert("content".to_owned(), json!({ "application/json": { "schema": schema } }));
    } else {
        let schema = components.field(&undescribed(field), &format!("{at}/schema"));
        out.insert("schema".to_owned(), schema);
    }
    Value::Object(out)
}

/// The description of a parameter stands beside its schema, not in it.
fn undescribed(field: &Field) -> Field {
    Field { description: None, ..field.clone() }
}

fn body(operation: &Operation<'_>, components: &Components, at: &str) -> Option<Value> {
    let fields: Vec<(String, &Field)> =
        operation.inputs_in(Place::Body).map(|(name, field)| (name.to_owned(), field)).collect();
    if fields.is_empty() {
        return None;
    }
    let at = format!("{at}/requestBody/content/application~1json/schema");
    let borrowed = fields.iter().map(|(name, field)| (name, *field));
    let schema = components.object(borrowed, &at);
    Some(json!({
        "required": fields.iter().any(|(_, field)| is_required(field)),
        "content": { "application/json": { "schema": schema } },
    }))
}

fn run_responses(workflow: &Workflow) -> Value {
    let run = json!({ "$ref": component_pointer(RUN) });
    let ended = match result(&shape::result(workflow)) {
        Some(result) => json!({ "allOf": [run, { "properties": { "result": result } }] }),
        None => run.clone(),
    };
    json!({
        "200": {
            "description": "The run has ended.",
            "content": { "application/json": { "schema": ended } },
        },
        "202": {
            "description": "The run goes on.",
            "headers": {
                "Location": {
                    "description": "Where the run can be looked at.",
                    "schema": { "type": "string", "format": "uri-reference" },
                },
            },
            "content": { "application/json": { "schema": run } },
        },
        "400": { "$ref": format!("#/components/responses/{PROBLEM}") },
        "default": { "$ref": format!("#/components/responses/{PROBLEM}") },
    })
}

/// A result whose form is known. A run that failed has none, so nothing is required of it.
fn result(shape: &Shape) -> Option<Value> {
    Some(match shape {
        Shape::Unknown => return None,
        Shape::Text => json!({ "type": "string" }),
        Shape::Number => json!({ "type": "number" }),
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Null => json!({ "type": "null" }),
        Shape::List => json!({ "type": "array" }),
        Shape::Object(entries) => {
            let properties: Map<String, Value> = entries
                .iter()
                .map(|(name, shape)| (name.clone(), result(shape).unwrap_or_else(|| json!({}))))
                .collect();
            let mut out = Map::new();
            out.insert("type".to_owned(), json!("object"));
            out.insert("properties".to_owned(), Value::Object(properties));
            let names: Vec<&String> = entries.iter().map(|(name, _)| name).collect();
            if !names.is_empty() {
                out.insert("required".to_owned(), json!(names));
            }
            Value::Object(out)
        }
    })
}

fn look_at_run() -> Value {
    json!({
        "operationId": "get_run",
        "summary": "Look at a run.",
        "parameters": [{
            "name": "id",
            "in": "path",
            "description": "Identifies the run.",
            "required": true,
            "schema": { "type": "string" },
        }],
        "responses": {
            "200": {
                "description": "The run as it stands.",
                "content": { "application/json": { "schema": { "$ref": component_pointer(RUN) } } },
            },
            "404": { "$ref": format!("#/components/responses/{PROBLEM}") },
            "default": { "$ref": format!("#/components/responses/{PROBLEM}") },
        },
    })
}
