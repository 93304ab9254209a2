//! Schemas of parameters, options and config, compiled once into what the walk over a written value asks for.
//!
//! A schema tells all there is to know of a step type: what its parameters are, where its inner blocks stand, what names it
//! brings into them. Keywords that the walk does not know itself are left to a general validator.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use jsonschema::Validator;
use locus_expr::Ty;
use locus_model::Effect;
use locus_model::node::unescape_token;
use locus_plugin::{ResultType, schema};
use serde_json::{Map, Value};

use crate::typing::schema_type;

/// What may be written at one place.
#[derive(Default)]
pub(crate) struct Shape {
    /// The kinds of values; any when empty.
    pub(crate) kinds: Vec<Kind>,
    /// The keys a mapping may have, with what belongs there.
    pub(crate) properties: IndexMap<String, Self>,
    /// The keys a mapping must have.
    pub(crate) required: Vec<String>,
    /// The other keys.
    pub(crate) others: Others,
    /// The items of a list.
    pub(crate) items: Option<Box<Self>>,
    /// The only values, where there is a choice.
    pub(crate) choices: Vec<Value>,
    /// Groups of keys: of each, exactly one must be there.
    pub(crate) one_of: Vec<Vec<String>>,
    /// The smallest and largest number.
    pub(crate) range: Range<f64>,
    /// The smallest and largest number of items or keys.
    pub(crate) length: Range<u64>,
    /// Whether it is a length of time.
    pub(crate) duration: bool,
    /// An inner block, with the variables its steps see.
    pub(crate) block: Option<Vec<Bind>>,
    /// How often the inner block may run.
    pub(crate) runs: Runs,
    /// What the parameter is for.
    pub(crate) role: Option<Role>,
    /// Effects of the step by the first word, in lower case, of what is written.
    pub(crate) effects: Vec<(String, Effect)>,
    /// What holds when nothing is written.
    pub(crate) default: Option<Value>,
    /// Whether a parameter with a role or with effects stands here or further in.
    pub(crate) holds_roles: bool,
    /// Whether errors that clauses handle are named here or further in.
    pub(crate) handles: bool,
    /// Whether the step evaluates it itself; then with the variables it sees, if they are declared.
    pub(crate) lazy: Option<Option<Vec<Bind>>>,
    /// What of the program it names.
    pub(crate) reference: Option<Reference>,
    /// What the connection that it names must offer.
    pub(crate) service: Option<String>,
    /// Whether expressions are refused.
    pub(crate) literal: bool,
    /// Whether secrets may go here.
    pub(crate) secret_safe: bool,
    /// Whether the keys of this mapping are names that later steps see as `.vars`.
    pub(crate) sets_vars: bool,
    /// What the keys of a mapping must be.
    pub(crate) keys: Option<Box<Validator>>,
    /// Whether an inner block stands here or further in.
    pub(crate) holds_blocks: bool,
    /// The statement of a database that is written here goes with values in this mapping beside it.
    pub(crate) sql: Option<String>,
    /// The type of what belongs here.
    pub(crate) ty: Ty,
    /// What to use instead, where it will go away.
    pub(crate) deprecated: Option<String>,
    /// Everything else the schema asks for.
    pub(crate) rest: Option<Box<Validator>>,
}

/// The kinds of values, as JSON Schema tells them apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Null,
    Bool,
    Integer,
    Number,
    String,
    List,
    Mapping,
}

/// What a mapping may have besides its known keys.
#[derive(Default)]
pub(crate) enum Others {
    /// Anything.
    #[default]
    Any,
    /// Nothing.
    Refused,
    /// Values of this shape.
    Of(Box<Shape>),
}

/// Limits, both inclusive.
#[derive(Clone, Copy, Default)]
pub(crate) struct Range<T> {
    pub(crate) min: Option<T>,
    pub(crate) max: Option<T>,
}

/// A variable that the steps of a block see.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Bind {
    /// How it gets its name.
    pub(crate) name: BindName,
    /// What is known of its type.
    pub(crate) ty: Arc<ResultType>,
}

/// How a variable gets its name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum BindName {
    /// It is always this one.
    Fixed(String),
    /// Another parameter says it; without a default there is no variable when that is not written.
    Param { param: String, default: Option<String> },
}

/// How often an inner block may run.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) enum Runs {
    #[default]
    Once,
    AtMostOnce,
    Many,
    Concurrent,
    OnError,
    Always,
}

/// What a parameter is for: see [`schema::ROLES`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    Guard,
    Selector,
    While,
    Until,
    Items,
    Times,
    Bound,
    Concurrency,
    Join,
    Repeats,
    Raises,
    Catches,
    Calls,
    Detaches,
    Emits,
    Awaits,
    IdempotencyKey,
}

/// What of the program a text names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reference {
    Connection,
    Workflow,
    Model,
    Type,
    Error,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "null" => Self::Null,
            "boolean" => Self::Bool,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "string" => Self::String,
            "array" => Self::List,
            "object" => Self::Mapping,
            _ => return None,
        })
    }
}

impl fmt::Display for Kind {
    /// The words of a message.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "nothing",
            Self::Bool => "true or false",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::String => "a string",
            Self::List => "a list",
            Self::Mapping => "a mapping",
        })
    }
}

impl Shape {
    /// Compiles a schema. What it says that cannot be understood is not checked: it was the plugin's to get right.
    pub(crate) fn compile(schema: &Value) -> Self {
        compile(schema, schema)
    }

    /// Whether nothing needs to be written.
    pub(crate) fn may_be_empty(&self) -> bool {
        self.required.is_empty() && self.one_of.is_empty()
    }

    /// What belongs at a place inside, given as a JSON pointer.
    pub(crate) fn at(&self, pointer: &str) -> Option<&Self> {
        pointer.split('/').skip(1).try_fold(self, |shape, token| {
            let known = shape.property(&unescape_token(token));
            known.or_else(|| shape.items.as_deref().filter(|_| token.parse::<usize>().is_ok()))
        })
    }

    /// Whether it says what belongs behind keys.
    pub(crate) fn has_entries(&self) -> bool {
        !self.properties.is_empty() || matches!(self.others, Others::Of(_))
    }

    /// What belongs behind a key.
    pub(crate) fn property(&self, key: &str) -> Option<&Self> {
        self.properties.get(key).or(match &self.others {
            Others::Of(shape) => Some(shape),
            _ => None,
        })
    }
}

fn compile(schema: &Value, root: &Value) -> Shape {
    let Value::Object(map) = schema else {
        let refused = Map::from_iter([("not".to_owned(), Value::Object(Map::new()))]);
        let rest = (schema == &Value::Bool(false)).then(|| validator(refused, root)).flatten();
        return Shape { rest, ty: Ty::any(), ..Shape::default() };
    };
    let mut shape = Shape::default();
    let mut rest = Map::new();
    for (keyword, value) in map {
        if !shape.take(keyword, value, root) {
            rest.insert(keyword.clone(), value.clone());
        }
    }
    shape.holds_blocks = shape.block.is_some()
        || shape.properties.values().any(|inner| inner.holds_blocks)
        || shape.items.as_deref().is_some_and(|inner| inner.holds_blocks)
        || matches!(&shape.others, Others::Of(inner) if inner.holds_blocks);
    shape.handles = shape.role == Some(Role::Catches)
        || shape.properties.values().any(|inner| inner.handles)
        || shape.items.as_deref().is_some_and(|inner| inner.handles);
    shape.holds_roles = shape.role.is_some()
        || !shape.effects.is_empty()
        || shape.properties.values().any(|inner| inner.holds_roles)
        || shape.items.as_deref().is_some_and(|inner| inner.holds_roles)
        || matches!(&shape.others, Others::Of(inner) if inner.holds_roles);
    shape.rest = validator(rest, root);
    shape.ty = schema_type(schema, root);
    shape
}

impl Shape {
    /// Takes a keyword in; false when the general validator has to do it.
    fn take(&mut self, keyword: &str, value: &Value, root: &Value) -> bool {
        match keyword {
            "type" => self.kinds = kinds(value),
            "properties" => {
                let properties = value.as_object().into_iter().flatten();
                self.properties =
                    properties.map(|(key, schema)| (key.clone(), compile(schema, root))).collect();
            }
            "required" => self.required = strings(value),
            "additionalProperties" => {
                self.others = match value {
                    Value::Bool(true) => Others::Any,
                    Value::Bool(false) => Others::Refused,
                    schema => Others::Of(Box::new(compile(schema, root))),
                };
            }
            "items" => self.items = Some(Box::new(compile(value, root))),
            "enum" => self.choices = value.as_array().cloned().unwrap_or_default(),
            "const" => self.choices = vec![value.clone()],
            "oneOf" => match (required_groups(value), constants(value)) {
                (Some(group), _) => self.one_of.push(group),
                (None, Some(choices)) => self.choices = choices,
                (None, None) => return false,
            },
            "allOf" => match all_required_groups(value) {
                Some(groups) => self.one_of.extend(groups),
                None => return false,
            },
            "minimum" => self.range.min = value.as_f64(),
            "maximum" => self.range.max = value.as_f64(),
            "minItems" | "minProperties" => self.length.min = value.as_u64(),
            "maxItems" | "maxProperties" => self.length.max = value.as_u64(),
            "format" if value == "locus-duration" => self.duration = true,
            "propertyNames" => match value {
                Value::Object(map) => self.keys = validator(map.clone(), root),
                _ => return false,
            },
            schema::BLOCK => {
                self.block = Some(binds(value.get("binds")));
                self.runs = runs(value.get("runs"));
            }
            schema::SQL => self.sql = value.as_str().map(str::to_owned),
            schema::ROLE => self.role = value.as_str().and_then(role),
            schema::EFFECTS => self.effects = effects(value),
            "default" => self.default = Some(value.clone()),
            schema::LAZY => {
                self.lazy = match value {
                    Value::Bool(false) => None,
                    value => Some(value.get("binds").map(|list| binds(Some(list)))),
                };
            }
            schema::SERVICE => self.service = value.as_str().map(str::to_owned),
            schema::REFERENCE => self.reference = value.as_str().and_then(reference),
            schema::LITERAL => self.literal = value == &Value::Bool(true),
            schema::SECRET_SAFE => self.secret_safe = value == &Value::Bool(true),
            schema::SETS_VARS => self.sets_vars = value == &Value::Bool(true),
            "deprecated" if value == &Value::Bool(true) => {
                self.deprecated.get_or_insert_default();
            }
            schema::DEPRECATED => self.deprecated = value.as_str().map(str::to_owned),
            // Said of the value, not asked of it.
            "title" | "description" | "examples" | "example" | "format" | "$schema" | "$id"
            | "$comment" | "$defs" | "deprecated" | "readOnly" | "writeOnly" => {}
            other if other.starts_with("x-") => {}
            _ => return false,
        }
        true
    }
}

fn kinds(value: &Value) -> Vec<Kind> {
    match value {
        Value::String(name) => Kind::of(name).into_iter().collect(),
        Value::Array(names) => names.iter().filter_map(|name| Kind::of(name.as_str()?)).collect(),
        _ => Vec::new(),
    }
}

fn strings(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

/// The keys of `[{ required: [a] }, { required: [b] }]`; `None` when the alternatives say anything else.
fn required_groups(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(single_required).collect()
}

fn single_required(alternative: &Value) -> Option<String> {
    let map = alternative.as_object().filter(|map| map.len() == 1)?;
    match map.get("required")?.as_array()?.as_slice() {
        [Value::String(key)] => Some(key.clone()),
        _ => None,
    }
}

/// The values of `[{ const: a, description: … }, { const: b }]`; `None` when the alternatives say anything else.
fn constants(value: &Value) -> Option<Vec<Value>> {
    let constant = |alternative: &Value| {
        let map = alternative.as_object()?;
        let only = map.keys().all(|key| matches!(key.as_str(), "const" | "title" | "description"));
        map.get("const").filter(|_| only).cloned()
    };
    value.as_array()?.iter().map(constant).collect()
}

/// The groups of `[{ oneOf: [...] }, ...]`, each as in [`required_groups`].
fn all_required_groups(value: &Value) -> Option<Vec<Vec<String>>> {
    let alternatives = value.as_array()?.iter();
    alternatives
        .map(|part| {
            let map = part.as_object().filter(|map| map.len() == 1)?;
            required_groups(map.get("oneOf")?)
        })
        .collect()
}

fn binds(value: Option<&Value>) -> Vec<Bind> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items
        .filter_map(|item| {
            let fixed = |name: &Value| Some(BindName::Fixed(name.as_str()?.to_owned()));
            let name = match item {
                Value::String(_) => fixed(item)?,
                Value::Object(map) => match map.get("name") {
                    Some(name) => fixed(name)?,
                    None => BindName::Param {
                        param: map.get("param")?.as_str()?.to_owned(),
                        default: map.get("default").and_then(Value::as_str).map(str::to_owned),
                    },
                },
                _ => return None,
            };
            let ty = item.get("type").and_then(|ty| serde_json::from_value(ty.clone()).ok());
            Some(Bind { name, ty: Arc::new(ty.unwrap_or_default()) })
        })
        .collect()
}

fn runs(value: Option<&Value>) -> Runs {
    match value.and_then(Value::as_str) {
        Some("at_most_once") => Runs::AtMostOnce,
        Some("many") => Runs::Many,
        Some("concurrent") => Runs::Concurrent,
        Some("on_error") => Runs::OnError,
        Some("always") => Runs::Always,
        _ => Runs::Once,
    }
}

fn role(name: &str) -> Option<Role> {
    Some(match name {
        "guard" => Role::Guard,
        "selector" => Role::Selector,
        "while" => Role::While,
        "until" => Role::Until,
        "items" => Role::Items,
        "times" => Role::Times,
        "bound" => Role::Bound,
        "concurrency" => Role::Concurrency,
        "join" => Role::Join,
        "repeats" => Role::Repeats,
        "raises" => Role::Raises,
        "catches" => Role::Catches,
        "calls" => Role::Calls,
        "detaches" => Role::Detaches,
        "emits" => Role::Emits,
        "awaits" => Role::Awaits,
        "idempotency_key" => Role::IdempotencyKey,
        _ => return None,
    })
}

fn effects(value: &Value) -> Vec<(String, Effect)> {
    let entries = value.as_object().into_iter().flatten();
    let effect = |value: &Value| serde_json::from_value::<Effect>(value.clone()).ok();
    entries.filter_map(|(word, value)| Some((word.to_lowercase(), effect(value)?))).collect()
}

fn reference(name: &str) -> Option<Reference> {
    Some(match name {
        "connection" => Reference::Connection,
        "workflow" => Reference::Workflow,
        "model" => Reference::Model,
        "type" => Reference::Type,
        "error" => Reference::Error,
        _ => return None,
    })
}

/// A validator of the keywords that are left. A reference may lead into the definitions of the whole schema.
fn validator(mut rest: Map<String, Value>, root: &Value) -> Option<Box<Validator>> {
    if rest.is_empty() {
        return None;
    }
    if let Some(definitions) = root.get("$defs") {
        rest.insert("$defs".to_owned(), definitions.clone());
    }
    jsonschema::validator_for(&Value::Object(rest)).ok().map(Box::new)
}
