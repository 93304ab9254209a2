//! Expressions that need no interpreter: values at fixed places, literals, and operators on them. Most conditions are no more
//! than that. Every operation is the interpreter's own and they happen in its order, so the same comes out, sooner.

use jaq_core::ValT;
use jaq_core::ops::{Cmp, Math};

use crate::builtins;
use crate::data::{self, Data};
use crate::error::EvalErrorKind;
use crate::json;
use crate::program::Failure;
use crate::scope::Scope;
use crate::tree::{Node, Op, Part, PartKind, Term};
use crate::value::Val;

/// Levels of a term that is evaluated here: fewer than [`rewrite`](crate::rewrite) would count.
const LEVELS: u32 = 8;

/// A term with exactly one result.
pub(crate) enum Direct {
    /// What is under fixed keys of `.` or of a variable.
    Lookup(Lookup),
    Literal(Data),
    Negative(Box<Direct>),
    Math(Box<(Direct, Direct)>, Math),
    Compare(Box<(Direct, Direct)>, Cmp),
    /// `and` and `or`, with the truth of the left side that decides.
    Logic(Box<(Direct, Direct)>, bool),
    /// `//`
    Alternative(Box<(Direct, Direct)>),
    /// The right side on the value of the left one.
    Pipe(Box<(Direct, Direct)>),
    Not,
    Length,
}

/// Fixed keys from `.`, or from the variable of this name.
pub(crate) struct Lookup {
    variable: Option<String>,
    keys: Vec<String>,
}

impl Direct {
    /// The term, if it can be evaluated here.
    pub(crate) fn of(term: &Term) -> Option<Self> {
        Self::at_level(term, 0)
    }

    fn at_level(term: &Term, level: u32) -> Option<Self> {
        if level == LEVELS {
            return None;
        }
        let inner = |term: &Term| Self::at_level(term, level + 1);
        match &term.node {
            Node::Id | Node::Variable(_) | Node::Path(..) => Lookup::of(term).map(Self::Lookup),
            Node::Number(number) => Some(Self::Literal(Data::number(*number))),
            Node::Text(text) => Some(Self::Literal(Data::text(text.to_string()))),
            Node::Negative(term) => Some(Self::Negative(Box::new(inner(term)?))),
            Node::Binary(left, op, right) => {
                let sides = Box::new((inner(left)?, inner(right)?));
                match op {
                    Op::Math(op) => Some(Self::Math(sides, *op)),
                    Op::Compare(op) => Some(Self::Compare(sides, *op)),
                    Op::And => Some(Self::Logic(sides, false)),
                    Op::Or => Some(Self::Logic(sides, true)),
                    Op::Alternative => Some(Self::Alternative(sides)),
                    Op::Pipe => Some(Self::Pipe(sides)),
                    _ => None,
                }
            }
            Node::Call(name, arguments) if arguments.is_empty() => match &*name.text {
                "null" => Some(Self::Literal(Data::null())),
                "true" => Some(Self::Literal(Data(data::Node::Bool(true)))),
                "false" => Some(Self::Literal(Data(data::Node::Bool(false)))),
                "not" => Some(Self::Not),
                "length" => Some(Self::Length),
                _ => None,
            },
            _ => None,
        }
    }

    /// The value, metered.
    pub(crate) fn evaluate(&self, dot: &Data, scope: &Scope) -> Result<Val, Failure> {
        match self {
            Self::Lookup(lookup) => lookup.find(dot, scope).map(Val::new),
            Self::Literal(value) => Ok(Val::new(value.clone())),
            Self::Negative(term) => {
                let value = term.evaluate(dot, scope)?;
                done(-value)
            }
            Self::Math(sides, op) => {
                let (left, right) = values(sides, dot, scope)?;
                done(op.run(left, right))
            }
            Self::Compare(sides, op) => {
                let (left, right) = values(sides, dot, scope)?;
                Ok(Val::from(op.run(&left, &right)))
            }
            Self::Logic(sides, decides) => {
                let value = sides.0.evaluate(dot, scope)?.as_bool() == *decides;
                let value = if value { *decides } else { sides.1.evaluate(dot, scope)?.as_bool() };
                Ok(Val::from(value))
            }
            Self::Alternative(sides) => {
                let value = sides.0.evaluate(dot, scope)?;
                if value.as_bool() { Ok(value) } else { sides.1.evaluate(dot, scope) }
            }
            Self::Pipe(sides) => {
                let value = sides.0.evaluate(dot, scope)?;
                sides.1.evaluate(value.data(), scope)
            }
            Self::Not => Ok(Val::from(!Val::new(dot.clone()).as_bool())),
            Self::Length => done(builtins::length(&Val::new(dot.clone()))),
        }
    }
}

fn values(sides: &(Direct, Direct), dot: &Data, scope: &Scope) -> Result<(Val, Val), Failure> {
    // Both, even if the left one fails: the right one may pass a limit.
    let (left, right) = (sides.0.evaluate(dot, scope), sides.1.evaluate(dot, scope));
    Ok((left?, right?))
}

fn done(outcome: crate::value::Outcome) -> Result<Val, Failure> {
    outcome.map_err(|error| Failure::raised(error.into()))
}

impl Lookup {
    fn of(term: &Term) -> Option<Self> {
        let (head, parts) = match &term.node {
            Node::Path(head, parts) => (&**head, parts.as_slice()),
            _ => (term, [].as_slice()),
        };
        let variable = match &head.node {
            Node::Id => None,
            Node::Variable(name) => Some(name.strip_prefix('$')?.to_owned()),
            _ => return None,
        };
        let key = |part: &Part| match &part.kind {
            PartKind::Key(key) if !part.optional => Some(key.text.to_string()),
            _ => None,
        };
        let keys = parts.iter().map(key).collect::<Option<_>>()?;
        Some(Self { variable, keys })
    }

    /// What the interpreter would find.
    pub(crate) fn find(&self, dot: &Data, scope: &Scope) -> Result<Data, Failure> {
        let mut value = match &self.variable {
            Some(name) => {
                scope.variables.get(name.as_str()).ok_or_else(|| Failure::unknown(name))?
            }
            None => dot,
        };
        for key in &self.keys {
            match (value.is_object(), value.get(key)) {
                (true, Some(inner)) => value = inner,
                (true, None) => return Ok(Data::null()),
                (false, _) if value.is_null() => return Ok(Data::null()),
                (false, _) => {
                    let message = format!("cannot index {} with {key:?}", json::excerpt(value));
                    return Err(Failure::new(EvalErrorKind::Failed, message));
                }
            }
        }
        Ok(value.clone())
    }
}
