//! What generation yields: the files of each target, as texts.

use locus_diag::{Sources, Span};
use locus_plugin::Ownership;
use serde::{Deserialize, Serialize};

/// The files of one target.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TargetOutput {
    /// The target's name.
    pub target: String,
    /// The folder its files go to: relative to the project, with `/`, empty for the project itself.
    pub out: String,
    /// Where the target is declared.
    pub span: Span,
    /// The files, by path.
    pub files: Vec<GeneratedFile>,
}

/// One generated file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GeneratedFile {
    /// Its path below the out folder, with `/`.
    pub path: String,
    /// Its text: `\n` ends every line, and exactly one ends the file.
    pub text: String,
    /// Whose it is after it was written.
    pub ownership: Ownership,
    /// The generator that made it.
    pub generator: String,
    /// The plugin that provides the generator.
    pub plugin: String,
    /// The part of the spec it comes from.
    pub origin: Option<Origin>,
}

/// A place in the spec, for readers of a manifest.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Origin {
    /// The name of the source.
    pub source: String,
    /// The line, from 1.
    pub line: usize,
}

impl Origin {
    /// Names the place of a span, if its source is known.
    #[must_use]
    pub fn of(span: Span, sources: &Sources) -> Option<Self> {
        let source = sources.get(span.source)?;
        let (line, _) = source.line_column(span.range().start);
        Some(Self { source: source.name.to_string(), line })
    }
}

/// Makes every line end in `\n` and the file in exactly one.
#[must_use]
pub fn normalise(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut normal = text.replace("\r\n", "\n").replace('\r', "\n");
    normal.truncate(normal.trim_end_matches('\n').len());
    normal.push('\n');
    normal
}
