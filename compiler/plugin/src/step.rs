//! Step types: what a step of this kind takes, does to the world, and how it can end.

use std::sync::Arc;

use locus_model::Effect;
use serde::Serialize;
use serde_json::Value;

use crate::action::ErasedAction;
use crate::control::ErasedControl;

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
    /// The type of its result in the notation of the language; empty where it depends on the step.
    pub result: String,
    /// The signal it ends its block with (`break`), if any.
    pub raises: Option<String>,
    /// The signals that its inner blocks may end with.
    pub catches: Vec<String>,
    /// Whether a step behind it in the same block can ever run.
    pub completes: bool,
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
