//! What is known of a value during analysis: that it is at a certain place of the scope.

use std::ops::Range;

use crate::paths::{PathUse, Root, Segment};
use crate::tree::{Name, Span};

/// Number of a known place; `None` is anything at all.
pub(crate) type Place = Option<usize>;

/// The known places of one expression, and the paths reported so far.
#[derive(Default)]
pub(crate) struct Places {
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

impl Places {
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

    /// The value under a fixed key of a place; `written` is where the key is with its dot, quotes and brackets.
    /// One with escapes in it is not followed: a segment is written as it reads.
    pub(crate) fn key(&mut self, place: Place, key: &Name, written: Span) -> Place {
        if key.span.range().len() != key.text.len() {
            self.read(place);
            return None;
        }
        let known = self.known.get_mut(place?)?;
        known.covered = true;
        let mut path = known.path.clone();
        let written = written.range();
        if path.segments.is_empty() && path.root == Root::Dot {
            path.range.start = written.start;
        }
        path.range.end = written.end.max(path.range.end);
        path.optional |= self.optional;
        path.segments.push(Segment { name: key.text.to_string(), range: key.span.range() });
        Some(self.add(path))
    }

    /// A `?` provides for the absence of what is at a place.
    pub(crate) fn allow_absence(&mut self, place: Place) {
        if let Some(known) = place.and_then(|place| self.known.get_mut(place)) {
            known.path.optional = true;
        }
    }
}
