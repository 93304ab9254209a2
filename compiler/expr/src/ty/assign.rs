//! Whether a value of one type fits where another is expected.
//!
//! Inference does not know everything, so an answer is only given where it is sure:
//! - `any` fits everything, and everything fits `any`.
//! - Of a union, one part that fits is enough: which part a value will be is not known. So `int | string` fits `int`, and
//!   nothing is said where literals, formats or bounds overlap at all.
//! - Null is the exception: where a value may be null as it is to be expected (an optional field, a skipped step), and the
//!   target admits no null, that is a mismatch with its reasons. Null that merely cannot be ruled out fits.
//! - The same holds inside: fields and items that are certainly there, or that are described, must fit theirs.
//! - A string fits a format as long as it is not a literal that does not, or of another format.
//! - A number that may be fractional fits `int`; the literal 2.5 does not.

use std::fmt;
use std::sync::Arc;

use super::{Array, Format, Kinds, Numbers, Object, Texts, Ty, Types};

/// Levels that are compared before the rest is taken to fit.
const LEVELS: u32 = 32;
/// Comparisons of parts before the rest is taken to fit.
const WORK: u32 = 10_000;

/// Why a value does not fit.
#[derive(Clone, PartialEq, Debug)]
pub struct Mismatch {
    /// Where inside the value, as jq writes it: `.lines[].qty`; `.` for the value itself.
    pub path: String,
    /// What is wrong there.
    pub kind: MismatchKind,
    /// What is expected at that place.
    pub expected: Ty,
    /// What comes instead.
    pub found: Ty,
}

/// What is wrong with a value that does not fit.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum MismatchKind {
    /// It is of another type.
    Type,
    /// It may be null, for these reasons as far as they are known; or it certainly is.
    Null {
        /// The reasons given where the type was made.
        reasons: Vec<u32>,
        /// Whether it is certainly null.
        always: bool,
    },
    /// A required field is certainly not there, or may be absent.
    Missing {
        /// Its name.
        field: Arc<str>,
        /// Whether it is certainly not there.
        always: bool,
    },
    /// It has a field that is not known there.
    Unknown {
        /// Its name.
        field: Arc<str>,
        /// Names of the fields that are known there.
        known: Vec<Arc<str>>,
    },
    /// It is a string or number that is none of those expected, or does not have the format.
    Literal,
    /// It has fewer items than expected.
    Items,
}

/// Whether every value of `from`, as far as that can be known, fits `to`. Names are looked up in `types`.
///
/// # Errors
///
/// The first place, in the order of the fields of `to`, where values cannot fit or may be null.
pub fn assignable(from: &Ty, to: &Ty, types: &Types) -> Result<(), Mismatch> {
    let mut comparison = Comparison { types, path: Vec::new(), work: 0 };
    comparison.compare(from, to)
}

enum Step {
    Key(Arc<str>),
    Items,
    Item(usize),
    Values,
}

struct Comparison<'a> {
    types: &'a Types,
    path: Vec<Step>,
    work: u32,
}

impl Comparison<'_> {
    fn fail(&self, kind: MismatchKind, expected: &Ty, found: &Ty) -> Result<(), Mismatch> {
        let mut path = String::new();
        for step in &self.path {
            match step {
                Step::Key(key) if is_plain(key) => path.extend([".", key]),
                Step::Key(key) if path.is_empty() => path.push_str(&format!(".[{key:?}]")),
                Step::Key(key) => path.push_str(&format!("[{key:?}]")),
                Step::Items | Step::Values if path.is_empty() => path.push_str(".[]"),
                Step::Items | Step::Values => path.push_str("[]"),
                Step::Item(index) if path.is_empty() => path.push_str(&format!(".[{index}]")),
                Step::Item(index) => path.push_str(&format!("[{index}]")),
            }
        }
        if path.is_empty() {
            path.push('.');
        }
        Err(Mismatch { path, kind, expected: expected.clone(), found: found.clone() })
    }

    fn inside(&mut self, step: Step, from: &Ty, to: &Ty) -> Result<(), Mismatch> {
        self.path.push(step);
        let result = self.compare(from, to);
        self.path.pop();
        result
    }

    fn compare(&mut self, from: &Ty, to: &Ty) -> Result<(), Mismatch> {
        self.work += 1;
        if self.work > WORK || self.path.len() > LEVELS as usize || from.is_never() {
            return Ok(());
        }
        let (expected, found) = (to, from);
        if to.is_any() {
            return Ok(());
        }
        let to = &to.resolved(self.types);
        let same_name = from.kinds.has(Kinds::NAMED)
            && from.detail.as_ref().map(|d| &d.names) == expected.detail.as_ref().map(|d| &d.names);
        let from = &from.resolved(self.types);
        if to.is_any() || to.is_never() {
            return Ok(());
        }
        let nullable = to.kinds.has(Kinds::NULLS);
        if from.kinds.has(Kinds::NULL) && !nullable {
            let reasons = from.null_reasons().to_vec();
            let always = from.is_null();
            return self.fail(MismatchKind::Null { reasons, always }, expected, found);
        }
        if from.is_any() || same_name {
            return Ok(());
        }
        let bare = from.without(Kinds::NULLS);
        if bare.is_never() {
            return Ok(());
        }
        // Kinds that a value of `from` can have and `to` admits.
        let (mut common, mut reason) = (false, MismatchKind::Type);
        if bare.kinds.has(Kinds::BOOL) && to.kinds.has(Kinds::BOOL) {
            let overlap = bare.kinds.only(to.kinds).has(Kinds::BOOL);
            common |= overlap;
            reason = MismatchKind::Literal;
        }
        if bare.kinds.has(Kinds::NUMBER) && to.kinds.has(Kinds::NUMBER) {
            common |= numbers_overlap(&bare, to);
            reason = MismatchKind::Literal;
        }
        if bare.kinds.has(Kinds::TEXT) && to.kinds.has(Kinds::TEXT) {
            common |= texts_overlap(&bare.texts(), &to.texts());
            reason = MismatchKind::Literal;
        }
        // What is inside is only to blame where the value can be nothing else.
        let mut inner = Ok(());
        if let (Some(from), Some(to)) = (bare.as_array(), to.as_array()) {
            match self.arrays(&from, &to, expected, found) {
                Ok(()) => common = true,
                Err(mismatch) => inner = Err(mismatch),
            }
        }
        if let (Some(from), Some(to)) = (bare.as_object(), to.as_object()) {
            match self.objects(&from, &to, expected, found) {
                Ok(()) => common = true,
                Err(mismatch) => inner = Err(mismatch),
            }
        }
        if common {
            return Ok(());
        }
        inner?;
        self.fail(reason, expected, found)
    }

    fn arrays(
        &mut self,
        from: &Array,
        to: &Array,
        expected: &Ty,
        found: &Ty,
    ) -> Result<(), Mismatch> {
        let len = from.items.as_ref().map(|items| items.len());
        if len.is_some_and(|len| len < to.min as usize) {
            return self.fail(MismatchKind::Items, expected, found);
        }
        match &from.items {
            Some(items) => {
                for (index, item) in items.iter().enumerate() {
                    let to = to.items.as_ref().and_then(|to| to.get(index)).unwrap_or(&to.item);
                    self.inside(Step::Item(index), item, to)?;
                }
                Ok(())
            }
            None if to.item.is_never() => Ok(()),
            None => self.inside(Step::Items, &from.item, &to.item),
        }
    }

    /// Whether all fields that are certainly there are known.
    fn known_fields(
        &mut self,
        from: &Object,
        to: &Object,
        expected: &Ty,
        found: &Ty,
    ) -> Result<(), Mismatch> {
        if to.rest.is_some() {
            return Ok(());
        }
        let mut fields = from.fields.iter();
        let unknown = fields.find(|(name, field)| field.required && !to.fields.contains_key(*name));
        let Some((name, _)) = unknown else { return Ok(()) };
        let known = to.fields.keys().cloned().collect();
        let kind = MismatchKind::Unknown { field: Arc::clone(name), known };
        self.fail(kind, expected, found)
    }

    fn objects(
        &mut self,
        from: &Object,
        to: &Object,
        expected: &Ty,
        found: &Ty,
    ) -> Result<(), Mismatch> {
        if Arc::ptr_eq(&from.fields, &to.fields) && to.rest == from.rest {
            return Ok(());
        }
        for (name, field) in &*to.fields {
            let key = || Step::Key(Arc::clone(name));
            match (from.fields.get(name), &from.rest) {
                (Some(theirs), _) => {
                    // What is said to be possibly missing is not expected to be.
                    let missing = theirs.ty.kinds.only(Kinds::NULLS) == Kinds::MISSING;
                    let absent = !theirs.required && field.required && !missing;
                    // A field that may be left out may be null as well, and the other way round.
                    if absent && !self.admits_null(&field.ty) {
                        self.path.push(key());
                        let kind = MismatchKind::Missing { field: Arc::clone(name), always: false };
                        let result = self.fail(kind, &field.ty, &theirs.ty);
                        self.path.pop();
                        return result;
                    }
                    let ty =
                        if field.required { field.ty.clone() } else { field.ty.clone().optional() };
                    self.inside(key(), &theirs.ty, &ty)?;
                }
                (None, Some(rest)) => self.inside(key(), &rest.without(Kinds::NULLS), &field.ty)?,
                (None, None) if field.required && !self.admits_null(&field.ty) => {
                    // What is there under another name is likely to be meant for it.
                    self.known_fields(from, to, expected, found)?;
                    let kind = MismatchKind::Missing { field: Arc::clone(name), always: true };
                    return self.fail(kind, expected, found);
                }
                (None, None) => {}
            }
        }
        for (name, theirs) in &*from.fields {
            if let (false, Some(rest)) = (to.fields.contains_key(name), &to.rest) {
                self.inside(Step::Key(Arc::clone(name)), &theirs.ty, rest)?;
            }
        }
        self.known_fields(from, to, expected, found)?;
        match (&from.rest, &to.rest) {
            (Some(from), Some(to)) if !from.is_any() => self.inside(Step::Values, from, to),
            _ => Ok(()),
        }
    }

    fn admits_null(&self, ty: &Ty) -> bool {
        ty.is_any() || ty.resolved(self.types).kinds.has(Kinds::NULLS.with(Kinds::ANY))
    }
}

fn is_plain(key: &str) -> bool {
    !key.is_empty()
        && !key.starts_with(|c: char| c.is_ascii_digit())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn numbers_overlap(from: &Ty, to: &Ty) -> bool {
    let whole = !to.kinds.has(Kinds::FRACTION);
    let fits = |number: &crate::number::Number| {
        (!whole || super::is_whole(*number))
            && match to.numbers() {
                Numbers::Any => true,
                Numbers::Within(min, max) => (min..=max).contains(&number.as_f64()),
                Numbers::OneOf(all) => all.iter().any(|one| one.compare(*number).is_eq()),
            }
    };
    match (from.numbers(), to.numbers().bounds()) {
        (Numbers::OneOf(numbers), _) => numbers.iter().any(fits),
        (Numbers::Within(a, b), Some((c, d))) => a <= d && c <= b,
        _ => true,
    }
}

fn texts_overlap(from: &Texts, to: &Texts) -> bool {
    match (from, to) {
        (Texts::Any, _) | (_, Texts::Any) => true,
        (Texts::OneOf(from), Texts::OneOf(to)) => from.iter().any(|text| to.contains(text)),
        (Texts::OneOf(texts), Texts::Formatted(format))
        | (Texts::Formatted(format), Texts::OneOf(texts)) => {
            texts.iter().any(|text| format.admits(text))
        }
        (Texts::Formatted(from), Texts::Formatted(to)) => from == to || !from.excludes(*to),
    }
}

impl Ty {
    /// Whether a string may be of both types.
    pub(crate) fn texts_overlap(&self, other: &Self) -> bool {
        texts_overlap(&self.texts(), &other.texts())
    }
}

impl Format {
    /// Whether no string has both formats.
    fn excludes(self, other: Self) -> bool {
        let strict = |format| matches!(format, Self::Uuid | Self::Date | Self::DateTime);
        strict(self) && strict(other) && self != other
    }

    /// Whether a string may be meant to have this format; false only where it certainly does not.
    fn admits(self, text: &str) -> bool {
        match self {
            Self::Uuid => shaped(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"),
            Self::Date => shaped(text, "0000-00-00"),
            Self::DateTime => {
                let at = |byte: &u8| matches!(byte, b'T' | b't' | b' ');
                text.get(..10).is_some_and(|date| shaped(date, "0000-00-00"))
                    && text.as_bytes().get(10).is_some_and(at)
                    && text.get(11..19).is_some_and(|time| shaped(time, "00:00:00"))
            }
            Self::Duration => text.bytes().any(|byte| byte.is_ascii_digit()),
            Self::Decimal => {
                text.bytes().any(|byte| byte.is_ascii_digit())
                    && text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b))
            }
            Self::Bytes => true,
        }
    }
}

/// Whether a text has the shape of the model: `0` for a digit, `x` for a hexadecimal one, anything else for itself.
fn shaped(text: &str, model: &str) -> bool {
    text.len() == model.len()
        && text.bytes().zip(model.bytes()).all(|(byte, model)| match model {
            b'0' => byte.is_ascii_digit(),
            b'x' => byte.is_ascii_hexdigit(),
            other => byte == other,
        })
}

impl fmt::Display for Mismatch {
    /// A sentence without a full stop, such as "`.lines[].qty` is a string, but an int is expected".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, kind, expected, found } = self;
        let subject = if path == "." { "it".to_owned() } else { format!("`{path}`") };
        match kind {
            MismatchKind::Type => {
                write!(f, "{subject} is `{found}`, but `{expected}` is expected")
            }
            MismatchKind::Literal => {
                write!(f, "{subject} is `{found}`, which is not `{expected}`")
            }
            MismatchKind::Null { always: true, .. } => {
                write!(f, "{subject} is null, but `{expected}` is expected")
            }
            MismatchKind::Null { .. } => {
                write!(f, "{subject} may be null, but `{expected}` is expected")
            }
            MismatchKind::Missing { field, always: true } => {
                write!(f, "the field `{field}` is missing")
            }
            MismatchKind::Missing { field, .. } => {
                write!(f, "the field `{field}` may be missing")
            }
            MismatchKind::Unknown { field, .. } if path == "." => {
                write!(f, "there is no field `{field}` in `{expected}`")
            }
            MismatchKind::Unknown { field, .. } => {
                write!(f, "there is no field `{field}` in `{expected}` at {subject}")
            }
            MismatchKind::Items => {
                write!(f, "{subject} has fewer items than `{expected}` must have")
            }
        }
    }
}
