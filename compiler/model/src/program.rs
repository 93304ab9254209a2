//! A whole program, checked: from here on it does not change.

use indexmap::IndexMap;
use locus_diag::{Span, Spanned};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::Model;
use crate::node::Node;
use crate::screen::{Component, Page};
use crate::test::Test;
use crate::types::Field;
use crate::workflow::{Step, Workflow};

/// A program. Every reference in it is resolved and every name is unique.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize)]
pub struct Program {
    /// The project's name, from `locus.yaml`; otherwise that of its first file.
    pub name: String,
    /// The project's version, from `locus.yaml`.
    pub version: Option<String>,
    /// Databases, queues and services that steps use.
    pub connections: IndexMap<String, Connection>,
    /// Named types that are not stored.
    pub schemas: IndexMap<String, Field>,
    /// Records that are stored.
    pub models: IndexMap<String, Model>,
    /// The workflows.
    pub workflows: IndexMap<String, Workflow>,
    /// What `locus build` generates.
    pub targets: IndexMap<String, Target>,
    /// The screens of the front end.
    #[serde(default)]
    pub pages: IndexMap<String, Page>,
    /// Parts of screens that are written by hand or come from a plugin.
    #[serde(default)]
    pub components: IndexMap<String, Component>,
    /// Tests of the workflows.
    #[serde(default)]
    pub tests: IndexMap<String, Test>,
    /// What the project decides about plugins, by id; a plugin that is not mentioned is used as it comes.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub plugins: IndexMap<String, PluginUse>,
    /// The profile that was chosen; what it changes is part of everything else here.
    #[serde(default)]
    pub profile: Option<String>,
    /// The limits that the program keeps to.
    #[serde(default)]
    pub budgets: Budgets,
    /// The author's own `x-…` keys.
    pub extensions: IndexMap<String, Value>,
}

/// Limits that a program keeps to; what is `None` is not limited.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize)]
pub struct Budgets {
    /// The most steps of a workflow, those of inner blocks included.
    pub workflow_steps: Option<Spanned<u64>>,
    /// The most blocks inside each other.
    pub workflow_depth: Option<Spanned<u64>>,
    /// The longest a run may take, in milliseconds; workflows without a timeout have it as theirs.
    pub run_duration: Option<Spanned<u64>>,
    /// The most files that a build of all targets may have.
    pub generate_files: Option<Spanned<u64>>,
    /// The most bytes that all these files may have together.
    pub generate_bytes: Option<Spanned<u64>>,
}

/// A database, queue or service.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Connection {
    /// Its name.
    pub name: Spanned<String>,
    /// What it is: `sqlite`, `queue`, …
    pub kind: Spanned<String>,
    /// Its settings.
    pub settings: Node,
    /// The whole declaration.
    pub span: Span,
}

/// Something to generate.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Target {
    /// Its name.
    pub name: Spanned<String>,
    /// The generator that makes it.
    pub generator: Spanned<String>,
    /// The folder its files go to, relative to the project.
    pub out: Spanned<String>,
    /// Options of the generator.
    pub options: Node,
}

/// What a project decides about a plugin.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PluginUse {
    /// Its id, where the project names it.
    pub id: Spanned<String>,
    /// Whether it is used at all.
    pub enabled: bool,
    /// The versions that will do, as written.
    pub version: Option<Spanned<String>>,
    /// Its config as the project gives it, in the plugin's present form and without defaults.
    pub config: Value,
    /// The permissions it is granted; `None`: all that it declares.
    pub permissions: Option<Vec<String>>,
}

impl Program {
    /// A hash of all that decides how a run goes, in 32 hex digits: equal for any formatting, comments and order of keys.
    #[must_use]
    pub fn hash(&self) -> String {
        let workflows: Vec<Value> = self.workflows.values().map(workflow_content).collect();
        let connections: Vec<Value> = self
            .connections
            .values()
            .map(|c| serde_json::json!([c.name.value, c.kind.value, c.settings.to_value()]))
            .collect();
        let types = serde_json::json!({
            "schemas": self.schemas.iter().map(|(name, field)| (name.clone(), field_content(field))).collect::<serde_json::Map<_, _>>(),
            "models": self.models.iter().map(|(name, model)| (name.clone(), fields_content(&model.fields))).collect::<serde_json::Map<_, _>>(),
        });
        let mut workflows = workflows;
        let mut connections = connections;
        // The order of declarations decides nothing.
        workflows.sort_by_key(|content| content["name"].to_string());
        connections.sort_by_key(|content| content[0].to_string());
        let mut plugins: Vec<Value> = self.plugins.values().filter_map(plugin_content).collect();
        if plugins.is_empty() {
            return crate::identity::content_hash(&serde_json::json!([
                workflows,
                connections,
                types
            ]));
        }
        plugins.sort_by_key(|content| content[0].to_string());
        crate::identity::content_hash(&serde_json::json!([workflows, connections, types, plugins]))
    }

    /// The step at this path, searched in every workflow.
    #[must_use]
    pub fn step(&self, path: &str) -> Option<&Step> {
        let workflow = path.split('/').next()?;
        let steps = self.workflows.get(workflow)?.steps.walk();
        steps.into_iter().find(|step| step.path.as_str() == path)
    }
}

/// What a project decides about a plugin, if that differs from what a plugin does by itself.
fn plugin_content(plugin: &PluginUse) -> Option<Value> {
    let PluginUse { id, enabled, version: _, config, permissions } = plugin;
    let is_plain = *enabled && config.as_object().is_none_or(serde_json::Map::is_empty);
    (!is_plain || permissions.is_some())
        .then(|| serde_json::json!([id.value, enabled, config, permissions]))
}

fn workflow_content(workflow: &Workflow) -> Value {
    serde_json::json!({
        "name": workflow.name.value,
        "input": fields_content(&workflow.input),
        "output": workflow.output.as_ref().map(Node::to_value),
        "timeout": workflow.timeout,
        "steps": block_content(&workflow.steps),
    })
}

fn block_content(block: &crate::workflow::Block) -> Value {
    let steps = block.steps.iter().map(|step| {
        serde_json::json!({
            "path": step.path.as_str(),
            "signature": step.signature,
            "when": step.when.as_ref().map(Node::to_value),
            "output": step.output.as_ref().map(Node::to_value),
            "needs": step.needs.iter().map(|need| need.value.clone()).collect::<Vec<_>>(),
            "slots": step.slots.iter().map(|slot| serde_json::json!([slot.pointer, block_content(&slot.block)])).collect::<Vec<_>>(),
            "compensate": step.compensate.as_ref().map(block_content),
        })
    });
    Value::Array(steps.collect())
}

fn fields_content(fields: &IndexMap<String, Field>) -> Value {
    Value::Object(fields.iter().map(|(name, field)| (name.clone(), field_content(field))).collect())
}

fn field_content(field: &Field) -> Value {
    serde_json::json!([
        field.ty.to_string(),
        field.default,
        field.id,
        field.limits,
        schema_of(field)
    ])
}

/// What [`Type`](crate::types::Type)'s notation leaves out: the inside of a raw schema and of an object's fields.
fn schema_of(field: &Field) -> Value {
    match &field.ty.kind {
        crate::types::TypeKind::Schema(schema) => schema.clone(),
        crate::types::TypeKind::Object(fields) => fields_content(fields),
        _ => Value::Null,
    }
}
