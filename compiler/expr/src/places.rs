//! What is known of a value during analysis: that it is at a certain place of the scope.

use std::ops::Range;

use jaq_core::load::span;

use crate::paths::{PathUse, Root, Segment};

/// Number of a known place; `None` is anything at all.
pub(crate) type Place = Option<usize>;

/// The known places of one expression, and the paths reported so far.
pub(crate) struct Places<'s> {
    source: &'s str,
    /// Where the source begins in the template's string.
    base: usize,
    known: Vec<Known>,
    /// Within a `try`, or on the left of `//`.
    pub(crate) optional: bool,
    /// On the left of an assignment: nothing there needs to exist.
    pub(crate) assigned: bool,
    pub(crate) reported: Vec<PathUse>,
}

struct Known {
    path: PathUse,
    /// Whether a longer path goes through here, or it was reported.
    covered: bool,
}

impl<'s> Places<'s> {
    /// For an expression that was parsed from `source`, which begins at `base` in the template's string.
    pub(crate) fn new(source: &'s str, base: usize) -> Self {
        Self {
            source,
            base,
            known: Vec::new(),
            optional: false,
            assigned: false,
            reported: Vec::new(),
        }
    }

    /// Where a part of the source is.
    pub(crate) fn locate(&self, part: &str) -> Range<usize> {
        let inner = span(self.source, part);
        self.base + inner.start..self.base + inner.end
    }

    /// What stands before a part of the source.
    pub(crate) fn before(&self, part: &str) -> &'s str {
        self.source.get(..span(self.source, part).start).unwrap_or_default()
    }

    /// The place that a path of the scope begins at, written in this range.
    pub(crate) fn root(&mut self, root: Root, range: Range<usize>) -> Place {
        Some(self.add(PathUse { root, segments: Vec::new(), range, optional: false }))
    }

    fn add(&mut self, path: PathUse) -> usize {
        self.known.push(Known { path, covered: false });
        self.known.len() - 1
    }

    /// Reports the path to a place whose value is used.
    pub(crate) fn read(&mut self, place: Place) {
        let Some(known) = place.and_then(|place| self.known.get_mut(place)) else { return };
        if !known.covered && !known.path.segments.is_empty() && !self.assigned {
            let optional = known.path.optional || self.optional;
            self.reported.push(PathUse { optional, ..known.path.clone() });
        }
        known.covered = true;
    }

    /// Reports the path to a place that nothing was looked up in, unless it is the result itself.
    pub(crate) fn leave(&mut self, place: Place, result: Place) {
        if place != result {
            self.read(place);
        }
    }

    /// The value under a fixed key of a place.
    pub(crate) fn key(&mut self, place: Place, key: &'s str) -> Place {
        let known = self.known.get_mut(place?)?;
        known.covered = true;
        let mut path = known.path.clone();
        let written = self.written(key);
        if path.segments.is_empty() && path.root == Root::Dot {
            path.range.start = written.start;
        }
        path.range.end = written.end.max(path.range.end);
        path.optional |= self.optional;
        path.segments.push(Segment { name: key.to_owned(), range: self.locate(key) });
        Some(self.add(path))
    }

    /// A `?` provides for the absence of what is at a place.
    pub(crate) fn allow_absence(&mut self, place: Place) {
        if let Some(known) = place.and_then(|place| self.known.get_mut(place)) {
            known.path.optional = true;
        }
    }

    /// Where a key is written with its dot, quotes and brackets.
    fn written(&self, key: &str) -> Range<usize> {
        let Range { mut start, mut end } = span(self.source, key);
        let before = |at: usize| self.source.get(..at).unwrap_or_default();
        let after = |at: usize| self.source.get(at..).unwrap_or_default();
        if before(start).ends_with('"') && after(end).starts_with('"') {
            (start, end) = (start - 1, end + 1);
        }
        let left = before(start).trim_end();
        let right = after(end).trim_start();
        if left.ends_with('[') && right.starts_with(']') {
            (start, end) = (left.len() - 1, self.source.len() - right.len() + 1);
        }
        let left = before(start).trim_end();
        if left.ends_with('.') {
            start = left.len() - 1;
        }
        self.base + start..self.base + end
    }
}
