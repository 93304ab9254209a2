//! Patches: how hooks change a program. A patch is data: a list of edits, each at a place named by what does not move. The host makes all of
//! them or none.

use locus_diag::Span;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::hooks::context::json_size;

/// A change of the program, whole or not at all.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize)]
pub struct Patch {
    /// The edits, in order.
    pub edits: Vec<Edit>,
}

/// One change.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Edit {
    /// Where.
    pub place: Place,
    /// What.
    pub change: Change,
}

/// Something in the files of a program, by a name that other edits do not change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// What a section declares under a name: a workflow, a model, a schema, a connection.
    Declared {
        /// `workflows`, `models`, …
        section: String,
        /// The name.
        name: String,
    },
    /// A step, by its path. Only where the program has been checked.
    Step(String),
    /// A value, by where it was written. Not where it was written once and used in several places (a YAML alias).
    Node(Span),
}

/// What is done at a place. Fields are JSON pointers from there: `/timeout`, `/log/message`; empty for the place itself.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Puts a value at a field, in place of what is there; a declaration that is not there is added.
    Set {
        /// The field.
        field: String,
        /// The value.
        value: Value,
    },
    /// Takes a field out.
    Remove {
        /// The field.
        field: String,
    },
    /// Adds an item to the list at a field.
    Append {
        /// The field.
        field: String,
        /// The item.
        value: Value,
    },
    /// Puts an item before the place, which is an item of a list: a step before a step.
    InsertBefore {
        /// The item.
        value: Value,
    },
    /// Puts an item behind the place.
    InsertAfter {
        /// The item.
        value: Value,
    },
}

impl Place {
    /// A step by its path: `checkout/charge`.
    #[must_use]
    pub fn step(path: impl Into<String>) -> Self {
        Self::Step(path.into())
    }

    /// A declaration: `Place::declared("workflows", "checkout")`.
    #[must_use]
    pub fn declared(section: impl Into<String>, name: impl Into<String>) -> Self {
        Self::Declared { section: section.into(), name: name.into() }
    }
}

impl Patch {
    /// A patch without edits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a value at a field of a place.
    #[must_use]
    pub fn set(self, place: Place, field: impl Into<String>, value: impl Into<Value>) -> Self {
        self.with(place, Change::Set { field: field.into(), value: value.into() })
    }

    /// Takes a field of a place out.
    #[must_use]
    pub fn remove(self, place: Place, field: impl Into<String>) -> Self {
        self.with(place, Change::Remove { field: field.into() })
    }

    /// Adds an item to the list at a field of a place.
    #[must_use]
    pub fn append(self, place: Place, field: impl Into<String>, value: impl Into<Value>) -> Self {
        self.with(place, Change::Append { field: field.into(), value: value.into() })
    }

    /// Puts an item before another one.
    #[must_use]
    pub fn insert_before(self, place: Place, value: impl Into<Value>) -> Self {
        self.with(place, Change::InsertBefore { value: value.into() })
    }

    /// Puts an item behind another one.
    #[must_use]
    pub fn insert_after(self, place: Place, value: impl Into<Value>) -> Self {
        self.with(place, Change::InsertAfter { value: value.into() })
    }

    /// Adds an edit.
    #[must_use]
    pub fn with(mut self, place: Place, change: Change) -> Self {
        self.edits.push(Edit { place, change });
        self
    }

    /// How many bytes it has as JSON.
    pub(crate) fn size(&self) -> usize {
        json_size(self)
    }
}
