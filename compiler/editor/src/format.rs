//! Specs in their one form: two blanks of indentation, one blank line at most, lists and mappings in brackets only where they fit into
//! a line. Every comment stays, and what the text means does not change: that is compared before anything is handed out.

mod meaning;
mod print;
mod tidy;

use std::borrow::Cow;
use std::fmt;

use locus_diag::{Diagnostic, SourceId};
use locus_syntax::layout::layout;

/// Lines are kept within so many characters where a list or mapping could also be written over several lines.
pub const WIDTH: usize = 100;

/// Why a text is left as it is.
#[derive(Clone, PartialEq, Debug)]
pub enum Unformatted {
    /// It is not YAML, or not only: these are the errors. Their places are in the given source.
    Broken(Vec<Diagnostic>),
    /// It would not mean the same in its new form.
    Unsafe,
}

impl fmt::Display for Unformatted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Broken(_) => "it has errors that hide what it means",
            Self::Unsafe => "it is laid out in a way that cannot be kept",
        })
    }
}

impl std::error::Error for Unformatted {}

/// The text in its one form. The same text comes back when it has that form already.
///
/// Line breaks become those of the first line; a byte order mark stays.
///
/// # Errors
/// It has errors of syntax, or a layout that cannot be kept. Then it is best left alone.
pub fn format(source: SourceId, text: &str) -> Result<String, Unformatted> {
    let before = meaning::read(source, text)?;
    let formatted = rewrite(text).ok_or(Unformatted::Unsafe)?;
    match meaning::read(source, &formatted) {
        Ok(after) if after == before => Ok(formatted),
        _ => Err(Unformatted::Unsafe),
    }
}

fn rewrite(text: &str) -> Option<String> {
    let (mark, body) = match text.strip_prefix('\u{feff}') {
        Some(body) => ("\u{feff}", body),
        None => ("", text),
    };
    let unix = with_unix_breaks(body);
    let mut layout = layout(&unix)?;
    tidy::tidy(&mut layout);
    let mut formatted = print::print(&layout);
    if body.split('\n').next().is_some_and(|line| line.ends_with('\r')) {
        formatted = formatted.replace('\n', "\r\n");
    }
    formatted.insert_str(0, mark);
    Some(formatted)
}

fn with_unix_breaks(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests;
