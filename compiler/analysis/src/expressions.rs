//! Expressions in strings: parsed once, where the string is read, and kept by the string's place in memory until everything that is
//! said of them is known.

use locus_diag::{Diagnostic, Span, Spanned};
use locus_expr::{Expr, ExprError, ExprErrorKind, Root, Segment, Template};
use locus_model::{Node, NodeKind, Text};

use crate::codes;
use crate::context::Context;

/// What a string turned out to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// Text without expressions.
    Plain,
    /// One expression and nothing else: it keeps the expression's type.
    Whole,
    /// Text with expressions inside: always a string.
    Mixed,
    /// Reported already.
    Broken,
}

/// The templates of the strings that were read, each by the address of its string: values of a spec stay where they are as long as it
/// is checked.
#[derive(Default)]
pub(crate) struct Templates {
    all: Vec<(usize, Template)>,
    sorted: bool,
}

impl Templates {
    fn add(&mut self, text: &Text, template: Template) {
        self.all.push((address(text), template));
        self.sorted = false;
    }

    /// Makes all of them ready to be looked up.
    pub(crate) fn sort(&mut self) {
        if !self.sorted {
            self.all.sort_unstable_by_key(|(address, _)| *address);
            self.sorted = true;
        }
    }

    /// Whether the source of an expression holds this text.
    pub(crate) fn mention(&self, text: &str) -> bool {
        let mut all = self.all.iter().flat_map(|(_, template)| template.expressions());
        all.any(|expr| expr.source().contains(text))
    }

    /// The template of a string; `None` where it is plain text, could not be parsed, or was never read as a template.
    pub(crate) fn get(&self, text: &Text) -> Option<&Template> {
        debug_assert!(self.sorted, "templates are sorted before they are looked up");
        let at = self.all.binary_search_by_key(&address(text), |(address, _)| *address).ok()?;
        self.all.get(at).map(|(_, template)| template)
    }
}

fn address(text: &Text) -> usize {
    std::ptr::from_ref(text).addr()
}

/// Whether a string may hold expressions.
pub(crate) fn is_template(text: &str) -> bool {
    text.contains("${")
}

/// Parses a string and keeps its template.
pub(crate) fn read(cx: &mut Context<'_>, text: &Text, whole: Span) -> Written {
    if !is_template(&text.value) {
        return Written::Plain;
    }
    let template = match Template::parse(&text.value) {
        Ok(template) => template,
        Err(errors) => {
            cx.problems.extend(errors.into_iter().map(|error| syntax(error, text, whole)));
            return Written::Broken;
        }
    };
    if template.literal().is_some() {
        cx.templates.add(text, template);
        return Written::Plain;
    }
    let written = if template.is_expression() { Written::Whole } else { Written::Mixed };
    cx.templates.add(text, template);
    written
}

/// Parses every string of a value that may hold expressions anywhere.
pub(crate) fn read_all(cx: &mut Context<'_>, node: &Node) {
    match &node.kind {
        NodeKind::String(text) => {
            read(cx, text, node.span);
        }
        NodeKind::Sequence(items) => items.iter().for_each(|item| read_all(cx, item)),
        NodeKind::Mapping(entries) => {
            entries.iter().for_each(|entry| read_all(cx, &entry.value));
        }
        _ => {}
    }
}

/// The variables that expressions refer to, without `$`.
pub(crate) fn variables(
    template: &Template,
    text: &Text,
    whole: Span,
) -> impl Iterator<Item = Spanned<String>> {
    let all = template.expressions().flat_map(Expr::variables);
    all.map(move |variable| {
        Spanned::new(variable.name.clone(), text.locate(variable.range.clone(), whole))
    })
}

/// The paths from `.` that expressions refer to, each as the names behind its dots, as far as they are known; never empty.
pub(crate) fn paths(
    template: &Template,
    text: &Text,
    whole: Span,
) -> impl Iterator<Item = Vec<Spanned<String>>> {
    let all = template.expressions().flat_map(Expr::paths);
    let from_dot = all.filter(|path| path.root == Root::Dot && !path.segments.is_empty());
    from_dot.map(move |path| {
        let place = |segment: &Segment| {
            Spanned::new(segment.name.clone(), text.locate(segment.range.clone(), whole))
        };
        path.segments.iter().map(place).collect()
    })
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
