//! What inference finds wrong, and the words for it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use locus_diag::did_you_mean;

use crate::ty::Ty;

/// A problem that inference found. At most one is reported per cause: what depends on it is of type `any`.
#[derive(Clone, PartialEq, Debug)]
pub struct TypeProblem {
    /// What is wrong.
    pub kind: TypeProblemKind,
    /// The part of the expression that is to blame, in bytes of the template's string.
    pub range: Range<usize>,
}

/// What is wrong with a part of an expression.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum TypeProblemKind {
    /// A key that the object never has: it gives null.
    UnknownField {
        /// The key.
        field: Arc<str>,
        /// Those that there are.
        known: Vec<Arc<str>>,
        /// What it was looked for in.
        within: Ty,
    },
    /// Looking for a key, a position or a slice where that fails.
    NotIndexable {
        /// What has no such thing.
        found: Ty,
        /// What was looked for.
        by: Ty,
    },
    /// `.[]` on what is neither an array nor an object.
    NotIterable {
        /// What it is.
        found: Ty,
    },
    /// A value that may be null where null fails.
    MaybeNull {
        /// Its type.
        found: Ty,
        /// Why it may be null, as far as the scope says.
        reasons: Vec<u32>,
        /// The operator or function that fails.
        operation: Arc<str>,
    },
    /// Operands that the operator does not take.
    Operands {
        /// The operator.
        operator: &'static str,
        /// Type of the left side.
        left: Ty,
        /// Type of the right side.
        right: Ty,
    },
    /// An argument, or the value a function works on, of a type that it does not take.
    Argument {
        /// The function.
        function: Arc<str>,
        /// What it takes, in words.
        expected: &'static str,
        /// What it is given.
        found: Ty,
    },
    /// `==` that is always false, or `!=` that is always true, because no value has both types.
    NeverEqual {
        /// Type of the left side.
        left: Ty,
        /// Type of the right side.
        right: Ty,
        /// Whether it is a `!=`.
        negated: bool,
    },
    /// A condition that always turns out the same.
    ConstantCondition {
        /// How it turns out.
        value: bool,
    },
    /// The expression never gives a value.
    NoValue,
    /// The expression gives several values, or as many as there are items.
    ManyValues,
}

impl TypeProblem {
    /// Whether evaluating the part in question certainly fails. What does not is always null, or always the same.
    #[must_use]
    pub fn fails(&self) -> bool {
        use TypeProblemKind as Kind;
        matches!(
            self.kind,
            Kind::NotIndexable { .. }
                | Kind::NotIterable { .. }
                | Kind::Operands { .. }
                | Kind::Argument { .. }
                | Kind::NoValue
        )
    }

    /// How to mend it, if that can be told.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        use TypeProblemKind as Kind;
        match &self.kind {
            Kind::UnknownField { field, known, .. } => {
                let known = known.iter().map(|name| &**name);
                match did_you_mean(field, known.clone()) {
                    Some(meant) => Some(format!("did you mean `{meant}`?")),
                    None => listed("there is", known),
                }
            }
            Kind::NotIndexable { found, .. } | Kind::NotIterable { found } if found.is_array() => {
                Some("take one item, as in `.[0]`, or each of them with `map(…)`".to_owned())
            }
            Kind::MaybeNull { .. } => Some(
                "give a value for this case, as in `(… // 0)`, or test it with `if`".to_owned(),
            ),
            Kind::Operands { operator: "+", left, right }
                if left.is_string() || right.is_string() =>
            {
                Some(
                    "turn the other side into a string with `tostring`, or write `\"… \\(…)\"`"
                        .to_owned(),
                )
            }
            Kind::NeverEqual { left, right, .. } => {
                let (wanted, known) = match (left.literals(), right.literals()) {
                    (Some([wanted]), Some(known)) | (Some(known), Some([wanted])) => {
                        (wanted, known)
                    }
                    _ => return None,
                };
                let known = known.iter().map(|text| &**text);
                match did_you_mean(wanted, known.clone()) {
                    Some(meant) => Some(format!("did you mean {meant:?}?")),
                    None => listed("it is one of", known),
                }
            }
            Kind::NoValue => Some(
                "add `// null` for a value that may be missing, or collect with `[ … ]`".to_owned(),
            ),
            Kind::ManyValues => {
                Some("collect them with `[ … ]`, or take one with `first(…)`".to_owned())
            }
            _ => None,
        }
    }
}

fn listed<'a>(start: &str, names: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
    const SHOWN: usize = 8;
    let count = names.clone().count();
    let shown: Vec<String> = names.take(SHOWN).map(|name| format!("`{name}`")).collect();
    match shown.as_slice() {
        [] => None,
        [one] => Some(format!("{start} {one}")),
        _ if count > SHOWN => {
            Some(format!("{start} {} and {} more", shown.join(", "), count - SHOWN))
        }
        [first @ .., last] => Some(format!("{start} {} and {last}", first.join(", "))),
    }
}

impl fmt::Display for TypeProblem {
    /// A sentence without a full stop.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use TypeProblemKind as Kind;
        match &self.kind {
            Kind::UnknownField { field, within, .. } => match within.label() {
                Some(label) => write!(f, "`{label}` has no field `{field}`"),
                None => write!(f, "there is no field `{field}` in `{within}`"),
            },
            Kind::NotIndexable { found, by } => {
                write!(f, "a value of type `{found}` cannot be indexed by {}", by.with_article())
            }
            Kind::NotIterable { found } => {
                write!(f, "a value of type `{found}` has no items to iterate over")
            }
            Kind::MaybeNull { operation, .. } => {
                write!(f, "this may be null, for which `{operation}` fails")
            }
            Kind::Operands { operator, left, right } => {
                write!(f, "`{operator}` does not take `{left}` and `{right}`")
            }
            Kind::Argument { function, expected, found } => {
                write!(f, "`{function}` takes {expected}, not `{found}`")
            }
            Kind::NeverEqual { left, right, negated } => {
                let always = if *negated { "always differ" } else { "are never equal" };
                write!(f, "`{left}` and `{right}` {always}")
            }
            Kind::ConstantCondition { value } => write!(f, "this condition is always {value}"),
            Kind::NoValue => f.write_str("the expression never gives a value"),
            Kind::ManyValues => f.write_str("the expression gives more than one value"),
        }
    }
}
