//! `openapi`: the HTTP interface of a program as an OpenAPI 3.1 document.

mod paths;
mod schemas;

use locus_plugin::model::Program;
use locus_plugin::{Doc, GenerateError, Generator, Plan, RenderContext, Unit};
use serde_json::{Map, Value, json};

use crate::api;

/// An OpenAPI 3.1 document: the types of the program, and how its workflows are started over HTTP.
///
/// It is called `openapi.json`.
///
/// - Every model and schema is a component. Types are as the program checks them: a field whose type is a model holds a record
///   of that model, and a field that is optional or has a default may be left out.
/// - An `http` trigger is an operation, named after its workflow; if a workflow has several, their methods and paths are
///   added to the name. Inputs that the path names are path parameters; the others are the body of `POST`, `PUT` and
///   `PATCH` requests and query parameters of `GET` and `DELETE` requests.
/// - A workflow without an `http` trigger is started by `POST /workflows/<name>/runs`, the operation `start_<name>`.
/// - The answer is the run, 200 when it has ended and 202 while it goes on; `GET /runs/{id}` looks at it again. Problems
///   are `application/problem+json` (RFC 9457).
///
/// ```yaml
/// targets:
///   api: { generator: openapi, out: generated/api, options: { server: "https://api.shop.example" } }
/// ```
#[derive(Generator)]
#[generator(name = "openapi", templates("openapi/templates/openapi.json.tera"))]
pub struct OpenApi {
    /// The title of the interface; the program's name when left out.
    title: Option<String>,
    /// The version of the interface; the program's version when left out.
    version: Option<String>,
    /// What the interface is for.
    description: Option<String>,
    /// The URL it is served at.
    server: Option<String>,
}

impl Generator for OpenApi {
    fn plan(&self, program: &Program) -> Result<Plan, GenerateError> {
        schemas::Components::of(program)?;
        api::operations(program)?;
        let mut plan = Plan::default();
        plan.owned("openapi.json", Value::Null, None);
        Ok(plan)
    }

    fn render(
        &self,
        _: &Unit,
        program: &Program,
        cx: &RenderContext<'_>,
    ) -> Result<Doc, GenerateError> {
        let components = schemas::Components::of(program)?;
        let operations = api::operations(program)?;
        let context = json!({
            "info": self.info(program),
            "servers": self.server.iter().map(|url| json!({ "url": url })).collect::<Vec<_>>(),
            "paths": paths::paths(&operations, &components),
            "schemas": components.schemas(program),
            "responses": paths::responses(),
        });
        Ok(Doc { text: cx.template("openapi/templates/openapi.json.tera", context)? })
    }
}

impl OpenApi {
    fn info(&self, program: &Program) -> Value {
        let mut info = Map::new();
        let title = self.title.as_ref().unwrap_or(&program.name);
        let title = if title.is_empty() { "API" } else { title };
        info.insert("title".to_owned(), json!(title));
        if let Some(description) = &self.description {
            info.insert("description".to_owned(), json!(description));
        }
        let version = self.version.as_ref().or(program.version.as_ref());
        info.insert("version".to_owned(), json!(version.map_or("0.0.0", String::as_str)));
        Value::Object(info)
    }
}
