//! Starts the `locus` command the way a user does, in folders of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// The command with the built-in plugins.
pub(crate) const LOCUS: &str = env!("CARGO_BIN_EXE_locus-under-test");

/// The command with the plugins of the examples (`examples/plugins`) linked in as well.
pub(crate) const ACME: &str = env!("CARGO_BIN_EXE_acme-under-test");

/// What a command said and how it ended.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    /// The JSON on standard output.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            panic!("{error} in {:?}; standard error: {}", self.stdout, self.stderr)
        })
    }

    /// The same, for a command that must have ended well.
    pub(crate) fn ok(self) -> Self {
        self.ended(0)
    }

    /// The same, for a command that must have ended with this exit code.
    pub(crate) fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// The same, for a command that must have said this on standard error.
    pub(crate) fn says(self, words: &str) -> Self {
        assert!(self.stderr.contains(words), "no `{words}` in: {}", self.stderr);
        self
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let said = Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        // Whatever a test is about: no command may end so.
        assert!(!said.stderr.contains("panicked at"), "{}", said.stderr);
        said
    }
}

/// Runs a command in a folder.
pub(crate) fn say(program: &str, folder: &Path, args: &[&str]) -> Said {
    command(program, folder, args).output().unwrap().into()
}

/// Runs `locus` in a folder.
pub(crate) fn locus(folder: &Path, args: &[&str]) -> Said {
    say(LOCUS, folder, args)
}

pub(crate) fn command(program: &str, folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(folder).env_remove("NO_COLOR").env("COLUMNS", "100");
    command
}

/// A folder of its own with these files.
pub(crate) fn folder_with<N: AsRef<str>, B: AsRef<[u8]>>(
    files: impl IntoIterator<Item = (N, B)>,
) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name.as_ref());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

/// The workspace's folder.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Copies a folder, except what runs and builds leave there.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if name == ".locus" || name == "generated" {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to.join(&name));
        } else {
            std::fs::copy(entry.path(), to.join(&name)).unwrap();
        }
    }
}
