//! Repairs: a part of the text that YAML cannot read, but whose meaning is clear, is masked by as many harmless bytes and
//! read again. So one slip hides nothing behind it, and every place stays the same.

use std::ops::Range;

use locus_diag::Diagnostic;

/// Reading again is bounded: this many repairs of one text …
const MOST: usize = 200;
/// … and this many bytes read again.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// A part of the text to be read as one plain scalar.
#[derive(Clone, Debug)]
pub(crate) struct Repair {
    /// The bytes to mask.
    pub(crate) mask: Range<usize>,
    /// The bytes that are the scalar's text.
    pub(crate) content: Range<usize>,
    /// The problem.
    pub(crate) diagnostic: Diagnostic,
}

/// The repairs of one text, by place.
#[derive(Default, Debug)]
pub(crate) struct Repairs {
    list: Vec<Repair>,
    spent: usize,
}

impl Repairs {
    /// Whether one more may be made.
    pub(crate) fn may_add(&self, text: &str, repair: &Repair) -> bool {
        self.list.len() < MOST
            && self.spent.saturating_add(text.len()) <= MOST_BYTES
            && !repair.mask.is_empty()
            && text.is_char_boundary(repair.mask.start)
            && text.is_char_boundary(repair.mask.end)
            && !self.list.iter().any(|other| {
                other.mask.start < repair.mask.end && repair.mask.start < other.mask.end
            })
    }

    /// Masks a part of `text`.
    pub(crate) fn add(&mut self, text: &mut String, repair: Repair) {
        self.spent += text.len();
        // A letter of as many bytes for each character, so that every boundary stays one.
        let masked =
            text.get(repair.mask.clone()).unwrap_or_default().chars().map(|c| match c.len_utf8() {
                1 => 'x',
                2 => 'é',
                3 => '가',
                _ => '𝄞',
            });
        let masked: String = masked.collect();
        text.replace_range(repair.mask.clone(), &masked);
        let at = self.list.partition_point(|other| other.mask.start < repair.mask.start);
        self.list.insert(at, repair);
    }

    /// The text of the scalar that was masked at `scalar`.
    pub(crate) fn content(&self, scalar: &Range<usize>) -> Option<Range<usize>> {
        let index = self.list.partition_point(|repair| repair.mask.end <= scalar.start);
        let repair = self.list.get(index)?;
        (scalar.start <= repair.mask.start && repair.mask.end <= scalar.end)
            .then(|| repair.content.clone())
    }

    /// The problems that were repaired.
    pub(crate) fn diagnostics(self) -> impl Iterator<Item = Diagnostic> {
        self.list.into_iter().map(|repair| repair.diagnostic)
    }
}
