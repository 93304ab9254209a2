//! A value as written: every key and every value with its exact place. Front ends produce it, and the
//! parameters of a step keep it, so that a problem found late still points at the right characters.

use std::borrow::Cow;
use std::ops::Range;

use locus_diag::{Span, Spanned};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A value with its place.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Node {
    /// What was written.
    pub kind: NodeKind,
    /// The bytes of the whole value: quotes and brackets included, trailing white space and comments not.
    pub span: Span,
}

/// The kinds of values.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum NodeKind {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer or a float.
    Number(serde_json::Number),
    /// Text; may hold expressions.
    String(Text),
    /// A sequence.
    Sequence(Vec<Node>),
    /// A mapping, in the author's order.
    Mapping(Vec<Entry>),
}

/// A key of a mapping with its value.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// The key; other scalars than strings are kept as written (`200` is `"200"`).
    pub key: Spanned<String>,
    /// The value.
    pub value: Node,
}

/// A string with the way its bytes map to bytes of the source.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Text {
    /// The string itself: escapes resolved, folded lines joined.
    pub value: String,
    /// Runs copied without change, ordered: byte offset in `value`, byte offset in the source. From one entry to the next
    /// both count alike, except where the source is longer (escapes, indentation, folded line ends).
    pub runs: Vec<(u32, u32)>,
    /// Whether it was written without quotes.
    pub plain: bool,
}

impl Text {
    /// A text that stands in the source byte for byte, from `start` on.
    #[must_use]
    pub fn verbatim(value: impl Into<String>, start: u32, plain: bool) -> Self {
        Self { value: value.into(), runs: vec![(0, start)], plain }
    }

    /// The place of a part of the string; `whole` is the place of all of it.
    #[must_use]
    pub fn locate(&self, part: Range<usize>, whole: Span) -> Span {
        let at = |offset: usize| -> Option<usize> {
            let index = self.runs.partition_point(|(start, _)| *start as usize <= offset);
            let (start, source) = self.runs.get(index.checked_sub(1)?)?;
            Some(*source as usize + (offset - *start as usize))
        };
        let (Some(start), Some(last)) = (at(part.start), at(part.end.saturating_sub(1))) else {
            return whole;
        };
        let end = if part.end > part.start { last + 1 } else { start };
        // The last character may be written as an escape of two, such as `\"`: one more belongs to it. Where lines were folded, blanks
        // stand between, or more is left out.
        let is_blank = |text: &str| text.starts_with(char::is_whitespace);
        let escaped = at(part.end) == Some(end + 1)
            && self.runs.binary_search_by_key(&part.end, |(start, _)| *start as usize).is_ok()
            && self.value.get(part.end..).is_some_and(|text| !is_blank(text));
        let end = if escaped { end + 1 } else { end };
        let limit = whole.end as usize;
        Span::new(whole.source, start.min(limit)..end.min(limit).max(start.min(limit)))
    }
}

impl Node {
    /// Joins a kind and its place.
    #[must_use]
    pub const fn new(kind: NodeKind, span: Span) -> Self {
        Self { kind, span }
    }

    /// A value that was not written: all of it at one place.
    #[must_use]
    pub fn of_value(value: &Value, span: Span) -> Self {
        let kind = match value {
            Value::Null => NodeKind::Null,
            Value::Bool(value) => NodeKind::Bool(*value),
            Value::Number(number) => NodeKind::Number(number.clone()),
            Value::String(text) => {
                NodeKind::String(Text { value: text.clone(), runs: Vec::new(), plain: false })
            }
            Value::Array(items) => {
                NodeKind::Sequence(items.iter().map(|item| Self::of_value(item, span)).collect())
            }
            Value::Object(map) => {
                let entries = map.iter().map(|(key, value)| Entry {
                    key: Spanned::new(key.clone(), span),
                    value: Self::of_value(value, span),
                });
                NodeKind::Mapping(entries.collect())
            }
        };
        Self::new(kind, span)
    }

    /// The string, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::String(text) => Some(&text.value),
            _ => None,
        }
    }

    /// The string with its place, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&Text> {
        match &self.kind {
            NodeKind::String(text) => Some(text),
            _ => None,
        }
    }

    /// The entries, if it is a mapping.
    #[must_use]
    pub fn as_mapping(&self) -> Option<&[Entry]> {
        match &self.kind {
            NodeKind::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items, if it is a sequence.
    #[must_use]
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.kind {
            NodeKind::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The value under `key`, if it is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of `key`, if it is a mapping that has it.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.as_mapping()?.iter().find(|entry| entry.key.value == key)
    }

    /// The node a JSON pointer names, e.g. `/cases/0/when`.
    #[must_use]
    pub fn pointer(&self, pointer: &str) -> Option<&Node> {
        pointer.split('/').skip(1).try_fold(self, |node, token| {
            let token = unescape_token(token);
            match &node.kind {
                NodeKind::Mapping(_) => node.get(&token),
                NodeKind::Sequence(items) => items.get(token.parse::<usize>().ok()?),
                _ => None,
            }
        })
    }

    /// What it is, in the words of a message: "a mapping".
    #[must_use]
    pub const fn kind_name(&self) -> &'static str {
        match &self.kind {
            NodeKind::Null => "nothing",
            NodeKind::Bool(_) => "a boolean",
            NodeKind::Number(_) => "a number",
            NodeKind::String(_) => "a string",
            NodeKind::Sequence(_) => "a list",
            NodeKind::Mapping(_) => "a mapping",
        }
    }

    /// The value without its places.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match &self.kind {
            NodeKind::Null => Value::Null,
            NodeKind::Bool(value) => Value::Bool(*value),
            NodeKind::Number(number) => Value::Number(number.clone()),
            NodeKind::String(text) => Value::String(text.value.clone()),
            NodeKind::Sequence(items) => Value::Array(items.iter().map(Node::to_value).collect()),
            NodeKind::Mapping(entries) => Value::Object(
                entries
                    .iter()
                    .map(|entry| (entry.key.value.clone(), entry.value.to_value()))
                    .collect(),
            ),
        }
    }
}

/// A token of a JSON pointer (RFC 6901): `~` and `/` escaped.
#[must_use]
pub fn escape_token(token: &str) -> Cow<'_, str> {
    if token.contains(['~', '/']) {
        Cow::Owned(token.replace('~', "~0").replace('/', "~1"))
    } else {
        Cow::Borrowed(token)
    }
}

/// The inverse of [`escape_token`].
#[must_use]
pub fn unescape_token(token: &str) -> Cow<'_, str> {
    if token.contains('~') {
        Cow::Owned(token.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(token)
    }
}
