//! Walks the term tree of an expression: what it calls, which variables it takes, which paths it follows.
//!
//! A path is reported only where it certainly starts at the scope. So the walk carries along what `.` is: a known place
//! of the scope, or anything at all. `.input | .lines` goes to a known place; in `map(.x)` the inner `.` is anything.

use crate::error::{ExprError, ExprErrorKind};
use crate::functions::{self, Refusal};
use crate::paths::{PathUse, Reference, Root};
use crate::places::{Place, Places};
use crate::prelude::{Argument, prelude};
use crate::tree::{
    Definition, Fold, Name, Node, Op, Part, PartKind, Pattern, Span, Term, TextPart,
};

/// What is known about an expression without running it.
pub(crate) struct Analysis {
    pub(crate) variables: Vec<Reference>,
    pub(crate) paths: Vec<PathUse>,
    pub(crate) errors: Vec<ExprError>,
}

/// Analyses a term that was parsed from `source`, which begins at `base` in the template's string.
pub(crate) fn analyse(term: &Term, source: &str, base: usize) -> Analysis {
    let mut walker = Walker {
        source,
        base,
        places: Places::default(),
        variables: Vec::new(),
        functions: Vec::new(),
        labels: Vec::new(),
        references: Vec::new(),
        errors: Vec::new(),
    };
    let dot = walker.places.root(Root::Dot, base..base);
    walker.use_of(term, dot);
    let Walker { places, references: mut variables, mut errors, .. } = walker;
    let mut paths = places.reported;
    variables.sort_by_key(|reference| reference.range.start);
    paths.sort_by_key(|path| (path.range.start, path.range.end));
    errors.sort_by_key(|error| error.range.start);
    Analysis { variables, paths, errors }
}

struct Walker<'t> {
    source: &'t str,
    base: usize,
    places: Places,
    /// Variables that the expression binds, innermost last.
    variables: Vec<(&'t str, Place)>,
    /// Functions that the expression defines, with their arity, innermost last.
    functions: Vec<(&'t str, usize)>,
    labels: Vec<&'t str>,
    references: Vec<Reference>,
    errors: Vec<ExprError>,
}

impl<'t> Walker<'t> {
    fn refuse(&mut self, at: Span, refusal: Refusal) {
        let error = ExprError::new(refusal.kind, at.range(), refusal.message);
        self.errors.push(ExprError { help: refusal.help, ..error });
    }

    /// Walks a term whose value is used.
    fn use_of(&mut self, term: &'t Term, dot: Place) {
        let place = self.value(term, dot);
        self.places.read(place);
    }

    fn use_of_all(&mut self, terms: impl IntoIterator<Item = &'t Term>, dot: Place) {
        terms.into_iter().for_each(|term| self.use_of(term, dot));
    }

    fn optionally<T>(&mut self, walk: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.places.optional, true);
        let result = walk(self);
        self.places.optional = outer;
        result
    }

    /// Walks a term and says at which place its value is.
    fn value(&mut self, term: &'t Term, dot: Place) -> Place {
        match &term.node {
            Node::Id => return dot,
            Node::Recurse | Node::Number(_) | Node::Text(_) => {}
            Node::Variable(name) => return self.variable(name, term.span),
            Node::Array(inner) => self.use_of_all(inner.as_deref(), dot),
            Node::Negative(inner) => self.use_of(inner, dot),
            Node::Label(name, inner) => {
                self.labels.push(&name.text);
                self.use_of(inner, dot);
                self.labels.pop();
            }
            Node::Break(name) if !self.labels.contains(&&*name.text) => {
                let message = format!("there is no `label {}` around this", name.text);
                let range = name.span.range();
                self.errors.push(ExprError::new(ExprErrorKind::Syntax, range, message));
            }
            Node::Break(_) => {}
            Node::Try(body, catch) => {
                self.optionally(|walker| walker.use_of(body, dot));
                self.use_of_all(catch.as_deref(), None);
            }
            Node::If(cases, otherwise) => {
                for (test, then) in cases {
                    self.use_of(test, dot);
                    self.use_of(then, dot);
                }
                self.use_of_all(otherwise.as_deref(), dot);
            }
            Node::Binary(left, op, right) => return self.operation(left, *op, right, dot),
            Node::Commas(terms) => self.use_of_all(terms, dot),
            Node::Bind(source, pattern, body) => return self.binding(source, pattern, body, dot),
            Node::Fold(fold) => self.fold(fold, dot),
            Node::Define(definitions, body) => {
                let outer = self.functions.len();
                definitions.iter().for_each(|def| self.definition(def));
                let place = self.value(body, dot);
                self.functions.truncate(outer);
                return place;
            }
            Node::Call(name, arguments) => return self.call(name, arguments, dot),
            Node::Path(head, parts) => {
                let mut place = self.value(head, dot);
                // The dot of `.["a"]` is written with the key.
                let mut dotted = matches!(head.node, Node::Id).then_some(head.span);
                for part in parts {
                    place = self.part(place, part, dotted.take(), dot);
                    if part.optional {
                        self.places.allow_absence(place);
                    }
                }
                return place;
            }
            Node::Interpolated(format, parts) => {
                if let Some(format) = format {
                    self.called(format, 0);
                }
                for part in parts {
                    if let TextPart::Term(term) = part {
                        self.use_of(term, dot);
                    }
                }
            }
            Node::Object(entries) => {
                entries.iter().for_each(|(key, value)| self.entry(key, value.as_ref(), dot));
            }
        }
        None
    }

    fn part(&mut self, place: Place, part: &'t Part, before: Option<Span>, dot: Place) -> Place {
        match &part.kind {
            PartKind::Key(key) => {
                let written = before.map_or(part.span, |before| before.to(part.span));
                return self.places.key(place, key, written);
            }
            PartKind::Index(index) => {
                self.places.read(place);
                self.use_of(index, dot);
            }
            PartKind::Range(from, to) => {
                self.places.read(place);
                self.use_of_all(from.iter().chain(to), dot);
            }
        }
        None
    }

    fn entry(&mut self, key: &'t Term, value: Option<&'t Term>, dot: Place) {
        match (key.text(), value) {
            (Some(_), Some(value)) => self.use_of(value, dot),
            (Some(text), None) => {
                let place = self.places.key(dot, &self.key_name(key, text), key.span);
                self.places.read(place);
            }
            (None, value) => {
                self.use_of(key, dot);
                self.use_of_all(value, dot);
            }
        }
    }

    /// A fixed key, where it is written without its quotes.
    fn key_name(&self, key: &Term, text: &str) -> Name {
        let quoted = self.source.as_bytes().get(key.span.range().start - self.base) == Some(&b'"');
        Name { text: text.into(), span: if quoted { key.inner_span() } else { key.span } }
    }

    fn variable(&mut self, name: &str, span: Span) -> Place {
        if let Some((_, place)) = self.variables.iter().rev().find(|(bound, _)| *bound == name) {
            return *place;
        }
        let plain = name.strip_prefix('$').unwrap_or(name).to_owned();
        if let Err(refusal) = functions::check_variable(&plain) {
            self.refuse(span, refusal);
            return None;
        }
        self.references.push(Reference { name: plain.clone(), range: span.range() });
        self.places.root(Root::Variable(plain), span.range())
    }

    fn operation(&mut self, left: &'t Term, op: Op, right: &'t Term, dot: Place) -> Place {
        match op {
            Op::Pipe => {
                let place = self.value(left, dot);
                let result = self.value(right, place);
                self.places.leave(place, result);
                return result;
            }
            Op::Alternative => {
                self.optionally(|walker| walker.use_of(left, dot));
                self.use_of(right, dot);
            }
            Op::Assign | Op::Update | Op::UpdateMath(_) | Op::UpdateAlternative => {
                let outer = std::mem::replace(&mut self.places.assigned, true);
                self.use_of(left, dot);
                self.places.assigned = outer;
                self.use_of(right, if op == Op::Update { None } else { dot });
            }
            Op::Or | Op::And | Op::Math(_) | Op::Compare(_) => {
                self.use_of(left, dot);
                self.use_of(right, dot);
            }
        }
        None
    }

    fn binding(
        &mut self,
        source: &'t Term,
        pattern: &'t Pattern,
        body: &'t Term,
        dot: Place,
    ) -> Place {
        let place = self.value(source, dot);
        let outer = self.variables.len();
        self.bind(pattern, place);
        let result = self.value(body, dot);
        self.unbind(outer, result);
        self.places.leave(place, result);
        result
    }

    /// Binds the variables of a pattern that is matched against the value at a place.
    fn bind(&mut self, pattern: &'t Pattern, place: Place) {
        match pattern {
            Pattern::Variable(name) => self.variables.push((&name.text, place)),
            Pattern::Array(items) => {
                self.places.read(place);
                items.iter().for_each(|item| self.bind(item, None));
            }
            Pattern::Object(entries) => {
                for (key, value) in entries {
                    let inner = if let Some(text) = key.text() {
                        self.places.key(place, &self.key_name(key, text), key.span)
                    } else {
                        self.places.read(place);
                        self.use_of(key, None);
                        None
                    };
                    self.bind(value, inner);
                }
            }
        }
    }

    /// Ends the scope of the variables bound since there were so many.
    fn unbind(&mut self, outer: usize, result: Place) {
        for (_, place) in self.variables.drain(outer..) {
            self.places.leave(place, result);
        }
    }

    fn fold(&mut self, fold: &'t Fold, dot: Place) {
        let (fits, takes) = match &*fold.keyword.text {
            "reduce" => {
                (fold.arguments.len() == 2, "`reduce … as $x (start; update)` takes two terms")
            }
            _ => (
                matches!(fold.arguments.len(), 2 | 3),
                "`foreach … as $x (start; update; result)` takes two or three terms",
            ),
        };
        if !fits {
            let range = fold.keyword.span.range();
            self.errors.push(ExprError::new(ExprErrorKind::Syntax, range, takes));
        }
        let place = self.value(&fold.source, dot);
        let mut arguments = fold.arguments.iter();
        self.use_of_all(arguments.next(), dot);
        let outer = self.variables.len();
        self.bind(&fold.pattern, place);
        self.use_of_all(arguments, None);
        self.unbind(outer, None);
        self.places.read(place);
    }

    fn definition(&mut self, def: &'t Definition) {
        self.functions.push((&def.name.text, def.arguments.len()));
        let (functions, variables) = (self.functions.len(), self.variables.len());
        for argument in &def.arguments {
            if argument.text.starts_with('$') {
                self.variables.push((&argument.text, None));
            } else {
                self.functions.push((&argument.text, 0));
            }
        }
        self.use_of(&def.body, None);
        self.functions.truncate(functions);
        self.variables.truncate(variables);
    }

    fn call(&mut self, name: &'t Name, arguments: &'t [Term], dot: Place) -> Place {
        if !self.called(name, arguments.len()) {
            // Its own: it may run its arguments on anything.
            self.use_of_all(arguments, None);
            return None;
        }
        let kinds = prelude().arguments(&name.text, arguments.len());
        for (index, argument) in arguments.iter().enumerate() {
            let here = kinds.get(index) == Some(&Argument::Here);
            self.use_of(argument, if here { dot } else { None });
        }
        // These give what they are given, or nothing.
        let passes = [
            "select",
            "values",
            "scalars",
            "iterables",
            "objects",
            "arrays",
            "strings",
            "numbers",
            "booleans",
        ];
        if passes.contains(&&*name.text) { dot } else { None }
    }

    /// Checks a call; true when it goes to a function of jq, not of the expression's own.
    fn called(&mut self, name: &Name, arity: usize) -> bool {
        if self.functions.contains(&(&name.text, arity)) {
            return false;
        }
        let own: Vec<&str> = self.functions.iter().map(|(name, _)| *name).collect();
        if let Err(mut refusal) = functions::check(&name.text, arity, &own) {
            if self.is_dashed(name) {
                refusal.help =
                    Some(format!("a key with `-` in it is written `[\"…-{}\"]`", name.text));
            }
            self.refuse(name.span, refusal);
        }
        true
    }

    /// Whether it comes right behind a `-` that comes right behind a key, as in `.steps.my-step`.
    fn is_dashed(&self, name: &Name) -> bool {
        let before = self.source.get(..name.span.range().start - self.base).unwrap_or_default();
        before
            .strip_suffix('-')
            .is_some_and(|key| key.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
    }
}
