//! Types of JSON values, as inference sees them.
//!
//! A [`Ty`] is the set of values that may occur: a union of kinds (null, booleans, numbers, strings, arrays, objects) with
//! at most one description per kind, so that a union is always in normal form. `any` stands for "not known": it fits
//! everything and everything fits it.
//!
//! Null comes in two strengths. A type *may be null* when that is to be expected: a declared `T?`, a step that may have
//! been skipped. It carries **reasons**, numbers that only the caller understands, so that a report can point at the
//! cause. It *may be missing* when null cannot be ruled out and yet nobody would expect it: an item of an array at some
//! position, a key of a map. The first is reported where null does not fit, the second never.
//!
//! **Secrets** are numbers too, one per origin. They stand at the part of a type whose content came from a secret, and an
//! object keeps them per field. [`Ty::secrets`] is everything within, [`Ty::own_secrets`] what the value itself carries.
//!
//! Types are immutable, cheap to clone, and bounded in depth and size: what would grow beyond becomes `any` and keeps
//! its secrets. A recursive model is a [named](Ty::named) type, looked up in a table when something looks into it.

mod assign;
mod display;
mod forget;
mod union;

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use crate::number::Number;

pub use assign::{Mismatch, MismatchKind, assignable};

/// Types by name, for [named](Ty::named) types.
pub type Types = BTreeMap<Arc<str>, Ty>;

/// Levels of arrays and objects that a type describes.
const DEPTH: u16 = 24;
/// Parts that a type describes, shared ones counted as often as they occur.
const SIZE: u32 = 1 << 16;
/// Literals that a type lists before it is any string, or any number.
pub(crate) const LITERALS: usize = 256;
/// Items that the type of an array lists one by one.
const TUPLE: usize = 64;

/// The type of a JSON value: all that it may be.
#[derive(Clone, Default, PartialEq)]
pub struct Ty {
    pub(crate) kinds: Kinds,
    pub(crate) detail: Option<Arc<Detail>>,
}

/// A set of kinds of values.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Kinds(u16);

impl Kinds {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const NULL: Self = Self(1);
    /// Null that cannot be ruled out, though nobody expects it.
    pub(crate) const MISSING: Self = Self(1 << 1);
    pub(crate) const FALSE: Self = Self(1 << 2);
    pub(crate) const TRUE: Self = Self(1 << 3);
    /// Whole numbers, and infinity, which arithmetic may make of them.
    pub(crate) const INT: Self = Self(1 << 4);
    pub(crate) const FRACTION: Self = Self(1 << 5);
    pub(crate) const TEXT: Self = Self(1 << 6);
    pub(crate) const ARRAY: Self = Self(1 << 7);
    pub(crate) const OBJECT: Self = Self(1 << 8);
    /// Nothing is known.
    pub(crate) const ANY: Self = Self(1 << 9);
    /// A type by name, not looked up.
    pub(crate) const NAMED: Self = Self(1 << 10);

    pub(crate) const NULLS: Self = Self(0b11);
    pub(crate) const BOOL: Self = Self(0b11 << 2);
    pub(crate) const NUMBER: Self = Self(0b11 << 4);
    /// Kinds of which something more may be known.
    const DESCRIBED: Self = Self(0b111_1111 << 4);

    pub(crate) const fn with(self, more: Self) -> Self {
        Self(self.0 | more.0)
    }

    pub(crate) const fn without(self, less: Self) -> Self {
        Self(self.0 & !less.0)
    }

    pub(crate) const fn only(self, these: Self) -> Self {
        Self(self.0 & these.0)
    }

    pub(crate) const fn has(self, any_of: Self) -> bool {
        self.0 & any_of.0 != 0
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether nothing but these is in it.
    pub(crate) const fn within(self, these: Self) -> bool {
        self.0 & !these.0 == 0
    }
}

/// What is known beyond the kinds. Parts whose kind is not in the type are at their default.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Detail {
    pub(crate) numbers: Numbers,
    pub(crate) texts: Texts,
    pub(crate) array: Option<Array>,
    pub(crate) object: Option<Object>,
    pub(crate) names: Vec<Arc<str>>,
    pub(crate) reasons: Marks,
    pub(crate) secrets: Marks,
    /// The secrets of this value and of everything in it.
    pub(crate) all_secrets: Marks,
    pub(crate) label: Option<Arc<str>>,
    depth: u16,
    size: u32,
}

/// What is known of numbers.
#[derive(Clone, Default)]
pub(crate) enum Numbers {
    #[default]
    Any,
    /// Bounds, both included; then it is never "not a number".
    Within(f64, f64),
    /// All there are, in their order.
    OneOf(Arc<[Number]>),
}

/// What is known of strings.
#[derive(Clone, Default, PartialEq)]
pub(crate) enum Texts {
    #[default]
    Any,
    Formatted(Format),
    /// All there are, in their order.
    OneOf(Arc<[Arc<str>]>),
}

/// What the strings of a type look like.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Format {
    /// 32 hexadecimal digits in five groups.
    Uuid,
    /// `2024-05-01`.
    Date,
    /// A date and a time, as in RFC 3339.
    DateTime,
    /// `200ms`, `1h30m`, or ISO 8601.
    Duration,
    /// Digits of a decimal number.
    Decimal,
    /// Base64.
    Bytes,
}

#[derive(Clone, PartialEq)]
pub(crate) struct Array {
    /// What every item is; never, for an array that is always empty.
    pub(crate) item: Ty,
    /// The items one by one, where their number is known.
    pub(crate) items: Option<Arc<[Ty]>>,
    /// Items there are at least.
    pub(crate) min: u32,
}

#[derive(Clone, PartialEq)]
pub(crate) struct Object {
    pub(crate) fields: Arc<Fields>,
    /// What is under all other keys; `None` if there are none.
    pub(crate) rest: Option<Ty>,
}

pub(crate) type Fields = IndexMap<Arc<str>, Field>;

/// What an object has under one key.
#[derive(Clone, PartialEq, Debug)]
pub struct Field {
    /// Its type.
    pub ty: Ty,
    /// Whether the key is always there. The value may be null all the same.
    pub required: bool,
}

impl Field {
    /// A key that is always there.
    #[must_use]
    pub fn required(ty: Ty) -> Self {
        Self { ty, required: true }
    }

    /// A key that may be absent.
    #[must_use]
    pub fn optional(ty: Ty) -> Self {
        Self { ty, required: false }
    }
}

/// A small set of numbers that the caller gave.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Marks(Option<Arc<[u32]>>);

impl Marks {
    fn one(mark: u32) -> Self {
        Self(Some([mark].into()))
    }

    pub(crate) fn as_slice(&self) -> &[u32] {
        self.0.as_deref().unwrap_or_default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn and(&self, other: &Self) -> Self {
        match (&self.0, &other.0) {
            (_, None) => self.clone(),
            (None, _) => other.clone(),
            (Some(x), Some(y)) if Arc::ptr_eq(x, y) || x == y => self.clone(),
            (Some(x), Some(y)) => {
                let mut all: Vec<u32> = x.iter().chain(&**y).copied().collect();
                all.sort_unstable();
                all.dedup();
                Self(Some(all.into()))
            }
        }
    }
}

impl Ty {
    const fn of(kinds: Kinds) -> Self {
        Self { kinds, detail: None }
    }

    /// A value of which nothing is known.
    #[must_use]
    pub const fn any() -> Self {
        Self::of(Kinds::ANY)
    }

    /// No value at all: the type of what always fails or gives nothing.
    #[must_use]
    pub const fn never() -> Self {
        Self::of(Kinds::NONE)
    }

    /// Null.
    #[must_use]
    pub const fn null() -> Self {
        Self::of(Kinds::NULL)
    }

    /// True or false.
    #[must_use]
    pub const fn bool() -> Self {
        Self::of(Kinds::BOOL)
    }

    /// A whole number.
    #[must_use]
    pub const fn int() -> Self {
        Self::of(Kinds::INT)
    }

    /// Any number, whole or not.
    #[must_use]
    pub const fn number() -> Self {
        Self::of(Kinds::NUMBER)
    }

    /// Any string.
    #[must_use]
    pub const fn string() -> Self {
        Self::of(Kinds::TEXT)
    }

    /// A string that looks like this.
    #[must_use]
    pub fn formatted(format: Format) -> Self {
        let texts = Texts::Formatted(format);
        Self::built(Kinds::TEXT, Detail { texts, ..Detail::default() })
    }

    /// A decimal number: a JSON number, or a string of digits.
    #[must_use]
    pub fn decimal() -> Self {
        let texts = Texts::Formatted(Format::Decimal);
        Self::built(Kinds::NUMBER.with(Kinds::TEXT), Detail { texts, ..Detail::default() })
    }

    /// One of these strings.
    #[must_use]
    pub fn one_of<S: Into<Arc<str>>>(texts: impl IntoIterator<Item = S>) -> Self {
        let mut texts: Vec<Arc<str>> = texts.into_iter().map(Into::into).collect();
        texts.sort_unstable();
        texts.dedup();
        match texts.len() {
            0 => Self::never(),
            1..=LITERALS => {
                let texts = Texts::OneOf(texts.into());
                Self::built(Kinds::TEXT, Detail { texts, ..Detail::default() })
            }
            _ => Self::string(),
        }
    }

    /// Exactly this value.
    #[must_use]
    pub fn literal(value: &Value) -> Self {
        match value {
            Value::Null => Self::null(),
            Value::Bool(bool) => Self::truth(*bool),
            Value::Number(number) => Self::numeral(Number::from_json(number)),
            Value::String(text) => Self::one_of([text.as_str()]),
            Value::Array(items) => Self::tuple(items.iter().map(Self::literal)),
            Value::Object(entries) => {
                let field = |(key, value): (&String, _)| {
                    (key.as_str().into(), Field::required(Self::literal(value)))
                };
                Self::object(entries.iter().map(field), None)
            }
        }
    }

    pub(crate) const fn truth(bool: bool) -> Self {
        Self::of(if bool { Kinds::TRUE } else { Kinds::FALSE })
    }

    /// Exactly this number.
    pub(crate) fn numeral(number: Number) -> Self {
        let float = number.as_f64();
        if float.is_nan() {
            return Self::of(Kinds::FRACTION);
        }
        let kinds = if is_whole(number) { Kinds::INT } else { Kinds::FRACTION };
        let numbers = Numbers::OneOf([number].into());
        Self::built(kinds, Detail { numbers, ..Detail::default() })
    }

    /// The numbers of this type between two bounds, both included.
    #[must_use]
    pub fn within(self, min: f64, max: f64) -> Self {
        if !self.kinds.has(Kinds::NUMBER) || min.is_nan() || max.is_nan() {
            return self;
        }
        self.detailed(|detail| detail.numbers = Numbers::Within(min, max))
    }

    /// An array with items of this type.
    #[must_use]
    pub fn array(item: Self) -> Self {
        Self::array_of(Array { item, items: None, min: 0 })
    }

    /// An array with items of this type, at least so many.
    #[must_use]
    pub fn array_at_least(item: Self, min: u32) -> Self {
        Self::array_of(Array { item, items: None, min })
    }

    /// An array with exactly these items.
    #[must_use]
    pub fn tuple(items: impl IntoIterator<Item = Self>) -> Self {
        let items: Vec<Self> = items.into_iter().collect();
        let item = items.iter().fold(Self::never(), |all, item| all.union(item));
        let min = u32::try_from(items.len()).unwrap_or(u32::MAX);
        let items = (items.len() <= TUPLE).then(|| items.into());
        Self::array_of(Array { item, items, min })
    }

    pub(crate) fn array_of(array: Array) -> Self {
        Self::built(Kinds::ARRAY, Detail { array: Some(array), ..Detail::default() })
    }

    /// An object with these fields; `rest` is what all other keys hold, `None` if there are no others.
    #[must_use]
    pub fn object(fields: impl IntoIterator<Item = (Arc<str>, Field)>, rest: Option<Self>) -> Self {
        Self::object_of(Object { fields: Arc::new(fields.into_iter().collect()), rest })
    }

    /// An object with any keys, and a value of this type under each.
    #[must_use]
    pub fn map(value: Self) -> Self {
        Self::object([], Some(value))
    }

    pub(crate) fn object_of(object: Object) -> Self {
        Self::built(Kinds::OBJECT, Detail { object: Some(object), ..Detail::default() })
    }

    /// The type of this name, looked up only when something looks into it; it may contain itself.
    #[must_use]
    pub fn named(name: impl Into<Arc<str>>) -> Self {
        Self::built(Kinds::NAMED, Detail { names: vec![name.into()], ..Detail::default() })
    }

    /// The same type, shown under a name.
    #[must_use]
    pub fn labelled(self, label: impl Into<Arc<str>>) -> Self {
        let label = label.into();
        self.detailed(|detail| detail.label = Some(label))
    }

    /// The same type or null, as an author expects it of a `T?`.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.kinds = self.kinds.with(Kinds::NULL);
        self
    }

    /// The same type or null, and why.
    #[must_use]
    pub fn optional_because(self, reason: u32) -> Self {
        self.optional().detailed(|detail| detail.reasons = detail.reasons.and(&Marks::one(reason)))
    }

    /// The same type or null, which is never reported.
    #[must_use]
    pub fn possibly_missing(mut self) -> Self {
        self.kinds = self.kinds.with(Kinds::MISSING);
        self
    }

    /// The same type without null.
    #[must_use]
    pub fn without_null(self) -> Self {
        self.keep(|kinds| kinds.without(Kinds::NULLS))
    }

    /// The same type, its value taken from the secret of this number.
    #[must_use]
    pub fn secret(self, origin: u32) -> Self {
        self.tainted(&Marks::one(origin))
    }

    pub(crate) fn tainted(self, secrets: &Marks) -> Self {
        if secrets.is_empty() || self.kinds.is_empty() {
            return self;
        }
        self.detailed(|detail| detail.secrets = detail.secrets.and(secrets))
    }

    /// Whether nothing is known of the value.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.kinds.has(Kinds::ANY)
    }

    /// Whether there is no value of this type.
    #[must_use]
    pub fn is_never(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Whether the value may be null in a way that is to be expected.
    #[must_use]
    pub fn may_be_null(&self) -> bool {
        self.kinds.has(Kinds::NULL)
    }

    /// Whether the value is certainly null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        !self.kinds.is_empty() && self.kinds.within(Kinds::NULLS)
    }

    /// Why the value may be null, as far as somebody said so.
    #[must_use]
    pub fn null_reasons(&self) -> &[u32] {
        self.detail.as_ref().map_or(&[], |detail| detail.reasons.as_slice())
    }

    /// The secrets that the value or anything in it was made from.
    #[must_use]
    pub fn secrets(&self) -> &[u32] {
        self.detail.as_ref().map_or(&[], |detail| detail.all_secrets.as_slice())
    }

    /// The secrets that the value itself was made from, or all of what is in it.
    #[must_use]
    pub fn own_secrets(&self) -> &[u32] {
        self.detail.as_ref().map_or(&[], |detail| detail.secrets.as_slice())
    }

    pub(crate) fn secret_marks(&self) -> Marks {
        self.detail.as_ref().map_or_else(Marks::default, |detail| detail.secrets.clone())
    }

    pub(crate) fn all_secret_marks(&self) -> Marks {
        self.detail.as_ref().map_or_else(Marks::default, |detail| detail.all_secrets.clone())
    }

    /// The name that the type is shown under, or that it stands for.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        let detail = self.detail.as_ref()?;
        match detail.names.as_slice() {
            [name] => Some(name),
            _ => detail.label.as_deref(),
        }
    }

    /// The type with names replaced by what they stand for; what is in it keeps its names.
    #[must_use]
    pub fn resolved(&self, types: &Types) -> Self {
        let mut ty = self.clone();
        // A name may stand for another one.
        for _ in 0..8 {
            let Some(detail) = ty.detail.as_ref().filter(|_| ty.kinds.has(Kinds::NAMED)) else {
                return ty;
            };
            let names = detail.names.clone();
            let secrets = detail.secrets.clone();
            let bare = ty.clone().keep(|kinds| kinds.without(Kinds::NAMED));
            let meant = names.iter().fold(Self::never(), |all, name| {
                let meant = types.get(name).cloned().unwrap_or_else(Self::any);
                let meant = if meant.label().is_none() && !meant.is_any() {
                    meant.labelled(Arc::clone(name))
                } else {
                    meant
                };
                all.union(&meant)
            });
            ty = bare.union(&meant.tainted(&secrets));
        }
        Self::any().tainted(&ty.all_secret_marks())
    }

    /// What is under a key: null where an object lacks it, `None` if the value is certainly no object and not null.
    #[must_use]
    pub fn field(&self, name: &str, types: &Types) -> Option<Self> {
        let ty = self.resolved(types);
        let mut found = Self::never();
        if ty.is_any() {
            found = Self::any();
        }
        if let Some(object) = ty.as_object() {
            found = found.union(&object.get(name));
        }
        if ty.kinds.has(Kinds::NULLS) {
            found = found.union(&ty.nulls());
        }
        (!found.is_never()).then(|| found.tainted(&ty.secret_marks()))
    }

    /// What the items of an array or the values of an object are; `None` if the value is certainly neither.
    #[must_use]
    pub fn item(&self, types: &Types) -> Option<Self> {
        let ty = self.resolved(types);
        if !ty.kinds.has(Kinds::ANY.with(Kinds::ARRAY).with(Kinds::OBJECT)) {
            return None;
        }
        let mut found = if ty.is_any() { Self::any() } else { Self::never() };
        if let Some(array) = ty.as_array() {
            found = found.union(&array.item);
        }
        if let Some(object) = ty.as_object() {
            found = found.union(&object.values());
        }
        Some(found.tainted(&ty.secret_marks()))
    }

    /// Names of the fields, if the value may be an object.
    #[must_use]
    pub fn field_names(&self, types: &Types) -> Vec<Arc<str>> {
        let ty = self.resolved(types);
        ty.as_object().map(|object| object.fields.keys().cloned().collect()).unwrap_or_default()
    }

    /// Adds or replaces a field; in place where nobody shares the type, so that an object can be built field by field.
    pub fn insert(&mut self, name: impl Into<Arc<str>>, field: Field) {
        let name = name.into();
        if !self.kinds.has(Kinds::OBJECT) {
            *self = self.union(&Self::object([], None));
        }
        let mut detail = self.detail.take().unwrap_or_default();
        let inner = Arc::make_mut(&mut detail);
        let object = inner.object.get_or_insert_with(Object::open);
        inner.all_secrets = inner.all_secrets.and(&field.ty.all_secret_marks());
        inner.depth = inner.depth.max(field.ty.depth().saturating_add(1));
        inner.size = inner.size.saturating_add(field.ty.size());
        Arc::make_mut(&mut object.fields).insert(name, field);
        self.detail = Some(detail);
    }

    /// The one value of this type, if there is but one and it is no array or object.
    #[must_use]
    pub fn constant(&self) -> Option<Value> {
        match self.kinds {
            Kinds::NULL => Some(Value::Null),
            Kinds::TRUE => Some(Value::Bool(true)),
            Kinds::FALSE => Some(Value::Bool(false)),
            Kinds::TEXT => match self.texts() {
                Texts::OneOf(texts) if texts.len() == 1 => {
                    texts.first().map(|text| Value::String(text.to_string()))
                }
                _ => None,
            },
            Kinds::INT | Kinds::FRACTION => match self.numbers() {
                Numbers::OneOf(numbers) if numbers.len() == 1 => {
                    numbers.first()?.to_json().map(Value::Number)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether the value, as a condition, is certainly true or certainly false.
    #[must_use]
    pub fn truthiness(&self) -> Option<bool> {
        let falsy = Kinds::NULLS.with(Kinds::FALSE);
        if self.kinds.is_empty() || self.kinds.has(Kinds::ANY.with(Kinds::NAMED)) {
            None
        } else if self.kinds.within(falsy) {
            Some(false)
        } else if self.kinds.has(falsy) {
            None
        } else {
            Some(true)
        }
    }

    /// Whether the value is certainly an array.
    #[must_use]
    pub fn is_array(&self) -> bool {
        self.kinds == Kinds::ARRAY
    }

    /// Whether the value is certainly a string.
    #[must_use]
    pub fn is_string(&self) -> bool {
        self.kinds == Kinds::TEXT
    }

    /// The strings that the value may be, if it is a string and they are known.
    #[must_use]
    pub fn literals(&self) -> Option<&[Arc<str>]> {
        match self.texts_ref() {
            Some(Texts::OneOf(texts)) if self.kinds.has(Kinds::TEXT) => Some(texts),
            _ => None,
        }
    }
}

impl Ty {
    pub(crate) fn built(kinds: Kinds, mut detail: Detail) -> Self {
        detail.measure();
        if detail.depth > DEPTH || detail.size > SIZE {
            return Self::any().tainted(&detail.all_secrets);
        }
        Self { kinds, detail: Some(Arc::new(detail)) }
    }

    fn detailed(self, change: impl FnOnce(&mut Detail)) -> Self {
        let mut detail = self.detail.unwrap_or_default();
        let inner = Arc::make_mut(&mut detail);
        change(inner);
        inner.measure();
        Self { kinds: self.kinds, detail: Some(detail) }
    }

    /// The type with some kinds taken out, and what was known of them.
    pub(crate) fn keep(self, choose: impl FnOnce(Kinds) -> Kinds) -> Self {
        let kinds = choose(self.kinds);
        if kinds == self.kinds {
            return self;
        }
        let Some(detail) = &self.detail else { return Self::of(kinds) };
        if kinds.is_empty() {
            return Self::never();
        }
        let mut left = (**detail).clone();
        left.drop_except(kinds);
        Self::built(kinds, left).simplified()
    }

    /// The type without what a loop would add to for ever: literals, bounds and numbers of items.
    pub(crate) fn generalized(&self) -> Self {
        let Some(detail) = &self.detail else { return self.clone() };
        let mut detail = (**detail).clone();
        detail.numbers = Numbers::Any;
        if matches!(detail.texts, Texts::OneOf(_)) {
            detail.texts = Texts::Any;
        }
        detail.array =
            detail.array.map(|array| Array { item: array.item.generalized(), items: None, min: 0 });
        detail.object = detail.object.map(|object| {
            let field = |(name, field): (&Arc<str>, &Field)| {
                let ty = field.ty.generalized();
                (Arc::clone(name), Field { ty, required: field.required })
            };
            let fields = Arc::new(object.fields.iter().map(field).collect());
            Object { fields, rest: object.rest.map(|rest| rest.generalized()) }
        });
        Self::built(self.kinds, detail).simplified()
    }

    /// Without a detail that says nothing.
    fn simplified(self) -> Self {
        let plain = self.detail.as_ref().is_some_and(|detail| {
            matches!((&detail.numbers, &detail.texts), (Numbers::Any, Texts::Any))
                && detail.array.is_none()
                && detail.object.is_none()
                && detail.names.is_empty()
                && detail.reasons.is_empty()
                && detail.secrets.is_empty()
                && detail.label.is_none()
        });
        if plain { Self::of(self.kinds) } else { self }
    }

    /// Only null, as far as it is in the type, with its reasons.
    pub(crate) fn nulls(&self) -> Self {
        self.clone().keep(|kinds| kinds.only(Kinds::NULLS))
    }

    pub(crate) fn only(&self, kinds: Kinds) -> Self {
        self.clone().keep(|mine| mine.only(kinds))
    }

    pub(crate) fn without(&self, kinds: Kinds) -> Self {
        self.clone().keep(|mine| mine.without(kinds))
    }

    pub(crate) fn with_kinds(kinds: Kinds) -> Self {
        Self::of(kinds)
    }

    pub(crate) fn as_array(&self) -> Option<Array> {
        self.kinds.has(Kinds::ARRAY).then(|| {
            let known = self.detail.as_ref().and_then(|detail| detail.array.clone());
            known.unwrap_or(Array { item: Self::any(), items: None, min: 0 })
        })
    }

    pub(crate) fn as_object(&self) -> Option<Object> {
        self.kinds.has(Kinds::OBJECT).then(|| {
            let known = self.detail.as_ref().and_then(|detail| detail.object.clone());
            known.unwrap_or_else(Object::open)
        })
    }

    fn texts_ref(&self) -> Option<&Texts> {
        self.detail.as_ref().map(|detail| &detail.texts)
    }

    pub(crate) fn texts(&self) -> Texts {
        self.texts_ref().cloned().unwrap_or_default()
    }

    pub(crate) fn numbers(&self) -> Numbers {
        self.detail.as_ref().map(|detail| detail.numbers.clone()).unwrap_or_default()
    }

    fn depth(&self) -> u16 {
        self.detail.as_ref().map_or(0, |detail| detail.depth)
    }

    fn size(&self) -> u32 {
        self.detail.as_ref().map_or(1, |detail| detail.size)
    }
}

impl Object {
    /// An object of which nothing is known.
    pub(crate) fn open() -> Self {
        Self { fields: Arc::default(), rest: Some(Ty::any()) }
    }

    /// What indexing by this key gives.
    pub(crate) fn get(&self, name: &str) -> Ty {
        match (self.fields.get(name), &self.rest) {
            (Some(Field { ty, required: true }), _) => ty.clone(),
            // That it is missing nobody expects.
            (Some(Field { ty, required: false }), _)
                if ty.kinds.only(Kinds::NULLS) == Kinds::MISSING =>
            {
                ty.clone()
            }
            (Some(Field { ty, required: false }), _) => ty.clone().optional(),
            (None, Some(rest)) if rest.is_any() => rest.clone(),
            (None, Some(rest)) => rest.clone().possibly_missing(),
            (None, None) => Ty::null(),
        }
    }

    /// What iterating over the values gives.
    pub(crate) fn values(&self) -> Ty {
        let rest = self.rest.clone().unwrap_or_default();
        self.fields.values().fold(rest, |all, field| all.union(&field.ty))
    }
}

impl Detail {
    fn drop_except(&mut self, kinds: Kinds) {
        if !kinds.has(Kinds::NUMBER) {
            self.numbers = Numbers::Any;
        }
        if !kinds.has(Kinds::TEXT) {
            self.texts = Texts::Any;
        }
        if !kinds.has(Kinds::ARRAY) {
            self.array = None;
        }
        if !kinds.has(Kinds::OBJECT) {
            self.object = None;
        }
        if !kinds.has(Kinds::NAMED) {
            self.names.clear();
        }
        if !kinds.has(Kinds::NULL) {
            self.reasons = Marks::default();
        }
        if !kinds.has(Kinds::DESCRIBED.with(Kinds::BOOL)) {
            self.label = None;
        }
    }

    /// Depth, size and secrets, from those of the parts.
    fn measure(&mut self) {
        let (mut depth, mut size, mut secrets) = (0_u16, 1_u32, self.secrets.clone());
        let mut add = |ty: &Ty| {
            depth = depth.max(ty.depth().saturating_add(1));
            size = size.saturating_add(ty.size());
            if let Some(detail) = &ty.detail {
                secrets = secrets.and(&detail.all_secrets);
            }
        };
        if let Some(array) = &self.array {
            add(&array.item);
            array.items.iter().flat_map(|items| items.iter()).for_each(&mut add);
        }
        if let Some(object) = &self.object {
            object.fields.values().for_each(|field| add(&field.ty));
            object.rest.iter().for_each(&mut add);
        }
        (self.depth, self.size, self.all_secrets) = (depth, size, secrets);
    }
}

/// Whether a number counts as an integer, as JSON Schema has it: `1.0` does.
pub(crate) fn is_whole(number: Number) -> bool {
    number.is_int() || number.as_f64().is_infinite() || number.as_f64().fract() == 0.0
}

impl PartialEq for Numbers {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, Self::Any) => true,
            (Self::Within(a, b), Self::Within(c, d)) => {
                a.total_cmp(c).is_eq() && b.total_cmp(d).is_eq()
            }
            (Self::OneOf(x), Self::OneOf(y)) => {
                x.len() == y.len() && x.iter().zip(&**y).all(|(x, y)| x.compare(*y).is_eq())
            }
            _ => false,
        }
    }
}
