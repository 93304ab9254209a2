//! What the command line offers to plugins: a clock that measures, logs, state, files, and the audit log.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

use locus_plugin::host::{HookCall, HostError, PluginHost, PluginState};
use locus_plugin::services::LogLevel;
use locus_syntax::{DiskWorld, ReadError, World};
use serde_json::{Value, json};

use crate::audit::AuditLog;
use crate::counting::allocated;
use crate::ui::{Ui, foreign};

/// The folder of what is kept about plugins, below the project's.
pub(crate) const FOLDER: &str = ".locus/plugins";

/// The most bytes of a plugin's state.
const LONGEST_STATE: usize = 4 << 20;

/// The host of plugins in a command.
pub(crate) struct Desk {
    root: PathBuf,
    ui: Ui,
    audit: AuditLog,
    calls: Mutex<BTreeMap<Measured, Total>>,
}

/// What is measured: plugin, set of hooks, point.
pub(crate) type Measured = (String, String, &'static str);

/// What the calls of a hook came to.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Total {
    pub(crate) calls: u64,
    pub(crate) nanos: u64,
    pub(crate) longest: u64,
    pub(crate) allocated: u64,
    pub(crate) output: u64,
    pub(crate) problems: u64,
    pub(crate) panics: u64,
    /// Calls that took longer than they may.
    pub(crate) over_budget: u64,
    /// What a call may take, in milliseconds.
    pub(crate) budget: u64,
}

impl Desk {
    /// A host for the project in a folder.
    pub(crate) fn new(root: &Path, ui: Ui) -> Self {
        let folder = root.join(FOLDER);
        Self {
            root: root.to_owned(),
            ui,
            audit: AuditLog::new(folder.join("audit.jsonl")),
            calls: Mutex::default(),
        }
    }

    /// What was measured so far, by plugin, set and point.
    pub(crate) fn totals(&self) -> BTreeMap<Measured, Total> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets what was measured.
    pub(crate) fn forget(&self) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn state_file(&self, plugin: &str) -> PathBuf {
        // Ids are lower-case letters, digits, `-` and dots, so they are names of folders on every system.
        self.root.join(FOLDER).join(plugin).join("state.json")
    }
}

impl PluginHost for Desk {
    #[expect(clippy::disallowed_methods, reason = "this is the host's clock")]
    fn clock(&self) -> u64 {
        static START: OnceLock<Instant> = OnceLock::new();
        let start = START.get_or_init(Instant::now);
        u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn allocated(&self) -> u64 {
        allocated()
    }

    fn measures(&self) -> bool {
        true
    }

    fn measured(&self, call: &HookCall<'_>) {
        let key = (call.plugin.to_owned(), call.hooks.to_owned(), call.point.as_str());
        let over = call.nanos > call.budget.time.saturating_mul(1_000_000);
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let total = calls.entry(key).or_default();
        total.calls += 1;
        total.nanos += call.nanos;
        total.longest = total.longest.max(call.nanos);
        total.allocated += call.allocated;
        total.output += call.output as u64;
        total.problems += call.problems as u64;
        total.panics += u64::from(call.panicked);
        total.over_budget += u64::from(over);
        total.budget = call.budget.time;
        drop(calls);
        if call.panicked {
            self.audit(call.plugin, "panicked", &format!("{} at {}", call.hooks, call.point));
        }
    }

    fn log(&self, plugin: &str, level: LogLevel, message: &str) {
        if level >= LogLevel::Warn {
            self.ui.note(foreign(format_args!("{plugin}: {message}")));
        }
    }

    fn audit(&self, plugin: &str, event: &str, subject: &str) {
        if let Err(error) = self.audit.append(plugin, event, subject) {
            self.ui
                .note(format_args!("warning: the audit log of plugins cannot be written: {error}"));
        }
    }

    fn load_state(&self, plugin: &str) -> Result<Option<PluginState>, HostError> {
        let failed = |error: &dyn std::fmt::Display| {
            HostError::new("state_unreadable", format!("the state of `{plugin}`: {error}"))
        };
        match fs::read(self.state_file(plugin)) {
            Ok(bytes) => {
                let state: Value =
                    serde_json::from_slice(&bytes).map_err(|error| failed(&error))?;
                serde_json::from_value(state).map(Some).map_err(|error| failed(&error))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    }

    fn save_state(&self, plugin: &str, state: &PluginState) -> Result<(), HostError> {
        let text = json!(state).to_string();
        if text.len() > LONGEST_STATE {
            return Err(HostError::new(
                "state_too_long",
                format!("the state of `{plugin}` has more than {LONGEST_STATE} bytes"),
            ));
        }
        self.audit(plugin, "state", &format!("version {}", state.version));
        replace(&self.state_file(plugin), &text).map_err(|error| {
            HostError::new("state_unwritable", format!("the state of `{plugin}`: {error}"))
        })
    }

    fn read_file(&self, plugin: &str, path: &str) -> Result<Vec<u8>, HostError> {
        self.audit(plugin, "file", path);
        match DiskWorld::new(&self.root).read(path) {
            Ok(text) => Ok(text.as_bytes().to_vec()),
            Err(ReadError::NotFound) => {
                Err(HostError::new("file_not_found", format!("there is no file `{path}`")))
            }
            Err(error) => Err(HostError::new("file_error", format!("`{path}`: {error}"))),
        }
    }
}

/// Writes a file so that there is always the old one or the new one.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let new = path.with_extension(format!("{}.new", std::process::id()));
    let mut file = fs::File::create(&new)?;
    io::Write::write_all(&mut file, text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)
}
