//! What a condition says about the values it looks at.
//!
//! `if .x != null then A else B end` evaluates `A` with an `.x` that is not null. The same holds for `select`, `and` and
//! `or`. Known are paths with fixed keys from `.` or a variable: their truth, comparisons with null and literals, their
//! `type`, `has`, and `and`, `or` and `not` of these.

use std::sync::Arc;

use jaq_core::ops::Cmp;

use super::engine::Engine;
use super::env::{Bound, Env};
use crate::tree::{Node, Op, PartKind, Term};
use crate::ty::{Array, Field, Kinds, Texts, Ty};

/// What a variable is known to be, in place of what it was.
type Known<'e> = Vec<(&'e str, Bound<'e>)>;

/// A path with fixed keys: its variable, if it starts at one, and the keys.
type FixedPath<'t> = (Option<&'t str>, Vec<&'t str>);

impl Engine<'_> {
    /// The type of `.` and of variables where a condition is true, or where it is false; `None` if it says nothing.
    pub(super) fn assume<'e>(
        &mut self,
        test: &'e Term,
        dot: &Ty,
        env: &'e Env<'e>,
        truth: bool,
    ) -> Option<(Ty, Known<'e>)> {
        match &test.node {
            Node::Binary(left, op @ (Op::And | Op::Or), right) => {
                let both = (*op == Op::And) == truth;
                if both {
                    let (dot_, mut known) = self.assume_or_keep(left, dot, env, truth);
                    let inner = env.with(known.clone());
                    let (dot_, more) = self.outlive(right, &dot_, &inner, truth);
                    known.extend(more);
                    return Some((dot_, known));
                }
                // One of the two decides: what is known of variables then is too much to keep.
                let (x, _) = self.assume_or_keep(left, dot, env, truth);
                let (rest, known) = self.assume_or_keep(left, dot, env, !truth);
                let inner = env.with(known);
                let (y, _) = self.outlive(right, &rest, &inner, truth);
                Some((x.union(&y), Vec::new()))
            }
            Node::Binary(left, Op::Pipe, right) => match &right.node {
                Node::Call(name, arguments) if &*name.text == "not" && arguments.is_empty() => {
                    self.assume(left, dot, env, !truth)
                }
                _ => {
                    let path = fixed_path(left)?;
                    let value = self.quietly(|engine| engine.eval(left, dot, env).ty);
                    let (narrowed, _) = self.assume(right, &value, env, truth)?;
                    self.refine(&path, dot, env, &mut |_, _| narrowed.clone())
                }
            },
            Node::Binary(left, Op::Compare(op), right) => {
                self.compared(left, *op, right, dot, env, truth)
            }
            Node::Call(name, arguments) => match (&*name.text, arguments.as_slice()) {
                ("not", []) => Some((truthy(self, dot, !truth), Vec::new())),
                ("has", [key]) => {
                    let key = key.text()?;
                    Some((self.having(dot, key, truth)?, Vec::new()))
                }
                _ => None,
            },
            _ => {
                let path = fixed_path(test)?;
                self.refine(&path, dot, env, &mut |engine, ty| truthy(engine, ty, truth))
            }
        }
    }

    fn assume_or_keep<'e>(
        &mut self,
        test: &'e Term,
        dot: &Ty,
        env: &'e Env<'e>,
        truth: bool,
    ) -> (Ty, Known<'e>) {
        self.assume(test, dot, env, truth).unwrap_or_else(|| (dot.clone(), Vec::new()))
    }

    /// The same within a scope that does not outlive the call: of variables only values are known, and those do.
    fn outlive<'e>(
        &mut self,
        test: &'e Term,
        dot: &Ty,
        inner: &Env<'_>,
        truth: bool,
    ) -> (Ty, Known<'e>) {
        let Some((dot_, known)) = self.assume(test, dot, inner, truth) else {
            return (dot.clone(), Vec::new());
        };
        let values = known.into_iter().filter_map(|(name, bound)| {
            let name = name_in(test, name)?;
            match bound {
                Bound::Value(ty) => Some((name, Bound::Value(ty))),
                _ => None,
            }
        });
        (dot_, values.collect())
    }

    fn compared<'e>(
        &mut self,
        left: &'e Term,
        op: Cmp,
        right: &'e Term,
        dot: &Ty,
        env: &'e Env<'e>,
        truth: bool,
    ) -> Option<(Ty, Known<'e>)> {
        let (path, literal, op) = if let Some(literal) = literal(right) {
            (left, literal, op)
        } else {
            let mirrored = match op {
                Cmp::Lt => Cmp::Gt,
                Cmp::Le => Cmp::Ge,
                Cmp::Gt => Cmp::Lt,
                Cmp::Ge => Cmp::Le,
                same => same,
            };
            (right, literal(left)?, mirrored)
        };
        // `.x | type == "string"`, `(.x | length) > 0` and so on look at what is before the pipe.
        if let Node::Binary(before, Op::Pipe, call) = &path.node {
            let path = fixed_path(before)?;
            return self.refine(&path, dot, env, &mut |engine, ty| {
                measured(engine, call, op, &literal, ty, truth).unwrap_or_else(|| ty.clone())
            });
        }
        if let Node::Call(..) = &path.node {
            let narrowed = measured(self, path, op, &literal, dot, truth)?;
            return Some((narrowed, Vec::new()));
        }
        let path = fixed_path(path)?;
        self.refine(&path, dot, env, &mut |engine, ty| {
            let ty = engine.open(ty);
            match (op, truth) {
                (Cmp::Eq, true) | (Cmp::Ne, false) => ty.equal_to(&literal),
                (Cmp::Ne, true) | (Cmp::Eq, false) => ty.different_from(&literal),
                // Null, false and true come before all numbers and strings.
                (Cmp::Gt | Cmp::Ge, true) | (Cmp::Lt | Cmp::Le, false)
                    if literal.kinds.has(Kinds::NUMBER.with(Kinds::TEXT)) =>
                {
                    ty.without(Kinds::NULLS.with(Kinds::BOOL))
                }
                _ => ty,
            }
        })
    }

    fn having(&mut self, dot: &Ty, key: &str, truth: bool) -> Option<Ty> {
        let dot = self.open(dot);
        if !truth {
            return None;
        }
        let kept = dot.without(Kinds::NULLS);
        let mut object = kept.as_object()?;
        let field = Field::required(match object.fields.get(key) {
            Some(field) => field.ty.clone(),
            None => object.rest.clone()?,
        });
        Arc::make_mut(&mut object.fields).insert(key.into(), field);
        let secrets = kept.secret_marks();
        let label = kept.label().map(str::to_owned);
        let object = Ty::object_of(object).tainted(&secrets);
        let object = match label {
            Some(label) => object.labelled(label),
            None => object,
        };
        Some(kept.without(Kinds::OBJECT).union(&object))
    }

    /// Replaces what is at a path.
    fn refine<'e>(
        &mut self,
        (variable, keys): &FixedPath<'e>,
        dot: &Ty,
        env: &Env<'_>,
        change: &mut dyn FnMut(&mut Self, &Ty) -> Ty,
    ) -> Option<(Ty, Known<'e>)> {
        match variable {
            None => Some((self.replace(dot, keys, change), Vec::new())),
            Some(name) => {
                let ty = self.variable(name, env);
                let changed = self.replace(&ty, keys, change);
                Some((dot.clone(), vec![(name, Bound::Value(changed))]))
            }
        }
    }

    fn replace(
        &mut self,
        ty: &Ty,
        keys: &[&str],
        change: &mut dyn FnMut(&mut Self, &Ty) -> Ty,
    ) -> Ty {
        let Some((key, rest)) = keys.split_first() else { return change(self, ty) };
        let open = self.open(ty);
        let Some(mut object) = open.as_object() else {
            if open.is_any() && !self.keeps_null(change) {
                // What has something there is an object.
                let field = self.replace(&Ty::any(), rest, change);
                let field = ((*key).into(), Field::required(field));
                return Ty::object([field], Some(Ty::any())).tainted(&open.all_secret_marks());
            }
            // Something is there: it is no null.
            let inner = self.keeps_null(change);
            return if inner { ty.clone() } else { open.without(Kinds::NULLS) };
        };
        let before = object.get(key);
        let after = self.replace(&before, rest, change);
        let null = after.kinds.has(Kinds::NULLS.with(Kinds::ANY).with(Kinds::NAMED));
        let required = !null || object.fields.get(*key).is_some_and(|field| field.required);
        let nulls = open.kinds.has(Kinds::NULLS) && self.keeps_null(change);
        let others = if nulls { open.clone() } else { open.without(Kinds::NULLS) };
        if after.is_never() {
            return others.without(Kinds::OBJECT);
        }
        if object.fields.contains_key(*key) || object.rest.is_some() {
            Arc::make_mut(&mut object.fields).insert((*key).into(), Field { ty: after, required });
        }
        let changed = Ty::object_of(object).tainted(&open.secret_marks());
        let changed = match open.label() {
            Some(label) => changed.labelled(label),
            None => changed,
        };
        others.without(Kinds::OBJECT).union(&changed)
    }

    /// Whether null is left where null is what is found.
    fn keeps_null(&mut self, change: &mut dyn FnMut(&mut Self, &Ty) -> Ty) -> bool {
        !change(self, &Ty::null()).is_never()
    }
}

/// The part of a type that is true as a condition, or that is not.
fn truthy(engine: &Engine<'_>, ty: &Ty, truth: bool) -> Ty {
    let ty = engine.open(ty);
    let falsy = Kinds::NULLS.with(Kinds::FALSE);
    if truth {
        ty.without(falsy)
    } else if ty.is_any() {
        ty
    } else {
        ty.only(falsy)
    }
}

/// What `type == "…"` or a comparison of `length` says of the value.
fn measured(
    engine: &Engine<'_>,
    call: &Term,
    op: Cmp,
    literal: &Ty,
    ty: &Ty,
    truth: bool,
) -> Option<Ty> {
    let Node::Call(name, arguments) = &call.node else { return None };
    if !arguments.is_empty() {
        return None;
    }
    let ty = engine.open(ty);
    match &*name.text {
        "type" => {
            let [wanted] = literal.literals()? else { return None };
            let kinds = match &**wanted {
                "null" => Kinds::NULLS,
                "boolean" => Kinds::BOOL,
                "number" => Kinds::NUMBER,
                "string" => Kinds::TEXT,
                "array" => Kinds::ARRAY,
                "object" => Kinds::OBJECT,
                _ => return None,
            };
            match (op, truth) {
                (Cmp::Eq, true) | (Cmp::Ne, false) if ty.is_any() => {
                    let secrets = ty.all_secret_marks();
                    let kinds = if kinds == Kinds::NULLS { Kinds::NULL } else { kinds };
                    Some(Ty::with_kinds(kinds).tainted(&secrets))
                }
                (Cmp::Eq, true) | (Cmp::Ne, false) => Some(ty.only(kinds)),
                (Cmp::Ne, true) | (Cmp::Eq, false) => Some(ty.without(kinds)),
                _ => None,
            }
        }
        "length" => {
            let zero = literal.constant().is_some_and(|value| value == 0);
            let some = match (op, truth) {
                (Cmp::Gt | Cmp::Ne, true) | (Cmp::Le | Cmp::Eq, false) => zero,
                _ => false,
            };
            if !some {
                return None;
            }
            let mut ty = ty.without(Kinds::NULLS);
            if let Some(array) = ty.as_array().filter(|array| array.min == 0) {
                let secrets = ty.secret_marks();
                let full = if array.item.is_never() {
                    Ty::never()
                } else {
                    Ty::array_of(Array { min: 1, ..array }).tainted(&secrets)
                };
                ty = ty.without(Kinds::ARRAY).union(&full);
            }
            Some(ty)
        }
        _ => None,
    }
}

impl Ty {
    /// The part of the type that may be equal to a literal.
    fn equal_to(&self, literal: &Self) -> Self {
        if self.is_any() {
            // What is equal to a literal is of its type.
            return literal.clone().tainted(&self.all_secret_marks());
        }
        if literal.is_null() {
            return self.only(Kinds::NULLS);
        }
        let kept = self.only(literal.kinds);
        if kept.kinds.has(Kinds::TEXT.with(Kinds::NUMBER)) && self.overlaps(literal) {
            return literal.clone().tainted(&self.secret_marks());
        }
        if kept.kinds.has(Kinds::TEXT.with(Kinds::NUMBER)) { Self::never() } else { kept }
    }

    fn overlaps(&self, literal: &Self) -> bool {
        match literal.literals() {
            Some(_) => self.texts_overlap(literal),
            None => true,
        }
    }

    /// The type without a literal.
    fn different_from(&self, literal: &Self) -> Self {
        if self.is_any() {
            return if literal.is_null() { self.without(Kinds::NULLS) } else { self.clone() };
        }
        if literal.kinds.within(Kinds::NULLS.with(Kinds::BOOL)) {
            let kinds = if literal.is_null() { Kinds::NULLS } else { literal.kinds };
            return self.without(kinds);
        }
        if let (Some([wanted]), Texts::OneOf(texts)) = (literal.literals(), self.texts()) {
            let left: Vec<Arc<str>> =
                texts.iter().filter(|text| *text != wanted).cloned().collect();
            let secrets = self.secret_marks();
            return self.without(Kinds::TEXT).union(&Self::one_of(left).tainted(&secrets));
        }
        self.clone()
    }
}

/// The path that a term is, if it has only fixed keys.
fn fixed_path(term: &Term) -> Option<FixedPath<'_>> {
    match &term.node {
        Node::Id => Some((None, Vec::new())),
        Node::Variable(name) => Some((Some(name), Vec::new())),
        Node::Path(head, parts) => {
            let (variable, mut keys) = fixed_path(head)?;
            for part in parts {
                match &part.kind {
                    PartKind::Key(key) => keys.push(&*key.text),
                    _ => return None,
                }
            }
            Some((variable, keys))
        }
        Node::Binary(left, Op::Pipe, right) => {
            let (variable, mut keys) = fixed_path(left)?;
            let (None, more) = fixed_path(right)? else { return None };
            keys.extend(more);
            Some((variable, keys))
        }
        _ => None,
    }
}

/// The literal that a term is.
fn literal(term: &Term) -> Option<Ty> {
    match &term.node {
        Node::Text(text) => Some(Ty::one_of([&**text])),
        Node::Number(number) => Some(Ty::numeral(*number)),
        Node::Call(name, arguments) if arguments.is_empty() => match &*name.text {
            "null" => Some(Ty::null()),
            "true" => Some(Ty::truth(true)),
            "false" => Some(Ty::truth(false)),
            _ => None,
        },
        _ => None,
    }
}

/// The name of a variable, as it stands in the term.
fn name_in<'t>(term: &'t Term, name: &str) -> Option<&'t str> {
    match &term.node {
        Node::Variable(known) => (&**known == name).then_some(known),
        Node::Path(head, _) => name_in(head, name),
        Node::Binary(left, _, right) => name_in(left, name).or_else(|| name_in(right, name)),
        _ => None,
    }
}
