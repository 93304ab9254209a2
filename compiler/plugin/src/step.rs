//! Step types: what a step of this kind takes, does to the world, and how it can end.

use std::sync::Arc;

use locus_model::Effect;
use serde::Serialize;
use serde_json::Value;

use crate::action::ErasedAction;
use crate::control::ErasedControl;
use crate::result::ResultType;

/// The description of a step type. `#[derive(Step)]` makes it from the struct.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StepType {
    /// The key that names it in a spec: `loop`.
    pub name: String,
    /// The plugin that provides it.
    pub plugin: String,
    /// What it is for: the doc comment, Markdown.
    pub docs: String,
    /// Whether it does something or decides what runs.
    pub kind: StepKind,
    /// What a repetition would do to the world outside.
    pub effect: Effect,
    /// JSON Schema of its parameters, with the keywords of [`schema`](crate::schema).
    pub params: Value,
    /// How the type of its result follows from the step.
    pub result: ResultType,
    /// The signal it ends its block with (`break`), if any. The parameter `value`, if it has one, is what the signal carries.
    pub raises: Option<String>,
    /// The signals that its inner blocks may end with.
    pub catches: Vec<String>,
    /// Whether a step behind it in the same block can ever run.
    pub completes: bool,
    /// The error codes its own work can end with (`timeout`, or `http_*` for all that begin so), beside those that parameters give
    /// (the role `raises`), those of its inner blocks and of the workflows it calls, and those of [`HOST_ERRORS`](crate::error::HOST_ERRORS).
    /// `None` where it can be any code.
    pub errors: Option<Vec<String>>,
    /// Whether it passes [`StepContext::idempotency_key`](crate::StepContext::idempotency_key) on to what it changes, itself or through a service of
    /// the host that does.
    pub passes_key: bool,
    /// File and line of its definition.
    pub defined_at: String,
}

/// Whether a step does something or decides what runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StepKind {
    /// It does something: [`Action`](crate::Action).
    Action,
    /// It decides what runs next: [`Control`](crate::Control).
    Control,
}

/// What a step type does, behind a uniform face.
#[derive(Clone)]
pub enum Behaviour {
    /// It does something.
    Action(Arc<dyn ErasedAction>),
    /// It decides what runs next.
    Control(Arc<dyn ErasedControl>),
}

/// A step type with what it does: what the registry holds.
#[derive(Clone)]
pub struct StepEntry {
    /// Its description.
    pub ty: StepType,
    /// What it does.
    pub behaviour: Behaviour,
}

impl StepType {
    /// The first sentence or line of the documentation.
    #[must_use]
    pub fn summary(&self) -> &str {
        self.docs.lines().next().unwrap_or_default()
    }
}
