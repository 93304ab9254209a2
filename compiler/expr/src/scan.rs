//! Finds the end of a `${ … }`: the first `}` that is neither in a string, nor in a comment, nor closes a `{` of jq.
//!
//! It also bounds how deep the expression nests, because what reads it next is recursive.

use std::ops::Range;

use crate::error::{ExprError, ExprErrorKind};

/// Levels that an expression may nest: enough for 60 brackets, 80 operators or 240 pipes. In a build without
/// optimisation a level may take the compiler 8 KiB of stack.
const DEPTH: usize = 240;
const BRACKET: usize = 4;
const OPERATOR: usize = 3;
/// A chain of pipes is balanced before it is compiled.
const PIPE: usize = 1;

/// Items that lists and objects of one expression may have in all.
const ITEMS: usize = 4000;

/// What was found behind a `${`.
pub(crate) struct Scanned {
    /// Bytes of the expression, without `${` and `}`.
    pub(crate) range: Range<usize>,
    /// Brackets that do not match, or too many of them: the expression cannot be parsed.
    pub(crate) errors: Vec<ExprError>,
}

/// Reads the expression that begins at `start`, behind `${`; an error if it has no end.
pub(crate) fn scan(text: &str, start: usize) -> Result<Scanned, ExprError> {
    Scanner { text, at: start, open: Vec::new(), depth: 0, items: 0, errors: Vec::new() }
        .scan(start)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Paren,
    Bracket,
    Brace,
    /// A string, as long as it is not in a `\(`, which is a parenthesis of its own.
    Text,
    /// Everything between `if` and `end`.
    If,
}

struct Open {
    kind: Kind,
    at: usize,
    /// Levels of operators that may nest the rest of the group, and of those that nest only up to the next comma.
    rest: usize,
    item: usize,
}

struct Scanner<'s> {
    text: &'s str,
    at: usize,
    open: Vec<Open>,
    depth: usize,
    items: usize,
    errors: Vec<ExprError>,
}

impl Scanner<'_> {
    fn scan(mut self, start: usize) -> Result<Scanned, ExprError> {
        // The expression as a whole is a group too.
        self.push(Kind::Paren, start);
        while let Some(c) = self.next() {
            if self.open.last().is_some_and(|open| open.kind == Kind::Text) {
                self.in_text(c);
                continue;
            }
            let at = self.at - c.len_utf8();
            match c {
                '#' if !self.comment() => {
                    let help = "the comment runs to the end of the line and hides what closes the expression";
                    return Err(self.unclosed(start, help));
                }
                '"' => self.push(Kind::Text, at),
                '(' => self.push(Kind::Paren, at),
                '[' => self.push(Kind::Bracket, at),
                '{' => self.push(Kind::Brace, at),
                ')' => self.close(Kind::Paren, at, c),
                ']' => self.close(Kind::Bracket, at, c),
                '}' if !self.open.iter().any(|open| open.kind == Kind::Brace) => {
                    self.report_unmatched();
                    return Ok(Scanned { range: start..at, errors: self.errors });
                }
                '}' => self.close(Kind::Brace, at, c),
                ',' | ';' => self.separator(c, at),
                '|' | '=' | '!' | '<' | '>' | '+' | '-' | '*' | '/' | '%' => {
                    self.eat(|c| matches!(c, '|' | '=' | '!' | '<' | '>' | '+' | '*' | '/' | '%'));
                    let pipe = self.text.get(at..self.at) == Some("|");
                    self.nest(if pipe { PIPE } else { OPERATOR }, pipe, at);
                }
                '.' | '$' | '@' => self.eat(is_word),
                c if is_word(c) => {
                    self.eat(is_word);
                    self.word(at);
                }
                _ => {}
            }
        }
        let text = self.open.iter().rev().find(|open| open.kind == Kind::Text);
        let help = match text {
            Some(_) => "a string in it has no closing `\"`, so that everything behind it is text",
            None => "add the `}` that closes it, or write `$${` for the characters `${`",
        };
        Err(self.unclosed(start, help))
    }

    fn next(&mut self) -> Option<char> {
        let c = self.text.get(self.at..)?.chars().next()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn eat(&mut self, wanted: impl Fn(char) -> bool) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        self.at += rest.find(|c| !wanted(c)).unwrap_or(rest.len());
    }

    fn in_text(&mut self, c: char) {
        match c {
            '"' => {
                self.pop();
            }
            '\\' => {
                let escaped = self.next();
                if escaped == Some('(') {
                    self.push(Kind::Paren, self.at - 1);
                }
            }
            _ => {}
        }
    }

    /// Skips a comment; false when nothing comes after it. A backslash at the end of a line continues it.
    fn comment(&mut self) -> bool {
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let Some(end) = rest.find('\n') else { return false };
            let line = rest.get(..end).unwrap_or_default();
            let line = line.strip_suffix('\r').unwrap_or(line);
            self.at += end + 1;
            if line.bytes().rev().take_while(|&byte| byte == b'\\').count() % 2 == 0 {
                return true;
            }
        }
    }

    fn word(&mut self, at: usize) {
        let rest = self.text.get(self.at..).unwrap_or_default().trim_start();
        // In `{if: 1}` it is a key.
        let key = rest.starts_with(':') && !rest.starts_with("::");
        match self.text.get(at..self.at) {
            Some("if") if !key => self.push(Kind::If, at),
            Some("end") if self.open.last().is_some_and(|open| open.kind == Kind::If) => {
                self.pop();
            }
            Some("as" | "def" | "label") => self.nest(OPERATOR, true, at),
            Some(
                "and" | "or" | "try" | "catch" | "reduce" | "foreach" | "then" | "elif" | "else",
            ) => {
                self.nest(OPERATOR, false, at);
            }
            _ => {}
        }
    }

    fn separator(&mut self, c: char, at: usize) {
        self.items += 1;
        if self.items == ITEMS {
            self.too_much(at);
        }
        if let Some(open) = self.open.last_mut() {
            self.depth -= open.item;
            open.item = 0;
            // The entries of an object, and the arguments of a call, are apart in every respect.
            if open.kind == Kind::Brace || c == ';' && open.rest < 16 {
                self.depth -= open.rest;
                open.rest = 0;
            }
        }
    }

    fn nest(&mut self, levels: usize, rest: bool, at: usize) {
        if let Some(open) = self.open.last_mut() {
            *(if rest { &mut open.rest } else { &mut open.item }) += levels;
            self.deeper(levels, at);
        }
    }

    fn deeper(&mut self, levels: usize, at: usize) {
        let before = self.depth;
        self.depth += levels;
        if before <= DEPTH && self.depth > DEPTH {
            self.too_much(at);
        }
    }

    fn push(&mut self, kind: Kind, at: usize) {
        self.open.push(Open { kind, at, rest: 0, item: 0 });
        self.deeper(BRACKET, at);
    }

    fn pop(&mut self) -> Option<Open> {
        let open = self.open.pop()?;
        self.depth -= BRACKET + open.rest + open.item;
        Some(open)
    }

    fn close(&mut self, kind: Kind, at: usize, c: char) {
        while self.open.last().is_some_and(|open| open.kind == Kind::If) {
            self.pop();
        }
        // The first group is the expression itself.
        if self.open.len() > 1 && self.open.last().is_some_and(|open| open.kind == kind) {
            self.pop();
        } else if kind == Kind::Brace {
            // A `}` closes its `{` even where a bracket in between was forgotten.
            while let Some(open) = self.pop() {
                if open.kind == kind {
                    break;
                }
                self.unmatched(&open);
            }
        } else {
            let message = format!("`{c}` closes nothing");
            self.errors.push(ExprError::new(ExprErrorKind::Syntax, at..at + 1, message));
        }
    }

    fn report_unmatched(&mut self) {
        while self.open.len() > 1 {
            if let Some(open) = self.pop() {
                self.unmatched(&open);
            }
        }
    }

    fn unmatched(&mut self, open: &Open) {
        let bracket = match open.kind {
            Kind::Paren => "(",
            Kind::Bracket => "[",
            Kind::Brace => "{",
            // Reported by the parser, or impossible.
            Kind::Text | Kind::If => return,
        };
        let message = format!("`{bracket}` is never closed");
        self.errors.push(ExprError::new(ExprErrorKind::Syntax, open.at..open.at + 1, message));
    }

    fn too_much(&mut self, at: usize) {
        let end =
            at + self.text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let error = ExprError::new(
            ExprErrorKind::Syntax,
            at..end,
            "the expression is too long or nests too deeply",
        );
        self.errors.push(
            error.help("compute it in several steps, or keep the data outside of the expression"),
        );
    }

    fn unclosed(&self, start: usize, help: &str) -> ExprError {
        let range = start.saturating_sub(2)..start;
        ExprError::new(ExprErrorKind::Unclosed, range, "`${` is never closed").help(help)
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
