//! A program as written: the files that front ends have read, before anything is resolved.

use locus_diag::SourceId;
use serde::{Deserialize, Serialize};

use crate::node::Node;

/// All files of a program, in the order of their names.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The files.
    pub files: Vec<SpecFile>,
}

/// One file: a mapping of `workflows`, `models` and so on. A file of several documents counts as several mappings.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SpecFile {
    /// The text it was read from.
    pub source: SourceId,
    /// Its documents; none in an empty file.
    pub documents: Vec<Node>,
}
