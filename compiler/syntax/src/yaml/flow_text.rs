//! Plain and quoted strings: escapes, doubled quotes and folded lines.

use std::ops::Range;

use super::cursor::{break_byte, byte, is_blank, is_break, skip_break};
use super::runs::Runs;

/// How a string is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Quotes {
    /// Without quotes.
    None,
    /// `'…'`
    Single,
    /// `"…"`
    Double,
}

/// Maps a resolved string to `content`, the bytes between its quotes.
pub(crate) fn map(
    text: &str,
    content: Range<usize>,
    quotes: Quotes,
    value: &str,
) -> Vec<(u32, u32)> {
    let mut runs = Runs::new(text, value);
    if value.is_empty() {
        return vec![(0, u32::try_from(content.start).unwrap_or(u32::MAX))];
    }
    if text.get(content.clone()) == Some(value) {
        runs.copy(content);
        return runs.finish();
    }
    let mut start = content.start;
    let mut at = content.start;
    while at < content.end {
        let Some(current) = byte(text, at) else { break };
        match current {
            b'\'' if quotes == Quotes::Single => {
                runs.copy(start..at);
                runs.replace('\'', at..at + 2);
                at += 2;
                start = at;
            }
            b'\\' if quotes == Quotes::Double => {
                runs.copy(start..at);
                at = escape(text, at, &mut runs);
                start = at;
            }
            _ if is_break(current) => {
                runs.copy(start..trim_blanks(text, start, at));
                at = fold(text, at, &mut runs);
                start = at;
            }
            _ => at += 1,
        }
    }
    runs.copy(start..content.end);
    runs.finish()
}

/// One line break becomes a space; of several, the first vanishes. Gives the place behind them and the blanks around them.
fn fold(text: &str, first: usize, runs: &mut Runs<'_>) -> usize {
    let mut at = skip_blanks(text, skip_break(text, first));
    if !byte(text, at).is_some_and(is_break) {
        runs.replace(' ', break_byte(text, first)..skip_break(text, first));
    }
    at = keep_breaks(text, at, runs);
    at
}

/// Each line break from `at` on stays one.
fn keep_breaks(text: &str, mut at: usize, runs: &mut Runs<'_>) -> usize {
    while byte(text, at).is_some_and(is_break) {
        let next = skip_break(text, at);
        runs.replace('\n', break_byte(text, at)..next);
        at = skip_blanks(text, next);
    }
    at
}

/// Maps the escape at `at` and gives the place behind it.
fn escape(text: &str, at: usize, runs: &mut Runs<'_>) -> usize {
    if byte(text, at + 1).is_some_and(is_break) {
        // An escaped line break vanishes with the blanks that follow it.
        let next = skip_blanks(text, skip_break(text, at + 1));
        return keep_breaks(text, next, runs);
    }
    let (character, length) = decode(text.get(at..).unwrap_or_default()).unwrap_or(('\u{fffd}', 2));
    runs.replace(character, at..at + length);
    at + length
}

/// The character an escape stands for, and the bytes it takes.
pub(crate) fn decode(escape: &str) -> Option<(char, usize)> {
    let simple = |character| Some((character, 2));
    match escape.as_bytes().get(1)? {
        b'0' => simple('\0'),
        b'a' => simple('\x07'),
        b'b' => simple('\x08'),
        b't' | b'\t' => simple('\t'),
        b'n' => simple('\n'),
        b'v' => simple('\x0b'),
        b'f' => simple('\x0c'),
        b'r' => simple('\r'),
        b'e' => simple('\x1b'),
        b' ' => simple(' '),
        b'"' => simple('"'),
        b'/' => simple('/'),
        b'\\' => simple('\\'),
        b'N' => simple('\u{85}'),
        b'_' => simple('\u{a0}'),
        b'L' => simple('\u{2028}'),
        b'P' => simple('\u{2029}'),
        b'x' => Some((char::from_u32(hex(escape, 2, 2)?)?, 4)),
        b'u' => {
            let high = hex(escape, 2, 4)?;
            if !(0xd800..0xdc00).contains(&high) {
                return Some((char::from_u32(high)?, 6));
            }
            let low =
                escape.get(6..8).filter(|next| *next == "\\u").and_then(|_| hex(escape, 8, 4))?;
            let low = low.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
            Some((char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + low)?, 12))
        }
        b'U' => Some((char::from_u32(hex(escape, 2, 8)?)?, 10)),
        _ => None,
    }
}

fn hex(escape: &str, start: usize, digits: usize) -> Option<u32> {
    let digits = escape.get(start..start + digits)?;
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok()
}

fn skip_blanks(text: &str, mut at: usize) -> usize {
    while byte(text, at).is_some_and(is_blank) {
        at += 1;
    }
    at
}

fn trim_blanks(text: &str, start: usize, end: usize) -> usize {
    let part = text.as_bytes().get(start..end).unwrap_or_default();
    start + part.iter().rposition(|&byte| !is_blank(byte)).map_or(0, |last| last + 1)
}
