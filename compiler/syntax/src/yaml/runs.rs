//! Collects how the bytes of a resolved string map to bytes of the source, and checks every step against the string itself.

use std::ops::Range;

/// The runs of one string.
#[derive(Debug)]
pub(crate) struct Runs<'a> {
    source: &'a str,
    value: &'a str,
    /// Bytes of `value` accounted for.
    done: usize,
    list: Vec<(u32, u32)>,
    exact: bool,
}

impl<'a> Runs<'a> {
    /// Nothing of `value` accounted for yet.
    pub(crate) const fn new(source: &'a str, value: &'a str) -> Self {
        Self { source, value, done: 0, list: Vec::new(), exact: true }
    }

    /// The next bytes of the value are these bytes of the source.
    pub(crate) fn copy(&mut self, part: Range<usize>) {
        if part.is_empty() {
            return;
        }
        let (start, length) = (part.start, part.len());
        self.exact &= self.source.get(part).is_some_and(|part| self.rest().starts_with(part));
        self.run(self.done, start);
        self.done += length;
    }

    /// The next character of the value is `character`, written in the source as the bytes of `written`.
    pub(crate) fn replace(&mut self, character: char, written: Range<usize>) {
        self.exact &= self.rest().starts_with(character);
        self.run(self.done, written.start);
        let length = character.len_utf8();
        if length > 1 {
            // Its last byte maps to the last byte of the escape, so that the two cover each other.
            self.run(self.done + length - 1, written.end.saturating_sub(1));
        }
        self.done += length;
    }

    /// Whether all of the value is accounted for.
    pub(crate) const fn is_complete(&self) -> bool {
        self.done >= self.value.len()
    }

    /// The runs; none where the source does not account for exactly this value, so that no place is ever wrong.
    pub(crate) fn finish(self) -> Vec<(u32, u32)> {
        if self.exact && self.done == self.value.len() { self.list } else { Vec::new() }
    }

    fn rest(&self) -> &'a str {
        self.value.get(self.done..).unwrap_or_default()
    }

    fn run(&mut self, value: usize, source: usize) {
        let (Ok(value), Ok(source)) = (u32::try_from(value), u32::try_from(source)) else {
            self.exact = false;
            return;
        };
        let continues = self
            .list
            .last()
            .is_some_and(|&(v, s)| value.checked_sub(v) == source.checked_sub(s) && source >= s);
        if !continues {
            self.list.push((value, source));
        }
    }
}
