//! Where the project and its build folder are, and whether CI is running us.

use std::path::PathBuf;
use std::process::Command;

use crate::process;

/// The facts every task starts from.
pub(crate) struct Workspace {
    /// The folder of the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Cargo's target folder, which `CARGO_TARGET_DIR` may have moved.
    pub(crate) target: PathBuf,
    /// `CI=true`: what is merely reported at home is a failure here.
    pub(crate) ci: bool,
}

impl Workspace {
    /// Asks Cargo for the folders.
    pub(crate) fn load() -> Result<Workspace, String> {
        let metadata = process::output(cargo().args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version=1",
        ]))?;
        let metadata: serde_json::Value = serde_json::from_str(&metadata)
            .map_err(|error| format!("cannot read `cargo metadata`: {error}"))?;
        let folder = |key: &str| {
            let path = metadata[key].as_str();
            path.map(PathBuf::from).ok_or_else(|| format!("`cargo metadata` has no `{key}`"))
        };
        Ok(Workspace {
            root: folder("workspace_root")?,
            target: folder("target_directory")?,
            ci: std::env::var("CI").is_ok_and(|value| value == "true"),
        })
    }

    /// A Cargo command that runs in the project's root.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = cargo();
        command.args(arguments).current_dir(&self.root);
        command
    }
}

/// The Cargo that runs us, so that nested calls use the same toolchain.
fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
