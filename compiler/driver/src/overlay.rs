//! A world with some files in the state an editor holds them in, saved or not.

use std::collections::BTreeMap;
use std::sync::Arc;

use locus_syntax::world::normalize;
use locus_syntax::{Listed, ListedKind, ReadError, World};

/// A world with other texts in the places of some files, and with more files.
pub(crate) struct Overlay {
    pub(crate) below: Box<dyn World>,
    texts: BTreeMap<String, Arc<str>>,
}

impl Overlay {
    /// A world as it is.
    pub(crate) fn new(below: Box<dyn World>) -> Self {
        Self { below, texts: BTreeMap::new() }
    }

    /// Puts a text in the place of a file.
    pub(crate) fn set(&mut self, path: &str, text: Arc<str>) {
        self.texts.insert(path.to_owned(), text);
    }

    /// Takes such a text away.
    pub(crate) fn unset(&mut self, path: &str) {
        self.texts.remove(path);
    }
}

impl World for Overlay {
    fn read(&self, path: &str) -> Result<Arc<str>, ReadError> {
        match self.texts.get(&normalize(path)?) {
            Some(text) => Ok(Arc::clone(text)),
            None => self.below.read(path),
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<Listed>, ReadError> {
        let path = normalize(folder)?;
        if self.texts.contains_key(&path) {
            return Err(ReadError::IsFile);
        }
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let inside = self.texts.keys().filter_map(|text| text.strip_prefix(&prefix));
        let added: Vec<Listed> = inside
            .map(|rest| match rest.split_once('/') {
                Some((name, _)) => Listed { name: name.to_owned(), kind: ListedKind::Folder },
                None => Listed { name: rest.to_owned(), kind: ListedKind::File },
            })
            .collect();
        let mut listed = match self.below.list(folder) {
            Ok(listed) => listed,
            Err(ReadError::NotFound) if !added.is_empty() => Vec::new(),
            Err(error) => return Err(error),
        };
        for added in added {
            if listed.iter().all(|there| there.name != added.name) {
                listed.push(added);
            }
        }
        listed.sort();
        Ok(listed)
    }
}
