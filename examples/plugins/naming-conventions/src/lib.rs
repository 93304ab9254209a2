//! A plugin with a team's rules for names.
//!
//! - [`conventions`]: the config, rules for each kind of name;
//! - [`words`]: names as words, and cases;
//! - [`naming`]: the hooks that hold programs against the rules.

#![warn(clippy::disallowed_methods)]

pub mod conventions;
pub mod naming;
pub mod words;

pub use conventions::Naming;
