//! What the parameters of one step are for, as its step type says: conditions, bounds, codes, names of workflows and events.

use locus_diag::Span;
use locus_model::node::escape_token;
use locus_model::{Effect, Node, NodeKind};
use serde_json::Value;

use crate::expressions::is_template;
use crate::shape::{Others, Role, Shape};
use crate::steps::StepDraft;

/// A parameter with a role.
#[derive(Clone)]
pub(crate) struct Given {
    /// What it is for.
    pub(crate) role: Role,
    /// The place of the mapping it is in; the blocks beside it are below that.
    pub(crate) group: String,
    /// Its place among the parameters.
    pub(crate) pointer: String,
    /// The place of its key; `None` when it is not written.
    pub(crate) key: Option<Span>,
    /// What holds when it is not written.
    pub(crate) default: Option<Value>,
}

/// What the parameters of a step are for, and what they make of its effect.
#[derive(Clone, Default)]
pub(crate) struct Roles {
    all: Vec<Given>,
    /// The strongest effect that parameters name; `None` where none does, or one of them does not say.
    pub(crate) effect: Option<Effect>,
    /// Whether the step can handle errors of its blocks.
    pub(crate) handles: bool,
}

impl Roles {
    /// Gathers the roles of parameters along their shape.
    pub(crate) fn of(node: &Node, shape: &Shape) -> Self {
        let mut found = Gathering::default();
        if shape.holds_roles {
            found.walk(node, shape, &Place::default());
        }
        let effect = found.effect.filter(|_| !found.unsaid);
        Self { all: found.all, effect, handles: shape.handles }
    }

    /// The parameters with this role that are written.
    pub(crate) fn written(&self, role: Role) -> impl Iterator<Item = &Given> {
        self.all.iter().filter(move |given| given.role == role && given.key.is_some())
    }

    /// The first parameter with this role that is written.
    pub(crate) fn first(&self, role: Role) -> Option<&Given> {
        self.written(role).next()
    }

    /// The first parameter with this role, written or not.
    pub(crate) fn any(&self, role: Role) -> Option<&Given> {
        self.all.iter().find(|given| given.role == role)
    }

    /// All parameters with this role, written or not.
    pub(crate) fn all(&self, role: Role) -> impl Iterator<Item = &Given> {
        self.all.iter().filter(move |given| given.role == role)
    }
}

impl Given {
    /// What is written; `None` when nothing is.
    pub(crate) fn node<'a>(&self, step: &StepDraft<'a>) -> Option<&'a Node> {
        self.key?;
        step.params.written?.pointer(&self.pointer)
    }

    /// The value, where it is known before anything runs.
    pub(crate) fn value(&self, step: &StepDraft<'_>) -> Option<Value> {
        match self.node(step) {
            None => self.default.clone(),
            Some(node) => match &node.kind {
                NodeKind::String(text) if is_template(&text.value) => None,
                NodeKind::Sequence(_) | NodeKind::Mapping(_) => None,
                _ => Some(node.to_value()),
            },
        }
    }

    /// Whether a block at this place stands beside it.
    pub(crate) fn is_beside(&self, block: &str) -> bool {
        block.strip_prefix(self.group.as_str()).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Whether a block at this place stands in a mapping beside it, under a key of the author's.
    pub(crate) fn chooses(&self, block: &str) -> bool {
        let rest = block.strip_prefix(self.group.as_str()).and_then(|rest| rest.strip_prefix('/'));
        rest.is_some_and(|rest| rest.contains('/'))
    }
}

#[derive(Default)]
struct Gathering {
    all: Vec<Given>,
    effect: Option<Effect>,
    unsaid: bool,
}

/// Where the walk is.
#[derive(Clone, Default)]
struct Place {
    group: String,
    pointer: String,
    key: Option<Span>,
}

impl Gathering {
    fn walk(&mut self, node: &Node, shape: &Shape, place: &Place) {
        if shape.role.is_some() || !shape.effects.is_empty() {
            self.take(Some(node), shape, place);
        }
        match &node.kind {
            NodeKind::Mapping(entries) => {
                for entry in entries {
                    let key = &entry.key.value;
                    let Some(inner) = shape.property(key).filter(|inner| inner.holds_roles) else {
                        continue;
                    };
                    if entry.value.kind != NodeKind::Null || !shape.properties.contains_key(key) {
                        self.walk(&entry.value, inner, &place.inside(key, Some(entry.key.span)));
                    }
                }
                self.absent(entries, shape, place);
            }
            NodeKind::Sequence(items) => {
                let Some(inner) = shape.items.as_deref().filter(|inner| inner.holds_roles) else {
                    return;
                };
                for (index, item) in items.iter().enumerate() {
                    self.walk(item, inner, &place.inside(&index.to_string(), place.key));
                }
            }
            NodeKind::Null if !matches!(shape.others, Others::Any) => {
                self.absent(&[], shape, place);
            }
            _ => {}
        }
    }

    /// The parameters of a mapping that are not written.
    fn absent(&mut self, entries: &[locus_model::Entry], shape: &Shape, place: &Place) {
        for (key, inner) in &shape.properties {
            let written = entries
                .iter()
                .any(|entry| entry.key.value == *key && entry.value.kind != NodeKind::Null);
            if !written && (inner.role.is_some() || !inner.effects.is_empty()) {
                self.take(None, inner, &place.inside(key, None));
            }
        }
    }

    fn take(&mut self, node: Option<&Node>, shape: &Shape, place: &Place) {
        if !shape.effects.is_empty() {
            match node.map_or_else(|| shape.default.clone(), |node| Some(node.to_value())) {
                Some(Value::String(text)) => self.effect(&text, shape),
                Some(Value::Bool(word)) => self.effect(&word.to_string(), shape),
                _ => self.unsaid = true,
            }
        }
        if let Some(role) = shape.role {
            self.all.push(Given {
                role,
                group: place.group.clone(),
                pointer: place.pointer.clone(),
                key: node.and(place.key),
                default: shape.default.clone(),
            });
        }
    }

    fn effect(&mut self, text: &str, shape: &Shape) {
        let text = text.trim_start();
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        let word = text[..end].to_lowercase();
        match shape.effects.iter().find(|(known, _)| *known == word) {
            Some((_, effect)) => {
                let stronger = |other: Effect| strength(other) > strength(*effect);
                self.effect = Some(self.effect.filter(|other| stronger(*other)).unwrap_or(*effect));
            }
            None => self.unsaid = true,
        }
    }
}

impl Place {
    fn inside(&self, key: &str, at: Option<Span>) -> Self {
        Self {
            group: self.pointer.clone(),
            pointer: format!("{}/{}", self.pointer, escape_token(key)),
            key: at,
        }
    }
}

/// How much a repetition would do.
const fn strength(effect: Effect) -> u8 {
    match effect {
        Effect::Pure => 0,
        Effect::Read => 1,
        Effect::Idempotent => 2,
        Effect::Transactional => 3,
        Effect::AtMostOnce => 4,
    }
}
