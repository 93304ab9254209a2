//! Assignments, `del` and their like: what becomes of a value when something in it is replaced.
//!
//! A path is followed where its shape is known: keys, positions, slices, `.[]`, pipes, `select` and commas. Any other path
//! leaves `any`, with all secrets of the old value and the new.

use std::sync::Arc;

use jaq_core::ops::Math;

use super::engine::Engine;
use super::env::Env;
use super::operators::calculate;
use super::stream::{Count, Stream};
use crate::tree::{Node, Op, Part, PartKind, Term};
use crate::ty::{Array, Field, Kinds, Marks, Object, Ty};

/// What replaces a value; never, and a count that may be none, where it is taken out.
pub(super) type Change<'c> = dyn FnMut(&mut Engine<'_>, &Ty) -> Stream + 'c;

impl Engine<'_> {
    pub(super) fn assignment<'e>(
        &mut self,
        path: &'e Term,
        op: Op,
        right: &'e Term,
        dot: &Ty,
        env: &'e Env<'e>,
    ) -> Stream {
        if op == Op::Update {
            let changed =
                self.update(path, dot, env, &mut |engine, old| engine.eval(right, old, env));
            // A path that leads nowhere changes nothing, and an update may end in many ways.
            return Stream { count: Count { min: 0, max: 2 }, ..Stream::one(changed) };
        }
        let value = self.eval(right, dot, env);
        let changed = self.update(path, dot, env, &mut |engine, old| match op {
            Op::UpdateMath(op) => Stream::one(sum(engine, op, old, &value.ty)),
            Op::UpdateAlternative => {
                let kept = engine.open(old).without(Kinds::NULLS.with(Kinds::FALSE));
                Stream::one(kept.union(&value.ty))
            }
            _ => Stream::one(value.ty.clone()),
        });
        Stream { fails: value.fails, count: value.count.or(Count::NONE), ..Stream::one(changed) }
    }

    /// The value with everything that a path leads to replaced.
    pub(super) fn update<'e>(
        &mut self,
        path: &'e Term,
        dot: &Ty,
        env: &'e Env<'e>,
        change: &mut Change<'_>,
    ) -> Ty {
        match &path.node {
            Node::Id => change(self, dot).ty,
            Node::Path(head, parts) => self.update(head, dot, env, &mut |engine, head| {
                engine.update_parts(parts, head, dot, env, change)
            }),
            Node::Binary(left, Op::Pipe, right) => {
                self.update(left, dot, env, &mut |engine, inner| {
                    Stream::one(engine.update(right, inner, env, change))
                })
            }
            Node::Commas(terms) => {
                terms.iter().fold(dot.clone(), |dot, term| self.update(term, &dot, env, change))
            }
            Node::Call(name, arguments)
                if env.function(&name.text, arguments.len()).is_none()
                    && matches!(
                        (&*name.text, arguments.len()),
                        ("select", 1) | ("first" | "last", 0) | ("empty", 0)
                    ) =>
            {
                match (&*name.text, arguments.first()) {
                    ("select", Some(test)) => {
                        let tested = self.eval(test, dot, env);
                        let assumed =
                            self.assume(test, dot, env, true).filter(|_| tested.count.max <= 1);
                        let chosen = assumed.map_or_else(|| dot.clone(), |(dot, _)| dot);
                        if chosen.is_never() {
                            dot.clone()
                        } else {
                            change(self, &chosen).ty.union(dot)
                        }
                    }
                    ("empty", _) => dot.clone(),
                    _ => self.update_index(
                        &Ty::numeral(crate::number::Number::Int(0)),
                        dot,
                        change,
                        Marks::default(),
                    ),
                }
            }
            _ => {
                let new = self.quietly(|engine| {
                    let any = engine.unknown(dot, env);
                    change(engine, &any).ty
                });
                self.unknown(dot, env).tainted(&new.all_secret_marks())
            }
        }
    }

    fn update_parts<'e>(
        &mut self,
        parts: &'e [Part],
        value: &Ty,
        dot: &Ty,
        env: &'e Env<'e>,
        change: &mut Change<'_>,
    ) -> Stream {
        let Some((part, rest)) = parts.split_first() else { return change(self, value) };
        let mut inner = |engine: &mut Engine<'_>, old: &Ty| -> Stream {
            engine.update_parts(rest, old, dot, env, change)
        };
        let changed = match &part.kind {
            PartKind::Key(key) => {
                let key = Ty::one_of([&*key.text]);
                self.update_index(&key, value, &mut inner, Marks::default())
            }
            PartKind::Index(index) => {
                let index = self.quietly(|engine| engine.eval(index, dot, env).ty);
                let secrets = index.all_secret_marks();
                self.update_index(&index, value, &mut inner, secrets)
            }
            PartKind::Range(None, None) => self.update_all(value, &mut inner),
            PartKind::Range(..) => {
                let open = self.open(value);
                let part = self.quietly(|engine| engine.slice(part.span, &open)).ty;
                let new = inner(self, &part).ty;
                let item = |ty: &Ty| ty.as_array().map_or_else(Ty::any, |array| array.item);
                Ty::array(item(&open).union(&item(&self.open(&new))))
                    .tainted(&open.all_secret_marks().and(&new.all_secret_marks()))
            }
        };
        // With a `?`, what cannot be changed stays as it is.
        Stream::one(if part.optional { changed.union(value) } else { changed })
    }

    /// What is under an index replaced. Null becomes an object or an array.
    fn update_index(
        &mut self,
        index: &Ty,
        value: &Ty,
        change: &mut Change<'_>,
        secrets: Marks,
    ) -> Ty {
        let (value, index) = (self.open(value), self.open(index));
        if value.is_never() {
            return value;
        }
        let secrets = secrets.and(&value.secret_marks());
        if index.is_any() || !index.kinds.within(Kinds::TEXT.with(Kinds::NUMBER)) {
            let new = change(self, &Ty::any().tainted(&value.all_secret_marks())).ty;
            return Ty::any()
                .tainted(&secrets.and(&value.all_secret_marks()).and(&new.all_secret_marks()));
        }
        let nullable = value.kinds.has(Kinds::NULLS.with(Kinds::ANY));
        let mut result = Ty::never();
        if index.kinds.has(Kinds::TEXT) {
            let mut object = match value.as_object() {
                Some(object) => object,
                None if value.is_any() => Object::open(),
                None => Object { fields: Arc::default(), rest: None },
            };
            if value.kinds.has(Kinds::OBJECT.with(Kinds::NULLS).with(Kinds::ANY)) {
                self.update_fields(&mut object, &index, nullable, change);
                let emptied =
                    if value.kinds.has(Kinds::NULLS) { value.nulls() } else { Ty::never() };
                let object = Ty::object_of(object);
                let object = match value.label() {
                    Some(label) => object.labelled(label),
                    None => object,
                };
                result = result.union(&object).union(&emptied);
                if !emptied.is_never() {
                    // Null stays null only where nothing is put into it.
                    let new = self.quietly(|engine| change(engine, &Ty::null()));
                    if new.count.min > 0 {
                        result = result.without(Kinds::NULLS);
                    }
                }
            }
        }
        if index.kinds.has(Kinds::NUMBER)
            && value.kinds.has(Kinds::ARRAY.with(Kinds::NULLS).with(Kinds::ANY))
        {
            let array = value.as_array();
            let item = match &array {
                Some(array) => array.item.clone(),
                None if value.is_any() => Ty::any(),
                None => Ty::never(),
            };
            let old = item.clone().possibly_missing();
            let new = change(self, &old);
            let mut item = item.union(&new.ty);
            if index.constant().is_none_or(|at| at != 0) {
                // What lies before a position beyond the end is filled up.
                item = item.possibly_missing();
            }
            result = result.union(&Ty::array(item));
            if new.count.min == 0 && value.kinds.has(Kinds::NULLS) {
                result = result.union(&value.nulls());
            }
        }
        if result.is_never() {
            return Ty::any().tainted(&secrets.and(&value.all_secret_marks()));
        }
        result.tainted(&secrets)
    }

    fn update_fields(
        &mut self,
        object: &mut Object,
        index: &Ty,
        nullable: bool,
        change: &mut Change<'_>,
    ) {
        match index.literals() {
            Some([key]) => {
                let before = object.get(key);
                let before = if nullable { before.union(&Ty::null()) } else { before };
                let new = change(self, &before);
                let fields = Arc::make_mut(&mut object.fields);
                if new.ty.is_never() {
                    fields.shift_remove(key);
                } else {
                    let field = Field { ty: new.ty, required: new.count.min > 0 };
                    fields.insert(Arc::clone(key), field);
                }
            }
            _ => {
                let before = object.values().possibly_missing();
                let new = change(self, &before);
                for field in Arc::make_mut(&mut object.fields).values_mut() {
                    field.ty = field.ty.union(&new.ty);
                    field.required &= new.count.min > 0;
                }
                object.rest = Some(object.rest.take().unwrap_or_default().union(&new.ty));
            }
        }
    }

    /// Every item of an array, or every value of an object, replaced.
    pub(super) fn update_all(&mut self, value: &Ty, change: &mut Change<'_>) -> Ty {
        let value = self.open(value);
        if value.is_any() || !value.kinds.has(Kinds::ARRAY.with(Kinds::OBJECT)) {
            let any = Ty::any().tainted(&value.all_secret_marks());
            let new = change(self, &any).ty;
            return any.tainted(&new.all_secret_marks());
        }
        let mut result = Ty::never();
        if let Some(array) = value.as_array() {
            let new =
                if array.item.is_never() { Stream::none() } else { change(self, &array.item) };
            let min = if new.count.min > 0 { array.min } else { 0 };
            result = result.union(&Ty::array_of(Array { item: new.ty, items: None, min }));
        }
        if let Some(mut object) = value.as_object() {
            for field in Arc::make_mut(&mut object.fields).values_mut() {
                let new = change(self, &field.ty);
                field.ty = new.ty;
                field.required &= new.count.min > 0;
            }
            Arc::make_mut(&mut object.fields).retain(|_, field| !field.ty.is_never());
            if let Some(rest) = &mut object.rest {
                *rest = change(self, rest).ty;
            }
            object.rest = object.rest.filter(|rest| !rest.is_never());
            result = result.union(&Ty::object_of(object));
        }
        result.tainted(&value.secret_marks())
    }
}

fn sum(engine: &Engine<'_>, op: Math, old: &Ty, new: &Ty) -> Ty {
    let (old, new) = (engine.open(old), engine.open(new));
    let secrets = old.all_secret_marks().and(&new.all_secret_marks());
    let result = calculate(op, &old, &new);
    if result.is_never() { Ty::any().tainted(&secrets) } else { result.tainted(&secrets) }
}
