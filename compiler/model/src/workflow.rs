//! Workflows, blocks and steps, resolved: every step has its path, its id, its parameters and its inner blocks.

use indexmap::IndexMap;
use locus_diag::{Span, Spanned};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::identity::{StepId, StepPath};
use crate::node::Node;
use crate::types::Field;

/// A workflow.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Workflow {
    /// Its name.
    pub name: Spanned<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What it takes, in the author's order.
    pub input: IndexMap<String, Field>,
    /// What it returns: a value with expressions; without one, the result of the last step.
    pub output: Option<Node>,
    /// What starts it, besides a caller.
    pub triggers: Vec<Trigger>,
    /// How long a run may take, in milliseconds.
    pub timeout: Option<u64>,
    /// How many runs of it there may be at once.
    #[serde(default)]
    pub concurrency: Option<Concurrency>,
    /// What it does.
    pub steps: Block,
    /// The whole declaration.
    pub span: Span,
}

/// How many runs of a workflow there may be at once.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Concurrency {
    /// Runs with the same value of it are counted together; all runs are where it is missing.
    pub key: Option<Node>,
    /// How many there may be; at least 1.
    pub limit: u64,
}

/// Something that starts a workflow.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// An HTTP request.
    Http {
        /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
        method: Spanned<String>,
        /// The path; `{name}` parts are inputs of the workflow.
        path: Spanned<String>,
    },
    /// A time that comes again and again.
    Cron {
        /// A cron expression of five fields.
        expression: Spanned<String>,
        /// The IANA name of the time zone in which it is read; UTC when nothing is said.
        timezone: Option<Spanned<String>>,
        /// The input of each run, without expressions.
        input: Option<Node>,
    },
    /// An event.
    Event {
        /// Its type.
        event: Spanned<String>,
        /// The condition under which it starts a run; the event is `.event`.
        when: Option<Node>,
        /// The input of the run, with expressions over `.event`; the event's data when nothing is said.
        input: Option<Node>,
    },
    /// A message of a queue.
    Queue {
        /// The connection.
        connection: Spanned<String>,
        /// The topic of the messages.
        topic: Spanned<String>,
        /// The input of the run, with expressions over `.message`; the message's payload when nothing is said.
        input: Option<Node>,
    },
}

/// Steps that run one after another, or as a graph as soon as one of them has `needs`.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize)]
pub struct Block {
    /// The steps, in the author's order.
    pub steps: Vec<Step>,
    /// Whether they run as a graph.
    pub graph: bool,
}

/// What a repeated or interrupted step would do to the world outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Nothing: its result depends on its parameters alone, and nothing is journaled.
    Pure,
    /// Nothing, but what it reads may differ the next time.
    Read,
    /// Doing it again with the same idempotency key changes nothing more.
    Idempotent,
    /// It commits together with the record that it happened: exactly once.
    Transactional,
    /// Doing it again is not safe: after a crash in the middle it counts as `interrupted`.
    AtMostOnce,
}

impl Effect {
    /// The word authors and journals use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pure => "pure",
            Self::Read => "read",
            Self::Idempotent => "idempotent",
            Self::Transactional => "transactional",
            Self::AtMostOnce => "at_most_once",
        }
    }
}

/// A step.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Step {
    /// The id its author gave it.
    pub id: Option<Spanned<String>>,
    /// Its name in its block: the id, or one derived from its type.
    pub name: String,
    /// Its path.
    pub path: StepPath,
    /// The hash of its path.
    pub step_id: StepId,
    /// The name of its step type, at the key that says so.
    pub step_type: Spanned<String>,
    /// What a repetition would do to the world outside.
    pub effect: Effect,
    /// What it is for.
    pub description: Option<String>,
    /// The condition it runs under.
    pub when: Option<Node>,
    /// How it is tried again.
    pub retry: Option<Retry>,
    /// How long one attempt may take, in milliseconds.
    pub timeout: Option<u64>,
    /// What undoes it.
    pub compensate: Option<Block>,
    /// How its result is reshaped.
    pub output: Option<Node>,
    /// The steps of its block that must be done before it.
    pub needs: Vec<Spanned<String>>,
    /// Its parameters, with nothing in the places of inner blocks.
    pub params: Node,
    /// JSON pointers of the parameters that the step evaluates itself, when it needs them.
    pub lazy: Vec<String>,
    /// Its inner blocks.
    pub slots: Vec<Slot>,
    /// A hash of what decides its effect (type, parameters, retry, timeout): a journal written under another one does not fit.
    pub signature: String,
    /// The author's own `x-…` keys.
    pub extensions: IndexMap<String, Value>,
    /// The whole step.
    pub span: Span,
}

/// An inner block of a step, and the place among its parameters where it stands.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Slot {
    /// JSON pointer to its place among the parameters: `/branches/mail`, `/cases/0/steps`.
    pub pointer: String,
    /// The name it adds to the paths of its steps, if any.
    pub segment: Option<String>,
    /// Its steps.
    pub block: Block,
}

/// How a failed step is tried again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Retry {
    /// Attempts in all, the first included; at least 1.
    pub attempts: u32,
    /// How the delay grows.
    pub backoff: Backoff,
    /// Delay before the second attempt, in milliseconds.
    pub initial: u64,
    /// The longest delay, in milliseconds.
    pub max: u64,
    /// How the delay is spread.
    pub jitter: Jitter,
    /// The error codes that are tried again; every retryable one when empty.
    pub errors: Vec<String>,
}

/// How the delay between attempts grows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backoff {
    /// Always the initial delay.
    Constant,
    /// The initial delay times the number of attempts made.
    Linear,
    /// Twice as long each time.
    Exponential,
}

/// How the delay between attempts is spread, so that many runs do not try again at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Jitter {
    /// Not at all.
    None,
    /// Anywhere from nothing to the whole delay.
    Full,
    /// Anywhere from half of the delay to all of it.
    Equal,
}

impl Block {
    /// Every step of the block and of the blocks inside, parents before children, in the author's order.
    #[must_use]
    pub fn walk(&self) -> Vec<&Step> {
        let mut all = Vec::new();
        collect(self, &mut all);
        all
    }
}

impl Step {
    /// The inner block at this place among the parameters.
    #[must_use]
    pub fn slot(&self, pointer: &str) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.pointer == pointer)
    }
}

fn collect<'a>(block: &'a Block, all: &mut Vec<&'a Step>) {
    for step in &block.steps {
        all.push(step);
        for slot in &step.slots {
            collect(&slot.block, all);
        }
        if let Some(block) = &step.compensate {
            collect(block, all);
        }
    }
}
