//! All reading goes through a [`World`]: a folder on disk, or files in memory for tests and sandboxes. Paths are relative to
//! its root, with `/` on every system, so that names in messages and outputs are the same everywhere.

mod disk;
mod memory;

use std::fmt;
use std::sync::Arc;

use locus_diag::{Code, Diagnostic, Sources, Span};

pub use disk::DiskWorld;
pub use memory::MemoryWorld;

use crate::codes;

/// Files of more bytes are not read.
pub const LARGEST_FILE: u64 = 16 * 1024 * 1024;

/// Where files come from.
///
/// ```
/// use locus_syntax::{MemoryWorld, World};
///
/// let world = MemoryWorld::new([("shop/orders.locus.yaml", "workflows: {}")]);
/// assert_eq!(world.list("shop").unwrap()[0].name, "orders.locus.yaml");
/// assert_eq!(&*world.read("shop/orders.locus.yaml").unwrap(), "workflows: {}");
/// ```
pub trait World: Send + Sync {
    /// The whole text of a file.
    ///
    /// # Errors
    /// The file is not there, may not be read, is too large, or is no UTF-8 text.
    fn read(&self, path: &str) -> Result<Arc<str>, ReadError>;

    /// What is in a folder, by name. The root is the empty path.
    ///
    /// # Errors
    /// The folder is not there, may not be read, or is none.
    fn list(&self, folder: &str) -> Result<Vec<Listed>, ReadError>;
}

/// A file or folder in a folder.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Listed {
    /// Its name, without its folder.
    pub name: String,
    /// What it is.
    pub kind: ListedKind,
}

/// What a name in a folder stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ListedKind {
    /// A file, or a link to one.
    File,
    /// A folder.
    Folder,
    /// A link to a folder: it is not walked into, so that a circle of links is no trap.
    FolderLink,
    /// A link to nothing, a device, a pipe.
    Other,
}

/// Why something cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReadError {
    /// It is not there.
    NotFound,
    /// This user may not read it.
    Denied,
    /// A folder stands where a file was expected.
    IsFolder,
    /// A file stands where a folder was expected.
    IsFile,
    /// A device or a pipe stands where a file was expected.
    NotAFile,
    /// The path leads out of the root, or is no path.
    Outside,
    /// It has more bytes than are read.
    TooLarge {
        /// Its size as far as known.
        size: u64,
    },
    /// It is text in another encoding.
    Utf16,
    /// It is no UTF-8 text.
    NotUtf8 {
        /// The text before the first byte that is none.
        before: Arc<str>,
        /// That byte.
        byte: u8,
    },
    /// Anything else, in the words of the system.
    Other(String),
}

impl ReadError {
    /// The problem, for a person. A place is given in the source that is added for the path.
    #[must_use]
    pub fn diagnostic(&self, path: &str, sources: &mut Sources) -> Diagnostic {
        let shown = if path.is_empty() { "." } else { path };
        let message = match self {
            Self::TooLarge { .. } | Self::Utf16 | Self::NotUtf8 { .. } => {
                format!("`{shown}` {self}")
            }
            _ => format!("`{shown}` cannot be read: {self}"),
        };
        let mut problem = Diagnostic::new(self.code(), message).help(self.help());
        if let Self::NotUtf8 { before, .. } = self {
            let source = sources.add(shown, Arc::clone(before));
            problem = problem
                .at(Span::new(source, before.len()..before.len()), "the UTF-8 text ends here");
        }
        problem
    }

    const fn code(&self) -> Code {
        match self {
            Self::TooLarge { .. } => codes::FILE_TOO_LARGE,
            Self::Utf16 | Self::NotUtf8 { .. } => codes::NOT_UTF8,
            _ => codes::UNREADABLE_FILE,
        }
    }

    const fn help(&self) -> &'static str {
        match self {
            Self::NotFound => "check the name; paths are relative to the folder of the project",
            Self::Denied => "let this user read it",
            Self::IsFolder => "give the path of a file",
            Self::IsFile => "give the path of a folder",
            Self::NotAFile => "only ordinary files are read",
            Self::Outside => {
                "only files below the folder of the project are read: move the file there"
            }
            Self::TooLarge { .. } => {
                "split the spec into several files; name a file that is no spec in `.gitignore`"
            }
            Self::Utf16 | Self::NotUtf8 { .. } => "save the file as UTF-8",
            Self::Other(_) => "try again; if it stays, check the disk",
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("there is nothing of this name"),
            Self::Denied => f.write_str("permission denied"),
            Self::IsFolder => f.write_str("it is a folder"),
            Self::IsFile => f.write_str("it is no folder"),
            Self::NotAFile => f.write_str("it is no ordinary file"),
            Self::Outside => f.write_str("the path leads out of the folder of the project"),
            Self::TooLarge { size } => {
                write!(f, "has {size} bytes; files of more than {LARGEST_FILE} bytes are not read")
            }
            Self::Utf16 => f.write_str("is UTF-16 text, not UTF-8"),
            Self::NotUtf8 { before, byte } => write!(
                f,
                "is not UTF-8 text: the byte 0x{byte:02X} at offset {} begins no character",
                before.len()
            ),
            Self::Other(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for ReadError {}

/// The text of a file from its bytes.
fn decode(bytes: Vec<u8>) -> Result<Arc<str>, ReadError> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(ReadError::Utf16);
    }
    String::from_utf8(bytes).map(Arc::from).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let before = bytes.get(..valid).map(String::from_utf8_lossy).unwrap_or_default();
        ReadError::NotUtf8 { before: before.into(), byte: bytes.get(valid).copied().unwrap_or(0) }
    })
}

/// The parts of a path below the root: no empty ones, no `.`, and `..` only as far as the root.
fn parts(path: &str) -> Result<Vec<&str>, ReadError> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or(ReadError::Outside)?;
            }
            _ if part.contains(['\\', '\0']) || (part.contains(':') && cfg!(windows)) => {
                return Err(ReadError::Outside);
            }
            _ => parts.push(part),
        }
    }
    if path.starts_with('/') { Err(ReadError::Outside) } else { Ok(parts) }
}

/// A path in its one form: `shop/orders.locus.yaml`.
///
/// # Errors
/// The path leads out of the root.
pub fn normalize(path: &str) -> Result<String, ReadError> {
    parts(path).map(|parts| parts.join("/"))
}

/// The path of a name in a folder.
pub(crate) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}
