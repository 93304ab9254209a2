//! Walks the term tree of an expression: what it calls, which variables it takes, which paths it follows.
//!
//! A path is reported only where it certainly starts at the scope. So the walk carries along what `.` is: a known place
//! of the scope, or anything at all. `.input | .lines` goes to a known place; in `map(.x)` the inner `.` is anything.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Def, Pattern, Term};
use jaq_core::path::{Opt, Part};

use crate::error::{ExprError, ExprErrorKind};
use crate::functions::{self, Refusal};
use crate::paths::{PathUse, Reference, Root};
use crate::places::{Place, Places};
use crate::prelude::{Argument, prelude};

/// What is known about an expression without running it.
pub(crate) struct Analysis {
    pub(crate) variables: Vec<Reference>,
    pub(crate) paths: Vec<PathUse>,
    pub(crate) errors: Vec<ExprError>,
}

/// Analyses a term that was parsed from `source`, which begins at `base` in the template's string.
pub(crate) fn analyse<'s>(term: &Term<&'s str>, source: &'s str, base: usize) -> Analysis {
    let mut walker = Walker {
        places: Places::new(source, base),
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

struct Walker<'s> {
    places: Places<'s>,
    /// Variables that the expression binds, innermost last.
    variables: Vec<(&'s str, Place)>,
    /// Functions that the expression defines, with their arity, innermost last.
    functions: Vec<(&'s str, usize)>,
    labels: Vec<&'s str>,
    references: Vec<Reference>,
    errors: Vec<ExprError>,
}

impl<'s> Walker<'s> {
    fn refuse(&mut self, part: &str, refusal: Refusal) {
        let error = ExprError::new(refusal.kind, self.places.locate(part), refusal.message);
        self.errors.push(ExprError { help: refusal.help, ..error });
    }

    /// Walks a term whose value is used.
    fn use_of(&mut self, term: &Term<&'s str>, dot: Place) {
        let place = self.value(term, dot);
        self.places.read(place);
    }

    fn use_of_all<'t>(&mut self, terms: impl IntoIterator<Item = &'t Term<&'s str>>, dot: Place)
    where
        's: 't,
    {
        terms.into_iter().for_each(|term| self.use_of(term, dot));
    }

    fn optionally<T>(&mut self, walk: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.places.optional, true);
        let result = walk(self);
        self.places.optional = outer;
        result
    }

    /// Walks a term and says at which place its value is.
    fn value(&mut self, term: &Term<&'s str>, dot: Place) -> Place {
        match term {
            Term::Id => return dot,
            Term::Recurse | Term::Num(_) => {}
            Term::Var(name) => return self.variable(name),
            Term::Arr(inner) => self.use_of_all(inner.as_deref(), dot),
            Term::Neg(inner) => self.use_of(inner, dot),
            Term::Label(name, inner) => {
                self.labels.push(name);
                self.use_of(inner, dot);
                self.labels.pop();
            }
            Term::Break(name) if !self.labels.contains(name) => {
                let message = format!("there is no `label {name}` around this");
                self.errors.push(ExprError::new(
                    ExprErrorKind::Syntax,
                    self.places.locate(name),
                    message,
                ));
            }
            Term::Break(_) => {}
            Term::TryCatch(body, catch) => {
                self.optionally(|walker| walker.use_of(body, dot));
                self.use_of_all(catch.as_deref(), None);
            }
            Term::IfThenElse(cases, otherwise) => {
                for (test, then) in cases {
                    self.use_of(test, dot);
                    self.use_of(then, dot);
                }
                self.use_of_all(otherwise.as_deref(), dot);
            }
            Term::BinOp(left, op, right) => return self.operation(left, op, right, dot),
            Term::Fold(kind, source, pattern, arguments) => {
                self.fold(kind, source, pattern, arguments, dot);
            }
            Term::Def(definitions, body) => {
                let outer = self.functions.len();
                definitions.iter().for_each(|def| self.definition(def));
                let place = self.value(body, dot);
                self.functions.truncate(outer);
                return place;
            }
            Term::Call(name, arguments) => return self.call(name, arguments, dot),
            Term::Path(head, path) => {
                let mut place = self.value(head, dot);
                for (part, opt) in &path.0 {
                    place = self.part(place, part, dot);
                    if matches!(opt, Opt::Optional) {
                        self.places.allow_absence(place);
                    }
                }
                return place;
            }
            Term::Str(format, parts) => {
                if let Some(format) = format {
                    self.called(format, 0);
                }
                for part in parts {
                    if let StrPart::Term(term) = part {
                        self.use_of(term, dot);
                    }
                }
            }
            Term::Obj(entries) => {
                entries.iter().for_each(|(key, value)| self.entry(key, value.as_ref(), dot));
            }
        }
        None
    }

    fn part(&mut self, place: Place, part: &Part<Term<&'s str>>, dot: Place) -> Place {
        match part {
            Part::Index(index) => {
                if let Some(key) = fixed(index) {
                    return self.places.key(place, key);
                }
                self.places.read(place);
                self.use_of(index, dot);
            }
            Part::Range(from, to) => {
                self.places.read(place);
                self.use_of_all(from.iter().chain(to), dot);
            }
        }
        None
    }

    fn entry(&mut self, key: &Term<&'s str>, value: Option<&Term<&'s str>>, dot: Place) {
        match (fixed(key), value) {
            (Some(_), Some(value)) => self.use_of(value, dot),
            (Some(key), None) => {
                let place = self.places.key(dot, key);
                self.places.read(place);
            }
            (None, value) => {
                self.use_of(key, dot);
                self.use_of_all(value, dot);
            }
        }
    }

    fn variable(&mut self, name: &'s str) -> Place {
        if let Some((_, place)) = self.variables.iter().rev().find(|(bound, _)| *bound == name) {
            return *place;
        }
        let range = self.places.locate(name);
        let plain = name.strip_prefix('$').unwrap_or(name).to_owned();
        if let Err(refusal) = functions::check_variable(&plain) {
            self.refuse(name, refusal);
            return None;
        }
        self.references.push(Reference { name: plain.clone(), range: range.clone() });
        self.places.root(Root::Variable(plain), range)
    }

    fn operation(
        &mut self,
        left: &Term<&'s str>,
        op: &BinaryOp<&'s str>,
        right: &Term<&'s str>,
        dot: Place,
    ) -> Place {
        match op {
            BinaryOp::Pipe(None) => {
                let place = self.value(left, dot);
                let result = self.value(right, place);
                self.places.leave(place, result);
                return result;
            }
            BinaryOp::Pipe(Some(pattern)) => {
                let place = self.value(left, dot);
                let outer = self.variables.len();
                self.bind(pattern, place);
                let result = self.value(right, dot);
                self.unbind(outer, result);
                self.places.leave(place, result);
                return result;
            }
            BinaryOp::Alt => {
                self.optionally(|walker| walker.use_of(left, dot));
                self.use_of(right, dot);
            }
            BinaryOp::Assign | BinaryOp::Update | BinaryOp::UpdateMath(_) | BinaryOp::UpdateAlt => {
                let outer = std::mem::replace(&mut self.places.assigned, true);
                self.use_of(left, dot);
                self.places.assigned = outer;
                self.use_of(right, if matches!(op, BinaryOp::Update) { None } else { dot });
            }
            BinaryOp::Comma => {
                // A list may be a thousand items long, and it nests to the left.
                let mut rights = vec![right];
                let mut first = left;
                while let Term::BinOp(left, BinaryOp::Comma, right) = first {
                    rights.push(right);
                    first = left;
                }
                self.use_of(first, dot);
                self.use_of_all(rights.into_iter().rev(), dot);
            }
            BinaryOp::Or | BinaryOp::And | BinaryOp::Math(_) | BinaryOp::Cmp(_) => {
                self.use_of(left, dot);
                self.use_of(right, dot);
            }
        }
        None
    }

    /// Binds the variables of a pattern that is matched against the value at a place.
    fn bind(&mut self, pattern: &Pattern<&'s str>, place: Place) {
        match pattern {
            Pattern::Var(name) => self.variables.push((name, place)),
            Pattern::Arr(items) => {
                self.places.read(place);
                items.iter().for_each(|item| self.bind(item, None));
            }
            Pattern::Obj(entries) => {
                for (key, value) in entries {
                    let inner = if let Some(key) = fixed(key) {
                        self.places.key(place, key)
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

    fn fold(
        &mut self,
        kind: &'s str,
        source: &Term<&'s str>,
        pattern: &Pattern<&'s str>,
        arguments: &[Term<&'s str>],
        dot: Place,
    ) {
        let (fits, takes) = match kind {
            "reduce" => (arguments.len() == 2, "`reduce … as $x (start; update)` takes two terms"),
            _ => (
                matches!(arguments.len(), 2 | 3),
                "`foreach … as $x (start; update; result)` takes two or three terms",
            ),
        };
        if !fits {
            self.errors.push(ExprError::new(
                ExprErrorKind::Syntax,
                self.places.locate(kind),
                takes,
            ));
        }
        let place = self.value(source, dot);
        let mut arguments = arguments.iter();
        self.use_of_all(arguments.next(), dot);
        let outer = self.variables.len();
        self.bind(pattern, place);
        self.use_of_all(arguments, None);
        self.unbind(outer, None);
        self.places.read(place);
    }

    fn definition(&mut self, def: &Def<&'s str>) {
        self.functions.push((def.name, def.args.len()));
        let (functions, variables) = (self.functions.len(), self.variables.len());
        for argument in &def.args {
            if argument.starts_with('$') {
                self.variables.push((argument, None));
            } else {
                self.functions.push((argument, 0));
            }
        }
        self.use_of(&def.body, None);
        self.functions.truncate(functions);
        self.variables.truncate(variables);
    }

    fn call(&mut self, name: &'s str, arguments: &[Term<&'s str>], dot: Place) -> Place {
        if !self.called(name, arguments.len()) {
            // Its own: it may run its arguments on anything.
            self.use_of_all(arguments, None);
            return None;
        }
        let kinds = prelude().arguments(name, arguments.len());
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
        if passes.contains(&name) { dot } else { None }
    }

    /// Checks a call; true when it goes to a function of jq, not of the expression's own.
    fn called(&mut self, name: &'s str, arity: usize) -> bool {
        if self.functions.contains(&(name, arity)) {
            return false;
        }
        let own: Vec<&str> = self.functions.iter().map(|(name, _)| *name).collect();
        if let Err(mut refusal) = functions::check(name, arity, &own) {
            if let Some(key) = self.dashed(name) {
                refusal.help = Some(format!("a key with `-` in it is written `[\"…-{key}\"]`"));
            }
            self.refuse(name, refusal);
        }
        true
    }

    /// The name, if it comes right behind a `-` that comes right behind a key, as in `.steps.my-step`.
    fn dashed<'n>(&self, name: &'n str) -> Option<&'n str> {
        let before = self.places.before(name).strip_suffix('-')?;
        before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_').then_some(name)
    }
}

/// The key, if it is fixed and written without escapes.
pub(crate) fn fixed<'s>(index: &Term<&'s str>) -> Option<&'s str> {
    match index {
        Term::Str(None, parts) => match parts.as_slice() {
            [StrPart::Str(key)] => Some(key),
            _ => None,
        },
        _ => None,
    }
}
