//! Expressions that YAML cuts apart because they stand without quotes, or inside the quotes they use themselves:
//! where they end, and how they are written instead.

use std::ops::Range;

use locus_diag::{Diagnostic, SourceId, Span};

use super::cursor::{byte, is_blank, is_break, line_end, line_start, trim_end};
use super::repair::Repair;
use crate::codes;

/// An expression longer than this is not looked for: the search must stay small.
const LONGEST: usize = 16 * 1024;
/// Brackets inside each other in one expression.
const DEEPEST: usize = 128;

/// Where an expression ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Extent {
    /// The place behind its `}`.
    pub(crate) end: usize,
    /// Whether it holds a comment, which would swallow the rest once its lines are joined.
    pub(crate) comment: bool,
}

/// The extent of the expression whose `${` stands at `start`.
pub(crate) fn extent(text: &str, start: usize) -> Option<Extent> {
    let bytes = text.as_bytes();
    let limit = bytes.len().min(start.saturating_add(LONGEST));
    let mut open: Vec<u8> = Vec::new();
    let mut comment = false;
    let mut at = start + 1;
    while at < limit {
        let current = *bytes.get(at)?;
        if open.last() == Some(&b'"') {
            match current {
                b'\\' if bytes.get(at + 1) == Some(&b'(') => {
                    open.push(b')');
                    at += 1;
                }
                b'\\' => at += 1,
                b'"' => drop(open.pop()),
                _ => {}
            }
        } else {
            match current {
                b'"' => open.push(b'"'),
                b'{' => open.push(b'}'),
                b'[' => open.push(b']'),
                b'(' => open.push(b')'),
                b'}' | b']' | b')' => {
                    if open.pop() != Some(current) {
                        return None;
                    }
                    if open.is_empty() {
                        return Some(Extent { end: at + 1, comment });
                    }
                }
                b'#' => {
                    comment = true;
                    at = line_end(text, at);
                }
                _ => {}
            }
        }
        if open.len() > DEEPEST {
            return None;
        }
        at += 1;
    }
    None
}

/// Whether an expression begins in `scalar` and is not closed in it: the place of its `${`.
pub(crate) fn unclosed(text: &str, scalar: Range<usize>) -> Option<usize> {
    let mut from = scalar.start;
    while let Some(found) = text.get(from..scalar.end).and_then(|rest| rest.find("${")) {
        let start = from + found;
        match extent(text, start) {
            Some(extent) if extent.end <= scalar.end => from = extent.end,
            _ => return Some(start),
        }
    }
    None
}

/// What the parser knows about the place of a problem.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Where it stopped.
    pub(crate) at: usize,
    /// The last scalar without quotes before that.
    pub(crate) plain: Option<Range<usize>>,
    /// The end of the last scalar in quotes or in a block: what is in it is whole.
    pub(crate) whole: usize,
    /// Whether it stands between brackets.
    pub(crate) flow: bool,
    /// The innermost bracket that is open.
    pub(crate) bracket: Option<usize>,
}

/// The repair of an expression without quotes that holds `place`.
pub(crate) fn unquoted(source: SourceId, text: &str, place: &Place) -> Option<Repair> {
    let start = open_before(text, place)?;
    let whole_start = match &place.plain {
        Some(plain) if plain.start <= start && start < plain.end => plain.start,
        _ => start,
    };
    let (end, comment) = scalar_end(text, start, place.flow)?;
    let whole = whole_start..end;
    if !keeps_indentation(text, &whole) {
        return None;
    }
    let problem = Diagnostic::new(codes::UNQUOTED_EXPRESSION, "YAML cuts this expression apart")
        .at(Span::new(source, whole.clone()), "an expression without quotes");
    Some(Repair {
        content: whole.clone(),
        diagnostic: advise(problem, text, source, &whole, &whole, comment),
        mask: whole,
    })
}

/// The repair of an expression in the quotes that it uses itself, such as `"${ .x["a"] }"`.
pub(crate) fn wrongly_quoted(
    source: SourceId,
    text: &str,
    place: &Place,
    quote: u8,
) -> Option<Repair> {
    let line = line_start(text, place.at);
    let start = open_before(text, place).filter(|start| *start >= line)?;
    let opening = text.as_bytes().get(line..start)?.iter().rposition(|&byte| byte == quote)? + line;
    let before = opening.checked_sub(1).and_then(|before| byte(text, before));
    if !before
        .is_none_or(|before| matches!(before, b' ' | b'\t' | b'\n' | b'[' | b'{' | b',' | b':'))
    {
        return None;
    }
    // The text that YAML reads ends before the place of the problem: otherwise this is the closing quote of another.
    let closing = closing_quote(text, opening, quote)?;
    let gap = text.get(closing + 1..place.at)?;
    if !gap.bytes().all(is_blank) {
        return None;
    }
    let mut end = extent(text, start).filter(|extent| !extent.comment)?.end;
    while byte(text, end)? != quote {
        if is_break(byte(text, end)?) {
            return None;
        }
        end = match byte(text, end)? {
            b'$' if byte(text, end + 1) == Some(b'{') => extent(text, end)?.end,
            _ => end + 1,
        };
    }
    let (mask, content) = (opening..end + 1, opening + 1..end);
    let problem = Diagnostic::new(
        codes::UNQUOTED_EXPRESSION,
        format!(
            "the quotes inside this expression end the text: YAML reads `{0}` as the closing quote",
            quote as char
        ),
    )
    .at(Span::new(source, mask.clone()), "the same quotes outside and inside");
    let diagnostic = advise(problem, text, source, &mask, &content, false);
    Some(Repair { mask, content, diagnostic })
}

/// The quote that closes the text which begins at `opening`.
fn closing_quote(text: &str, opening: usize, quote: u8) -> Option<usize> {
    let mut at = opening + 1;
    loop {
        match byte(text, at)? {
            b'\\' if quote == b'"' => at += 2,
            current if current == quote => {
                if quote == b'"' || byte(text, at + 1) != Some(quote) {
                    return Some(at);
                }
                at += 2;
            }
            _ => at += 1,
        }
    }
}

fn advise(
    problem: Diagnostic,
    text: &str,
    source: SourceId,
    mask: &Range<usize>,
    content: &Range<usize>,
    comment: bool,
) -> Diagnostic {
    let content = text.get(content.clone()).unwrap_or_default();
    if comment {
        return problem.help("write it as a block: `|` at the end of the line of the key, the expression indented below");
    }
    let quoted = quote(content);
    let with = if quoted.starts_with('\'') { "single quotes" } else { "double quotes" };
    problem.help(format!("put it in {with}")).fix(
        format!("put the expression in {with}"),
        Span::new(source, mask.clone()),
        quoted,
    )
}

/// `content` as a quoted scalar.
pub(crate) fn quote(content: &str) -> String {
    if content.contains(['"', '\\']) {
        format!("'{}'", content.replace('\'', "''"))
    } else {
        format!("\"{content}\"")
    }
}

/// The nearest `${` before a place whose expression is still open there.
fn open_before(text: &str, place: &Place) -> Option<usize> {
    let (bytes, at) = (text.as_bytes(), place.at);
    let first = at.saturating_sub(4096).max(place.whole);
    (first..=at)
        .rev()
        .filter(|&start| bytes.get(start..start + 2) == Some(b"${"))
        .take(8)
        .find(|&start| extent(text, start).is_some_and(|extent| extent.end > at))
}

/// The end of the scalar whose expression begins at `start`.
fn scalar_end(text: &str, start: usize, flow: bool) -> Option<(usize, bool)> {
    let Extent { end: mut at, mut comment } = extent(text, start)?;
    while let Some(current) = byte(text, at) {
        if is_break(current) || (flow && matches!(current, b',' | b']' | b'}')) {
            break;
        }
        if current == b'#'
            && at.checked_sub(1).and_then(|before| byte(text, before)).is_some_and(is_blank)
        {
            break;
        }
        if current == b'$' && byte(text, at + 1) == Some(b'{') {
            let next = extent(text, at)?;
            comment |= next.comment;
            at = next.end;
        } else {
            at += 1;
        }
    }
    Some((trim_end(text, start, at), comment))
}

/// Whether every further line of `range` is indented deeper than its first: otherwise it runs into what follows.
fn keeps_indentation(text: &str, range: &Range<usize>) -> bool {
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let first = line_start(text, range.start);
    let own = indent(text.get(first..range.start).unwrap_or_default());
    let lines = text.get(range.clone()).unwrap_or_default().split('\n').skip(1);
    lines.into_iter().all(|line| line.trim().is_empty() || indent(line) > own)
}
