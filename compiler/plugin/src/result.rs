//! What is known of the type of a step's result, and of a variable that a block sees, before anything runs: a small rule over the
//! step's parameters and blocks, plain data like the rest of a step type.
//!
//! ```
//! use locus_plugin::result::*;
//!
//! // `{ moved: int, lines: … }`, where `lines` has what the block `steps` gave each time.
//! let rule = object([("moved", notation("int")), ("lines", list(block("/steps")))]);
//! assert_eq!(
//!     serde_json::to_value(&rule).unwrap(),
//!     serde_json::json!({ "object": {
//!         "moved": { "notation": "int" },
//!         "lines": { "list": { "block": "/steps" } },
//!     } }),
//! );
//! ```
//!
//! Parameters and blocks are named by JSON pointers into the step's parameters, and a token `*` stands for every key or index. A rule must
//! not promise more than what happens: where it cannot be said, it is [`any`].

use indexmap::IndexMap;
use locus_model::notation as types;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::schema;

/// How the type of a result follows from the step as it is written.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResultType {
    /// Not known.
    #[default]
    Any,
    /// Always `null`.
    Null,
    /// A type in the notation of the language, of which it names nothing that a program declares: `int`, `map<json>[]`.
    Notation(String),
    /// An object with these fields and no others.
    Object(IndexMap<String, ResultType>),
    /// A list.
    List(Box<ResultType>),
    /// An item of what must be a list.
    Item(Box<ResultType>),
    /// The same, `null` excluded.
    Present(Box<ResultType>),
    /// Any of these.
    OneOf(Vec<ResultType>),
    /// The value of a parameter; its default, otherwise `null`, when it is not written.
    Param(String),
    /// The type that is written in a parameter, in the notation of the language or, where the parameter is no reference to a
    /// type, as JSON Schema. Not known when the parameter is not written.
    Written(String),
    /// What the workflow gives that a parameter names.
    Workflow(String),
    /// The result of a block. `null` where no block is written; any of them where the pointer has a `*`.
    Block(String),
    /// An object: the results of the blocks at a pointer with a `*`, under the keys it stands for.
    ByName(String),
    /// The same with one of these keys alone.
    AnyOf(String),
    /// The value that a signal carries which ends an inner block. Nothing where no step raises it.
    Signal(String),
    /// It depends on a parameter.
    Choice {
        /// The parameter.
        param: String,
        /// Its values, each with the type that goes with it.
        cases: Vec<(Value, ResultType)>,
        /// The type with every other value.
        otherwise: Box<ResultType>,
    },
    /// The type of the first parameter that is written.
    Given {
        /// The parameters, each with the type that goes with it.
        params: Vec<(String, ResultType)>,
        /// The type when none is.
        otherwise: Box<ResultType>,
    },
    /// This type, unless every value that a parameter can have is a key of a mapping; then nothing.
    Uncovered {
        /// The parameter.
        value: String,
        /// The mapping.
        keys: String,
        /// The type when there may be another value.
        otherwise: Box<ResultType>,
    },
}

impl From<&str> for ResultType {
    fn from(text: &str) -> Self {
        notation(text)
    }
}

/// Not known.
#[must_use]
pub const fn any() -> ResultType {
    ResultType::Any
}

/// Always `null`: what the step does is all there is to it.
#[must_use]
pub const fn null() -> ResultType {
    ResultType::Null
}

/// A type in the notation of the language: `notation("int[]")`.
#[must_use]
pub fn notation(text: &str) -> ResultType {
    ResultType::Notation(text.to_owned())
}

/// An object with these fields and no others.
#[must_use]
pub fn object<const N: usize>(fields: [(&str, ResultType); N]) -> ResultType {
    ResultType::Object(fields.map(|(name, ty)| (name.to_owned(), ty)).into())
}

/// A list.
#[must_use]
pub fn list(item: impl Into<ResultType>) -> ResultType {
    ResultType::List(Box::new(item.into()))
}

/// An item of a list: `item(param("/over"))`.
#[must_use]
pub fn item(list: impl Into<ResultType>) -> ResultType {
    ResultType::Item(Box::new(list.into()))
}

/// The same type without `null`.
#[must_use]
pub fn present(ty: impl Into<ResultType>) -> ResultType {
    ResultType::Present(Box::new(ty.into()))
}

/// Any of these types.
#[must_use]
pub fn one_of<const N: usize>(types: [ResultType; N]) -> ResultType {
    ResultType::OneOf(types.into())
}

/// The value of the parameter at a pointer; `param("")` for all of them, as an object.
#[must_use]
pub fn param(pointer: &str) -> ResultType {
    ResultType::Param(pointer.to_owned())
}

/// The type that is written in a parameter.
#[must_use]
pub fn written(pointer: &str) -> ResultType {
    ResultType::Written(pointer.to_owned())
}

/// What the workflow gives that a parameter names.
#[must_use]
pub fn workflow(pointer: &str) -> ResultType {
    ResultType::Workflow(pointer.to_owned())
}

/// The result of the block at a pointer; with a `*` in it, of any of the blocks: `block("/cases/*/steps")`.
#[must_use]
pub fn block(pointer: &str) -> ResultType {
    ResultType::Block(pointer.to_owned())
}

/// The results of blocks by their names: `by_name("/branches/*")`.
#[must_use]
pub fn by_name(pointer: &str) -> ResultType {
    ResultType::ByName(pointer.to_owned())
}

/// The result of one block of several under its name: `any_of("/branches/*")`.
#[must_use]
pub fn any_of(pointer: &str) -> ResultType {
    ResultType::AnyOf(pointer.to_owned())
}

/// The value of a signal that ends an inner block.
#[must_use]
pub fn signal(name: &str) -> ResultType {
    ResultType::Signal(name.to_owned())
}

/// The type that goes with the value of a parameter.
#[must_use]
pub fn choice<V: Into<Value>, const N: usize>(
    param: &str,
    cases: [(V, ResultType); N],
    otherwise: impl Into<ResultType>,
) -> ResultType {
    ResultType::Choice {
        param: param.to_owned(),
        cases: cases.into_iter().map(|(value, ty)| (value.into(), ty)).collect(),
        otherwise: Box::new(otherwise.into()),
    }
}

/// The type that goes with the first parameter that is written.
#[must_use]
pub fn given<const N: usize>(
    params: [(&str, ResultType); N],
    otherwise: impl Into<ResultType>,
) -> ResultType {
    ResultType::Given {
        params: params.into_iter().map(|(param, ty)| (param.to_owned(), ty)).collect(),
        otherwise: Box::new(otherwise.into()),
    }
}

/// A type that is left out where every possible value of a parameter is a key of a mapping.
#[must_use]
pub fn uncovered(value: &str, keys: &str, otherwise: impl Into<ResultType>) -> ResultType {
    ResultType::Uncovered {
        value: value.to_owned(),
        keys: keys.to_owned(),
        otherwise: Box::new(otherwise.into()),
    }
}

/// The error that a block which handles it sees, as hosts give it: see [`StepError`](crate::StepError).
#[must_use]
pub fn error() -> ResultType {
    object([
        ("code", notation("string")),
        ("message", notation("string")),
        ("retryable", notation("bool")),
        ("details", notation("any")),
        ("step", notation("string")),
    ])
}

impl ResultType {
    /// The first thing in the rule that cannot be: a notation that is none or names a type of a program, a pointer that leads to no
    /// parameter of this schema.
    #[must_use]
    pub fn mistake(&self, params: &Value) -> Option<String> {
        let lead = |pointer: &str| {
            (!leads(params, pointer)).then(|| format!("`{pointer}` leads to no parameter"))
        };
        match self {
            Self::Any | Self::Null | Self::Signal(_) => None,
            Self::Notation(text) => {
                let mut named = Vec::new();
                match types::parse(text, &mut named) {
                    Ok(_) if named.is_empty() => None,
                    Ok(_) => Some(format!("`{}` is no type of the language", named[0].name)),
                    Err(error) => Some(format!("`{text}` is no type: expected {}", error.expected)),
                }
            }
            Self::Object(fields) => fields.values().find_map(|ty| ty.mistake(params)),
            Self::List(inner) | Self::Item(inner) | Self::Present(inner) => inner.mistake(params),
            Self::OneOf(types) => types.iter().find_map(|ty| ty.mistake(params)),
            Self::Param(pointer)
            | Self::Written(pointer)
            | Self::Workflow(pointer)
            | Self::Block(pointer) => lead(pointer),
            Self::ByName(pointer) | Self::AnyOf(pointer) => lead(pointer).or_else(|| {
                let named = pointer.split('/').any(|token| token == "*");
                (!named).then(|| format!("`{pointer}` has no `*` that gives the names"))
            }),
            Self::Choice { param, cases, otherwise } => lead(param)
                .or_else(|| cases.iter().find_map(|(_, ty)| ty.mistake(params)))
                .or_else(|| otherwise.mistake(params)),
            Self::Given { params: given, otherwise } => given
                .iter()
                .find_map(|(param, ty)| lead(param).or_else(|| ty.mistake(params)))
                .or_else(|| otherwise.mistake(params)),
            Self::Uncovered { value, keys, otherwise } => {
                lead(value).or_else(|| lead(keys)).or_else(|| otherwise.mistake(params))
            }
        }
    }
}

/// Whether a pointer leads to something that the schema describes.
fn leads(schema: &Value, pointer: &str) -> bool {
    let mut at = schema;
    for token in pointer.split('/').skip(1) {
        let property = at.get("properties").and_then(|all| all.get(token));
        let Some(inner) =
            property.or_else(|| at.get("items")).or_else(|| at.get("additionalProperties"))
        else {
            // What the schema leaves open may be anything.
            return at.get("properties").is_none() && at.get(schema::BLOCK).is_none();
        };
        if inner == &Value::Bool(false) {
            return false;
        }
        at = inner;
    }
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rules_are_plain_data() {
        let rules = [
            any(),
            list("int"),
            one_of([block("/cases/*/steps"), uncovered("/on", "/cases", block("/else"))]),
            choice("/join", [("all", by_name("/branches/*"))], any()),
            given([("/over", item(param("/over")))], present(signal("break"))),
            error(),
        ];
        for rule in rules {
            let text = serde_json::to_string(&rule).unwrap();
            assert_eq!(serde_json::from_str::<ResultType>(&text).unwrap(), rule, "{text}");
        }
    }

    #[test]
    fn mistakes_are_told() {
        let params = schema::object(
            "",
            vec![
                ("over", false, json!({ "type": "array" })),
                (
                    "branches",
                    true,
                    json!({ "additionalProperties": schema::block("once", &json!([])) }),
                ),
            ],
        );
        assert_eq!(by_name("/branches/*").mistake(&params), None);
        assert_eq!(item(param("/over/0/name")).mistake(&params), None);
        assert!(list(block("/branch/*")).mistake(&params).is_some());
        assert!(by_name("/branches").mistake(&params).is_some());
        assert!(notation("int[").mistake(&params).is_some());
        assert!(object([("a", notation("Order"))]).mistake(&params).is_some());
    }
}
