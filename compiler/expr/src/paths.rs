//! What static analysis says about an expression.

use std::ops::Range;

/// One use of a variable of the scope.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reference {
    /// Its name, without the `$`.
    pub name: String,
    /// Where it is written, `$` included, in bytes of the template's string.
    pub range: Range<usize>,
}

/// What a path starts at.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Root {
    /// The `.` of the scope.
    Dot,
    /// A variable of the scope, without the `$`.
    Variable(String),
}

/// One use of something that the scope holds, `.steps.charge.id` for example.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PathUse {
    /// What it starts at.
    pub root: Root,
    /// Keys from there on, at least one, up to the first index, slice, iteration or computed key.
    pub segments: Vec<Segment>,
    /// Where it is written, in bytes of the template's string. What it passes through on the way may stand in between:
    /// `.steps | .charge` is one path.
    pub range: Range<usize>,
    /// Whether a `?`, a `try` or a `//` provides for its absence.
    pub optional: bool,
}

/// One key of a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Segment {
    /// The key.
    pub name: String,
    /// Where it is written, without dot, brackets and quotes, in bytes of the template's string.
    pub range: Range<usize>,
}
