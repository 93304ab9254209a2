//! All or nothing. Everything that can run out of room happens first, beside the files it is for: new contents are
//! written and old ones get a second name. Then come only renames and removals, each with what undoes it.

use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use crate::disk;

/// A change of the disk.
#[derive(Debug)]
pub(super) struct Step {
    /// The file.
    pub(super) path: PathBuf,
    /// Its name in messages.
    pub(super) shown: String,
    /// The folder that is never removed, however empty it gets.
    pub(super) base: PathBuf,
    /// What it becomes; nothing when it goes.
    pub(super) text: Option<String>,
    /// Whether something is there now that must come back if another step fails.
    pub(super) keeps_old: bool,
}

/// Looks at each step before it is done: `stage`, `put` or `remove`, and the file.
pub(crate) type Before<'a> = dyn FnMut(&str) -> io::Result<()> + 'a;

/// Why nothing was written.
pub(super) struct Failure {
    pub(super) path: String,
    pub(super) error: io::Error,
    /// What could not be put back.
    pub(super) left: Vec<String>,
}

/// What takes back something that was done.
enum Undo {
    /// Put back what was there.
    Restore(TempPath, PathBuf),
    /// Remove what was not there.
    Remove(PathBuf),
    /// Make the folder again.
    Folder(PathBuf),
    /// Remove a folder that was not there.
    NoFolder(PathBuf),
}

/// A step with its new content written and its old one secured.
struct Staged {
    step: Step,
    new: Option<TempPath>,
    old: Option<TempPath>,
}

/// Takes all steps, in order, or none.
pub(super) fn commit(steps: Vec<Step>, before: &mut Before<'_>) -> Result<(), Failure> {
    let mut undo = Vec::new();
    let mut staged = Vec::with_capacity(steps.len());
    for step in steps {
        let shown = step.shown.clone();
        match before(&format!("stage {shown}")).and_then(|()| stage(step, &mut undo)) {
            Ok(one) => staged.push(one),
            Err(error) => {
                // New contents lie in folders that undoing removes.
                drop(staged);
                return Err(fail(shown, error, undo));
            }
        }
    }
    let mut staged = staged.into_iter();
    while let Some(one) = staged.next() {
        let shown = one.step.shown.clone();
        let verb = if one.new.is_some() { "put" } else { "remove" };
        let done = before(&format!("{verb} {shown}")).and_then(|()| take(one, &mut undo));
        if let Err(error) = done {
            drop(staged);
            return Err(fail(shown, error, undo));
        }
    }
    // The old contents go with the list of what would restore them.
    drop(undo);
    Ok(())
}

fn stage(step: Step, undo: &mut Vec<Undo>) -> io::Result<Staged> {
    let parent = step.path.parent().unwrap_or(&step.base);
    if step.text.is_some() {
        // Where a file still stands in place of the folder, the folder is made when that file has gone.
        if let Ok(made) = disk::create_folders(parent) {
            undo.extend(made.into_iter().map(Undo::NoFolder));
        }
    }
    let folder = nearest_folder(parent);
    let new = match &step.text {
        Some(text) => Some(disk::stage(folder, text, step.keeps_old.then_some(&step.path))?),
        None => None,
    };
    // In the out folder: a second name beside the file would keep a folder from becoming empty.
    let old = if step.keeps_old { Some(disk::back_up(&step.path, &step.base)?) } else { None };
    Ok(Staged { step, new, old })
}

fn nearest_folder(path: &Path) -> &Path {
    let mut folder = path;
    while !disk::is_folder(folder) {
        match folder.parent() {
            Some(parent) => folder = parent,
            None => break,
        }
    }
    folder
}

fn take(staged: Staged, undo: &mut Vec<Undo>) -> io::Result<()> {
    let Staged { step, new, old } = staged;
    let Some(new) = new else {
        disk::remove(&step.path)?;
        undo.extend(old.map(|old| Undo::Restore(old, step.path.clone())));
        for folder in emptied(&step) {
            undo.push(Undo::Folder(folder));
        }
        return Ok(());
    };
    let parent = step.path.parent().unwrap_or(&step.base);
    undo.extend(disk::create_folders(parent)?.into_iter().map(Undo::NoFolder));
    disk::put(new, &step.path)?;
    undo.push(match old {
        Some(old) => Undo::Restore(old, step.path),
        None => Undo::Remove(step.path),
    });
    Ok(())
}

/// Removes the folders that a removal has left empty, and names them, the innermost first.
fn emptied(step: &Step) -> Vec<PathBuf> {
    let above = step.path.ancestors().skip(1).take_while(|folder| *folder != step.base);
    above.take_while(|folder| disk::remove_empty_folder(folder)).map(Path::to_owned).collect()
}

fn fail(path: String, error: io::Error, undo: Vec<Undo>) -> Failure {
    let mut left = Vec::new();
    for undo in undo.into_iter().rev() {
        let (path, result) = match undo {
            Undo::Restore(old, path) => {
                let result = disk::restore(old, &path);
                (path, result)
            }
            Undo::Remove(path) => {
                let result = disk::remove(&path);
                (path, result)
            }
            Undo::Folder(path) => {
                let result = disk::create_folders(&path).map(|_| ());
                (path, result)
            }
            Undo::NoFolder(path) => {
                disk::remove_empty_folder(&path);
                continue;
            }
        };
        if result.is_err() {
            left.push(path.display().to_string());
        }
    }
    Failure { path, error, left }
}
