//! Schemas of plugins: the keywords of Locus become what they mean, and expressions may stand where values may.

use locus_plugin::schema;
use serde_json::{Map, Value, json};

use super::{BLOCK, Definitions};

impl Definitions<'_> {
    /// The parameters of a step. Where nothing must be given, nothing may be written.
    pub(super) fn step_params(&mut self, params: &Value) -> Value {
        let mut schema = self.params(params);
        let may_be_empty = schema.get("required").is_none() && schema.get("oneOf").is_none();
        if may_be_empty {
            schema["type"] = json!(["object", "null"]);
        }
        schema
    }

    /// A mapping that is itself no expression.
    pub(super) fn params(&mut self, params: &Value) -> Value {
        self.parameter(params, Expressions::Refused)
    }

    fn parameter(&mut self, written: &Value, expressions: Expressions) -> Value {
        let Some(map) = written.as_object() else { return written.clone() };
        if map.contains_key(schema::BLOCK) {
            let mut block = self.refer(BLOCK);
            copy(map, &mut block, &["description"]);
            return with_markdown(block);
        }
        let literal = map.get(schema::LITERAL) == Some(&json!(true));
        let inner = if literal { Expressions::Never } else { expressions.inside() };
        let mut made = Map::new();
        for (keyword, value) in map {
            let value = match keyword.as_str() {
                "properties" => {
                    let each = value.as_object().into_iter().flatten();
                    each.map(|(key, value)| (key.clone(), self.parameter(value, inner)))
                        .collect::<Map<_, _>>()
                        .into()
                }
                "items" | "additionalProperties" => self.parameter(value, inner),
                "format" if value == "locus-duration" => {
                    made.insert("examples".to_owned(), json!(["30s", "1h30m"]));
                    continue;
                }
                own if own.starts_with("x-locus-") => continue,
                _ => value.clone(),
            };
            made.insert(keyword.clone(), value);
        }
        let made = with_enum(with_markdown(Value::Object(made)));
        let allowed = expressions == Expressions::Allowed && !literal;
        if allowed { or_expression(made) } else { made }
    }
}

/// Whether a value may be an expression.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expressions {
    /// It may.
    Allowed,
    /// It may not, but values inside may.
    Refused,
    /// Neither it nor anything inside.
    Never,
}

impl Expressions {
    const fn inside(self) -> Self {
        match self {
            Self::Allowed | Self::Refused => Self::Allowed,
            Self::Never => Self::Never,
        }
    }
}

/// The options of a generator, or the config of a plugin: no expressions, no steps.
pub(super) fn literal(written: &Value) -> Value {
    match written {
        Value::Object(map) => {
            let kept = map.iter().filter(|(keyword, _)| !keyword.starts_with("x-locus-"));
            let made = kept.map(|(keyword, value)| (keyword.clone(), literal(value)));
            with_enum(with_markdown(Value::Object(made.collect())))
        }
        Value::Array(items) => items.iter().map(literal).collect::<Vec<_>>().into(),
        other => other.clone(),
    }
}

/// A choice between words, each with what it means.
pub(super) fn choice(choices: &[(&str, &str)]) -> Value {
    let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
    let mut schema = json!({ "type": "string", "enum": names });
    if choices.iter().any(|(_, docs)| !docs.is_empty()) {
        schema["markdownEnumDescriptions"] =
            choices.iter().map(|(_, docs)| Value::from(*docs)).collect();
    }
    schema
}

/// What must be given, with nothing in it yet.
pub(super) fn skeleton(params: &Value) -> Value {
    let required = params["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut made = Map::new();
    for (index, name) in required.enumerate() {
        let schema = &params["properties"][name];
        let value = if schema.get(schema::BLOCK).is_some() {
            json!([format!("${}", index + 1)])
        } else {
            json!(format!("${}", index + 1))
        };
        made.insert(name.to_owned(), value);
    }
    Value::Object(made)
}

/// `oneOf` of constants is an `enum` to editors, which complete it then.
fn with_enum(mut schema: Value) -> Value {
    let Some(alternatives) = schema.get("oneOf").and_then(Value::as_array) else { return schema };
    let each: Option<Vec<(&str, &str)>> = alternatives
        .iter()
        .map(|one| Some((one.get("const")?.as_str()?, one["description"].as_str().unwrap_or(""))))
        .collect();
    let Some(made) = each.map(|each| choice(&each)) else { return schema };
    if let (Some(map), Value::Object(made)) = (schema.as_object_mut(), made) {
        map.remove("oneOf");
        map.extend(made);
    }
    schema
}

/// The schema of a value in whose place an expression may stand.
fn or_expression(schema: Value) -> Value {
    let any_text = schema.as_object().is_some_and(|map| {
        let kinds = map.get("type");
        let limits = ["enum", "pattern", "format", "minLength", "maxLength", "const", "not"];
        kinds.is_none_or(|kinds| kinds == "string")
            && limits.iter().all(|keyword| !map.contains_key(*keyword))
    });
    if any_text {
        return schema;
    }
    let mut both = json!({});
    let map = schema.as_object().cloned().unwrap_or_default();
    copy(&map, &mut both, &["description", "markdownDescription", "default"]);
    both["anyOf"] = json!([schema, { "type": "string", "pattern": r"\$\{" }]);
    both
}

fn with_markdown(mut schema: Value) -> Value {
    if let Some(docs) = schema.get("description").and_then(Value::as_str).map(str::to_owned) {
        schema["markdownDescription"] = docs.into();
    }
    schema
}

fn copy(from: &Map<String, Value>, to: &mut Value, keywords: &[&str]) {
    for keyword in keywords {
        if let Some(value) = from.get(*keyword) {
            to[*keyword] = value.clone();
        }
    }
}
