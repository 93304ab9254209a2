//! Texts as the editor has them, saved or not.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use super::Server;
use super::rpc::Failure;
use crate::lines::{Lines, Position};
use crate::uri::path_of;

/// A text that is open in the editor.
pub(super) struct Document {
    /// Where it is saved; `None` if it never was.
    pub(super) path: Option<PathBuf>,
    /// Counts its edits.
    pub(super) version: i64,
    pub(super) text: Arc<str>,
    pub(super) lines: Lines,
    /// Whether its project does not know this text yet.
    pub(super) changed: bool,
}

impl Document {
    fn set(&mut self, text: String) {
        self.lines = Lines::of(&text);
        self.text = text.into();
        self.changed = true;
    }

    /// Makes one change: of a range, or of all.
    fn apply(&mut self, change: &Value) -> Result<(), Failure> {
        let text = change["text"].as_str().ok_or_else(|| Failure::params("the new text"))?;
        let Some(range) = change.get("range").filter(|range| !range.is_null()) else {
            self.set(text.to_owned());
            return Ok(());
        };
        let at = |key: &str| {
            let position = Position::from_json(&range[key])?;
            Some(self.lines.offset(&self.text, position))
        };
        let (Some(start), Some(end)) = (at("start"), at("end")) else {
            return Err(Failure::params("a range"));
        };
        let mut whole = self.text.to_string();
        whole.replace_range(start..end.max(start), text);
        self.set(whole);
        Ok(())
    }
}

impl Server {
    pub(super) fn open(&mut self, params: &Value) -> Result<(), Failure> {
        let document = &params["textDocument"];
        let uri = uri(params)?;
        let text = document["text"].as_str().ok_or_else(|| Failure::params("a text"))?;
        let opened = Document {
            path: path_of(uri),
            version: document["version"].as_i64().unwrap_or(0),
            text: text.into(),
            lines: Lines::of(text),
            changed: true,
        };
        self.documents.insert(uri.to_owned(), opened);
        Ok(())
    }

    pub(super) fn change(&mut self, params: &Value) -> Result<(), Failure> {
        let uri = uri(params)?;
        let not_open = || Failure::params("a document that is open");
        let document = self.documents.get_mut(uri).ok_or_else(not_open)?;
        for change in params["contentChanges"].as_array().into_iter().flatten() {
            document.apply(change)?;
        }
        document.version =
            params["textDocument"]["version"].as_i64().unwrap_or(document.version + 1);
        Ok(())
    }

    pub(super) fn close(&mut self, params: &Value) -> Result<(), Failure> {
        let uri = uri(params)?;
        if let Some(document) = self.documents.remove(uri) {
            self.forget(uri, &document);
        }
        Ok(())
    }
}

/// The document that parameters are about.
pub(super) fn uri(params: &Value) -> Result<&str, Failure> {
    params["textDocument"]["uri"].as_str().ok_or_else(|| Failure::params("a document"))
}
