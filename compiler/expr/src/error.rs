//! What can be wrong with an expression: before it runs, and while it runs.

use std::fmt;
use std::ops::Range;

/// Kinds of problems found when an expression is parsed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ExprErrorKind {
    /// It is not jq.
    Syntax,
    /// The `${` has no `}`.
    Unclosed,
    /// It calls a function that does not exist, or with the wrong number of arguments.
    UnknownFunction,
    /// It uses a part of jq that an expression may not: one that reads the world or changes it.
    Forbidden,
}

/// A problem found when an expression is parsed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExprError {
    /// The kind of problem.
    pub kind: ExprErrorKind,
    /// The bytes concerned, counted from the start of the template's string.
    pub range: Range<usize>,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
}

impl ExprError {
    pub(crate) fn new(
        kind: ExprErrorKind,
        range: Range<usize>,
        message: impl Into<String>,
    ) -> Self {
        Self { kind, range, message: message.into(), help: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for ExprError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_with_help(f, &self.message, self.help.as_deref())
    }
}

impl std::error::Error for ExprError {}

/// Kinds of failures of an evaluation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum EvalErrorKind {
    /// The expression raised an error: a type did not fit, or it called `error`.
    Failed,
    /// It gave no result.
    NoValue,
    /// It gave more than one result.
    ManyValues,
    /// It names a variable that the scope does not have.
    UnknownVariable,
    /// It took more steps than [`Limits::steps`](crate::Limits::steps).
    FuelExhausted,
    /// It built more than [`Limits::size`](crate::Limits::size).
    TooLarge,
    /// It recursed, or nested values, deeper than [`Limits::depth`](crate::Limits::depth).
    TooDeep,
}

/// A failure of an evaluation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EvalError {
    /// The kind of failure.
    pub kind: EvalErrorKind,
    /// The bytes of the expression that failed, counted from the start of the template's string.
    pub range: Range<usize>,
    /// What went wrong, in one sentence without a full stop.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_with_help(f, &self.message, self.help.as_deref())
    }
}

impl std::error::Error for EvalError {}

fn write_with_help(f: &mut fmt::Formatter<'_>, message: &str, help: Option<&str>) -> fmt::Result {
    match help {
        Some(help) => write!(f, "{message} ({help})"),
        None => f.write_str(message),
    }
}
