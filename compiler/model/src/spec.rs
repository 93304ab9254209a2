//! A program as written: the files that front ends have read, before anything is resolved.

use locus_diag::SourceId;
use serde::{Deserialize, Serialize};

use crate::node::Node;

/// All files of a program, in the order of their names.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The files.
    pub files: Vec<SpecFile>,
    /// The files of JSON Schemas that the types in them refer to.
    #[serde(default)]
    pub schemas: SchemaFiles,
}

/// One file: a mapping of `workflows`, `models` and so on. A file of several documents counts as several mappings.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SpecFile {
    /// The text it was read from.
    pub source: SourceId,
    /// Its documents; none in an empty file.
    pub documents: Vec<Node>,
}

/// Files of JSON Schemas, and which of them is meant by a path that is written somewhere.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize)]
pub struct SchemaFiles {
    /// The files, in the order in which they were found.
    pub files: Vec<SchemaFile>,
    /// What paths lead to.
    pub links: Vec<SchemaLink>,
}

/// A file of JSON Schemas.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SchemaFile {
    /// Its path, relative to the project.
    pub path: String,
    /// What is in it.
    pub content: SchemaContent,
}

/// What is in a file of JSON Schemas.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SchemaContent {
    /// Its document.
    Document(Node),
    /// It cannot be used.
    Unusable {
        /// Why not, as the end of a sentence that begins with its path.
        reason: String,
        /// The name beside it that was probably meant.
        meant: Option<String>,
    },
}

/// A path as it is written in a source, and the file it leads to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SchemaLink {
    /// Where it is written.
    pub from: SourceId,
    /// The path as written, without what stands behind `#`.
    pub written: String,
    /// The number of the file.
    pub file: usize,
}

impl SchemaFiles {
    /// The file that a path in a source leads to, with its number.
    #[must_use]
    pub fn find(&self, from: SourceId, written: &str) -> Option<(usize, &SchemaFile)> {
        let leads = |link: &&SchemaLink| link.from == from && link.written == written;
        let link = self.links.iter().find(leads)?;
        Some((link.file, self.files.get(link.file)?))
    }
}
