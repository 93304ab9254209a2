//! Data that is written out: values without expressions, and whether they are of the types they are meant for.

use indexmap::IndexMap;
use jsonschema::Validator;
use locus_diag::{Span, did_you_mean};
use locus_expr::Template;
use locus_model::{Entry, Field, Node, NodeKind, Type, TypeKind};
use serde_json::{Map, Value};

use crate::context::Context;
use crate::expressions::is_template;
use crate::formats::is_of;
use crate::keys::anchor;
use crate::messages::{data as messages, values};
use crate::values::refusal;

/// The value of data. Expressions are refused; `$${` is `${`.
pub(crate) fn value(cx: &mut Context<'_>, node: &Node) -> Value {
    match &node.kind {
        NodeKind::String(text) if is_template(&text.value) => {
            let template = Template::parse(&text.value);
            match template.as_ref().map(Template::literal) {
                Ok(Some(text)) => Value::String(text.to_owned()),
                _ => {
                    cx.report(values::expression_not_allowed("this value", node.span));
                    Value::Null
                }
            }
        }
        NodeKind::Sequence(items) => {
            Value::Array(items.iter().map(|item| value(cx, item)).collect())
        }
        NodeKind::Mapping(entries) => {
            let entries =
                entries.iter().map(|entry| (entry.key.value.clone(), value(cx, &entry.value)));
            Value::Object(entries.collect())
        }
        _ => node.to_value(),
    }
}

/// Whether no expression stands in a value.
pub(crate) fn is_plain(node: &Node) -> bool {
    match &node.kind {
        NodeKind::String(text) => !is_template(&text.value),
        NodeKind::Sequence(items) => items.iter().all(is_plain),
        NodeKind::Mapping(entries) => entries.iter().all(|entry| is_plain(&entry.value)),
        _ => true,
    }
}

/// What takes values by name.
pub(crate) struct Taker<'t> {
    /// The words for it: "the workflow `fulfil`".
    pub(crate) words: &'t str,
    /// The word for one of its values: "input".
    pub(crate) value: &'t str,
    /// Where it is declared.
    pub(crate) declared: Span,
}

/// Checks values by name against the fields they are for; `given` are names that come from elsewhere. Values with expressions are left to
/// the run.
pub(crate) fn check_fields(
    cx: &mut Context<'_>,
    entries: &[Entry],
    fields: &IndexMap<String, Field>,
    given: &[&str],
    taker: &Taker<'_>,
    place: Span,
) {
    let mut meant = Vec::new();
    let mut unknown = 0;
    for entry in entries {
        match fields.get(&entry.key.value) {
            Some(field) => check(cx, &entry.value, field),
            None => {
                let known = fields.keys().map(String::as_str);
                meant.extend(did_you_mean(&entry.key, known.clone()));
                cx.report(messages::unknown(&entry.key, taker, known));
                unknown += 1;
            }
        }
    }
    let lacks = |name: &str, field: &Field| {
        let needed = !field.ty.optional && field.default.is_none();
        let there = entries.iter().any(|entry| entry.key.value == *name)
            || given.contains(&name)
            || meant.contains(&name);
        needed && !there
    };
    let missing: Vec<&str> =
        fields.iter().filter(|(name, field)| lacks(name, field)).map(|(name, _)| &**name).collect();
    // One that is missing beside one that is not known was given under that name.
    if missing.len() != 1 || unknown != 1 {
        missing.into_iter().for_each(|name| cx.report(messages::missing(name, taker, place)));
    }
}

/// Checks a value against a field, its limits included.
fn check(cx: &mut Context<'_>, node: &Node, field: &Field) {
    let before = cx.problems.len();
    check_type(cx, node, &field.ty);
    if cx.problems.len() > before || field.limits.is_empty() || !is_plain(node) {
        return;
    }
    let limits = field.limits.iter().map(|(keyword, limit)| (keyword.clone(), limit.clone()));
    refusals(cx, node, &Value::Object(limits.collect::<Map<_, _>>()));
}

fn check_type(cx: &mut Context<'_>, node: &Node, ty: &Type) {
    if node.as_str().is_some_and(is_template) {
        return;
    }
    match (&ty.kind, &node.kind) {
        (TypeKind::Any | TypeKind::Json, _) => {}
        (_, NodeKind::Null) if ty.optional => {}
        (TypeKind::Named(name), _) => named(cx, node, name),
        (TypeKind::List(item), NodeKind::Sequence(items)) => {
            items.iter().for_each(|node| check_type(cx, node, item));
        }
        (TypeKind::Map(value), NodeKind::Mapping(entries)) => {
            entries.iter().for_each(|entry| check_type(cx, &entry.value, value));
        }
        (TypeKind::Object(fields), NodeKind::Mapping(entries)) => {
            let taker = Taker { words: "this object", value: "field", declared: node.span };
            check_fields(cx, entries, fields, &[], &taker, anchor(node));
        }
        (TypeKind::Schema(schema), _) if is_plain(node) => refusals(cx, node, schema),
        (TypeKind::List(_) | TypeKind::Map(_) | TypeKind::Object(_), _) => {
            cx.report(messages::wrong_type(node, ty));
        }
        (kind, _) if !is_of(node, kind) => cx.report(messages::wrong_type(node, ty)),
        _ => {}
    }
}

fn named(cx: &mut Context<'_>, node: &Node, name: &str) {
    let types = std::sync::Arc::clone(&cx.types);
    if let Some(model) = types.models.get(name) {
        let NodeKind::Mapping(entries) = &node.kind else {
            let ty = Type::required(TypeKind::Named(name.to_owned()));
            return cx.report(messages::wrong_type(node, &ty));
        };
        // A model that could not be read says nothing.
        if !model.fields.is_empty() {
            let words = format!("the model `{name}`");
            let taker = Taker { words: &words, value: "field", declared: model.name.span };
            check_fields(cx, entries, &model.fields, &[], &taker, anchor(node));
        }
    } else if let Some(schema) = types.schemas.get(name) {
        check(cx, node, schema);
    }
}

/// Reports what a JSON Schema has against a value.
fn refusals(cx: &mut Context<'_>, node: &Node, schema: &Value) {
    let Ok(validator): Result<Validator, _> = jsonschema::draft202012::new(schema) else { return };
    let value = node.to_value();
    for error in validator.iter_errors(&value) {
        let at = node.pointer(error.instance_path().as_str()).unwrap_or(node);
        cx.problems.push(refusal(&error, anchor(at)));
    }
}
