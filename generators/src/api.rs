//! The HTTP interface that a program has. Several generators describe it, and must describe the same.
//!
//! - Every `http` trigger is an operation. Inputs named in its path are path parameters; the others are the body of
//!   `POST`, `PUT` and `PATCH` requests, and query parameters of `GET` and `DELETE` requests.
//! - A workflow without one is started by `POST /workflows/{name}/runs` with its whole input as the body.
//! - `GET /runs/{id}` tells how a run stands.
//! - All of them answer with the run: 200 when it has ended, 202 while it goes on.

use std::collections::BTreeMap;

use locus_plugin::model::{Field, Program, Trigger, Type, TypeKind, Workflow};
use locus_plugin::{GenerateError, Span};

use crate::names::{Scope, pascal_case};

/// The path under which a run can be looked at.
pub(crate) const RUN_PATH: &str = "/runs/{id}";

/// How a run can stand.
pub(crate) const RUN_STATES: [&str; 4] = ["running", "done", "failed", "cancelled"];

/// A way to start a workflow over HTTP.
pub(crate) struct Operation<'a> {
    /// The workflow.
    pub(crate) workflow: &'a Workflow,
    /// Its name among the operations.
    pub(crate) id: String,
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub(crate) method: &'a str,
    /// The path; `{name}` parts are inputs.
    pub(crate) path: String,
    /// Each input with the place it has in a request, in the author's order.
    pub(crate) inputs: Vec<(&'a str, &'a Field, Place)>,
    span: Span,
}

/// The place of an input in a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// In the path.
    Path,
    /// In the query, as text; a list is repeated.
    Query,
    /// In the query, as JSON.
    JsonQuery,
    /// In the body, an object.
    Body,
}

impl Operation<'_> {
    /// Its inputs that have this place.
    pub(crate) fn inputs_in(&self, place: Place) -> impl Iterator<Item = (&str, &Field)> {
        self.inputs
            .iter()
            .filter(move |(_, _, found)| *found == place)
            .map(|(name, field, _)| (*name, *field))
    }
}

/// Every operation that starts a workflow, in the author's order.
///
/// # Errors
/// Two would have the same name or path, or a path names no input.
pub(crate) fn operations(program: &Program) -> Result<Vec<Operation<'_>>, GenerateError> {
    let mut operations = Vec::new();
    for workflow in program.workflows.values() {
        let routes: Vec<(&str, &str, Span)> = workflow
            .triggers
            .iter()
            .filter_map(|trigger| match trigger {
                Trigger::Http { method, path } => {
                    Some((method.value.as_str(), path.value.as_str(), path.span))
                }
                _ => None,
            })
            .collect();
        if routes.is_empty() {
            operations.push(start(program, workflow));
        }
        for (method, path, span) in &routes {
            operations.push(triggered(program, workflow, (method, path), *span, routes.len())?);
        }
    }
    check_names(&operations)?;
    check_routes(&operations)?;
    Ok(operations)
}

fn start<'a>(program: &Program, workflow: &'a Workflow) -> Operation<'a> {
    let name = &workflow.name.value;
    Operation {
        workflow,
        id: format!("start_{name}"),
        method: "POST",
        path: format!("/workflows/{}/runs", url_part(name)),
        inputs: places(program, workflow, "POST", &[]),
        span: workflow.name.span,
    }
}

fn triggered<'a>(
    program: &Program,
    workflow: &'a Workflow,
    (method, path): (&'a str, &str),
    span: Span,
    routes: usize,
) -> Result<Operation<'a>, GenerateError> {
    let named: Vec<&str> = path_parameters(path).collect();
    if let Some(unknown) = named.iter().find(|name| !workflow.input.contains_key(**name)) {
        let message = format!(
            "the path `{path}` names `{unknown}`, which is no input of the workflow `{}`",
            workflow.name.value
        );
        return Err(GenerateError::new(message).at(span));
    }
    let name = &workflow.name.value;
    // One trigger has the workflow's name; several add what tells them apart, not their order.
    let id = match routes {
        1 => name.clone(),
        _ => format!("{name}_{}{}", method.to_lowercase(), path_words(path)),
    };
    Ok(Operation {
        workflow,
        id,
        method,
        path: path.to_owned(),
        inputs: places(program, workflow, method, &named),
        span,
    })
}

fn places<'a>(
    program: &Program,
    workflow: &'a Workflow,
    method: &str,
    in_path: &[&str],
) -> Vec<(&'a str, &'a Field, Place)> {
    let place = |name: &str, field: &Field| {
        if in_path.contains(&name) {
            Place::Path
        } else if matches!(method, "POST" | "PUT" | "PATCH") {
            Place::Body
        } else if is_plain(&field.ty, program, 0) {
            Place::Query
        } else {
            Place::JsonQuery
        }
    };
    workflow.input.iter().map(|(name, field)| (name.as_str(), field, place(name, field))).collect()
}

/// Whether a value of this type can stand in a query as it is: text, a number, a list of those.
fn is_plain(ty: &Type, program: &Program, depth: usize) -> bool {
    match &ty.kind {
        TypeKind::List(item) => {
            !item.optional
                && !matches!(item.kind, TypeKind::List(_))
                && is_plain(item, program, depth)
        }
        // A schema may stand for another one, and that for the first.
        TypeKind::Named(name) => program.schemas.get(name).is_some_and(|schema| {
            depth < 8
                && !matches!(schema.ty.kind, TypeKind::List(_))
                && is_plain(&schema.ty, program, depth + 1)
        }),
        TypeKind::Map(_)
        | TypeKind::Object(_)
        | TypeKind::Schema(_)
        | TypeKind::Json
        | TypeKind::Any => false,
        _ => true,
    }
}

/// The names between braces.
pub(crate) fn path_parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn path_words(path: &str) -> String {
    let mut words = String::new();
    for part in path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()) {
        words.push('_');
        words.push_str(&part.to_lowercase());
    }
    words
}

/// One part of a path, with what may not stand there in percent signs.
pub(crate) fn url_part(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

fn check_names(operations: &[Operation<'_>]) -> Result<(), GenerateError> {
    let mut scope = Scope::default();
    scope.reserve("get_run", "the operation that looks at a run");
    for operation in operations {
        let owner = format!("the workflow `{}`", operation.workflow.name.value);
        scope.take(&operation.id, &owner, "the operation", operation.span)?;
    }
    Ok(())
}

/// Two routes are the same when they differ only in the names of their parameters.
fn check_routes(operations: &[Operation<'_>]) -> Result<(), GenerateError> {
    let shape = |method: &str, path: &str| {
        let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
        format!("{method} {}", parts.collect::<Vec<_>>().join("/"))
    };
    let mut routes = BTreeMap::new();
    routes.insert(shape("GET", RUN_PATH), "the request that looks at a run".to_owned());
    for operation in operations {
        let owner = format!("the workflow `{}`", operation.workflow.name.value);
        let shape = shape(operation.method, &operation.path);
        if let Some(other) = routes.insert(shape, owner.clone()) {
            let message = format!(
                "{other} and {owner} would both answer `{} {}`",
                operation.method, operation.path
            );
            let error = GenerateError::new(message).at(operation.span);
            return Err(error.help("give one of them another path or method"));
        }
    }
    Ok(())
}

/// The name of the type of a workflow's input.
pub(crate) fn input_name(workflow: &Workflow) -> String {
    format!("{}Input", pascal_case(&workflow.name.value))
}

/// The name of the type of a workflow's result.
pub(crate) fn output_name(workflow: &Workflow) -> String {
    format!("{}Output", pascal_case(&workflow.name.value))
}
