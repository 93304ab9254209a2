//! Pages and components: what front-end generators turn into screens.

use indexmap::IndexMap;
use locus_diag::{Span, Spanned};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::types::Field;

/// A screen of the front end.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Page {
    /// Its name.
    pub name: Spanned<String>,
    /// The path of its URL; `{name}` parts are parameters.
    pub route: Spanned<String>,
    /// What stands at its top.
    pub title: Option<String>,
    /// What it is for, for readers.
    pub description: Option<String>,
    /// What it shows.
    pub view: View,
    /// What it shows of.
    pub subject: Option<Subject>,
    /// The fields it shows, in order; all of them when empty.
    pub fields: Vec<Spanned<String>>,
    /// The whole declaration.
    pub span: Span,
}

/// What a page shows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// Records of a model, one in each row.
    Table,
    /// One record of a model.
    Detail,
    /// What makes or changes a record, or starts a workflow.
    Form,
    /// The progress of a run.
    Run,
    /// A component of the program, with what it is given.
    Component {
        /// Its name.
        name: Spanned<String>,
        /// What it is given; parameters of the route come besides.
        props: IndexMap<String, Value>,
    },
}

/// What a page shows of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// Records of this model.
    Model(Spanned<String>),
    /// The input or the runs of this workflow.
    Workflow(Spanned<String>),
}

/// A part of screens that is written by hand or comes from a plugin.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Component {
    /// Its name.
    pub name: Spanned<String>,
    /// What it shows, for readers.
    pub description: Option<String>,
    /// Where it comes from.
    pub implementation: Implementation,
    /// What it is given, by name.
    pub props: IndexMap<String, Field>,
    /// The whole declaration.
    pub span: Span,
}

/// Where a component comes from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Implementation {
    /// A file, relative to the project's folder.
    Source(Spanned<String>),
    /// A plugin.
    Plugin(Spanned<String>),
}

impl Page {
    /// The parameters of its route, in order.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.route.value.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }
}
