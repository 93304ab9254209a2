//! What patches put into a program, written out: a text in which every value has its place.

use std::fmt::Write as _;

use locus_diag::{SourceId, Span, Spanned};
use locus_model::{Entry, Node, NodeKind, Text};
use serde_json::Value;

/// The text of a patch.
pub(super) struct Written {
    source: SourceId,
    text: String,
}

impl Written {
    pub(super) const fn new(source: SourceId) -> Self {
        Self { source, text: String::new() }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    /// A value in a line of its own, below a line that says what is done with it.
    pub(super) fn value(&mut self, what: &str, value: &Value) -> Node {
        let _ = writeln!(self.text, "# {what}");
        let node = self.node(value);
        self.text.push('\n');
        node
    }

    /// A key with its value.
    pub(super) fn entry(&mut self, what: &str, key: &str, value: &Value) -> Entry {
        let _ = writeln!(self.text, "# {what}");
        let key = self.key(key);
        let value = self.node(value);
        self.text.push('\n');
        Entry { key, value }
    }

    fn key(&mut self, key: &str) -> Spanned<String> {
        let start = self.text.len();
        self.string(key);
        let key = Spanned::new(key.to_owned(), self.since(start));
        self.text.push_str(": ");
        key
    }

    fn node(&mut self, value: &Value) -> Node {
        let start = self.text.len();
        let kind = match value {
            Value::Null => {
                self.text.push_str("null");
                NodeKind::Null
            }
            Value::Bool(value) => {
                let _ = write!(self.text, "{value}");
                NodeKind::Bool(*value)
            }
            Value::Number(number) => {
                let _ = write!(self.text, "{number}");
                NodeKind::Number(number.clone())
            }
            Value::String(text) => {
                let runs = self.string(text);
                NodeKind::String(Text { value: text.clone(), runs, plain: false })
            }
            Value::Array(items) => {
                self.text.push('[');
                let mut nodes = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    self.text.push_str(if index == 0 { "" } else { ", " });
                    nodes.push(self.node(item));
                }
                self.text.push(']');
                NodeKind::Sequence(nodes)
            }
            Value::Object(map) => {
                self.text.push('{');
                let mut entries = Vec::with_capacity(map.len());
                for (index, (key, value)) in map.iter().enumerate() {
                    self.text.push_str(if index == 0 { " " } else { ", " });
                    let key = self.key(key);
                    entries.push(Entry { key, value: self.node(value) });
                }
                self.text.push_str(" }");
                NodeKind::Mapping(entries)
            }
        };
        Node::new(kind, self.since(start))
    }

    /// Writes a string in quotes; gives back how its bytes map to those written.
    fn string(&mut self, text: &str) -> Vec<(u32, u32)> {
        let clamp = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let mut runs = Vec::new();
        let mut together = false;
        self.text.push('"');
        for (offset, letter) in text.char_indices() {
            if !together {
                runs.push((clamp(offset), clamp(self.text.len())));
            }
            together = false;
            match letter {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\n' => self.text.push_str("\\n"),
                '\t' => self.text.push_str("\\t"),
                '\r' => self.text.push_str("\\r"),
                other if other.is_control() => {
                    let _ = write!(self.text, "\\u{:04x}", u32::from(other));
                }
                other => {
                    self.text.push(other);
                    together = true;
                }
            }
        }
        if runs.is_empty() {
            runs.push((0, clamp(self.text.len())));
        }
        self.text.push('"');
        runs
    }

    fn since(&self, start: usize) -> Span {
        Span::new(self.source, start..self.text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_value_stands_where_its_span_says() {
        let mut written = Written::new(SourceId(3));
        let value = json!({ "log": { "message": "a \"b\"\n${ .input.x }", "level": 1 } });
        let node = written.value("a test", &value);
        assert_eq!(node.to_value(), value);
        let message = node.pointer("/log/message").unwrap().clone();
        let text = message.as_text().unwrap().clone();
        let expression = text.value.find("${").unwrap();
        let place = text.locate(expression..text.value.len(), message.span);
        let whole = written.finish();
        assert_eq!(&whole[place.range()], "${ .input.x }");
        assert_eq!(&whole[message.span.range()], "\"a \\\"b\\\"\\n${ .input.x }\"");
        let read: Value = serde_json::from_str(whole.lines().nth(1).unwrap()).unwrap();
        assert_eq!(read, value);
    }
}
