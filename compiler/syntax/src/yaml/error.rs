//! The parser's errors in our own words: what is wrong, exactly where, and what to do about it.

use std::ops::Range;

use granit_parser::{ErrorKind, ScanError};
use locus_diag::{Code, Diagnostic, SourceId, Span};

use super::cursor::{byte, is_break, line_end, line_start, skip_trivia, trim_end};
use super::expression::{self, Place, quote};
use super::flow_text::decode;
use super::repair::Repair;
use crate::codes;

/// What to say about an error, and the repair that lets reading go on behind it, if there is a safe one.
pub(crate) enum Explained {
    /// Nothing behind it in this document can be read.
    Fatal(Diagnostic),
    /// It can be mended.
    Repairable(Repair),
}

/// Explains an error; `cursor` is the place behind the last value that was read.
pub(crate) fn explain(error: &ScanError, source: SourceId, text: &str, place: &Place, cursor: usize) -> Explained {
    use ErrorKind as K;
    let kind = error.kind();
    let scalar_at_cursor = !place.flow && introduced(text, cursor) == Some(place.at);
    let repair = match kind {
        K::InvalidTrailingDoubleQuotedScalar => expression::wrongly_quoted(source, text, place.at, b'"'),
        K::InvalidTrailingSingleQuotedScalar => expression::wrongly_quoted(source, text, place.at, b'\''),
        K::UnknownQuotedScalarEscape => wrong_escape(source, text, place.at),
        K::UnclosedQuotedScalar | K::UnclosedFlowCollection { .. } | K::RecursionLimitExceeded => None,
        K::UnexpectedCharacter { character: '@' | '`' | '%' } if scalar_at_cursor => {
            Some(reserved_start(source, text, place.at))
        }
        K::MappingValueNotAllowed => expression::unquoted(source, text, place)
            .or_else(|| colon_in_text(source, text, place)),
        _ => expression::unquoted(source, text, place),
    };
    if let Some(repair) = repair {
        return Explained::Repairable(repair);
    }
    let at = exact(kind, text, place.at);
    let (message, help) = words(kind, text, place.at);
    Explained::Fatal(
        Diagnostic::new(code(kind), message).at(Span::new(source, at.clone()), label(text, &at)).help(help),
    )
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
fn exact(kind: &ErrorKind, text: &str, at: usize) -> Range<usize> {
    use ErrorKind as K;
    let at = match kind {
        K::TabNotAllowed | K::TabInBlockIndentation | K::TabInIndentation | K::TabAtBlockScalarStart
        | K::TabInPlainScalar => tab(text, at),
        K::UnexpectedCharacter { character } => {
            at + text.get(at..).and_then(|rest| rest.find(*character)).unwrap_or(0)
        }
        K::InvalidQuotedScalarHexEscape | K::InvalidLowSurrogateHexEscape | K::InvalidLowSurrogate
        | K::MissingLowSurrogate | K::UnpairedLowSurrogate | K::InvalidUnicodeEscape => {
            bad_escape(text, at).unwrap_or(at)
        }
        _ => at,
    };
    let at = floor_boundary(text, at);
    let length = text
        .get(at..)
        .and_then(|rest| rest.chars().next())
        .filter(|next| !matches!(next, '\n' | '\r'))
        .map_or(0, char::len_utf8);
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
    let line = line_start(text, at);
    let before = text.as_bytes().get(line..at).unwrap_or_default();
    match before.iter().rposition(|&byte| byte == b'\t') {
        Some(found) if byte(text, at) != Some(b'\t') => line + found,
        _ => text.get(at..line_end(text, at)).and_then(|rest| rest.find('\t')).map_or(at, |found| at + found),
    }
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
    let mask = at..at + 1 + escaped.len_utf8();
    let span = Span::new(source, mask.clone());
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
    let diagnostic =
        Diagnostic::new(codes::YAML_SYNTAX, format!("a text without quotes cannot begin with `{first}`"))
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

/// The message and the help.
fn words(kind: &ErrorKind, text: &str, at: usize) -> (String, &'static str) {
    use ErrorKind as K;
    const ALIGN: &str = "begin the keys of one mapping, and the items of one list, in the same column";
    const SPACES: &str = "indent with spaces; YAML allows no tabs there";
    const QUOTE: &str = "put the text in quotes if this belongs to it";
    const ESCAPE: &str = "escapes are \\n, \\t, \\\", \\\\, \\xHH, \\uHHHH and \\UHHHHHHHH; in single quotes a backslash is only a backslash";
    const DIRECTIVE: &str = "a spec needs no lines that begin with `%`: leave them out, or put the text in quotes";
    const TAG: &str = "leave the tag out, or put the text in quotes if it only begins with `!`";
    let (message, help) = match kind {
        K::UnclosedFlowCollection { open } => {
            let help = if *open == '[' { "close the list with `]`" } else { "close the mapping with `}`; a text that begins with `{` is put in quotes" };
            return (format!("this `{open}` is never closed"), help);
        }
        K::MismatchedFlowCollectionEnd { open, close } => {
            return (format!("this `{open}` is closed by `{close}`"), "brackets must be closed by their own kind, in reverse order");
        }
        K::UnexpectedCharacter { character } if character.is_control() || *character == '\u{feff}' => {
            return (
                format!("the character U+{:04X} cannot stand in YAML", *character as u32),
                "delete it; in double quotes it is written as an escape, such as \"\\x07\"",
            );
        }
        K::UnexpectedCharacter { character } => {
            return (format!("a text without quotes cannot begin with `{character}`"), "put the text in quotes");
        }
        K::MisplacedFlowCollectionEnd => ("this bracket closes nothing", "delete it, or put the text in quotes if it belongs to it"),
        K::UnexpectedEofFlowSequence => ("the text ends inside a list", "close the list with `]`"),
        K::UnexpectedEofFlowMapping | K::UnexpectedEofImplicitFlowMapping => ("the text ends inside a mapping", "close the mapping with `}`"),
        K::UnexpectedEofBlockSequence | K::UnexpectedEofBlockMapping | K::UnexpectedEof => ("the text ends where a value was expected", "write the missing value"),
        K::UnclosedQuotedScalar => ("this quote is never closed", "add the closing quote"),
        K::DocumentIndicatorInQuotedScalar => ("the text in these quotes runs into the end of the document", "add the closing quote before the line `---` or `...`"),
        K::TabNotAllowed | K::TabInBlockIndentation | K::TabInIndentation | K::TabAtBlockScalarStart | K::TabInPlainScalar => ("a tab stands where only spaces may", SPACES),
        K::InvalidIndentation | K::InvalidFlowScalarIndent => ("this line is not indented far enough", "indent it deeper than the key it belongs to"),
        K::InvalidQuotedScalarIndent => ("this line of a quoted text is not indented far enough", "indent it deeper than the key it belongs to"),
        K::InvalidBlockScalarIndent => ("this line is indented less than the block of text it stands in", "indent all lines of the block alike, or write how far after the `|`: `|2`"),
        K::ExpectedBlockMappingKey => ("this line fits neither into the mapping above nor into the one around it", ALIGN),
        K::ExpectedBlockSequenceEntry => ("this line fits neither into the list above nor into what is around it", ALIGN),
        K::BlockSequenceEntryNotAllowed => ("a list item cannot begin here", "put the first `-` on a line of its own, below the key"),
        K::BlockEntryInFlowCollection => ("a list item with `-` cannot stand between brackets", "separate the items by `,`, or write the list without brackets"),
        K::InvalidBlockEntryWhitespace => ("a space is missing after this `-`", "write a space after the `-`"),
        K::PlainScalarStartsWithDashFlowIndicator | K::UnexpectedEndOfPlainScalar => ("a value was expected here", QUOTE),
        K::ExpectedFlowMappingSeparator => ("`,` or `}` was expected here", "separate the entries of the mapping by `,`; put texts that hold `{ } [ ] ,` in quotes"),
        K::ExpectedFlowSequenceSeparator => ("`,` or `]` was expected here", "separate the items of the list by `,`; put texts that hold `{ } [ ] ,` in quotes"),
        K::SimpleKeyExpected | K::InvalidSimpleKey => ("a `:` is missing after this key", "write `key: value`; continue a long text only on lines indented deeper than its key"),
        K::MappingKeyNotAllowed => ("a key cannot stand here", ALIGN),
        K::MappingValueNotAllowed if second_colon(text, at) => ("a text without quotes cannot hold `: `", "put the text in quotes, or begin a mapping on the next line"),
        K::MappingValueNotAllowed => ("a key cannot stand here: the text above it goes on in this line", ALIGN),
        K::FlowMappingValueAdjacentCollection | K::InvalidMappingValueWhitespace | K::InvalidColonPlacement => ("a space is missing after this `:`", "write a space after the `:`, or put the text in quotes if the `:` belongs to it"),
        K::ZeroBlockScalarIndent => ("the indentation after `|` or `>` cannot be 0", "write 1 to 9, or leave it out"),
        K::InvalidBlockScalarHeader => ("only a comment may follow `|` or `>` in its line", "begin the text in the next line; a text that begins with `|` or `>` is put in quotes"),
        K::UnknownQuotedScalarEscape => ("this backslash is followed by no known escape", ESCAPE),
        K::InvalidQuotedScalarHexEscape | K::InvalidLowSurrogateHexEscape => ("this escape needs more hexadecimal digits", ESCAPE),
        K::InvalidLowSurrogate | K::MissingLowSurrogate | K::UnpairedLowSurrogate => ("this escape is one half of a character, and the other half is not there", ESCAPE),
        K::InvalidUnicodeEscape => ("this escape names no character", ESCAPE),
        K::InvalidTrailingSingleQuotedScalar => ("the text goes on after its closing quote", "write a single quote inside single quotes twice: 'it''s'"),
        K::InvalidTrailingDoubleQuotedScalar => ("the text goes on after its closing quote", "write a double quote inside double quotes as \\\", or put the text in single quotes"),
        K::CommentInterceptedScalar => ("a comment cuts this text in two", "put the text in quotes, or move the comment above the key"),
        K::CommentNotSeparated => ("a space is missing before this `#`", "write a space before the comment, or put the text in quotes if the `#` belongs to it"),
        K::ExpectedWhitespace => ("a space is missing here", QUOTE),
        K::ExpectedNodeContent => ("a value was expected here", QUOTE),
        K::ExpectedDocumentStart => ("the document is complete before this", ALIGN),
        K::InvalidDocumentEnd => ("nothing may follow `...` in its line", "begin the next document with `---`"),
        K::BomInsideDocument => ("a byte order mark stands inside the text", "delete it: only the first character of a file may be one"),
        K::MissingAnchorOrAliasName => ("a name is missing after this `&` or `*`", "put a text that begins with `&` or `*` in quotes"),
        K::UndeclaredTagHandle => ("nothing is known by the name of this tag", TAG),
        K::ExpectedTagBang | K::InvalidGlobalTagCharacter | K::InvalidTagTerminator | K::MissingTagUri | K::UnclosedVerbatimTag | K::InvalidTagEscape | K::InvalidTagUtf8LeadingByte | K::InvalidTagUtf8TrailingByte | K::InvalidTagUtf8 => ("this tag is not well formed", TAG),
        K::RecursionLimitExceeded => ("lists and mappings are nested too deep here", "move the inner part to a workflow or schema of its own"),
        K::MissingDocumentEndBeforeDirective | K::DuplicateVersionDirective | K::UnsupportedYamlMajorVersion | K::DuplicateTagDirective | K::ExpectedTagDirectiveBang | K::InvalidDirectiveTerminator | K::DirectiveDisallowed | K::MissingYamlVersionSeparator | K::MissingDirectiveName | K::InvalidDirectiveName | K::DirectiveByteLimitExceeded { .. } | K::TooManyReservedDirectiveParams { .. } | K::YamlVersionTooLong | K::MissingYamlVersion | K::InvalidTagDirectiveTerminator => ("this directive is not well formed", DIRECTIVE),
        other => return (format!("this is not YAML: {other}"), QUOTE),
    };
    (message.to_owned(), help)
}

/// Whether a `: ` stands before the one at `at` in the same line.
fn second_colon(text: &str, at: usize) -> bool {
    text.get(line_start(text, at)..at).is_some_and(|before| before.contains(": "))
}
