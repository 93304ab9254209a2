//! `typescript`: types of a program's data, and a client for its workflows.

mod client;
mod convert;
mod declarations;
mod ty;

use locus_plugin::model::Program;
use locus_plugin::{Doc, GenerateError, Generator, Plan, RenderContext, Unit};
use serde_json::{Value, json};

use crate::api;
use declarations::Names;

/// Types and a client in TypeScript.
///
/// `types.ts` has the models, schemas, inputs and results of the program, `client.ts` a client with one method for each
/// workflow, and `index.ts` both.
///
/// - Names are in the case of TypeScript: the workflow `fulfil_order` is the method `fulfilOrder`, its types are
///   `FulfilOrderInput` and `FulfilOrderOutput`. Keys of data stay as they are.
/// - Enums are unions of strings. What is optional may be left out, `undefined` or `null`. Whole numbers are `number`, exact only up
///   to 2^53; decimals are `number | string`.
/// - The client uses `fetch`, or a function of yours like it. It depends on nothing. Problems become a `LocusError` with the
///   problem the server described (RFC 9457). A call can be given up with an `AbortSignal`.
/// - A method that would be called `constructor` or `getRun` gets a `_` behind its name.
///
/// The files are modules for Node and for browsers; they pass the compiler with `strict`, `exactOptionalPropertyTypes` and
/// `noUncheckedIndexedAccess`.
///
/// ```yaml
/// targets:
///   web: { generator: typescript, out: web/src/api }
/// ```
#[derive(Generator)]
#[generator(
    name = "typescript",
    templates(
        "typescript/templates/module.ts.tera",
        "typescript/templates/types.ts.tera",
        "typescript/templates/client.ts.tera",
        "typescript/templates/index.ts.tera"
    )
)]
pub struct TypeScript {
    /// Whether to make a client. Without one there are only types.
    #[param(default = true)]
    client: bool,
}

impl Generator for TypeScript {
    fn plan(&self, program: &Program) -> Result<Plan, GenerateError> {
        Names::of(program)?;
        let mut plan = Plan::default();
        if self.client {
            client::methods(program)?;
            plan.owned("client.ts", json!("client"), None);
        }
        plan.owned("index.ts", json!("index"), None);
        plan.owned("types.ts", json!("types"), None);
        Ok(plan)
    }

    fn render(
        &self,
        unit: &Unit,
        program: &Program,
        cx: &RenderContext<'_>,
    ) -> Result<Doc, GenerateError> {
        let subject = unit.subject.as_str().unwrap_or_default();
        let context = match subject {
            "client" => json!({
                "methods": client::methods(program)?,
                "run_path": api::RUN_PATH,
            }),
            "types" => {
                let names = Names::of(program)?;
                json!({ "declarations": declarations::declarations(program, &names) })
            }
            _ => self.index(program),
        };
        let template = format!("typescript/templates/{subject}.ts.tera");
        Ok(Doc { text: cx.template(&template, context)? })
    }
}

impl TypeScript {
    fn index(&self, program: &Program) -> Value {
        let types = !program.models.is_empty()
            || !program.schemas.is_empty()
            || !program.workflows.is_empty();
        json!({ "client": self.client, "types": types })
    }
}
