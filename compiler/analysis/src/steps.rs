//! Steps and blocks as their authors write them, read to drafts: everything that later checks and the program need, before steps have names.

use std::collections::HashMap;

use indexmap::IndexMap;
use locus_diag::{Span, Spanned};
use locus_model::language::workflows::STEP;
use locus_model::{Entry, Node, NodeKind, Retry, StepPath};
use locus_plugin::step::StepEntry;
use serde_json::Value;

use crate::allow;
use crate::context::Context;
use crate::expressions::{self, Written};
use crate::keys::{self, is_extension, is_step_id};
use crate::messages::{names, steps as messages, values};
use crate::params::{self, Params};
use crate::retry;
use crate::roles::Roles;

/// Whether any step may have this key beside its type.
pub(crate) fn is_common(key: &str) -> bool {
    STEP.key(key).is_some() || is_extension(key)
}

/// A block.
#[derive(Default)]
pub(crate) struct BlockDraft<'a> {
    /// Its steps, those that could not be understood included.
    pub(crate) steps: Vec<StepDraft<'a>>,
    /// The steps that have an id; the first of each.
    pub(crate) ids: HashMap<&'a str, usize>,
    /// Whether a step has `needs`.
    pub(crate) graph: bool,
}

/// A step.
pub(crate) struct StepDraft<'a> {
    /// The whole step.
    pub(crate) node: &'a Node,
    /// The id its author gave it.
    pub(crate) id: Option<Spanned<String>>,
    /// Its type, at the key that says so; `None` when that could not be understood.
    pub(crate) ty: Option<(&'a StepEntry, Spanned<String>)>,
    /// The place to point at for the whole step.
    pub(crate) anchor: Span,
    pub(crate) description: Option<String>,
    pub(crate) when: Option<&'a Node>,
    pub(crate) retry: Option<Retry>,
    pub(crate) timeout: Option<u64>,
    /// What undoes it, behind its key.
    pub(crate) compensate: Option<(Span, BlockDraft<'a>)>,
    pub(crate) output: Option<&'a Node>,
    pub(crate) needs: Vec<Spanned<String>>,
    pub(crate) params: Params<'a>,
    /// What its parameters are for.
    pub(crate) roles: Roles,
    pub(crate) extensions: IndexMap<String, Value>,
    /// Its name in its block; empty until it has one.
    pub(crate) name: String,
    /// Its path.
    pub(crate) path: StepPath,
}

impl<'a> StepDraft<'a> {
    /// The blocks inside: those of its parameters, and what undoes it.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &BlockDraft<'a>> {
        let compensate = self.compensate.iter().map(|(_, block)| block);
        self.params.slots.iter().map(|slot| &slot.block).chain(compensate)
    }
}

/// Reads a block; `what` are the words for it.
pub(crate) fn block<'a>(cx: &mut Context<'a>, node: &'a Node, what: &str) -> BlockDraft<'a> {
    let mut block = BlockDraft::default();
    let Some(items) = node.as_sequence() else {
        cx.report(messages::not_a_block(node));
        return block;
    };
    if items.is_empty() {
        cx.report(messages::empty_block(what, node.span));
    }
    block.steps.reserve(items.len());
    for item in items {
        let Some(step) = step(cx, item) else { continue };
        if let Some(id) = step_id(item) {
            match block.ids.get(id.value) {
                Some(earlier) => {
                    let earlier: &StepDraft<'a> = &block.steps[*earlier];
                    let place = earlier.id.as_ref().map_or(earlier.anchor, |id| id.span);
                    cx.report(names::duplicate("step", &id.map(str::to_owned), place));
                }
                None => {
                    block.ids.insert(id.value, block.steps.len());
                }
            }
        }
        block.graph |= !step.needs.is_empty();
        block.steps.push(step);
    }
    block
}

/// The id as written, even if it is not spelled as it must be.
fn step_id(node: &Node) -> Option<Spanned<&str>> {
    let id = node.get("id")?;
    Some(Spanned::new(id.as_str()?, id.span))
}

/// Reads a step; nothing is known of one that is no mapping.
fn step<'a>(cx: &mut Context<'a>, node: &'a Node) -> Option<StepDraft<'a>> {
    let Some(entries) = node.as_mapping() else {
        cx.report(messages::not_a_step(node));
        return None;
    };
    let type_entry = find_type(cx, node, entries);
    let mut step = StepDraft {
        node,
        id: step_id(node).map(|id| id.map(str::to_owned)),
        ty: None,
        anchor: type_entry.map_or(keys::anchor(node), |(_, entry)| entry.key.span),
        description: None,
        when: None,
        retry: None,
        timeout: None,
        compensate: None,
        output: None,
        needs: Vec::new(),
        params: Params::none(node.span),
        roles: Roles::default(),
        extensions: IndexMap::new(),
        name: String::new(),
        path: StepPath::workflow(""),
    };
    for entry in entries {
        common(cx, &mut step, entry);
    }
    if let Some((ty, entry)) = type_entry {
        step.ty = Some((ty, entry.key.clone()));
        step.params = params::read(cx, ty, entry);
        step.roles = Roles::of(&step.params.node, cx.shape(ty));
    }
    Some(step)
}

/// Takes in a key that any step may have.
fn common<'a>(cx: &mut Context<'a>, step: &mut StepDraft<'a>, entry: &'a Entry) {
    let node = &entry.value;
    if is_extension(&entry.key.value) {
        if entry.key.value == allow::KEY {
            allow::check(node, &mut cx.problems);
        }
        step.extensions.insert(entry.key.value.clone(), node.to_value());
        return;
    }
    if node.kind == NodeKind::Null {
        return;
    }
    match entry.key.value.as_str() {
        "id" => check_id(cx, node),
        "description" => {
            step.description = keys::prose(node, &mut cx.problems).map(|text| text.value);
        }
        "when" => {
            step.when = Some(node);
            condition(cx, node);
        }
        "retry" => step.retry = retry::read(cx, node, entry.key.span),
        "timeout" => step.timeout = keys::duration(node, &mut cx.problems),
        "compensate" => {
            step.compensate = Some((entry.key.span, block(cx, node, "`compensate`")));
        }
        "output" => {
            step.output = Some(node);
            expressions::read_all(cx, node);
        }
        "needs" => step.needs = needs(cx, node),
        _ => {}
    }
}

fn check_id(cx: &mut Context<'_>, node: &Node) {
    let Some(id) = keys::prose(node, &mut cx.problems) else { return };
    if !is_step_id(&id) {
        cx.report(names::invalid_step_id(&id));
    }
}

/// Reads a condition: `true`, `false`, or one expression.
pub(crate) fn condition(cx: &mut Context<'_>, node: &Node) {
    match &node.kind {
        NodeKind::Bool(_) => {}
        NodeKind::String(text) => match expressions::read(cx, text, node.span) {
            Written::Whole | Written::Broken => {}
            Written::Plain => cx.report(messages::condition_is_text(text, node.span)),
            Written::Mixed => cx.report(values::expression_inside("true or false", node.span)),
        },
        _ => cx.report(values::wrong_type("a condition such as `${ .input.paid }`", node)),
    }
}

/// Reads `needs`: ids of steps of the same block.
fn needs(cx: &mut Context<'_>, node: &Node) -> Vec<Spanned<String>> {
    if node.as_str().is_some() {
        return keys::text(node, &mut cx.problems).into_iter().collect();
    }
    let items = keys::list(node, "a list of ids of steps", &mut cx.problems).unwrap_or_default();
    items.iter().filter_map(|item| keys::text(item, &mut cx.problems)).collect()
}

/// The one key that names a step type. Reports when there is none or several, and keys that are not known.
fn find_type<'a>(
    cx: &mut Context<'a>,
    node: &Node,
    entries: &'a [Entry],
) -> Option<(&'a StepEntry, &'a Entry)> {
    let registry = cx.registry;
    let mut found: Option<(&StepEntry, &Entry)> = None;
    let mut unknown = Vec::new();
    let mut several = false;
    for entry in entries {
        let key = entry.key.value.as_str();
        if is_common(key) {
            continue;
        }
        match (registry.step(key), &found) {
            (Some(ty), None) => found = Some((ty, entry)),
            (Some(_), Some((_, first))) => {
                cx.report(messages::several_types(&first.key, &entry.key));
                several = true;
            }
            (None, _) => unknown.push(entry),
        }
    }
    let types = || registry.steps().map(|entry| entry.ty.name.as_str()).collect::<Vec<_>>();
    match (found, unknown.as_slice()) {
        (None, []) => cx.report(messages::missing_type(keys::anchor(node), &types())),
        (None, [first, ..]) => match registry.left_out_step(&first.key.value) {
            Some(entry) => cx.report(messages::left_out_type(&first.key, &entry.ty.plugin)),
            None => cx.report(messages::unknown_type(&first.key, &types())),
        },
        (Some((ty, _)), unknown) => {
            for entry in unknown {
                let shape = cx.shape(ty);
                let inside = shape.properties.contains_key(&entry.key.value);
                cx.report(messages::unknown_step_key(&entry.key, &ty.ty.name, inside));
            }
        }
    }
    // Which of the two was meant cannot be known, and so nothing inside is checked.
    found.filter(|_| !several)
}
