//! Puts counting calls into the term tree, so that nothing can loop or nest without being metered, and balances long
//! chains, so that nothing nests only because it is long.
//!
//! Two calls are put in. `__tick | f` counts one step and keeps `f` in tail position; it stands before whatever can be
//! run again and again: the right side of a comma (all branching of a fixed term starts at one), the update of a
//! `reduce` or `foreach`, and the loops of the prelude. `__enter(f)` counts how deep it is nested in itself while `f`
//! runs; it stands around the body of every definition of an author, around every call of a filter argument, and at
//! every [`LEVELS`]-th level of a deep term. An author's definition therefore recurses only as deep as the limit on
//! depth, even in tail position: chains of closures must not become too long to be dropped, and they grow there too.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Def, Pattern, Term};
use jaq_core::ops::Math;
use jaq_core::path::{Part, Path};

use crate::natives::{ENTER, TICK};

/// Levels of a term between two `__enter`.
const LEVELS: u32 = 16;

/// Longest chain of object entries or of parts of a string that is left as it is.
const CHUNK: usize = 8;

/// An author's expression, metered.
pub(crate) fn expression(term: Term<&str>) -> Term<&str> {
    Rewriter { author: true, locals: Vec::new() }.term(term, 0)
}

/// A definition of the prelude, metered.
pub(crate) fn definition(def: Def<&'static str>) -> Def<&'static str> {
    let mut rewriter = Rewriter { author: false, locals: Vec::new() };
    let recursive = calls_itself(&def);
    let Def { name, args, body } = def;
    let body = rewriter.term(body, 0);
    Def { name, args, body: if recursive { enter(body) } else { body } }
}

fn calls_itself(def: &Def<&'static str>) -> bool {
    let mut found = false;
    crate::prelude::each_call(&def.body, &mut |name, arity| {
        found |= (name, arity) == (def.name, def.args.len());
    });
    found
}

fn tick(term: Term<&str>) -> Term<&str> {
    let tick = Term::Call(TICK, Vec::new());
    Term::BinOp(Box::new(tick), BinaryOp::Pipe(None), Box::new(term))
}

fn enter(term: Term<&str>) -> Term<&str> {
    Term::Call(ENTER, vec![term])
}

struct Rewriter<'s> {
    /// Whether the term is an author's, not the prelude's: the prelude's loops must stay tail calls.
    author: bool,
    /// Functions in scope with their arity, and whether each is an argument.
    locals: Vec<(&'s str, usize, bool)>,
}

impl<'s> Rewriter<'s> {
    fn boxed(&mut self, term: Term<&'s str>, level: u32) -> Box<Term<&'s str>> {
        Box::new(self.term(term, level))
    }

    fn all(&mut self, terms: Vec<Term<&'s str>>, level: u32) -> Vec<Term<&'s str>> {
        terms.into_iter().map(|term| self.term(term, level)).collect()
    }

    fn term(&mut self, term: Term<&'s str>, level: u32) -> Term<&'s str> {
        if self.author && level >= LEVELS {
            return enter(self.term(term, 0));
        }
        let next = level + 1;
        match term {
            Term::Id | Term::Recurse | Term::Num(_) | Term::Break(_) | Term::Var(_) => term,
            Term::Arr(inner) => Term::Arr(inner.map(|inner| self.boxed(*inner, next))),
            Term::Neg(inner) => Term::Neg(self.boxed(*inner, next)),
            Term::Label(name, inner) => Term::Label(name, self.boxed(*inner, next)),
            Term::TryCatch(body, catch) => {
                Term::TryCatch(self.boxed(*body, next), catch.map(|catch| self.boxed(*catch, next)))
            }
            Term::IfThenElse(cases, otherwise) => {
                // Each case is an `else` of those before it.
                let mut level = next;
                let mut cases_ = Vec::with_capacity(cases.len());
                for (test, then) in cases {
                    cases_.push((self.term(test, level), self.term(then, level)));
                    level += 1;
                }
                Term::IfThenElse(cases_, otherwise.map(|otherwise| self.boxed(*otherwise, level)))
            }
            Term::BinOp(_, BinaryOp::Comma, _) => {
                let items = commas(term);
                let level = level + depth_of(items.len());
                let items = self.all(items, level);
                balance(items, &|left, right| {
                    Term::BinOp(Box::new(left), BinaryOp::Comma, Box::new(tick(right)))
                })
            }
            Term::BinOp(_, BinaryOp::Pipe(None), _) => {
                let stages = pipe(term);
                let level = level + depth_of(stages.len());
                let stages = self.all(stages, level);
                balance(stages, &|left, right| {
                    Term::BinOp(Box::new(left), BinaryOp::Pipe(None), Box::new(right))
                })
            }
            Term::BinOp(left, op, right) => {
                let left = self.boxed(*left, next);
                let op = match op {
                    BinaryOp::Pipe(Some(pattern)) => {
                        BinaryOp::Pipe(Some(self.pattern(pattern, next)))
                    }
                    op => op,
                };
                Term::BinOp(left, op, self.boxed(*right, next))
            }
            Term::Fold(kind, source, pattern, arguments) => {
                let source = self.boxed(*source, next);
                let pattern = self.pattern(pattern, next);
                let mut arguments = self.all(arguments, next + 1);
                if let Some(update) = arguments.get_mut(1) {
                    *update = tick(std::mem::take(update));
                }
                Term::Fold(kind, source, pattern, arguments)
            }
            Term::Def(definitions, body) => {
                let outer = self.locals.len();
                let definitions = definitions.into_iter().map(|def| self.local(def)).collect();
                let body = self.boxed(*body, next);
                self.locals.truncate(outer);
                Term::Def(definitions, body)
            }
            Term::Call(name, arguments) => {
                let arity = arguments.len();
                let local =
                    self.locals.iter().rev().find(|local| local.0 == name && local.1 == arity);
                let argument = local.is_some_and(|local| local.2);
                let call = Term::Call(name, self.all(arguments, next + 2));
                if self.author && argument { enter(call) } else { call }
            }
            Term::Path(head, Path(parts)) => {
                let head = self.boxed(*head, next);
                let parts = parts.into_iter().map(|(part, opt)| {
                    let part = match part {
                        Part::Index(index) => Part::Index(self.term(index, next)),
                        Part::Range(from, to) => Part::Range(
                            from.map(|from| self.term(from, next)),
                            to.map(|to| self.term(to, next)),
                        ),
                    };
                    (part, opt)
                });
                Term::Path(head, Path(parts.collect()))
            }
            Term::Str(format, parts) => {
                let level = next + depth_of(parts.len());
                let part = |part| match part {
                    StrPart::Term(term) => StrPart::Term(self.term(term, level)),
                    part => part,
                };
                let parts = parts.into_iter().map(part).collect();
                sum(parts, |parts| Term::Str(format, parts))
            }
            Term::Obj(entries) => {
                let level = next + depth_of(entries.len());
                let mut entry = |(key, value): (_, Option<_>)| {
                    (self.term(key, level), value.map(|value| self.term(value, level)))
                };
                let entries = entries.into_iter().map(&mut entry).collect();
                sum(entries, Term::Obj)
            }
        }
    }

    fn local(&mut self, def: Def<&'s str>) -> Def<&'s str> {
        let Def { name, args, body } = def;
        let outer = self.locals.len();
        // It can call itself, unless an argument has its name.
        self.locals.push((name, args.len(), false));
        let filters = args.iter().filter(|arg| !arg.starts_with('$'));
        self.locals.extend(filters.map(|arg| (*arg, 0, true)));
        let body = self.term(body, 0);
        self.locals.truncate(outer + 1);
        let body = if self.author { enter(body) } else { tick(body) };
        Def { name, args, body }
    }

    fn pattern(&mut self, pattern: Pattern<&'s str>, level: u32) -> Pattern<&'s str> {
        match pattern {
            Pattern::Var(name) => Pattern::Var(name),
            Pattern::Arr(items) => {
                Pattern::Arr(items.into_iter().map(|item| self.pattern(item, level + 1)).collect())
            }
            Pattern::Obj(entries) => {
                let entry =
                    |(key, value)| (self.term(key, level + 1), self.pattern(value, level + 1));
                Pattern::Obj(entries.into_iter().map(entry).collect())
            }
        }
    }
}

/// Levels that a balanced tree of so many leaves has.
fn depth_of(leaves: usize) -> u32 {
    leaves.max(1).ilog2() + 1
}

/// The items of a chain of commas, without recursion: it may be a thousand items long.
fn commas(mut term: Term<&str>) -> Vec<Term<&str>> {
    let mut items = Vec::new();
    while let Term::BinOp(left, BinaryOp::Comma, right) = term {
        items.push(*right);
        term = *left;
    }
    items.push(term);
    items.reverse();
    items
}

/// The stages of a chain of pipes that bind nothing; without recursion, too.
fn pipe(mut term: Term<&str>) -> Vec<Term<&str>> {
    let mut stages = Vec::new();
    while let Term::BinOp(left, BinaryOp::Pipe(None), right) = term {
        stages.push(*left);
        term = *right;
    }
    stages.push(term);
    stages
}

/// Joins the items in their order, by an operation that may be grouped in any way.
fn balance<'s>(
    mut items: Vec<Term<&'s str>>,
    join: &impl Fn(Term<&'s str>, Term<&'s str>) -> Term<&'s str>,
) -> Term<&'s str> {
    if items.len() < 2 {
        return items.pop().unwrap_or_default();
    }
    let right = items.split_off(items.len() / 2);
    join(balance(items, join), balance(right, join))
}

/// What jaq makes a chain of additions of, in chunks whose sum is balanced.
fn sum<'s, T>(parts: Vec<T>, make: impl Fn(Vec<T>) -> Term<&'s str>) -> Term<&'s str> {
    if parts.len() <= CHUNK {
        return make(parts);
    }
    let mut parts = parts.into_iter().peekable();
    let mut chunks = Vec::new();
    while parts.peek().is_some() {
        chunks.push(make(parts.by_ref().take(CHUNK).collect()));
    }
    let add = BinaryOp::Math(Math::Add);
    balance(chunks, &|left, right| Term::BinOp(Box::new(left), add.clone(), Box::new(right)))
}
