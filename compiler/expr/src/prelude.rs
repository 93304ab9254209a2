//! The definitions written in jq: those of jaq and ours, parsed and metered once, and known by what they call, so that
//! an expression is compiled with those it needs and no others.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jaq_core::Bind;
use jaq_core::load;
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Def, Pattern, Term};
use jaq_core::path::{Part, Path};

use crate::{natives, rewrite};

/// Definitions of jaq that nobody may call, or that a native function of ours replaces.
const DROPPED: [&str; 10] = [
    "debug",
    "delpaths",
    "halt",
    "halt_error",
    "infinite",
    "nan",
    "stderr",
    "tonumber",
    "toboolean",
    "type",
];

/// One function, known by name and number of arguments.
pub(crate) type Signature<S = &'static str> = (S, usize);

/// Everything an expression may call, and what that calls.
pub(crate) struct Prelude {
    definitions: Vec<Definition>,
    by_signature: BTreeMap<Signature, usize>,
    natives: BTreeMap<Signature, Box<[Bind]>>,
}

/// What a function does with an argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Argument {
    /// Reads its value, and runs it on nothing but the `.` of the call.
    Here,
    /// Runs it on something else, or looks at its paths and not at its values.
    Elsewhere,
}

/// One definition.
struct Definition {
    /// As it is run.
    metered: Def<&'static str>,
    arguments: Vec<Argument>,
    /// Numbers of the definitions that it calls, directly or not.
    needs: Vec<usize>,
}

static PRELUDE: LazyLock<Prelude> = LazyLock::new(Prelude::build);

/// The one prelude.
pub(crate) fn prelude() -> &'static Prelude {
    &PRELUDE
}

impl Prelude {
    fn build() -> Self {
        let ours = |source| load::parse(source, |parser| parser.defs()).unwrap_or_default();
        let mut sources = ours(include_str!("guards.jq"));
        let jaq = jaq_core::defs().chain(jaq_std::defs());
        sources.extend(jaq.filter(|def| !DROPPED.contains(&def.name)));
        // A definition sees only those before it: what others use stands where jaq has its own.
        for def in ours(include_str!("library.jq")) {
            let same =
                |other: &&mut Def<_>| other.name == def.name && other.args.len() == def.args.len();
            match sources.iter_mut().find(same) {
                Some(theirs) => *theirs = def,
                None => sources.push(def),
            }
        }

        let natives = natives::all()
            .map(|(name, arguments, _)| ((name, arguments.len()), arguments))
            .collect();
        let mut prelude = Self { definitions: Vec::new(), by_signature: BTreeMap::new(), natives };
        for def in sources {
            let number = prelude.definitions.len();
            let needs = prelude.needed(&def.body);
            prelude.by_signature.insert((def.name, def.args.len()), number);
            let arguments = def.args.iter().map(|name| prelude.argument(name, &def.body)).collect();
            prelude.definitions.push(Definition {
                metered: rewrite::definition(def),
                arguments,
                needs,
            });
        }
        prelude
    }

    /// Whether there is a function of this name and arity.
    pub(crate) fn has(&self, name: &str, arity: usize) -> bool {
        self.by_signature.contains_key(&(name, arity)) || self.natives.contains_key(&(name, arity))
    }

    /// What a function does with its arguments.
    pub(crate) fn arguments(&self, name: &str, arity: usize) -> Vec<Argument> {
        if let Some(def) =
            self.by_signature.get(&(name, arity)).and_then(|&number| self.definitions.get(number))
        {
            return def.arguments.clone();
        }
        let of = |argument: &Bind| match argument {
            Bind::Var(()) => Argument::Here,
            Bind::Fun(()) if matches!(name, "first" | "last" | "limit" | "skip") => Argument::Here,
            Bind::Fun(()) => Argument::Elsewhere,
        };
        self.natives
            .get(&(name, arity))
            .map(|arguments| arguments.iter().map(of).collect())
            .unwrap_or_default()
    }

    /// What a definition does with the argument of this name.
    fn argument(&self, name: &str, body: &Term<&str>) -> Argument {
        if name.starts_with('$') || self.only_here(name, body) {
            Argument::Here
        } else {
            Argument::Elsewhere
        }
    }

    /// Whether each call of the argument in the term is read on the term's own `.`.
    fn only_here(&self, name: &str, term: &Term<&str>) -> bool {
        let here = |term: &Term<&str>| self.only_here(name, term);
        let absent = |term: &Term<&str>| {
            let mut absent = true;
            each_call(term, &mut |called, arity| absent &= (called, arity) != (name, 0));
            absent
        };
        match term {
            Term::Arr(inner) => inner.as_deref().is_none_or(here),
            Term::Neg(inner) => here(inner),
            Term::IfThenElse(cases, otherwise) => {
                cases.iter().all(|(test, then)| here(test) && here(then))
                    && otherwise.as_deref().is_none_or(here)
            }
            Term::BinOp(left, op, right) => match op {
                BinaryOp::Pipe(None) => here(left) && absent(right),
                BinaryOp::Alt => absent(left) && here(right),
                BinaryOp::Assign
                | BinaryOp::Update
                | BinaryOp::UpdateMath(_)
                | BinaryOp::UpdateAlt => absent(term),
                _ => here(left) && here(right),
            },
            Term::Fold(_, source, _, arguments) => {
                let mut arguments = arguments.iter();
                here(source) && arguments.next().is_none_or(here) && arguments.all(absent)
            }
            Term::Def(definitions, body) => {
                definitions.iter().all(|def| absent(&def.body)) && here(body)
            }
            Term::Call(called, arguments) => {
                let kinds = self.arguments(called, arguments.len());
                arguments.iter().enumerate().all(|(index, argument)| match kinds.get(index) {
                    Some(Argument::Here) => here(argument),
                    _ => absent(argument),
                })
            }
            Term::Path(head, Path(parts)) => {
                here(head)
                    && parts.iter().all(|(part, _)| match part {
                        Part::Index(index) => here(index),
                        Part::Range(from, to) => from.iter().chain(to).all(here),
                    })
            }
            Term::Str(_, parts) => parts.iter().all(|part| match part {
                StrPart::Term(term) => here(term),
                _ => true,
            }),
            Term::Obj(entries) => {
                entries.iter().all(|(key, value)| here(key) && value.as_ref().is_none_or(here))
            }
            term => absent(term),
        }
    }

    /// Name and arity of everything there is, by name.
    pub(crate) fn signatures(&self) -> impl Iterator<Item = Signature> {
        self.by_signature.keys().chain(self.natives.keys()).copied()
    }

    /// The definitions to compile a term with, in an order in which each comes after those it needs.
    pub(crate) fn select(&self, term: &Term<&str>) -> impl Iterator<Item = Def<&'static str>> {
        let needed = self.needed(term).into_iter();
        needed.filter_map(|number| Some(self.definitions.get(number)?.metered.clone()))
    }

    fn needed(&self, term: &Term<&str>) -> Vec<usize> {
        let mut needed = Vec::new();
        each_call(term, &mut |name, arity| {
            if let Some(&number) = self.by_signature.get(&(name, arity)) {
                needed.push(number);
                needed.extend(self.definitions.get(number).iter().flat_map(|def| &def.needs));
            }
        });
        needed.sort_unstable();
        needed.dedup();
        needed
    }
}

/// Reports every call in a term, those of local functions too.
pub(crate) fn each_call<'s>(term: &Term<&'s str>, report: &mut impl FnMut(&'s str, usize)) {
    match term {
        Term::Id | Term::Recurse | Term::Num(_) | Term::Break(_) | Term::Var(_) => {}
        Term::Arr(inner) => inner.iter().for_each(|inner| each_call(inner, report)),
        Term::Neg(inner) | Term::Label(_, inner) => each_call(inner, report),
        Term::TryCatch(body, catch) => {
            each_call(body, report);
            catch.iter().for_each(|catch| each_call(catch, report));
        }
        Term::IfThenElse(cases, otherwise) => {
            for (test, then) in cases {
                each_call(test, report);
                each_call(then, report);
            }
            otherwise.iter().for_each(|otherwise| each_call(otherwise, report));
        }
        Term::BinOp(left, op, right) => {
            each_call(left, report);
            if let BinaryOp::Pipe(Some(pattern)) = op {
                each_call_in_pattern(pattern, report);
            }
            each_call(right, report);
        }
        Term::Fold(_, source, pattern, arguments) => {
            each_call(source, report);
            each_call_in_pattern(pattern, report);
            arguments.iter().for_each(|argument| each_call(argument, report));
        }
        Term::Def(definitions, body) => {
            definitions.iter().for_each(|def| each_call(&def.body, report));
            each_call(body, report);
        }
        Term::Call(name, arguments) => {
            report(name, arguments.len());
            arguments.iter().for_each(|argument| each_call(argument, report));
        }
        Term::Path(head, Path(parts)) => {
            each_call(head, report);
            for (part, _) in parts {
                match part {
                    Part::Index(index) => each_call(index, report),
                    Part::Range(from, to) => {
                        from.iter().chain(to).for_each(|bound| each_call(bound, report));
                    }
                }
            }
        }
        Term::Str(format, parts) => {
            format.iter().for_each(|format| report(format, 0));
            for part in parts {
                if let StrPart::Term(term) = part {
                    each_call(term, report);
                }
            }
        }
        Term::Obj(entries) => {
            for (key, value) in entries {
                each_call(key, report);
                value.iter().for_each(|value| each_call(value, report));
            }
        }
    }
}

fn each_call_in_pattern<'s>(pattern: &Pattern<&'s str>, report: &mut impl FnMut(&'s str, usize)) {
    match pattern {
        Pattern::Var(_) => {}
        Pattern::Arr(items) => items.iter().for_each(|item| each_call_in_pattern(item, report)),
        Pattern::Obj(entries) => {
            for (key, value) in entries {
                each_call(key, report);
                each_call_in_pattern(value, report);
            }
        }
    }
}
