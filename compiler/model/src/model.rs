//! Models: records that are stored, with their fields, relations and indexes.

use indexmap::IndexMap;
use locus_diag::{Span, Spanned};
use serde::{Deserialize, Serialize};

use crate::types::Field;

/// A record type. A field whose type names another model is a relation: `Customer` belongs to one, `OrderLine[]` has many.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Model {
    /// Its name.
    pub name: Spanned<String>,
    /// What it means, for readers.
    pub description: Option<String>,
    /// Its fields, in the author's order.
    pub fields: IndexMap<String, Field>,
    /// The fields that are relations, in the same order.
    #[serde(default)]
    pub relations: IndexMap<String, Relation>,
    /// Its indexes.
    pub indexes: Vec<Index>,
    /// The whole declaration.
    pub span: Span,
}

/// A field that leads to records of a model.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Relation {
    /// What it leads to, seen from the model that has the field.
    pub kind: RelationKind,
    /// The model it leads to.
    pub model: String,
    /// The field of that model which is the other side, if it has one.
    pub inverse: Option<String>,
    /// Whether there is always a record; lists are always there.
    pub required: bool,
    /// What becomes of this record when the one it belongs to is deleted; nothing for other kinds.
    pub on_delete: Option<OnDelete>,
}

/// What a relation leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelationKind {
    /// One record, which may belong to many of these: this side stores the id.
    BelongsTo,
    /// One record, whose field [`Relation::inverse`] stores the id of this one.
    HasOne,
    /// Any number of records, each of which stores the id of this one: in [`Relation::inverse`], or in a field that only the store
    /// has where no such field is declared.
    HasMany,
    /// Any number of records, each of which has any number of these: pairs of ids are stored apart.
    ManyToMany,
}

/// What becomes of a record when the one it belongs to is deleted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDelete {
    /// The other record cannot be deleted.
    Restrict,
    /// It is deleted as well.
    Cascade,
    /// It belongs to none from then on.
    SetNull,
}

/// An index over some fields.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Index {
    /// The fields, in order.
    pub fields: Vec<Spanned<String>>,
    /// Whether no two records have the same values in them.
    #[serde(default)]
    pub unique: bool,
}

impl Model {
    /// The field that identifies a record, with its name.
    #[must_use]
    pub fn id(&self) -> Option<(&str, &Field)> {
        self.fields.iter().find(|(_, field)| field.id).map(|(name, field)| (name.as_str(), field))
    }
}
