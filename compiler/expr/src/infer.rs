//! Types of expressions: jq evaluated over types in place of values.

mod access;
mod builtin;
mod engine;
mod env;
mod narrow;
mod operators;
mod problem;
#[cfg(test)]
mod soundness;
mod stream;
#[cfg(test)]
mod tests;
mod update;

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::Engine;
use env::Env;

use crate::paths::Reference;
use crate::tree::Term;
use crate::ty::{Ty, Types};

pub use problem::{TypeProblem, TypeProblemKind};

/// The types of what an expression can see: the counterpart of [`Scope`](crate::Scope).
#[derive(Clone, Default, Debug)]
pub struct TypeScope {
    /// The type of `.`: an object with `input`, `steps`, `vars` and `run`.
    pub dot: Ty,
    /// Types of variables by name, without the `$`; shared, because many expressions see the same. Others are `any`.
    pub variables: Arc<BTreeMap<Arc<str>, Ty>>,
    /// What [named](Ty::named) types stand for.
    pub types: Arc<Types>,
}

/// What is known about the value of an expression or template without evaluating it.
#[derive(Clone, Default, Debug)]
pub struct Inference {
    /// The type of the value; `any` where a problem was found.
    pub ty: Ty,
    /// What is wrong, in the order of the text.
    pub problems: Vec<TypeProblem>,
    /// Whether evaluating certainly fails, by mistake or because the expression raises an error itself.
    pub fails: bool,
}

impl Inference {
    /// Whether the value, as a condition, is certainly true or certainly false: everything but `false` and null is true.
    #[must_use]
    pub fn truth(&self) -> Option<bool> {
        self.ty.truthiness()
    }
}

/// Infers the type of a term that uses these variables of the scope.
pub(crate) fn infer(term: &Term, references: &[Reference], scope: &TypeScope) -> Inference {
    let mut engine = Engine::new(scope, references);
    let env = Env::empty();
    let stream = engine.eval(term, &scope.dot, &env);
    if !engine.has_problems() && !stream.fails {
        if stream.count.max == 0 {
            engine.report(term.span, TypeProblemKind::NoValue);
        } else if stream.count.min > 1 || stream.each && stream.count.max > 1 {
            engine.report(term.span, TypeProblemKind::ManyValues);
        }
    }
    let fails = stream.fails || stream.count.max == 0 || stream.count.min > 1;
    Inference { ty: stream.ty, problems: engine.into_problems(), fails }
}
