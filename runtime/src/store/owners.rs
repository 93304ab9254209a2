//! Who is alive: each process that owns runs holds the lock of a file beside the store. The operating system lets go of the lock when
//! the process ends, however it ends, so nothing has to time out. One lock for a process, not one for a run: ten thousand
//! runs at once need one open file.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::error::StoreError;
use crate::host::{Host, base32};

/// The folder of lock files of a store.
pub(super) struct Owners {
    folder: PathBuf,
    mine: Mutex<Option<Mine>>,
}

struct Mine {
    name: String,
    path: PathBuf,
    file: File,
}

impl Owners {
    /// Those of the store at this path.
    pub(super) fn beside(store: &Path) -> Self {
        let mut name = store.file_name().unwrap_or_default().to_owned();
        name.push(".owners");
        Self { folder: store.with_file_name(name), mine: Mutex::new(None) }
    }

    /// The name of this process; the first call makes it known.
    pub(super) fn mine(&self, host: &dyn Host) -> Result<String, StoreError> {
        let mut mine = self.mine.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mine) = &*mine {
            return Ok(mine.name.clone());
        }
        let fresh = register(&self.folder, host).map_err(|error| self.failed(&error))?;
        let name = fresh.name.clone();
        *mine = Some(fresh);
        sweep(&self.folder, &name);
        Ok(name)
    }

    /// Whether the process of this name goes on.
    pub(super) fn is_alive(&self, name: &str) -> Result<bool, StoreError> {
        if self
            .mine
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .is_some_and(|mine| mine.name == name)
        {
            return Ok(true);
        }
        is_locked(&self.folder.join(name)).map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &io::Error) -> StoreError {
        let code = if error.kind() == io::ErrorKind::PermissionDenied {
            "store_read_only"
        } else {
            "store_io"
        };
        StoreError::new(
            code,
            format!("the folder of owners `{}` cannot be used: {error}", self.folder.display()),
            "check the permissions of the folder of the store",
        )
    }
}

impl Drop for Owners {
    fn drop(&mut self) {
        if let Some(mine) = self.mine.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // The name is never used again: whoever finds the file gone knows that its owner is.
            remove(&mine.path);
            drop(mine.file);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "lock files of the store: this module is their host")]
fn register(folder: &Path, host: &dyn Host) -> io::Result<Mine> {
    std::fs::create_dir_all(folder)?;
    loop {
        let name = format!("{}-{}", std::process::id(), base32(host.random()));
        let path = folder.join(&name);
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
        match file.try_lock() {
            // Between opening and locking, another process may have swept the file away as a dead one's.
            Ok(()) if path.exists() => return Ok(Mine { name, path, file }),
            Ok(()) | Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "lock files of the store: this module is their host")]
fn is_locked(path: &Path) -> io::Result<bool> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    // Shared, so that two who look at once do not take each other for the owner.
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Removes the files of owners that are gone; what cannot be removed stays.
#[expect(clippy::disallowed_methods, reason = "lock files of the store: this module is their host")]
fn sweep(folder: &Path, mine: &str) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if entry.file_name() != mine && matches!(is_locked(&entry.path()), Ok(false)) {
            remove(&entry.path());
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "lock files of the store: this module is their host")]
fn remove(path: &Path) {
    let _ = std::fs::remove_file(path);
}
