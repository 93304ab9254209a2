//! The union of two types, kind by kind.

use std::sync::Arc;

use super::{Array, Detail, Field, Fields, Kinds, LITERALS, Numbers, Object, Texts, Ty};
use crate::number::Number;

impl Ty {
    /// Everything that is of one type or the other.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        if other.kinds.is_empty() || self.same(other) {
            return self.clone();
        }
        if self.kinds.is_empty() {
            return other.clone();
        }
        let kinds = self.kinds.with(other.kinds);
        if self.detail.is_none() && other.detail.is_none() {
            let any = kinds.has(Kinds::ANY);
            let kinds = if any { kinds.only(Kinds::ANY.with(Kinds::NULL)) } else { kinds };
            return Self { kinds, detail: None };
        }
        let (mine, theirs) = (Known::of(self), Known::of(other));
        if kinds.has(Kinds::ANY) {
            let reasons = mine.detail.reasons.and(&theirs.detail.reasons);
            let secrets = mine.detail.all_secrets.and(&theirs.detail.all_secrets);
            let kinds = kinds.only(Kinds::ANY.with(Kinds::NULL));
            return Self::built(kinds, Detail { reasons, secrets, ..Detail::default() })
                .simplified();
        }
        let detail = Detail {
            numbers: either(Kinds::NUMBER, &mine, &theirs, |d| d.numbers.clone(), Numbers::or),
            texts: either(Kinds::TEXT, &mine, &theirs, |d| d.texts.clone(), Texts::or),
            array: either(Kinds::ARRAY, &mine, &theirs, |d| d.array.clone(), or_unknown(Array::or)),
            object: either(
                Kinds::OBJECT,
                &mine,
                &theirs,
                |d| d.object.clone(),
                or_unknown(Object::or),
            ),
            names: names(&mine.detail.names, &theirs.detail.names),
            reasons: mine.detail.reasons.and(&theirs.detail.reasons),
            secrets: mine.detail.secrets.and(&theirs.detail.secrets),
            label: label(&mine, &theirs),
            ..Detail::default()
        };
        let ty = Self::built(kinds, detail).simplified();
        // What was too large to describe may still be null for a reason.
        if ty.is_any() && !kinds.has(Kinds::ANY) && kinds.has(Kinds::NULL) {
            return ty.optional();
        }
        ty
    }

    fn same(&self, other: &Self) -> bool {
        self.kinds == other.kinds
            && match (&self.detail, &other.detail) {
                (None, None) => true,
                (Some(x), Some(y)) => Arc::ptr_eq(x, y),
                _ => false,
            }
    }
}

/// One side of a union.
struct Known<'a> {
    kinds: Kinds,
    detail: &'a Detail,
}

impl<'a> Known<'a> {
    fn of(ty: &'a Ty) -> Self {
        static NOTHING: std::sync::LazyLock<Detail> = std::sync::LazyLock::new(Detail::default);
        Self { kinds: ty.kinds, detail: ty.detail.as_deref().unwrap_or(&NOTHING) }
    }
}

/// What is known of a kind: of one side only, or of both.
fn either<T>(
    kind: Kinds,
    mine: &Known<'_>,
    theirs: &Known<'_>,
    get: impl Fn(&Detail) -> T,
    or: impl Fn(T, T) -> T,
) -> T {
    match (mine.kinds.has(kind), theirs.kinds.has(kind)) {
        (true, true) => or(get(mine.detail), get(theirs.detail)),
        (false, true) => get(theirs.detail),
        _ => get(mine.detail),
    }
}

fn or_unknown<T>(or: impl Fn(T, T) -> T) -> impl Fn(Option<T>, Option<T>) -> Option<T> {
    move |mine, theirs| Some(or(mine?, theirs?))
}

fn names(mine: &[Arc<str>], theirs: &[Arc<str>]) -> Vec<Arc<str>> {
    let mut all: Vec<Arc<str>> = mine.iter().chain(theirs).cloned().collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// A label stays where the other side adds nothing but null to it.
fn label(mine: &Known<'_>, theirs: &Known<'_>) -> Option<Arc<str>> {
    if theirs.kinds.within(Kinds::NULLS) {
        mine.detail.label.clone()
    } else if mine.kinds.within(Kinds::NULLS) || mine.detail.label == theirs.detail.label {
        theirs.detail.label.clone()
    } else {
        None
    }
}

impl Numbers {
    fn or(self, other: Self) -> Self {
        match (&self, &other) {
            (Self::OneOf(x), Self::OneOf(y)) => {
                let mut all: Vec<Number> = x.iter().chain(&**y).copied().collect();
                all.sort_by(|x, y| x.compare(*y));
                all.dedup_by(|x, y| x.compare(*y).is_eq());
                if all.len() <= LITERALS { Self::OneOf(all.into()) } else { self.hull(&other) }
            }
            _ => self.hull(&other),
        }
    }

    fn hull(&self, other: &Self) -> Self {
        match (self.bounds(), other.bounds()) {
            (Some((a, b)), Some((c, d))) => Self::Within(a.min(c), b.max(d)),
            _ => Self::Any,
        }
    }

    /// The least and the greatest number.
    pub(crate) fn bounds(&self) -> Option<(f64, f64)> {
        match self {
            Self::Any => None,
            Self::Within(min, max) => Some((*min, *max)),
            Self::OneOf(numbers) => Some((numbers.first()?.as_f64(), numbers.last()?.as_f64())),
        }
    }
}

impl Texts {
    fn or(self, other: Self) -> Self {
        match (&self, &other) {
            (Self::OneOf(x), Self::OneOf(y)) => {
                let mut all: Vec<Arc<str>> = x.iter().chain(&**y).cloned().collect();
                all.sort_unstable();
                all.dedup();
                if all.len() <= LITERALS { Self::OneOf(all.into()) } else { Self::Any }
            }
            (Self::Formatted(x), Self::Formatted(y)) if x == y => self,
            _ => Self::Any,
        }
    }
}

impl Array {
    fn or(self, other: Self) -> Self {
        let items = match (&self.items, &other.items) {
            (Some(x), Some(y)) if x.len() == y.len() => {
                Some(x.iter().zip(&**y).map(|(x, y)| x.union(y)).collect())
            }
            _ => None,
        };
        Self { item: self.item.union(&other.item), items, min: self.min.min(other.min) }
    }
}

impl Object {
    fn or(self, other: Self) -> Self {
        if Arc::ptr_eq(&self.fields, &other.fields) && self.rest == other.rest {
            return self;
        }
        let mut fields = Fields::new();
        let telling = self.telling_fields(&other);
        for (name, mine) in &*self.fields {
            let is_told = telling.iter().any(|told| *told != name);
            let field = match (other.fields.get(name), &other.rest) {
                (Some(theirs), _) => Field {
                    ty: if is_told {
                        told_apart(&mine.ty, &theirs.ty)
                    } else {
                        mine.ty.union(&theirs.ty)
                    },
                    required: mine.required && theirs.required,
                },
                (None, Some(rest)) => Field::optional(mine.ty.union(rest)),
                (None, None) => Field::optional(mine.ty.clone()),
            };
            fields.insert(Arc::clone(name), field);
        }
        for (name, theirs) in &*other.fields {
            if !self.fields.contains_key(name) {
                let ty = match &self.rest {
                    Some(rest) => theirs.ty.union(rest),
                    None => theirs.ty.clone(),
                };
                fields.insert(Arc::clone(name), Field::optional(ty));
            }
        }
        let rest = match (&self.rest, &other.rest) {
            (Some(x), Some(y)) => Some(x.union(y)),
            (rest, None) | (None, rest) => rest.clone(),
        };
        Self { fields: Arc::new(fields), rest }
    }
}

impl Object {
    /// The fields by which objects of one type can be told from those of the other, as `ok` in `{ok: true}` and `{ok: false}`.
    fn telling_fields<'o>(&'o self, other: &Self) -> Vec<&'o Arc<str>> {
        let tells = |mine: &Field, theirs: &Field| {
            mine.required && theirs.required && mine.ty.is_distinct_from(&theirs.ty)
        };
        let fields = self.fields.iter();
        let telling = fields.filter(|(name, mine)| {
            other.fields.get(*name).is_some_and(|theirs| tells(mine, theirs))
        });
        telling.map(|(name, _)| name).collect()
    }
}

impl Ty {
    /// Whether no value is of both types, as far as that can be seen at once.
    fn is_distinct_from(&self, other: &Self) -> bool {
        let unclear = Kinds::ANY.with(Kinds::NAMED);
        if self.kinds.has(unclear) || other.kinds.has(unclear) {
            return false;
        }
        let nulls = |kinds: Kinds| kinds.has(Kinds::NULLS);
        let shared = self.kinds.only(other.kinds).without(Kinds::NULLS);
        if nulls(self.kinds) && nulls(other.kinds) || !shared.within(Kinds::TEXT) {
            return false;
        }
        match (self.literals(), other.literals()) {
            (Some(mine), Some(theirs)) => mine.iter().all(|text| !theirs.contains(text)),
            _ => shared.is_empty(),
        }
    }
}

/// What a field holds of objects that another field tells apart: which of them has null there is known to whoever looked at that field.
fn told_apart(mine: &Ty, theirs: &Ty) -> Ty {
    let silent = |null: &Ty, other: &Ty| {
        let said = null.kinds.within(Kinds::NULLS) && null.null_reasons().is_empty();
        let missing = Ty::never().possibly_missing().tainted(&null.secret_marks());
        (said && !other.is_null()).then(|| missing.union(other))
    };
    silent(mine, theirs).or_else(|| silent(theirs, mine)).unwrap_or_else(|| mine.union(theirs))
}
