//! The typed program: what stands between front ends, which read specs, and back ends, which run it or turn it into code.
//!
//! Reading order:
//! 1. [`node`]: a value as written, with places; [`spec`]: the files of a program in that form;
//! 2. [`types`] and [`notation`]: types and the one way to write them; [`duration`]: lengths of time; [`model`]: records that are stored; [`json_schema`]: types as JSON Schema;
//! 3. [`identity`]: step paths and step ids;
//! 4. [`language`]: every key that an author can write;
//! 5. [`workflow`]: workflows, blocks and steps; [`screen`]: pages and components; [`mod@test`]: tests of workflows; [`program`]: all of it, checked and immutable.
//!
//! Everything here is plain serialisable data, so that it can be stored with a run and cross to a sandboxed plugin.

#![warn(clippy::disallowed_methods)]

pub mod duration;
pub mod identity;
pub mod json_schema;
pub mod language;
pub mod model;
pub mod node;
pub mod notation;
pub mod program;
pub mod screen;
pub mod spec;
pub mod test;
pub mod types;
pub mod workflow;

pub use identity::{StepId, StepPath};
pub use json_schema::{field_schema, notation_schema, object_schema};
pub use model::{Index, Model, OnDelete, Relation, RelationKind};
pub use node::{Entry, Node, NodeKind, Text};
pub use program::{Budgets, Connection, PluginUse, Program, Target};
pub use screen::{Component, Implementation, Page, Subject, View};
pub use spec::{SchemaContent, SchemaFile, SchemaFiles, SchemaLink, Spec, SpecFile};
pub use test::{Expectation, Mock, MockEnd, Test, TestEvent};
pub use types::{Field, Type, TypeKind};
pub use workflow::{
    Backoff, Block, Concurrency, Effect, Jitter, Retry, Slot, Step, Trigger, Workflow,
};
