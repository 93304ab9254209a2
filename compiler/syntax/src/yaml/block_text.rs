//! Block strings: literal `|` and folded `>`, with their indentation and the line breaks at their end.

use std::ops::Range;

use super::cursor::{break_byte, byte, is_blank, is_break, line_end, line_start, skip_break};
use super::runs::Runs;

/// A block string as found in the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block<'a> {
    /// The text it stands in.
    pub(crate) text: &'a str,
    /// The place of its `|` or `>`.
    pub(crate) header: usize,
    /// The place of the first character of its first line with content; the place behind it where there is none.
    pub(crate) content: usize,
    /// Where the parser stopped reading it.
    pub(crate) end: usize,
    /// Whether it is folded.
    pub(crate) folded: bool,
    /// The resolved string.
    pub(crate) value: &'a str,
}

/// Maps a block string to the source, and finds the end of its last line with content.
pub(crate) fn map(block: &Block<'_>) -> (Vec<(u32, u32)>, usize) {
    let mut lines = Lines::new(block);
    lines.blank_lines();
    lines.content_lines();
    let end = lines.last_content;
    (lines.finish(), end)
}

struct Lines<'a, 'b> {
    block: &'b Block<'a>,
    runs: Runs<'a>,
    at: usize,
    /// The line break behind the last line with content.
    content_break: Option<usize>,
    /// The line breaks of the empty lines since.
    empty_breaks: Vec<usize>,
    /// Whether the last line with content began with a blank.
    indented_more: bool,
    last_content: usize,
}

impl<'a, 'b> Lines<'a, 'b> {
    fn new(block: &'b Block<'a>) -> Self {
        let text = block.text;
        let rest = text.as_bytes().get(block.header + 1..).unwrap_or_default();
        let indicators = rest
            .iter()
            .take(2)
            .take_while(|byte| matches!(byte, b'+' | b'-' | b'1'..=b'9'))
            .count();
        Self {
            block,
            runs: Runs::new(text, block.value),
            at: skip_break(text, line_end(text, block.header)),
            content_break: None,
            empty_breaks: Vec::new(),
            indented_more: false,
            last_content: block.header + 1 + indicators,
        }
    }

    /// The empty lines before the content.
    fn blank_lines(&mut self) {
        let text = self.block.text;
        let first = line_start(text, self.block.content);
        while self.at < first {
            let end = line_end(text, self.at);
            if end >= text.len() {
                break;
            }
            self.empty_breaks.push(end);
            self.at = skip_break(text, end);
        }
    }

    fn content_lines(&mut self) {
        let (text, end) = (self.block.text, self.block.end);
        let Some(indent) = self.block.content.checked_sub(self.at) else {
            return;
        };
        while self.at < end {
            let content = self.skip_indent(indent);
            let Some(first) = byte(text, content) else {
                break;
            };
            if is_break(first) {
                self.empty_breaks.push(content);
                self.at = skip_break(text, content);
                continue;
            }
            if content >= end || content - self.at < indent {
                break;
            }
            self.join(is_blank(first));
            let line = content..line_end(text, content);
            self.at = skip_break(text, line.end);
            self.content_break = (self.at > line.end).then_some(line.end);
            self.last_content = line.end;
            self.runs.copy(line);
        }
    }

    /// The line breaks between the last line with content and the next.
    fn join(&mut self, more: bool) {
        let folds = self.block.folded && !self.indented_more && !more;
        if let Some(at) = self.content_break.take() {
            if !folds {
                self.replace('\n', at);
            } else if self.empty_breaks.is_empty() {
                self.replace(' ', at);
            }
        }
        for at in std::mem::take(&mut self.empty_breaks) {
            self.replace('\n', at);
        }
        self.indented_more = more;
    }

    /// The line breaks at the end, as many as the string keeps.
    fn finish(mut self) -> Vec<(u32, u32)> {
        if self.runs.is_complete() && self.block.value.is_empty() {
            return vec![(0, u32::try_from(self.last_content).unwrap_or(u32::MAX))];
        }
        let breaks =
            self.content_break.take().into_iter().chain(std::mem::take(&mut self.empty_breaks));
        for at in breaks {
            if self.runs.is_complete() {
                break;
            }
            self.replace('\n', at);
        }
        if !self.runs.is_complete() {
            // The text ends without the line break that the string is given.
            let end = self.block.text.len();
            self.runs.replace('\n', end..end);
        }
        self.runs.finish()
    }

    fn replace(&mut self, character: char, at: usize) {
        let written: Range<usize> =
            break_byte(self.block.text, at)..skip_break(self.block.text, at);
        self.runs.replace(character, written);
    }

    fn skip_indent(&self, indent: usize) -> usize {
        let rest = self.block.text.as_bytes().get(self.at..).unwrap_or_default();
        self.at + rest.iter().take(indent).take_while(|&&byte| byte == b' ').count()
    }
}
