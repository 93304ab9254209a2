//! What is going on in a run: frames of workflows, blocks and steps. A frame is removed as soon as it has ended, so that a run's memory
//! is what is going on now and the results still in sight.

use std::collections::BTreeMap;
use std::sync::Arc;

use locus_expr::Data;
use locus_plugin::control::ControlInstance;
use locus_plugin::{BlockKey, Outcome, StepError, Subscription};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::image::{BlockIndex, StepIndex};

/// Number of a frame; never used twice in a run.
pub(super) type FrameId = u64;

/// What a block and the steps in it can see.
#[derive(Clone)]
pub(super) struct Env {
    /// The workflow whose variables these are.
    pub(super) workflow: FrameId,
    /// Its input.
    pub(super) input: Data,
    /// Its variables as they were, for a compensation: it sees the values its step had.
    pub(super) frozen_vars: Option<Data>,
    /// Results of the steps in sight.
    pub(super) steps: Data,
    /// Bindings, without `$`.
    pub(super) variables: Arc<BTreeMap<Arc<str>, Data>>,
}

/// A workflow that is going on: the run's own, or a called one.
pub(super) struct WorkflowFrame {
    pub(super) name: String,
    pub(super) key: String,
    pub(super) vars: Data,
    /// The control step that called it, and what for; none for the run's own.
    pub(super) parent: Option<(FrameId, BlockKey)>,
    pub(super) phase: WorkflowPhase,
    /// What has to be undone if the run does not succeed, in order of success.
    pub(super) compensations: Vec<Compensation>,
    /// Why the running block is being cancelled.
    pub(super) stopped: Option<Outcome>,
}

pub(super) enum WorkflowPhase {
    /// Its block is running.
    Running { block: FrameId },
    /// It did not succeed; what it did is being undone, and then it ends so.
    Compensating { outcome: Outcome, failures: Vec<StepError> },
}

/// A block that undoes a step, with what it can see.
pub(super) struct Compensation {
    pub(super) block: BlockIndex,
    pub(super) key: String,
    pub(super) env: Env,
}

/// Who waits for a block to end.
#[derive(Clone)]
pub(super) enum Waiter {
    /// The workflow: it is its outermost block.
    Workflow(FrameId),
    /// A control step.
    Step(FrameId, BlockKey),
    /// The workflow: it undoes a step.
    Compensation(FrameId),
}

impl Waiter {
    /// The workflow whose outermost block it is.
    pub(super) const fn workflow(&self) -> Option<FrameId> {
        match self {
            Self::Workflow(id) => Some(*id),
            Self::Step(..) | Self::Compensation(_) => None,
        }
    }
}

/// A block that is going on.
pub(super) struct BlockFrame {
    pub(super) code: BlockIndex,
    /// What the keys of its steps start with.
    pub(super) prefix: String,
    pub(super) waiter: Waiter,
    pub(super) env: Env,
    /// Steps that are going on: position and frame.
    pub(super) running: BTreeMap<usize, FrameId>,
    /// For a graph: how many of its needs each waiting step still waits for; `usize::MAX` once started.
    pub(super) waiting: Vec<usize>,
    /// How many steps have not ended yet.
    pub(super) left: usize,
    /// The result of the last step in the author's order.
    pub(super) last: Value,
    /// How it will end, once the steps still running have.
    pub(super) ending: Option<Outcome>,
}

/// A step that is going on.
pub(super) struct StepFrame {
    pub(super) code: StepIndex,
    pub(super) block: FrameId,
    pub(super) position: usize,
    pub(super) key: String,
    pub(super) attempt: u32,
    pub(super) params: Value,
    /// What its parameters were evaluated from; none where they are constant.
    pub(super) scope: Option<StepScope>,
    pub(super) state: StepState,
    /// Why it is being cancelled.
    pub(super) cancel: Option<CancelReason>,
}

/// What the parameters of a step see: a snapshot has this in their place.
pub(super) struct StepScope {
    /// With the variables as they were.
    pub(super) env: Env,
    pub(super) now: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum CancelReason {
    /// Something further out does not want it any longer.
    Outer,
    /// Its time is over.
    Timeout,
}

#[expect(
    clippy::large_enum_variant,
    reason = "most steps that are going on hold blocks; the others are short-lived"
)]
pub(super) enum StepState {
    /// Between two states, while a decision is carried out.
    Idle,
    /// An action is being called.
    Calling,
    /// It waits for the time of its next attempt.
    Backoff,
    /// A control step.
    Control(ControlFrame),
}

/// A control step that is going on.
pub(super) struct ControlFrame {
    /// Taken out while it decides.
    pub(super) instance: Option<Box<dyn ControlInstance>>,
    /// Blocks and called workflows that are running, and detached runs that are being started.
    pub(super) children: BTreeMap<BlockKey, Child>,
    /// Whether it wants to be woken.
    pub(super) wake: Option<u64>,
    /// What it listens for.
    pub(super) listen: Option<Subscription>,
    /// How it will end, once its blocks have.
    pub(super) ending: Option<(Outcome, Map<String, Value>)>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) enum Child {
    Block(FrameId),
    /// A block that runs on every way out: it is left to finish when its step is cancelled.
    AlwaysBlock,
    Workflow(FrameId),
    Detached,
}
