//! What editors need of the compiler.
//!
//! Reading order:
//! 1. [`mod@format`]: specs in their one form, with every comment.

#![warn(clippy::disallowed_methods)]

pub mod format;

pub use format::{Unformatted, format};
