//! A text as rows of cells (RFC 4180), each cell with its bytes. Reading never gives up: what is wrong is reported, and the rest is read.

use std::ops::Range;

use locus_plugin::model::Text;
use locus_plugin::{Diagnostic, Severity, Source, Span};

/// A cell of the table.
#[derive(Clone, PartialEq, Debug)]
pub struct Cell {
    /// What it says.
    pub text: Text,
    /// Its bytes: quotes included, white space around it not.
    pub bytes: Range<usize>,
}

impl Cell {
    /// Whether nothing is written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// Reads a source and collects its problems.
pub struct Reader<'a> {
    source: &'a Source,
    /// What was found so far.
    pub problems: Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    /// A reader of this source.
    #[must_use]
    pub const fn new(source: &'a Source) -> Self {
        Self { source, problems: Vec::new() }
    }

    /// The bytes of the whole source.
    #[must_use]
    pub fn whole(&self) -> Range<usize> {
        0..self.source.text.len()
    }

    /// The rows that are not empty.
    pub fn rows(&mut self) -> Vec<Vec<Cell>> {
        let text = &*self.source.text;
        let mut rows = Vec::new();
        let mut row = Vec::new();
        let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        loop {
            let cell = self.cell(at);
            // White space behind the quotes, or what should not be there.
            let rest = &text[cell.bytes.end..];
            let end = cell.bytes.end + rest.find([',', '\n']).unwrap_or(rest.len());
            let surplus = text[cell.bytes.end..end].trim();
            if !surplus.is_empty() {
                self.bad_cell(
                    cell.bytes.end..end,
                    "text behind the closing quote",
                    "write a quote inside quotes twice: `\"\"`",
                );
            }
            row.push(cell);
            if text[end..].starts_with(',') {
                at = end + 1;
                continue;
            }
            if row.iter().any(|cell: &Cell| !cell.is_empty()) {
                rows.push(std::mem::take(&mut row));
            }
            row.clear();
            if end >= text.len() {
                return rows;
            }
            at = end + 1;
        }
    }

    /// The cell that begins at a byte.
    fn cell(&mut self, from: usize) -> Cell {
        let text = &*self.source.text;
        let rest = &text[from..];
        let start = from + rest.len() - rest.trim_start_matches([' ', '\t']).len();
        if text[start..].starts_with('"') {
            return self.quoted(start);
        }
        let end = start + text[start..].find([',', '\n']).unwrap_or(text.len() - start);
        let written = text[start..end].trim_end();
        Cell {
            text: Text::verbatim(written, offset(start), true),
            bytes: start..start + written.len(),
        }
    }

    /// The cell whose opening quote is at a byte.
    fn quoted(&mut self, start: usize) -> Cell {
        let mut cell = Text::verbatim("", offset(start + 1), false);
        let mut at = start + 1;
        loop {
            let rest = &self.source.text[at..];
            let Some(quote) = rest.find('"') else {
                cell.value.push_str(rest);
                let end = self.source.text.len();
                self.bad_cell(
                    start..start + 1,
                    "this quote is never closed",
                    "add a `\"` at the end of the cell",
                );
                return Cell { text: cell, bytes: start..end };
            };
            cell.value.push_str(&rest[..quote]);
            at += quote + 1;
            if !self.source.text[at..].starts_with('"') {
                return Cell { text: cell, bytes: start..at };
            }
            // Two quotes are one: from here on the source is a byte ahead.
            cell.value.push('"');
            at += 1;
            cell.runs.push((offset(cell.value.len()), offset(at)));
        }
    }

    /// The place of some bytes.
    #[must_use]
    pub fn span(&self, bytes: Range<usize>) -> Span {
        Span::new(self.source.id, bytes)
    }

    fn bad_cell(&mut self, bytes: Range<usize>, message: &str, help: &str) {
        self.problem("acme.csv/cell", bytes, message, help);
    }

    /// Reports columns or rows that do not fit together.
    pub fn bad_table(&mut self, bytes: Range<usize>, message: impl Into<String>, help: &str) {
        self.problem("acme.csv/table", bytes, message, help);
    }

    fn problem(&mut self, code: &str, bytes: Range<usize>, message: impl Into<String>, help: &str) {
        let at = self.span(bytes);
        let problem = Diagnostic::custom(code, Severity::Error, message).at(at, "");
        self.problems.push(problem.help(help));
    }
}

/// Sources end before 4 GiB.
#[must_use]
pub fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
