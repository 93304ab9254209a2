//! Files in memory: for tests, and for hosts without a disk.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{LARGEST_FILE, Listed, ListedKind, ReadError, World, decode, normalize};

/// Files in memory, by path.
#[derive(Clone, Default, Debug)]
pub struct MemoryWorld {
    files: BTreeMap<String, Vec<u8>>,
}

impl MemoryWorld {
    /// These files; a path that leads out of the root is left out.
    #[must_use]
    pub fn new<P: AsRef<str>, B: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, B)>) -> Self {
        let files = files
            .into_iter()
            .filter_map(|(path, bytes)| Some((normalize(path.as_ref()).ok()?, bytes.into())))
            .collect();
        Self { files }
    }

    fn is_folder(&self, path: &str) -> bool {
        path.is_empty() || self.below(path).next().is_some()
    }

    /// The paths below a folder, relative to it.
    fn below(&self, folder: &str) -> impl Iterator<Item = &str> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let range = self.files.range(prefix.clone()..);
        range.map_while(move |(path, _)| path.strip_prefix(&prefix))
    }
}

impl World for MemoryWorld {
    fn read(&self, path: &str) -> Result<Arc<str>, ReadError> {
        let path = normalize(path)?;
        match self.files.get(&path) {
            Some(bytes) if bytes.len() as u64 > LARGEST_FILE => {
                Err(ReadError::TooLarge { size: bytes.len() as u64 })
            }
            Some(bytes) => decode(bytes.clone()),
            None if self.is_folder(&path) => Err(ReadError::IsFolder),
            None => Err(ReadError::NotFound),
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<Listed>, ReadError> {
        let folder = normalize(folder)?;
        if self.files.contains_key(&folder) {
            return Err(ReadError::IsFile);
        }
        if !self.is_folder(&folder) {
            return Err(ReadError::NotFound);
        }
        let mut listed: Vec<Listed> = self
            .below(&folder)
            .map(|path| match path.split_once('/') {
                Some((name, _)) => Listed { name: name.to_owned(), kind: ListedKind::Folder },
                None => Listed { name: path.to_owned(), kind: ListedKind::File },
            })
            .collect();
        listed.sort();
        listed.dedup();
        Ok(listed)
    }
}
