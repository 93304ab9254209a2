//! **The contract.** Everything an author of a plugin needs, and all that the built-in steps and generators use.
//!
//! A plugin is an ordinary crate. It declares itself once with [`#[derive(Plugin)]`](derive@Plugin); every step type, generator,
//! parser hook and set of hooks in the same crate belongs to it. Linking the crate registers it all.
//!
//! Reading order:
//! 1. [`meta`]: who a plugin is; [`registry`]: all that is linked, sorted and checked;
//! 2. [`param`]: parameters, options and config from documented struct fields; [`schema`]: the JSON Schema keywords of Locus;
//! 3. [`step`]: step types; [`result`]: what is known of the type of their results; [`action`]: steps that do something; [`control`]: steps that decide what runs next; [`error`]: how they fail;
//! 4. [`services`]: what the host offers to actions: HTTP, SQL, queues, files, programs, schedules, logs; [`event`]: events of runs;
//! 5. [`connection`]: kinds of databases, queues and services; [`generator`]: programs to files, in two pure steps;
//! 6. [`parser_hook`]: sources to trees; [`hooks`]: work between the phases and around runs; [`patch`]: how hooks change a program;
//! 7. [`plugin_event`] and [`command`]: plugins with each other; [`permission`]: what they may do; [`migration`]: config of earlier versions;
//! 8. [`host`]: for hosts, what they offer and how they call plugins safely;
//! 9. [`lint`]: what a plugin should say of itself; [`testing`]: the test kit, in-memory hosts and conformance suites.
//!
//! Values go in and values come out: nothing here assumes that a plugin is native code.

#![warn(clippy::disallowed_methods)]

pub mod action;
pub mod codes;
pub mod command;
pub mod connection;
pub mod control;
pub mod error;
pub mod event;
pub mod generator;
pub mod hooks;
pub mod host;
pub mod lint;
pub mod meta;
pub mod migration;
pub mod param;
pub mod parser_hook;
pub mod patch;
pub mod permission;
pub mod plugin_event;
pub mod registry;
pub mod result;
pub mod schema;
pub mod services;
pub mod step;
#[cfg(not(target_family = "wasm"))]
pub mod testing;

pub use action::{Action, StepContext};
pub use command::{Command, CommandError};
pub use connection::ConnectionKind;
pub use control::{
    BlockKey, Control, ControlContext, ControlEvent, Decision, Exit, Launch, Outcome, Target,
};
pub use error::StepError;
pub use event::{CloudEvent, EventDraft, Subscription};
pub use generator::{Doc, GenerateError, Generator, Ownership, Plan, RenderContext, Unit};
pub use hooks::{
    Alarm, AlertHook, ComponentRender, ErrorHook, EventHook, Failure, HookContext, Measurement,
    MetricHook, PageGenerate, ParsedFile, Point, PostGenerate, PostParse, PostValidate,
    PreGenerate, PreParse, PreValidate, RunInfo, SchemaGenerate, StepAttempt, StepExecute, Verdict,
    WorkflowExecute,
};
pub use host::{HostError, PluginState};
pub use indexmap::IndexMap;
pub use locus_diag::{Diagnostic, Severity, Source, SourceId, Span, Spanned};
pub use locus_macros::{
    Command, Connection, Generator, Hooks, Migration, Param, ParserHook, Plugin, Step,
};
pub use locus_model as model;
pub use locus_model::Effect;
pub use meta::{API_VERSION, Plugin, PluginMeta, Stability};
pub use migration::Migration;
pub use param::{BlockRef, Branches, Lazy, Millis, Param, ParamError};
pub use parser_hook::{Parsed, ParserHook};
pub use patch::{Patch, Place};
pub use plugin_event::{EventMessage, PluginEvent};
pub use registry::{PartEntry, Registration, Registry};
pub use result::ResultType;
pub use serde_json::Value;
pub use step::{StepKind, StepType};

#[doc(hidden)]
pub mod __private {
    #[cfg(not(target_family = "wasm"))]
    pub use inventory;
    pub use serde_json;
}
