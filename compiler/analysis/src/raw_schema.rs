//! JSON Schemas that authors write out, and patterns: whether they are what they say.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use locus_model::Node;
use serde_json::{Value, json};

use crate::context::Context;
use crate::keys::{anchor, text};
use crate::messages::types as messages;
use crate::schema_files;

/// Reads a JSON Schema (2020-12).
pub(crate) fn read(cx: &mut Context<'_>, node: &Node) -> Option<Value> {
    let schema = node.to_value();
    if let Err(error) = jsonschema::draft202012::meta::validate(&schema) {
        let at = node.pointer(error.instance_path().as_str()).unwrap_or(node);
        cx.report(messages::invalid_schema(&words(&error), anchor(at)));
        return None;
    }
    if schema_files::refers_to_files(node) {
        return schema_files::taken_in(cx, node);
    }
    // What the meta schema cannot tell: references that lead nowhere, patterns that are none.
    if let Err(error) = jsonschema::draft202012::new(&schema) {
        let at = node.pointer(error.instance_path().as_str()).unwrap_or(node);
        cx.report(messages::invalid_schema(&words(&error), anchor(at)));
        return None;
    }
    Some(schema)
}

/// What is wrong with a schema.
pub(crate) fn words(error: &ValidationError<'_>) -> String {
    match error.kind() {
        ValidationErrorKind::Referencing(_) => {
            "it refers to something outside of itself that is not there".to_owned()
        }
        ValidationErrorKind::AnyOf { .. } if error.instance_path().as_str().ends_with("/type") => {
            format!(
                "{} is no `type`, which is `string`, `number`, `integer`, `boolean`, `array`, `object` or `null`",
                error.instance()
            )
        }
        _ => error.to_string(),
    }
}

/// Reads a regular expression.
pub(crate) fn pattern(cx: &mut Context<'_>, node: &Node) -> Option<String> {
    let pattern = text(node, &mut cx.problems)?;
    let valid = jsonschema::draft202012::new(&json!({ "pattern": pattern.value })).is_ok();
    if !valid {
        cx.report(messages::invalid_pattern(&pattern));
    }
    valid.then_some(pattern.value)
}
