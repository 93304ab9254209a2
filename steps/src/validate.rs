//! `validate`: data against a type.

use jsonschema::{Draft, ValidationError};
use locus_plugin::model::duration::parse_duration;
use locus_plugin::{Control, ControlContext, ControlEvent, Decision, Step, StepError};
use serde_json::{Value, json};

/// The most problems that one error lists.
const MAX_PROBLEMS: usize = 50;

/// The longest description of one problem, in characters: it may quote the data.
const MAX_MESSAGE: usize = 300;

/// Checks data against a type of the program or a JSON Schema.
///
/// The result is the data, unchanged. Data that does not fit fails the step with `invalid_data`; the error's details are a list of
/// `{ path, message }`, the path a JSON pointer.
///
/// ```yaml
/// models:
///   Price:
///     fields: { sku: { type: string, id: true }, amount: decimal }
/// workflows:
///   import_prices:
///     input: { upload: json }
///     steps:
///       - id: price
///         validate: { data: "${ .input.upload }", type: Price }
///       - validate:
///           data: ${ .steps.price.sku }
///           schema: { type: string, pattern: "^[A-Z]{3}-[0-9]+$" }
/// ```
#[derive(Step)]
#[step(
    name = "validate",
    control,
    errors("invalid_data", "invalid_schema"),
    result = given([("/type", written("/type")), ("/schema", written("/schema"))], any()),
    exactly_one("type", "schema")
)]
pub struct Validate {
    /// What is checked.
    data: Value,
    /// A type of the program: a model, a schema or any other type, as in a workflow's input.
    // The host puts the type's JSON Schema here.
    #[param(literal, reference = "type")]
    r#type: Option<Value>,
    /// A JSON Schema (2020-12). It refers to nothing outside itself.
    #[param(literal)]
    schema: Option<Value>,
}

impl Control for Validate {
    type State = ();

    fn start(&self, _cx: &ControlContext<'_>) -> Result<((), Decision), StepError> {
        let schema = self.r#type.as_ref().or(self.schema.as_ref()).unwrap_or(&Value::Bool(true));
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .with_format("duration", |text: &str| parse_duration(text).is_ok())
            .offline()
            .build(schema)
            .map_err(|error| StepError::terminal("invalid_schema", message(&error)))?;
        let problems: Vec<Value> =
            validator.iter_errors(&self.data).take(MAX_PROBLEMS).map(|e| problem(&e)).collect();
        if problems.is_empty() {
            return Ok(((), Decision::done(self.data.clone())));
        }
        let error =
            StepError::terminal("invalid_data", summary(&problems)).details(Value::Array(problems));
        Err(error)
    }

    fn on(
        &self,
        (): &mut (),
        event: ControlEvent,
        _cx: &ControlContext<'_>,
    ) -> Result<Decision, StepError> {
        Ok(crate::block::end_with(event))
    }
}

fn problem(error: &ValidationError<'_>) -> Value {
    json!({ "path": error.instance_path().as_str(), "message": message(error) })
}

fn message(error: &ValidationError<'_>) -> String {
    let text = error.to_string();
    if text.chars().count() <= MAX_MESSAGE {
        return text;
    }
    text.chars().take(MAX_MESSAGE).chain("…".chars()).collect()
}

/// The first problem, and how many more there are.
fn summary(problems: &[Value]) -> String {
    let text = |key: &str| problems[0][key].as_str().unwrap_or_default();
    let place = match text("path") {
        "" => String::new(),
        path => format!("{path}: "),
    };
    match problems.len() - 1 {
        0 => format!("{place}{}", text("message")),
        more => format!("{place}{} (and {more} more)", text("message")),
    }
}
