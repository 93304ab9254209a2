//! What each error of the parser means, in our own words, and what to do about it.

use granit_parser::ErrorKind;

use super::cursor::{byte, line_start};
use super::expression::Place;

/// The message and the help.
pub(crate) fn words(kind: &ErrorKind, text: &str, place: &Place) -> (String, &'static str) {
    use ErrorKind as K;
    const ALIGN: &str =
        "begin the keys of one mapping, and the items of one list, in the same column";
    const SPACES: &str = "indent with spaces; YAML allows no tabs there";
    const QUOTE: &str = "put the text in quotes if this belongs to it";
    const ESCAPE: &str = "escapes are \\n, \\t, \\\", \\\\, \\xHH, \\uHHHH and \\UHHHHHHHH; in single quotes a backslash is only a backslash";
    const DIRECTIVE: &str =
        "a spec needs no lines that begin with `%`: leave them out, or put the text in quotes";
    const TAG: &str = "leave the tag out, or put the text in quotes if it only begins with `!`";
    let (message, help) = match kind {
        K::UnclosedFlowCollection { open } => {
            let help = if *open == '[' {
                "close the list with `]`"
            } else {
                "close the mapping with `}`; a text that begins with `{` is put in quotes"
            };
            return (format!("this `{open}` is never closed"), help);
        }
        K::MismatchedFlowCollectionEnd { open, close } => {
            return (
                format!("this `{open}` is closed by `{close}`"),
                "brackets must be closed by their own kind, in reverse order",
            );
        }
        K::UnexpectedCharacter { character }
            if character.is_control() || *character == '\u{feff}' =>
        {
            return (
                format!("the character U+{:04X} cannot stand in YAML", *character as u32),
                "delete it; in double quotes it is written as an escape, such as \"\\x07\"",
            );
        }
        K::UnexpectedCharacter { character } => {
            return (
                format!("a text without quotes cannot begin with `{character}`"),
                "put the text in quotes",
            );
        }
        K::MisplacedFlowCollectionEnd => (
            "this bracket closes nothing",
            "delete it, or put the text in quotes if it belongs to it",
        ),
        K::UnexpectedEofFlowSequence => ("the text ends inside a list", "close the list with `]`"),
        K::UnexpectedEofFlowMapping | K::UnexpectedEofImplicitFlowMapping => {
            ("the text ends inside a mapping", "close the mapping with `}`")
        }
        K::UnexpectedEofBlockSequence | K::UnexpectedEofBlockMapping | K::UnexpectedEof => {
            ("the text ends where a value was expected", "write the missing value")
        }
        K::UnclosedQuotedScalar => ("this quote is never closed", "add the closing quote"),
        K::DocumentIndicatorInQuotedScalar => (
            "the text in these quotes runs into the end of the document",
            "add the closing quote before the line `---` or `...`",
        ),
        K::TabNotAllowed
        | K::TabInBlockIndentation
        | K::TabInIndentation
        | K::TabAtBlockScalarStart
        | K::TabInPlainScalar => ("a tab stands where only spaces may", SPACES),
        K::InvalidIndentation | K::InvalidFlowScalarIndent => {
            ("this line is not indented far enough", "indent it deeper than the key it belongs to")
        }
        K::InvalidQuotedScalarIndent => (
            "this line of a quoted text is not indented far enough",
            "indent it deeper than the key it belongs to",
        ),
        K::InvalidBlockScalarIndent => (
            "this line is indented less than the block of text it stands in",
            "indent all lines of the block alike, or write how far after the `|`: `|2`",
        ),
        K::ExpectedBlockMappingKey => {
            ("this line fits neither into the mapping above nor into the one around it", ALIGN)
        }
        K::ExpectedBlockSequenceEntry => {
            ("this line fits neither into the list above nor into what is around it", ALIGN)
        }
        K::BlockSequenceEntryNotAllowed => (
            "a list item cannot begin here",
            "put the first `-` on a line of its own, below the key",
        ),
        K::BlockEntryInFlowCollection => (
            "a list item with `-` cannot stand between brackets",
            "separate the items by `,`, or write the list without brackets",
        ),
        K::InvalidBlockEntryWhitespace => {
            ("a space is missing after this `-`", "write a space after the `-`")
        }
        K::PlainScalarStartsWithDashFlowIndicator | K::UnexpectedEndOfPlainScalar => {
            ("a value was expected here", QUOTE)
        }
        // A pair in a list is a mapping of its own to the parser.
        K::ExpectedFlowMappingSeparator | K::ExpectedFlowSequenceSeparator
            if in_list(text, place) =>
        {
            (
                "`,` or `]` was expected here",
                "separate the items of the list by `,`; put texts that hold `{ } [ ] ,` in quotes",
            )
        }
        K::ExpectedFlowMappingSeparator | K::ExpectedFlowSequenceSeparator => (
            "`,` or `}` was expected here",
            "separate the entries of the mapping by `,`; put texts that hold `{ } [ ] ,` in quotes",
        ),
        K::SimpleKeyExpected | K::InvalidSimpleKey => (
            "a `:` is missing after this key",
            "write `key: value`; continue a long text only on lines indented deeper than its key",
        ),
        K::MappingKeyNotAllowed => ("a key cannot stand here", ALIGN),
        K::MappingValueNotAllowed if second_colon(text, place.at) => (
            "a text without quotes cannot hold `: `",
            "put the text in quotes, or begin a mapping on the next line",
        ),
        K::MappingValueNotAllowed => {
            ("a key cannot stand here: the text above it goes on in this line", ALIGN)
        }
        K::InvalidColonPlacement => (
            "this `:` cannot stand here: its key must be on the same line, and in its own entry",
            "close the bracket that is open, or put the text in quotes if the `:` belongs to it",
        ),
        K::FlowMappingValueAdjacentCollection | K::InvalidMappingValueWhitespace => (
            "a space is missing after this `:`",
            "write a space after the `:`, or put the text in quotes if the `:` belongs to it",
        ),
        K::ZeroBlockScalarIndent => {
            ("the indentation after `|` or `>` cannot be 0", "write 1 to 9, or leave it out")
        }
        K::InvalidBlockScalarHeader => (
            "only a comment may follow `|` or `>` in its line",
            "begin the text in the next line; a text that begins with `|` or `>` is put in quotes",
        ),
        K::UnknownQuotedScalarEscape => ("this backslash is followed by no known escape", ESCAPE),
        K::InvalidQuotedScalarHexEscape | K::InvalidLowSurrogateHexEscape => {
            ("this escape needs more hexadecimal digits", ESCAPE)
        }
        K::InvalidLowSurrogate | K::MissingLowSurrogate | K::UnpairedLowSurrogate => {
            ("this escape is one half of a character, and the other half is not there", ESCAPE)
        }
        K::InvalidUnicodeEscape => ("this escape names no character", ESCAPE),
        K::InvalidTrailingSingleQuotedScalar => (
            "the text goes on after its closing quote",
            "write a single quote inside single quotes twice: 'it''s'",
        ),
        K::InvalidTrailingDoubleQuotedScalar => (
            "the text goes on after its closing quote",
            "write a double quote inside double quotes as \\\", or put the text in single quotes",
        ),
        K::CommentInterceptedScalar => (
            "a comment cuts this text in two",
            "put the text in quotes, or move the comment above the key",
        ),
        K::CommentNotSeparated => (
            "a space is missing before this `#`",
            "write a space before the comment, or put the text in quotes if the `#` belongs to it",
        ),
        K::ExpectedWhitespace => ("a space is missing here", QUOTE),
        K::ExpectedNodeContent => ("a value was expected here", QUOTE),
        K::ExpectedDocumentStart => ("the document is complete before this", ALIGN),
        K::InvalidDocumentEnd => {
            ("nothing may follow `...` in its line", "begin the next document with `---`")
        }
        K::BomInsideDocument => (
            "a byte order mark stands inside the text",
            "delete it: only the first character of a file may be one",
        ),
        K::MissingAnchorOrAliasName => (
            "a name is missing after this `&` or `*`",
            "put a text that begins with `&` or `*` in quotes",
        ),
        K::UndeclaredTagHandle => ("nothing is known by the name of this tag", TAG),
        K::ExpectedTagBang
        | K::InvalidGlobalTagCharacter
        | K::InvalidTagTerminator
        | K::MissingTagUri
        | K::UnclosedVerbatimTag
        | K::InvalidTagEscape
        | K::InvalidTagUtf8LeadingByte
        | K::InvalidTagUtf8TrailingByte
        | K::InvalidTagUtf8 => ("this tag is not well formed", TAG),
        K::RecursionLimitExceeded => (
            "lists and mappings are nested too deep here",
            "move the inner part to a workflow or schema of its own",
        ),
        K::MissingDocumentEndBeforeDirective
        | K::DuplicateVersionDirective
        | K::UnsupportedYamlMajorVersion
        | K::DuplicateTagDirective
        | K::ExpectedTagDirectiveBang
        | K::InvalidDirectiveTerminator
        | K::DirectiveDisallowed
        | K::MissingYamlVersionSeparator
        | K::MissingDirectiveName
        | K::InvalidDirectiveName
        | K::DirectiveByteLimitExceeded { .. }
        | K::TooManyReservedDirectiveParams { .. }
        | K::YamlVersionTooLong
        | K::MissingYamlVersion
        | K::InvalidTagDirectiveTerminator => ("this directive is not well formed", DIRECTIVE),
        other => return (format!("this is not YAML: {other}"), QUOTE),
    };
    (message.to_owned(), help)
}

/// Whether a `: ` stands before the one at `at` in the same line.
fn second_colon(text: &str, at: usize) -> bool {
    text.get(line_start(text, at)..at).is_some_and(|before| before.contains(": "))
}

/// Whether the innermost open bracket is that of a list.
fn in_list(text: &str, place: &Place) -> bool {
    place.bracket.and_then(|bracket| byte(text, bracket)) == Some(b'[')
}
