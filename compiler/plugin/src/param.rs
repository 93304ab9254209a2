//! Parameters: values that authors write and plugins receive, typed and documented by the fields of a struct.
//!
//! `#[derive(Param)]` makes a struct of named fields a nested object, and an enum of plain variants a choice of strings (in snake
//! case). The other derives (`Step`, `Generator`, `Plugin`, …) do the same for their struct.

use std::fmt;
use std::marker::PhantomData;

use indexmap::IndexMap;
use locus_model::duration::{format_duration, parse_duration};
use locus_model::node::escape_token;
use serde_json::{Number, Value, json};

use crate::schema;

/// A value that can be written in a spec.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no parameter",
    label = "this cannot be written in a spec",
    note = "parameters are texts, numbers, `bool`, `Millis`, `Value`, lists, mappings and options of them, `Lazy`, `BlockRef`, and what derives `Param`"
)]
pub trait Param: Sized {
    /// Its JSON Schema (2020-12), with the keywords of `crate::schema`.
    fn schema() -> Value;

    /// Reads it.
    ///
    /// # Errors
    /// What was expected, and the place inside the value.
    fn from_value(value: Value) -> Result<Self, ParamError>;

    /// The value when nothing is written; `None` where something must be.
    #[must_use]
    fn absent() -> Option<Self> {
        None
    }
}

/// A value does not fit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParamError {
    /// JSON pointer to the part that does not fit; empty for the whole.
    pub pointer: String,
    /// What was expected and what was found.
    pub message: String,
}

impl ParamError {
    /// A problem with the whole value.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { pointer: String::new(), message: message.into() }
    }

    /// The same problem, seen from the object or list around: `token` is the key or index.
    #[must_use]
    pub fn inside(mut self, token: &str) -> Self {
        self.pointer = format!("/{}{}", escape_token(token), self.pointer);
        self
    }

    /// The usual sentence: what was expected, what was found.
    #[must_use]
    pub fn expected(what: &str, found: &Value) -> Self {
        let mut text = found.to_string();
        if text.chars().count() > 40 {
            text = text.chars().take(40).chain("…".chars()).collect();
        }
        Self::new(format!("expected {what}, found {text}"))
    }
}

impl fmt::Display for ParamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pointer.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.pointer, self.message)
        }
    }
}

impl std::error::Error for ParamError {}

/// An inner block of a control step: what to launch. In a schema it is marked by [`schema::BLOCK`].
#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct BlockRef(String);

impl BlockRef {
    /// The block at a JSON pointer among the step's parameters. Hosts make these; plugins receive them.
    #[must_use]
    pub fn at(pointer: impl Into<String>) -> Self {
        Self(pointer.into())
    }

    /// The JSON pointer.
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.0
    }
}

/// Inner blocks by name, in the author's order.
pub type Branches = IndexMap<String, BlockRef>;

/// A parameter that the step evaluates itself, when it needs it: see [`ControlContext::eval`](crate::ControlContext::eval).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lazy<T> {
    pointer: String,
    ty: PhantomData<fn() -> T>,
}

impl<T> Lazy<T> {
    /// The JSON pointer to what is written.
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.pointer
    }
}

/// A length of time in milliseconds, written `200ms`, `1h30m` or ISO 8601.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Millis(pub u64);

/// The name of the key under which a host passes the pointer of a block or a lazy parameter.
const HANDLE: &str = "$locus";

/// The value that stands for a block or a lazy parameter at `pointer` among evaluated parameters.
#[must_use]
pub fn handle(pointer: &str) -> Value {
    json!({ HANDLE: pointer })
}

fn read_handle(value: &Value, what: &str) -> Result<String, ParamError> {
    match value.get(HANDLE).and_then(Value::as_str) {
        Some(pointer) => Ok(pointer.to_owned()),
        None => Err(ParamError::expected(what, value)),
    }
}

impl Param for BlockRef {
    fn schema() -> Value {
        schema::block("once", &json!([]))
    }

    fn from_value(value: Value) -> Result<Self, ParamError> {
        read_handle(&value, "a list of steps").map(Self)
    }
}

impl<T: Param> Param for Lazy<T> {
    fn schema() -> Value {
        schema::with(T::schema(), schema::LAZY, json!(true))
    }

    fn from_value(value: Value) -> Result<Self, ParamError> {
        let pointer = read_handle(&value, "an expression")?;
        Ok(Self { pointer, ty: PhantomData })
    }
}

impl Param for Millis {
    fn schema() -> Value {
        json!({ "type": "string", "format": "locus-duration" })
    }

    fn from_value(value: Value) -> Result<Self, ParamError> {
        match &value {
            Value::String(text) => parse_duration(text).map(Self).map_err(ParamError::new),
            _ => Err(ParamError::expected("a duration such as `30s`", &value)),
        }
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format_duration(self.0))
    }
}

impl Param for Value {
    fn schema() -> Value {
        json!({})
    }

    fn from_value(value: Value) -> Result<Self, ParamError> {
        Ok(value)
    }
}

impl Param for String {
    fn schema() -> Value {
        json!({ "type": "string" })
    }

    fn from_value(value: Value) -> Result<Self, ParamError> {
        match value {
            Value::String(text) => Ok(text),
            other => Err(ParamError::expected("a string", &other)),
        }
    }
}

impl Param for bool {
    fn schema() -> Value {
        json!({ "type": "boolean" })
    }

    fn from_value(value: Value) -> Result<Self, ParamError> {
        value.as_bool().ok_or_else(|| ParamError::expected("true or false", &value))
    }
}

impl Param for f64 {
    fn schema() -> Value {
        json!({ "type": "number" })
    }

    fn from_value(value: Value) -> Result<Self, ParamError> {
        value.as_f64().ok_or_else(|| ParamError::expected("a number", &value))
    }
}

impl Param for Number {
    fn schema() -> Value {
        json!({ "type": "number" })
    }

    fn from_value(value: Value) -> Result<Self, ParamError> {
        match value {
            Value::Number(number) => Ok(number),
            other => Err(ParamError::expected("a number", &other)),
        }
    }
}

macro_rules! integer {
    ($($ty:ty => $schema:expr, $words:literal;)*) => {$(
        impl Param for $ty {
            fn schema() -> Value {
                $schema
            }

            fn from_value(value: Value) -> Result<Self, ParamError> {
                // jq computes in floats where it must: 3.0 is the integer 3.
                let whole = value.as_i64().or_else(|| {
                    value.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 9e15).map(|f| f as i64)
                });
                whole
                    .and_then(|n| <$ty>::try_from(n).ok())
                    .ok_or_else(|| ParamError::expected($words, &value))
            }
        }
    )*};
}

integer! {
    i64 => json!({ "type": "integer" }), "a whole number";
    u64 => json!({ "type": "integer", "minimum": 0 }), "a whole number from 0";
    u32 => json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }), "a whole number from 0";
}

impl<T: Param> Param for Option<T> {
    fn schema() -> Value {
        T::schema()
    }

    fn from_value(value: Value) -> Result<Self, ParamError> {
        if value.is_null() { Ok(None) } else { T::from_value(value).map(Some) }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Param> Param for Vec<T> {
    fn schema() -> Value {
        json!({ "type": "array", "items": T::schema() })
    }

    fn from_value(value: Value) -> Result<Self, ParamError> {
        match value {
            Value::Array(items) => items
                .into_iter()
                .enumerate()
                .map(|(index, item)| {
                    T::from_value(item).map_err(|error| error.inside(&index.to_string()))
                })
                .collect(),
            other => Err(ParamError::expected("a list", &other)),
        }
    }
}

impl<T: Param> Param for IndexMap<String, T> {
    fn schema() -> Value {
        json!({ "type": "object", "additionalProperties": T::schema() })
    }

    fn from_value(value: Value) -> Result<Self, ParamError> {
        match value {
            Value::Object(map) => map
                .into_iter()
                .map(|(key, value)| match T::from_value(value) {
                    Ok(value) => Ok((key, value)),
                    Err(error) => Err(error.inside(&key)),
                })
                .collect(),
            other => Err(ParamError::expected("a mapping", &other)),
        }
    }
}

/// Takes one field out of an object that a derive reads; used by generated code.
#[doc(hidden)]
pub fn take_field<T: Param>(
    map: &mut serde_json::Map<String, Value>,
    name: &str,
    default: Option<fn() -> T>,
) -> Result<T, ParamError> {
    match map.swap_remove(name) {
        Some(value) => T::from_value(value).map_err(|error| error.inside(name)),
        None => match default {
            Some(default) => Ok(default()),
            None => T::absent().ok_or_else(|| ParamError::new(format!("`{name}` is missing"))),
        },
    }
}

/// Takes the object that a derive reads; used by generated code.
#[doc(hidden)]
pub fn take_object(value: Value) -> Result<serde_json::Map<String, Value>, ParamError> {
    match value {
        Value::Object(map) => Ok(map),
        // A type without required parameters may be written with nothing behind its name.
        Value::Null => Ok(serde_json::Map::new()),
        other => Err(ParamError::expected("a mapping", &other)),
    }
}

/// Refuses keys that no field takes; used by generated code.
#[doc(hidden)]
pub fn only_known_fields(
    map: &serde_json::Map<String, Value>,
    known: &[&str],
) -> Result<(), ParamError> {
    match map.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(ParamError::new(format!("unknown key `{key}`{}", hint(key, known)))),
    }
}

/// Refuses none or several of keys of which exactly one is given; used by generated code.
#[doc(hidden)]
pub fn exactly_one(map: &serde_json::Map<String, Value>, names: &[&str]) -> Result<(), ParamError> {
    let list = |names: &[&str]| {
        names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    let given: Vec<&str> =
        names.iter().copied().filter(|name| map.get(*name).is_some_and(|v| !v.is_null())).collect();
    match given.len() {
        1 => Ok(()),
        0 => match names.iter().find(|name| map.contains_key(**name)) {
            Some(name) => Err(ParamError::new("a value is needed here, found null").inside(name)),
            None => Err(ParamError::new(format!("one of {} is needed", list(names)))),
        },
        _ => Err(ParamError::new(format!(
            "only one of {} can be given, found {}",
            list(names),
            list(&given)
        ))),
    }
}

/// Checks the limits of a field: see [`schema::with_limit`]; used by generated code.
#[doc(hidden)]
pub fn check_limits(
    map: &serde_json::Map<String, Value>,
    name: &str,
    limits: &[(&str, f64)],
) -> Result<(), ParamError> {
    let (items, size) = match map.get(name) {
        Some(Value::Number(number)) => (false, number.as_f64().unwrap_or_default()),
        Some(Value::Array(items)) => (true, items.len() as f64),
        // A handle stands for something that is not known yet.
        Some(Value::Object(entries)) if !entries.contains_key(HANDLE) => {
            (true, entries.len() as f64)
        }
        _ => return Ok(()),
    };
    for (limit, bound) in limits.iter().filter(|(limit, _)| limit.ends_with("_items") == items) {
        let (fits, words) = if limit.starts_with("min") {
            (size >= *bound, "at least")
        } else {
            (size <= *bound, "at most")
        };
        if !fits {
            let unit = match (items, *bound == 1.0) {
                (false, _) => "",
                (true, true) => " entry",
                (true, false) => " entries",
            };
            let message = format!("expected {words} {bound}{unit}, found {size}");
            return Err(ParamError::new(message).inside(name));
        }
    }
    Ok(())
}

/// The value of a default that a derive was given as text; used by generated code.
///
/// # Panics
/// The text does not fit: that is a mistake of the plugin's author.
#[doc(hidden)]
#[must_use]
pub fn written<T: Param>(text: &str) -> T {
    match T::from_value(Value::String(text.to_owned())) {
        Ok(value) => value,
        Err(error) => panic!("the default of a parameter does not fit: {error}"),
    }
}

/// Says that a string is none of a choice's; used by generated code.
#[doc(hidden)]
#[must_use]
pub fn not_a_choice(value: &Value, choices: &[&str]) -> ParamError {
    let list: Vec<String> = choices.iter().map(|choice| format!("`{choice}`")).collect();
    let mut error = ParamError::expected(&format!("one of {}", list.join(", ")), value);
    if let Some(text) = value.as_str() {
        error.message.push_str(&hint(text, choices));
    }
    error
}

fn hint(wrong: &str, known: &[&str]) -> String {
    locus_diag::did_you_mean(wrong, known.iter().copied())
        .map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}
