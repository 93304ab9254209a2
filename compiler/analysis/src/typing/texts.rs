//! The expressions of one string: their names, their types, and whether what they give fits where it goes.

use std::collections::BTreeMap;

use locus_diag::Span;
use locus_expr::{Field, Inference, MismatchKind, Template, Ty, TypeProblemKind, assignable};
use locus_model::{Node, NodeKind, Text};

use super::Typer;
use super::place::{Place, topics_of};
use super::reasons::Reason;
use crate::expressions::is_template;
use crate::messages::typing as messages;
use crate::scope;

/// The types of the strings of one value that were walked over, by the address of each string.
#[derive(Default)]
pub(super) struct Seen(BTreeMap<usize, Ty>);

impl Seen {
    pub(super) fn put(&mut self, text: &Text, ty: Ty) {
        self.0.insert(std::ptr::from_ref(text).addr(), ty);
    }

    fn get(&self, text: &Text) -> Option<&Ty> {
        self.0.get(&std::ptr::from_ref(text).addr())
    }

    /// The type of a value, part by part.
    pub(super) fn type_of(&self, node: &Node) -> Ty {
        match &node.kind {
            NodeKind::String(text) => match self.get(text) {
                Some(ty) => ty.clone(),
                None if is_template(&text.value) => Ty::any(),
                None => Ty::one_of([text.value.as_str()]),
            },
            NodeKind::Sequence(items) => Ty::tuple(items.iter().map(|item| self.type_of(item))),
            NodeKind::Mapping(entries) => {
                let fields = entries.iter().map(|entry| {
                    let ty = self.type_of(&entry.value);
                    (entry.key.value.as_str().into(), Field::required(ty))
                });
                Ty::object(fields.collect::<Vec<_>>(), None)
            }
            _ => Ty::literal(&node.to_value()),
        }
    }
}

/// Where a value goes.
pub(super) struct Use<'u> {
    /// In the words of a message: "the condition".
    pub(super) what: String,
    /// The value.
    pub(super) node: &'u Node,
    /// Where it is declared what belongs there, with the words for that.
    pub(super) declared: Option<(Span, String)>,
}

impl<'u> Use<'u> {
    /// The condition of a step.
    pub(super) fn condition(node: &'u Node) -> Self {
        Self { what: "the condition".to_owned(), node, declared: None }
    }

    /// The value under a key.
    pub(super) fn of(what: impl Into<String>, node: &'u Node) -> Self {
        Self { what: what.into(), node, declared: None }
    }
}

impl<'a> Typer<'_, 'a> {
    /// Checks a string, and keeps its type. `None` where it holds no expressions.
    pub(super) fn text(
        &mut self,
        text: &'a Text,
        node: &'a Node,
        place: &Place<'_>,
        seen: &mut Seen,
    ) -> Option<Ty> {
        let template = self.cx.templates.get(text).cloned();
        let Some(template) = template else {
            if is_template(&text.value) {
                self.note(text, node.span, None, place, &Ty::any());
            }
            return None;
        };
        if let Some(literal) = template.literal() {
            seen.put(text, Ty::one_of([literal]));
            return None;
        }
        let inference = self.infer(&template, text, node.span, place);
        seen.put(text, inference.ty.clone());
        Some(inference.ty)
    }

    /// Checks a condition; gives its type, and how it always turns out, if it does.
    pub(super) fn condition(
        &mut self,
        text: &'a Text,
        node: &'a Node,
        place: &Place<'_>,
    ) -> (Ty, Option<bool>) {
        let Some(template) = self.cx.templates.get(text).cloned() else {
            if is_template(&text.value) {
                self.note(text, node.span, None, place, &Ty::any());
            }
            return (Ty::any(), None);
        };
        let inference = self.infer(&template, text, node.span, place);
        if !template.is_expression() {
            // Told where it was read: it is always text.
            return (Ty::any(), None);
        }
        let truth = match inference.ty.constant() {
            Some(serde_json::Value::Bool(value)) => Some(value),
            _ => None,
        };
        (inference.ty, truth)
    }

    fn infer(
        &mut self,
        template: &Template,
        text: &'a Text,
        whole: Span,
        place: &Place<'_>,
    ) -> Inference {
        if self.silent == 0 {
            let site = scope::Site { variables: place.variables, result: place.result.is_some() };
            self.facts.check((template, text, whole), place.level, site, &mut self.found);
        }
        let scope = self.scope_for(template, place);
        let inference = template.infer(&scope);
        if self.silent == 0 {
            for problem in &inference.problems {
                let at = text.locate(problem.range.clone(), whole);
                let written = text.value.get(problem.range.clone()).unwrap_or_default();
                let causes = match &problem.kind {
                    TypeProblemKind::MaybeNull { reasons, .. } => {
                        if self.is_considered(reasons, &topics_of(template)) {
                            continue;
                        }
                        self.causes(reasons)
                    }
                    TypeProblemKind::ConstantCondition { .. } => continue,
                    TypeProblemKind::UnknownField { within, .. } => {
                        let place = within.label().and_then(|name| {
                            Some((
                                *self.table.places.get(name)?,
                                format!("`{name}` is declared here"),
                            ))
                        });
                        place.into_iter().collect()
                    }
                    _ => Vec::new(),
                };
                self.found.push(messages::problem(problem, at, written, causes));
            }
            if inference.problems.is_empty() {
                self.cx.inferred.add(text, &inference.ty);
            }
            self.note(text, whole, Some(template), place, &inference.ty);
        }
        inference
    }

    /// Checks whether a value of a type fits where it goes.
    pub(super) fn fits(&mut self, found: &Ty, expected: &Ty, to: &Use<'_>) {
        if self.silent > 0 || expected.is_any() {
            return;
        }
        let Err(mismatch) = assignable(found, expected, &self.table.named) else { return };
        let mut causes: Vec<(Span, String)> = Vec::new();
        if let MismatchKind::Null { reasons, .. } = &mismatch.kind {
            if self.is_considered(reasons, &self.topics(located(to.node, &mismatch.path))) {
                return;
            }
            causes = self.causes(reasons);
        }
        causes.extend(to.declared.clone());
        let node = located(to.node, &mismatch.path);
        let key = match &mismatch.kind {
            MismatchKind::Unknown { field, .. } => node.entry(field).map(|entry| entry.key.span),
            _ => None,
        };
        let at = key.unwrap_or_else(|| expression_of(node));
        let problem = messages::mismatch(&mismatch, &to.what, at, causes);
        self.found.push(problem);
    }

    /// The places that reasons for null point at, with what each says.
    fn causes(&self, reasons: &[u32]) -> Vec<(Span, String)> {
        let known = reasons.iter().filter_map(|number| self.reasons.get(*number));
        let mut causes: Vec<(Span, String)> = known
            .filter_map(|reason| match reason {
                Reason::Declared { name, place } => Some((*place, format!("`{name}` is optional"))),
                Reason::Skipped { step, place, .. } => {
                    Some((*place, format!("{step} is skipped when this is not true")))
                }
                Reason::NoBlock { step, place } => {
                    Some((*place, format!("{step} may run none of its blocks")))
                }
                Reason::NotSet { name, place, .. } => {
                    Some(((*place)?, format!("`.vars.{name}` is only set when this is true")))
                }
            })
            .collect();
        // A few places are enough to understand.
        causes.truncate(3);
        causes
    }
}

/// The part of a value that a path of jq leads to, as far as it is written out.
fn located<'n>(node: &'n Node, path: &str) -> &'n Node {
    let mut node = node;
    let mut rest = path.strip_prefix('.').unwrap_or(path);
    while !rest.is_empty() {
        let Some((token, after)) = token(rest) else { break };
        let inner = match (&node.kind, token.parse::<usize>()) {
            (NodeKind::Sequence(items), Ok(index)) => items.get(index),
            (NodeKind::Mapping(_), _) => node.get(token),
            _ => None,
        };
        let Some(inner) = inner else { break };
        node = inner;
        rest = after.strip_prefix('.').unwrap_or(after);
    }
    node
}

/// The first step of a path, and what is behind it.
fn token(path: &str) -> Option<(&str, &str)> {
    if let Some(inner) = path.strip_prefix("[\"") {
        return inner.split_once("\"]");
    }
    if let Some(inner) = path.strip_prefix('[') {
        return inner.split_once(']');
    }
    let end = path.find(['.', '[']).unwrap_or(path.len());
    Some(path.split_at(end))
}

/// The place to mark for a value: of one expression the part inside `${ }`, of a mapping its first key.
fn expression_of(node: &Node) -> Span {
    let Some(text) = node.as_text() else { return crate::keys::anchor(node) };
    let value = text.value.trim();
    let inner = value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    let Some(inner) = inner.map(str::trim).filter(|inner| !inner.is_empty()) else {
        return node.span;
    };
    let start = inner.as_ptr().addr() - text.value.as_ptr().addr();
    text.locate(start..start + inner.len(), node.span)
}
