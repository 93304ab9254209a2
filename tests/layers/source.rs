//! A Rust file as text, and as code: without comments, strings and characters, so that what is only
//! spoken of does not count.

/// One Rust file.
pub(crate) struct Source {
    /// Relative to the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
    /// As long as `text` in lines; comments and literals are blank.
    code: String,
}

/// A place that lifts a lint.
pub(crate) struct Exception {
    pub(crate) has_reason: bool,
    pub(crate) in_tests: bool,
}

impl Source {
    pub(crate) fn new(path: String, text: String) -> Source {
        let code = code_of(&text);
        Source { path, text, code }
    }

    /// The first line with a path into the given dependency: `tokio::…`, `use tokio`, `extern crate tokio`.
    pub(crate) fn line_that_names(&self, dependency: &str) -> Option<usize> {
        let name = dependency.replace('-', "_");
        let mut places = self.code.match_indices(&name).map(|(start, _)| start);
        let start = places.find(|start| is_path_into(&self.code, *start, name.len()))?;
        Some(self.code[..start].matches('\n').count() + 1)
    }

    /// The code without any space.
    pub(crate) fn compact(&self) -> String {
        self.code.split_whitespace().collect()
    }

    /// Where a lint is named other than to switch it on with `#![warn(…)]`.
    pub(crate) fn exceptions_from(&self, lint: &str) -> Vec<Exception> {
        let code = self.compact();
        let tests = if self.path.ends_with("tests.rs") || self.path.contains("/tests/") {
            0
        } else {
            code.find("#[cfg(test)]").unwrap_or(code.len())
        };
        let places = code.match_indices(lint).map(|(start, _)| start);
        let lifted = places.filter(|start| !code[..*start].ends_with("#![warn("));
        lifted
            .map(|start| Exception {
                has_reason: code[..start].ends_with("expect(")
                    && code[start + lint.len()..].starts_with(",reason="),
                in_tests: start >= tests,
            })
            .collect()
    }
}

/// Does a path into another crate begin here? `a::tokio::b` does not, nor does `self.tokio`.
fn is_path_into(code: &str, start: usize, length: usize) -> bool {
    let (before, after) = (&code[..start], &code[start + length..]);
    if before.ends_with(in_a_name) || after.starts_with(in_a_name) {
        return false;
    }
    let (before, after) = (before.trim_end(), after.trim_start());
    if let Some(before) = before.strip_suffix("::") {
        return after.starts_with("::")
            && !before.trim_end().ends_with(|c| in_a_name(c) || c == '>');
    }
    let last_word = before.rsplit(|c| !in_a_name(c)).next();
    after.starts_with("::") || matches!(last_word, Some("use" | "crate"))
}

fn in_a_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Blanks comments and literals; line breaks stay.
fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => block_comment(rest),
            '"' => 1 + quoted(&rest[1..], '"'),
            'r' if !code.ends_with(in_a_longer_name) => raw_string(rest),
            '\'' => character(rest),
            _ => 0,
        };
        let (blank, kept) = if skipped > 0 { (skipped, 0) } else { (0, first.len_utf8()) };
        code.extend(rest[..blank].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        code.push_str(&rest[..kept]);
        rest = &rest[blank + kept..];
    }
    code
}

/// Before the `r` of a raw string there may be a `b` or a `c`, but no other part of a name.
fn in_a_longer_name(c: char) -> bool {
    in_a_name(c) && c != 'b' && c != 'c'
}

/// The length of a comment that may contain others.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let here = &text[at..];
        let step = here.chars().next().map_or(1, char::len_utf8);
        if here.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if here.starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                break;
            }
        } else {
            at += step;
        }
    }
    at
}

/// The length up to and with the closing quote; a backslash protects what follows it.
fn quoted(text: &str, quote: char) -> usize {
    let mut protected = false;
    for (at, c) in text.char_indices() {
        if protected {
            protected = false;
        } else if c == '\\' {
            protected = true;
        } else if c == quote {
            return at + 1;
        }
    }
    text.len()
}

/// The length of `r"…"` or `r#"…"#`; 0 for a name such as `r#type` or `result`.
fn raw_string(text: &str) -> usize {
    let hashes = text[1..].chars().take_while(|c| *c == '#').count();
    let open = 1 + hashes;
    if !text[open..].starts_with('"') {
        return 0;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    text[open + 1..].find(&close).map_or(text.len(), |at| open + 1 + at + close.len())
}

/// The length of `'x'` or `'\n'`; 0 for a lifetime.
fn character(text: &str) -> usize {
    let mut inner = text[1..].chars();
    match (inner.next(), inner.next()) {
        (Some('\\'), _) => 1 + quoted(&text[1..], '\''),
        (Some(c), Some('\'')) => 2 + c.len_utf8(),
        _ => 0,
    }
}

#[test]
fn comments_and_literals_are_blank() {
    let blank = |text: &str| code_of(text).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(blank("a // tokio::x\nb /* c /* d */ e */ f"), "a b f");
    assert_eq!(
        blank(r##"a("x \" tokio", r#"raw " tokio"#, b"y", br"z\", 'q', '\'', '"') b"##),
        "a( , , b , b , , , ) b"
    );
    assert_eq!(
        blank("fn f<'a>(r#type: &'a str) -> result<'a>"),
        "fn f<'a>(r#type: &'a str) -> result<'a>"
    );
    assert_eq!(code_of("\"a\nb\"\nc").matches('\n').count(), 2);
}

#[test]
fn only_a_path_that_begins_with_the_name_counts() {
    let line = |text: &str| Source::new("x.rs".into(), text.into()).line_that_names("tokio");
    for named in [
        "use tokio;",
        "a\n\nuse tokio::x;",
        "#[tokio::main]",
        "extern crate tokio;",
        "<::tokio::T as X>::y",
    ] {
        assert!(line(named).is_some(), "{named}");
    }
    for other in [
        "let tokio = 1;",
        "mytokio::x",
        "a::__private::tokio::x",
        "self.tokio",
        "tokio_util::x",
        "// tokio::x",
    ] {
        assert_eq!(line(other), None, "{other}");
    }
    assert_eq!(line("a\n\nuse tokio::x;"), Some(3));
}

#[test]
fn an_exception_needs_its_reason() {
    let lint = "clippy::disallowed_methods";
    let exceptions = |text: &str| -> Vec<(bool, bool)> {
        let found = Source::new("a/src/x.rs".into(), text.into()).exceptions_from(lint);
        found.iter().map(|exception| (exception.has_reason, exception.in_tests)).collect()
    };
    assert_eq!(exceptions("#![warn(clippy::disallowed_methods)]"), []);
    assert_eq!(
        exceptions("#[expect(clippy::disallowed_methods, reason = \"w\")]"),
        [(true, false)]
    );
    assert_eq!(exceptions("#[allow(clippy::disallowed_methods)]"), [(false, false)]);
    assert_eq!(
        exceptions("#[cfg(test)]\n#[expect(\n  clippy::disallowed_methods,\n  reason = \"w\"\n)]"),
        [(true, true)]
    );
}
