//! Numbers as JSON has them: integers stay integers as long as 64 bits hold them, everything else is a double.

use std::cmp::Ordering;

use serde_json::Number as Json;

/// A number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Number {
    Int(i64),
    /// Above `i64::MAX`, always.
    Large(u64),
    Float(f64),
}

use Number::{Float, Int, Large};

impl Number {
    /// The integer, as a double where 64 bits do not hold it.
    #[expect(clippy::cast_precision_loss, reason = "that is what a double does")]
    fn from_wide(wide: i128) -> Self {
        match (i64::try_from(wide), u64::try_from(wide)) {
            (Ok(int), _) => Int(int),
            (_, Ok(large)) => Large(large),
            _ => Float(wide as f64),
        }
    }

    pub(crate) fn from_u64(number: u64) -> Self {
        i64::try_from(number).map_or(Large(number), Int)
    }

    /// Reads a literal of jq or JSON; what is too large becomes the largest double, as in jq.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Ok(int) = text.parse() {
            return Some(Int(int));
        }
        if let Ok(large) = text.parse() {
            return Some(Self::from_u64(large));
        }
        let float: f64 = text.parse().ok()?;
        Some(Float(float.clamp(f64::MIN, f64::MAX)))
    }

    /// The result of a mathematical function: an integer where it is one exactly.
    #[expect(clippy::cast_possible_truncation, reason = "in range by the test before")]
    pub(crate) fn from_math(float: f64) -> Self {
        if float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0 {
            Int(float as i64)
        } else {
            Float(float)
        }
    }

    fn wide(self) -> Option<i128> {
        match self {
            Int(int) => Some(int.into()),
            Large(large) => Some(large.into()),
            Float(_) => None,
        }
    }

    pub(crate) fn is_int(self) -> bool {
        !matches!(self, Float(_))
    }

    #[expect(clippy::cast_precision_loss, reason = "that is what a double does")]
    pub(crate) fn as_f64(self) -> f64 {
        match self {
            Int(int) => int as f64,
            Large(large) => large as f64,
            Float(float) => float,
        }
    }

    /// The number as a position in a list: fractions are cut off, as in jq.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a cast saturates, and nothing is that long"
    )]
    pub(crate) fn as_position(self) -> Option<i64> {
        match self {
            Int(int) => Some(int),
            Large(_) => Some(i64::MAX),
            Float(float) if float.is_nan() => None,
            Float(float) => Some(float.floor() as i64),
        }
    }

    pub(crate) fn add(self, other: Self) -> Self {
        self.arithmetic(other, i128::checked_add, |x, y| x + y)
    }

    pub(crate) fn sub(self, other: Self) -> Self {
        self.arithmetic(other, i128::checked_sub, |x, y| x - y)
    }

    pub(crate) fn mul(self, other: Self) -> Self {
        self.arithmetic(other, i128::checked_mul, |x, y| x * y)
    }

    fn arithmetic(
        self,
        other: Self,
        wide: fn(i128, i128) -> Option<i128>,
        float: fn(f64, f64) -> f64,
    ) -> Self {
        self.wide()
            .zip(other.wide())
            .and_then(|(x, y)| wide(x, y))
            .map_or_else(|| Float(float(self.as_f64(), other.as_f64())), Self::from_wide)
    }

    /// The quotient: an integer where the division of two integers is exact; `None` for a division by zero.
    pub(crate) fn div(self, other: Self) -> Option<Self> {
        match (self.wide(), other.wide()) {
            _ if other.as_f64() == 0.0 => None,
            (Some(x), Some(y)) if x % y == 0 => Some(Self::from_wide(x / y)),
            _ => Some(Float(self.as_f64() / other.as_f64())),
        }
    }

    /// The remainder of the integer parts, as in jq; `None` for a division by zero.
    #[expect(clippy::cast_possible_truncation, reason = "a cast saturates, as it does in jq")]
    pub(crate) fn rem(self, other: Self) -> Option<Self> {
        let whole =
            |number: Self| number.wide().unwrap_or_else(|| i128::from(number.as_f64() as i64));
        match (whole(self), whole(other)) {
            _ if self.as_f64().is_nan() || other.as_f64().is_nan() => Some(Float(f64::NAN)),
            (_, 0) => None,
            (x, y) => Some(Self::from_wide(x % y)),
        }
    }

    pub(crate) fn neg(self) -> Self {
        match self.wide() {
            Some(wide) => Self::from_wide(-wide),
            None => Float(-self.as_f64()),
        }
    }

    pub(crate) fn abs(self) -> Self {
        match self.wide() {
            Some(wide) => Self::from_wide(wide.abs()),
            None => Float(self.as_f64().abs()),
        }
    }

    /// The order of jq: "not a number" is below every number, itself included.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a double next to an integer fits 128 bits"
    )]
    pub(crate) fn compare(self, other: Self) -> Ordering {
        match (self.wide(), other.wide()) {
            (Some(x), Some(y)) => x.cmp(&y),
            (None, Some(_)) if !self.as_f64().is_nan() => other.compare(self).reverse(),
            _ => match self.as_f64().partial_cmp(&other.as_f64()) {
                // An integer may only look equal because a double is too coarse for it.
                Some(Ordering::Equal) => {
                    self.wide().map_or(Ordering::Equal, |wide| wide.cmp(&(other.as_f64() as i128)))
                }
                Some(order) => order,
                None if self.as_f64().is_nan() => Ordering::Less,
                None => Ordering::Greater,
            },
        }
    }

    /// As JSON, which knows neither infinity (the largest double stands for it) nor "not a number" (null does).
    pub(crate) fn to_json(self) -> Option<Json> {
        match self {
            Int(int) => Some(int.into()),
            Large(large) => Some(large.into()),
            Float(float) => Json::from_f64(float.clamp(f64::MIN, f64::MAX)),
        }
    }

    pub(crate) fn from_json(number: &Json) -> Self {
        if let Some(int) = number.as_i64() {
            Int(int)
        } else if let Some(large) = number.as_u64() {
            Self::from_u64(large)
        } else {
            Float(number.as_f64().unwrap_or(f64::NAN))
        }
    }
}
