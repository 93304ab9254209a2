//! Strings with expressions in them.

use std::sync::Arc;

use crate::data::Data;
use crate::error::{EvalError, EvalErrorKind, ExprError};
use crate::expr::Expr;
use crate::infer::{Inference, TypeScope};
use crate::json;
use crate::meter::Limits;
use crate::scan::scan;
use crate::scope::Scope;
use crate::ty::Ty;

/// A string as an author wrote it, parsed: text with any number of `${ … }` in it.
///
/// A string that is one expression, but for white space around it, has the value of the expression, whatever its type.
/// Otherwise the values are put into the text: strings as they are, everything else as compact JSON, hence null as
/// `null`. The characters `${` are written `$${`. Clones are cheap.
#[derive(Clone, Debug)]
pub struct Template(Arc<Content>);

#[derive(Debug)]
enum Content {
    /// No expression: the text, as a value.
    Literal(Data),
    /// One expression and nothing else.
    Expression(Expr),
    Mixed(Vec<Part>),
}

#[derive(Debug)]
enum Part {
    Text(String),
    Expression(Expr),
}

impl Template {
    /// Parses a string and compiles its expressions.
    ///
    /// # Errors
    ///
    /// All that is wrong with any expression in the string, in the order of the text.
    pub fn parse(text: &str) -> Result<Self, Vec<ExprError>> {
        let mut parts = Vec::new();
        let mut errors = Vec::new();
        let mut literal = String::new();
        let mut at = 0;
        while let Some(rest) = text.get(at..) {
            let Some(dollar) = rest.find('$') else {
                literal.push_str(rest);
                break;
            };
            let (before, rest) = rest.split_at(dollar);
            literal.push_str(before);
            at += dollar;
            if rest.starts_with("$${") {
                literal.push_str("${");
                at += 3;
            } else if rest.starts_with("${") {
                let scanned = match scan(text, at + 2) {
                    Ok(scanned) => scanned,
                    Err(error) => {
                        errors.push(error);
                        break;
                    }
                };
                at = scanned.range.end + 1;
                if !literal.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut literal)));
                }
                if scanned.errors.is_empty() {
                    match Expr::parse(text, scanned.range) {
                        Ok(expr) => parts.push(Part::Expression(expr)),
                        Err(more) => errors.extend(more),
                    }
                }
                errors.extend(scanned.errors);
            } else {
                literal.push('$');
                at += 1;
            }
        }
        if !errors.is_empty() {
            errors.sort_by_key(|error| (error.range.start, error.range.end));
            return Err(errors);
        }
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self(Arc::new(Content::of(parts))))
    }

    /// The text, with `$${` unescaped, if there is no expression in it.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        match &*self.0 {
            Content::Literal(text) => text.as_str(),
            _ => None,
        }
    }

    /// Whether the whole string is one expression, so that its value keeps its type; white space around does not count.
    #[must_use]
    pub fn is_expression(&self) -> bool {
        matches!(*self.0, Content::Expression(_))
    }

    /// The expressions, in the order of the text.
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        let (one, parts) = match &*self.0 {
            Content::Literal(_) => (None, &[][..]),
            Content::Expression(expr) => (Some(expr), &[][..]),
            Content::Mixed(parts) => (None, parts.as_slice()),
        };
        one.into_iter().chain(parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Expression(expr) => Some(expr),
        }))
    }

    /// The type of the string's value, and what is wrong with its expressions.
    #[must_use]
    pub fn infer(&self, scope: &TypeScope) -> Inference {
        match &*self.0 {
            Content::Literal(text) => {
                Inference { ty: Ty::one_of(text.as_str()), ..Inference::default() }
            }
            Content::Expression(expr) => expr.infer(scope),
            Content::Mixed(parts) => {
                let mut whole = Inference { ty: Ty::string(), ..Inference::default() };
                for part in parts {
                    if let Part::Expression(expr) = part {
                        let part = expr.infer(scope);
                        whole.ty = whole.ty.tainted(&part.ty.all_secret_marks());
                        whole.problems.extend(part.problems);
                        whole.fails |= part.fails;
                    }
                }
                whole
            }
        }
    }

    /// The value of the string. Depends on nothing but the scope: the same scope gives the same value everywhere.
    ///
    /// # Errors
    ///
    /// An expression failed, gave no or several results, or passed a limit.
    pub fn evaluate(&self, scope: &Scope, limits: &Limits) -> Result<Data, EvalError> {
        match &*self.0 {
            Content::Literal(text) => Ok(text.clone()),
            Content::Expression(expr) => expr.evaluate(scope, limits),
            Content::Mixed(parts) => {
                let mut text = String::new();
                for part in parts {
                    match part {
                        Part::Text(literal) => text.push_str(literal),
                        Part::Expression(expr) => {
                            let value = expr.evaluate(scope, limits)?;
                            interpolate(&value, &mut text, limits.size).map_err(|message| {
                                EvalError {
                                    kind: EvalErrorKind::TooLarge,
                                    range: expr.range(),
                                    message,
                                    help: None,
                                }
                            })?;
                        }
                    }
                }
                Ok(Data::text(text))
            }
        }
    }
}

impl Content {
    fn of(mut parts: Vec<Part>) -> Self {
        let expressions = parts.iter().filter(|part| matches!(part, Part::Expression(_))).count();
        if expressions == 0 {
            return match parts.pop() {
                Some(Part::Text(text)) => Self::Literal(Data::text(text)),
                _ => Self::Literal(Data::text(String::new())),
            };
        }
        let blank = |part: &Part| match part {
            Part::Text(text) => text.trim().is_empty(),
            Part::Expression(_) => true,
        };
        if expressions == 1 && parts.iter().all(blank) {
            parts.retain(|part| matches!(part, Part::Expression(_)));
            if let Some(Part::Expression(expr)) = parts.pop() {
                return Self::Expression(expr);
            }
        }
        Self::Mixed(parts)
    }
}

fn interpolate(value: &Data, text: &mut String, limit: usize) -> Result<(), String> {
    let room = limit.saturating_sub(text.len());
    let short = match value.as_str() {
        Some(part) if part.len() <= room => {
            text.push_str(part);
            true
        }
        Some(_) => false,
        None => json::to_text(value, room).inspect(|json| text.push_str(json)).is_some(),
    };
    if short { Ok(()) } else { Err(format!("the text is longer than {limit} bytes")) }
}
