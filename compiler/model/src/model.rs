//! Models: records that are stored, with their fields, relations and indexes.

use indexmap::IndexMap;
use locus_diag::{Span, Spanned};
use serde::{Deserialize, Serialize};

use crate::types::Field;

/// A record type. A field whose type names another model is a relation: `Customer` belongs to, `OrderLine[]` has many.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Model {
    /// Its name.
    pub name: Spanned<String>,
    /// What it means, for readers.
    pub description: Option<String>,
    /// Its fields, in the author's order.
    pub fields: IndexMap<String, Field>,
    /// Its indexes.
    pub indexes: Vec<Index>,
    /// The whole declaration.
    pub span: Span,
}

/// An index over some fields.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Index {
    /// The fields, in order.
    pub fields: Vec<Spanned<String>>,
}
