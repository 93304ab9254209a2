//! Types of expressions: jq evaluated over types in place of values.
//!
//! [`engine`] walks the term tree with the type of `.` and gives a [`stream`]: the type of the values, how many there are, and
//! whether it certainly fails. [`access`], [`operators`], [`update`] and [`builtin`] know what jq does with values of each
//! kind; [`narrow`] what a condition says of the values it looks at; [`problem`] what is reported and in which words.
//!
//! # What holds
//!
//! - **The type is never too small.** Whatever evaluation gives for values of the scope's types is of the inferred type. What
//!   is not known is `any`. Loops are followed until nothing new comes up, and end in `any` after a few rounds.
//! - **Certain is certain.** [`Inference::fails`] means that evaluation fails for every scope of these types, and a condition
//!   said to be constant is.
//! - **No false alarm.** Reported is what never works: no value of the type is taken. Of a union one part is enough. Null is
//!   the exception where it is to be expected, see [`Ty`]. Nothing is reported within `try` and `?`, in branches that are never
//!   taken, or in rounds of a loop before its type is known. What is merely constant is not reported within `def`, as
//!   a function is written for other calls as well.
//! - **One report per cause.** What has a problem is of type `any` from there on.
//! - **Bounded.** Terms visited, their nesting, calls within calls and rounds of loops are counted, and types are bounded by
//!   themselves: beyond, there is `any` with all secrets that could have reached it.
//!
//! `soundness` holds these to evaluation, with random expressions on random values of random types.
//!
//! # Secrets
//!
//! A value made from a secret value has its secrets: by string operations, arithmetic, construction, as a key or as the
//! message of an error. Lists and objects keep them at their parts. Not followed is what merely depends on one: truth values
//! (comparisons, `test`, `has`, `contains`), `length` of anything but a number, `type`, fixed keys, positions (`index`,
//! `bsearch`), and what a condition, an index or an order chooses. Authors compare secrets and branch on them in good
//! faith, and marking everything behind such a branch would drown the reports that matter.

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
