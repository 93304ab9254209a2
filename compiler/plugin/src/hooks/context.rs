//! What a hook can reach: its config, its reports and patches, and the host's services.

use std::sync::Arc;

use locus_diag::{Diagnostic, Severity, Span};
use serde::Serialize;
use serde_json::Value;

use crate::codes;
use crate::command::{CommandError, Commands};
use crate::host::{HostError, PluginHost, PluginState, Standing};
use crate::meta::Plugin;
use crate::param::ParamError;
use crate::patch::Patch;
use crate::permission;
use crate::plugin_event::{EventMessage, PluginEvent};
use crate::services::LogLevel;

use super::meta::Budget;

/// The longest payload of an event, in bytes of JSON.
const LONGEST_EVENT: usize = 1 << 20;

/// Takes the reports and patches of one call of a hook, and gives it the host's services.
#[derive(Clone)]
pub struct HookContext {
    standing: Arc<Standing>,
    host: Arc<dyn PluginHost>,
    commands: Commands,
    budget: Budget,
    diagnostics: Vec<Diagnostic>,
    hidden: usize,
    patches: Vec<Patch>,
    events: Vec<EventMessage>,
    output: usize,
}

/// What a call of a hook gave. Hosts take it.
#[derive(Default, Debug)]
pub struct Given {
    /// What it reported.
    pub diagnostics: Vec<Diagnostic>,
    /// How the program is to be changed, each patch whole or not at all.
    pub patches: Vec<Patch>,
    /// What it published.
    pub events: Vec<EventMessage>,
    /// Bytes of patches and events.
    pub output: usize,
}

impl HookContext {
    /// A context for the hooks of one plugin, with no services behind it. Hosts and tests make these.
    #[must_use]
    pub fn new(plugin: impl Into<String>) -> Self {
        Self::of(Arc::new(Standing::free(plugin)), crate::host::no_host(), Commands::default())
    }

    /// A context for the hooks of a plugin as it stands in a project. Hosts make these.
    #[must_use]
    pub fn of(standing: Arc<Standing>, host: Arc<dyn PluginHost>, commands: Commands) -> Self {
        Self {
            standing,
            host,
            commands,
            budget: Budget::default(),
            diagnostics: Vec::new(),
            hidden: 0,
            patches: Vec::new(),
            events: Vec::new(),
            output: 0,
        }
    }

    /// With limits of what it may give back.
    #[must_use]
    pub const fn limited_to(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// The plugin's id.
    #[must_use]
    pub fn plugin(&self) -> &str {
        &self.standing.plugin
    }

    /// The plugin's config in this project, with its defaults.
    #[must_use]
    pub fn config(&self) -> &Value {
        &self.standing.config
    }

    /// The plugin's config, as the struct that declares the plugin.
    ///
    /// # Errors
    /// The config does not fit; in a project that was checked it does.
    pub fn config_as<P: Plugin>(&self) -> Result<P, ParamError> {
        P::from_value((*self.standing.config).clone())
    }

    /// Reports a problem; `code` is a short name in kebab case, which is shown behind the plugin's id.
    pub fn report(&mut self, severity: Severity, code: &str, message: impl Into<String>, at: Span) {
        let diagnostic = Diagnostic::custom(code, severity, message).at(at, "");
        self.push(diagnostic);
    }

    /// Reports a problem built by hand; its code is put behind the plugin's id.
    ///
    /// Of a flood, only the first are kept; how many there were is told.
    pub fn push(&mut self, mut diagnostic: Diagnostic) {
        if self.diagnostics.len() >= self.budget.problems {
            self.hidden += 1;
            return;
        }
        diagnostic.code = format!("{}/{}", self.standing.plugin, diagnostic.code);
        diagnostic.plugin = Some(self.standing.plugin.to_string());
        self.diagnostics.push(diagnostic);
    }

    /// Asks for a change of the program: all of it, or none when one edit cannot be made or the changed program is wrong.
    ///
    /// Only the points that say so take patches; anywhere else it is refused. The hook goes on with what it was shown: the next one sees
    /// the change.
    pub fn patch(&mut self, patch: Patch) {
        if patch.edits.is_empty() {
            return;
        }
        let size = patch.size();
        if self.may_give(size, "patches") {
            self.patches.push(patch);
        }
    }

    /// Publishes an event to those that listen; its topic begins with the plugin's id. Needs the permission `events`.
    ///
    /// # Errors
    /// The permission is missing, the topic is another plugin's, or the payload is too long.
    pub fn publish<E: PluginEvent>(&mut self, event: &E) -> Result<(), HostError> {
        let payload = serde_json::to_value(event)
            .map_err(|error| HostError::new("invalid_event", error.to_string()))?;
        self.publish_value(E::TOPIC, payload)
    }

    /// Publishes an event under a topic that is only known now.
    ///
    /// # Errors
    /// As [`publish`](Self::publish).
    pub fn publish_value(&mut self, topic: &str, payload: Value) -> Result<(), HostError> {
        self.allowed(permission::EVENTS)?;
        let standing = Arc::clone(&self.standing);
        let plugin = &*standing.plugin;
        if topic.strip_prefix(plugin).is_none_or(|rest| !rest.starts_with('.')) {
            return Err(HostError::new(
                "foreign_topic",
                format!(
                    "the topic `{topic}` is not one of `{plugin}`: its topics begin with `{plugin}.`"
                ),
            ));
        }
        let size = json_size(&payload);
        if size > LONGEST_EVENT {
            return Err(HostError::new(
                "event_too_long",
                format!("the event `{topic}` has {size} bytes, more than {LONGEST_EVENT}"),
            ));
        }
        if !self.may_give(size, "events") {
            return Err(HostError::new("output_limit", "this call has given too much already"));
        }
        self.events.push(EventMessage {
            topic: topic.to_owned(),
            plugin: plugin.to_owned(),
            payload,
        });
        Ok(())
    }

    /// Asks another plugin: `command` is its id and the command's name, `acme.shop/preview`. Needs the permission `commands`.
    ///
    /// # Errors
    /// There is no such command, it refuses or fails; `cycle` when it is being answered already further out.
    pub fn call(&mut self, command: &str, args: impl Serialize) -> Result<Value, CommandError> {
        self.allowed(permission::COMMANDS)?;
        let args = serde_json::to_value(args)
            .map_err(|error| CommandError::new("invalid_arguments", error.to_string()))?;
        self.commands.call(&self.standing.plugin, command, args, &self.host)
    }

    /// Writes a line to the host's log.
    pub fn log(&self, level: LogLevel, message: &str) {
        self.host.log(&self.standing.plugin, level, message);
    }

    /// Reads a file of the project; `path` is relative to the project's folder and cannot leave it. Needs the permission `files`.
    ///
    /// # Errors
    /// The permission is missing, or the file cannot be read.
    pub fn read_file(&self, path: &str) -> Result<Vec<u8>, HostError> {
        self.allowed(permission::FILES)?;
        self.host.read_file(&self.standing.plugin, path)
    }

    /// What the plugin has kept in this project; `None` when nothing. Needs the permission `state`.
    ///
    /// # Errors
    /// The permission is missing, or the host keeps no state or cannot read it.
    pub fn state(&self) -> Result<Option<PluginState>, HostError> {
        self.allowed(permission::STATE)?;
        self.host.load_state(&self.standing.plugin)
    }

    /// Keeps a value for later calls, in place of what was kept; `version` says which form it has. Needs the permission `state`.
    ///
    /// # Errors
    /// The permission is missing, or the host keeps no state or cannot write it.
    pub fn keep(&self, version: u32, value: Value) -> Result<(), HostError> {
        self.allowed(permission::STATE)?;
        self.host.save_state(&self.standing.plugin, &PluginState { version, value })
    }

    /// What was given. Hosts take it.
    #[must_use]
    pub fn finish(mut self) -> Given {
        if self.hidden > 0 {
            self.diagnostics.push(self.too_much(format!(
                "{} more problems of the plugin `{}` are not shown",
                self.hidden, self.standing.plugin
            )));
        }
        Given {
            diagnostics: self.diagnostics,
            patches: self.patches,
            events: self.events,
            output: self.output,
        }
    }

    fn allowed(&self, permission: &str) -> Result<(), HostError> {
        self.standing.allowed(permission, &self.host)
    }

    /// Whether the call may give so much more; if not, that is a problem.
    fn may_give(&mut self, size: usize, what: &str) -> bool {
        self.output = self.output.saturating_add(size);
        if self.output <= self.budget.output {
            return true;
        }
        let limit = self.budget.output;
        let mut problem = self.too_much(format!(
            "the plugin `{}` gives more than {limit} bytes of {what} in one call",
            self.standing.plugin
        ));
        problem.severity = Severity::Error;
        if !self.diagnostics.contains(&problem) {
            self.diagnostics.push(problem);
        }
        false
    }

    fn too_much(&self, message: String) -> Diagnostic {
        let mut problem = Diagnostic::new(codes::PLUGIN_OUTPUT_LIMIT, message);
        problem.plugin = Some(self.standing.plugin.to_string());
        problem.help(format!("report it to the author of `{}`", self.standing.plugin))
    }
}

/// How many bytes a value has as JSON.
pub(crate) fn json_size(value: &impl Serialize) -> usize {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.saturating_add(bytes.len());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    match serde_json::to_writer(&mut count, value) {
        Ok(()) => count.0,
        Err(_) => usize::MAX,
    }
}
