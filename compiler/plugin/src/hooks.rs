//! Hooks: work between the phases and around runs. Each hook point is a small trait; one that nobody registered costs nothing.
//!
//! `#[derive(Hooks)] #[hooks(post_validate, …)]` registers a struct for the points it names. Reading order: the traits here, in the order in
//! which their points are reached; [`context`]: what a hook can reach; [`around`]: what hooks around runs and steps decide; [`meta`]: stages,
//! filters and budgets; [`order`]: who comes first.
//!
//! Four points take patches ([`HookContext::patch`]): `post_parse`, `pre_validate`, `post_validate` and `schema_generate`. Each hook sees the
//! program as the patches before it have left it.

pub mod around;
pub mod context;
pub mod meta;
pub mod order;

use std::fmt;
use std::sync::Arc;

use locus_diag::{Source, SourceId};
use locus_model::{Node, Program, Spec};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use around::{RunInfo, StepAttempt, Verdict};
pub use context::HookContext;
pub use meta::{Budget, Filter, HooksMeta, OnFailure, Stage};

use crate::error::StepError;
use crate::generator::{Doc, Plan, Unit};
use crate::plugin_event::EventMessage;

/// Declares the points: their enum, and the fields of an entry.
macro_rules! points {
    ($($(#[$doc:meta])* $point:ident $field:ident $hook:ident;)*) => {
        /// Where hooks are called, in the order in which a program reaches them.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Point { $($(#[$doc])* $point,)* }

        impl Point {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$point),*];

            /// The name users see: `post_validate`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$point => stringify!($field),)* }
            }
        }

        /// A set of hooks with what it does: what the registry holds.
        #[derive(Clone)]
        pub struct HooksEntry {
            /// Its description.
            pub meta: HooksMeta,
            $(
                /// Its hook of this point, if any.
                pub $field: Option<Arc<dyn $hook>>,
            )*
        }

        impl HooksEntry {
            /// A set without hooks.
            #[must_use]
            pub const fn new(meta: HooksMeta) -> Self {
                Self { meta, $($field: None,)* }
            }
        }
    };
}

points! {
    /// A source was read, and is about to be parsed.
    PreParse pre_parse PreParse;
    /// A file was parsed.
    PostParse post_parse PostParse;
    /// All files were parsed; names are about to be resolved.
    PreValidate pre_validate PreValidate;
    /// The program was checked.
    PostValidate post_validate PostValidate;
    /// Targets are about to be planned from the program's models and schemas.
    SchemaGenerate schema_generate SchemaGenerate;
    /// A target was planned.
    PreGenerate pre_generate PreGenerate;
    /// A file that is a component of a user interface was rendered.
    ComponentRender component_render ComponentRender;
    /// A file that is a page was rendered.
    PageGenerate page_generate PageGenerate;
    /// All files of a target were rendered; nothing is written yet.
    PostGenerate post_generate PostGenerate;
    /// A run begins and ends.
    WorkflowExecute workflow_execute WorkflowExecute;
    /// An attempt of an action begins and ends.
    StepExecute step_execute StepExecute;
    /// A step or a run has failed.
    Error error ErrorHook;
    /// Something was measured.
    Metric metric MetricHook;
    /// Something that a person should look at.
    Alert alert AlertHook;
    /// A plugin has published an event.
    Event event EventHook;
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Point {
    /// The point of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|point| point.as_str() == name)
    }

    /// Whether hooks of this point may give patches.
    #[must_use]
    pub const fn takes_patches(self) -> bool {
        matches!(
            self,
            Self::PostParse | Self::PreValidate | Self::PostValidate | Self::SchemaGenerate
        )
    }
}

/// A file as its front end has read it.
#[derive(Clone, Copy, Debug)]
pub struct ParsedFile<'a> {
    /// Its name: a path relative to the project, with `/`.
    pub name: &'a str,
    /// The text that spans point into.
    pub source: SourceId,
    /// Its documents: mappings of `workflows`, `models` and so on.
    pub documents: &'a [Node],
}

/// Sees each source before it is parsed: rules about texts. A source that shall be read otherwise needs a
/// [`ParserHook`](crate::ParserHook) instead: here nothing can be changed, so that every place that is reported is one of the author's.
pub trait PreParse: Send + Sync + 'static {
    /// Looks at a source and reports problems.
    fn pre_parse(&self, source: &Source, cx: &mut HookContext);
}

/// Sees each file as written. The file may have problems that are reported elsewhere.
pub trait PostParse: Send + Sync + 'static {
    /// Looks at a file, reports problems, gives patches.
    fn post_parse(&self, file: &ParsedFile<'_>, cx: &mut HookContext);
}

/// Sees all files as written, before names are resolved.
pub trait PreValidate: Send + Sync + 'static {
    /// Looks at the files, reports problems, gives patches.
    fn pre_validate(&self, spec: &Spec, cx: &mut HookContext);
}

/// Sees the checked program: rules of a team, a budget, a naming convention. Programs with errors are not shown.
pub trait PostValidate: Send + Sync + 'static {
    /// Looks at the program, reports problems, gives patches.
    fn post_validate(&self, program: &Program, cx: &mut HookContext);
}

/// Sees the models and schemas that targets are about to be generated from. Its patches may change `models` and `schemas`, for what is
/// generated; runs do not see them.
pub trait SchemaGenerate: Send + Sync + 'static {
    /// Looks at the data model, reports problems, gives patches.
    fn schema_generate(&self, program: &Program, cx: &mut HookContext);
}

/// Sees what a target is about to generate.
pub trait PreGenerate: Send + Sync + 'static {
    /// Looks at the plan of a target and reports problems; an error stops the build before anything is written.
    fn pre_generate(&self, program: &Program, target: &str, plan: &Plan, cx: &mut HookContext);
}

/// Changes the text of a rendered component.
pub trait ComponentRender: Send + Sync + 'static {
    /// The component's new text; `None` leaves it as it is. The next hook sees what this one gives.
    fn component_render(&self, unit: &Unit, doc: &Doc, cx: &mut HookContext) -> Option<Doc>;
}

/// Changes the text of a generated page.
pub trait PageGenerate: Send + Sync + 'static {
    /// The page's new text; `None` leaves it as it is. The next hook sees what this one gives.
    fn page_generate(&self, unit: &Unit, doc: &Doc, cx: &mut HookContext) -> Option<Doc>;
}

/// Sees every generated file before it is written.
pub trait PostGenerate: Send + Sync + 'static {
    /// Looks at the files of a target, path and text, and reports problems; an error stops the build before anything is written.
    fn post_generate(&self, target: &str, files: &[(String, String)], cx: &mut HookContext);
}

/// Stands around runs. The first in order is the outermost: the first to hear of the beginning, the last to hear of the end.
///
/// What it decides is recorded with the run, and not asked again when the run is recovered. It may be asked twice where the process ended
/// before the record was on disk.
pub trait WorkflowExecute: Send + Sync + 'static {
    /// Before a new run begins: [`Verdict::Fail`] refuses it, and nothing of it is recorded; [`Verdict::Replace`] is its output, and no step runs.
    fn before(&self, run: &RunInfo, cx: &mut HookContext) -> Verdict {
        let _ = (run, cx);
        Verdict::Keep
    }

    /// After a run has succeeded, before that is recorded.
    fn after(&self, run: &RunInfo, output: &Value, cx: &mut HookContext) -> Verdict {
        let _ = (run, output, cx);
        Verdict::Keep
    }

    /// After a run has failed, before that is recorded; its compensations have run.
    fn on_error(&self, run: &RunInfo, error: &StepError, cx: &mut HookContext) -> Verdict {
        let _ = (run, error, cx);
        Verdict::Keep
    }
}

/// Stands around the attempts of actions. The first in order is the outermost.
///
/// Control steps are not seen: they do nothing by themselves. What it decides becomes the recorded result of the attempt, so a run that is
/// recovered or replayed asks nobody again.
pub trait StepExecute: Send + Sync + 'static {
    /// Before the action is called: [`Verdict::Fail`] refuses the attempt, [`Verdict::Replace`] is its result; neither calls the action.
    fn before(&self, step: &StepAttempt, cx: &mut HookContext) -> Verdict {
        let _ = (step, cx);
        Verdict::Keep
    }

    /// After the action has succeeded, before that is recorded.
    fn after(&self, step: &StepAttempt, result: &Value, cx: &mut HookContext) -> Verdict {
        let _ = (step, result, cx);
        Verdict::Keep
    }

    /// After the action has failed, before that is recorded and before it is tried again.
    fn on_error(&self, step: &StepAttempt, error: &StepError, cx: &mut HookContext) -> Verdict {
        let _ = (step, error, cx);
        Verdict::Keep
    }
}

/// A failure, for those who watch.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// The run.
    pub run: String,
    /// The step key; empty for the whole run.
    pub step: String,
    /// The step's attempt, from 1; 0 for the whole run.
    pub attempt: u32,
    /// How it failed.
    pub error: StepError,
}

/// Hears of failures, soon after they are recorded. It changes nothing, and holds nothing up.
pub trait ErrorHook: Send + Sync + 'static {
    /// A step's attempt or a run has failed.
    fn error(&self, failure: &Failure, cx: &mut HookContext);
}

/// A measurement.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Measurement {
    /// What was measured: `step_seconds`, `run_seconds`, `step_retries`.
    pub name: String,
    /// How much: seconds, or a count.
    pub value: f64,
    /// What it is about: `run`, `step`, `step_type`, `outcome`.
    pub labels: Vec<(String, String)>,
}

/// Hears of measurements of runs. It changes nothing, and holds nothing up.
pub trait MetricHook: Send + Sync + 'static {
    /// Something was measured.
    fn metric(&self, measurement: &Measurement, cx: &mut HookContext);
}

/// Something that a person should look at.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Alarm {
    /// What kind: `run_failed`, `run_interrupted`.
    pub kind: String,
    /// What happened, in one sentence.
    pub message: String,
    /// The run; empty where it is about none.
    pub run: String,
}

/// Hears of alarms. It changes nothing, and holds nothing up.
pub trait AlertHook: Send + Sync + 'static {
    /// Something a person should look at.
    fn alert(&self, alarm: &Alarm, cx: &mut HookContext);
}

/// Hears of the events that plugins publish ([`HookContext::publish`]).
pub trait EventHook: Send + Sync + 'static {
    /// An event was published. It is delivered after the hook that published it has returned, in the order of hooks.
    fn event(&self, event: &EventMessage, cx: &mut HookContext);
}
