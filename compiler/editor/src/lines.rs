//! Lines and columns as editors count them: from 0, a column is a UTF-16 code unit; a line ends with `\n`, `\r\n` or `\r`.

use std::ops::Range;

use serde_json::{Value, json};

/// Where the lines of a text begin.
#[derive(Clone, Default, Debug)]
pub(crate) struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    pub(crate) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (at, byte) in bytes.iter().enumerate() {
            let ends = *byte == b'\n' || *byte == b'\r' && bytes.get(at + 1) != Some(&b'\n');
            if ends {
                starts.push(at + 1);
            }
        }
        Self { starts }
    }

    /// The bytes of a line without its end; the empty place at the end of the text for a line behind the last.
    pub(crate) fn line(&self, text: &str, line: usize) -> Range<usize> {
        let Some(start) = self.starts.get(line).copied() else { return text.len()..text.len() };
        let next = self.starts.get(line + 1).copied().unwrap_or(text.len());
        let content = text.get(start..next).unwrap_or_default();
        start..start + content.trim_end_matches(['\n', '\r']).len()
    }

    /// The number of the line that holds an offset.
    pub(crate) fn line_at(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// The offset of a position. One behind the end of its line is that end; one inside a character is its start.
    pub(crate) fn offset(&self, text: &str, position: Position) -> usize {
        let range = self.line(text, position.line);
        let line = text.get(range.clone()).unwrap_or_default();
        let mut units = 0;
        for (at, character) in line.char_indices() {
            units += character.len_utf16();
            if units > position.character {
                return range.start + at;
            }
        }
        range.end
    }

    /// The position of an offset.
    pub(crate) fn position(&self, text: &str, offset: usize) -> Position {
        let line = self.line_at(offset);
        let range = self.line(text, line);
        let before = text.get(range.start..offset.min(range.end)).unwrap_or_default();
        Position { line, character: before.encode_utf16().count() }
    }

    /// A range of bytes in the form of the protocol.
    pub(crate) fn range(&self, text: &str, range: Range<usize>) -> Value {
        let end = self.position(text, range.end.max(range.start)).to_json();
        json!({ "start": self.position(text, range.start).to_json(), "end": end })
    }
}

/// A place as the protocol tells it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) character: usize,
}

impl Position {
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        let number = |key: &str| value.get(key)?.as_u64()?.try_into().ok();
        Some(Self { line: number("line")?, character: number("character")? })
    }

    fn to_json(self) -> Value {
        json!({ "line": self.line, "character": self.character })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(line: usize, character: usize) -> Position {
        Position { line, character }
    }

    #[test]
    fn characters_beyond_the_basic_plane_are_two_units() {
        let text = "a: 😀b\nä";
        let lines = Lines::of(text);
        assert_eq!(lines.position(text, text.find('b').unwrap()), at(0, 5));
        assert_eq!(lines.offset(text, at(0, 5)), text.find('b').unwrap());
        assert_eq!(lines.offset(text, at(0, 4)), text.find('😀').unwrap(), "inside of it");
        assert_eq!(lines.offset(text, at(1, 1)), text.len());
        assert_eq!(lines.offset(text, at(0, 99)), text.find('\n').unwrap());
        assert_eq!(lines.offset(text, at(9, 0)), text.len());
    }

    #[test]
    fn every_kind_of_line_end_counts_once() {
        let text = "a\r\nb\rc\n\nd";
        let lines = Lines::of(text);
        for (letter, line) in [('a', 0), ('b', 1), ('c', 2), ('d', 4)] {
            assert_eq!(lines.position(text, text.find(letter).unwrap()), at(line, 0));
        }
    }

    proptest! {
        #[test]
        fn positions_lead_back(text in "[a😀ä\r\n:]{0,30}") {
            let lines = Lines::of(&text);
            for (offset, _) in text.char_indices() {
                let position = lines.position(&text, offset);
                let inside_line_end = lines.line(&text, position.line).end < offset;
                prop_assert!(inside_line_end || lines.offset(&text, position) == offset);
            }
        }
    }
}
