//! Types of calls to the functions that jq brings.
//!
//! Most functions take values and give a value of a fixed type: [`mod@table`] lists them. The others are here.
//!
//! Secrets: what a function gives was made from its input and its arguments, and has all their secrets. Truth values,
//! lengths, positions and the names of types have none: see [`infer`](super) for the reason.

mod table;

use std::sync::Arc;

use super::engine::Engine;
use super::env::Env;
use super::problem::TypeProblemKind;
use super::stream::{Count, Stream};
use crate::number::Number;
use crate::tree::{Name, Node, Op, Span, Term};
use crate::ty::{Array, Field, Fields, Kinds, Marks, Object, Texts, Ty};

use table::{Gives, table};

impl Engine<'_> {
    /// A format such as `@base64`, applied to values.
    pub(super) fn apply<'e>(
        &mut self,
        format: &'e Name,
        value: &Stream,
        env: &'e Env<'e>,
    ) -> Stream {
        if env.function(&format.text, 0).is_some() {
            return Stream::many(self.unknown(&value.ty, env));
        }
        let applied = self.simple(&format.text, format.span, &value.ty, &[]);
        let applied = applied.unwrap_or_else(|| Stream::one(Ty::string()));
        value.clone().then(applied)
    }

    pub(super) fn builtin<'e>(
        &mut self,
        name: &'e Name,
        arguments: &'e [Term],
        dot: &Ty,
        env: &'e Env<'e>,
    ) -> Stream {
        let at = name.span;
        match (&*name.text, arguments) {
            ("null", []) => Stream::one(Ty::null()),
            ("true", []) => Stream::one(Ty::truth(true)),
            ("false", []) => Stream::one(Ty::truth(false)),
            ("not", []) => {
                let truth = self.open(dot).truthiness();
                Stream::one(truth.map_or_else(Ty::bool, |truth| Ty::truth(!truth)))
            }
            ("empty", []) => Stream::none(),
            ("error", []) => Stream { fails: true, ..Stream::none() },
            ("error", [message]) => {
                let message = self.eval(message, dot, env);
                Stream { fails: message.fails || message.count.min > 0, ..Stream::none() }
            }
            ("type", []) => Stream::one(type_names(&self.open(dot))),
            ("length", []) => self.length(at, dot),
            ("tostring", []) => {
                let ty = self.open(dot);
                if ty.is_string() {
                    Stream::one(ty)
                } else {
                    Stream::one(Ty::string().tainted(&ty.all_secret_marks()))
                }
            }
            ("abs", []) => self.abs(at, dot),
            ("toarray", []) => {
                let ty = self.open(dot);
                if ty.is_any() {
                    return Stream::one(Ty::array(Ty::any().tainted(&ty.all_secret_marks())));
                }
                let array = ty.only(Kinds::ARRAY);
                let other = ty.without(Kinds::ARRAY);
                let wrapped = if other.is_never() { Ty::never() } else { Ty::tuple([other]) };
                Stream::one(array.union(&wrapped))
            }

            ("select", [test]) => self.select(test, dot, env),
            ("map", [f]) => {
                let items = self.iterate(at, dot);
                let mapped = self.each(f, &items, env);
                Stream { fails: mapped.fails, ..Stream::one(collected(&items, &mapped, dot)) }
            }
            ("map_values", [f]) => {
                let open = self.open(dot);
                let accepted = Kinds::ARRAY.with(Kinds::OBJECT);
                if self.accept(at, "map_values", "an array or an object", &open, accepted).is_none()
                {
                    return Stream::failed(self.unknown(dot, env));
                }
                let updated = self.update_all(&open, &mut |engine, old| engine.eval(f, old, env));
                Stream::one(updated)
            }
            ("values", []) => self.filtered(dot, |ty| ty.without(Kinds::NULLS)),
            ("nulls", []) => self.filtered(dot, |ty| only(ty, Kinds::NULLS)),
            ("booleans", []) => self.filtered(dot, |ty| only(ty, Kinds::BOOL)),
            ("numbers" | "finites" | "normals", []) => {
                self.filtered(dot, |ty| only(ty, Kinds::NUMBER)).some()
            }
            ("strings", []) => self.filtered(dot, |ty| only(ty, Kinds::TEXT)),
            ("arrays", []) => self.filtered(dot, |ty| only(ty, Kinds::ARRAY)),
            ("objects", []) => self.filtered(dot, |ty| only(ty, Kinds::OBJECT)),
            ("iterables", []) => {
                self.filtered(dot, |ty| only(ty, Kinds::ARRAY.with(Kinds::OBJECT)))
            }
            ("scalars", []) => {
                self.filtered(dot, |ty| ty.without(Kinds::ARRAY.with(Kinds::OBJECT)))
            }

            ("first", []) => self.index(at, dot, &Ty::numeral(Number::Int(0))),
            ("last", []) => self.index(at, dot, &Ty::numeral(Number::Int(-1))),
            ("nth", [n]) => {
                let n = self.eval(n, dot, env);
                let found = self.index(at, dot, &n.ty);
                n.then(found)
            }
            ("first" | "last", [f]) => {
                let all = self.eval(f, dot, env);
                let count = Count { min: all.count.min.min(1), max: all.count.max.min(1) };
                // The first value may come before the error.
                let fails = all.fails && all.count.min == 0 && all.count.max == 0;
                Stream { count, fails, each: false, ..all }
            }
            ("limit" | "skip", [n, f]) => {
                let n = self.eval(n, dot, env);
                let all = self.eval(f, dot, env);
                n.then(all.some()).some()
            }
            ("nth", [n, f]) => {
                let n = self.eval(n, dot, env);
                let all = self.eval(f, dot, env);
                let count = Count { min: 0, max: n.count.max };
                Stream { count, fails: false, each: false, ..all }
            }
            ("range", bounds) => self.range(bounds, dot, env),
            ("until", [test, f]) => {
                let state = self.fixpoint(dot, &mut |engine, state| engine.eval(f, state, env).ty);
                let tested = self.eval(test, &state, env);
                self.eval(f, &state, env);
                let ended = self
                    .assume(test, &state, env, true)
                    .filter(|_| tested.count.max <= 1)
                    .map_or(state, |(dot, _)| dot);
                Stream::many(ended)
            }
            ("while", [test, f]) => {
                let state = self.fixpoint(dot, &mut |engine, state| engine.eval(f, state, env).ty);
                self.eval(test, &state, env);
                self.eval(f, &state, env);
                Stream::many(state)
            }
            ("repeat" | "recurse", [f]) => {
                let state = self.fixpoint(dot, &mut |engine, state| engine.eval(f, state, env).ty);
                self.eval(f, &state, env);
                Stream { count: Count { min: 1, max: 2 }, ..Stream::many(state) }
            }
            ("recurse", [f, test]) => {
                let state = self.fixpoint(dot, &mut |engine, state| {
                    let next = engine.eval(f, state, env);
                    engine.select(test, &next.ty, env).ty
                });
                Stream { count: Count { min: 1, max: 2 }, ..Stream::many(state) }
            }
            ("recurse", []) => self.descend(dot),
            ("isempty", [f]) => {
                self.eval(f, dot, env);
                Stream::one(Ty::bool())
            }
            ("isvalid", [f]) => {
                let valid = self.quietly(|engine| engine.eval(f, dot, env));
                Stream { count: valid.count.or(Count::ANY), ..Stream::one(Ty::bool()) }
            }
            ("any" | "all", []) => {
                self.iterate(at, dot);
                Stream::one(Ty::bool())
            }
            ("any" | "all", [f]) => {
                let items = self.iterate(at, dot);
                self.each(f, &items, env);
                Stream::one(Ty::bool())
            }
            ("any" | "all", [source, f]) => {
                let items = self.eval(source, dot, env);
                self.each(f, &items, env);
                Stream::one(Ty::bool())
            }
            ("IN", [values]) => {
                self.eval(values, dot, env);
                Stream::one(Ty::bool())
            }
            ("IN", [source, values]) => {
                self.eval(source, dot, env);
                self.eval(values, dot, env);
                Stream::one(Ty::bool())
            }
            ("INDEX", [.., key]) => {
                let rows = match arguments {
                    [source, _] => self.eval(source, dot, env),
                    _ => self.iterate(at, dot),
                };
                let keys = self.each(key, &rows, env);
                Stream::one(Ty::map(rows.ty).tainted(&keys.ty.all_secret_marks()))
            }

            ("add", []) => {
                let items = self.iterate(at, dot);
                let sum = self.total(&items);
                Stream { fails: items.fails, ..Stream::one(sum) }
            }
            ("add", [f]) => {
                let items = self.eval(f, dot, env);
                let sum = self.total(&items);
                Stream { fails: items.fails, ..Stream::one(sum) }
            }
            ("min" | "max", []) => self.extreme(at, name, dot),
            ("min_by" | "max_by", [f]) => {
                self.keyed(at, name, f, dot, env);
                self.quietly(|engine| engine.extreme(at, name, dot))
            }
            ("sort" | "unique", []) => match self.items(at, name, dot) {
                Some(array) => sorted(&array, dot, &name.text),
                None => Stream::failed(self.unknown(dot, env)),
            },
            ("sort_by" | "unique_by", [f]) => match self.keyed(at, name, f, dot, env) {
                Some(array) => sorted(&array, dot, &name.text),
                None => Stream::failed(self.unknown(dot, env)),
            },
            ("group_by", [f]) => match self.keyed(at, name, f, dot, env) {
                Some(array) => {
                    let group = if array.item.is_never() {
                        Ty::never()
                    } else {
                        Ty::array_at_least(array.item, 1)
                    };
                    let secrets = self.open(dot).secret_marks();
                    Stream::one(Ty::array_at_least(group, array.min.min(1)).tainted(&secrets))
                }
                None => Stream::failed(self.unknown(dot, env)),
            },
            ("reverse", []) => self.reverse(at, dot, env),
            ("transpose", []) => {
                let rows = self.iterate(at, dot);
                let cells = self.quietly(|engine| engine.iterate(at, &rows.ty));
                let row = Ty::array(cells.ty.possibly_missing());
                Stream::one(Ty::array(row).tainted(&self.open(dot).all_secret_marks()))
            }
            ("flatten", depth) => self.flatten(at, depth, dot, env),
            ("keys" | "keys_unsorted", []) => self.keys(at, name, dot, env),
            ("has", [key]) => {
                let key_stream = self.eval(key, dot, env);
                let has = self.has(at, key.span, &self.open(dot), &key_stream.ty);
                key_stream.then(has)
            }
            ("in", [object]) => {
                let object = self.eval(object, dot, env);
                object.then(Stream::one(Ty::bool()))
            }
            ("contains" | "inside", [part]) => {
                let part = self.eval(part, dot, env);
                let (whole, inner) = (self.open(dot), self.open(&part.ty));
                self.comparable(at, &name.text, &whole, &inner, part)
            }
            ("indices" | "index" | "rindex", [part]) => {
                let part = self.eval(part, dot, env);
                let open = self.open(dot);
                let accepted = Kinds::TEXT.with(Kinds::ARRAY).with(Kinds::NULLS);
                let Some(kept) =
                    self.accept(at, &name.text, "a string or an array", &open, accepted)
                else {
                    return Stream::failed(Ty::any());
                };
                let nulls = if kept.is_any() { Ty::never() } else { only(&kept, Kinds::NULLS) };
                let found = if &*name.text == "indices" {
                    let positions = Ty::array(position());
                    if kept.is_any() {
                        positions.possibly_missing()
                    } else {
                        positions.union(&nulls)
                    }
                } else {
                    position().possibly_missing()
                };
                let found = if kept.is_null() { Ty::null() } else { found };
                part.then(Stream::one(found))
            }
            ("to_entries", []) => self.entries_of(at, dot),
            ("from_entries", []) => {
                let entries = self.iterate(at, dot);
                Stream::one(self.object_of(at, &entries))
            }
            ("with_entries", [f]) => {
                let entries = self.entries_of(at, dot);
                let items = self.quietly(|engine| engine.iterate(at, &entries.ty));
                let changed = self.each(f, &items, env);
                let object = self.object_of(at, &changed);
                Stream::one(object.tainted(&self.open(dot).secret_marks()))
            }
            ("walk", [f]) => {
                let any = self.unknown(dot, env);
                let new = self.quietly(|engine| engine.eval(f, &any, env));
                Stream::many(any.tainted(&new.ty.all_secret_marks()))
            }
            ("del", [path]) => {
                let deleted = self
                    .quietly(|engine| engine.update(path, dot, env, &mut |_, _| Stream::none()));
                // Where the path may lead to the value itself, null is left.
                Stream::one(if goes_inside(path) { deleted } else { deleted.possibly_missing() })
            }
            ("getpath", [path]) => {
                let path = self.eval(path, dot, env);
                let found = self.at_path(dot, &path.ty, env);
                path.then(Stream::one(found))
            }
            ("setpath" | "delpaths" | "pick", _) => {
                let mut ty = self.unknown(dot, env);
                for argument in arguments {
                    let value = self.quietly(|engine| engine.eval(argument, dot, env));
                    ty = ty.tainted(&value.ty.all_secret_marks());
                }
                Stream::many(ty)
            }
            ("paths" | "leaf_paths" | "path", _) => {
                let secrets = dot.all_secret_marks();
                for argument in arguments {
                    let any = self.unknown(dot, env);
                    self.quietly(|engine| engine.eval(argument, &any, env));
                }
                let key = Ty::string().union(&Ty::int()).union(&Ty::with_kinds(Kinds::OBJECT));
                let key = if &*name.text == "path" { Ty::any() } else { key };
                Stream::many(Ty::array(key.tainted(&secrets)))
            }
            ("combinations", _) => {
                for argument in arguments {
                    self.eval(argument, dot, env);
                }
                Stream::many(Ty::any().tainted(&dot.all_secret_marks()))
            }
            ("sub" | "gsub", [pattern, replacement, flags @ ..]) => {
                self.substitute(at, name, pattern, replacement, flags, dot, env)
            }
            ("tojson", []) => Stream::one(Ty::string().tainted(&dot.all_secret_marks())),
            ("scalb", [x, e]) => {
                self.eval(e, dot, env);
                let x = self.eval(x, dot, env);
                let secrets = x.ty.all_secret_marks();
                Stream::many(Ty::any().tainted(&secrets))
            }
            (simple, arguments) => {
                let mut values = Stream::one(Ty::null());
                let mut given = Vec::with_capacity(arguments.len());
                for argument in arguments {
                    let value = self.eval(argument, dot, env);
                    given.push((argument.span, value.ty.clone()));
                    values = values.then(value);
                }
                match self.simple(simple, at, dot, &given) {
                    Some(result) => values.then(result),
                    None => {
                        let secrets = given
                            .iter()
                            .fold(Marks::default(), |all, (_, ty)| all.and(&ty.all_secret_marks()));
                        Stream::many(self.unknown(dot, env).tainted(&secrets))
                    }
                }
            }
        }
    }

    /// A function of the table.
    fn simple(
        &mut self,
        name: &str,
        at: Span,
        dot: &Ty,
        arguments: &[(Span, Ty)],
    ) -> Option<Stream> {
        let entry = table(name, arguments.len())?;
        let mut secrets = Marks::default();
        let mut failed = false;
        let mut input = dot.clone();
        if let Some((accepted, expected)) = entry.input {
            match self.accept(at, name, expected, dot, accepted) {
                Some(ty) => input = ty,
                None => failed = true,
            }
        }
        if entry.input.is_some() || entry.reads {
            secrets = secrets.and(&dot.all_secret_marks());
        }
        for (index, (span, ty)) in arguments.iter().enumerate() {
            if let Some(Some((accepted, expected))) = entry.arguments.get(index)
                && !failed
            {
                failed = self.accept(*span, name, expected, ty, *accepted).is_none();
            }
            secrets = secrets.and(&ty.all_secret_marks());
        }
        if failed {
            return Some(Stream::failed(Ty::any().tainted(&secrets)));
        }
        let ty = match entry.result {
            Gives::Type(make) => make(),
            Gives::Same => generalized_text(&input),
        };
        let ty = if entry.public { ty } else { ty.tainted(&secrets) };
        let count = entry.count;
        Some(Stream { count, ..Stream::one(ty) })
    }

    /// What a filter gives for each of the values.
    fn each<'e>(&mut self, f: &'e Term, values: &Stream, env: &'e Env<'e>) -> Stream {
        if values.ty.is_never() || values.count.max == 0 {
            return Stream { fails: values.fails, ..Stream::none() };
        }
        let result = self.eval(f, &values.ty, env);
        values.clone().then(result)
    }

    fn select<'e>(&mut self, test: &'e Term, dot: &Ty, env: &'e Env<'e>) -> Stream {
        let tested = self.eval(test, dot, env);
        let truth = self.condition(test, &tested);
        let assumed = self.assume(test, dot, env, true).filter(|_| tested.count.max <= 1);
        let kept = assumed.map_or_else(|| dot.clone(), |(dot, _)| dot);
        let kept = match truth {
            Some(true) => Stream::one(dot.clone()),
            Some(false) => Stream::none(),
            None if kept.is_never() => Stream::maybe(dot.clone()),
            None => Stream::maybe(kept),
        };
        tested.then(kept)
    }

    fn filtered(&mut self, dot: &Ty, choose: impl Fn(&Ty) -> Ty) -> Stream {
        let ty = self.open(dot);
        let kept = choose(&ty);
        if kept.is_never() {
            Stream::none()
        } else if !ty.is_any() && kept.kinds == ty.kinds {
            Stream::one(kept)
        } else {
            Stream::maybe(kept)
        }
    }

    fn length(&mut self, at: Span, dot: &Ty) -> Stream {
        let ty = self.open(dot);
        let accepted = Kinds::NULLS
            .with(Kinds::NUMBER)
            .with(Kinds::TEXT)
            .with(Kinds::ARRAY)
            .with(Kinds::OBJECT);
        let expected = "a string, an array, an object, a number or null";
        let Some(ty) = self.accept(at, "length", expected, &ty, accepted) else {
            return Stream::failed(Ty::any());
        };
        if ty.is_any() {
            return Stream::one(Ty::number());
        }
        let mut result = Ty::never();
        if ty.kinds.has(Kinds::NUMBER) {
            // The length of a number is the number without its sign: no matter how it was made, it is its content.
            let secrets = ty.secret_marks();
            result = Ty::with_kinds(ty.kinds.only(Kinds::NUMBER)).tainted(&secrets);
        }
        if ty.kinds.has(Kinds::NULLS) {
            result = result.union(&Ty::numeral(Number::Int(0)));
        }
        if ty.kinds.has(Kinds::TEXT) {
            result = result.union(&position());
        }
        if let Some(array) = ty.as_array() {
            let exact = array.items.as_ref().map(|items| items.len());
            result = result.union(&match exact {
                Some(len) => Ty::numeral(Number::from_u64(len as u64)),
                None if array.item.is_never() => Ty::numeral(Number::Int(0)),
                None => Ty::int().within(f64::from(array.min), f64::INFINITY),
            });
        }
        if let Some(object) = ty.as_object() {
            let required = object.fields.values().filter(|field| field.required).count();
            result = result.union(&Ty::int().within(required as f64, f64::INFINITY));
        }
        Stream::one(result)
    }

    fn abs(&mut self, at: Span, dot: &Ty) -> Stream {
        let ty = self.open(dot);
        let accepted = Kinds::NUMBER.with(Kinds::TEXT).with(Kinds::ARRAY).with(Kinds::OBJECT);
        match self.accept(at, "abs", "a number", &ty, accepted) {
            Some(ty) => Stream::one(ty.generalized()),
            None => Stream::failed(Ty::any().tainted(&ty.all_secret_marks())),
        }
    }

    fn range<'e>(&mut self, bounds: &'e [Term], dot: &Ty, env: &'e Env<'e>) -> Stream {
        let (mut whole, mut secrets) = (true, Marks::default());
        let mut values = Stream::one(Ty::null());
        for bound in bounds {
            let value = self.eval(bound, dot, env);
            let open = self.open(&value.ty);
            whole &= !open.is_any() && open.kinds.within(Kinds::INT);
            secrets = secrets.and(&open.all_secret_marks());
            values = values.then(value);
        }
        let upper = match bounds {
            [to] => self.quietly(|engine| engine.eval(to, dot, env).ty).numbers().bounds(),
            _ => None,
        };
        let number = match upper {
            Some((_, to)) if whole => Ty::int().within(0.0, (to - 1.0).max(0.0)),
            _ if whole => Ty::int(),
            // What is no number is passed on where it is small enough, as in jq.
            _ => Ty::any(),
        };
        values.then(Stream::many(number.tainted(&secrets)))
    }

    /// The sum of values, null if there may be none.
    fn total(&mut self, items: &Stream) -> Ty {
        if items.count.max == 0 || items.ty.is_never() {
            return Ty::null();
        }
        let item = self.open(&items.ty);
        let secrets = item.all_secret_marks();
        let none = if items.count.min == 0 { Ty::never().possibly_missing() } else { Ty::never() };
        if item.is_any() {
            return Ty::any().tainted(&secrets);
        }
        let item = item.generalized();
        let one = item.without(Kinds::NULLS);
        let mut sum = item.union(&none);
        for _ in 0..2 {
            sum = sum.union(&super::operators::calculate(jaq_core::ops::Math::Add, &one, &one));
        }
        let sum = sum.generalized();
        if sum.kinds.has(Kinds::OBJECT) { sum } else { sum.tainted(&secrets) }
    }

    /// The items of the array that a function works on; `None` if it is certainly none.
    fn items(&mut self, at: Span, name: &Name, dot: &Ty) -> Option<Array> {
        let ty = self.accept(at, &name.text, "an array", dot, Kinds::ARRAY)?;
        let unknown =
            || Array { item: Ty::any().tainted(&ty.all_secret_marks()), items: None, min: 0 };
        Some(ty.as_array().unwrap_or_else(unknown))
    }

    /// The same, for a function that computes something for each item.
    fn keyed<'e>(
        &mut self,
        at: Span,
        name: &Name,
        f: &'e Term,
        dot: &Ty,
        env: &'e Env<'e>,
    ) -> Option<Array> {
        let array = self.items(at, name, dot)?;
        if !array.item.is_never() {
            let secrets = self.open(dot).secret_marks();
            self.eval(f, &array.item.clone().tainted(&secrets), env);
        }
        Some(array)
    }

    fn extreme(&mut self, at: Span, name: &Name, dot: &Ty) -> Stream {
        let secrets = self.open(dot).secret_marks();
        match self.items(at, name, dot) {
            Some(array) => {
                let item = array.item.tainted(&secrets);
                Stream::one(if array.min > 0 || item.is_any() {
                    item
                } else {
                    item.possibly_missing()
                })
            }
            None => Stream::failed(Ty::any().tainted(&dot.all_secret_marks())),
        }
    }

    fn reverse(&mut self, at: Span, dot: &Ty, env: &Env<'_>) -> Stream {
        let accepted = Kinds::ARRAY.with(Kinds::TEXT).with(Kinds::NULLS);
        let Some(ty) = self.accept(at, "reverse", "an array or a string", dot, accepted) else {
            return Stream::failed(self.unknown(dot, env));
        };
        if ty.is_any() {
            return Stream::one(Ty::any().tainted(&ty.all_secret_marks()));
        }
        let secrets = ty.secret_marks();
        let mut result = Ty::never();
        if ty.kinds.has(Kinds::TEXT) {
            result = Ty::string();
        }
        if ty.kinds.has(Kinds::NULLS) {
            result = result.union(&Ty::tuple([]));
        }
        if let Some(array) = ty.as_array() {
            result = result.union(&Ty::array_of(Array { items: None, ..array }));
        }
        Stream::one(result.tainted(&secrets))
    }

    fn flatten<'e>(&mut self, at: Span, depth: &'e [Term], dot: &Ty, env: &'e Env<'e>) -> Stream {
        let secrets = dot.all_secret_marks();
        match depth {
            [] => {
                let all = self.flat(dot, 0);
                Stream::one(Ty::array(all.without(Kinds::ARRAY)).tainted(&secrets))
            }
            depth => {
                for depth in depth {
                    self.eval(depth, dot, env);
                }
                let items = self.iterate(at, dot);
                let all = self.flat(&items.ty, 0);
                let flat = Ty::array(all).possibly_missing().union(dot);
                Stream { fails: false, ..Stream::many(flat.tainted(&secrets)) }
            }
        }
    }

    /// Everything in arrays within arrays, and those arrays.
    fn flat(&mut self, ty: &Ty, level: u32) -> Ty {
        let ty = self.open(ty);
        match ty.as_array() {
            _ if ty.is_any() || level > 6 => Ty::any().tainted(&ty.all_secret_marks()),
            Some(array) => {
                let inner = self.flat(&array.item, level + 1);
                ty.generalized().union(&inner)
            }
            None => ty,
        }
    }

    fn keys(&mut self, at: Span, name: &Name, dot: &Ty, env: &Env<'_>) -> Stream {
        let accepted = Kinds::ARRAY.with(Kinds::OBJECT);
        let Some(ty) = self.accept(at, &name.text, "an object or an array", dot, accepted) else {
            return Stream::failed(self.unknown(dot, env));
        };
        if ty.is_any() {
            let key = Ty::string().union(&position()).tainted(&ty.secret_marks());
            return Stream::one(Ty::array(key));
        }
        let mut result = Ty::never();
        if let Some(array) = ty.as_array() {
            result = Ty::array_at_least(position(), array.min);
        }
        if let Some(object) = ty.as_object() {
            let key = match &object.rest {
                None => Ty::one_of(object.fields.keys().cloned()),
                Some(_) => Ty::string(),
            };
            let min = object.fields.values().filter(|field| field.required).count();
            result = result.union(&Ty::array_at_least(key, u32::try_from(min).unwrap_or(0)));
        }
        Stream::one(result.tainted(&ty.secret_marks()))
    }

    fn has(&mut self, at: Span, key_at: Span, value: &Ty, key: &Ty) -> Stream {
        let accepted = Kinds::OBJECT.with(Kinds::ARRAY).with(Kinds::NULLS).with(Kinds::TEXT);
        if self.accept(at, "has", "an object or an array", value, accepted).is_none() {
            return Stream::failed(Ty::any());
        }
        let accepted = Kinds::TEXT
            .with(Kinds::NUMBER)
            .with(Kinds::NULLS)
            .with(Kinds::ARRAY)
            .with(Kinds::OBJECT);
        if self.accept(key_at, "has", "a key or a position", key, accepted).is_none() {
            return Stream::failed(Ty::any());
        }
        if let (Some(object), Some([key])) = (value.as_object(), key.literals())
            && value.kinds == Kinds::OBJECT
        {
            return Stream::one(match (object.fields.get(key), &object.rest) {
                (Some(field), _) if field.required => Ty::truth(true),
                (None, None) => Ty::truth(false),
                _ => Ty::bool(),
            });
        }
        Stream::one(Ty::bool())
    }

    /// `contains`, which fails for values of different types.
    fn comparable(&mut self, at: Span, name: &str, x: &Ty, y: &Ty, part: Stream) -> Stream {
        let groups =
            [Kinds::NULLS, Kinds::BOOL, Kinds::NUMBER, Kinds::TEXT, Kinds::ARRAY, Kinds::OBJECT];
        let common = groups.iter().any(|group| x.kinds.has(*group) && y.kinds.has(*group));
        if common || x.is_any() || y.is_any() || x.is_never() || y.is_never() {
            return part.then(Stream::one(Ty::bool()));
        }
        let expected = match y.kinds.without(Kinds::NULLS) {
            Kinds::TEXT => "a string here",
            Kinds::ARRAY => "an array here",
            Kinds::OBJECT => "an object here",
            _ => "values of one type",
        };
        let kind = TypeProblemKind::Argument { function: name.into(), expected, found: x.clone() };
        self.report(at, kind);
        part.then(Stream::failed(Ty::any()))
    }

    fn entries_of(&mut self, at: Span, dot: &Ty) -> Stream {
        let accepted = Kinds::OBJECT.with(Kinds::ARRAY);
        let Some(ty) = self.accept(at, "to_entries", "an object", dot, accepted) else {
            return Stream::failed(Ty::any().tainted(&dot.all_secret_marks()));
        };
        let entry = |key: Ty, value: Ty| {
            Ty::object(
                [("key".into(), Field::required(key)), ("value".into(), Field::required(value))],
                None,
            )
        };
        let secrets = ty.secret_marks();
        let mut result = Ty::never();
        if ty.is_any() {
            let key = Ty::string().union(&position());
            result = Ty::array(entry(key.tainted(&secrets), Ty::any().tainted(&secrets)));
        }
        if let Some(array) = ty.as_array() {
            result = result.union(&Ty::array_at_least(entry(position(), array.item), array.min));
        }
        if let Some(object) = ty.as_object() {
            let key = match &object.rest {
                None => Ty::one_of(object.fields.keys().cloned()),
                Some(_) => Ty::string(),
            };
            let entry = if object.fields.is_empty() && object.rest.is_none() {
                Ty::never()
            } else {
                entry(key, object.values())
            };
            let min = object.fields.values().filter(|field| field.required).count();
            let entries = Ty::array_at_least(entry, u32::try_from(min).unwrap_or(0));
            result = result.union(&entries);
        }
        Stream::one(result.tainted(&secrets))
    }

    fn object_of(&mut self, at: Span, entries: &Stream) -> Ty {
        if entries.ty.is_never() || entries.count.max == 0 {
            return Ty::object([], None);
        }
        let (key, value) = self.quietly(|engine| {
            (engine.key(at, at, &entries.ty, "key").ty, engine.key(at, at, &entries.ty, "value").ty)
        });
        let key = self.open(&key);
        let secrets = key.all_secret_marks();
        let rest = match (key.literals(), key.is_string()) {
            (Some(keys), true) => {
                let field = |key: &Arc<str>| (Arc::clone(key), Field::optional(value.clone()));
                let fields: Fields = keys.iter().map(field).collect();
                let object = Object { fields: Arc::new(fields), rest: None };
                return Ty::object_of(object).tainted(&secrets);
            }
            _ => value,
        };
        Ty::map(rest).tainted(&secrets)
    }

    /// What is at a path such as `["a", 0]`.
    fn at_path(&mut self, dot: &Ty, path: &Ty, env: &Env<'_>) -> Ty {
        let open = self.open(path);
        let Some(items) = open.as_array().and_then(|array| array.items).filter(|_| open.is_array())
        else {
            return self.unknown(dot, env);
        };
        items.iter().fold(dot.clone(), |value, key| {
            self.quietly(|engine| engine.index(Span::default(), &value, key)).ty
        })
    }

    #[expect(clippy::too_many_arguments, reason = "those of the call, one by one")]
    fn substitute<'e>(
        &mut self,
        at: Span,
        name: &Name,
        pattern: &'e Term,
        replacement: &'e Term,
        flags: &'e [Term],
        dot: &Ty,
        env: &'e Env<'e>,
    ) -> Stream {
        let mut secrets = dot.all_secret_marks();
        let mut fails = self.accept(at, &name.text, "a string", dot, Kinds::TEXT).is_none();
        let mut one = true;
        for argument in std::iter::once(pattern).chain(flags) {
            let value = self.eval(argument, dot, env);
            let accepted = if std::ptr::eq(argument, pattern) {
                Kinds::TEXT
            } else {
                Kinds::TEXT.with(Kinds::NULLS)
            };
            fails |= !fails
                && self
                    .accept(argument.span, &name.text, "a string", &value.ty, accepted)
                    .is_none();
            one &= value.count == Count::ONE;
            secrets = secrets.and(&value.ty.all_secret_marks());
        }
        let groups = Ty::map(Ty::string().possibly_missing()).tainted(&secrets);
        let replaced = self.eval(replacement, &groups, env);
        secrets = secrets.and(&replaced.ty.all_secret_marks());
        let ty = Ty::string().tainted(&secrets);
        if fails {
            return Stream::failed(Ty::any().tainted(&secrets));
        }
        if one && replaced.count == Count::ONE { Stream::one(ty) } else { Stream::many(ty) }
    }
}

/// Whether a path certainly leads into the value and not to the value itself.
fn goes_inside(path: &Term) -> bool {
    match &path.node {
        Node::Path(..) => true,
        Node::Commas(terms) => terms.iter().all(goes_inside),
        Node::Binary(left, Op::Pipe, right) => goes_inside(left) || goes_inside(right),
        _ => false,
    }
}

/// An integer that counts something.
fn position() -> Ty {
    Ty::int().within(0.0, f64::INFINITY)
}

fn type_names(ty: &Ty) -> Ty {
    let names = [
        (Kinds::NULLS, "null"),
        (Kinds::BOOL, "boolean"),
        (Kinds::NUMBER, "number"),
        (Kinds::TEXT, "string"),
        (Kinds::ARRAY, "array"),
        (Kinds::OBJECT, "object"),
    ];
    let possible = names.iter().filter(|(kinds, _)| ty.is_any() || ty.kinds.has(*kinds));
    Ty::one_of(possible.map(|(_, name)| *name))
}

/// The values of some kinds, of what is not known too.
fn only(ty: &Ty, kinds: Kinds) -> Ty {
    if ty.is_any() && !kinds.is_empty() {
        let kinds = if kinds == Kinds::NULLS { Kinds::NULL } else { kinds };
        Ty::with_kinds(kinds).tainted(&ty.all_secret_marks())
    } else {
        ty.only(kinds)
    }
}

/// A string that is no longer one of those it was.
fn generalized_text(ty: &Ty) -> Ty {
    if ty.texts() == Texts::Any {
        ty.clone()
    } else {
        ty.without(Kinds::TEXT).union(&Ty::string().tainted(&ty.secret_marks()))
    }
}

/// An array of what was made of each item.
fn collected(items: &Stream, mapped: &Stream, dot: &Ty) -> Ty {
    let secrets = dot.secret_marks();
    let min = u32::from(mapped.count.min);
    let exact = items.count.min > 0 && mapped.each && mapped.count.min > 0;
    let min = if exact { dot.as_array().map_or(min, |array| array.min.max(min)) } else { min };
    Ty::array_at_least(mapped.ty.clone(), min).tainted(&secrets)
}

fn sorted(array: &Array, dot: &Ty, name: &str) -> Stream {
    let unique = name.starts_with("unique");
    let min = if unique { array.min.min(1) } else { array.min };
    let ty = Ty::array_of(Array { item: array.item.clone(), items: None, min });
    Stream::one(ty.tainted(&dot.secret_marks()))
}

/// Names and arities of the functions that are written out above, beside those of the table.
#[cfg(test)]
const OWN: &str = "null/0 true/0 false/0 not/0 empty/0 error/0 error/1 type/0 length/0 tostring/0 abs/0 toarray/0 select/1 map/1 \
    map_values/1 values/0 nulls/0 booleans/0 numbers/0 finites/0 normals/0 strings/0 arrays/0 objects/0 iterables/0 scalars/0 \
    first/0 last/0 nth/1 first/1 last/1 limit/2 skip/2 nth/2 range/1 range/2 range/3 until/2 while/2 repeat/1 recurse/1 \
    recurse/2 recurse/0 isempty/1 isvalid/1 any/0 all/0 any/1 all/1 any/2 all/2 IN/1 IN/2 INDEX/1 INDEX/2 add/0 add/1 min/0 \
    max/0 min_by/1 max_by/1 sort/0 unique/0 sort_by/1 unique_by/1 group_by/1 reverse/0 transpose/0 flatten/0 flatten/1 keys/0 \
    keys_unsorted/0 has/1 in/1 contains/1 inside/1 indices/1 index/1 rindex/1 to_entries/0 from_entries/0 with_entries/1 walk/1 \
    del/1 getpath/1 setpath/2 delpaths/1 pick/1 paths/0 paths/1 leaf_paths/0 path/1 combinations/0 combinations/1 sub/2 sub/3 \
    gsub/2 gsub/3 tojson/0 scalb/2";

/// Whether a function has a type of its own, and is not just `any`.
#[cfg(test)]
pub(super) fn is_typed(name: &str, arity: usize) -> bool {
    table(name, arity).is_some()
        || OWN.split_whitespace().any(|own| own == format!("{name}/{arity}"))
}
