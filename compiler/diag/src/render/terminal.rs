//! Diagnostics for a person, drawn by miette.

use std::fmt;
use std::ops::Range;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    SourceCode, SourceSpan, SpanContents,
};

use super::excerpt::Excerpt;
use super::visible::visible;
use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::source::Sources;
use crate::span::Span;

/// How to draw.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Style {
    /// Whether to use colours.
    pub color: bool,
    /// Width to wrap at, in columns.
    pub width: usize,
}

impl Default for Style {
    /// What a pipe and a snapshot get: no colours, 100 columns.
    fn default() -> Self {
        Self { color: false, width: 100 }
    }
}

/// Draws one problem; places in other files follow as notes of their own.
#[must_use]
pub fn to_terminal(diagnostic: &Diagnostic, sources: &Sources, style: Style) -> String {
    let theme =
        if style.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler =
        GraphicalReportHandler::new_themed(theme).with_width(style.width).with_links(false);
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = handler.render_report(&mut out, &Report::new(diagnostic, sources));
    out
}

/// A diagnostic in the form miette draws: all labels of one report lie in one excerpt.
#[derive(Debug)]
struct Report {
    /// `error[unknown-step]`; empty in a note.
    code: String,
    severity: Severity,
    message: String,
    help: Option<String>,
    labels: Vec<LabeledSpan>,
    excerpt: Option<Excerpt>,
    elsewhere: Vec<Report>,
}

impl Report {
    fn new(diagnostic: &Diagnostic, sources: &Sources) -> Self {
        let primary = diagnostic.primary().and_then(|span| sources.get(span.source));
        let here = |label: &&Label| primary.is_some_and(|source| source.id == label.span.source);
        let places: Vec<Span> =
            diagnostic.labels.iter().filter(here).map(|label| label.span).collect();
        let excerpt = primary.and_then(|source| Excerpt::around(source, &places));
        let mut labels = Vec::new();
        let mut elsewhere = Vec::new();
        for label in &diagnostic.labels {
            let drawn = primary.filter(|_| here(&label)).and_then(|source| {
                excerpt.as_ref().and_then(|excerpt| excerpt.locate(source, label.span))
            });
            match drawn {
                Some(range) => labels.push(labeled(range, &label.text, labels.is_empty())),
                None => elsewhere.extend(Self::note(label, sources)),
            }
        }
        let message = match &diagnostic.plugin {
            Some(plugin) => format!("{} [{plugin}]", diagnostic.message),
            None => diagnostic.message.clone(),
        };
        Self {
            code: visible(&format!("{}[{}]", word(diagnostic.severity), diagnostic.code))
                .into_owned(),
            severity: diagnostic.severity,
            message: visible(&message).into_owned(),
            help: diagnostic.help.as_deref().map(|help| visible(help).into_owned()),
            labels,
            excerpt,
            elsewhere,
        }
    }

    /// A place that is not in the excerpt, as a note of its own.
    fn note(label: &Label, sources: &Sources) -> Option<Self> {
        let source = sources.get(label.span.source)?;
        let excerpt = Excerpt::around(source, &[label.span])?;
        let labels = excerpt.locate(source, label.span).map(|range| labeled(range, "", true));
        Some(Self {
            code: String::new(),
            severity: Severity::Advice,
            message: visible(&label.text).into_owned(),
            help: None,
            labels: labels.into_iter().collect(),
            excerpt: Some(excerpt),
            elsewhere: Vec::new(),
        })
    }
}

const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "advice",
    }
}

fn labeled(range: Range<usize>, text: &str, primary: bool) -> LabeledSpan {
    let span = SourceSpan::from(range);
    let text = (!text.is_empty()).then(|| visible(text).into_owned());
    if primary {
        LabeledSpan::new_primary_with_span(text, span)
    } else {
        LabeledSpan::new_with_span(text, span)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Report {}

impl miette::Diagnostic for Report {
    fn code<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        (!self.code.is_empty()).then(|| Box::new(&self.code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Advice => miette::Severity::Advice,
        })
    }

    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'b>(&'b self) -> Option<Box<dyn Iterator<Item = &'b dyn miette::Diagnostic> + 'b>> {
        (!self.elsewhere.is_empty()).then(|| {
            Box::new(self.elsewhere.iter().map(|report| report as &dyn miette::Diagnostic))
                as Box<dyn Iterator<Item = &'b dyn miette::Diagnostic>>
        })
    }
}

/// What miette draws is the excerpt; where it says it is, is its place in the source.
impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        context_before: usize,
        context_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inner = self.text.as_str().read_span(span, context_before, context_after)?;
        // Without context it is the head that asks.
        let (line, column) = if context_before + context_after == 0 {
            self.place
        } else {
            (inner.line() + self.lines_before, inner.column())
        };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            inner.data(),
            *inner.span(),
            line,
            column,
            inner.line_count(),
        )))
    }
}
