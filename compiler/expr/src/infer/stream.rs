//! What a term gives: the type of its values, how many there are, and whether it fails.

use crate::ty::Ty;

/// The values of a term, over all that `.` may be.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    pub(super) ty: Ty,
    pub(super) count: Count,
    /// Whether it certainly raises an error, before or after its values.
    pub(super) fails: bool,
    /// Whether it gives one value for each item of something, and nothing was left out.
    pub(super) each: bool,
}

/// How many values there are, where two stands for any larger number. Holds as long as nothing fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Count {
    pub(super) min: u8,
    pub(super) max: u8,
}

impl Count {
    pub(super) const NONE: Self = Self { min: 0, max: 0 };
    pub(super) const ONE: Self = Self { min: 1, max: 1 };
    pub(super) const MAYBE: Self = Self { min: 0, max: 1 };
    pub(super) const ANY: Self = Self { min: 0, max: 2 };

    /// As many for each of so many.
    pub(super) fn times(self, other: Self) -> Self {
        Self { min: (self.min * other.min).min(2), max: (self.max * other.max).min(2) }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self { min: (self.min + other.min).min(2), max: (self.max + other.max).min(2) }
    }

    /// As many as one of the two.
    pub(super) fn or(self, other: Self) -> Self {
        Self { min: self.min.min(other.min), max: self.max.max(other.max) }
    }

    pub(super) fn or_less(self) -> Self {
        Self { min: 0, max: self.max }
    }
}

impl Stream {
    pub(super) fn one(ty: Ty) -> Self {
        Self { ty, count: Count::ONE, fails: false, each: false }
    }

    pub(super) fn many(ty: Ty) -> Self {
        Self { ty, count: Count::ANY, fails: false, each: false }
    }

    pub(super) fn maybe(ty: Ty) -> Self {
        Self { ty, count: Count::MAYBE, fails: false, each: false }
    }

    pub(super) fn none() -> Self {
        Self { ty: Ty::never(), count: Count::NONE, fails: false, each: false }
    }

    /// Certainly fails. Its type is `any`, so that nothing is found wrong with what is made of it.
    pub(super) fn failed(ty: Ty) -> Self {
        Self { ty, count: Count::ONE, fails: true, each: false }
    }

    pub(super) fn with(self, ty: Ty) -> Self {
        Self { ty, ..self }
    }

    /// What `next` gives for each value of this.
    pub(super) fn then(self, next: Self) -> Self {
        Self {
            count: self.count.times(next.count),
            fails: self.fails || next.fails && self.count.min > 0,
            each: self.each && next.count == Count::ONE || next.each && self.count == Count::ONE,
            ty: next.ty,
        }
    }

    /// One value of this type for each pair of values of the two.
    pub(super) fn pairs(&self, other: &Self, ty: Ty) -> Self {
        let happens = |stream: &Self| stream.count.min > 0 || stream.fails;
        Self {
            ty,
            count: self.count.times(other.count),
            fails: self.fails && happens(other) || other.fails && happens(self),
            each: self.each && other.count == Count::ONE || other.each && self.count == Count::ONE,
        }
    }

    /// The values of one or the other.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            ty: self.ty.union(&other.ty),
            count: self.count.or(other.count),
            fails: self.fails && other.fails,
            each: self.each && other.each,
        }
    }

    /// Some of its values; whether it reaches its error is open.
    pub(super) fn some(self) -> Self {
        Self { count: self.count.or_less(), fails: false, each: false, ..self }
    }
}
