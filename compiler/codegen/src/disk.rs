//! The disk, as the writer sees it: the one file of the compiler that reads, makes, renames and removes files.

#![expect(
    clippy::disallowed_methods,
    reason = "this is what the one writer of files is built from"
)]

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, TempPath};

/// What stands at a path, not following a link.
pub(crate) enum Found {
    Nothing,
    File(Vec<u8>),
    Folder,
    Link,
    /// A device, a pipe.
    Other,
}

/// Looks at a path. Below a file there is nothing.
pub(crate) fn look(path: &Path) -> io::Result<Found> {
    let kind = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata.file_type(),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Found::Nothing);
        }
        Err(error) => return Err(error),
    };
    Ok(if kind.is_symlink() {
        Found::Link
    } else if kind.is_dir() {
        Found::Folder
    } else if kind.is_file() {
        Found::File(fs::read(path)?)
    } else {
        Found::Other
    })
}

/// The path with every link resolved.
pub(crate) fn resolve(path: &Path) -> io::Result<PathBuf> {
    path.canonicalize()
}

/// Everything below a folder that is no folder itself, links included and not followed.
pub(crate) fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let into = if entry.file_type()?.is_dir() { &mut folders } else { &mut files };
            into.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

/// Makes a folder and those above it, and returns the ones that were not there, the outermost first.
pub(crate) fn create_folders(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut missing = Vec::new();
    let mut current = Some(path);
    while let Some(folder) = current {
        match fs::metadata(folder) {
            Ok(metadata) if metadata.is_dir() => break,
            Ok(_) => return Err(ErrorKind::NotADirectory.into()),
            Err(error) if error.kind() == ErrorKind::NotFound => missing.push(folder.to_owned()),
            Err(error) => return Err(error),
        }
        current = folder.parent();
    }
    missing.reverse();
    for (made, folder) in missing.iter().enumerate() {
        match fs::create_dir(folder) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => {
                for folder in missing[..made].iter().rev() {
                    remove_empty_folder(folder);
                }
                return Err(error);
            }
        }
    }
    Ok(missing)
}

/// Writes a text to a new file in `folder`, down to the disk. It has the permissions of `like`, if that is there.
pub(crate) fn stage(folder: &Path, text: &str, like: Option<&Path>) -> io::Result<TempPath> {
    let mut builder = Builder::new();
    builder.prefix(".locus-").suffix(".new");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The process's umask is taken off, as for any new file.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(without_path)?;
    if let Some(permissions) = like.and_then(|like| fs::metadata(like).ok()) {
        file.as_file().set_permissions(permissions.permissions())?;
    }
    file.as_file_mut().write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file.into_temp_path())
}

/// The error without the name of the temporary file: it is random, and nobody has chosen it.
fn without_path(error: io::Error) -> io::Error {
    match error.to_string().split_once(" at path ") {
        Some((reason, _)) => io::Error::new(error.kind(), reason.to_owned()),
        None => error,
    }
}

/// A second name for what is at `path`, or a copy where there are no second names.
pub(crate) fn back_up(path: &Path, folder: &Path) -> io::Result<TempPath> {
    let mut builder = Builder::new();
    builder.prefix(".locus-").suffix(".old");
    let linked = builder.make_in(folder, |name| fs::hard_link(path, name));
    match linked {
        Ok(linked) => Ok(linked.into_temp_path()),
        Err(_) => {
            let copy = builder.tempfile_in(folder).map_err(without_path)?.into_temp_path();
            fs::copy(path, &copy)?;
            Ok(copy)
        }
    }
}

/// Gives a staged file its name, in place of what has it.
pub(crate) fn put(staged: TempPath, path: &Path) -> io::Result<()> {
    staged.persist(path).map_err(|error| error.error)
}

/// Puts an old content back. Where even that fails it stays on the disk under its other name.
pub(crate) fn restore(old: TempPath, path: &Path) -> io::Result<()> {
    let Err(error) = old.persist(path) else {
        return Ok(());
    };
    let old = error.path.keep().map_err(|error| error.error)?;
    fs::copy(&old, path)?;
    fs::remove_file(&old)
}

/// Removes a file or a link.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path)
}

/// Removes a folder, if it is empty, and says whether it did.
pub(crate) fn remove_empty_folder(path: &Path) -> bool {
    fs::remove_dir(path).is_ok()
}

/// Whether a folder is there.
pub(crate) fn is_folder(path: &Path) -> bool {
    path.is_dir()
}
