//! A program made ready to run: templates parsed once, steps and blocks by number, behaviours looked up. Made once for all runs of a program.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use jsonschema::Validator;
use locus_expr::{Data, Template};
use locus_model::node::escape_token;
use locus_model::{Block, Effect, Node, Program, Retry, Step, StepPath};
use locus_plugin::schema;
use locus_plugin::step::{Behaviour, StepEntry};
use locus_plugin::{Registry, StepError};
use serde_json::Value;

use super::machine::CoreError;
use super::params::ParamTree;
use super::triggers::EventTrigger;

/// Number of a block in its image.
pub(super) type BlockIndex = usize;
/// Number of a step in its image.
pub(super) type StepIndex = usize;

/// A program made ready to run.
pub struct Image {
    pub(super) blocks: Vec<BlockCode>,
    pub(super) steps: Vec<StepCode>,
    pub(super) workflows: BTreeMap<String, WorkflowCode>,
    pub(super) secrets: Data,
    program: Arc<Program>,
    fingerprint: OnceLock<String>,
}

/// A workflow made ready.
pub(super) struct WorkflowCode {
    pub(super) block: BlockIndex,
    pub(super) output: Option<ParamTree>,
    pub(super) timeout: Option<u64>,
    /// The events that start it.
    pub(super) triggers: Vec<EventTrigger>,
    /// What checks its input, made when it is first given one.
    pub(super) input: OnceLock<Result<Validator, StepError>>,
}

/// A block made ready.
#[derive(Default)]
pub(super) struct BlockCode {
    pub(super) steps: Vec<StepIndex>,
    /// For a graph: the positions in `steps` that each step needs. Empty for a sequence.
    pub(super) needs: Option<Vec<Vec<usize>>>,
    /// The name it adds to the keys of its steps.
    pub(super) segment: Option<String>,
}

/// A step made ready.
pub(super) struct StepCode {
    pub(super) name: String,
    pub(super) path: StepPath,
    pub(super) step_type: String,
    pub(super) effect: Effect,
    pub(super) behaviour: Behaviour,
    pub(super) when: Option<ParamTree>,
    pub(super) params: ParamTree,
    pub(super) lazy: BTreeMap<String, ParamTree>,
    pub(super) slots: BTreeMap<String, SlotCode>,
    pub(super) output: Option<ParamTree>,
    pub(super) retry: Option<Retry>,
    pub(super) timeout: Option<u64>,
    pub(super) compensate: Option<BlockIndex>,
    pub(super) signature: String,
    /// The config of the plugin that its type comes from.
    pub(super) config: Arc<Value>,
}

/// An inner block of a step.
pub(super) struct SlotCode {
    pub(super) block: BlockIndex,
    /// Whether it may be launched while the step is being cancelled.
    pub(super) always: bool,
}

impl Image {
    /// Makes a program ready.
    ///
    /// # Errors
    /// `unknown_step_type` where no linked plugin provides a step type, `invalid_expression` where an expression does not parse: the
    /// program was checked with other plugins.
    pub fn new(program: Arc<Program>, registry: &Registry) -> Result<Self, CoreError> {
        let mut image = Self {
            blocks: Vec::new(),
            steps: Vec::new(),
            workflows: BTreeMap::new(),
            secrets: Data::object([]),
            program: Arc::clone(&program),
            fingerprint: OnceLock::new(),
        };
        for (name, workflow) in &program.workflows {
            let block = image.block(&workflow.steps, None, registry)?;
            let output = match &workflow.output {
                Some(node) => Some(ParamTree::new(node)?),
                None => None,
            };
            let timeout = workflow.timeout;
            let triggers = EventTrigger::of(workflow)?;
            let input = OnceLock::new();
            let code = WorkflowCode { block, output, timeout, triggers, input };
            image.workflows.insert(name.clone(), code);
        }
        Ok(image)
    }

    /// With the values of secrets. They are never recorded: each process brings them anew.
    #[must_use]
    pub fn with_secrets(mut self, secrets: BTreeMap<String, Value>) -> Self {
        self.secrets =
            Data::object(secrets.into_iter().map(|(name, value)| (name, Data::from(value))));
        self
    }

    /// The keys of `$env` (or `$secrets`) that the program's expressions name.
    #[must_use]
    pub fn keys_of(&self, variable: &str) -> BTreeSet<String> {
        let mut keys = BTreeSet::new();
        for step in &self.steps {
            let trees = [&step.when, &step.output].into_iter().flatten();
            let trees = trees.chain([&step.params]).chain(step.lazy.values());
            trees.for_each(|tree| tree.keys_of(variable, &mut keys));
        }
        for output in self.workflows.values().filter_map(|workflow| workflow.output.as_ref()) {
            output.keys_of(variable, &mut keys);
        }
        keys
    }

    /// The program it was made from.
    #[must_use]
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// What the numbers of its steps and blocks mean: a hash of all of them in their order.
    pub(super) fn fingerprint(&self) -> &str {
        self.fingerprint.get_or_init(|| {
            let steps = self.steps.iter().map(|step| {
                let slots = step.slots.iter().map(|(pointer, slot)| (pointer, slot.block));
                serde_json::json!([
                    step.path.as_str(),
                    step.signature,
                    slots.collect::<Vec<_>>(),
                    step.compensate
                ])
            });
            let blocks = self.blocks.iter().map(|block| Value::from(block.steps.clone()));
            let content = Value::Array(steps.chain(blocks).collect());
            locus_model::identity::content_hash(&content)
        })
    }

    fn block(
        &mut self,
        block: &Block,
        segment: Option<&str>,
        registry: &Registry,
    ) -> Result<BlockIndex, CoreError> {
        let index = self.blocks.len();
        self.blocks.push(BlockCode::default());
        let mut steps = Vec::with_capacity(block.steps.len());
        for step in &block.steps {
            steps.push(self.step(step, registry)?);
        }
        let needs = block.graph.then(|| {
            let positions: BTreeMap<&str, usize> = block
                .steps
                .iter()
                .enumerate()
                .map(|(position, step)| (step.name.as_str(), position))
                .collect();
            block
                .steps
                .iter()
                .map(|step| {
                    step.needs
                        .iter()
                        .filter_map(|need| positions.get(need.as_str()).copied())
                        .collect()
                })
                .collect()
        });
        self.blocks[index] = BlockCode { steps, needs, segment: segment.map(str::to_owned) };
        Ok(index)
    }

    fn step(&mut self, step: &Step, registry: &Registry) -> Result<StepIndex, CoreError> {
        let entry = registry.step(&step.step_type.value).ok_or_else(|| CoreError {
            code: "unknown_step_type",
            message: format!(
                "no linked plugin provides the step type `{}` of `{}`",
                step.step_type.value, step.path
            ),
        })?;
        let mut params = step.params.clone();
        self.resolve_types(&mut params, &entry.ty.params);
        let mut handles: Vec<&str> = step.slots.iter().map(|slot| slot.pointer.as_str()).collect();
        handles.extend(step.lazy.iter().map(String::as_str));
        let mut lazy = BTreeMap::new();
        for pointer in &step.lazy {
            if let Some(node) = params.pointer(pointer) {
                lazy.insert(pointer.clone(), ParamTree::new(node)?);
            }
        }
        let mut slots = BTreeMap::new();
        for slot in &step.slots {
            let block = self.block(&slot.block, slot.segment.as_deref(), registry)?;
            let always = runs_of(entry, &slot.pointer) == Some("always");
            slots.insert(slot.pointer.clone(), SlotCode { block, always });
        }
        let compensate = match &step.compensate {
            Some(block) => Some(self.block(block, Some("compensate"), registry)?),
            None => None,
        };
        let tree = |node: &Option<Node>| node.as_ref().map(ParamTree::new).transpose();
        let code = StepCode {
            name: step.name.clone(),
            path: step.path.clone(),
            step_type: step.step_type.value.clone(),
            effect: step.effect,
            behaviour: entry.behaviour.clone(),
            when: tree(&step.when)?,
            params: ParamTree::with_handles(&params, &handles)?,
            lazy,
            slots,
            output: tree(&step.output)?,
            retry: step.retry.clone(),
            timeout: step.timeout,
            compensate,
            signature: step.signature.clone(),
            config: Arc::clone(&registry.standing(&entry.ty.plugin).config),
        };
        self.steps.push(code);
        Ok(self.steps.len() - 1)
    }

    /// Puts the JSON Schema of a type in the place of its name, where a parameter is a reference to a type.
    fn resolve_types(&self, params: &mut Node, schema: &Value) {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
        let locus_model::NodeKind::Mapping(entries) = &mut params.kind else { return };
        for entry in entries {
            let is_type = properties
                .get(&entry.key.value)
                .and_then(|property| property.get(schema::REFERENCE))
                .is_some_and(|kind| kind == "type");
            let named = entry
                .value
                .as_str()
                .and_then(|name| locus_model::notation_schema(name, &self.program));
            if let (true, Some(resolved)) = (is_type, named) {
                entry.value = value_node(&resolved, entry.value.span);
            }
        }
    }
}

/// A node that holds a value found elsewhere, at the place that names it.
fn value_node(value: &Value, span: locus_plugin::Span) -> Node {
    use locus_model::{Entry, NodeKind, Text};
    let kind = match value {
        Value::Null => NodeKind::Null,
        Value::Bool(flag) => NodeKind::Bool(*flag),
        Value::Number(number) => NodeKind::Number(number.clone()),
        // `$${` keeps a pattern that looks like an expression as it is.
        Value::String(text) => {
            NodeKind::String(Text::verbatim(text.replace("${", "$${"), span.start, false))
        }
        Value::Array(items) => {
            NodeKind::Sequence(items.iter().map(|item| value_node(item, span)).collect())
        }
        Value::Object(map) => NodeKind::Mapping(
            map.iter()
                .map(|(key, value)| Entry {
                    key: locus_plugin::Spanned::new(key.clone(), span),
                    value: value_node(value, span),
                })
                .collect(),
        ),
    };
    Node::new(kind, span)
}

/// How often the block at a pointer may run, as the step type's schema says.
fn runs_of<'a>(entry: &'a StepEntry, pointer: &str) -> Option<&'a str> {
    let mut part = &entry.ty.params;
    for token in pointer.split('/').skip(1) {
        part = part
            .get("properties")
            .and_then(|properties| properties.get(token))
            .or_else(|| part.get("items"))
            .or_else(|| part.get("additionalProperties"))?;
    }
    part.get(schema::BLOCK)?.get("runs")?.as_str()
}

/// The JSON pointer one token further in.
pub(super) fn child_pointer(pointer: &str, token: &str) -> String {
    format!("{pointer}/{}", escape_token(token))
}

/// Parses a string that may hold expressions.
pub(super) fn parse_template(text: &str) -> Result<Template, CoreError> {
    Template::parse(text).map_err(|errors| CoreError {
        code: "invalid_expression",
        message: errors
            .first()
            .map_or_else(|| text.to_owned(), |error| format!("`{text}`: {}", error.message)),
    })
}
