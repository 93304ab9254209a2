//! What is seen at one place: results, variables, and what conditions have looked at before.

use std::collections::BTreeMap;
use std::sync::Arc;

use locus_expr::{Expr, Field, Root, Template, Ty, TypeScope};
use locus_model::{Node, NodeKind};

use super::Typer;
use super::reasons::Reason;
use crate::level::Level;
use crate::scope::{self, GLOBALS, SECRETS};

/// Types of variables, without `$`.
pub(crate) type Variables = BTreeMap<Arc<str>, Ty>;

/// A place in a workflow.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    /// The step, with the blocks around it.
    pub(super) level: &'p Level<'p>,
    /// The variables of expressions.
    pub(super) variables: &'p Arc<Variables>,
    /// The step's result, where it can be reshaped.
    pub(super) result: Option<&'p Ty>,
}

impl<'p> Place<'p> {
    /// At a step.
    pub(super) fn at(level: &'p Level<'p>, variables: &'p Arc<Variables>) -> Self {
        Self { level, variables, result: None }
    }
}

/// The variables that are always there.
pub(super) fn globals() -> Variables {
    let ty = |name: &str| match name {
        SECRETS => Ty::map(Ty::string()),
        _ => Ty::map(Ty::any()),
    };
    GLOBALS.iter().map(|name| (Arc::from(*name), ty(name))).collect()
}

/// What a condition looks at: `steps.charge`, `input.amount`, and every name on the way.
#[derive(Clone, Default)]
pub(super) struct Topics(pub(super) Arc<[String]>);

impl Topics {
    fn has(&self, topic: &str) -> bool {
        self.0.iter().any(|known| known == topic)
    }
}

impl Typer<'_, '_> {
    /// What the expressions in a value look at.
    pub(super) fn topics(&self, node: &Node) -> Topics {
        let mut topics = Vec::new();
        self.gather_topics(node, &mut topics);
        topics.sort_unstable();
        topics.dedup();
        Topics(topics.into())
    }

    pub(super) fn gather_topics(&self, node: &Node, topics: &mut Vec<String>) {
        match &node.kind {
            NodeKind::String(text) => {
                if let Some(template) = self.cx.templates.get(text) {
                    gather_from(template, topics);
                }
            }
            NodeKind::Sequence(items) => {
                items.iter().for_each(|item| self.gather_topics(item, topics));
            }
            NodeKind::Mapping(entries) => {
                entries.iter().for_each(|entry| self.gather_topics(&entry.value, topics));
            }
            _ => {}
        }
    }

    /// Whether a condition around this place, or before it, has thought of one of these reasons for null; where nobody said one, of
    /// something that the expressions look at.
    pub(super) fn is_considered(&self, reasons: &[u32], looked_at: &Topics) -> bool {
        let assumed = |topic: &str| self.assumed.iter().any(|topics| topics.has(topic));
        if reasons.is_empty() {
            return looked_at.0.iter().any(|topic| is_place(topic) && assumed(topic));
        }
        reasons.iter().filter_map(|number| self.reasons.get(*number)).any(|reason| match reason {
            Reason::Declared { name, .. } => assumed(name),
            Reason::Skipped { step, topics, .. } => {
                let id = step.split('`').nth(1).unwrap_or_default();
                assumed(&format!("steps.{id}")) || topics.iter().any(|t| is_place(t) && assumed(t))
            }
            Reason::NoBlock { step, .. } => {
                let id = step.split('`').nth(1).unwrap_or_default();
                assumed(&format!("steps.{id}"))
            }
            Reason::NotSet { name, topics, .. } => {
                assumed(&format!("vars.{name}")) || topics.iter().any(|t| is_place(t) && assumed(t))
            }
        })
    }

    /// The types that the expressions of a string can see: of `.`, only what they name.
    pub(super) fn scope_for(&mut self, template: &Template, place: &Place<'_>) -> TypeScope {
        let mut dot = self.base.clone();
        let mut steps = Vec::new();
        let mut vars = Vec::new();
        for path in template.expressions().flat_map(Expr::paths) {
            let [first, rest @ ..] = &*path.segments else { continue };
            match (&path.root, first.name.as_str(), rest.first()) {
                (Root::Dot, "input", Some(name)) => self.admit_input(&mut dot, &name.name),
                (Root::Dot, "steps", Some(name)) => {
                    let ty = scope::result_of(place.level, &name.name).unwrap_or_else(Ty::any);
                    steps.push((Arc::from(name.name.as_str()), Field::required(ty)));
                }
                (Root::Dot, "vars", Some(name)) => {
                    let ty =
                        if self.facts.sets(&name.name) { self.var(&name.name) } else { Ty::any() };
                    vars.push((Arc::from(name.name.as_str()), Field::required(ty)));
                }
                _ => {}
            }
        }
        for (name, fields) in [("steps", steps), ("vars", vars)] {
            let ty = if fields.is_empty() {
                Ty::map(Ty::any())
            } else {
                Ty::object(fields, Some(Ty::any()))
            };
            dot.insert(name, Field::required(ty));
        }
        if let Some(result) = place.result {
            dot.insert("result", Field::required(result.clone()));
        }
        TypeScope {
            dot,
            variables: Arc::clone(place.variables),
            types: Arc::clone(&self.table.named),
        }
    }

    /// An input that is not declared was reported by its name.
    fn admit_input(&self, dot: &mut Ty, name: &str) {
        if self.facts.lacks_input(name)
            && let Some(mut input) = dot.field("input", &self.table.named)
        {
            input.insert(name, Field::required(Ty::any()));
            dot.insert("input", Field::required(input));
        }
    }
}

/// What the expressions of a string look at.
pub(super) fn topics_of(template: &Template) -> Topics {
    let mut topics = Vec::new();
    gather_from(template, &mut topics);
    Topics(topics.into())
}

fn gather_from(template: &Template, topics: &mut Vec<String>) {
    let mut looked_into = Vec::new();
    for path in template.expressions().flat_map(Expr::paths) {
        match (&path.root, &*path.segments) {
            (Root::Dot, [first, second, ..]) => {
                topics.push(format!("{}.{}", first.name, second.name));
            }
            (Root::Variable(name), [first, ..]) => {
                topics.push(format!("${name}.{}", first.name));
                looked_into.push(name.as_str());
            }
            _ => {}
        }
        topics.extend(path.segments.iter().map(|segment| segment.name.clone()));
    }
    let variables = template.expressions().flat_map(Expr::variables);
    let whole = variables.filter(|variable| !looked_into.contains(&&*variable.name));
    topics.extend(whole.map(|variable| format!("${}", variable.name)));
}

/// Whether a topic names one thing of the run, and not only a key somewhere.
fn is_place(topic: &str) -> bool {
    topic.contains('.') || topic.starts_with('$')
}
