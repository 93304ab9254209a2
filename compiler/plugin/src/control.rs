//! Control steps: pure state machines that decide what runs next. No I/O and no clock, so that they can be snapshotted, simulated, moved
//! to another engine and written in WASM.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::action::invalid_params;
use crate::error::StepError;
use crate::event::{CloudEvent, Subscription};
use crate::meta::Plugin;
use crate::param::{BlockRef, Lazy, Param};

/// A step that decides what runs next. The struct's fields are its parameters, evaluated, except lazy ones and inner blocks.
pub trait Control: Param + Send + Sync + 'static {
    /// What it remembers between events; plain data.
    type State: Serialize + DeserializeOwned + Send + 'static;

    /// Begins: what to remember, and what to do first.
    ///
    /// # Errors
    /// The step fails with the error.
    fn start(&self, cx: &ControlContext<'_>) -> Result<(Self::State, Decision), StepError>;

    /// Something happened.
    ///
    /// When the step itself is being cancelled, its blocks are cancelled first, and it sees each of them end with
    /// [`Outcome::Cancelled`]; only blocks that run `always` may be launched then.
    ///
    /// # Errors
    /// The step fails with the error; blocks still running are cancelled.
    fn on(
        &self,
        state: &mut Self::State,
        event: ControlEvent,
        cx: &ControlContext<'_>,
    ) -> Result<Decision, StepError>;
}

/// One running of an inner block: which, and which iteration.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct BlockKey {
    /// The block.
    pub block: BlockRef,
    /// The iteration, from 0, of a block that may run many times.
    pub index: Option<u64>,
}

/// What happened.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlEvent {
    /// A block, or a called workflow, ended.
    Ended {
        /// Which.
        key: BlockKey,
        /// How.
        outcome: Outcome,
    },
    /// The time that was waited for has come.
    Woken,
    /// An event that fits what the step listens for. The step goes on listening until it ends or listens for something else; no
    /// event comes twice to one run.
    Received(Box<CloudEvent>),
    /// The step is being cancelled, and no block of its is running.
    Cancelled,
}

/// How a block, a step or a run ended.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// With this result.
    Done(Value),
    /// With this failure.
    Failed(StepError),
    /// By a signal for a step further out.
    Exit(Exit),
    /// Because something further out did not want it any longer.
    Cancelled,
}

/// The signal that a workflow itself takes: what it carries is the workflow's result.
pub const RETURN: &str = "return";

/// A signal for a step further out: `break` for a loop, `return` for the workflow.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Exit {
    /// Its name: what a step type `raises` and another `catches`.
    pub signal: String,
    /// What it carries.
    pub value: Value,
}

/// What to do next.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Go on.
    Continue {
        /// Blocks to start, in order.
        launch: Vec<Launch>,
        /// Blocks to cancel; each still ends with an event.
        cancel: Vec<BlockKey>,
        /// When to be woken, in milliseconds since 1970-01-01 UTC; replaces an earlier wish.
        wake: Option<u64>,
        /// What to listen for; replaces what was listened for before.
        listen: Option<Subscription>,
    },
    /// End the step. Blocks still running are cancelled first.
    End {
        /// How.
        outcome: Outcome,
        /// Values named for later steps, as `.vars`.
        vars: Map<String, Value>,
    },
}

/// Something to start.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Launch {
    /// The block and iteration; no two running ones of a step are the same. For a called workflow the block is its parameter's place.
    pub key: BlockKey,
    /// What runs.
    pub target: Target,
    /// Variables it sees, without `$`.
    pub bindings: BTreeMap<String, Value>,
}

/// What a launch runs.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The inner block of the key.
    Block,
    /// Another workflow, with this input; its result is the outcome.
    Workflow {
        /// Its name.
        name: String,
        /// Its input.
        input: Value,
    },
    /// Another workflow, in a run of its own that goes on whatever becomes of this one; the outcome is `{ "run_id": … }` as soon
    /// as that run exists.
    Detached {
        /// Its name.
        name: String,
        /// Its input.
        input: Value,
    },
}

impl Decision {
    /// Ends the step with a result.
    #[must_use]
    pub fn done(value: Value) -> Self {
        Self::end(Outcome::Done(value))
    }

    /// Ends the step.
    #[must_use]
    pub fn end(outcome: Outcome) -> Self {
        Self::End { outcome, vars: Map::new() }
    }

    /// Starts blocks.
    #[must_use]
    pub fn run(launch: Vec<Launch>) -> Self {
        Self::Continue { launch, cancel: Vec::new(), wake: None, listen: None }
    }

    /// Waits for what is running already.
    #[must_use]
    pub fn wait() -> Self {
        Self::run(Vec::new())
    }

    /// Waits until an instant, in milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub fn wake_at(instant: u64) -> Self {
        Self::Continue { launch: Vec::new(), cancel: Vec::new(), wake: Some(instant), listen: None }
    }

    /// Waits for an event, and where `until` is given, no longer than until that instant.
    #[must_use]
    pub fn listen(subscription: Subscription, until: Option<u64>) -> Self {
        Self::Continue {
            launch: Vec::new(),
            cancel: Vec::new(),
            wake: until,
            listen: Some(subscription),
        }
    }
}

impl Launch {
    /// A block that runs once.
    #[must_use]
    pub fn once(block: &BlockRef) -> Self {
        Self {
            key: BlockKey { block: block.clone(), index: None },
            target: Target::Block,
            bindings: BTreeMap::new(),
        }
    }

    /// One iteration of a block that may run many times.
    #[must_use]
    pub fn iteration(block: &BlockRef, index: u64) -> Self {
        Self {
            key: BlockKey { block: block.clone(), index: Some(index) },
            target: Target::Block,
            bindings: BTreeMap::new(),
        }
    }

    /// Lets it see a variable.
    #[must_use]
    pub fn bind(mut self, name: impl Into<String>, value: Value) -> Self {
        self.bindings.insert(name.into(), value);
        self
    }
}

/// What a host offers to control steps.
pub trait ControlHost {
    /// Evaluates the lazy parameter at a pointer.
    ///
    /// # Errors
    /// `expression_failed`.
    fn eval(&self, pointer: &str, bindings: &BTreeMap<String, Value>) -> Result<Value, StepError>;

    /// The recorded time, in milliseconds since 1970-01-01 UTC.
    fn now(&self) -> u64;

    /// Whether the step is being cancelled.
    fn cancelling(&self) -> bool;

    /// The config of the step's plugin in this project, with its defaults.
    fn config(&self) -> Value {
        Value::Object(Map::new())
    }
}

/// What a control step can reach.
#[derive(Clone, Copy)]
pub struct ControlContext<'a> {
    host: &'a dyn ControlHost,
}

impl<'a> ControlContext<'a> {
    /// Wraps a host. Hosts make these.
    #[must_use]
    pub const fn new(host: &'a dyn ControlHost) -> Self {
        Self { host }
    }

    /// Evaluates a lazy parameter in the step's scope, with further variables.
    ///
    /// # Errors
    /// `expression_failed`, and `invalid_parameter` where the value does not fit.
    pub fn eval<T: Param>(
        &self,
        lazy: &Lazy<T>,
        bindings: &BTreeMap<String, Value>,
    ) -> Result<T, StepError> {
        let value = self.host.eval(lazy.pointer(), bindings)?;
        T::from_value(value).map_err(|mut error| {
            error.pointer.insert_str(0, lazy.pointer());
            invalid_params(&error)
        })
    }

    /// The recorded time, in milliseconds since 1970-01-01 UTC: the same when the run is recovered.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.host.now()
    }

    /// Whether the step is being cancelled.
    #[must_use]
    pub fn cancelling(&self) -> bool {
        self.host.cancelling()
    }

    /// The config of the step's plugin in this project, with its defaults.
    #[must_use]
    pub fn config(&self) -> Value {
        self.host.config()
    }

    /// The config of the step's plugin, as the struct that declares the plugin.
    ///
    /// # Errors
    /// `invalid_config`; in a project that was checked it fits.
    pub fn config_as<P: Plugin>(&self) -> Result<P, StepError> {
        P::from_value(self.host.config())
            .map_err(|error| StepError::terminal("invalid_config", error.to_string()))
    }
}

/// A control step type behind a uniform face.
pub trait ErasedControl: Send + Sync {
    /// Reads the parameters of one step and begins it.
    ///
    /// # Errors
    /// The step fails with the error.
    fn start(
        &self,
        params: Value,
        cx: &ControlContext<'_>,
    ) -> Result<(Box<dyn ControlInstance>, Decision), StepError>;

    /// Takes a step up again from its parameters and a snapshot of its state.
    ///
    /// # Errors
    /// The snapshot does not fit.
    fn restore(&self, params: Value, state: Value) -> Result<Box<dyn ControlInstance>, StepError>;
}

/// One control step that is running.
pub trait ControlInstance: Send {
    /// Something happened.
    ///
    /// # Errors
    /// The step fails with the error.
    fn on(&mut self, event: ControlEvent, cx: &ControlContext<'_>) -> Result<Decision, StepError>;

    /// Its state, as plain data.
    ///
    /// # Errors
    /// The state cannot be represented.
    fn snapshot(&self) -> Result<Value, StepError>;
}

/// Gives a [`Control`] its uniform face; used by generated code.
#[doc(hidden)]
pub struct ControlOf<C>(PhantomData<fn() -> C>);

impl<C> ControlOf<C> {
    #[must_use]
    #[expect(clippy::new_without_default, reason = "only generated code makes one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

struct Running<C: Control> {
    step: C,
    state: C::State,
}

impl<C: Control> ErasedControl for ControlOf<C> {
    fn start(
        &self,
        params: Value,
        cx: &ControlContext<'_>,
    ) -> Result<(Box<dyn ControlInstance>, Decision), StepError> {
        let step = C::from_value(params).map_err(|error| invalid_params(&error))?;
        let (state, decision) = step.start(cx)?;
        Ok((Box::new(Running { step, state }), decision))
    }

    fn restore(&self, params: Value, state: Value) -> Result<Box<dyn ControlInstance>, StepError> {
        let step = C::from_value(params).map_err(|error| invalid_params(&error))?;
        let state = serde_json::from_value(state)
            .map_err(|error| StepError::terminal("snapshot_mismatch", error.to_string()))?;
        Ok(Box::new(Running { step, state }))
    }
}

impl<C: Control> ControlInstance for Running<C> {
    fn on(&mut self, event: ControlEvent, cx: &ControlContext<'_>) -> Result<Decision, StepError> {
        self.step.on(&mut self.state, event, cx)
    }

    fn snapshot(&self) -> Result<Value, StepError> {
        serde_json::to_value(&self.state)
            .map_err(|error| StepError::terminal("snapshot_mismatch", error.to_string()))
    }
}
