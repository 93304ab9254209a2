//! Schemas and models: named types, records with their relations and indexes.

use std::sync::Arc;

use indexmap::IndexMap;
use locus_diag::{Diagnostic, Spanned};
use locus_model::{Field, Index, Model, Node, NodeKind, Type, TypeKind};

use crate::context::{Context, NamedType};
use crate::keys::{Keys, check_identifier, is_identifier, list, text};
use crate::messages::{names, types as messages, values};
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
    let problems = check_relations(&cx.types.models);
    cx.problems.extend(problems);
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
    let known = ["description", "fields", "indexes"];
    let Some(keys) = Keys::read(declared.node, "a model", &known, place, &mut cx.problems) else {
        return model;
    };
    model.description = keys.text_prose("description", &mut cx.problems).map(|text| text.value);
    let Some(fields) = keys.required("fields", "a model", &mut cx.problems) else {
        return model;
    };
    model.fields = types::fields(cx, fields, Place::Model);
    check_fields(cx, &model, fields);
    if let Some(indexes) = keys.get("indexes") {
        let known = fields.as_mapping().is_some();
        model.indexes = read_indexes(cx, &model, indexes, known);
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

fn read_indexes(cx: &mut Context<'_>, model: &Model, node: &Node, known: bool) -> Vec<Index> {
    let what = "a list of indexes, each a list of fields";
    let items = list(node, what, &mut cx.problems).unwrap_or_default();
    let mut indexes = Vec::new();
    for item in items {
        let Some(fields) = list(item, "an index, which is a list of fields", &mut cx.problems)
        else {
            continue;
        };
        let mut index: Vec<Spanned<String>> = Vec::new();
        for field in fields {
            let Some(name) = text(field, &mut cx.problems) else { continue };
            if known && !model.fields.contains_key(&name.value) {
                let there = model.fields.keys().map(String::as_str);
                cx.report(messages::unknown_index_field(&model.name.value, &name, there));
            } else if let Some(earlier) = index.iter().find(|f| f.value == name.value) {
                cx.report(names::repeated("field", &name, earlier.span));
            } else {
                index.push(name);
            }
        }
        if fields.is_empty() {
            cx.report(values::wrong_length("at least one field", 0, item.span));
        }
        indexes.push(Index { fields: index, unique: false });
    }
    indexes
}

/// Checks that both ends of every relation can be told apart. Models that could not be read are left alone.
fn check_relations(models: &IndexMap<String, Model>) -> Vec<Diagnostic> {
    let identified = |model: &Model| model.fields.is_empty() || model.fields.values().any(|f| f.id);
    let mut problems = Vec::new();
    for model in models.values() {
        for (name, field) in &model.fields {
            let Some((target, many)) = relation(&field.ty, models) else { continue };
            let side = if many { model } else { target };
            if !identified(side) {
                problems.push(messages::relation_without_id(
                    (&model.name.value, name),
                    (&target.name.value, many),
                    field.span,
                    &side.name,
                ));
            }
        }
    }
    problems
}

/// The model a field leads to, and whether to many of its records.
fn relation<'m>(ty: &Type, models: &'m IndexMap<String, Model>) -> Option<(&'m Model, bool)> {
    match &ty.kind {
        TypeKind::Named(name) => Some((models.get(name)?, false)),
        TypeKind::List(item) => match &item.kind {
            TypeKind::Named(name) => Some((models.get(name)?, true)),
            _ => None,
        },
        _ => None,
    }
}

/// Reads the inputs of a workflow.
pub(crate) fn inputs(cx: &mut Context<'_>, node: &Node) -> IndexMap<String, Field> {
    if let NodeKind::Mapping(entries) = &node.kind {
        for entry in entries.iter().filter(|entry| !is_identifier(&entry.key.value)) {
            cx.problems.push(names::invalid_name(&entry.key, "an input"));
        }
    }
    types::fields(cx, node, Place::Elsewhere)
}
