//! The parser's errors in our own words: what is wrong, exactly where, and what to do about it.

use std::ops::Range;

use granit_parser::{ErrorKind, ScanError};
use locus_diag::{Code, Diagnostic, SourceId, Span};

use super::cursor::{byte, is_break, line_end, line_start, skip_break, skip_trivia, trim_end};
use super::expression::{self, Place, quote};
use super::flow_text::decode;
use super::repair::Repair;
use super::words::words;
use crate::codes;

/// What to say about an error, and the repair that lets reading go on behind it, if there is a safe one.
pub(crate) enum Explained {
    /// Nothing behind it in this document can be read.
    Fatal(Diagnostic),
    /// It can be mended.
    Repairable(Repair),
}

/// Where the parser stopped, and what is known of the text around.
pub(crate) struct Site<'a> {
    pub(crate) source: SourceId,
    /// The text as it was written.
    pub(crate) original: &'a str,
    /// The text as it was parsed: with its repairs masked.
    pub(crate) text: &'a str,
    pub(crate) place: Place,
    /// The place behind the last value that was read.
    pub(crate) cursor: usize,
}

/// Explains an error.
pub(crate) fn explain(error: &ScanError, site: &Site<'_>) -> Explained {
    use ErrorKind as K;
    let kind = error.kind();
    let Site { source, text, ref place, cursor, .. } = *site;
    if let Some(conflict) = conflict(source, text) {
        return Explained::Fatal(conflict);
    }
    let scalar_at_cursor = !place.flow && introduced(text, cursor) == Some(place.at);
    let repair = match kind {
        K::InvalidTrailingDoubleQuotedScalar => {
            expression::wrongly_quoted(source, text, place, b'"')
        }
        K::InvalidTrailingSingleQuotedScalar => {
            expression::wrongly_quoted(source, text, place, b'\'')
        }
        K::UnknownQuotedScalarEscape => wrong_escape(source, text, place.at),
        K::UnexpectedCharacter { character: '@' | '`' | '%' } if scalar_at_cursor => {
            Some(reserved_start(source, text, place.at))
        }
        K::MappingValueNotAllowed => {
            expression::unquoted(source, text, place).or_else(|| colon_in_text(source, text, place))
        }
        K::ExpectedFlowMappingSeparator
        | K::ExpectedFlowSequenceSeparator
        | K::ExpectedBlockMappingKey
        | K::FlowMappingValueAdjacentCollection
        | K::InvalidColonPlacement
        | K::InvalidMappingValueWhitespace
        | K::CommentInterceptedScalar
        | K::SimpleKeyExpected
        | K::InvalidSimpleKey => expression::unquoted(source, text, place),
        _ => None,
    };
    if let Some(repair) = repair {
        return Explained::Repairable(repair);
    }
    if let Some(problem) = long_key(source, text, place.at) {
        return Explained::Fatal(problem);
    }
    let at = exact(kind, site);
    let span = Span::new(source, at.clone());
    if let (K::InvalidQuotedScalarIndent, Some(quote)) = (kind, open_quote(text, cursor, place.at))
    {
        return Explained::Fatal(unclosed_quote(site, quote, span));
    }
    let (message, help) = words(kind, text, place);
    let mut problem = Diagnostic::new(code(kind), message).at(span, label(text, &at)).help(help);
    if let Some(bracket) = place.bracket.filter(|bracket| line_end(text, *bracket) < place.at) {
        problem = problem.at(Span::new(source, bracket..bracket + 1), "this bracket is still open");
    }
    Explained::Fatal(problem)
}

/// The marks that a merge leaves where both sides changed the same lines.
fn conflict(source: SourceId, text: &str) -> Option<Diagnostic> {
    const LENGTH: usize = 7;
    let mark = |mark: &str, from: usize| {
        let lines = text.get(from..)?.split_inclusive('\n');
        let starts = lines.scan(from, |at, line| {
            let start = *at;
            *at += line.len();
            Some((start, line))
        });
        let is_mark = |line: &str| {
            line.strip_prefix(mark)
                .is_some_and(|rest| rest.trim().is_empty() || rest.starts_with(' '))
        };
        starts.into_iter().find(|(_, line)| is_mark(line)).map(|(start, _)| start)
    };
    let ours = mark("<<<<<<<", 0)?;
    let theirs = mark(">>>>>>>", ours)?;
    let between = mark("=======", ours).filter(|at| *at < theirs);
    let span = |at: usize| Span::new(source, at..at + LENGTH);
    let mut problem = Diagnostic::new(codes::YAML_SYNTAX, "a merge left a conflict here")
        .at(span(ours), "one side begins here")
        .help("keep what is right of the two sides, and remove the lines with the marks");
    if let Some(between) = between {
        problem = problem.at(span(between), "the other side begins here");
    }
    Some(problem.at(span(theirs), "and ends here"))
}

/// A key that is longer than YAML allows, where the parser stopped at its `:`.
fn long_key(source: SourceId, text: &str, at: usize) -> Option<Diagnostic> {
    /// Characters that a key may have.
    const LONGEST: usize = 1024;
    if byte(text, at) != Some(b':') {
        return None;
    }
    let before = text.get(line_start(text, at)..at)?.trim_end();
    let start = match before.chars().next_back()? {
        quote @ ('"' | '\'') => before.get(..before.len() - 1)?.rfind(quote)?,
        _ => before.rfind([',', '{', '[', ' ']).map_or(0, |before| before + 1),
    };
    let key = before.get(start..)?;
    let length = key.chars().count();
    let start = line_start(text, at) + start;
    (length > LONGEST).then(|| {
        Diagnostic::new(codes::YAML_SYNTAX, format!("this key has {length} characters"))
            .at(Span::new(source, start..start + key.len()), "too long for a key")
            .help(format!("YAML allows {LONGEST} characters in a key: shorten it"))
    })
}

/// A quote whose text runs into what follows.
fn unclosed_quote(site: &Site<'_>, quote: usize, line: Span) -> Diagnostic {
    let Site { source, text, .. } = *site;
    let opened = Span::new(source, quote..quote + 1);
    let at = line.start as usize;
    if at >= text.trim_end().len() {
        return Diagnostic::new(codes::YAML_SYNTAX, "this quote is never closed")
            .at(opened, "opened here")
            .help("add the closing quote");
    }
    Diagnostic::new(codes::YAML_SYNTAX, "this quote is not closed where its text must end")
        .at(opened, "opened here")
        .at(line, "this line is not indented far enough to be part of the text")
        .help("add the closing quote, or indent the further lines of the text deeper than its key")
}

/// The quote that opens the scalar behind the last value.
fn open_quote(text: &str, cursor: usize, before: usize) -> Option<usize> {
    let mut at = cursor;
    while at < before {
        at = skip_trivia(text, at);
        match byte(text, at)? {
            b'"' | b'\'' => return Some(at),
            b':' | b'-' | b',' | b'[' | b'{' | b'?' => at += 1,
            _ => return None,
        }
    }
    None
}

fn code(kind: &ErrorKind) -> Code {
    match kind {
        ErrorKind::RecursionLimitExceeded => codes::NESTING_TOO_DEEP,
        ErrorKind::UndeclaredTagHandle => codes::UNSUPPORTED_TAG,
        _ => codes::YAML_SYNTAX,
    }
}

fn label(text: &str, at: &Range<usize>) -> &'static str {
    if at.start >= text.trim_end().len() { "the text ends here" } else { "here" }
}

/// The place of the scalar that comes next, if only an indicator stands between it and the last value.
fn introduced(text: &str, cursor: usize) -> Option<usize> {
    let at = skip_trivia(text, cursor);
    match byte(text, at)? {
        b':' | b'-' => Some(skip_trivia(text, at + 1)),
        _ => Some(at),
    }
}

/// The bytes to point at.
fn exact(kind: &ErrorKind, site: &Site<'_>) -> Range<usize> {
    use ErrorKind as K;
    let Site { text, original, .. } = *site;
    let at = site.place.at;
    let at = match kind {
        K::TabNotAllowed
        | K::TabInBlockIndentation
        | K::TabInIndentation
        | K::TabAtBlockScalarStart
        | K::TabInPlainScalar => tab(text, at),
        K::UnexpectedCharacter { character } => {
            at + text.get(at..).and_then(|rest| rest.find(*character)).unwrap_or(0)
        }
        K::InvalidQuotedScalarHexEscape
        | K::InvalidLowSurrogateHexEscape
        | K::InvalidLowSurrogate
        | K::MissingLowSurrogate
        | K::UnpairedLowSurrogate
        | K::InvalidUnicodeEscape => bad_escape(text, at).unwrap_or(at),
        _ => at,
    };
    let at = floor_boundary(original, at);
    let next = original.get(at..).and_then(|rest| rest.chars().next());
    let length = next.filter(|next| !matches!(next, '\n' | '\r')).map_or(0, char::len_utf8);
    at..at + length
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The tab in the white space around `at`.
fn tab(text: &str, at: usize) -> usize {
    /// Lines of a text that are searched.
    const LINES: usize = 100;
    let mut line = line_start(text, at);
    let in_white_space = |from: usize| {
        let rest = text.as_bytes().get(from..).unwrap_or_default();
        let tab = rest.iter().position(|&byte| byte != b' ')?;
        (rest.get(tab) == Some(&b'\t')).then_some(from + tab)
    };
    for _ in 0..LINES {
        if let Some(tab) = in_white_space(line).or_else(|| in_white_space(at.max(line))) {
            return tab;
        }
        line = skip_break(text, line_end(text, line));
    }
    at
}

/// The first escape after the quote at `start` that means nothing.
fn bad_escape(text: &str, start: usize) -> Option<usize> {
    let mut at = start + 1;
    while let Some(current) = byte(text, at) {
        match current {
            b'"' => return None,
            b'\\' if byte(text, at + 1).is_some_and(is_break) => at += 2,
            b'\\' => match decode(text.get(at..)?) {
                Some((_, length)) => at += length,
                None => return Some(at),
            },
            _ => at += 1,
        }
    }
    None
}

/// `"\d"`: a backslash that was meant as one.
fn wrong_escape(source: SourceId, text: &str, quote: usize) -> Option<Repair> {
    let at = bad_escape(text, quote)?;
    let escaped = text.get(at + 1..)?.chars().next()?;
    let span = Span::new(source, at..at + 1 + escaped.len_utf8());
    let mask = at..at + 1;
    let diagnostic = Diagnostic::new(
        codes::YAML_SYNTAX,
        format!("`\\{escaped}` is not an escape of a text in double quotes"),
    )
    .at(span, "unknown escape")
    .help("write the backslash twice, or put the text in single quotes, where a backslash is only a backslash")
    .fix("write the backslash twice", Span::new(source, at..at), "\\");
    Some(Repair { content: mask.clone(), mask, diagnostic })
}

/// A text that begins with a character YAML keeps for itself.
fn reserved_start(source: SourceId, text: &str, at: usize) -> Repair {
    let mask = at..comment_or_end(text, at);
    let content = text.get(mask.clone()).unwrap_or_default();
    let first = content.chars().next().unwrap_or_default();
    let span = Span::new(source, mask.clone());
    let diagnostic = Diagnostic::new(
        codes::YAML_SYNTAX,
        format!("a text without quotes cannot begin with `{first}`"),
    )
    .at(span, "this text needs quotes")
    .help("put the text in quotes")
    .fix("put the text in quotes", span, quote(content));
    Repair { content: mask.clone(), mask, diagnostic }
}

/// `key: some: text`: a text without quotes that holds `: `.
fn colon_in_text(source: SourceId, text: &str, place: &Place) -> Option<Repair> {
    let plain = place.plain.clone().filter(|_| !place.flow)?;
    let line = line_start(text, place.at);
    let before = text.get(line..plain.start)?;
    let is_value = before.trim_end().ends_with([':', '-']) && !before.trim().is_empty();
    let same_line = text.get(plain.end..place.at).is_some_and(|gap| gap.bytes().all(|b| b == b' '));
    if !is_value || !same_line || byte(text, place.at) != Some(b':') {
        return None;
    }
    let mask = plain.start..comment_or_end(text, plain.start);
    let content = text.get(mask.clone())?;
    // A bracket may be meant: then quotes would hide it.
    if content.ends_with(':') || content.contains(['{', '[', '"', '\'']) {
        return None;
    }
    let span = Span::new(source, mask.clone());
    let diagnostic = Diagnostic::new(codes::YAML_SYNTAX, "a text without quotes cannot hold `: `")
        .at(Span::new(source, place.at..place.at + 1), "this `:` would begin another value")
        .at(span, "this text needs quotes")
        .help("put the text in quotes, or begin a mapping on the next line")
        .fix("put the text in quotes", span, quote(content));
    Some(Repair { content: mask.clone(), mask, diagnostic })
}

/// The end of the line's text: before a comment, without blanks.
fn comment_or_end(text: &str, start: usize) -> usize {
    let end = line_end(text, start);
    let line = text.get(start..end).unwrap_or_default();
    let end = line.find(" #").map_or(end, |comment| start + comment);
    trim_end(text, start, end).max(start)
}
