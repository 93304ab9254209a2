//! The term tree of an expression, with the place of everything in it.
//!
//! It is what analysis, inference and [`direct`](crate::direct) work on. jaq has a tree of its own, without places, which
//! is made only where the interpreter is to run.

use std::ops::Range;

use jaq_core::ops::{Cmp, Math};

use crate::number::Number;

/// Bytes of the template's string.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    pub(crate) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    pub(crate) fn to(self, end: Self) -> Self {
        Self { start: self.start, end: end.end }
    }
}

/// A term, with the parentheses around it.
#[derive(Debug)]
pub(crate) struct Term {
    pub(crate) node: Node,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum Node {
    Id,
    Recurse,
    Number(Number),
    /// A string in which nothing is interpolated.
    Text(Box<str>),
    /// A string in which something is, with the format that is applied to it.
    Interpolated(Option<Name>, Vec<TextPart>),
    Array(Option<Box<Term>>),
    /// Keys and values; what has no value takes it from `.`, or from the variable that the key is.
    Object(Vec<(Term, Option<Term>)>),
    Negative(Box<Term>),
    Binary(Box<Term>, Op, Box<Term>),
    /// At least two terms with commas between them.
    Commas(Vec<Term>),
    /// `source as $pattern | body`
    Bind(Box<Term>, Pattern, Box<Term>),
    Label(Name, Box<Term>),
    Break(Name),
    Fold(Box<Fold>),
    Try(Box<Term>, Option<Box<Term>>),
    If(Vec<(Term, Term)>, Option<Box<Term>>),
    Define(Vec<Definition>, Box<Term>),
    Call(Name, Vec<Term>),
    /// With its `$`.
    Variable(Box<str>),
    Path(Box<Term>, Vec<Part>),
}

/// A name where it is written.
#[derive(Debug)]
pub(crate) struct Name {
    pub(crate) text: Box<str>,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum TextPart {
    Text(Box<str>),
    Term(Term),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    Pipe,
    Alternative,
    Or,
    And,
    Math(Math),
    Compare(Cmp),
    Assign,
    Update,
    UpdateMath(Math),
    UpdateAlternative,
}

#[derive(Debug)]
pub(crate) enum Pattern {
    /// With its `$`.
    Variable(Name),
    Array(Vec<Pattern>),
    Object(Vec<(Term, Pattern)>),
}

/// `reduce source as $pattern (arguments)`, or `foreach`.
#[derive(Debug)]
pub(crate) struct Fold {
    pub(crate) keyword: Name,
    pub(crate) source: Term,
    pub(crate) pattern: Pattern,
    pub(crate) arguments: Vec<Term>,
}

#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) name: Name,
    /// Those that are values have a `$`.
    pub(crate) arguments: Vec<Name>,
    pub(crate) body: Term,
}

/// One step of a path.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) kind: PartKind,
    /// Whether a `?` follows.
    pub(crate) optional: bool,
    /// With dot, brackets and quotes.
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum PartKind {
    /// A fixed key; its place is without quotes.
    Key(Name),
    Index(Term),
    /// Without bounds it iterates.
    Range(Option<Term>, Option<Term>),
}

impl Term {
    /// The string, if it is a fixed one.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.node {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Where the text of a string is, without its quotes.
    pub(crate) fn inner_span(&self) -> Span {
        let Span { start, end } = self.span;
        Span { start: start + 1, end: end.saturating_sub(1).max(start + 1) }
    }
}
