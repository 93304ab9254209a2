//! A text as it is laid out: comments, blank lines, styles, anchors and tags beside the values. For tools that write a text anew
//! and must lose nothing; what a text *means* is the business of [`parse_yaml`](super::parse_yaml).

mod comments;
mod read;
mod scalars;

use std::borrow::Cow;

pub use read::{comment_texts, layout};

/// The documents of a text.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Layout<'t> {
    /// The documents.
    pub documents: Vec<Document<'t>>,
    /// Comments behind the last one.
    pub tail: Vec<Comment<'t>>,
}

/// A document.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Document<'t> {
    /// Comments and directives above it, in order; a directive begins with `%`.
    pub above: Vec<Comment<'t>>,
    /// Whether `---` stands before it.
    pub marked: bool,
    /// The comment beside `---`.
    pub beside: Option<&'t str>,
    /// Comments between `---` and the value, where that is no list or mapping in block style.
    pub before: Vec<Comment<'t>>,
    /// Its value.
    pub root: Option<Value<'t>>,
    /// Comments behind a value that is no list or mapping in block style.
    pub tail: Vec<Comment<'t>>,
    /// Whether `...` stands behind it.
    pub ended: bool,
}

/// A comment on a line of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Comment<'t> {
    /// With its `#`, without white space behind it.
    pub text: &'t str,
    /// Whether a blank line stands before it.
    pub apart: bool,
}

/// A value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Value<'t> {
    /// Anchor and tag, as written.
    pub properties: Vec<&'t str>,
    /// What it is.
    pub kind: Kind<'t>,
    /// Comments that end a line of it: the last line of a scalar or of a collection in flow style; the first line of others.
    pub beside: Vec<&'t str>,
}

/// What a value is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind<'t> {
    /// Nothing is written.
    Empty,
    /// `*name`.
    Alias(&'t str),
    /// A scalar without quotes, as written; may have several lines.
    Plain(&'t str),
    /// A scalar in quotes, with them; may have several lines.
    Quoted(Cow<'t, str>),
    /// A block scalar.
    Block(Block<'t>),
    /// A list.
    Sequence(Collection<'t>),
    /// A mapping.
    Mapping(Collection<'t>),
}

/// A block scalar: `|` or `>`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block<'t> {
    /// Whether it is folded: `>`.
    pub folded: bool,
    /// What is done with the line breaks at its end.
    pub chomp: Chomp,
    /// Its lines without their indentation; those kept at the end included.
    pub lines: Vec<&'t str>,
}

/// What is done with the line breaks at the end of a block scalar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Chomp {
    /// All are dropped: `-`.
    Strip,
    /// One stays.
    Clip,
    /// All stay: `+`.
    Keep,
}

/// A list or mapping.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Collection<'t> {
    /// Whether it is written in brackets.
    pub flow: bool,
    /// The column its entries begin in, in bytes.
    pub column: usize,
    /// Its items or entries.
    pub entries: Vec<Entry<'t>>,
    /// Comments behind the last of them.
    pub tail: Vec<Comment<'t>>,
}

/// An item of a list, or an entry of a mapping.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry<'t> {
    /// Comments above it.
    pub before: Vec<Comment<'t>>,
    /// Whether a blank line stands directly before it.
    pub apart: bool,
    /// The key of an entry.
    pub key: Option<Value<'t>>,
    /// The value.
    pub value: Value<'t>,
}

impl Value<'_> {
    /// The list or mapping.
    #[must_use]
    pub const fn collection(&self) -> Option<&Collection<'_>> {
        match &self.kind {
            Kind::Sequence(collection) | Kind::Mapping(collection) => Some(collection),
            _ => None,
        }
    }
}

/// Puts comments from inside an entry above it: below the comments `before` it, and below the blank line if it stands `apart`.
pub fn raise<'t>(
    before: &mut Vec<Comment<'t>>,
    apart: &mut bool,
    comments: impl IntoIterator<Item = Comment<'t>>,
) {
    let first = before.len();
    before.extend(comments);
    if let Some(first) = before.get_mut(first) {
        first.apart = std::mem::take(apart);
    }
}
