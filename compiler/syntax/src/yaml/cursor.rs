//! A place in the text that only moves forward: it finds the indicators (`-`, `:`, `?`, `,`) and properties (`&name`, `!tag`)
//! between two values, whose places the events of the parser do not tell.

/// A place in a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// The start of a text.
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Where it stands.
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    /// Goes on to `offset`; never back.
    pub(crate) fn advance(&mut self, offset: usize) {
        self.at = self.at.max(offset.min(self.text.len()));
    }

    /// The next byte that is not white space and not in a comment, with its place.
    pub(crate) fn next_token(&self) -> (usize, Option<u8>) {
        let at = skip_trivia(self.text, self.at);
        (at, byte(self.text, at))
    }

    /// Goes behind `indicator` if that comes next.
    pub(crate) fn take(&mut self, indicator: u8) {
        let (at, next) = self.next_token();
        if next == Some(indicator) {
            self.at = at + 1;
        }
    }

    /// Goes behind the `?` of an explicit key if one comes next.
    pub(crate) fn take_explicit_key(&mut self) {
        let (at, next) = self.next_token();
        let separated = byte(self.text, at + 1).is_none_or(|next| is_blank(next) || is_break(next));
        if next == Some(b'?') && separated {
            self.at = at + 1;
        }
    }

    /// Goes behind the anchor and the tag that come next.
    pub(crate) fn take_properties(&mut self) {
        loop {
            let (at, next) = self.next_token();
            if !matches!(next, Some(b'&' | b'!')) {
                return;
            }
            let token = self.text.get(at..).unwrap_or_default();
            let length = token
                .bytes()
                .position(|byte| {
                    is_blank(byte)
                        || is_break(byte)
                        || matches!(byte, b',' | b'[' | b']' | b'{' | b'}')
                })
                .unwrap_or(token.len());
            self.at = at + length;
        }
    }
}

/// The byte at `at`, if the text reaches that far.
pub(crate) fn byte(text: &str, at: usize) -> Option<u8> {
    text.as_bytes().get(at).copied()
}

/// A space or a tab.
pub(crate) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// A byte of a line break.
pub(crate) const fn is_break(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// The place behind the line break at `at`: `\n`, `\r\n` or `\r`.
pub(crate) fn skip_break(text: &str, at: usize) -> usize {
    match (byte(text, at), byte(text, at + 1)) {
        (Some(b'\r'), Some(b'\n')) => at + 2,
        (Some(b'\r' | b'\n'), _) => at + 1,
        _ => at,
    }
}

/// The byte of the line break at `at` that stands for it: its `\n`, or a lone `\r`.
pub(crate) fn break_byte(text: &str, at: usize) -> usize {
    skip_break(text, at).saturating_sub(1).max(at)
}

/// The end of the line that holds `at`: its line break, or the end of the text.
pub(crate) fn line_end(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    at + rest.iter().position(|&byte| is_break(byte)).unwrap_or(rest.len())
}

/// The start of the line that holds `at`.
pub(crate) fn line_start(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    before.iter().rposition(|&byte| is_break(byte)).map_or(0, |newline| newline + 1)
}

/// The place of the first byte from `at` on that is neither white space, nor a byte order mark, nor in a comment.
pub(crate) fn skip_trivia(text: &str, mut at: usize) -> usize {
    loop {
        match byte(text, at) {
            Some(b' ' | b'\t' | b'\n' | b'\r') => at += 1,
            Some(b'#') => at = line_end(text, at),
            Some(0xef) if text.get(at..).is_some_and(|rest| rest.starts_with('\u{feff}')) => {
                at += 3;
            }
            _ => return at,
        }
    }
}

/// `range` of `text` without the blanks at its end.
pub(crate) fn trim_end(text: &str, start: usize, end: usize) -> usize {
    let part = text.as_bytes().get(start..end).unwrap_or_default();
    start
        + part
            .iter()
            .rposition(|&byte| !is_blank(byte) && !is_break(byte))
            .map_or(0, |last| last + 1)
}
