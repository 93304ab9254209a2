//! For hosts: what a host offers to plugins, and calling them so that a panic in one is that plugin's diagnostic, never the end of the process.
//!
//! [`standing`]: what a project lets a plugin do; [`panics`]: caught and kept quiet; [`dispatch`]: hooks called in order.

pub mod dispatch;
pub mod panics;
pub mod standing;

use std::fmt;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use dispatch::{Around, call_hook, run_hooks};
pub use panics::{Quiet, guarded, panic_text, quiet_panics};
pub use standing::Standing;

use crate::services::LogLevel;

/// What a host offers to the hooks and commands of plugins. Every service has a default: a host that lacks it says so.
///
/// Permissions are checked before these are called.
pub trait PluginHost: Send + Sync {
    /// Nanoseconds of a clock that never goes back. It only measures: nothing that a hook gives may depend on it.
    fn clock(&self) -> u64 {
        0
    }

    /// Bytes that this thread has allocated so far; 0 where nobody counts.
    fn allocated(&self) -> u64 {
        0
    }

    /// A call of a hook has ended.
    fn measured(&self, call: &HookCall<'_>) {
        let _ = call;
    }

    /// Whether it wants to hear of calls: otherwise the clock is not asked.
    fn measures(&self) -> bool {
        false
    }

    /// A plugin writes a line to the log.
    fn log(&self, plugin: &str, level: LogLevel, message: &str) {
        let _ = (plugin, level, message);
    }

    /// A plugin did, or was refused, something that is worth a record: `event` is one word for it, `subject` what it was about.
    fn audit(&self, plugin: &str, event: &str, subject: &str) {
        let _ = (plugin, event, subject);
    }

    /// What a plugin has kept.
    ///
    /// # Errors
    /// It cannot be read.
    fn load_state(&self, plugin: &str) -> Result<Option<PluginState>, HostError> {
        let _ = plugin;
        Err(HostError::new("no_state", "this host keeps no state for plugins"))
    }

    /// Keeps a value for a plugin, in place of what was kept.
    ///
    /// # Errors
    /// It cannot be written.
    fn save_state(&self, plugin: &str, state: &PluginState) -> Result<(), HostError> {
        let _ = (plugin, state);
        Err(HostError::new("no_state", "this host keeps no state for plugins"))
    }

    /// Reads a file of the project.
    ///
    /// # Errors
    /// `path_not_allowed`, `file_not_found`, `file_error`.
    fn read_file(&self, plugin: &str, path: &str) -> Result<Vec<u8>, HostError> {
        let _ = (plugin, path);
        Err(HostError::new("no_files", "this host shows no files to plugins"))
    }
}

/// A host that offers nothing.
#[derive(Clone, Copy, Default, Debug)]
pub struct NoHost;

impl PluginHost for NoHost {}

/// A host that offers nothing, shared.
#[must_use]
pub fn no_host() -> Arc<dyn PluginHost> {
    static NONE: LazyLock<Arc<dyn PluginHost>> = LazyLock::new(|| Arc::new(NoHost));
    Arc::clone(&NONE)
}

/// What a plugin keeps between calls.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PluginState {
    /// Which form the value has: the plugin's own counting.
    pub version: u32,
    /// The value.
    pub value: Value,
}

/// A service refused.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HostError {
    /// A short name in snake case: `permission_denied`, `file_not_found`.
    pub code: String,
    /// What is wrong, in one sentence.
    pub message: String,
}

impl HostError {
    /// A refusal.
    #[must_use]
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for HostError {}

/// A call of a hook, measured.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct HookCall<'a> {
    /// The plugin.
    pub plugin: &'a str,
    /// The set of hooks.
    pub hooks: &'a str,
    /// The point.
    pub point: crate::hooks::Point,
    /// How long it took, in nanoseconds.
    pub nanos: u64,
    /// How many bytes it allocated.
    pub allocated: u64,
    /// How many bytes of patches and events it gave.
    pub output: usize,
    /// How many problems it reported.
    pub problems: usize,
    /// What it was allowed.
    pub budget: crate::hooks::Budget,
    /// Whether it panicked.
    pub panicked: bool,
}
