//! Values along the shape of parameters: every string in them, and whether it fits there.

use std::sync::Arc;

use locus_expr::Template;
use locus_model::node::escape_token;
use locus_model::{Entry, Node, NodeKind};

use super::Typer;
use super::place::{Place, Topics, Variables};
use super::result::Ended;
use super::slots::{Visit, Walked};
use super::texts::{Seen, Use};
use crate::binds::{Around, lazy_binds};
use crate::calls;
use crate::shape::{Others, Reference, Shape};

/// The way to a value among the parameters.
#[derive(Clone, Copy)]
struct At<'w> {
    place: Place<'w>,
    /// The words for the value.
    what: &'w str,
    around: Option<&'w Around<'w>>,
    literal: bool,
    /// Whether nothing is as good as a value.
    nullable: bool,
    /// What the values beside it, and around it, look at.
    topics: &'w [String],
}

impl<'a> Typer<'_, 'a> {
    /// Checks a value that may hold anything.
    pub(super) fn value(&mut self, node: &'a Node, seen: &mut Seen, place: &Place<'_>) {
        match &node.kind {
            NodeKind::String(text) => {
                self.text(text, node, place, seen);
            }
            NodeKind::Sequence(items) => {
                items.iter().for_each(|item| self.value(item, seen, place));
            }
            NodeKind::Mapping(entries) => {
                entries.iter().for_each(|entry| self.value(&entry.value, seen, place));
            }
            _ => {}
        }
    }
}

/// The parameters of a step being walked over.
struct Walk<'w, 't, 'c, 'a> {
    typer: &'w mut Typer<'t, 'a>,
    ended: &'w mut Ended<'c, 'a>,
    pointer: String,
}

impl<'a> Typer<'_, 'a> {
    /// Checks the parameters of a step.
    pub(super) fn params(&mut self, node: &'a Node, ended: &mut Ended<'_, 'a>, place: &Place<'_>) {
        let shape = ended.shape;
        let mut walk = Walk { typer: self, ended, pointer: String::new() };
        let at = At {
            place: *place,
            what: "",
            around: None,
            literal: false,
            nullable: false,
            topics: &[],
        };
        walk.node(node, shape, &at);
    }
}

impl<'a> Walk<'_, '_, '_, 'a> {
    fn walked(&mut self) -> &mut Walked {
        &mut self.ended.walked
    }

    fn node(&mut self, node: &'a Node, shape: &'a Shape, at: &At<'_>) {
        if shape.block.is_some() {
            let pointer = self.pointer.clone();
            let topics = Topics(at.topics.into());
            self.walked().visits.insert(pointer, Visit { topics });
            return;
        }
        let mut at = *at;
        at.literal |= shape.literal;
        if at.literal {
            return;
        }
        let variables;
        if let Some(declared) = &shape.lazy {
            variables = self.lazy(declared.as_deref(), &at);
            at.place.variables = &variables;
        }
        match &node.kind {
            NodeKind::String(text) => {
                let found = self.typer.text(text, node, &at.place, &mut self.ended.walked.seen);
                let Some(found) = found else { return };
                if shape.sets_vars {
                    self.walked().sets = None;
                }
                // What is text with expressions inside was compared with the shape where it was read.
                if self.typer.cx.templates.get(text).is_some_and(Template::is_expression) {
                    let expected =
                        if at.nullable { shape.ty.clone().optional() } else { shape.ty.clone() };
                    self.typer.fits(&found, &expected, &Use::of(at.what, node));
                }
            }
            NodeKind::Sequence(items) if shape.reference != Some(Reference::Type) => {
                self.list(items, shape, &at);
            }
            NodeKind::Mapping(entries) if shape.reference != Some(Reference::Type) => {
                self.mapping(entries, shape, &at);
            }
            _ => {}
        }
    }

    /// The variables of a parameter that the step evaluates itself.
    fn lazy(&mut self, declared: Option<&[crate::shape::Bind]>, at: &At<'_>) -> Arc<Variables> {
        let bound = lazy_binds(declared, at.around);
        if bound.is_empty() {
            return Arc::clone(at.place.variables);
        }
        let mut variables = Variables::clone(at.place.variables);
        for bound in bound {
            let ty = self.typer.rule(&bound.ty, self.ended);
            variables.insert(bound.name.as_str().into(), ty);
        }
        Arc::new(variables)
    }

    fn list(&mut self, items: &'a [Node], shape: &'a Shape, at: &At<'_>) {
        let Some(item_shape) = shape.items.as_deref() else {
            return items.iter().for_each(|item| self.free(item, at));
        };
        let length = self.pointer.len();
        let what = format!("an item of {}", at.what);
        for (index, item) in items.iter().enumerate() {
            self.pointer.push('/');
            self.pointer.push_str(&index.to_string());
            self.node(item, item_shape, &At { what: &what, nullable: false, ..*at });
            self.pointer.truncate(length);
        }
    }

    fn mapping(&mut self, entries: &'a [Entry], shape: &'a Shape, at: &At<'_>) {
        let around = Around { entries, shape, outer: at.around };
        let mut topics = Vec::new();
        if shape.holds_blocks {
            topics.extend_from_slice(at.topics);
            let beside = |entry: &&Entry| {
                shape.property(&entry.key.value).is_some_and(|inner| !inner.holds_blocks)
            };
            for entry in entries.iter().filter(beside) {
                self.typer.gather_topics(&entry.value, &mut topics);
            }
        }
        let at = At { around: Some(&around), topics: &topics, ..*at };
        // Blocks see variables whose types come from the values beside them, so values that hold none go first.
        for holds_blocks in [false, true] {
            for entry in entries {
                let known = shape.property(&entry.key.value);
                if known.is_some_and(|inner| inner.holds_blocks || inner.lazy.is_some())
                    == holds_blocks
                {
                    self.entry(entry, known, shape, &at);
                }
            }
        }
        if shape.sets_vars {
            for entry in entries {
                let ty = self.ended.walked.seen.type_of(&entry.value);
                if let Some(sets) = &mut self.ended.walked.sets {
                    sets.push((entry.key.value.as_str().into(), ty));
                }
            }
        }
        if let Some(call) = calls::named(entries, shape) {
            self.typer.call(&call, &self.ended.walked.seen);
        }
        self.typer.statement(entries, shape, &self.ended.walked.seen);
    }

    fn entry(&mut self, entry: &'a Entry, known: Option<&'a Shape>, shape: &'a Shape, at: &At<'_>) {
        let key = entry.key.value.as_str();
        let required = shape.required.iter().any(|required| required == key)
            || shape.one_of.iter().flatten().any(|name| name == key);
        let absent = entry.value.kind == NodeKind::Null
            && shape.properties.contains_key(key)
            && !shape.required.iter().any(|required| required == key);
        if absent || (known.is_none() && matches!(shape.others, Others::Refused)) {
            return;
        }
        let Some(inner) = known else { return self.free(&entry.value, at) };
        let length = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(&escape_token(key));
        let what = format!("`{key}`");
        let nullable = shape.properties.contains_key(key) && !required && inner.default.is_none();
        self.node(&entry.value, inner, &At { what: &what, nullable, ..*at });
        self.pointer.truncate(length);
    }

    /// A value of which the shape says nothing.
    fn free(&mut self, node: &'a Node, at: &At<'_>) {
        self.typer.value(node, &mut self.ended.walked.seen, &at.place);
    }
}
