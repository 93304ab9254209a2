//! Expressions in strings: parsed once, here; what they refer to is kept with its place in the source.

use locus_diag::{Diagnostic, Span, Spanned};
use locus_expr::{ExprError, ExprErrorKind, Root, Template};
use locus_model::Text;

use crate::codes;

/// What a string turned out to be.
pub(crate) enum Written {
    /// Text without expressions.
    Plain,
    /// One expression and nothing else: it keeps the expression's type.
    Whole(Uses),
    /// Text with expressions inside: always a string.
    Mixed(Uses),
    /// Reported already.
    Broken,
}

/// What the expressions at one place refer to.
#[derive(Default)]
pub(crate) struct Uses {
    /// The variables, without `$`.
    pub(crate) variables: Vec<Spanned<String>>,
    /// The paths from `.`, each as the names behind its dots, as far as they are known; never empty.
    pub(crate) paths: Vec<Vec<Spanned<String>>>,
}

impl Uses {
    /// Whether they refer to nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.variables.is_empty() && self.paths.is_empty()
    }

    /// Adds what others refer to.
    pub(crate) fn extend(&mut self, other: Self) {
        self.variables.extend(other.variables);
        self.paths.extend(other.paths);
    }
}

/// Whether a string may hold expressions.
pub(crate) fn is_template(text: &str) -> bool {
    text.contains("${")
}

/// Parses a string.
pub(crate) fn read(text: &Text, whole: Span, problems: &mut Vec<Diagnostic>) -> Written {
    if !is_template(&text.value) {
        return Written::Plain;
    }
    let template = match Template::parse(&text.value) {
        Ok(template) => template,
        Err(errors) => {
            problems.extend(errors.into_iter().map(|error| syntax(error, text, whole)));
            return Written::Broken;
        }
    };
    if template.literal().is_some() {
        return Written::Plain;
    }
    let mut uses = Uses::default();
    for expr in template.expressions() {
        for variable in expr.variables() {
            let place = text.locate(variable.range, whole);
            uses.variables.push(Spanned::new(variable.name, place));
        }
        for path in expr.paths() {
            if !matches!(path.root, Root::Dot) || path.segments.is_empty() {
                continue;
            }
            let segments = path.segments.into_iter();
            let places = segments
                .map(|segment| Spanned::new(segment.name, text.locate(segment.range, whole)));
            uses.paths.push(places.collect());
        }
    }
    if template.is_expression() { Written::Whole(uses) } else { Written::Mixed(uses) }
}

fn syntax(error: ExprError, text: &Text, whole: Span) -> Diagnostic {
    let code = match error.kind {
        ExprErrorKind::Syntax | ExprErrorKind::Unclosed => codes::EXPRESSION_SYNTAX,
        ExprErrorKind::UnknownFunction => codes::UNKNOWN_FUNCTION,
        ExprErrorKind::Forbidden => codes::FORBIDDEN_FUNCTION,
    };
    let problem = Diagnostic::new(code, error.message).at(text.locate(error.range, whole), "");
    match error.help {
        Some(help) => problem.help(help),
        None => problem,
    }
}
