//! Texts of others on a terminal: what would steer it is taken out.

use std::borrow::Cow;

/// The text with a stand-in for every character that a terminal obeys instead of showing it, or that makes it show others in
/// another order. A stand-in has as many bytes, so that offsets stay right.
///
/// ```
/// use locus_diag::render::visible;
///
/// assert_eq!(visible("a\u{1b}[2Jb"), "a?[2Jb");
/// assert_eq!(visible("as it is\n"), "as it is\n");
/// ```
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) && !has_lone_return(text) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' if rest.peek() != Some(&'\n') => shown.push(' '),
            c if steers(c) => shown.push(stand_in(c)),
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

fn steers(c: char) -> bool {
    let is_layout = matches!(c, '\n' | '\r' | '\t');
    (c.is_control() && !is_layout) || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A return without a line feed takes a terminal back over what it has shown.
fn has_lone_return(text: &str) -> bool {
    let returns = text.match_indices('\r');
    returns.into_iter().any(|(at, _)| !text[at + 1..].starts_with('\n'))
}

const fn stand_in(c: char) -> char {
    match c.len_utf8() {
        1 => '?',
        2 => '\u{b7}',
        _ => '\u{fffd}',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stand_ins_have_as_many_bytes() {
        let text = "\0a\u{7f}\u{9b}2J\u{202e}größe\u{2066}\r\nb\rc\r";
        let shown = visible(text);
        assert_eq!(shown, "?a?\u{b7}2J\u{fffd}größe\u{fffd}\r\nb c ");
        assert_eq!(shown.len(), text.len());
        assert!(matches!(visible("größe\r\n\t"), Cow::Borrowed(_)));
    }
}
