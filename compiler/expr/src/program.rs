//! Compiling and running.

use std::collections::BTreeSet;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use jaq_core::load::parse::{Def, Term};
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Filter, Vars};

use crate::data::Data;
use crate::direct::Direct;
use crate::error::{EvalError, EvalErrorKind};
use crate::json;
use crate::meter::{self, Fault, Limits, Running};
use crate::natives::{self, Kind};
use crate::paths::Reference;
use crate::prelude::{Signature, each_call, prelude};
use crate::rewrite;
use crate::scope::Scope;
use crate::value::Val;

/// The definition that an expression is compiled as. No author can call it: names that start like this are unknown.
const MAIN: &str = "__main";

/// An expression, ready to run.
pub(crate) enum Program {
    /// What needs no interpreter: most expressions.
    Direct(Direct),
    /// Anything else, with the names of the variables it takes, without `$`.
    Filter { filter: Filter<Kind>, variables: Vec<String> },
}

/// Why there is no result; the expression it belongs to knows where.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: EvalErrorKind,
    message: String,
    help: Option<&'static str>,
}

impl Failure {
    pub(crate) fn new(kind: EvalErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), help: None }
    }

    fn help(self, help: &'static str) -> Self {
        Self { help: Some(help), ..self }
    }

    pub(crate) fn at(self, range: Range<usize>) -> EvalError {
        EvalError {
            kind: self.kind,
            range,
            message: self.message,
            help: self.help.map(str::to_owned),
        }
    }
}

impl Program {
    /// Compiles an expression that was checked, so that it calls nothing unknown.
    pub(crate) fn compile(term: Term<&str>, references: &[Reference]) -> Result<Self, String> {
        let mut variables: Vec<String> =
            references.iter().map(|reference| reference.name.clone()).collect();
        variables.sort_unstable();
        variables.dedup();
        let globals: Vec<String> = variables.iter().map(|name| format!("${name}")).collect();

        let term = rewrite::expression(term);
        let main = Def { name: MAIN, args: Vec::new(), body: term };
        let mut definitions: Vec<Def<&str>> = prelude().select(&main.body).collect();
        definitions.push(main);
        // A program keeps the functions it is given: only those that it calls.
        let called = calls(&definitions);
        let natives = natives::all()
            .filter(|(name, arguments, _)| called.contains(&(*name, arguments.len())));
        // The compiler takes code only as text, and terms only as definitions: hence a definition, and a call of it.
        let loader = Loader::new(definitions);
        let arena = Arena::default();
        let modules = loader
            .load(&arena, File { code: MAIN, path: () })
            .map_err(|_| "it cannot be loaded")?;
        let compiler = Compiler::default()
            .with_funs(natives)
            .with_global_vars(globals.iter().map(String::as_str));
        let filter = compiler.compile(modules).map_err(|errors| {
            let names = errors.iter().flat_map(|(_, errors)| errors).map(|(name, _)| *name);
            format!("undefined: {}", names.collect::<Vec<_>>().join(", "))
        })?;
        Ok(Self::Filter { filter, variables })
    }

    /// Runs to the one result.
    pub(crate) fn run(&self, scope: &Scope, limits: &Limits) -> Result<Data, Failure> {
        match self {
            Self::Direct(Direct::Lookup(lookup)) => lookup.find(&scope.dot, scope),
            Self::Direct(direct) => {
                metered(limits, || direct.evaluate(&scope.dot, scope).map(Val::into_data))
            }
            Self::Filter { filter, variables } => {
                let variable = |name: &String| {
                    scope.variables.get(name.as_str()).ok_or_else(|| Failure::unknown(name))
                };
                let variables = variables.iter().map(variable).collect::<Result<Vec<_>, _>>()?;
                metered(limits, || only_result(filter, &variables, &scope.dot))
            }
        }
    }
}

/// The result of an evaluation, unless it passed a limit.
fn metered(
    limits: &Limits,
    evaluate: impl FnOnce() -> Result<Data, Failure>,
) -> Result<Data, Failure> {
    // Declared first, so dropped last: everything below is counted.
    let _running = Running::start(limits);
    let outcome = catch_unwind(AssertUnwindSafe(evaluate));
    match meter::fault() {
        Some(fault) => Err(Failure::of(fault, limits)),
        // A mistake in jaq is not to take down more than the expression that met it.
        None => outcome.unwrap_or_else(|_| Err(Failure::internal())),
    }
}

/// Name and arity of everything that these definitions call.
fn calls<'s>(definitions: &[Def<&'s str>]) -> BTreeSet<Signature<&'s str>> {
    let mut called = BTreeSet::new();
    for definition in definitions {
        each_call(&definition.body, &mut |name, arity| {
            called.insert((name, arity));
        });
    }
    called
}

fn only_result(filter: &Filter<Kind>, variables: &[&Data], dot: &Data) -> Result<Data, Failure> {
    let variables = variables.iter().map(|value| Val::new((*value).clone()));
    let ctx = Ctx::<Kind>::new(&filter.lut, Vars::new(variables));
    let mut results = filter.id.run((ctx, Val::new(dot.clone())));
    let first = match results.next() {
        None => {
            let failure = Failure::new(EvalErrorKind::NoValue, "the expression gives no value");
            return Err(failure
                .help("add `// null` for a value that may be missing, or collect with `[ … ]`"));
        }
        Some(Ok(value)) => value.into_data(),
        Some(Err(error)) => return Err(Failure::raised(error)),
    };
    match results.next() {
        None => Ok(first),
        Some(Ok(_)) => {
            let failure =
                Failure::new(EvalErrorKind::ManyValues, "the expression gives more than one value");
            Err(failure.help("collect them with `[ … ]`, or take one with `first(…)`"))
        }
        Some(Err(error)) => Err(Failure::raised(error)),
    }
}

impl Failure {
    pub(crate) fn unknown(variable: &str) -> Self {
        Self::new(
            EvalErrorKind::UnknownVariable,
            format!("there is no variable `${variable}` here"),
        )
    }

    fn internal() -> Self {
        let failure = Self::new(EvalErrorKind::Failed, "the evaluation broke down");
        failure.help("this is a mistake in Locus; please report it")
    }

    pub(crate) fn raised(exception: jaq_core::Exn<'_, Val>) -> Self {
        // What is no error is the end of the evaluation, and the meter knows its reason. Nothing here may unwrap an
        // exception the way jaq does: that would end the process.
        let message = exception.get_err().map(|error| error.into_val().into_data());
        let message = match message.as_ref().map(|value| (value, value.as_str())) {
            Ok((_, Some(text))) => text.to_owned(),
            Ok((value, None)) => json::excerpt(value),
            Err(_) => "the evaluation was ended".to_owned(),
        };
        Self::new(EvalErrorKind::Failed, message)
    }

    fn of(fault: Fault, limits: &Limits) -> Self {
        match fault {
            Fault::Steps => Self::new(
                EvalErrorKind::FuelExhausted,
                format!("the expression takes more than {} steps", limits.steps),
            )
            .help("check that its loops end"),
            Fault::Size => Self::new(
                EvalErrorKind::TooLarge,
                format!("the expression needs more than {} bytes", limits.size),
            )
            .help("work on less data at a time"),
            Fault::Depth => Self::new(
                EvalErrorKind::TooDeep,
                format!("the expression nests or calls itself deeper than {} levels", limits.depth),
            )
            .help("use `until`, `while`, `recurse` or `reduce` in place of a function that calls itself"),
        }
    }
}
