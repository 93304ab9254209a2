//! Expressions: jq between `${` and `}` in the strings of a spec.
//!
//! Reading order:
//! 1. `template`: a string with expressions in it, the entry to everything here;
//! 2. `scan`: where an expression ends;
//! 3. `expr`: one expression; `parse` makes a `tree` of it, with the place of everything; `syntax` words what is wrong;
//! 4. `analysis`: which functions, variables and `paths` it uses, by walking its term tree; `places` is what the walk
//!    knows of values, `functions` what may be called;
//! 5. `ty`: types of values; `infer`: the type of an expression, and what is wrong with it;
//! 6. `data` and `number`: the values; `json`: as text; `scope`: those an expression sees;
//! 7. `meter`: the bounds of an evaluation, and how they are held;
//! 8. `value`: values in the hands of the interpreter, every operation metered: `access`, `update`,
//!    `arithmetic`, `order`;
//! 9. `natives`, `builtins` and `regex`: functions written in Rust; `prelude`: those written in jq;
//! 10. `rewrite`: counting calls put into every term; `program`: compiling and running; `direct`: running without the
//!     interpreter.
//!
//! This crate is the only one that knows jaq, and no type of jaq leaves it. Evaluation is pure: no clock, environment,
//! file or randomness reaches it, and it ends within its [`Limits`] whatever is evaluated.

#![warn(clippy::disallowed_methods)]

mod access;
mod analysis;
mod arithmetic;
mod builtins;
mod data;
mod direct;
mod error;
mod expr;
mod functions;
mod infer;
mod json;
mod meter;
mod natives;
mod number;
mod order;
mod parse;
#[cfg(test)]
mod parse_tests;
mod paths;
mod places;
mod prelude;
mod program;
mod regex;
mod rewrite;
mod scan;
mod scope;
mod syntax;
mod template;
#[cfg(test)]
mod tests;
mod tree;
mod ty;
mod update;
mod value;

pub use data::Data;
pub use error::{EvalError, EvalErrorKind, ExprError, ExprErrorKind};
pub use expr::Expr;
pub use infer::{Inference, TypeProblem, TypeProblemKind, TypeScope};
pub use meter::Limits;
pub use paths::{PathUse, Reference, Root, Segment};
pub use scope::Scope;
pub use template::Template;
pub use ty::{Field, Format, Mismatch, MismatchKind, Ty, Types, assignable};

/// A JSON value.
pub type Value = serde_json::Value;
