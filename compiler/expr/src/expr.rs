//! One expression: parsed and checked, and compiled when it is first evaluated.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use jaq_core::load::lex::Lexer;
use jaq_core::load::parse::Parser;
use jaq_core::load::span;

use crate::analysis::analyse;
use crate::data::Data;
use crate::direct::Direct;
use crate::error::{EvalError, EvalErrorKind, ExprError};
use crate::infer::{Inference, TypeScope, infer};
use crate::meter::Limits;
use crate::parse::parse;
use crate::paths::{PathUse, Reference};
use crate::program::Program;
use crate::scope::Scope;
use crate::syntax;
use crate::tree::Term;

/// One expression in a string. Clones are cheap.
#[derive(Clone)]
pub struct Expr(Arc<Parsed>);

struct Parsed {
    source: String,
    range: Range<usize>,
    term: Term,
    variables: Vec<Reference>,
    paths: Vec<PathUse>,
    /// Made when the expression is first evaluated: a check evaluates nothing, and compiling costs more than parsing.
    program: OnceLock<Result<Program, String>>,
}

impl Expr {
    /// Parses the expression in `text[range]`; ranges in what comes out count from the start of `text`.
    pub(crate) fn parse(text: &str, range: Range<usize>) -> Result<Self, Vec<ExprError>> {
        let source = text.get(range.clone()).unwrap_or_default();
        let base = range.start;
        let Some(term) = parse(source, base) else {
            return Err(explain(source, range));
        };
        let analysis = analyse(&term, source, base);
        if !analysis.errors.is_empty() {
            return Err(analysis.errors);
        }
        let expr = Self(Arc::new(Parsed {
            source: source.to_owned(),
            range,
            term,
            variables: analysis.variables,
            paths: analysis.paths,
            program: OnceLock::new(),
        }));
        if cfg!(debug_assertions) && Direct::of(&expr.0.term).is_none() {
            // Whatever passes the analysis compiles. Tests see to that.
            expr.compile().map_err(|message| vec![syntax::internal(expr.range(), &message)])?;
        }
        Ok(expr)
    }

    /// The text between `${` and `}`.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// Where that text is, in bytes of the template's string.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.0.range.clone()
    }

    /// Every use of a variable that the expression does not bind itself, in the order of the text.
    #[must_use]
    pub fn variables(&self) -> &[Reference] {
        &self.0.variables
    }

    /// Every path that certainly starts at the `.` or at a variable of the scope, as far as it is fixed, in the order of
    /// the text. What is assigned to or deleted is not a use: it need not exist.
    #[must_use]
    pub fn paths(&self) -> &[PathUse] {
        &self.0.paths
    }

    /// The type of the expression's value, and what is wrong with it.
    #[must_use]
    pub fn infer(&self, scope: &TypeScope) -> Inference {
        infer(&self.0.term, &self.0.variables, scope)
    }

    /// The one result of the expression.
    pub(crate) fn evaluate(&self, scope: &Scope, limits: &Limits) -> Result<Data, EvalError> {
        let program = self.0.program.get_or_init(|| match Direct::of(&self.0.term) {
            Some(direct) => Ok(Program::Direct(direct)),
            None => self.compile(),
        });
        let program = program.as_ref().map_err(|message| {
            let error = syntax::internal(self.range(), message);
            EvalError {
                kind: EvalErrorKind::Failed,
                range: error.range,
                message: error.message,
                help: error.help,
            }
        })?;
        program.run(scope, limits).map_err(|failure| failure.at(self.range()))
    }

    /// The program that the interpreter runs.
    pub(crate) fn compile(&self) -> Result<Program, String> {
        let tokens = Lexer::new(self.source()).lex().map_err(|_| "it cannot be read again")?;
        let term = Parser::new(&tokens).parse(|parser| parser.term());
        Program::compile(term.map_err(|_| "it cannot be read again")?, &self.0.variables)
    }
}

/// What is wrong with an expression that cannot be parsed, in the words of jaq's parser.
#[cold]
fn explain(source: &str, range: Range<usize>) -> Vec<ExprError> {
    let locate = |part: &str| {
        let inner = span(source, part);
        range.start + inner.start..range.start + inner.end
    };
    let tokens = match Lexer::new(source).lex() {
        Ok(tokens) => tokens,
        Err(errors) => {
            let report = |(expected, at): (_, &str)| syntax::lexical(&expected, at, &locate);
            return errors.into_iter().map(report).collect();
        }
    };
    if let Some(error) = syntax::module(&tokens, &locate) {
        return vec![error];
    }
    match Parser::new(&tokens).parse(|parser| parser.term()) {
        // The two parsers take the same. Tests see to that.
        Ok(_) => vec![syntax::internal(range, "it is read in two ways")],
        Err(errors) => {
            let report =
                |(expected, found)| syntax::grammatical(&expected, found, source, &tokens, &locate);
            errors.into_iter().map(report).collect()
        }
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expr").field(&self.0.source).finish()
    }
}
