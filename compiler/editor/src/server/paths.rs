//! Inside expressions: what `.` is at a place, which names can follow, and of which types they are.

use std::ops::Range;

use locus_analysis::Site;
use locus_expr::{Template, Ty};

use crate::functions;

/// What is being written at the end of an unfinished expression.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Unfinished {
    /// What gives the value that a name behind a dot belongs to; `None` where a function or variable is being written.
    pub(super) base: Option<String>,
    /// The part of the name that is there already, with `$` or `@` in front where it is one of those.
    pub(super) partial: String,
}

impl Unfinished {
    /// Reads an expression up to the place where it is being written.
    pub(super) fn read(written: &str) -> Self {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let name_at = written.trim_end_matches(is_name).len();
        let (before, partial) = written.split_at(name_at);
        if let Some(sign) = before.chars().next_back().filter(|sign| matches!(sign, '$' | '@')) {
            return Self { base: None, partial: format!("{sign}{partial}") };
        }
        let Some(path) = before.strip_suffix('.') else {
            return Self { base: None, partial: partial.to_owned() };
        };
        let start = path_start(path);
        let (prefix, path) = path.split_at(start);
        let base = if path.starts_with('$') {
            path.to_owned()
        } else {
            let dot = dot(prefix);
            if path.is_empty() {
                dot
            } else if dot == "." {
                path.to_owned()
            } else {
                format!("{dot} | {path}")
            }
        };
        Self { base: Some(base), partial: partial.to_owned() }
    }
}

/// Where the path at the end of a text begins: `.steps.charge`, `$line["a"][0]`.
fn path_start(text: &str) -> usize {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut end = text.len();
    loop {
        let rest = text.get(..end).unwrap_or_default();
        let trimmed = rest.trim_end_matches(is_name);
        if let Some(before) = trimmed.strip_suffix('$') {
            return before.len();
        }
        if let Some(before) = trimmed.strip_suffix('.').filter(|_| trimmed.len() < rest.len()) {
            end = before.len();
        } else if let Some(inside) = rest.strip_suffix(']') {
            let Some(open) = inside.rfind('[') else { return end };
            end = open;
            // `.[0]` and `a.["b"]` have a dot before the bracket.
            let before = text.get(..end).unwrap_or_default();
            if before.ends_with('.') && !before.trim_end_matches('.').ends_with(is_name) {
                return end - 1;
            }
        } else if let Some(before) = rest.strip_suffix('?') {
            end = before.len();
        } else {
            return end;
        }
    }
}

/// What `.` is behind an unfinished expression, as an expression of its own.
fn dot(prefix: &str) -> String {
    /// An open bracket, or the whole expression.
    struct Level {
        /// What `.` is at its beginning.
        dot: String,
        /// What `.` is now.
        now: String,
        /// Where the term began that is being written.
        start: usize,
    }
    let whole = Level { dot: ".".to_owned(), now: ".".to_owned(), start: 0 };
    let mut levels = vec![whole];
    let bytes = prefix.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let depth = levels.len();
        let Some(level) = levels.last_mut() else { break };
        let term = prefix.get(level.start..at).unwrap_or_default().trim();
        match byte {
            b'"' => at = string_end(bytes, at),
            b'|' if bytes.get(at + 1) != Some(&b'=') => {
                level.now = piped(&level.now, term);
                level.start = at + 1;
            }
            b'(' | b'[' | b'{' => {
                let name_at =
                    term.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
                let name = term.get(name_at.len()..).unwrap_or_default();
                let items = functions::find(name).is_some_and(|function| function.items);
                let before = piped(&level.now, name_at.trim());
                let is_call = *byte == b'(' && !name.is_empty();
                let inner = match (is_call, items) {
                    (true, true) if name_at.is_empty() => piped(&level.now, ".[]"),
                    (true, true) => piped(&before, ".[]"),
                    _ => level.now.clone(),
                };
                levels.push(Level { dot: inner.clone(), now: inner, start: at + 1 });
            }
            b')' | b']' | b'}' if depth > 1 => {
                levels.pop();
            }
            b',' | b';' => {
                level.now = level.dot.clone();
                level.start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    levels.pop().map_or_else(|| ".".to_owned(), |level| level.now)
}

fn piped(first: &str, then: &str) -> String {
    match (first, then) {
        (first, "" | ".") => first.to_owned(),
        (".", then) => then.to_owned(),
        (first, then) => format!("{first} | {then}"),
    }
}

/// The place of the quote that ends a string.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'"' => return at,
            _ => {}
        }
        at += 1;
    }
    at
}

/// The type of an expression at a site; `None` where it cannot be read.
pub(super) fn type_of(expression: &str, site: &Site) -> Option<Ty> {
    let template = Template::parse(&format!("${{ {expression} }}")).ok()?;
    Some(template.infer(&site.scope).ty)
}

/// A key as it is written in a path.
pub(super) fn key(name: &str) -> String {
    let first = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if first && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        format!(".{name}")
    } else {
        format!(".[{}]", serde_json::Value::from(name))
    }
}

/// The function that is named at a place of a template, with what it does.
pub(super) fn function_at(
    text: &str,
    holds: impl Fn(Range<usize>) -> bool,
) -> Option<(String, Range<usize>)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '@';
    let mut at = 0;
    for word in text.split_inclusive(|c| !is_name(c)) {
        let name = word.trim_end_matches(|c| !is_name(c));
        let range = at..at + name.len();
        let is_path = text.get(..at).is_some_and(|before| before.ends_with(['.', '$', '"']));
        at += word.len();
        if !name.is_empty() && !is_path && holds(range.clone()) {
            let function = functions::find(name)?;
            let call = format!("{}{}", function.name, function.arguments);
            return Some((format!("**`{call}`**\n\n{}", function.docs), range));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_name_behind_a_dot_belongs_to() {
        let cases = [
            (".", Some("."), ""),
            (".ste", Some("."), "ste"),
            (".steps.", Some(".steps"), ""),
            (".steps.charge.i", Some(".steps.charge"), "i"),
            ("$line.s", Some("$line"), "s"),
            (".input.lines[0].", Some(".input.lines[0]"), ""),
            (".a[\"b c\"].", Some(".a[\"b c\"]"), ""),
            ("1 + .input.", Some(".input"), ""),
            (".input | .", Some(".input"), ""),
            (".input.lines | map(.", Some(".input.lines | .[]"), ""),
            (".input.lines | map(select(.", Some(".input.lines | .[]"), ""),
            (".input.lines | map(.price.", Some(".input.lines | .[] | .price"), ""),
            (".a | map(.x) | .[0].", Some(".a | map(.x) | .[0]"), ""),
            ("{ a: .input.", Some(".input"), ""),
            ("[.a, .", Some("."), ""),
            ("\"| map(\" + .", Some("."), ""),
            ("map(.x) | f(.a; .", Some("map(.x)"), ""),
            ("$li", None, "$li"),
            ("leng", None, "leng"),
            (".a | @ur", None, "@ur"),
            ("", None, ""),
        ];
        for (written, base, partial) in cases {
            let read = Unfinished::read(written);
            assert_eq!((read.base.as_deref(), &*read.partial), (base, partial), "{written}");
        }
    }
}
