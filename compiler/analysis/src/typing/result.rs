//! The rules of step types for their results, read for one step.

use std::collections::BTreeMap;
use std::sync::Arc;

use locus_expr::{Field, Ty};
use locus_model::node::unescape_token;
use locus_model::{Node, NodeKind, notation};
use locus_plugin::ResultType;
use serde_json::Value;

use super::reasons::Reason;
use super::slots::Walked;
use super::{ByPointer, Typer, declared, schema, words_for};
use crate::expressions::is_template;
use crate::shape::{Reference, Shape};
use crate::steps::StepDraft;

/// A step when everything in it is known.
pub(super) struct Ended<'e, 'a> {
    pub(super) step: &'e StepDraft<'a>,
    pub(super) shape: &'a Shape,
    pub(super) walked: Walked,
    /// The results of its blocks.
    pub(super) blocks: ByPointer<Ty>,
    /// What the signals carry that end its blocks.
    pub(super) signals: BTreeMap<String, Ty>,
}

impl Ended<'_, '_> {
    fn node(&self, pointer: &str) -> Option<&Node> {
        let node = self.step.params.written?.pointer(pointer)?;
        (node.kind != NodeKind::Null).then_some(node)
    }

    /// The value that stands at a pointer whatever happens: written out, or the default.
    fn constant(&self, pointer: &str) -> Option<Value> {
        match self.node(pointer) {
            Some(node) if node.as_str().is_some_and(is_template) => None,
            Some(node) => Some(node.to_value()),
            None => {
                Some(self.shape.at(pointer).and_then(|s| s.default.clone()).unwrap_or_default())
            }
        }
    }

    /// The blocks at a pointer that may have a `*`, each with what the `*` stands for.
    fn blocks<'s>(&'s self, pattern: &'s str) -> impl Iterator<Item = (String, &'s Ty)> {
        let slots = self.step.params.slots.iter();
        slots.filter_map(move |slot| {
            let name = stands_for(pattern, &slot.pointer)?;
            Some((name, self.blocks.get(&slot.pointer)?))
        })
    }
}

/// What the last `*` of a pattern stands for in a pointer; `None` where they differ.
fn stands_for(pattern: &str, pointer: &str) -> Option<String> {
    let (mut pattern, mut pointer) = (pattern.split('/'), pointer.split('/'));
    let mut name = String::new();
    loop {
        match (pattern.next(), pointer.next()) {
            (None, None) => return Some(name),
            (Some("*"), Some(token)) => name = unescape_token(token).into_owned(),
            (Some(a), Some(b)) if a == b => {}
            _ => return None,
        }
    }
}

impl<'a> Typer<'_, 'a> {
    /// The type a rule gives for a step.
    pub(super) fn rule(&mut self, rule: &ResultType, ended: &Ended<'_, 'a>) -> Ty {
        match rule {
            ResultType::Any => Ty::any(),
            ResultType::Null => Ty::null(),
            ResultType::Notation(text) => {
                let ty = notation::parse(text, &mut Vec::new());
                ty.map_or_else(|_| Ty::any(), |ty| declared::bare(&ty))
            }
            ResultType::Object(fields) => {
                let fields: Vec<_> = fields
                    .iter()
                    .map(|(name, ty)| (name.as_str().into(), Field::required(self.rule(ty, ended))))
                    .collect();
                Ty::object(fields, None)
            }
            ResultType::List(item) => Ty::array(self.rule(item, ended)),
            ResultType::Item(list) => {
                let list = self.rule(list, ended);
                list.item(&self.table.named).unwrap_or_else(Ty::any)
            }
            ResultType::Present(ty) => self.rule(ty, ended).without_null(),
            ResultType::OneOf(types) => {
                types.iter().fold(Ty::never(), |all, ty| all.union(&self.rule(ty, ended)))
            }
            ResultType::Param(pointer) => self.parameter(pointer, ended),
            ResultType::Written(pointer) => self.written(pointer, ended),
            ResultType::Workflow(pointer) => match ended.constant(pointer) {
                Some(Value::String(name)) => self.output_of(&name),
                _ => Ty::any(),
            },
            ResultType::Block(pointer) => self.block_result(pointer, ended),
            ResultType::ByName(pattern) => {
                let mut fields: Vec<(Arc<str>, Field)> = Vec::new();
                for (name, ty) in ended.blocks(pattern) {
                    if ty.is_never() {
                        return Ty::never();
                    }
                    fields.push((name.into(), Field::required(ty.clone())));
                }
                Ty::object(fields, None)
            }
            ResultType::AnyOf(pattern) => any_of(ended.blocks(pattern)),
            ResultType::Signal(name) => ended.signals.get(name).cloned().unwrap_or_default(),
            ResultType::Choice { param, cases, otherwise } => match ended.constant(param) {
                Some(value) => {
                    let case = cases.iter().find(|(case, _)| *case == value);
                    self.rule(case.map_or(&**otherwise, |(_, ty)| ty), ended)
                }
                None => cases
                    .iter()
                    .map(|(_, ty)| ty)
                    .chain([&**otherwise])
                    .fold(Ty::never(), |all, ty| all.union(&self.rule(ty, ended))),
            },
            ResultType::Given { params, otherwise } => {
                let given = params.iter().find(|(param, _)| ended.node(param).is_some());
                self.rule(given.map_or(&**otherwise, |(_, ty)| ty), ended)
            }
            ResultType::Uncovered { value, keys, otherwise } => {
                if self.covers(value, keys, ended) {
                    return Ty::never();
                }
                self.rule(otherwise, ended)
            }
        }
    }

    fn parameter(&mut self, pointer: &str, ended: &Ended<'_, 'a>) -> Ty {
        match ended.node(pointer) {
            Some(node) => ended.walked.seen.type_of(node),
            None => ended.constant(pointer).map_or_else(Ty::any, |value| Ty::literal(&value)),
        }
    }

    /// The type that is written in a parameter; what is wrong with it was reported where it was read.
    fn written(&mut self, pointer: &str, ended: &Ended<'_, 'a>) -> Ty {
        let (Some(node), Some(shape)) = (ended.node(pointer), ended.shape.at(pointer)) else {
            return Ty::any();
        };
        if shape.reference != Some(Reference::Type) {
            return schema::type_of(&node.to_value());
        }
        let problems = self.cx.problems.len();
        let field = crate::types::field(self.cx, node, node.span, crate::types::Place::Elsewhere);
        self.cx.problems.truncate(problems);
        declared::type_of(&field.ty, "the result", node.span, &mut self.reasons)
    }

    fn block_result(&mut self, pointer: &str, ended: &Ended<'_, 'a>) -> Ty {
        let mut found = false;
        let mut all = Ty::never();
        for (_, ty) in ended.blocks(pointer) {
            found = true;
            all = all.union(ty);
        }
        if found || pointer.contains('*') {
            return all;
        }
        let reason = Reason::NoBlock { step: words_for(ended.step), place: ended.step.anchor };
        Ty::null().optional_because(self.reasons.add(reason))
    }

    /// Whether every value that a parameter can have is a key of a mapping.
    fn covers(&mut self, value: &str, keys: &str, ended: &Ended<'_, 'a>) -> bool {
        let ty = self.parameter(value, ended);
        let entries = ended.node(keys).and_then(Node::as_mapping).unwrap_or_default();
        let is_key = |text: &str| entries.iter().any(|entry| entry.key.value == text);
        if let Some(constant) = ty.constant() {
            return is_key(&constant.as_str().map_or_else(|| constant.to_string(), str::to_owned));
        }
        let only_texts = !ty.may_be_null() && ty.is_string();
        match ty.literals() {
            Some(texts) if only_texts => texts.iter().all(|text| is_key(text)),
            _ if ty == Ty::bool() => is_key("true") && is_key("false"),
            _ => false,
        }
    }

    /// Whether a step with blocks of which at most one runs may run none: its rule has a place for what is then.
    pub(super) fn may_run_none(&mut self, rule: &ResultType, ended: &Ended<'_, 'a>) -> bool {
        match rule {
            ResultType::OneOf(types) => types.iter().any(|ty| self.may_run_none(ty, ended)),
            ResultType::Block(pointer) => {
                !pointer.contains('*') && ended.blocks(pointer).next().is_none()
            }
            ResultType::Uncovered { value, keys, otherwise } => {
                !self.covers(value, keys, ended) && self.may_run_none(otherwise, ended)
            }
            _ => true,
        }
    }
}

/// One of these fields alone.
fn any_of<'t>(blocks: impl Iterator<Item = (String, &'t Ty)>) -> Ty {
    let ending: Vec<(String, &Ty)> = blocks.filter(|(_, ty)| !ty.is_never()).collect();
    match ending.as_slice() {
        [] => Ty::never(),
        [(name, ty)] => {
            Ty::object([(Arc::from(name.as_str()), Field::required((*ty).clone()))], None)
        }
        _ => {
            let fields = ending.into_iter().map(|(name, ty)| {
                (Arc::from(name.as_str()), Field::optional(ty.clone().possibly_missing()))
            });
            Ty::object(fields.collect::<Vec<_>>(), None)
        }
    }
}
