//! Commands: what plugins can be asked for. The fields of the struct are the arguments; the answer is a value.
//!
//! `#[derive(Command)] #[command(name = "preview")]` registers one; others call it as `owner.plugin/preview` through
//! [`HookContext::call`](crate::HookContext::call), users with `locus plugin call`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::hooks::HookContext;
use crate::host::{HostError, PluginHost, Standing, guarded};
use crate::param::{Param, ParamError};

/// Something a plugin can be asked for.
pub trait Command: Param + Send + 'static {
    /// Answers.
    ///
    /// # Errors
    /// It cannot or will not.
    fn answer(self, cx: &mut HookContext) -> Result<Value, CommandError>;
}

/// A command was not answered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CommandError {
    /// A short name in snake case: `unknown_command`, `invalid_arguments`, `cycle`, `too_late`, or the plugin's own.
    pub code: String,
    /// What is wrong, in one sentence.
    pub message: String,
}

impl CommandError {
    /// A refusal.
    #[must_use]
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for CommandError {}

impl From<HostError> for CommandError {
    fn from(error: HostError) -> Self {
        Self::new(error.code, error.message)
    }
}

/// The description of a command. `#[derive(Command)]` makes it from the struct.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct CommandMeta {
    /// Its name, unique in its plugin: `preview`.
    pub name: String,
    /// The plugin that provides it.
    pub plugin: String,
    /// What it is for: the doc comment, Markdown.
    pub docs: String,
    /// JSON Schema of its arguments.
    pub args: Value,
    /// File and line of its definition.
    pub defined_at: String,
}

impl CommandMeta {
    /// What callers write: `acme.shop/preview`.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.plugin, self.name)
    }
}

/// A command with what it does: what the registry holds.
#[derive(Clone)]
pub struct CommandEntry {
    /// Its description.
    pub meta: CommandMeta,
    /// Reads the arguments and answers.
    pub answer: fn(Value, &mut HookContext) -> Result<Value, CommandError>,
}

/// Reads the arguments of a command and answers it; used by generated code.
///
/// # Errors
/// `invalid_arguments`, and those of the command.
#[doc(hidden)]
pub fn answer<C: Command>(args: Value, cx: &mut HookContext) -> Result<Value, CommandError> {
    let invalid = |error: ParamError| CommandError::new("invalid_arguments", error.to_string());
    C::from_value(args).map_err(invalid)?.answer(cx)
}

/// The commands that can be called, and those that are being answered on the way here.
#[derive(Clone, Default)]
pub struct Commands {
    all: Arc<BTreeMap<String, (CommandEntry, Arc<Standing>)>>,
    chain: Vec<String>,
    /// When the outermost caller must have its answer, by the host's clock.
    deadline: Option<u64>,
}

/// How many commands may be answered inside each other.
const DEPTH: usize = 8;

impl Commands {
    /// These commands, by full name.
    #[must_use]
    pub fn new(all: BTreeMap<String, (CommandEntry, Arc<Standing>)>) -> Self {
        Self { all: Arc::new(all), chain: Vec::new(), deadline: None }
    }

    /// The same, to be answered before `deadline`, in nanoseconds of the host's clock; an earlier one stays.
    #[must_use]
    pub fn until(mut self, deadline: u64) -> Self {
        self.deadline = Some(self.deadline.map_or(deadline, |earlier| earlier.min(deadline)));
        self
    }

    /// The commands, by full name.
    pub fn iter(&self) -> impl Iterator<Item = &CommandEntry> {
        self.all.values().map(|(entry, _)| entry)
    }

    /// Calls one on behalf of `caller`.
    ///
    /// # Errors
    /// `unknown_command`, `cycle`, `too_deep`, `too_late`, `panicked`, and those of the command.
    pub fn call(
        &self,
        caller: &str,
        name: &str,
        args: Value,
        host: &Arc<dyn PluginHost>,
    ) -> Result<Value, CommandError> {
        let Some((entry, standing)) = self.all.get(name) else {
            let close = locus_diag::did_you_mean(name, self.all.keys().map(String::as_str));
            let close =
                close.map_or_else(String::new, |close| format!("; did you mean `{close}`?"));
            let message = format!("there is no command `{name}`{close}");
            return Err(CommandError::new("unknown_command", message));
        };
        if self.chain.iter().any(|outer| outer == name) {
            let chain = self.chain.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
            return Err(CommandError::new(
                "cycle",
                format!(
                    "`{caller}` calls `{name}`, which is being answered: {}",
                    chain.join(" calls ")
                ),
            ));
        }
        if self.chain.len() >= DEPTH {
            return Err(CommandError::new(
                "too_deep",
                format!("more than {DEPTH} commands inside each other"),
            ));
        }
        if self.deadline.is_some_and(|deadline| host.clock() > deadline) {
            return Err(CommandError::new(
                "too_late",
                format!("the time for `{name}` is over before it begins"),
            ));
        }
        let inner = Self {
            all: Arc::clone(&self.all),
            chain: self.chain.iter().cloned().chain([name.to_owned()]).collect(),
            deadline: self.deadline,
        };
        host.audit(caller, "command", name);
        let mut cx = HookContext::of(Arc::clone(standing), Arc::clone(host), inner);
        guarded(&standing.plugin, &format!("the command `{name}`"), || {
            (entry.answer)(args, &mut cx)
        })
        .unwrap_or_else(|panic| Err(CommandError::new("panicked", panic.message)))
    }
}
