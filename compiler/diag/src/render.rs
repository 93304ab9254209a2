//! Shows diagnostics: to a person in a terminal, to a program as JSON, to tools that gather findings as SARIF.

mod excerpt;
mod json;
mod sarif;
mod terminal;
mod visible;

pub use json::to_json;
pub use sarif::to_sarif;
pub use terminal::{Style, to_terminal};
pub use visible::visible;
