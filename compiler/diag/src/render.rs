//! Shows diagnostics: to a person in a terminal, to a program as JSON.

mod excerpt;
mod json;
mod terminal;
mod visible;

pub use json::to_json;
pub use terminal::{Style, to_terminal};
pub use visible::visible;
