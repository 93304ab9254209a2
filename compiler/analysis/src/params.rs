//! Parameters: one walk over what is written, along the shape of the step type. It checks, gathers what expressions refer to,
//! cuts the inner blocks out and notes which parameters the step evaluates itself.

use locus_diag::{Diagnostic, SourceId, Span, Spanned, did_you_mean};
use locus_model::node::escape_token;
use locus_model::{Entry, Node, NodeKind, Text};
use locus_plugin::step::StepEntry;
use serde_json::Value;

use crate::binds::{Around, Bound, bound};
use crate::calls;
use crate::connections;
use crate::context::Context;
use crate::expressions::{self, Written};
use crate::keys::{anchor, is_extension};
use crate::messages::{names, plugins, steps as messages, values};
use crate::segments::Segments;
use crate::shape::{Bind, Kind, Others, Reference, Runs, Shape};
use crate::steps::{self, BlockDraft};
use crate::types::{self, Place as TypePlace};
use crate::values as fits;

/// The parameters of a step, or the options of a target.
pub(crate) struct Params<'a> {
    /// What is written, with nothing in the places of inner blocks.
    pub(crate) node: Node,
    /// Pointers of what the step evaluates itself.
    pub(crate) lazy: Vec<String>,
    /// The inner blocks.
    pub(crate) slots: Vec<SlotDraft<'a>>,
    /// All of it as written.
    pub(crate) written: Option<&'a Node>,
    /// The names that later steps see as `.vars`; `None` when only the run will tell.
    pub(crate) vars: Option<Vec<String>>,
    /// Whether a key is missing, misspelled or at odds with another: what comes of the step is not known then.
    pub(crate) broken: bool,
}

/// An inner block.
pub(crate) struct SlotDraft<'a> {
    /// The place among the parameters.
    pub(crate) pointer: String,
    /// What it adds to the paths of its steps.
    pub(crate) segment: Option<String>,
    /// Where that is written.
    pub(crate) named_at: Span,
    /// Whether its author wrote it.
    pub(crate) named: bool,
    /// How often it may run.
    pub(crate) runs: Runs,
    /// The variables its steps see.
    pub(crate) binds: Vec<Bound>,
    /// Its steps.
    pub(crate) block: BlockDraft<'a>,
}

impl Params<'_> {
    /// No parameters.
    pub(crate) fn none(place: Span) -> Self {
        Self {
            node: Node::new(NodeKind::Null, place),
            lazy: Vec::new(),
            slots: Vec::new(),
            written: None,
            vars: Some(Vec::new()),
            broken: false,
        }
    }
}

/// Reads the parameters of a step, which stand behind the key that names its type.
pub(crate) fn read<'a>(cx: &mut Context<'a>, ty: &'a StepEntry, entry: &'a Entry) -> Params<'a> {
    let shape = cx.shape(ty);
    let what = format!("`{}`", ty.ty.name);
    if let Some(advice) = &shape.deprecated {
        let what = format!("the step type {what}");
        cx.report(plugins::deprecated(&what, advice, entry.key.span));
    }
    if entry.value.kind == NodeKind::Null && shape.may_be_empty() {
        return Params::none(entry.value.span);
    }
    walk(cx, &entry.value, shape, &Place::of(&what, entry.key.span))
}

/// Reads settings, in which nothing is computed; `what` are the words for them.
pub(crate) fn settings<'a>(
    cx: &mut Context<'a>,
    node: &'a Node,
    shape: &Shape,
    what: &str,
    anchor: Span,
) -> Node {
    walk(cx, node, shape, &Place { literal: true, ..Place::of(what, anchor) }).node
}

/// Reads settings in which expressions may stand; what these refer to is the caller's to check.
pub(crate) fn open_settings<'a>(
    cx: &mut Context<'a>,
    node: &'a Node,
    shape: &Shape,
    what: &str,
    anchor: Span,
) {
    walk(cx, node, shape, &Place::of(what, anchor));
}

/// Why a value that stands in no file does not fit a shape; `None` when it does.
pub(crate) fn misfit(cx: &Context<'_>, value: &Value, shape: &Shape) -> Option<String> {
    let place = Span::new(SourceId(0), 0..0);
    let node = Node::of_value(value, place);
    let mut cx = cx.apart();
    walk(&mut cx, &node, shape, &Place { literal: true, ..Place::of("the config", place) });
    cx.problems.into_iter().find(Diagnostic::is_error).map(|problem| problem.message)
}

/// Walks over a value along a shape.
fn walk<'a>(cx: &mut Context<'a>, node: &'a Node, shape: &Shape, place: &Place<'_>) -> Params<'a> {
    let mut walk = Walk { cx, found: Params::none(node.span), pointer: String::new() };
    // Nothing written is a mapping without keys here: what is missing from it can be said.
    let kept = match (&node.kind, shape.kinds.as_slice()) {
        (NodeKind::Null, [Kind::Mapping]) => {
            walk.mapping(&[], shape, place);
            node.clone()
        }
        _ => walk.node(node, shape, place, &Segments::default()),
    };
    walk.found.node = kept;
    walk.found.written = Some(node);
    walk.found
}

/// The way to a value, and what holds there because of the values around it.
#[derive(Clone, Copy)]
struct Place<'w> {
    /// The words for the mapping around.
    what: &'w str,
    /// Where to point when something is missing.
    anchor: Span,
    /// The mapping around.
    around: Option<&'w Around<'w>>,
    literal: bool,
}

impl<'w> Place<'w> {
    /// The outermost place.
    fn of(what: &'w str, anchor: Span) -> Self {
        Self { what, anchor, around: None, literal: false }
    }
}

struct Walk<'c, 'a> {
    cx: &'c mut Context<'a>,
    found: Params<'a>,
    pointer: String,
}

impl<'a> Walk<'_, 'a> {
    /// Checks a value; gives back what stays of it among the parameters.
    fn node(
        &mut self,
        node: &'a Node,
        shape: &Shape,
        place: &Place<'_>,
        segments: &Segments,
    ) -> Node {
        if let Some(binds) = &shape.block {
            self.slot(node, shape.runs, binds, place, segments);
            return Node::new(NodeKind::Null, node.span);
        }
        let mut place = *place;
        place.literal |= shape.literal;
        if shape.lazy.is_some() {
            self.found.lazy.push(self.pointer.clone());
        }
        if shape.reference == Some(Reference::Type) {
            self.type_reference(node, &place);
            return node.clone();
        }
        let kind = match &node.kind {
            NodeKind::String(text) => {
                self.string(node, text, shape, &place);
                return node.clone();
            }
            NodeKind::Sequence(items) => {
                if fits::kind(node, shape, &mut self.cx.problems) {
                    self.list(node, items, shape, &place, segments)
                } else {
                    return node.clone();
                }
            }
            NodeKind::Mapping(entries) => {
                if fits::kind(node, shape, &mut self.cx.problems) {
                    NodeKind::Mapping(self.mapping_with(node, entries, shape, &place, segments))
                } else {
                    return node.clone();
                }
            }
            _ => {
                fits::scalar(node, shape, &mut self.cx.problems);
                return node.clone();
            }
        };
        fits::rest(node, shape, &mut self.cx.problems);
        Node::new(kind, node.span)
    }

    fn string(&mut self, node: &Node, text: &Text, shape: &Shape, place: &Place<'_>) {
        if place.literal {
            if expressions::is_template(&text.value) {
                self.cx.report(values::expression_not_allowed("this parameter", node.span));
                return;
            }
        } else {
            match expressions::read(self.cx, text, node.span) {
                Written::Plain => {}
                Written::Broken => return,
                Written::Whole => {
                    if shape.sets_vars {
                        self.found.vars = None;
                    }
                    return;
                }
                Written::Mixed => {
                    fits::interpolated(node, shape, &mut self.cx.problems);
                    return;
                }
            }
        }
        if fits::scalar(node, shape, &mut self.cx.problems)
            && let Some(reference) = shape.reference
        {
            self.reference(node, &text.value, reference, shape);
        }
    }

    fn list(
        &mut self,
        node: &Node,
        items: &'a [Node],
        shape: &Shape,
        place: &Place<'_>,
        segments: &Segments,
    ) -> NodeKind {
        fits::length(items.len(), "item", shape, node.span, &mut self.cx.problems);
        let any = Shape::default();
        let item_shape = shape.items.as_deref().unwrap_or(&any);
        let blocks = item_shape.holds_blocks;
        let length = self.pointer.len();
        let what = format!("an item of {}", place.what);
        let mut kept = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            self.pointer.push('/');
            self.pointer.push_str(&index.to_string());
            let inner = if blocks { segments.item(item, item_shape) } else { Segments::default() };
            let place = Place { what: &what, anchor: anchor(item), ..*place };
            kept.push(self.node(item, item_shape, &place, &inner));
            self.pointer.truncate(length);
        }
        NodeKind::Sequence(kept)
    }

    fn mapping_with(
        &mut self,
        node: &Node,
        entries: &'a [Entry],
        shape: &Shape,
        place: &Place<'_>,
        segments: &Segments,
    ) -> Vec<Entry> {
        fits::length(entries.len(), "key", shape, node.span, &mut self.cx.problems);
        if shape.sets_vars {
            let names = entries.iter().map(|entry| entry.key.value.clone());
            self.found.vars.iter_mut().for_each(|vars| vars.extend(names.clone()));
        }
        let around = Around { entries, shape, outer: place.around };
        let kept =
            self.entries(entries, shape, &Place { around: Some(&around), ..*place }, segments);
        self.mapping(entries, shape, place);
        kept
    }

    fn entries(
        &mut self,
        entries: &'a [Entry],
        shape: &Shape,
        place: &Place<'_>,
        segments: &Segments,
    ) -> Vec<Entry> {
        let any = Shape::default();
        let length = self.pointer.len();
        let mut kept = Vec::with_capacity(entries.len());
        for entry in entries {
            let key = entry.key.value.as_str();
            let known = shape.property(key);
            let absent = entry.value.kind == NodeKind::Null
                && shape.properties.contains_key(key)
                && !shape.required.iter().any(|required| required == key);
            if absent || (known.is_none() && matches!(shape.others, Others::Refused)) {
                kept.push(entry.clone());
                continue;
            }
            let inner = known.unwrap_or(&any);
            if let Some(advice) = &inner.deprecated {
                let what = format!("the parameter `{key}`");
                self.cx.report(plugins::deprecated(&what, advice, entry.key.span));
            }
            self.pointer.push('/');
            self.pointer.push_str(&escape_token(key));
            let next = if inner.holds_blocks {
                segments.key(&entry.key, shape.properties.contains_key(key), inner)
            } else {
                Segments::default()
            };
            let what = format!("`{key}`");
            let anchor = entry.key.span;
            let value =
                self.node(&entry.value, inner, &Place { what: &what, anchor, ..*place }, &next);
            kept.push(Entry { key: entry.key.clone(), value });
            self.pointer.truncate(length);
        }
        kept
    }

    /// Checks the keys of a mapping: known, complete, not at odds with each other.
    fn mapping(&mut self, entries: &[Entry], shape: &Shape, place: &Place<'_>) {
        let before = self.cx.problems.len();
        let mut meant = Vec::new();
        for entry in entries {
            meant.extend(self.key(entry, shape, place));
        }
        let written = |key: &str| {
            let mut entries = entries.iter();
            entries.find(|entry| entry.key.value == key && entry.value.kind != NodeKind::Null)
        };
        for key in &shape.required {
            let misspelled = meant.contains(&key.as_str());
            if !misspelled && !entries.iter().any(|entry| entry.key.value == *key) {
                self.cx.report(values::missing_key(key, place.what, place.anchor));
            }
        }
        for group in &shape.one_of {
            let names: Vec<&str> = group.iter().map(String::as_str).collect();
            let mut there = group.iter().filter_map(|key| written(key));
            match (there.next(), there.next()) {
                (None, _) if names.iter().any(|name| meant.contains(name)) => {}
                (None, _) => {
                    self.cx.report(values::missing_one_of(&names, place.what, place.anchor));
                }
                (Some(first), Some(second)) => {
                    let (first, second) = (&first.key, &second.key);
                    self.cx.report(values::conflicting_keys(first, second, place.what, &names));
                }
                _ => {}
            }
        }
        self.found.broken |= self.cx.problems.len() > before;
        calls::check(self.cx, entries, shape, place.anchor);
    }

    /// Checks a key; gives back the one that was probably meant.
    fn key<'s>(&mut self, entry: &Entry, shape: &'s Shape, place: &Place<'_>) -> Option<&'s str> {
        let key = &entry.key;
        if shape.properties.contains_key(&key.value) {
            return None;
        }
        if !matches!(shape.others, Others::Refused) {
            if !is_extension(&key.value) {
                fits::key(key, shape, &mut self.cx.problems);
            }
            return None;
        }
        let known: Vec<&str> = shape.properties.keys().map(String::as_str).collect();
        let outside = place.around.is_none() && steps::is_common(&key.value);
        self.cx.report(if outside {
            messages::common_key_inside(key, place.what)
        } else {
            values::unknown_key(key, place.what, &known)
        });
        did_you_mean(key, known)
    }

    fn slot(
        &mut self,
        node: &'a Node,
        runs: Runs,
        binds: &[Bind],
        place: &Place<'_>,
        segments: &Segments,
    ) {
        let block = steps::block(self.cx, node, place.what);
        self.found.slots.push(SlotDraft {
            pointer: self.pointer.clone(),
            segment: segments.join(),
            runs,
            named: segments.named,
            named_at: segments.place.unwrap_or(place.anchor),
            binds: binds.iter().filter_map(|bind| bound(bind, place.around)).collect(),
            block,
        });
    }

    /// Checks that what a text names is there.
    fn reference(&mut self, node: &Node, text: &str, reference: Reference, shape: &Shape) {
        let name = Spanned::new(text.to_owned(), node.span);
        let declared = &self.cx.names;
        let problem = match reference {
            Reference::Connection if declared.connections.contains_key(text) => {
                let Some(service) = &shape.service else { return };
                return connections::check_service(self.cx, &name, service);
            }
            Reference::Connection => {
                let known = declared.connections.keys().map(String::as_str);
                names::unknown_connection(&name, known)
            }
            Reference::Workflow if !declared.workflows.contains_key(text) => {
                names::unknown_workflow(&name, declared.workflows.keys().map(String::as_str))
            }
            Reference::Model if !declared.types.get(text).is_some_and(|ty| ty.model) => {
                let models = declared.types.iter().filter(|(_, ty)| ty.model);
                names::unknown_model(&name, models.map(|(name, _)| name.as_str()))
            }
            _ => return,
        };
        self.cx.report(problem);
    }

    /// Checks a type that is written out.
    fn type_reference(&mut self, node: &Node, place: &Place<'_>) {
        if let Some(text) = node.as_text().filter(|_| !place.literal) {
            match expressions::read(self.cx, text, node.span) {
                Written::Plain => {}
                Written::Broken | Written::Whole | Written::Mixed => return,
            }
        }
        types::field(self.cx, node, place.anchor, TypePlace::Elsewhere);
    }
}
