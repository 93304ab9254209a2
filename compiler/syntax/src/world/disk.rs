//! A folder on disk: the one place below the hosts that opens files.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{LARGEST_FILE, Listed, ListedKind, ReadError, World, decode, parts};

/// A folder on disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DiskWorld {
    root: PathBuf,
}

impl DiskWorld {
    /// The folder `root`.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The world and the path in it for a path that a user gave: of a file, its folder and its name; of a folder, itself and
    /// the empty path. Something that is not there counts as a file: the message comes when it is read.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is where the World of the disk begins")]
    pub fn open(path: &Path) -> (Self, String) {
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        match path.file_name() {
            Some(name) if !path.is_dir() => {
                (Self::new(folder.unwrap_or(Path::new("."))), name.to_string_lossy().into_owned())
            }
            _ => (Self::new(path), String::new()),
        }
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn path(&self, path: &str) -> Result<PathBuf, ReadError> {
        let mut full = self.root.clone();
        full.extend(parts(path)?);
        Ok(full)
    }
}

impl World for DiskWorld {
    #[expect(clippy::disallowed_methods, reason = "this is what reading through the World is")]
    fn read(&self, path: &str) -> Result<Arc<str>, ReadError> {
        let path = self.path(path)?;
        // Asked before it is opened: opening a pipe would wait for a writer.
        let before = fs::metadata(&path).map_err(|error| explain(&error))?;
        if before.is_dir() {
            return Err(ReadError::IsFolder);
        }
        if !before.is_file() {
            return Err(ReadError::NotAFile);
        }
        if before.len() > LARGEST_FILE {
            return Err(ReadError::TooLarge { size: before.len() });
        }
        let file = File::open(&path).map_err(|error| explain(&error))?;
        let mut bytes = Vec::with_capacity(usize::try_from(before.len()).unwrap_or(0));
        // It may grow while it is read.
        file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(|error| explain(&error))?;
        if bytes.len() as u64 > LARGEST_FILE {
            return Err(ReadError::TooLarge { size: bytes.len() as u64 });
        }
        decode(bytes)
    }

    #[expect(clippy::disallowed_methods, reason = "this is what listing through the World is")]
    fn list(&self, folder: &str) -> Result<Vec<Listed>, ReadError> {
        let folder = self.path(folder)?;
        let mut listed = Vec::new();
        for entry in fs::read_dir(&folder).map_err(|error| explain(&error))? {
            let entry = entry.map_err(|error| explain(&error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let own = entry.file_type().map_err(|error| explain(&error))?;
            let kind = if own.is_dir() {
                ListedKind::Folder
            } else if own.is_file() {
                ListedKind::File
            } else if own.is_symlink() {
                match fs::metadata(entry.path()) {
                    Ok(target) if target.is_dir() => ListedKind::FolderLink,
                    Ok(target) if target.is_file() => ListedKind::File,
                    _ => ListedKind::Other,
                }
            } else {
                ListedKind::Other
            };
            listed.push(Listed { name, kind });
        }
        listed.sort();
        Ok(listed)
    }
}

fn explain(error: &io::Error) -> ReadError {
    match error.kind() {
        io::ErrorKind::NotFound => ReadError::NotFound,
        io::ErrorKind::PermissionDenied => ReadError::Denied,
        io::ErrorKind::IsADirectory => ReadError::IsFolder,
        io::ErrorKind::NotADirectory => ReadError::IsFile,
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidFilename => ReadError::Outside,
        _ => ReadError::Other(error.to_string()),
    }
}
