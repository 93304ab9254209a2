//! Evaluates terms over types.

use std::sync::Arc;

use super::TypeScope;
use super::env::{Bound, Env};
use super::problem::{TypeProblem, TypeProblemKind};
use super::stream::{Count, Stream};
use crate::paths::Reference;
use crate::tree::{
    Definition, Fold, Name, Node, Op, Part, PartKind, Pattern, Span, Term, TextPart,
};
use crate::ty::{Field, Fields, Kinds, Marks, Object, Ty};

/// Terms that are evaluated before the rest is `any`.
const WORK: u32 = 4_000;
/// Terms within one another, those of called functions included.
const DEPTH: u32 = 160;
/// Functions of the expression's own that are called within one another.
const CALLS: u32 = 5;
/// Bytes of a text that is put together and still known.
const TEXT: usize = 256;
/// Rounds of a loop before what it computes is `any`.
const ROUNDS: u32 = 4;

pub(super) struct Engine<'s> {
    pub(super) scope: &'s TypeScope,
    /// Variables of the scope that the expression uses.
    references: &'s [Reference],
    problems: Vec<TypeProblem>,
    /// How many reasons there are not to report anything.
    quiet: u32,
    work: u32,
    depth: u32,
    calls: u32,
}

impl<'s> Engine<'s> {
    pub(super) fn new(scope: &'s TypeScope, references: &'s [Reference]) -> Self {
        Self { scope, references, problems: Vec::new(), quiet: 0, work: 0, depth: 0, calls: 0 }
    }

    /// The problems, in the order of the text and each once.
    pub(super) fn into_problems(mut self) -> Vec<TypeProblem> {
        self.problems.sort_by_key(|problem| (problem.range.start, problem.range.end));
        self.problems.dedup_by(|next, first| next.range == first.range);
        self.problems
    }

    pub(super) fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }

    pub(super) fn report(&mut self, span: Span, kind: TypeProblemKind) {
        if self.quiet == 0 {
            self.problems.push(TypeProblem { kind, range: span.range() });
        }
    }

    /// Reports what is always the same; not within a function, which may be called with other values as well.
    pub(super) fn report_constant(&mut self, span: Span, kind: TypeProblemKind) {
        if self.calls == 0 {
            self.report(span, kind);
        }
    }

    pub(super) fn quietly<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        self.quiet += 1;
        let result = run(self);
        self.quiet -= 1;
        result
    }

    pub(super) fn open(&self, ty: &Ty) -> Ty {
        if ty.kinds.has(Kinds::NAMED) { ty.resolved(&self.scope.types) } else { ty.clone() }
    }

    /// A value of which nothing is known but what it may have been made from.
    pub(super) fn unknown(&self, dot: &Ty, env: &Env<'_>) -> Ty {
        let mut secrets = dot.all_secret_marks().and(&env.secrets());
        for reference in self.references {
            if let Some(ty) = self.scope.variables.get(reference.name.as_str()) {
                secrets = secrets.and(&ty.all_secret_marks());
            }
        }
        Ty::any().tainted(&secrets)
    }

    pub(super) fn eval<'e>(&mut self, term: &'e Term, dot: &Ty, env: &'e Env<'e>) -> Stream {
        self.work += 1;
        if self.work > WORK || self.depth > DEPTH {
            return Stream::many(self.unknown(dot, env));
        }
        if dot.is_never() {
            return Stream::none();
        }
        self.depth += 1;
        let stream = self.node(term, dot, env);
        self.depth -= 1;
        stream
    }

    fn node<'e>(&mut self, term: &'e Term, dot: &Ty, env: &'e Env<'e>) -> Stream {
        match &term.node {
            Node::Id => Stream::one(dot.clone()),
            Node::Recurse => self.descend(dot),
            Node::Number(number) => Stream::one(Ty::numeral(*number)),
            Node::Text(text) => Stream::one(Ty::one_of([&**text])),
            Node::Interpolated(format, parts) => self.text(format.as_ref(), parts, dot, env),
            Node::Array(None) => Stream::one(Ty::tuple([])),
            Node::Array(Some(inner)) => self.array(inner, dot, env),
            Node::Object(entries) => self.object(entries, dot, env),
            Node::Negative(inner) => {
                let inner_stream = self.eval(inner, dot, env);
                self.negative(inner.span, inner_stream)
            }
            Node::Binary(left, op, right) => self.binary(term, left, *op, right, dot, env),
            Node::Commas(terms) => {
                let mut all = Stream::none();
                for term in terms {
                    let next = self.eval(term, dot, env);
                    all = Stream {
                        ty: all.ty.union(&next.ty),
                        count: all.count.plus(next.count),
                        fails: all.fails || next.fails,
                        each: all.each || next.each,
                    };
                }
                all
            }
            Node::Bind(source, pattern, body) => {
                let source = self.eval(source, dot, env);
                let inner = self.bind(pattern, &source.ty, env);
                let body = self.eval(body, dot, &inner);
                source.then(body)
            }
            Node::Label(_, body) => self.eval(body, dot, env).some(),
            Node::Break(_) => Stream::none(),
            Node::Fold(fold) => self.fold(fold, dot, env),
            Node::Try(body, catch) => {
                let body = self.quietly(|engine| engine.eval(body, dot, env));
                let Some(catch) = catch else { return body.some() };
                let error = self.unknown(dot, env);
                let catch = self.eval(catch, &error, env);
                Stream {
                    ty: body.ty.union(&catch.ty),
                    count: Count {
                        min: body.count.min.min(catch.count.min),
                        max: body.count.plus(catch.count).max,
                    },
                    fails: body.fails && catch.fails,
                    each: false,
                }
            }
            Node::If(cases, otherwise) => self.conditional(cases, otherwise.as_deref(), dot, env),
            Node::Define(definitions, body) => self.define(definitions, body, dot, env),
            Node::Call(name, arguments) => self.call(name, arguments, dot, env),
            Node::Variable(name) => Stream::one(self.variable(name, env)),
            Node::Path(head, parts) => {
                let mut stream = self.eval(head, dot, env);
                for part in parts {
                    if stream.ty.is_never() {
                        break;
                    }
                    let next = self.part(head, part, &stream.ty, dot, env);
                    stream = stream.then(next);
                }
                stream
            }
        }
    }

    pub(super) fn variable(&self, name: &str, env: &Env<'_>) -> Ty {
        if let Some(ty) = env.variable(name) {
            return ty.clone();
        }
        let plain = name.strip_prefix('$').unwrap_or(name);
        self.scope.variables.get(plain).cloned().unwrap_or_else(Ty::any)
    }

    fn part<'e>(
        &mut self,
        head: &Term,
        part: &'e Part,
        value: &Ty,
        dot: &Ty,
        env: &'e Env<'e>,
    ) -> Stream {
        let span = if matches!(head.node, Node::Id) && head.span.end == part.span.start {
            head.span.to(part.span)
        } else {
            part.span
        };
        let quiet = u32::from(part.optional);
        self.quiet += quiet;
        let stream = match &part.kind {
            PartKind::Key(key) => self.key(span, key.span, value, &key.text),
            PartKind::Index(index) => {
                let index = self.eval(index, dot, env);
                let found = self.index(span, value, &index.ty);
                index.then(found)
            }
            PartKind::Range(None, None) => self.iterate(span, value),
            PartKind::Range(from, to) => {
                let mut bounds = Stream::one(Ty::null());
                for bound in from.iter().chain(to) {
                    let stream = self.eval(bound, dot, env);
                    self.bound(bound.span, &stream.ty);
                    bounds = bounds.then(stream);
                }
                let found = self.slice(span, value);
                bounds.then(found)
            }
        };
        self.quiet -= quiet;
        if part.optional { stream.some() } else { stream }
    }

    fn text<'e>(
        &mut self,
        format: Option<&'e Name>,
        parts: &'e [TextPart],
        dot: &Ty,
        env: &'e Env<'e>,
    ) -> Stream {
        let mut whole = Stream::one(Ty::string());
        // The text, as long as all of it is known.
        let mut fixed = format.is_none().then(String::new);
        for part in parts {
            if let TextPart::Text(text) = part {
                fixed.iter_mut().for_each(|fixed| fixed.push_str(text));
            } else if let TextPart::Term(term) = part {
                let value = self.eval(term, dot, env);
                let value = match format {
                    Some(format) => self.apply(format, &value, env),
                    None => value,
                };
                fixed = fixed.zip(value.ty.literals()).and_then(|(fixed, known)| match known {
                    [only] if value.ty.is_string() => Some(fixed + only),
                    _ => None,
                });
                let ty = whole.ty.clone().tainted(&value.ty.all_secret_marks());
                whole = whole.pairs(&value, ty);
            }
        }
        if let Some(fixed) = fixed.filter(|fixed| fixed.len() <= TEXT) {
            whole.ty = Ty::one_of([fixed]).tainted(&whole.ty.secret_marks());
        }
        whole
    }

    fn array<'e>(&mut self, inner: &'e Term, dot: &Ty, env: &'e Env<'e>) -> Stream {
        let terms = match &inner.node {
            Node::Commas(terms) => terms.as_slice(),
            _ => std::slice::from_ref(inner),
        };
        let (mut items, mut exact, mut min, mut fails) = (Vec::new(), true, 0_u32, false);
        for term in terms {
            let stream = self.eval(term, dot, env);
            exact &= stream.count == Count::ONE || stream.count == Count::NONE;
            min += u32::from(stream.count.min);
            fails |= stream.fails;
            if stream.count != Count::NONE {
                items.push(stream.ty);
            }
        }
        let ty = if exact {
            Ty::tuple(items)
        } else {
            Ty::array_at_least(items.iter().fold(Ty::never(), |all, item| all.union(item)), min)
        };
        Stream { fails, ..Stream::one(ty) }
    }

    fn object<'e>(
        &mut self,
        entries: &'e [(Term, Option<Term>)],
        dot: &Ty,
        env: &'e Env<'e>,
    ) -> Stream {
        let (mut fields, mut rest) = (Fields::with_capacity(entries.len()), Ty::never());
        let mut secrets = Marks::default();
        let mut whole = Stream::one(Ty::null());
        for (key, value) in entries {
            let fixed = match (&key.node, value) {
                (Node::Text(text), _) => Some(&**text),
                (Node::Variable(name), None) => name.strip_prefix('$'),
                _ => None,
            };
            let key_stream = match fixed {
                Some(text) => Stream::one(Ty::one_of([text])),
                None => self.eval(key, dot, env),
            };
            let value = match value {
                Some(value) => self.eval(value, dot, env),
                None if matches!(key.node, Node::Variable(_)) => self.eval(key, dot, env),
                None => self.index(key.span, dot, &key_stream.ty),
            };
            secrets = secrets.and(&key_stream.ty.all_secret_marks());
            let keyed =
                self.accept(key.span, "{(…): …}", "a string as key", &key_stream.ty, Kinds::TEXT);
            whole = whole.pairs(&key_stream, Ty::null()).pairs(&value, Ty::null());
            let Some(keyed) = keyed else {
                return Stream::failed(self.unknown(dot, env));
            };
            match keyed.literals() {
                Some([only]) => {
                    fields.insert(Arc::clone(only), Field::required(value.ty));
                }
                Some(several) => {
                    for key in several {
                        let before =
                            fields.get(key).map_or_else(Ty::never, |field| field.ty.clone());
                        let required = fields.get(key).is_some_and(|field| field.required);
                        let field = Field { ty: before.union(&value.ty), required };
                        fields.insert(Arc::clone(key), field);
                    }
                }
                None => {
                    for field in fields.values_mut() {
                        field.ty = field.ty.union(&value.ty);
                    }
                    rest = rest.union(&value.ty);
                }
            }
        }
        let rest = (!rest.is_never()).then_some(rest);
        let ty = Ty::object_of(Object { fields: Arc::new(fields), rest }).tainted(&secrets);
        whole.with(ty)
    }

    fn binary<'e>(
        &mut self,
        term: &'e Term,
        left: &'e Term,
        op: Op,
        right: &'e Term,
        dot: &Ty,
        env: &'e Env<'e>,
    ) -> Stream {
        match op {
            Op::Pipe => self.pipe(left, right, dot, env),
            Op::And => self.logic(left, right, dot, env, Kinds::FALSE),
            Op::Or => self.logic(left, right, dot, env, Kinds::TRUE),
            Op::Alternative => self.alternative(left, right, dot, env),
            Op::Math(op) => {
                let (x, y) = (self.eval(left, dot, env), self.eval(right, dot, env));
                self.math(op, (left.span, x), (right.span, y), term.span)
            }
            Op::Compare(op) => {
                let (x, y) = (self.eval(left, dot, env), self.eval(right, dot, env));
                self.compare(op, &x, &y, term.span)
            }
            Op::Assign | Op::Update | Op::UpdateMath(_) | Op::UpdateAlternative => {
                self.assignment(left, op, right, dot, env)
            }
        }
    }

    /// A chain of pipes nests to the right: it is followed without recursion.
    fn pipe<'e>(&mut self, left: &'e Term, right: &'e Term, dot: &Ty, env: &'e Env<'e>) -> Stream {
        let mut stream = self.eval(left, dot, env);
        let mut next = right;
        loop {
            if stream.count.max == 0 || stream.ty.is_never() {
                return stream;
            }
            let Node::Binary(first, Op::Pipe, rest) = &next.node else {
                let last = self.eval(next, &stream.ty, env);
                return stream.then(last);
            };
            let step = self.eval(first, &stream.ty, env);
            stream = stream.then(step);
            next = rest;
        }
    }

    fn logic<'e>(
        &mut self,
        left: &'e Term,
        right: &'e Term,
        dot: &Ty,
        env: &'e Env<'e>,
        decides: Kinds,
    ) -> Stream {
        let x = self.eval(left, dot, env);
        let truth = x.ty.truthiness();
        let stop = decides == Kinds::TRUE;
        if truth == Some(stop) {
            return x.with(Ty::truth(stop));
        }
        let narrowed = self.assume(left, dot, env, !stop);
        let y = match &narrowed {
            // The right side is never reached, or what is known says that it is not.
            Some((dot, _)) if dot.is_never() => Stream::one(Ty::bool()),
            Some((dot, known)) => {
                let inner = env.with(known.clone());
                self.eval(right, dot, &inner)
            }
            None => self.eval(right, dot, env),
        };
        let ty = match (truth, y.ty.truthiness()) {
            (Some(_), Some(bool)) => Ty::truth(bool),
            (None, Some(bool)) if bool == stop => Ty::truth(stop),
            _ => Ty::bool(),
        };
        let min = if truth.is_some() { y.count.min } else { y.count.min.min(1) };
        let count = x.count.times(Count { min, max: y.count.max.max(1) });
        let fails = x.fails || truth.is_some() && x.count.min > 0 && y.fails;
        Stream { ty, count, fails, each: x.each && y.count == Count::ONE }
    }

    fn alternative<'e>(
        &mut self,
        left: &'e Term,
        right: &'e Term,
        dot: &Ty,
        env: &'e Env<'e>,
    ) -> Stream {
        let x = self.eval(left, dot, env);
        let opened = self.open(&x.ty);
        let truth = opened.truthiness();
        if truth == Some(true) && x.count.min > 0 {
            return x;
        }
        let y = self.eval(right, dot, env);
        let kept = opened.without(Kinds::NULLS.with(Kinds::FALSE));
        if x.count.max == 0 && !x.fails {
            return y;
        }
        Stream {
            fails: x.fails || truth == Some(false) && y.fails,
            count: Count { min: y.count.min.min(1), max: x.count.max.max(y.count.max) },
            ty: kept.union(&y.ty),
            each: false,
        }
    }

    fn conditional<'e>(
        &mut self,
        cases: &'e [(Term, Term)],
        otherwise: Option<&'e Term>,
        dot: &Ty,
        env: &'e Env<'e>,
    ) -> Stream {
        let Some(((test, then), cases)) = cases.split_first() else {
            return match otherwise {
                Some(otherwise) => self.eval(otherwise, dot, env),
                None => Stream::one(dot.clone()),
            };
        };
        let tested = self.eval(test, dot, env);
        let truth = self.condition(test, &tested);
        let branch = |engine: &mut Self, truth: bool| {
            let narrowed = engine.assume(test, dot, env, truth).filter(|_| tested.count.max <= 1);
            let (dot, known) = narrowed.unwrap_or_else(|| (dot.clone(), Vec::new()));
            let inner = env.with(known);
            if dot.is_never() {
                return None;
            }
            Some(if truth {
                engine.eval(then, &dot, &inner)
            } else {
                engine.conditional(cases, otherwise, &dot, &inner)
            })
        };
        let result = match truth {
            Some(true) => branch(self, true),
            Some(false) => branch(self, false),
            None => match (branch(self, true), branch(self, false)) {
                (Some(x), Some(y)) => Some(x.or(y)),
                (x, y) => x.or(y).map(|known| Stream { fails: false, ..known }),
            },
        };
        let result = result.unwrap_or_else(|| Stream::many(self.unknown(dot, env)));
        tested.then(result)
    }

    /// Whether a condition always turns out the same, which is reported unless it is written that way.
    pub(super) fn condition(&mut self, test: &Term, tested: &Stream) -> Option<bool> {
        let truth = self.open(&tested.ty).truthiness().filter(|_| tested.count == Count::ONE)?;
        let written = match &test.node {
            Node::Number(_) | Node::Text(_) | Node::Array(_) | Node::Object(_) => true,
            Node::Call(name, _) => matches!(&*name.text, "true" | "false" | "null"),
            _ => false,
        };
        if !written && !tested.fails {
            self.report_constant(test.span, TypeProblemKind::ConstantCondition { value: truth });
        }
        Some(truth)
    }

    /// The environment with the variables of a pattern, matched against values of a type.
    fn bind<'e>(&mut self, pattern: &'e Pattern, value: &Ty, env: &'e Env<'e>) -> Env<'e> {
        let mut bound = Vec::new();
        self.destructure(pattern, value, env, &mut bound);
        env.with(bound)
    }

    fn destructure<'e>(
        &mut self,
        pattern: &'e Pattern,
        value: &Ty,
        env: &'e Env<'e>,
        bound: &mut Vec<(&'e str, Bound<'e>)>,
    ) {
        match pattern {
            Pattern::Variable(name) => bound.push((&name.text, Bound::Value(value.clone()))),
            Pattern::Array(items) => {
                for (position, item) in items.iter().enumerate() {
                    let at = crate::number::Number::from_u64(position as u64);
                    // The pattern has no place of its own; what does not fit shows where the variables are used.
                    let found = self
                        .quietly(|engine| engine.index(Span::default(), value, &Ty::numeral(at)));
                    self.destructure(item, &found.ty, env, bound);
                }
            }
            Pattern::Object(entries) => {
                for (key, inner) in entries {
                    let found = match key.text() {
                        Some(text) => self.key(key.span, key.span, value, text),
                        None => {
                            let any = self.unknown(value, env);
                            self.quietly(|engine| engine.eval(key, &any, env));
                            Stream::one(any)
                        }
                    };
                    self.destructure(inner, &found.ty, env, bound);
                }
            }
        }
    }

    /// Each function sees itself and those before it.
    fn define<'e>(
        &mut self,
        definitions: &'e [Definition],
        body: &'e Term,
        dot: &Ty,
        env: &'e Env<'e>,
    ) -> Stream {
        let Some((first, rest)) = definitions.split_first() else {
            return self.eval(body, dot, env);
        };
        let inner = env.with(vec![(&*first.name.text, Bound::Function(first))]);
        self.define(rest, body, dot, &inner)
    }

    fn fold<'e>(&mut self, fold: &'e Fold, dot: &Ty, env: &'e Env<'e>) -> Stream {
        let mut arguments = fold.arguments.iter();
        let (Some(start), Some(update)) = (arguments.next(), arguments.next()) else {
            return Stream::many(self.unknown(dot, env));
        };
        let result = arguments.next();
        let source = self.eval(&fold.source, dot, env);
        let start = self.eval(start, dot, env);
        let reduces = &*fold.keyword.text == "reduce";
        if source.count.max == 0 && !source.fails {
            return if reduces { start } else { Stream::none() };
        }
        let inner = self.bind(&fold.pattern, &source.ty, env);
        let state =
            self.fixpoint(&start.ty, &mut |engine, state| engine.eval(update, state, &inner).ty);
        let updated = self.eval(update, &state, &inner);
        let fails = start.fails || source.fails;
        if reduces {
            let count = start.count.times(match updated.count {
                Count::ONE => Count::ONE,
                Count { min: 0, max } => Count { min: 0, max },
                _ => Count { min: 1, max: 2 },
            });
            return Stream { ty: state.union(&updated.ty), count, fails, each: false };
        }
        let shown = match result {
            Some(result) => self.eval(result, &updated.ty, &inner),
            None => Stream::one(updated.ty),
        };
        Stream { fails, ..Stream::many(shown.ty) }
    }

    /// The least type found that holds `start` and everything that `step` makes of it.
    pub(super) fn fixpoint(
        &mut self,
        start: &Ty,
        step: &mut dyn FnMut(&mut Self, &Ty) -> Ty,
    ) -> Ty {
        let mut state = start.clone();
        for round in 0..ROUNDS {
            let next = self.quietly(|engine| step(engine, &state));
            let mut next = state.union(&next);
            if next == state {
                return state;
            }
            if round > 0 {
                next = next.generalized();
            }
            state = next;
        }
        Ty::any().tainted(&state.all_secret_marks())
    }

    fn call<'e>(
        &mut self,
        name: &'e Name,
        arguments: &'e [Term],
        dot: &Ty,
        env: &'e Env<'e>,
    ) -> Stream {
        match env.function(&name.text, arguments.len()) {
            None => self.builtin(name, arguments, dot, env),
            Some((Bound::Closure(body, captured), _)) => self.eval(body, dot, captured),
            Some((Bound::Function(definition), defined)) => {
                if self.calls >= CALLS {
                    return Stream::many(self.unknown(dot, env));
                }
                let mut bound: Vec<(&'e str, Bound<'e>)> = Vec::new();
                let mut values = Stream::one(Ty::null());
                for (parameter, argument) in definition.arguments.iter().zip(arguments) {
                    bound.push(if parameter.text.starts_with('$') {
                        let value = self.eval(argument, dot, env);
                        let ty = value.ty.clone();
                        values = values.then(value);
                        (&parameter.text, Bound::Value(ty))
                    } else {
                        (&parameter.text, Bound::Closure(argument, env))
                    });
                }
                let inner = defined.with(bound);
                self.calls += 1;
                let body = self.eval(&definition.body, dot, &inner);
                self.calls -= 1;
                values.then(body)
            }
            Some((Bound::Value(_), _)) => Stream::many(self.unknown(dot, env)),
        }
    }
}
