//! Variables and functions that an expression binds itself.

use crate::tree::{Definition, Term};
use crate::ty::{Marks, Ty};

/// A scope within an expression; scopes are linked from the inside to the outside.
pub(super) struct Env<'e> {
    outer: Option<&'e Env<'e>>,
    bound: Vec<(&'e str, Bound<'e>)>,
}

/// What a name means.
#[derive(Clone)]
pub(super) enum Bound<'e> {
    Value(Ty),
    /// An argument of a function, with the scope it was written in.
    Closure(&'e Term, &'e Env<'e>),
    Function(&'e Definition),
}

impl<'e> Env<'e> {
    pub(super) fn empty() -> Self {
        Self { outer: None, bound: Vec::new() }
    }

    pub(super) fn with(&'e self, bound: Vec<(&'e str, Bound<'e>)>) -> Self {
        Self { outer: Some(self), bound }
    }

    /// The type of a variable, which has its `$`.
    pub(super) fn variable(&self, name: &str) -> Option<&Ty> {
        let mut env = Some(self);
        while let Some(Env { outer, bound }) = env {
            for (known, bound) in bound.iter().rev() {
                if let Bound::Value(ty) = bound
                    && *known == name
                {
                    return Some(ty);
                }
            }
            env = *outer;
        }
        None
    }

    /// A function, with the scope that it is defined in.
    pub(super) fn function(&'e self, name: &str, arity: usize) -> Option<(Bound<'e>, &'e Self)> {
        let mut env = Some(self);
        while let Some(this) = env {
            for (known, bound) in this.bound.iter().rev() {
                let arguments = match bound {
                    Bound::Function(definition) => definition.arguments.len(),
                    Bound::Closure(..) => 0,
                    Bound::Value(_) => continue,
                };
                if *known == name && arguments == arity {
                    return Some((bound.clone(), this));
                }
            }
            env = this.outer;
        }
        None
    }

    /// The secrets of every variable in it.
    pub(super) fn secrets(&self) -> Marks {
        let mut secrets = Marks::default();
        let mut env = Some(self);
        while let Some(Env { outer, bound }) = env {
            for (_, bound) in bound {
                if let Bound::Value(ty) = bound {
                    secrets = secrets.and(&ty.all_secret_marks());
                }
            }
            env = *outer;
        }
        secrets
    }
}
