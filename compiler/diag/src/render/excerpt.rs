//! The part of a source that is drawn with a problem: few lines, none of them long, whatever the source is like.

use std::ops::Range;

use super::visible::visible;
use crate::source::Source;
use crate::span::Span;

/// Most bytes of a line that is drawn whole.
const LONGEST_LINE: usize = 400;
/// Of a longer line, this many bytes are drawn before the place and behind its beginning.
const BEFORE: usize = 40;
const BEHIND: usize = 100;
/// Most lines that a place is drawn over.
const MOST_LINES: usize = 6;
/// What stands for the rest of a line.
const REST: char = '…';

/// A part of a source, with where it comes from.
#[derive(Debug)]
pub(super) struct Excerpt {
    /// The source's name.
    pub(super) name: String,
    /// What is drawn.
    pub(super) text: String,
    /// How many lines of the source are before it.
    pub(super) lines_before: usize,
    /// Line and column of the first of the places, counted from 0.
    pub(super) place: (usize, usize),
    /// The bytes of the source that `text` shows.
    shown: Range<usize>,
    /// How many bytes of `text` come before them.
    indent: usize,
}

impl Excerpt {
    /// What is to be seen around these places of a source; the first of them always is.
    pub(super) fn around(source: &Source, places: &[Span]) -> Option<Self> {
        let text: &str = &source.text;
        let places: Vec<Range<usize>> = places.iter().map(|span| clipped(text, *span)).collect();
        let first = places.first()?.clone();
        let start = places.iter().map(|place| place.start).min()?;
        let end = places.iter().map(|place| place.end).max()?;
        let (start, end) = (line_start(text, start), line_end(text, end));
        // One line of context on either side.
        let whole =
            line_start(text, start.saturating_sub(1))..line_end(text, (end + 1).min(text.len()));
        let (line, column) = source.line_column(first.start);
        let is_short = text[whole.clone()].split('\n').all(|line| line.len() <= LONGEST_LINE);
        let (shown, ellipses) = if is_short {
            (whole, (false, false))
        } else {
            let line = line_start(text, first.start)..line_end(text, first.start);
            let from = text.floor_char_boundary(line.start.max(first.start.saturating_sub(BEFORE)));
            let to = text.ceil_char_boundary(line.end.min(first.start + BEHIND));
            let ellipses = (from > line.start, to < line.end);
            (from..to, ellipses)
        };
        let mut drawn = String::new();
        if ellipses.0 {
            drawn.push(REST);
        }
        let indent = drawn.len();
        drawn.push_str(&visible(&text[shown.clone()]));
        if ellipses.1 {
            drawn.push(REST);
        }
        let lines_before = match is_short {
            true => source.line_column(shown.start).0 - 1,
            false => line - 1,
        };
        let name = visible(&source.name).into_owned();
        Some(Self { name, text: drawn, lines_before, place: (line - 1, column - 1), shown, indent })
    }

    /// Where a place of the source is drawn, if it is.
    pub(super) fn locate(&self, source: &Source, place: Span) -> Option<Range<usize>> {
        let place = clipped(&source.text, place);
        let is_inside = self.shown.start <= place.start && place.start <= self.shown.end;
        let drawn = |offset: usize| offset.min(self.shown.end) - self.shown.start + self.indent;
        is_inside.then(|| drawn(place.start)..drawn(place.end.max(place.start)))
    }
}

/// The bytes of a place, as far as they are drawn.
fn clipped(text: &str, place: Span) -> Range<usize> {
    let range = place.range();
    let start = text.floor_char_boundary(range.start.min(text.len()));
    let end = text.floor_char_boundary(range.end.min(text.len())).max(start);
    let lines = text[start..end].match_indices('\n').nth(MOST_LINES - 1);
    start..lines.map_or(end, |(line, _)| start + line)
}

fn line_start(text: &str, offset: usize) -> usize {
    text[..offset].rfind('\n').map_or(0, |newline| newline + 1)
}

fn line_end(text: &str, offset: usize) -> usize {
    text[offset..].find('\n').map_or(text.len(), |newline| offset + newline)
}

#[cfg(test)]
mod tests {
    use crate::render::{Style, to_terminal};
    use crate::{Diagnostic, Severity, Sources, Span};

    /// What a terminal shows of a problem at these bytes.
    fn drawn(text: &str, places: &[(usize, usize)]) -> String {
        let mut sources = Sources::default();
        let source = sources.add("a\u{1b}.yaml", text);
        let mut problem = Diagnostic::custom("code", Severity::Error, "wrong\u{9b}");
        for (start, end) in places {
            problem = problem.at(Span::new(source, *start..*end), "here\u{7}");
        }
        to_terminal(&problem.help("mend\0"), &sources, Style::default())
    }

    #[test]
    fn columns_count_characters() {
        let shown = drawn("größe: größe\n", &[(9, 16)]);
        assert!(shown.contains("yaml:1:8]"), "{shown}");
    }

    #[test]
    fn of_a_long_line_a_part_is_drawn() {
        for text in ["x".repeat(1_000_000), "größe ".repeat(200_000)] {
            for start in [0, 100, 500_000, text.len() - 1, text.len()] {
                let place = (start, (start + 70_000).min(text.len()));
                let shown = drawn(&text, &[place]);
                assert!(shown.len() < 2000, "{}", shown.len());
            }
        }
        let shown = drawn(
            &format!("a\n{}x: y{}\nb\n", " ".repeat(70_000), " ".repeat(70_000)),
            &[(70_002, 70_003)],
        );
        assert!(shown.contains("yaml:2:70001]") && shown.contains("x: y"), "{shown}");
        assert!(shown.contains("\n 2 │ …"), "{shown}");
    }

    #[test]
    fn places_far_from_each_other_are_drawn_both() {
        let far = format!("first: 1\n{}second: 2\n", "other: 0\n".repeat(5000));
        let second = far.find("second").unwrap();
        let shown = drawn(&far, &[(second, second + 6), (0, 5)]);
        assert!(shown.contains("first: 1") && shown.contains(" 5002 │ second: 2"), "{shown}");
        let long = format!("first: 1{}second: 2\n", " ".repeat(9000));
        let second = long.find("second").unwrap();
        let shown = drawn(&long, &[(second, second + 6), (0, 5)]);
        assert!(shown.contains("first: 1") && shown.contains("second: 2"), "{shown}");
    }

    #[test]
    fn of_many_lines_the_first_are_drawn() {
        let text = "line\n".repeat(10_000);
        let shown = drawn(&text, &[(5, text.len())]);
        assert!(shown.lines().count() < 20, "{shown}");
    }

    #[test]
    fn nothing_steers_the_terminal() {
        let shown = drawn("a: \u{1b}[2J\n", &[(3, 4)]);
        assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "{shown:?}");
        assert!(shown.contains("a: ?[2J"), "{shown}");
    }

    #[test]
    fn places_outside_of_the_text_are_no_panic() {
        for place in [(7, 9), (2, 3), (3, 2), (5, 5)] {
            drawn("größ", &[place]);
        }
        drawn("", &[(0, 0)]);
    }
}
