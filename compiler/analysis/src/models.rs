//! Schemas and models: named types, records with their relations and indexes.

use std::sync::Arc;

use indexmap::IndexMap;
use locus_diag::{Span, Spanned};
use locus_model::language::types::{INDEX, MODEL};
use locus_model::{Field, Index, Model, Node, NodeKind, RelationKind, Type, TypeKind};

use crate::context::{Context, NamedType};
use crate::keys::{Keys, anchor, check_identifier, flag, is_identifier, list, text};
use crate::messages::{names, types as messages, values};
use crate::relations;
use crate::sections::{Declarations, Declared};
use crate::types::{self, Place};

/// Enters the names of all schemas and models.
pub(crate) fn declare(cx: &mut Context<'_>, all: &Declarations<'_>) {
    let models = all.models.iter().map(|declared| (declared, true));
    let schemas = all.schemas.iter().map(|declared| (declared, false));
    for ((name, declared), model) in models.chain(schemas) {
        if *name == "map" || Type::SCALARS.iter().any(|(scalar, _)| scalar == name) {
            cx.problems.push(names::reserved_type_name(&declared.name));
        }
        cx.names_mut().types.entry((*name).to_owned()).or_insert(NamedType { model });
    }
}

/// Reads all schemas and models.
pub(crate) fn read(cx: &mut Context<'_>, all: &Declarations<'_>) {
    for (name, declared) in &all.schemas {
        let schema = types::field(cx, declared.node, declared.name.span, Place::Elsewhere);
        cx.types_mut().schemas.insert((*name).to_owned(), schema);
    }
    break_cycles(cx);
    for (name, declared) in &all.models {
        let model = model(cx, declared);
        cx.types_mut().models.insert((*name).to_owned(), model);
    }
    relations::read(cx, all);
    let mut models = std::mem::take(&mut cx.types_mut().models);
    // The indexes of a model whose fields could not be read say nothing.
    for model in models.values_mut().filter(|model| !model.fields.is_empty()) {
        check_indexes(cx, model);
    }
    cx.types_mut().models = models;
}

/// Schemas that are only other names of each other: there is no value of such a type, and no end to looking for one.
fn break_cycles(cx: &mut Context<'_>) {
    for start in 0..cx.types.schemas.len() {
        let cycle = cycle_from(start, &cx.types.schemas);
        let Some(cycle) = cycle.map(|names| names.join(" → ")) else { continue };
        if let Some((_, schema)) = Arc::make_mut(&mut cx.types).schemas.get_index_mut(start) {
            schema.ty.kind = TypeKind::Any;
            cx.problems.push(messages::only_itself(&cycle, schema.span));
        }
    }
}

/// The names on the way from a schema back to itself.
fn cycle_from(start: usize, schemas: &IndexMap<String, Field>) -> Option<Vec<&str>> {
    let (first, schema) = schemas.get_index(start)?;
    let mut names = vec![first.as_str()];
    let mut ty = &schema.ty;
    // A way that leads into a cycle elsewhere ends here as well.
    while let TypeKind::Named(name) = &ty.kind
        && names.len() <= schemas.len()
    {
        names.push(name);
        if name == first {
            return Some(names);
        }
        ty = &schemas.get(name)?.ty;
    }
    None
}

/// Reads a model.
fn model(cx: &mut Context<'_>, declared: &Declared<'_>) -> Model {
    let name = declared.name.clone();
    let mut model = Model {
        span: name.span.to(declared.node.span),
        name,
        description: None,
        fields: IndexMap::new(),
        relations: IndexMap::new(),
        indexes: Vec::new(),
    };
    let place = declared.name.span;
    let Some(keys) = Keys::read(declared.node, &MODEL, place, &mut cx.problems) else {
        return model;
    };
    model.description = keys.text_prose("description", &mut cx.problems).map(|text| text.value);
    let Some(fields) = keys.get("fields") else {
        return model;
    };
    model.fields = types::fields(cx, fields, Place::Model);
    check_fields(cx, &model, fields);
    if let Some(indexes) = keys.get("indexes") {
        model.indexes = read_indexes(cx, indexes);
    }
    model
}

fn check_fields(cx: &mut Context<'_>, model: &Model, node: &Node) {
    for entry in node.as_mapping().unwrap_or_default() {
        check_identifier(&entry.key, "a field", &mut cx.problems);
    }
    if node.as_mapping().is_some_and(<[_]>::is_empty) {
        cx.report(values::wrong_length("at least one field", 0, node.span));
    }
    let mut ids = model.fields.iter().filter(|(_, field)| field.id);
    if let Some((first, declared)) = ids.next() {
        for (name, field) in ids {
            let model = &model.name.value;
            cx.report(messages::several_ids(model, (first, declared.span), (name, field.span)));
        }
    }
}

/// Reads the indexes of a model; what they name is checked when all models are known.
fn read_indexes(cx: &mut Context<'_>, node: &Node) -> Vec<Index> {
    let items = list(node, "a list of indexes", &mut cx.problems).unwrap_or_default();
    let mut indexes = Vec::new();
    for item in items {
        let mut unique = false;
        let mut fields = item;
        if item.as_mapping().is_some() {
            let Some(keys) = Keys::read(item, &INDEX, anchor(item), &mut cx.problems) else {
                continue;
            };
            if let Some(node) = keys.get("unique") {
                unique = flag(node, &mut cx.problems).unwrap_or_default();
            }
            let Some(node) = keys.get("fields") else { continue };
            fields = node;
        }
        if let Some(fields) = index_fields(cx, fields) {
            indexes.push(Index { fields, unique });
        }
    }
    indexes
}

/// The fields of an index: one, or a list of them.
fn index_fields(cx: &mut Context<'_>, node: &Node) -> Option<Vec<Spanned<String>>> {
    if node.as_str().is_some() {
        return Some(text(node, &mut cx.problems).into_iter().collect());
    }
    let items = list(node, "an index: a field or a list of fields", &mut cx.problems)?;
    if items.is_empty() {
        cx.report(values::wrong_length("at least one field", 0, node.span));
        return None;
    }
    Some(items.iter().filter_map(|item| text(item, &mut cx.problems)).collect())
}

/// Checks that every index is over fields of its model that can be looked up, and is there once.
fn check_indexes(cx: &mut Context<'_>, model: &mut Model) {
    let mut problems = Vec::new();
    let mut earlier: Vec<(Vec<String>, Span)> = Vec::new();
    for index in &mut model.indexes {
        let mut fields: Vec<Spanned<String>> = Vec::new();
        for name in std::mem::take(&mut index.fields) {
            let Some(field) = model.fields.get(&name.value) else {
                let there = model.fields.keys().map(String::as_str);
                problems.push(messages::unknown_index_field(&model.name.value, &name, there));
                continue;
            };
            if let Some(earlier) = fields.iter().find(|f| f.value == name.value) {
                problems.push(names::repeated("field", &name, earlier.span));
                continue;
            }
            let kind = model.relations.get(&name.value).map(|relation| relation.kind);
            if kind.is_some_and(|kind| kind != RelationKind::BelongsTo) {
                problems.push(messages::index_over_relation(&model.name.value, &name));
            } else if is_compound(&field.ty) {
                problems.push(messages::index_over_compound(&name, &field.ty));
            }
            fields.push(name);
        }
        let key: Vec<String> = fields.iter().map(|name| name.value.clone()).collect();
        if let (Some(first), Some(last)) = (fields.first(), fields.last()) {
            let place = first.span.to(last.span);
            match earlier.iter().find(|(other, _)| *other == key) {
                Some((_, other)) => problems.push(messages::duplicate_index(&key, place, *other)),
                None => earlier.push((key, place)),
            }
        }
        index.fields = fields;
    }
    model.indexes.retain(|index| !index.fields.is_empty());
    cx.problems.extend(problems);
}

/// Whether records cannot be found by a value of this type.
const fn is_compound(ty: &Type) -> bool {
    matches!(ty.kind, TypeKind::List(_) | TypeKind::Map(_) | TypeKind::Object(_))
}

/// Reads values that are given by name, such as the inputs of a workflow; `what` are the words for one.
pub(crate) fn inputs(cx: &mut Context<'_>, node: &Node, what: &str) -> IndexMap<String, Field> {
    if let NodeKind::Mapping(entries) = &node.kind {
        for entry in entries.iter().filter(|entry| !is_identifier(&entry.key.value)) {
            cx.problems.push(names::invalid_name(&entry.key, what));
        }
    }
    types::fields(cx, node, Place::Elsewhere)
}
