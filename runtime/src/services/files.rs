//! Files of the project, for reading. What is read lies below the project's folder, wherever links point.

use std::io::Read;
use std::path::{Component, Path, PathBuf};

use locus_plugin::StepError;

/// The largest file that is read.
const MAX_FILE: u64 = 64 << 20;

/// Reads the file at this path below the folder.
pub(super) async fn read(folder: PathBuf, path: String) -> Result<Vec<u8>, StepError> {
    let reading = tokio::task::spawn_blocking(move || read_below(&folder, &path, MAX_FILE));
    reading.await.unwrap_or_else(|error| Err(StepError::retryable("file_error", error.to_string())))
}

#[expect(clippy::disallowed_methods, reason = "reading files for steps: this module is their host")]
pub(crate) fn read_below(folder: &Path, path: &str, most: u64) -> Result<Vec<u8>, StepError> {
    let inside = Path::new(path)
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !inside || path.is_empty() {
        return Err(not_allowed(path, "it must be relative, without `..`"));
    }
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => StepError::terminal(
            "file_not_found",
            format!("there is no file `{path}` in the project"),
        ),
        _ => {
            StepError::terminal("file_error", format!("the file `{path}` cannot be read: {error}"))
        }
    };
    let folder = folder.canonicalize().map_err(failed)?;
    let target = folder.join(path).canonicalize().map_err(failed)?;
    if !target.starts_with(&folder) {
        return Err(not_allowed(path, "it is a link that leads out of the project"));
    }
    // Looked at before it is opened: opening a pipe would wait for somebody to write to it.
    let about = target.metadata().map_err(failed)?;
    if !about.is_file() {
        return Err(StepError::terminal("file_error", format!("`{path}` is not a file")));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(&target).map_err(failed)?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > most {
        return Err(StepError::terminal(
            "file_too_large",
            format!("the file `{path}` is larger than {} MiB", most >> 20),
        ));
    }
    Ok(bytes)
}

fn not_allowed(path: &str, why: &str) -> StepError {
    StepError::terminal("path_not_allowed", format!("the path `{path}` may not be read: {why}"))
}
