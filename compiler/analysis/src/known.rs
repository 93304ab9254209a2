//! What is known of the expressions of a workflow before anything runs: what they refer to, and which of them have but one value.

use std::collections::HashMap;

use locus_diag::Spanned;
use locus_expr::{Limits, Scope, Template, Ty};
use locus_model::{Node, NodeKind, Text};
use serde_json::Value;

use crate::expressions::{self, Templates};

/// What is known of the expressions of a workflow.
pub(crate) struct Known<'k> {
    templates: &'k Templates,
    types: &'k Inferred,
}

/// The types of some expressions, by the address of their string.
#[derive(Default)]
pub(crate) struct Inferred(HashMap<usize, Ty>);

impl Inferred {
    /// Keeps the type of the expressions in a string, if it has few values.
    pub(crate) fn add(&mut self, text: &Text, ty: &Ty) {
        if texts(ty).is_some() {
            self.0.insert(std::ptr::from_ref(text).addr(), ty.clone());
        }
    }

    fn get(&self, text: &Text) -> Option<&Ty> {
        self.0.get(&std::ptr::from_ref(text).addr())
    }
}

impl<'k> Known<'k> {
    pub(crate) fn new(templates: &'k Templates, types: &'k Inferred) -> Self {
        Self { templates, types }
    }

    /// Whether a condition is always true, or always false, and is not written so.
    pub(crate) fn turns_out(&self, condition: &Node) -> Option<bool> {
        let text = condition.as_text()?;
        let source = self.templates.get(text)?.expressions().next()?.source();
        let written = matches!(source.trim(), "true" | "false");
        self.truth(condition).filter(|_| !written)
    }

    /// Whether a condition is always true, or always false.
    pub(crate) fn truth(&self, condition: &Node) -> Option<bool> {
        match &condition.kind {
            NodeKind::Bool(value) => Some(*value),
            NodeKind::String(text) => match self.types.get(text) {
                Some(ty) => ty.constant()?.as_bool(),
                None => constant(self.templates.get(text)?)?.as_bool(),
            },
            _ => None,
        }
    }

    /// All texts that a value may have as the key of a case; `None` where there may be others.
    pub(crate) fn texts(&self, value: &Node) -> Option<Vec<String>> {
        let text = match &value.kind {
            NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Null => {
                return Some(vec![value.to_value().to_string()]);
            }
            NodeKind::String(text) => text,
            NodeKind::Sequence(_) | NodeKind::Mapping(_) => return None,
        };
        let Some(template) = self.templates.get(text).filter(|found| found.literal().is_none())
        else {
            return Some(vec![text.value.clone()]);
        };
        let ty = match self.types.get(text) {
            Some(ty) => ty.clone(),
            None => Ty::literal(&constant(template)?),
        };
        texts(&ty)
    }

    /// Calls `each` for every string with expressions in a value.
    pub(crate) fn templates<'n>(
        &self,
        node: &'n Node,
        each: &mut dyn FnMut(&'n Text, &'n Node, &Template),
    ) {
        match &node.kind {
            NodeKind::String(text) => {
                if let Some(template) = self.templates.get(text) {
                    each(text, node, template);
                }
            }
            NodeKind::Sequence(items) => items.iter().for_each(|item| self.templates(item, each)),
            NodeKind::Mapping(entries) => {
                entries.iter().for_each(|entry| self.templates(&entry.value, each));
            }
            _ => {}
        }
    }

    /// The paths from `.` that a value refers to.
    pub(crate) fn paths(&self, node: &Node) -> Vec<Vec<Spanned<String>>> {
        let mut all = Vec::new();
        self.templates(node, &mut |text, node, template| {
            all.extend(expressions::paths(template, text, node.span));
        });
        all
    }

    /// The variables that a value refers to, without `$`.
    pub(crate) fn variables(&self, node: &Node) -> Vec<Spanned<String>> {
        let mut all = Vec::new();
        self.templates(node, &mut |text, node, template| {
            all.extend(expressions::variables(template, text, node.span));
        });
        all
    }
}

/// The value of expressions that refer to nothing.
fn constant(template: &Template) -> Option<Value> {
    let mut expressions = template.expressions();
    let closed = expressions.all(|expr| {
        let nothing = expr.variables().is_empty() && expr.paths().is_empty();
        // What is no path may still look at the whole of `.`.
        nothing && !expr.source().contains(|letter: char| letter == '.' || letter.is_lowercase())
            || matches!(expr.source().trim(), "true" | "false" | "null")
    });
    let value = closed.then(|| template.evaluate(&Scope::default(), &Limits::default()))?;
    Some(value.ok()?.to_value())
}

fn texts(ty: &Ty) -> Option<Vec<String>> {
    if let Some(value) = ty.constant() {
        return Some(vec![match value {
            Value::String(text) => text,
            other => other.to_string(),
        }]);
    }
    let bare = ty.clone().without_null();
    let mut texts: Vec<String> = if bare.is_string() {
        bare.literals()?.iter().map(ToString::to_string).collect()
    } else if bare == Ty::bool() {
        vec!["true".to_owned(), "false".to_owned()]
    } else {
        return None;
    };
    if bare != *ty {
        texts.push("null".to_owned());
    }
    Some(texts)
}
