//! Values with expressions inside, ready to be evaluated.

use std::collections::BTreeSet;

use locus_expr::{Data, Expr, Limits, Root, Scope, Template};
use locus_model::{Node, NodeKind};
use locus_plugin::StepError;
use locus_plugin::param::handle;
use serde_json::Value;

use super::image::{child_pointer, parse_template};
use super::machine::CoreError;

/// A value with expressions inside.
pub(super) enum ParamTree {
    /// No expression anywhere in it.
    Constant(Value),
    /// A string with expressions.
    Template(Template),
    /// A list.
    List(Vec<ParamTree>),
    /// An object.
    Object(Vec<(String, ParamTree)>),
}

impl ParamTree {
    /// Parses the expressions in a node.
    pub(super) fn new(node: &Node) -> Result<Self, CoreError> {
        Self::with_handles(node, &[])
    }

    /// The same, with handles in the places of inner blocks and lazy parameters.
    pub(super) fn with_handles(node: &Node, handles: &[&str]) -> Result<Self, CoreError> {
        Self::build(node, "", handles)
    }

    fn build(node: &Node, pointer: &str, handles: &[&str]) -> Result<Self, CoreError> {
        if !pointer.is_empty() && handles.contains(&pointer) {
            return Ok(Self::Constant(handle(pointer)));
        }
        match &node.kind {
            NodeKind::String(text) => {
                let template = parse_template(&text.value)?;
                Ok(match template.literal() {
                    Some(literal) => Self::Constant(Value::String(literal.to_owned())),
                    None => Self::Template(template),
                })
            }
            NodeKind::Sequence(items) => {
                let mut list = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    let inner = child_pointer(pointer, &index.to_string());
                    list.push(Self::build(item, &inner, handles)?);
                }
                Ok(Self::List(list).folded())
            }
            NodeKind::Mapping(entries) => {
                let mut object = Vec::with_capacity(entries.len());
                for entry in entries {
                    let inner = child_pointer(pointer, &entry.key.value);
                    object.push((
                        entry.key.value.clone(),
                        Self::build(&entry.value, &inner, handles)?,
                    ));
                }
                Ok(Self::Object(object).folded())
            }
            _ => Ok(Self::Constant(node.to_value())),
        }
    }

    /// A list or object of constants is a constant.
    fn folded(self) -> Self {
        let constant = match &self {
            Self::List(items) => items.iter().all(|item| matches!(item, Self::Constant(_))),
            Self::Object(entries) => {
                entries.iter().all(|(_, value)| matches!(value, Self::Constant(_)))
            }
            _ => return self,
        };
        if !constant {
            return self;
        }
        let take = |tree: Self| match tree {
            Self::Constant(value) => value,
            _ => Value::Null,
        };
        match self {
            Self::List(items) => Self::Constant(items.into_iter().map(take).collect()),
            Self::Object(entries) => {
                Self::Constant(entries.into_iter().map(|(key, tree)| (key, take(tree))).collect())
            }
            other => other,
        }
    }

    /// Gathers the keys of a variable that expressions name: `HOME` of `$env.HOME`.
    pub(super) fn keys_of(&self, variable: &str, keys: &mut BTreeSet<String>) {
        match self {
            Self::Constant(_) => {}
            Self::Template(template) => {
                for path in template.expressions().flat_map(Expr::paths) {
                    if matches!(&path.root, Root::Variable(name) if name == variable)
                        && let Some(first) = path.segments.first()
                    {
                        keys.insert(first.name.clone());
                    }
                }
            }
            Self::List(items) => items.iter().for_each(|item| item.keys_of(variable, keys)),
            Self::Object(entries) => {
                entries.iter().for_each(|(_, value)| value.keys_of(variable, keys));
            }
        }
    }

    /// Whether there is no expression in it.
    pub(super) const fn is_constant(&self) -> bool {
        matches!(self, Self::Constant(_))
    }

    /// The value where there is no expression in it.
    pub(super) fn constant(&self) -> Value {
        match self {
            Self::Constant(value) => value.clone(),
            _ => Value::Null,
        }
    }

    /// The value in a scope.
    pub(super) fn evaluate(&self, scope: &Scope) -> Result<Value, StepError> {
        match self {
            Self::Constant(value) => Ok(value.clone()),
            Self::Template(template) => Ok(evaluate(template, scope)?.to_value()),
            Self::List(items) => items.iter().map(|item| item.evaluate(scope)).collect(),
            Self::Object(entries) => entries
                .iter()
                .map(|(key, tree)| Ok((key.clone(), tree.evaluate(scope)?)))
                .collect::<Result<serde_json::Map<_, _>, StepError>>()
                .map(Value::Object),
        }
    }

    /// Whether the value in a scope is true; anything but a boolean is a failure.
    pub(super) fn holds(&self, scope: &Scope) -> Result<bool, StepError> {
        let value = match self {
            Self::Template(template) => {
                let data = evaluate(template, scope)?;
                match data.as_bool() {
                    Some(flag) => return Ok(flag),
                    None => data.to_value(),
                }
            }
            other => other.evaluate(scope)?,
        };
        value.as_bool().ok_or_else(|| {
            StepError::terminal(
                "expression_failed",
                format!("a condition must be true or false, and it is {value}"),
            )
        })
    }
}

fn evaluate(template: &Template, scope: &Scope) -> Result<Data, StepError> {
    template.evaluate(scope, &Limits::default()).map_err(|error| {
        let expression = template
            .expressions()
            .find(|expression| expression.range() == error.range)
            .map_or_else(String::new, |expression| format!("`{}`: ", expression.source().trim()));
        StepError::terminal("expression_failed", format!("{expression}{}", error.message))
    })
}
