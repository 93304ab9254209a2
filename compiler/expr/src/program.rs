//! Compiling and running.

use std::ops::Range;

use jaq_core::load::parse::{Def, Term};
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Filter, Vars};

use crate::data::Data;
use crate::error::{EvalError, EvalErrorKind};
use crate::json;
use crate::meter::{self, Fault, Limits, Running};
use crate::natives::{self, Kind};
use crate::paths::Reference;
use crate::prelude::prelude;
use crate::rewrite;
use crate::scope::Scope;
use crate::value::Val;

/// The definition that an expression is compiled as. No author can call it: names that start like this are unknown.
const MAIN: &str = "__main";

/// An expression, ready to run.
pub(crate) struct Program {
    filter: Filter<Kind>,
    /// Names of the variables it takes, without `$`.
    variables: Vec<String>,
}

/// Why there is no result; the expression it belongs to knows where.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: EvalErrorKind,
    message: String,
    help: Option<&'static str>,
}

impl Failure {
    fn new(kind: EvalErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), help: None }
    }

    fn help(self, help: &'static str) -> Self {
        Self { help: Some(help), ..self }
    }

    pub(crate) fn at(self, range: Range<usize>) -> EvalError {
        EvalError { kind: self.kind, range, message: self.message, help: self.help.map(str::to_owned) }
    }
}

impl Program {
    /// Compiles an expression that was checked: it calls nothing unknown.
    pub(crate) fn compile(term: Term<&str>, references: &[Reference]) -> Result<Self, String> {
        let mut variables: Vec<String> = references.iter().map(|reference| reference.name.clone()).collect();
        variables.sort_unstable();
        variables.dedup();
        let globals: Vec<String> = variables.iter().map(|name| format!("${name}")).collect();

        let term = rewrite::expression(term);
        let main = Def { name: MAIN, args: Vec::new(), body: term };
        let definitions: Vec<_> = prelude().select(&main.body).collect();
        // The compiler takes code only as text, and terms only as definitions: hence a definition, and a call of it.
        let loader = Loader::new(definitions.into_iter().chain([main]));
        let arena = Arena::default();
        let modules = loader.load(&arena, File { code: MAIN, path: () }).map_err(|_| "it cannot be loaded")?;
        let compiler = Compiler::default()
            .with_funs(natives::all())
            .with_global_vars(globals.iter().map(String::as_str));
        let filter = compiler.compile(modules).map_err(|errors| {
            let names = errors.iter().flat_map(|(_, errors)| errors).map(|(name, _)| *name);
            format!("undefined: {}", names.collect::<Vec<_>>().join(", "))
        })?;
        Ok(Self { filter, variables })
    }

    /// Runs to the one result.
    pub(crate) fn run(&self, scope: &Scope, limits: &Limits) -> Result<Data, Failure> {
        // Declared first, so dropped last: everything below is counted.
        let _running = Running::start(limits);
        let outcome = self.results(scope);
        match meter::fault() {
            Some(fault) => Err(Failure::of(fault, limits)),
            None => outcome,
        }
    }

    fn results(&self, scope: &Scope) -> Result<Data, Failure> {
        let mut variables = Vec::with_capacity(self.variables.len());
        for name in &self.variables {
            let value = scope.variables.get(name).ok_or_else(|| {
                Failure::new(EvalErrorKind::UnknownVariable, format!("there is no variable `${name}` here"))
            })?;
            variables.push(Val::new(value.clone()));
        }
        let ctx = Ctx::<Kind>::new(&self.filter.lut, Vars::new(variables));
        let mut results = self.filter.id.run((ctx, Val::new(scope.dot.clone())));
        let first = match results.next() {
            None => {
                let failure = Failure::new(EvalErrorKind::NoValue, "the expression gives no value");
                return Err(failure.help("add `// null` for a value that may be missing, or collect with `[ … ]`"));
            }
            Some(Ok(value)) => value.into_data(),
            Some(Err(error)) => return Err(Failure::raised(error)),
        };
        match results.next() {
            None => Ok(first),
            Some(Ok(_)) => {
                let failure = Failure::new(EvalErrorKind::ManyValues, "the expression gives more than one value");
                Err(failure.help("collect them with `[ … ]`, or take one with `first(…)`"))
            }
            Some(Err(error)) => Err(Failure::raised(error)),
        }
    }
}

impl Failure {
    fn raised(exception: jaq_core::Exn<'_, Val>) -> Self {
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
