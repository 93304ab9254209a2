//! One problem: its code, how bad it is, what is wrong, where, and how to mend it.

use serde::Serialize;

use crate::catalogue::Code;
use crate::span::Span;

/// How bad a problem is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The program cannot be used.
    Error,
    /// The program can be used, but probably does not do what was meant.
    Warning,
    /// A remark.
    Advice,
}

/// A place involved, with a few words that say how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is to be seen there; may be empty for the primary place.
    pub text: String,
}

/// A change of the source that mends the problem.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fix {
    /// What it does, as an order: "replace `chrage` by `charge`".
    pub title: String,
    /// Replacements, each a span and the text to put there; they do not overlap.
    pub edits: Vec<(Span, String)>,
    /// Whether it may be made without asking.
    pub applicability: Applicability,
}

/// Whether a fix may be made without asking.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Applicability {
    /// It is what the author meant: `locus check --fix` makes it.
    Certain,
    /// It is one of several things that the author may have meant: an editor offers it.
    Maybe,
}

/// One problem. Built fluently: `Diagnostic::new(CODE, "…").at(span, "…").help("…")`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// The kind of problem: a name of the catalogue, or `plugin-id/name` for one of a plugin's own.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong and what was expected, in one sentence without a full stop.
    pub message: String,
    /// The place a person would point at first, then the other places involved.
    pub labels: Vec<Label>,
    /// How to mend it, in a sentence.
    pub help: Option<String>,
    /// Changes that would mend it.
    pub fixes: Vec<Fix>,
    /// The plugin that reported it, when a plugin did.
    pub plugin: Option<String>,
}

impl Diagnostic {
    /// A problem of the catalogue.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self::custom(code.name, code.severity, message)
    }

    /// A problem with a code of a plugin's own, `plugin-id/name`.
    #[must_use]
    pub fn custom(code: impl Into<String>, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            severity,
            message: message.into(),
            labels: Vec::new(),
            help: None,
            fixes: Vec::new(),
            plugin: None,
        }
    }

    /// Adds a place; the first one added is the primary one.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Says how to mend it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Offers one replacement that mends it, which is certainly what was meant.
    #[must_use]
    pub fn fix(self, title: impl Into<String>, span: Span, replacement: impl Into<String>) -> Self {
        self.fix_by(Fix {
            title: title.into(),
            edits: vec![(span, replacement.into())],
            applicability: Applicability::Certain,
        })
    }

    /// Offers one replacement that mends it and may be what was meant.
    #[must_use]
    pub fn maybe_fix(
        self,
        title: impl Into<String>,
        span: Span,
        replacement: impl Into<String>,
    ) -> Self {
        self.fix_by(Fix {
            title: title.into(),
            edits: vec![(span, replacement.into())],
            applicability: Applicability::Maybe,
        })
    }

    /// Offers a fix.
    #[must_use]
    pub fn fix_by(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }

    /// The place a person would point at first.
    #[must_use]
    pub fn primary(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }

    /// Whether the program cannot be used.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Problems found so far.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// Whether one of them is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(Diagnostic::is_error)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Orders them by place, then severity, then code and message: the same on every machine and thread count.
    /// Reports that are equal in all of that are kept once.
    pub fn sort(&mut self) {
        self.list.sort_by(|a, b| {
            let key = |d: &Diagnostic| d.primary().map(|span| (span.source, span.start, span.end));
            key(a)
                .cmp(&key(b))
                .then_with(|| a.severity.cmp(&b.severity))
                .then_with(|| a.code.cmp(&b.code))
                .then_with(|| a.message.cmp(&b.message))
        });
        self.list.dedup();
    }

    /// Each problem in turn.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, more: I) {
        self.list.extend(more);
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

impl From<Vec<Diagnostic>> for Diagnostics {
    fn from(list: Vec<Diagnostic>) -> Self {
        Self { list }
    }
}
