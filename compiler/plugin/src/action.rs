//! Actions: steps that do something.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use locus_model::identity::hash128;
use serde_json::Value;

use crate::error::StepError;
use crate::event::{CloudEvent, EventDraft};
use crate::host::{PluginHost, Standing, no_host};
use crate::meta::Plugin;
use crate::param::Param;
use crate::permission;
use crate::services::{
    Command, CommandOutput, HttpRequest, HttpResponse, LogLevel, Message, Published, Schedule,
    Services, SqlOutcome, SqlTransaction,
};

/// A future that can be stored: what object-safe asynchronous calls return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A step that does something. The struct's fields are its parameters, evaluated.
///
/// An action may run more than once: after a crash, and when it is retried. It passes [`StepContext::idempotency_key`] on to
/// whatever it calls, or uses a service of the host that does.
pub trait Action: Param + Send + 'static {
    /// Does it, and returns the step's result.
    fn run(self, cx: StepContext) -> impl Future<Output = Result<Value, StepError>> + Send;
}

/// The longest idempotency key, in bytes.
const LONGEST_KEY: usize = 200;

/// Which step is being run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StepInfo {
    /// The run.
    pub run_id: String,
    /// The step path.
    pub path: String,
    /// The step key: the path with iterations, without the attempt. Unique within the run.
    pub key: String,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// The recorded time, in milliseconds since 1970-01-01 UTC; the same when the run is recovered.
    pub now: u64,
}

/// What an action can reach: the host's services, on behalf of one step.
#[derive(Clone)]
pub struct StepContext {
    info: Arc<StepInfo>,
    services: Arc<dyn Services>,
    plugin: Arc<Standing>,
    host: Arc<dyn PluginHost>,
}

impl StepContext {
    /// Joins a step and the services it may use, all of them. Hosts and tests make these.
    #[must_use]
    pub fn new(info: StepInfo, services: Arc<dyn Services>) -> Self {
        let plugin = Arc::new(Standing::free(""));
        Self { info: Arc::new(info), services, plugin, host: no_host() }
    }

    /// For a step of this plugin, as it stands in the project: with its config, and its permissions alone.
    #[must_use]
    pub fn of_plugin(mut self, plugin: Arc<Standing>, host: Arc<dyn PluginHost>) -> Self {
        self.plugin = plugin;
        self.host = host;
        self
    }

    /// The config of the step's plugin in this project, with its defaults.
    #[must_use]
    pub fn config(&self) -> &Value {
        &self.plugin.config
    }

    /// The config of the step's plugin, as the struct that declares the plugin.
    ///
    /// # Errors
    /// `invalid_config`; in a project that was checked it fits.
    pub fn config_as<P: Plugin>(&self) -> Result<P, StepError> {
        P::from_value((*self.plugin.config).clone())
            .map_err(|error| StepError::terminal("invalid_config", error.to_string()))
    }

    fn allowed(&self, permission: &str) -> Result<(), StepError> {
        self.plugin
            .allowed(permission, &self.host)
            .map_err(|error| StepError::terminal(error.code, error.message))
    }

    /// Which step is being run.
    #[must_use]
    pub fn info(&self) -> &StepInfo {
        &self.info
    }

    /// A name for this one effect: the same at every attempt and after a crash, and different for every other effect of every run.
    #[must_use]
    ///
    /// At most 200 bytes long: services limit such keys. A longer one ends in a hash of the whole.
    pub fn idempotency_key(&self) -> String {
        let key = format!("{}/{}", self.info.run_id, self.info.key);
        if key.len() <= LONGEST_KEY {
            return key;
        }
        let hash = hash128(key.as_bytes());
        let start = key.floor_char_boundary(LONGEST_KEY - 33);
        format!("{}~{hash:032x}", &key[..start])
    }

    /// The recorded time, in milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.info.now
    }

    /// Writes a line to the run's log.
    pub fn log(&self, level: LogLevel, message: &str, fields: &Value) {
        self.services.log(&self.info, level, message, fields);
    }

    /// Sends an HTTP request; every response is a success here, whatever its status.
    ///
    /// # Errors
    /// `permission_denied`, `connect_failed`, `timeout`, `invalid_url`, `response_too_large` and other failures to get a response.
    pub async fn http(&self, request: HttpRequest) -> Result<HttpResponse, StepError> {
        self.allowed(permission::NETWORK)?;
        self.services.http(&self.info, request).await
    }

    /// Runs statements in one transaction of a database connection, exactly once for each idempotency key.
    ///
    /// # Errors
    /// `permission_denied`, `sql_error`, the codes of failed expectations, `unknown_connection`, and others of the connection.
    pub async fn sql(
        &self,
        connection: &str,
        transaction: SqlTransaction,
    ) -> Result<Vec<SqlOutcome>, StepError> {
        self.allowed(permission::DATABASE)?;
        self.services.sql(&self.info, connection, &self.idempotency_key(), transaction).await
    }

    /// Publishes a message to a queue connection, once for each idempotency key.
    ///
    /// # Errors
    /// `permission_denied`, `unknown_connection`, `queue_error`.
    pub async fn publish(
        &self,
        connection: &str,
        message: Message,
    ) -> Result<Published, StepError> {
        self.allowed(permission::QUEUE)?;
        self.services.publish(&self.info, connection, &self.idempotency_key(), message).await
    }

    /// Reads a file of the project; `path` is relative to the project's folder and cannot leave it.
    ///
    /// # Errors
    /// `permission_denied`, `file_not_found`, `path_not_allowed`, `file_too_large`, `file_error`.
    pub async fn read_file(&self, path: &str) -> Result<Vec<u8>, StepError> {
        self.allowed(permission::FILES)?;
        self.services.read_file(&self.info, path).await
    }

    /// Starts a run of another workflow that goes on by itself, exactly once: together with the record that this step succeeded, and not
    /// at all if it fails.
    ///
    /// # Errors
    /// `permission_denied`, `unknown_workflow`, `invalid_input`.
    pub async fn start_run(&self, workflow: &str, input: Value) -> Result<String, StepError> {
        self.allowed(permission::RUNS)?;
        self.services.start_run(&self.info, &self.idempotency_key(), workflow, input).await
    }

    /// Tells an event to whoever listens, exactly once: together with the record that this step succeeded, and not at all if it fails.
    ///
    /// # Errors
    /// `permission_denied`, `invalid_event`, `not_offered`.
    pub async fn emit(&self, event: EventDraft) -> Result<CloudEvent, StepError> {
        self.allowed(permission::EVENTS)?;
        self.services.emit(&self.info, &self.idempotency_key(), event).await
    }

    /// Starts a workflow later, exactly once: together with the record that this step succeeded, and not at all if it fails. The answer is the
    /// id of the run that will start, or of the schedule that starts runs again and again.
    ///
    /// # Errors
    /// `permission_denied`, `unknown_workflow`, `invalid_input`, `invalid_schedule`, `not_offered`.
    pub async fn schedule(&self, request: Schedule) -> Result<String, StepError> {
        self.allowed(permission::RUNS)?;
        self.services.schedule(&self.info, &self.idempotency_key(), request).await
    }

    /// Runs a program of the machine. Whatever its exit code, that it ran is a success here.
    ///
    /// # Errors
    /// `permission_denied`, `command_not_found`, `path_not_allowed`, `timeout`, `output_too_large`, `command_error`, `not_offered`.
    pub async fn command(&self, command: Command) -> Result<CommandOutput, StepError> {
        self.plugin
            .may_run(&command.program, &self.host)
            .map_err(|error| StepError::terminal(error.code, error.message))?;
        self.services.command(&self.info, command).await
    }
}

/// An action behind a uniform face.
pub trait ErasedAction: Send + Sync {
    /// Reads the parameters and does it.
    fn run(&self, params: Value, cx: StepContext) -> BoxFuture<'static, Result<Value, StepError>>;
}

/// Gives an [`Action`] its uniform face; used by generated code.
#[doc(hidden)]
pub struct ActionOf<A>(PhantomData<fn() -> A>);

impl<A> ActionOf<A> {
    #[must_use]
    #[expect(clippy::new_without_default, reason = "only generated code makes one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<A: Action> ErasedAction for ActionOf<A> {
    fn run(&self, params: Value, cx: StepContext) -> BoxFuture<'static, Result<Value, StepError>> {
        Box::pin(async move {
            let action = A::from_value(params).map_err(|error| invalid_params(&error))?;
            action.run(cx).await
        })
    }
}

/// The failure of a step whose evaluated parameters do not fit.
pub(crate) fn invalid_params(error: &crate::param::ParamError) -> StepError {
    StepError::terminal("invalid_parameter", error.to_string())
}
