//! Sources, spans and diagnostics: how every layer of Locus says what is wrong, where, and how to mend it.
//!
//! Reading order:
//! 1. [`span`]: a byte range in a source, and a value with its range;
//! 2. [`source`]: the texts that spans point into;
//! 3. [`mod@catalogue`]: the codes, each with its page of documentation;
//! 4. [`diagnostic`]: one problem: code, severity, message, labels, help, fixes;
//! 5. [`render`]: the same problem for a terminal, as JSON and as SARIF.
//!
//! This crate is the only one that knows miette and linkme.

#![warn(clippy::disallowed_methods)]

pub mod catalogue;
pub mod diagnostic;
pub mod render;
pub mod source;
pub mod span;
pub mod suggest;

pub use catalogue::{Code, catalogue, explain};
pub use diagnostic::{Applicability, Diagnostic, Diagnostics, Fix, Label, Severity};
pub use source::{Source, SourceId, Sources};
pub use span::{Span, Spanned};
pub use suggest::{Guess, closest, did_you_mean};

#[doc(hidden)]
pub mod __private {
    #[cfg(not(target_family = "wasm"))]
    pub use linkme;
}
