//! The texts that spans point into.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Number of a source in its [`Sources`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct SourceId(pub u32);

/// One text that was read: a spec file, or an expression given on the command line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// Its number.
    pub id: SourceId,
    /// The name diagnostics show: a path relative to the project, with `/` on every system.
    pub name: Arc<str>,
    /// The whole text, byte for byte as it was read (a byte order mark included).
    pub text: Arc<str>,
}

impl Source {
    /// Line and column of a byte offset, both counted from 1; a column is a character.
    ///
    /// An offset behind the end counts as the end; one inside a character as its start.
    #[must_use]
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &self.text[..offset];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        let column = before[line_start..].trim_start_matches('\u{feff}').chars().count() + 1;
        (line, column)
    }
}

/// All sources of one compilation, in the order they were added.
#[derive(Clone, Default, Debug)]
pub struct Sources {
    list: Vec<Source>,
}

impl Sources {
    /// Adds a text and gives it the next number.
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> SourceId {
        let id = SourceId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        self.list.push(Source { id, name: name.into(), text: text.into() });
        id
    }

    /// Puts another text in the place of one that was added; spans into the old one no longer fit.
    pub fn replace(&mut self, id: SourceId, text: impl Into<Arc<str>>) {
        if let Some(source) = self.list.get_mut(id.0 as usize) {
            source.text = text.into();
        }
    }

    /// The source with this number.
    #[must_use]
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.list.get(id.0 as usize)
    }

    /// Every source, by number.
    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.list.iter()
    }
}
