//! Getting at the parts of a value, and what can be wrong with that.

use std::sync::Arc;

use super::engine::Engine;
use super::problem::TypeProblemKind;
use super::stream::{Count, Stream};
use crate::number::Number;
use crate::tree::Span;
use crate::ty::{Array, Kinds, Numbers, Ty};

/// Values that a literal index is looked up for one by one.
const KEYS: usize = 16;

impl Engine<'_> {
    /// The value, if a function or operator takes it: without the kinds that it does not take.
    ///
    /// What is certainly of no such kind, or may be expected to be null where null fails, is reported.
    pub(super) fn accept(
        &mut self,
        span: Span,
        operation: &str,
        expected: &'static str,
        ty: &Ty,
        accepted: Kinds,
    ) -> Option<Ty> {
        let ty = self.open(ty);
        if ty.is_never() || ty.kinds.has(Kinds::ANY) && !ty.kinds.has(Kinds::NULL) {
            return Some(ty);
        }
        let kinds = accepted.with(Kinds::ANY);
        if !ty.kinds.has(kinds) {
            let kind =
                TypeProblemKind::Argument { function: operation.into(), expected, found: ty };
            self.report(span, kind);
            return None;
        }
        self.check_null(span, operation, &ty, accepted);
        Some(ty.only(kinds))
    }

    pub(super) fn check_null(&mut self, span: Span, operation: &str, ty: &Ty, accepted: Kinds) {
        if ty.kinds.has(Kinds::NULL) && !accepted.has(Kinds::NULLS) {
            let kind = TypeProblemKind::MaybeNull {
                reasons: ty.null_reasons().to_vec(),
                operation: operation.into(),
                found: ty.clone(),
            };
            self.report(span, kind);
        }
    }

    fn not_indexable(&mut self, span: Span, found: &Ty, by: &Ty) -> Stream {
        let secrets = found.all_secret_marks();
        let kind = TypeProblemKind::NotIndexable { found: found.clone(), by: by.clone() };
        self.report(span, kind);
        Stream::failed(Ty::any().tainted(&secrets))
    }

    /// What is under a fixed key. `name` is where the key itself is written.
    pub(super) fn key(&mut self, span: Span, name: Span, value: &Ty, key: &str) -> Stream {
        let value = self.open(value);
        if !value.kinds.has(Kinds::OBJECT.with(Kinds::NULLS).with(Kinds::ANY)) {
            return self.not_indexable(span, &value, &Ty::string());
        }
        let mut found = if value.is_any() { Ty::any() } else { Ty::never() };
        if value.kinds.has(Kinds::NULLS) {
            found = found.union(&value.nulls());
        }
        if let Some(object) = value.as_object() {
            if !object.fields.contains_key(key) && object.rest.is_none() {
                let kind = TypeProblemKind::UnknownField {
                    field: key.into(),
                    known: object.fields.keys().cloned().collect(),
                    within: value.clone(),
                };
                self.report(name, kind);
                return Stream::one(Ty::any().tainted(&value.secret_marks()));
            }
            found = found.union(&object.get(key));
        }
        Stream::one(found.tainted(&value.secret_marks()))
    }

    /// What is at a computed key or position.
    pub(super) fn index(&mut self, span: Span, value: &Ty, index: &Ty) -> Stream {
        let (value, index) = (self.open(value), self.open(index));
        if index.is_never() || value.is_never() {
            return Stream::one(Ty::never());
        }
        if let Some([key]) = index.literals().filter(|_| index.is_string()) {
            return self.key(span, span, &value, &Arc::clone(key));
        }
        let secrets = value.secret_marks();
        if value.is_any() || index.is_any() {
            return Stream::one(Ty::any().tainted(&value.all_secret_marks()));
        }
        let (of, by) = (value.kinds, index.kinds);
        let slices = of.has(Kinds::TEXT.with(Kinds::ARRAY)) && by.has(Kinds::OBJECT);
        let mut found = Ty::never();
        if of.has(Kinds::NULLS)
            && by.has(Kinds::NULLS.with(Kinds::TEXT).with(Kinds::NUMBER).with(Kinds::OBJECT))
        {
            found = found.union(&value.nulls());
        }
        if let Some(object) = value.as_object().filter(|_| by.has(Kinds::TEXT)) {
            found = found.union(&match index.literals() {
                Some(keys) if keys.len() <= KEYS => {
                    keys.iter().fold(Ty::never(), |all, key| all.union(&object.get(key)))
                }
                _ => object.values().possibly_missing(),
            });
        }
        if let Some(array) = value.as_array() {
            if by.has(Kinds::NUMBER) {
                found = found.union(&array.at(&index));
            }
            if by.has(Kinds::ARRAY) {
                found = found.union(&Ty::array(Ty::int()));
            }
        }
        if slices {
            found = found.union(&self.slice(span, &value.only(Kinds::TEXT.with(Kinds::ARRAY))).ty);
        }
        if found.is_never() {
            return self.not_indexable(span, &value, &index);
        }
        Stream::one(found.tainted(&secrets))
    }

    /// `.[]`
    pub(super) fn iterate(&mut self, span: Span, value: &Ty) -> Stream {
        let value = self.open(value);
        let secrets = value.secret_marks();
        let accepted = Kinds::ARRAY.with(Kinds::OBJECT);
        if value.is_any() && !value.kinds.has(Kinds::NULL) {
            return Stream { each: true, ..Stream::many(Ty::any().tainted(&secrets)) };
        }
        if !value.kinds.has(accepted.with(Kinds::ANY)) {
            let secrets = value.all_secret_marks();
            self.report(span, TypeProblemKind::NotIterable { found: value });
            return Stream { fails: true, ..Stream::many(Ty::any().tainted(&secrets)) };
        }
        self.check_null(span, ".[]", &value, accepted);
        if value.is_any() {
            return Stream { each: true, ..Stream::many(Ty::any().tainted(&secrets)) };
        }
        let mut all: Option<Stream> = None;
        if let Some(array) = value.as_array() {
            let max = if array.items.as_ref().is_some_and(|items| items.len() < 2) {
                array.min
            } else {
                2
            };
            let count = Count { min: array.min.min(2) as u8, max: max.min(2) as u8 };
            let count = if array.item.is_never() { Count::NONE } else { count };
            all = Some(Stream { count, each: true, ..Stream::many(array.item) });
        }
        if let Some(object) = value.as_object() {
            let required = object.fields.values().filter(|field| field.required).count();
            let max = if object.rest.is_some() { 2 } else { object.fields.len() };
            let count = Count { min: required.min(2) as u8, max: max.min(2) as u8 };
            let stream = Stream { count, each: true, ..Stream::many(object.values()) };
            all = Some(match all {
                Some(items) => items.or(stream),
                None => stream,
            });
        }
        let all = all.unwrap_or_else(Stream::none);
        let ty = all.ty.clone().tainted(&secrets);
        all.with(ty)
    }

    /// `.[from:to]`
    pub(super) fn slice(&mut self, span: Span, value: &Ty) -> Stream {
        let value = self.open(value);
        if value.is_any() {
            return Stream::one(value);
        }
        let mut found = value.nulls();
        if value.kinds.has(Kinds::TEXT) {
            found = found.union(&Ty::string());
        }
        if let Some(array) = value.as_array() {
            found = found.union(&Ty::array(array.item));
        }
        if found.is_never() && !value.is_never() {
            return self.not_indexable(span, &value, &Ty::int());
        }
        Stream::one(found.tainted(&value.secret_marks()))
    }

    /// Checks a bound of a slice.
    pub(super) fn bound(&mut self, span: Span, bound: &Ty) {
        let accepted = Kinds::NUMBER.with(Kinds::NULLS);
        self.quietly(|engine| engine.accept(span, "[:]", "a number", bound, accepted));
    }

    /// `..`: the value and everything in it.
    pub(super) fn descend(&mut self, dot: &Ty) -> Stream {
        let mut all = dot.clone();
        let mut current = dot.clone();
        for _ in 0..6 {
            let inner = self.quietly(|engine| {
                let open = engine.open(&current);
                let parts = open.only(Kinds::ARRAY.with(Kinds::OBJECT).with(Kinds::ANY));
                engine.iterate(Span::default(), &parts).ty
            });
            let inner =
                if self.open(&current).kinds.has(Kinds::ARRAY.with(Kinds::OBJECT).with(Kinds::ANY))
                {
                    inner
                } else {
                    return Stream { count: Count { min: 1, max: 2 }, ..Stream::many(all) };
                };
            all = all.union(&inner);
            current = inner;
        }
        Stream {
            count: Count { min: 1, max: 2 },
            ..Stream::many(Ty::any().tainted(&dot.all_secret_marks()))
        }
    }
}

impl Array {
    /// What is at a position.
    pub(crate) fn at(&self, index: &Ty) -> Ty {
        let known = match index.numbers() {
            Numbers::OneOf(numbers) => match (&*numbers, &self.items) {
                ([Number::Int(at)], Some(items)) => {
                    let len = i64::try_from(items.len()).unwrap_or(i64::MAX);
                    let at = if *at < 0 { len + at } else { *at };
                    let item = usize::try_from(at).ok().and_then(|at| items.get(at));
                    return item.cloned().unwrap_or_else(Ty::null);
                }
                ([Number::Int(at)], None) => {
                    let needed = if *at < 0 {
                        at.unsigned_abs()
                    } else {
                        at.unsigned_abs().saturating_add(1)
                    };
                    needed <= u64::from(self.min)
                }
                _ => false,
            },
            _ => false,
        };
        if known || self.item.is_any() {
            self.item.clone()
        } else {
            self.item.clone().possibly_missing()
        }
    }
}
