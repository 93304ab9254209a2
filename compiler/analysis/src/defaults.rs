//! Defaults: whether a value that is written out is one of its type.

use locus_model::duration::parse_duration;
use locus_model::{Node, NodeKind, Type, TypeKind};
use serde_json::Value;

use crate::context::Context;
use crate::expressions::is_template;
use crate::keys::anchor;
use crate::messages::{types as messages, values};

/// Reads a default of a type.
pub(crate) fn read(cx: &mut Context<'_>, node: &Node, ty: &Type) -> Option<Value> {
    if node.as_str().is_some_and(is_template) {
        cx.report(values::expression_not_allowed("a default", node.span));
        return None;
    }
    match misfit(node, ty) {
        None => Some(node.to_value()),
        Some((at, ty)) => {
            cx.report(messages::invalid_default(&ty.to_string(), at.kind_name(), anchor(at)));
            None
        }
    }
}

/// The part of a value that is not of its type. Named types and schemas are not looked into.
fn misfit<'n, 't>(node: &'n Node, ty: &'t Type) -> Option<(&'n Node, &'t Type)> {
    let fits = match (&ty.kind, &node.kind) {
        (_, NodeKind::Null) => ty.optional,
        (TypeKind::Int, NodeKind::Number(number)) => number.is_i64() || number.is_u64(),
        (TypeKind::Float | TypeKind::Decimal, NodeKind::Number(_)) => true,
        (TypeKind::Bool, NodeKind::Bool(_)) => true,
        (TypeKind::Enum(values), NodeKind::String(text)) => values.contains(&text.value),
        (TypeKind::Duration, NodeKind::String(text)) => parse_duration(&text.value).is_ok(),
        (TypeKind::Decimal, NodeKind::String(text)) => text.value.parse::<f64>().is_ok(),
        (
            TypeKind::String
            | TypeKind::Uuid
            | TypeKind::Date
            | TypeKind::Datetime
            | TypeKind::Bytes,
            NodeKind::String(_),
        ) => true,
        (TypeKind::List(item), NodeKind::Sequence(items)) => {
            return items.iter().find_map(|node| misfit(node, item));
        }
        (TypeKind::Map(value), NodeKind::Mapping(entries)) => {
            return entries.iter().find_map(|entry| misfit(&entry.value, value));
        }
        (TypeKind::Object(fields), NodeKind::Mapping(entries)) => {
            return entries
                .iter()
                .find_map(|entry| misfit(&entry.value, &fields.get(&entry.key.value)?.ty));
        }
        (TypeKind::Named(_) | TypeKind::Schema(_) | TypeKind::Json | TypeKind::Any, _) => true,
        _ => false,
    };
    (!fits).then_some((node, ty))
}
