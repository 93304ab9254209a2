//! Types, in the one notation that model fields, workflow inputs and outputs and step results share.

use std::fmt;

use indexmap::IndexMap;
use locus_diag::Span;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A type, and whether the value may be absent or null (`T?`).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Type {
    /// What the value is when it is there.
    pub kind: TypeKind,
    /// Whether it may be absent or null.
    pub optional: bool,
}

/// What a value is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TypeKind {
    /// Unicode text.
    String,
    /// A whole number, 64 bits, signed.
    Int,
    /// A floating point number, 64 bits.
    Float,
    /// `true` or `false`.
    Bool,
    /// An exact decimal number: a JSON number, or a string of digits where more precision is needed.
    Decimal,
    /// A UUID in its text form (RFC 9562).
    Uuid,
    /// A calendar day, `2026-11-21` (RFC 3339 full-date).
    Date,
    /// An instant with offset (RFC 3339 date-time).
    Datetime,
    /// A length of time: `200ms`, `1h30m`, or ISO 8601.
    Duration,
    /// Bytes, as base64 text (RFC 4648).
    Bytes,
    /// Any JSON value, kept as data.
    Json,
    /// Not known.
    Any,
    /// A model or a schema of the program.
    Named(String),
    /// `T[]`.
    List(Box<Type>),
    /// `map<T>`: text keys.
    Map(Box<Type>),
    /// One of these strings.
    Enum(Vec<String>),
    /// An object with these fields.
    Object(IndexMap<String, Field>),
    /// A raw JSON Schema (2020-12).
    Schema(Value),
}

/// A named place for a value: a field of a model, an input of a workflow.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Field {
    /// Its type.
    pub ty: Type,
    /// What it means, for readers.
    pub description: Option<String>,
    /// The value when none is given; `now` and the like stay text.
    pub default: Option<Value>,
    /// Whether it identifies a record of its model.
    pub id: bool,
    /// Further limits, by their JSON Schema keyword (`maxLength`, `minimum`, `pattern`, …).
    pub limits: IndexMap<String, Value>,
    /// Where it is declared.
    pub span: Span,
}

impl Type {
    /// A type whose value must be there.
    #[must_use]
    pub const fn required(kind: TypeKind) -> Self {
        Self { kind, optional: false }
    }

    /// The plain name types: `string`, `int` and so on.
    pub const SCALARS: [(&'static str, TypeKind); 12] = [
        ("string", TypeKind::String),
        ("int", TypeKind::Int),
        ("float", TypeKind::Float),
        ("bool", TypeKind::Bool),
        ("decimal", TypeKind::Decimal),
        ("uuid", TypeKind::Uuid),
        ("date", TypeKind::Date),
        ("datetime", TypeKind::Datetime),
        ("duration", TypeKind::Duration),
        ("bytes", TypeKind::Bytes),
        ("json", TypeKind::Json),
        ("any", TypeKind::Any),
    ];
}

impl fmt::Display for Type {
    /// The notation an author would write.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            TypeKind::Named(name) => f.write_str(name)?,
            TypeKind::List(item) => write!(f, "{item}[]")?,
            TypeKind::Map(value) => write!(f, "map<{value}>")?,
            TypeKind::Enum(values) => write!(f, "enum({})", values.join(", "))?,
            TypeKind::Object(fields) => {
                f.write_str("{ ")?;
                for (index, (name, field)) in fields.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{name}: {}", field.ty)?;
                }
                f.write_str(" }")?;
            }
            TypeKind::Schema(_) => f.write_str("schema")?,
            scalar => {
                let name = Self::SCALARS.iter().find(|(_, kind)| kind == scalar);
                f.write_str(name.map_or("any", |(name, _)| name))?;
            }
        }
        if self.optional { f.write_str("?") } else { Ok(()) }
    }
}
