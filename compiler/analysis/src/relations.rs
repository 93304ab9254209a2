//! Relations: fields of models that lead to records of models, and which of them are two sides of one relation.
//!
//! A field of a model's type stores the id of the other record: it *belongs to* it. A list is the other side of such a field (*has
//! many*), or of another list (*many to many*). Where the compiler cannot tell which field is the other side, `inverse` names it; a
//! single record with `inverse` is the side that stores nothing (*has one*).

use indexmap::IndexMap;
use locus_diag::{Diagnostic, Span, Spanned};
use locus_model::language::types::ON_DELETE;
use locus_model::{Model, OnDelete, Relation, RelationKind, Type, TypeKind};

use crate::context::Context;
use crate::keys::{choice, text};
use crate::messages::{relations as messages, types};
use crate::sections::Declarations;

/// A field that leads to a model.
struct Side {
    model: String,
    field: String,
    target: String,
    many: bool,
    optional: bool,
    span: Span,
    /// The field that its author says is the other side.
    inverse: Option<Spanned<String>>,
    on_delete: Option<Spanned<OnDelete>>,
}

/// Finds the relations of all models.
pub(crate) fn read(cx: &mut Context<'_>, all: &Declarations<'_>) {
    let sides = sides(cx, all);
    let mut problems = check_ids(&cx.types.models);
    let inverses: Vec<Option<usize>> =
        (0..sides.len()).map(|at| inverse(&sides, at, &cx.types.models, &mut problems)).collect();
    let mut relations: IndexMap<&str, IndexMap<String, Relation>> = IndexMap::new();
    for (at, side) in sides.iter().enumerate() {
        let other = inverses[at].or_else(|| inverses.iter().position(|found| *found == Some(at)));
        let kind = kind(side, other.map(|other| &sides[other]));
        let relation = Relation {
            kind,
            model: side.target.clone(),
            inverse: other.map(|other| sides[other].field.clone()),
            required: side.many || !side.optional,
            on_delete: on_delete(side, kind, &mut problems),
        };
        relations.entry(&side.model).or_default().insert(side.field.clone(), relation);
    }
    for (model, relations) in relations {
        if let Some(model) = cx.types_mut().models.get_mut(model) {
            model.relations = relations;
        }
    }
    cx.problems.extend(problems);
}

/// Every field that leads to a model, in order.
fn sides(cx: &mut Context<'_>, all: &Declarations<'_>) -> Vec<Side> {
    let types = std::sync::Arc::clone(&cx.types);
    let mut sides = Vec::new();
    for (name, model) in &types.models {
        let node = all.models.get(name.as_str()).and_then(|declared| declared.node.get("fields"));
        for (field_name, field) in &model.fields {
            let written = node.and_then(|node| node.get(field_name));
            let inverse = written.and_then(|node| node.entry("inverse"));
            let on_delete = written.and_then(|node| node.entry("on_delete"));
            let Some((target, many)) = target(&field.ty, &types.models) else {
                for entry in inverse.into_iter().chain(on_delete) {
                    cx.report(messages::no_relation(&entry.key, &field.ty));
                }
                continue;
            };
            sides.push(Side {
                model: name.clone(),
                field: field_name.clone(),
                target: target.name.value.clone(),
                many,
                optional: field.ty.optional,
                span: field.span,
                inverse: inverse.and_then(|entry| text(&entry.value, &mut cx.problems)),
                on_delete: on_delete.and_then(|entry| {
                    let words: Vec<&str> = ON_DELETE.iter().map(|choice| choice.name).collect();
                    let word = choice(&entry.value, &words, &mut cx.problems)?;
                    Some(Spanned::new(on_delete_of(word), entry.value.span))
                }),
            });
        }
    }
    sides
}

fn on_delete_of(word: &str) -> OnDelete {
    match word {
        "cascade" => OnDelete::Cascade,
        "set_null" => OnDelete::SetNull,
        _ => OnDelete::Restrict,
    }
}

/// The model a field leads to, and whether to many of its records.
fn target<'m>(ty: &Type, models: &'m IndexMap<String, Model>) -> Option<(&'m Model, bool)> {
    match &ty.kind {
        TypeKind::Named(name) => Some((models.get(name)?, false)),
        TypeKind::List(item) => match &item.kind {
            TypeKind::Named(name) => Some((models.get(name)?, true)),
            _ => None,
        },
        _ => None,
    }
}

/// The number of the other side of a relation, as far as this side tells.
fn inverse(
    sides: &[Side],
    at: usize,
    models: &IndexMap<String, Model>,
    problems: &mut Vec<Diagnostic>,
) -> Option<usize> {
    let side = &sides[at];
    if let Some(written) = &side.inverse {
        let found = sides.iter().position(|other| {
            other.model == side.target && other.field == written.value && other.target == side.model
        });
        let Some(found) = found else {
            let known = back(sides, side).map(|(_, other)| other.field.as_str());
            let known: Vec<&str> = known.collect();
            let is_field = models[&side.target].fields.contains_key(&written.value);
            problems.push(messages::wrong_inverse(
                written,
                (&side.target, &side.model),
                is_field,
                &known,
            ));
            return None;
        };
        let other = &sides[found];
        let theirs = other.inverse.as_ref().is_some_and(|theirs| theirs.value == side.field);
        let mutual = !side.many && !other.many && theirs;
        // Both would say that the other one stores the id; told once, at the later of the two.
        if mutual && at != found {
            if let (true, Some(theirs)) = (at > found, &other.inverse) {
                problems.push(messages::both_inverse(written, theirs.span));
            }
            return None;
        }
        return Some(found);
    }
    if !side.many {
        return None;
    }
    let free = |other: &Side| match &other.inverse {
        Some(theirs) => theirs.value == side.field,
        None => !claimed(sides, side, other),
    };
    let candidates = |many: bool| {
        let found = back(sides, side)
            .filter(move |(number, other)| other.many == many && *number != at && free(other));
        found.collect::<Vec<_>>()
    };
    let singles = candidates(false);
    let found = if singles.is_empty() { candidates(true) } else { singles };
    match found.as_slice() {
        [] => None,
        [(number, _)] => Some(*number),
        several => {
            let fields: Vec<&str> = several.iter().map(|(_, other)| other.field.as_str()).collect();
            let places: Vec<Span> = several.iter().map(|(_, other)| other.span).collect();
            problems.push(messages::ambiguous(
                (&side.model, &side.field, &side.target),
                side.span,
                &fields,
                &places,
            ));
            None
        }
    }
}

/// The fields of the other model that lead back.
fn back<'s>(sides: &'s [Side], side: &'s Side) -> impl Iterator<Item = (usize, &'s Side)> {
    let leads_back = |other: &Side| other.model == side.target && other.target == side.model;
    sides.iter().enumerate().filter(move |(_, other)| leads_back(other))
}

/// Whether another field of the same model says that `other` is its other side.
fn claimed(sides: &[Side], side: &Side, other: &Side) -> bool {
    sides.iter().any(|rival| {
        rival.model == side.model
            && rival.field != side.field
            && rival.target == other.model
            && rival.inverse.as_ref().is_some_and(|written| written.value == other.field)
    })
}

fn kind(side: &Side, other: Option<&Side>) -> RelationKind {
    match (side.many, other) {
        (true, Some(other)) if other.many => RelationKind::ManyToMany,
        // Of itself without another side: friends of friends.
        (true, None) if side.model == side.target => RelationKind::ManyToMany,
        (true, _) => RelationKind::HasMany,
        (false, Some(other)) if side.inverse.is_some() && !other.many => RelationKind::HasOne,
        (false, _) => RelationKind::BelongsTo,
    }
}

fn on_delete(side: &Side, kind: RelationKind, problems: &mut Vec<Diagnostic>) -> Option<OnDelete> {
    if kind != RelationKind::BelongsTo {
        if let Some(written) = &side.on_delete {
            problems.push(messages::on_delete_elsewhere(written.span, &side.target));
        }
        return None;
    }
    match &side.on_delete {
        Some(written) if written.value == OnDelete::SetNull && !side.optional => {
            problems.push(messages::set_null_of_required(written.span, &side.field, &side.target));
            None
        }
        Some(written) => Some(written.value),
        None if side.optional => Some(OnDelete::SetNull),
        None => Some(OnDelete::Restrict),
    }
}

/// Checks that both ends of every relation can be told apart. Models that could not be read are left alone.
fn check_ids(models: &IndexMap<String, Model>) -> Vec<Diagnostic> {
    let identified = |model: &Model| model.fields.is_empty() || model.id().is_some();
    let mut problems = Vec::new();
    for model in models.values() {
        for (name, field) in &model.fields {
            let Some((target, many)) = target(&field.ty, models) else { continue };
            let side = if many { model } else { target };
            if !identified(side) {
                problems.push(types::relation_without_id(
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
