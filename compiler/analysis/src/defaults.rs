//! Defaults: whether a value that is written out is one of its type.

use locus_model::{Field, Node, NodeKind, Type, TypeKind};
use serde_json::Value;

use crate::context::Context;
use crate::data;
use crate::formats::is_of;
use crate::keys::anchor;
use crate::messages::types as messages;
use crate::types::Place;

/// Reads the default of a field. One that does not fit is reported and kept: the field has a default, though a wrong one.
pub(crate) fn read(cx: &mut Context<'_>, node: &Node, field: &Field, place: Place) -> Value {
    let before = cx.problems.len();
    let value = data::value(cx, node);
    if cx.problems.len() > before {
        return value;
    }
    let word = node.as_str().unwrap_or_default();
    let made = match field.ty.kind {
        TypeKind::Date | TypeKind::Datetime => word == "now",
        TypeKind::Uuid => word == "uuid" && place == Place::Model,
        _ => false,
    };
    if made {
        return value;
    }
    if let Some((at, ty)) = misfit(node, &field.ty) {
        let made = match (&ty.kind, place) {
            (TypeKind::Date | TypeKind::Datetime, _) => Some("now"),
            (TypeKind::Uuid, Place::Model) => Some("uuid"),
            _ => None,
        };
        let problem = messages::invalid_default(&ty.to_string(), at.kind_name(), anchor(at), made);
        cx.report(problem);
    } else if let Some(limit) = beyond(&value, field) {
        cx.report(messages::default_beyond_limit(limit, anchor(node)));
    }
    value
}

/// The limit that a value does not keep to, as its keyword.
fn beyond<'f>(value: &Value, field: &'f Field) -> Option<(&'f str, &'f Value)> {
    let keeps = |keyword: &str, limit: &Value| {
        let schema = Value::Object([(keyword.to_owned(), limit.clone())].into_iter().collect());
        jsonschema::draft202012::new(&schema).map_or(true, |validator| validator.is_valid(value))
    };
    let mut limits = field.limits.iter();
    let beyond = limits.find(|(keyword, limit)| !keeps(keyword, limit));
    beyond.map(|(keyword, limit)| (keyword.as_str(), limit))
}

/// The part of a value that is not of its type. Named types and schemas are not looked into.
fn misfit<'n, 't>(node: &'n Node, ty: &'t Type) -> Option<(&'n Node, &'t Type)> {
    let fits = match (&ty.kind, &node.kind) {
        (_, NodeKind::Null) => ty.optional,
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
        (TypeKind::List(_) | TypeKind::Map(_) | TypeKind::Object(_), _) => false,
        (kind, _) => is_of(node, kind),
    };
    (!fits).then_some((node, ty))
}
