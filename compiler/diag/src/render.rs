//! Shows diagnostics: to a person in a terminal, to a program as JSON.

mod json;
mod terminal;

pub use json::to_json;
pub use terminal::{Style, to_terminal};
