//! Diagnostics for a person, drawn by miette.

use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    SourceCode, SourceSpan, SpanContents,
};

use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::source::{Source, Sources};

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

/// A diagnostic in the form miette draws: all labels of one report lie in one source.
#[derive(Debug)]
struct Report<'a> {
    /// `error[unknown-step]`; empty in a note.
    code: String,
    severity: Severity,
    message: String,
    help: Option<String>,
    labels: Vec<LabeledSpan>,
    source: Option<Text<'a>>,
    elsewhere: Vec<Report<'a>>,
}

impl<'a> Report<'a> {
    fn new(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Self {
        let primary = diagnostic.primary().and_then(|span| sources.get(span.source));
        let (here, elsewhere): (Vec<&Label>, Vec<&Label>) = diagnostic
            .labels
            .iter()
            .partition(|label| primary.is_some_and(|source| source.id == label.span.source));
        let labels =
            here.iter().enumerate().map(|(index, label)| labeled(label, index == 0)).collect();
        let elsewhere = elsewhere
            .into_iter()
            .filter_map(|label| {
                let source = sources.get(label.span.source)?;
                Some(Report {
                    code: String::new(),
                    severity: Severity::Advice,
                    message: label.text.clone(),
                    help: None,
                    labels: vec![labeled(&Label { span: label.span, text: String::new() }, true)],
                    source: Some(Text(source)),
                    elsewhere: Vec::new(),
                })
            })
            .collect();
        let message = match &diagnostic.plugin {
            Some(plugin) => format!("{} [{plugin}]", diagnostic.message),
            None => diagnostic.message.clone(),
        };
        Report {
            code: format!("{}[{}]", word(diagnostic.severity), diagnostic.code),
            severity: diagnostic.severity,
            message,
            help: diagnostic.help.clone(),
            labels,
            source: primary.map(Text),
            elsewhere,
        }
    }
}

const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "advice",
    }
}

fn labeled(label: &Label, primary: bool) -> LabeledSpan {
    let span = SourceSpan::from(label.span.range());
    let text = (!label.text.is_empty()).then(|| label.text.clone());
    if primary {
        LabeledSpan::new_primary_with_span(text, span)
    } else {
        LabeledSpan::new_with_span(text, span)
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
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
        self.source.as_ref().map(|text| text as &dyn SourceCode)
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

/// A source that tells miette its name.
#[derive(Debug)]
struct Text<'a>(&'a Source);

impl SourceCode for Text<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        context_before: usize,
        context_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let text: &str = &self.0.text;
        let inner = text.read_span(span, context_before, context_after)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.0.name.to_string(),
            inner.data(),
            *inner.span(),
            inner.line(),
            inner.column(),
            inner.line_count(),
        )))
    }
}
