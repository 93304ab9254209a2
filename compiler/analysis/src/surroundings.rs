//! What every workflow of a program sees of the rest of it, and whether a new version of that changes what was found out about a
//! workflow. Places do not count: a declaration that moved is the same declaration.
//!
//! Everything here is taken apart field by field, so that a new field has to be thought of.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use locus_model::{Field, Index, Model, Node, NodeKind, Type, TypeKind};

use crate::context::{Callee, NamedConnection, NamedType, Names, Types};
use crate::typing::Table;

/// The names and types of a program.
#[derive(Clone)]
pub struct Surroundings {
    pub(crate) names: Arc<Names>,
    pub(crate) types: Arc<Types>,
    /// What the types mean: made of them alone.
    pub(crate) table: Arc<Table>,
}

/// What a new version of the surroundings means for what was found out about workflows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// It all holds.
    Nothing,
    /// It holds for workflows without problems that name none of these workflows.
    Workflows(BTreeSet<String>),
    /// Nothing holds.
    Everything,
}

impl Surroundings {
    /// What is different in a newer version.
    #[must_use]
    pub fn change_to(&self, newer: &Self) -> Change {
        let Names { connections, types, workflows } = &*self.names;
        let Names { connections: new_connections, types: new_types, workflows: new_workflows } =
            &*newer.names;
        let same = same_entries(connections, new_connections, same_connection)
            && same_entries(types, new_types, same_named_type)
            && same_types(&self.types, &newer.types);
        if !same {
            return Change::Everything;
        }
        let mut changed = BTreeSet::new();
        for (name, callee) in workflows {
            let newer = new_workflows.get(name);
            if newer.is_none_or(|newer| !same_callee(callee, newer)) {
                changed.insert(name.clone());
            }
        }
        changed.extend(new_workflows.keys().filter(|name| !workflows.contains_key(*name)).cloned());
        if changed.is_empty() { Change::Nothing } else { Change::Workflows(changed) }
    }
}

impl Change {
    /// Whether what was found out about a workflow may be different now; `clean` if no problem was found in it.
    #[must_use]
    pub fn concerns(&self, node: &Node, clean: bool) -> bool {
        match self {
            Self::Nothing => false,
            Self::Workflows(names) => !clean || mentions(node, names),
            Self::Everything => true,
        }
    }
}

/// Whether a text in a value is one of these names.
fn mentions(node: &Node, names: &BTreeSet<String>) -> bool {
    match &node.kind {
        NodeKind::String(text) => names.contains(&text.value),
        NodeKind::Sequence(items) => items.iter().any(|item| mentions(item, names)),
        NodeKind::Mapping(entries) => entries.iter().any(|entry| mentions(&entry.value, names)),
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) => false,
    }
}

fn same_connection(a: &NamedConnection, b: &NamedConnection) -> bool {
    let NamedConnection { declared: _, kind } = a;
    *kind == b.kind
}

fn same_callee(a: &Callee, b: &Callee) -> bool {
    let Callee { declared: _, input } = a;
    match (input, &b.input) {
        (Some(a), Some(b)) => same_entries(a, b, same_field),
        (a, b) => a.is_none() && b.is_none(),
    }
}

fn same_named_type(a: &NamedType, b: &NamedType) -> bool {
    let NamedType { model } = a;
    *model == b.model
}

fn same_types(a: &Types, b: &Types) -> bool {
    let Types { schemas, models } = a;
    same_entries(schemas, &b.schemas, same_field) && same_entries(models, &b.models, same_model)
}

fn same_model(a: &Model, b: &Model) -> bool {
    let Model { name, description, fields, relations, indexes, span: _ } = a;
    name.value == b.name.value
        && *description == b.description
        && same_entries(fields, &b.fields, same_field)
        && *relations == b.relations
        && indexes.len() == b.indexes.len()
        && indexes.iter().zip(&b.indexes).all(|(a, b)| same_index(a, b))
}

fn same_index(a: &Index, b: &Index) -> bool {
    let Index { fields, unique } = a;
    *unique == b.unique
        && fields.iter().map(|name| &name.value).eq(b.fields.iter().map(|name| &name.value))
}

/// Whether two fields are the same but for their places.
fn same_field(a: &Field, b: &Field) -> bool {
    let Field { ty, description, default, id, limits, span: _ } = a;
    same_type(ty, &b.ty)
        && *description == b.description
        && *default == b.default
        && *id == b.id
        && *limits == b.limits
}

fn same_type(a: &Type, b: &Type) -> bool {
    let Type { kind, optional } = a;
    *optional == b.optional
        && match (kind, &b.kind) {
            (TypeKind::List(a), TypeKind::List(b)) | (TypeKind::Map(a), TypeKind::Map(b)) => {
                same_type(a, b)
            }
            (TypeKind::Object(a), TypeKind::Object(b)) => same_entries(a, b, same_field),
            (a, b) => a == b,
        }
}

/// Whether two maps have the same keys in the same order, with values that are the same.
fn same_entries<V>(
    a: &IndexMap<String, V>,
    b: &IndexMap<String, V>,
    same: impl Fn(&V, &V) -> bool,
) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|((x, a), (y, b))| x == y && same(a, b))
}
