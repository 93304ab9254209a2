//! Words what the lexer and the parser of jaq find wrong.

use std::ops::Range;

use jaq_core::load::lex::{self, Tok, Token};
use jaq_core::load::parse;

use crate::error::{ExprError, ExprErrorKind};

type Locate<'a> = &'a dyn Fn(&str) -> Range<usize>;

/// An error of the lexer at the start of `rest`.
pub(crate) fn lexical(expected: &lex::Expect<&str>, rest: &str, locate: Locate<'_>) -> ExprError {
    let found = rest.chars().next().map_or(0, char::len_utf8);
    let range = locate(rest.get(..found).unwrap_or_default());
    let message = match expected {
        lex::Expect::Digit => "a digit is missing in this number",
        lex::Expect::Ident => "a name is missing here",
        lex::Expect::Escape => "there is no such escape in a string",
        lex::Expect::Unicode => "`\\u` takes the four hexadecimal digits of a character",
        lex::Expect::Delim(_) => "something is not closed before this place",
        _ if rest.is_empty() => "the expression ends too early",
        _ => "this character means nothing here",
    };
    let error = ExprError::new(ExprErrorKind::Syntax, range, message);
    match rest.as_bytes() {
        [b'&', ..] => error.help("write `and`"),
        [b'\'' | b'`', ..] => error.help("put strings in double quotes"),
        [b'\\', ..] => error.help("a `\\` is only for strings"),
        _ => error,
    }
}

/// An error of the parser at the token it found.
pub(crate) fn grammatical(
    expected: &parse::Expect<&str>,
    found: Option<&Token<&str>>,
    source: &str,
    tokens: &[Token<&str>],
    locate: Locate<'_>,
) -> ExprError {
    use parse::Expect;
    let end = source.trim_end().len();
    let at = match found {
        // Of brackets, the opening one.
        Some(Token(text, Tok::Block(_))) => text.get(..1).unwrap_or_default(),
        Some(Token(text, _)) => text,
        None => source.get(end..end).unwrap_or_default(),
    };
    let error = |message: String| ExprError::new(ExprErrorKind::Syntax, locate(at), message);
    if tokens.is_empty() {
        return error("the expression is empty".to_owned())
            .help("write `.` for everything there is");
    }
    let wanted = match expected {
        Expect::Just(text) => format!("`{text}`"),
        Expect::Var => "a variable such as `$x`".to_owned(),
        Expect::Pattern => "a variable or a pattern such as `$x`, `[$a, $b]` or `{$a}`".to_owned(),
        Expect::ElseOrEnd => "`elif`, `else` or `end`".to_owned(),
        Expect::CommaOrRBrack => "`,` or `]`".to_owned(),
        Expect::CommaOrRBrace => "`,` or `}`".to_owned(),
        Expect::SemicolonOrRParen => "`;` or `)`".to_owned(),
        Expect::Term => "a value".to_owned(),
        Expect::Key => "a key".to_owned(),
        Expect::Ident => "a name".to_owned(),
        Expect::Arg => "the name of an argument".to_owned(),
        Expect::Str => "a string".to_owned(),
        Expect::Nothing => "an operator".to_owned(),
        _ => "something else".to_owned(),
    };
    let found_text =
        if found.is_some() { format!("found `{at}`") } else { "the expression ends".to_owned() };
    let error = error(format!("expected {wanted} here, but {found_text}"));
    match (expected, at) {
        (_, "||") => error.help("write `or`"),
        (_, "!") => error.help("write `… | not`"),
        (_, "?" | ":") => error.help("write `if … then … else … end`"),
        (Expect::SemicolonOrRParen, ",") => error.help("separate arguments by `;`"),
        (Expect::Key, digits) if digits.starts_with(|c: char| c.is_ascii_digit()) => error.help(
            format!("write `[{digits}]` for an item of an array, `[\"{digits}\"]` for a key"),
        ),
        (Expect::ElseOrEnd, _) => error.help("every `if` is closed by `end`"),
        _ => error,
    }
}

/// Whether the expression begins like a module.
pub(crate) fn module(tokens: &[Token<&str>], locate: Locate<'_>) -> Option<ExprError> {
    match tokens {
        [Token(word @ ("import" | "include" | "module"), Tok::Word), ..] => {
            let message = format!("`{word}` is not for expressions: they cannot load other files");
            let error = ExprError::new(ExprErrorKind::Forbidden, locate(word), message);
            Some(error.help("define what you need with `def` in the expression itself"))
        }
        _ => None,
    }
}

/// What should not happen: a checked expression that does not compile.
pub(crate) fn internal(range: Range<usize>, message: &str) -> ExprError {
    let message = format!("the expression cannot be compiled: {message}");
    ExprError::new(ExprErrorKind::Syntax, range, message)
        .help("this is a mistake in Locus; please report it")
}
