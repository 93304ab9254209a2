//! Scalars as they are laid out.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::{Block, Chomp, Kind};
use crate::yaml::cursor::{byte, line_end, skip_break};

/// The block scalar whose `|` or `>` stands at `at`, with the comment of its first line and the place behind its content.
pub(super) fn block<'t>(
    text: &'t str,
    at: usize,
    value: &str,
    folded: bool,
) -> (Kind<'t>, Option<&'t str>, usize) {
    let header = text.get(at..line_end(text, at)).unwrap_or_default();
    let comment = header.find('#').and_then(|hash| header.get(hash..)).map(str::trim_end);
    let indicators = header.split('#').next().unwrap_or_default();
    let trailing = value.len() - value.trim_end_matches('\n').len();
    let chomp = match indicators {
        written if trailing == 0 && (!value.is_empty() || written.contains('+')) => Chomp::Strip,
        written if written.contains('-') => Chomp::Strip,
        written if written.contains('+') => Chomp::Keep,
        _ => Chomp::Clip,
    };
    let first = skip_break(text, line_end(text, at));
    let indent = indentation(text, first, value);
    let (mut lines, ends) = lines(text, first, indent.unwrap_or(usize::MAX));
    let blank_lines = lines.iter().rev().take_while(|line| line.is_empty()).count();
    lines.truncate(lines.len() - blank_lines);
    let end = match chomp {
        Chomp::Keep => ends.last(),
        _ => lines.len().checked_sub(1).and_then(|last| ends.get(last)),
    };
    let end = end.copied().unwrap_or_else(|| line_end(text, at));
    if indent.is_none() && value.contains(' ') {
        // Nothing but white space: its indentation could not be seen.
        return (Kind::Quoted(Cow::Owned(quoted(value))), comment, end);
    }
    if chomp == Chomp::Keep {
        // A line break ends the last line with content; where there is none, each is a line.
        let kept = trailing - usize::from(!lines.is_empty());
        lines.extend(std::iter::repeat_n("", kept));
    }
    (Kind::Block(Block { folded, chomp, lines }), comment, end)
}

/// How far the content of a block scalar is indented: the blanks before its first visible character, minus those that belong to
/// the value. `None` if nothing in it is visible.
fn indentation(text: &str, from: usize, value: &str) -> Option<usize> {
    let leading = |text: &str| {
        let visible = text.find(|c| !matches!(c, ' ' | '\n' | '\r'))?;
        let line = text.get(..visible)?.rfind(['\n', '\r']).map_or(0, |newline| newline + 1);
        Some(visible - line)
    };
    Some(leading(text.get(from..)?)?.saturating_sub(leading(value)?))
}

/// The lines of a block without their indentation, and the end of each.
fn lines(text: &str, from: usize, indent: usize) -> (Vec<&str>, Vec<usize>) {
    let (mut lines, mut ends) = (Vec::new(), Vec::new());
    let mut at = from;
    while at < text.len() {
        let end = line_end(text, at);
        let line = text.get(at..end).unwrap_or_default();
        let blanks = line.len() - line.trim_start_matches(' ').len();
        let marker = indent == 0 && (line.starts_with("---") || line.starts_with("..."));
        if blanks == line.len() && blanks <= indent {
            lines.push("");
        } else if blanks >= indent && !marker {
            lines.push(line.get(indent..).unwrap_or_default());
        } else {
            break;
        }
        ends.push(end);
        at = skip_break(text, end);
    }
    (lines, ends)
}

/// A text in double quotes, in one line.
fn quoted(value: &str) -> String {
    let mut quoted = String::from("\"");
    for character in value.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            control if control.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// The end of the anchor or tag that begins at `at`.
pub(super) fn property_end(text: &str, at: usize) -> usize {
    let token = text.get(at..).unwrap_or_default();
    if token.starts_with("!<") {
        return token.find('>').map_or(text.len(), |end| at + end + 1);
    }
    let ends = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | ',' | '[' | ']' | '{' | '}');
    at + token.find(ends).unwrap_or(token.len())
}

/// Whether the `:` at `at` separates a key from nothing.
pub(super) fn is_separator(text: &str, at: usize) -> bool {
    byte(text, at) == Some(b':')
        && byte(text, at + 1)
            .is_none_or(|next| matches!(next, b' ' | b'\t' | b'\n' | b'\r' | b',' | b']' | b'}'))
}
