//! Where values go: which parameters take secrets, which pass them on, and which would show them.

use locus_expr::Ty;
use locus_model::{Node, NodeKind};
use serde_json::Value;

use super::env::{Hop, Tainted};
use super::{Passed, Walk, type_of};
use crate::messages::secrets as messages;
use crate::shape::{Reference, Role, Shape};
use crate::steps::StepDraft;

/// The signal that a workflow itself takes.
const RETURN: &str = "return";

/// The parameter that a signal carries.
const VALUE: &str = "value";

/// The parameter that goes to the workflow which a parameter beside it names.
const INPUT: &str = "input";

impl Walk<'_> {
    /// Takes the parameters of a step; gives what its result is made of, if a secret is in it.
    pub(super) fn params(
        &mut self,
        step: &StepDraft<'_>,
        written: &Node,
        shape: &Shape,
    ) -> Option<Tainted> {
        let (entry, key) = step.ty.as_ref()?;
        if shape.sets_vars {
            return self.sets(written);
        }
        let safe: Vec<&str> = safe_params(shape);
        let entries = written.as_mapping()?;
        for given in entries {
            let name = given.key.value.as_str();
            let Some(inner) = shape.property(name) else { continue };
            if inner.sets_vars {
                self.sets(&given.value);
            } else if name == VALUE && entry.ty.raises.is_some() {
                self.carry(entry.ty.raises.as_deref(), &given.value);
            } else if name != INPUT || !self.passes(step, shape, &given.value) {
                let what = format!("`{name}` of `{}`", key.value);
                self.along(&given.value, inner, &what, &safe);
            }
        }
        None
    }

    /// Names that are set: they hold what they are given.
    fn sets(&mut self, written: &Node) -> Option<Tainted> {
        let Some(entries) = written.as_mapping() else {
            return self.value(written);
        };
        let mut values = Vec::with_capacity(entries.len());
        for entry in entries {
            let value = self.value(&entry.value);
            if let Some(value) = &value {
                let text = format!("kept as `.vars.{}`", entry.key.value);
                let value = value.clone().after(Hop { place: entry.key.span, text });
                let known = self.env.vars.entry(entry.key.value.clone());
                let held = known.or_insert_with(|| value.clone());
                held.ty = held.ty.union(&value.ty);
            }
            values.push((entry.key.value.as_str(), value));
        }
        let fields = values
            .iter()
            .map(|(name, value)| ((*name).into(), locus_expr::Field::required(type_of(value))));
        let ty = Ty::object(fields, None);
        values.into_iter().find_map(|(_, value)| value).map(|first| Tainted { ty, ..first })
    }

    /// A value that a signal carries out of a block.
    fn carry(&mut self, signal: Option<&str>, node: &Node) {
        if signal == Some(RETURN) {
            self.sink(node, messages::RESULT, &[]);
        } else if let Some(value) = self.value(node) {
            // It is in the result of the step that takes the signal.
            let ty = Ty::any().secret(0);
            self.env.signalled.get_or_insert(Tainted { ty, ..value });
        }
    }

    /// The input of a workflow that runs as a part of this run; false when it is something else.
    fn passes(&mut self, step: &StepDraft<'_>, shape: &Shape, input: &Node) -> bool {
        let mut names = shape.properties.values();
        if !names.any(|shape| shape.reference == Some(Reference::Workflow)) {
            return false;
        }
        let detached = step.roles.any(Role::Detaches).map(|given| given.value(step));
        let attached = matches!(detached, None | Some(Some(Value::Bool(false))));
        let workflow = step.roles.first(Role::Calls).and_then(|given| given.node(step)?.as_str());
        let (true, Some(workflow), Some(entries)) = (attached, workflow, input.as_mapping()) else {
            self.sink(input, "the input of a run of its own, which is recorded", &[]);
            return true;
        };
        for entry in entries {
            if let Some(value) = self.value(&entry.value) {
                let text = format!("given to `{workflow}` as `{}`", entry.key.value);
                let chain = value.after(Hop { place: entry.key.span, text }).chain;
                let (workflow, input) = (workflow.to_owned(), entry.key.value.clone());
                self.found.passed.push(Passed { workflow, input, chain });
            }
        }
        true
    }

    /// A parameter along its shape: what is in it may have its own rules.
    fn along(&mut self, node: &Node, shape: &Shape, what: &str, safe: &[&str]) {
        let decides = matches!(
            shape.role,
            Some(
                Role::Guard
                    | Role::Selector
                    | Role::While
                    | Role::Until
                    | Role::Items
                    | Role::Times
            )
        );
        // What only decides is shown to nobody, and items are followed into the block.
        if shape.block.is_some() || shape.secret_safe || shape.lazy.is_some() || decides {
            return;
        }
        match &node.kind {
            NodeKind::Mapping(entries) if shape.has_entries() => {
                for entry in entries {
                    if let Some(inner) = shape.property(&entry.key.value) {
                        let step = what.rsplit(" of ").next().unwrap_or_default();
                        // What an author names is no parameter.
                        let what = match shape.properties.contains_key(&entry.key.value) {
                            true => format!("`{}` of {step}", entry.key.value),
                            false => what.to_owned(),
                        };
                        self.along(&entry.value, inner, &what, safe);
                    }
                }
            }
            NodeKind::Sequence(items) => {
                for item in items {
                    match shape.items.as_deref() {
                        Some(inner) => self.along(item, inner, what, safe),
                        None => self.sink(item, what, safe),
                    }
                }
            }
            _ => self.sink(node, what, safe),
        }
    }

    /// A place where everything can be seen.
    pub(super) fn sink(&mut self, node: &Node, what: &str, safe: &[&str]) {
        match &node.kind {
            NodeKind::Sequence(items) => items.iter().for_each(|item| self.sink(item, what, safe)),
            NodeKind::Mapping(entries) => {
                entries.iter().for_each(|entry| self.sink(&entry.value, what, safe));
            }
            NodeKind::String(_) => {
                if let Some(value) = self.value(node) {
                    let problem = messages::secret_seen(what, &value.chain, value.place, safe);
                    self.found.problems.push(problem);
                }
            }
            _ => {}
        }
    }
}

/// The parameters of a step type that take secrets.
fn safe_params(shape: &Shape) -> Vec<&str> {
    let safe = shape.properties.iter().filter(|(_, shape)| shape.secret_safe);
    safe.map(|(name, _)| name.as_str()).collect()
}
