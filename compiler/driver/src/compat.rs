//! Compatibility of two versions of a program: whether runs that are going on can continue under the new one, and what of its
//! public interface no longer takes or gives what it did.
//!
//! Reading order: the verdicts here; `runs` with `align`: what becomes of recorded steps; `interface`: inputs, outputs, triggers, models;
//! `types`: whether a type takes every value of another.

mod align;
mod interface;
mod runs;
mod types;

use std::collections::BTreeMap;

use locus_diag::Span;
use locus_model::{Program, StepPath};
use locus_plugin::Registry;
use serde::Serialize;

/// What a new version of a program means for those who use the old one.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Compatibility {
    /// Every workflow of the old version, in its order.
    pub workflows: Vec<WorkflowVerdict>,
    /// What changed in the public interface, incompatible or not.
    pub interface: Vec<InterfaceChange>,
}

/// What becomes of the runs of one workflow.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct WorkflowVerdict {
    /// Its name.
    pub workflow: String,
    /// What becomes of them.
    pub runs: Runs,
}

/// Whether runs that are going on can continue under the new version.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Runs {
    /// All of them can.
    Safe,
    /// Those can that have not recorded any of these steps.
    OnlyIf {
        /// The changes, each with the steps whose records no longer fit because of it.
        points: Vec<Point>,
    },
    /// None can.
    Impossible {
        /// Why.
        reason: String,
    },
}

/// A change that some records do not survive.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Point {
    /// The step to blame: the one that changed, came or went.
    pub step: String,
    /// What happened to it, in a sentence without a full stop.
    pub reason: String,
    /// The first step that a run may not have recorded yet, in the order of the old version.
    pub before: StepPath,
    /// Every such step, with whether a record of it certainly stops the run, or only may.
    pub refused: BTreeMap<StepPath, bool>,
    /// Where the step stands in the old version; none if it is new.
    #[serde(skip)]
    pub old: Option<Span>,
    /// Where it stands in the new version; none if it is gone.
    #[serde(skip)]
    pub new: Option<Span>,
}

/// A change of what others rely on.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct InterfaceChange {
    /// What it is of.
    pub of: Part,
    /// The name: of the workflow or model, then of the field: `fulfil_order.input.total`.
    pub name: String,
    /// What changed, in a sentence without a full stop.
    pub what: String,
    /// Whether somebody who relied on it can break.
    pub breaking: bool,
    /// Where it stands in the old version; none if it is new.
    #[serde(skip)]
    pub old: Option<Span>,
    /// Where it stands in the new version; none if it is gone.
    #[serde(skip)]
    pub new: Option<Span>,
}

/// The parts of the public interface.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// A workflow as a whole.
    Workflow,
    /// What a workflow takes.
    Input,
    /// What a workflow returns.
    Output,
    /// What starts a workflow.
    Trigger,
    /// Records that are stored.
    Model,
    /// A named type.
    Schema,
}

/// Compares two versions of a program, both without errors and checked with the same plugins.
#[must_use]
pub fn compatibility(old: &Program, new: &Program, registry: &Registry) -> Compatibility {
    Compatibility {
        workflows: runs::compare(old, new, registry),
        interface: interface::compare(old, new),
    }
}

impl Compatibility {
    /// Whether every run can continue and nobody who relied on the old version can break.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.workflows.iter().all(|verdict| verdict.runs == Runs::Safe)
            && !self.interface.iter().any(|change| change.breaking)
    }
}

impl Runs {
    /// Whether a run that has recorded a step can continue: `None` if it can, otherwise whether its journal certainly does not fit.
    #[must_use]
    pub fn refuses(&self, step: &StepPath) -> Option<bool> {
        match self {
            Self::Safe => None,
            // The journal may fit; what would come of it is another question.
            Self::Impossible { .. } => Some(false),
            Self::OnlyIf { points } => {
                let certain = points.iter().filter_map(|point| point.refused.get(step).copied());
                certain.reduce(|a, b| a || b)
            }
        }
    }
}

/// The path of the step that a key of a journal is about: without iterations and attempts, and of a called workflow's step, in that
/// workflow.
///
/// ```
/// use locus_compiler::step_of_key;
///
/// assert_eq!(step_of_key("shop/each[3]/pay#2/charge").as_str(), "shop/each/pay/charge");
/// assert_eq!(step_of_key("shop/ship>ship_order/label").as_str(), "ship_order/label");
/// ```
#[must_use]
pub fn step_of_key(key: &str) -> StepPath {
    let key = key.rsplit('>').next().unwrap_or(key);
    let mut names = key.split('/').map(|name| name.split(['[', '#']).next().unwrap_or(name));
    let workflow = StepPath::workflow(names.next().unwrap_or_default());
    names.fold(workflow, |path, name| path.child(name))
}
