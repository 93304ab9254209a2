//! What users see: results on standard output, everything else on standard error.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use locus_diag::render::{self, Style};
use locus_diag::{Diagnostic, Diagnostics, Severity, Sources};
use serde_json::Value;

use crate::args::Color;

/// Why a command ends early. Everything has been said already.
#[derive(Debug)]
pub(crate) struct Failed;

/// What a command returns.
pub(crate) type Outcome = Result<(), Failed>;

/// Writes to the two streams.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ui {
    style: Style,
    /// Whether standard error is a terminal.
    pub(crate) interactive: bool,
}

impl Ui {
    pub(crate) fn new(color: Color) -> Self {
        let interactive = io::stderr().is_terminal();
        let wanted = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let set =
                    |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
                interactive
                    && !set("NO_COLOR")
                    && std::env::var("TERM").is_ok_and(|term| term != "dumb")
            }
        };
        let width = if interactive { terminal_width().clamp(60, 140) } else { 100 };
        Self { style: Style { color: wanted, width }, interactive }
    }

    /// A result: a line on standard output. A reader that has gone away is no failure.
    pub(crate) fn result(self, text: impl Display) {
        let _ = writeln!(io::stdout().lock(), "{text}");
    }

    /// A result as indented JSON.
    pub(crate) fn json(self, value: &Value) {
        self.result(serde_json::to_string_pretty(value).unwrap_or_default());
    }

    /// A result as it is, with no line end added.
    pub(crate) fn raw(self, text: &str) {
        let _ = io::stdout().lock().write_all(text.as_bytes());
    }

    /// A line on standard error.
    pub(crate) fn note(self, text: impl Display) {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// A failure that has no place in a source.
    pub(crate) fn error(self, text: impl Display, help: Option<&str>) -> Failed {
        let label = self.paint("error", "31;1");
        self.note(format_args!("{label}: {}", foreign(text)));
        if let Some(help) = help {
            self.note(format_args!("  {}: {}", self.paint("help", "36"), foreign(help)));
        }
        Failed
    }

    /// Diagnostics, and a line that counts them.
    pub(crate) fn diagnostics(self, diagnostics: &Diagnostics, sources: &Sources) {
        for diagnostic in diagnostics {
            self.diagnostic(diagnostic, sources);
        }
        let count = |severity| diagnostics.iter().filter(|d| d.severity == severity).count();
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        if errors + warnings > 0 {
            let plural =
                |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
            self.note(format_args!("{}, {}", plural(errors, "error"), plural(warnings, "warning")));
        }
    }

    fn diagnostic(self, diagnostic: &Diagnostic, sources: &Sources) {
        let text = render::to_terminal(diagnostic, sources, self.style) + "\n";
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Text in a colour, where colours are wanted.
    pub(crate) fn paint(self, text: &str, code: &str) -> String {
        if self.style.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// Words that come from a spec, a file or the network: nothing in them steers the terminal.
pub(crate) fn foreign(text: impl Display) -> String {
    render::visible(&text.to_string()).into_owned()
}

fn terminal_width() -> usize {
    std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(100)
}

/// The exit code of a command: 0, or 1 for what is wrong with the input (2 is wrong usage, which the argument parser reports).
pub(crate) fn exit_code(outcome: &Outcome) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed) => ExitCode::FAILURE,
    }
}
