//! What every workflow of a program sees of the rest of it, and whether a new version of that changes what was found out about a
//! workflow. Places do not count: a declaration that moved is the same declaration.
//!
//! Everything here is taken apart field by field, so that a new field has to be thought of.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use locus_diag::{SourceId, Spanned};
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

/// The surroundings as they were, to take from them what is still true.
#[derive(Clone, Copy)]
pub struct Earlier<'e> {
    /// The surroundings; the files of JSON Schemas are as they were.
    pub surroundings: &'e Surroundings,
    /// The files that are not as they were.
    pub changed: &'e BTreeSet<SourceId>,
}

impl<'e> Earlier<'e> {
    /// What a caller has to know of the workflow of this name, if it is declared at the same place of a file that is as it was, nothing
    /// was wrong with it.
    pub(crate) fn callee(self, name: &Spanned<String>) -> Option<&'e Callee> {
        if self.changed.contains(&name.span.source) {
            return None;
        }
        let known = self.surroundings.names.workflows.get(&name.value)?;
        (known.clean && known.declared == name.span).then_some(known)
    }

    /// This, if types have the names they had.
    pub(crate) fn with_types(self, names: &Names) -> Option<Self> {
        let before = &self.surroundings.names.types;
        same_entries(before, &names.types, same_named_type).then_some(self)
    }
}

/// What a new version of the surroundings means for what was found out about workflows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// It all holds.
    Nothing,
    /// It holds for workflows that name none of these workflows; where names came or went, only for those without problems, which may
    /// tell the names that are alike.
    Workflows {
        /// Those that are not as they were.
        changed: BTreeSet<String>,
        /// Whether the names are the same.
        same_names: bool,
    },
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
        if changed.is_empty() {
            return Change::Nothing;
        }
        let known =
            |name: &String| workflows.contains_key(name) && new_workflows.contains_key(name);
        let same_names = changed.iter().all(known);
        Change::Workflows { changed, same_names }
    }
}

impl Change {
    /// Whether what was found out about a workflow may be different now; `clean` if no problem was found in it.
    #[must_use]
    pub fn concerns(&self, node: &Node, clean: bool) -> bool {
        match self {
            Self::Nothing => false,
            Self::Workflows { changed, same_names } => {
                !(clean || *same_names) || mentions(node, changed)
            }
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
    let Callee { declared: _, input, clean: _ } = a;
    match (input, &b.input) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b) || same_entries(a, b, same_field),
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
