//! What others rely on: callers give inputs and read outputs, requests and events come in through triggers, stored records are read
//! again, clients read and write them.

use indexmap::IndexMap;
use locus_model::{Field, Model, Node, NodeKind, Program, Trigger, Workflow};

use super::types::{takes, tightened};
use super::{InterfaceChange, Part};

/// Every change of the public interface, by name.
pub(super) fn compare(old: &Program, new: &Program) -> Vec<InterfaceChange> {
    let mut changes = Changes::default();
    for (name, before) in &old.workflows {
        match new.workflows.get(name) {
            Some(now) => changes.workflow(name, before, now),
            None => {
                changes.add(Part::Workflow, name, "is gone", true).at(Some(before.name.span), None);
            }
        }
    }
    for (name, now) in new.workflows.iter().filter(|(name, _)| !old.workflows.contains_key(*name)) {
        changes.add(Part::Workflow, name, "is new", false).at(None, Some(now.name.span));
    }
    for (name, before) in &old.models {
        match new.models.get(name) {
            Some(now) => changes.model(name, before, now),
            None => {
                changes.add(Part::Model, name, "is gone", true).at(Some(before.name.span), None);
            }
        }
    }
    for (name, now) in new.models.iter().filter(|(name, _)| !old.models.contains_key(*name)) {
        changes.add(Part::Model, name, "is new", false).at(None, Some(now.name.span));
    }
    for (name, before) in &old.schemas {
        match new.schemas.get(name) {
            Some(now) => changes.field(Part::Schema, name, before, now),
            None => {
                changes.add(Part::Schema, name, "is gone", true).at(Some(before.span), None);
            }
        }
    }
    changes.list
}

#[derive(Default)]
struct Changes {
    list: Vec<InterfaceChange>,
}

impl Changes {
    fn add(
        &mut self,
        of: Part,
        name: &str,
        what: impl Into<String>,
        breaking: bool,
    ) -> &mut InterfaceChange {
        let (name, what) = (name.to_owned(), what.into());
        self.list.push(InterfaceChange { of, name, what, breaking, old: None, new: None });
        let last = self.list.len() - 1;
        &mut self.list[last]
    }

    fn workflow(&mut self, name: &str, old: &Workflow, new: &Workflow) {
        self.inputs(name, &old.input, &new.input);
        self.outputs(name, old, new);
        self.triggers(name, &old.triggers, &new.triggers);
    }

    /// Callers give what the old version took: the new one has to take it.
    fn inputs(
        &mut self,
        workflow: &str,
        old: &IndexMap<String, Field>,
        new: &IndexMap<String, Field>,
    ) {
        for (key, now) in new {
            let name = format!("{workflow}.input.{key}");
            match old.get(key) {
                Some(before) => self.taken(&name, before, now),
                None => {
                    let needed = !now.ty.optional && now.default.is_none();
                    let what = if needed {
                        "is new and must be given"
                    } else {
                        "is new and may be left out"
                    };
                    self.add(Part::Input, &name, what, needed).at(None, Some(now.span));
                }
            }
        }
        for (key, before) in old.iter().filter(|(key, _)| !new.contains_key(*key)) {
            let name = format!("{workflow}.input.{key}");
            self.add(Part::Input, &name, "is no longer taken", true).at(Some(before.span), None);
        }
    }

    fn taken(&mut self, name: &str, before: &Field, now: &Field) {
        let was_needed = !before.ty.optional && before.default.is_none();
        let is_needed = !now.ty.optional && now.default.is_none();
        // A default stands in for what may be absent.
        let mut taker = now.ty.clone();
        taker.optional |= now.default.is_some();
        let mut given = before.ty.clone();
        given.optional &= !was_needed;
        if let Err(why) = takes(&taker, &given) {
            self.add(Part::Input, name, format!("takes less: {why}"), true)
        } else if is_needed && !was_needed {
            self.add(Part::Input, name, "must be given now", true)
        } else if let Some(why) = tightened(before, now) {
            self.add(Part::Input, name, format!("takes less: {why}"), true)
        } else if before.ty != now.ty && before.ty.to_string() != now.ty.to_string() {
            let what = format!("takes more: `{}` became `{}`", before.ty, now.ty);
            self.add(Part::Input, name, what, false)
        } else {
            return;
        }
        .at(Some(before.span), Some(now.span));
    }

    /// Callers read what the old version returned: it has to be there still.
    fn outputs(&mut self, workflow: &str, old: &Workflow, new: &Workflow) {
        let name = format!("{workflow}.output");
        let keys = |node: &Node| match &node.kind {
            NodeKind::Mapping(entries) => {
                Some(entries.iter().map(|entry| entry.key.value.clone()).collect::<Vec<_>>())
            }
            _ => None,
        };
        match (&old.output, &new.output) {
            (None, None) => {}
            (Some(before), None) => {
                self.add(Part::Output, &name, "is no longer declared", true)
                    .at(Some(before.span), None);
            }
            (None, Some(now)) => {
                let what = "is declared now; it was the result of the last step";
                self.add(Part::Output, &name, what, true).at(None, Some(now.span));
            }
            (Some(before), Some(now)) => match (keys(before), keys(now)) {
                (Some(keys), Some(newer)) => {
                    for key in keys.iter().filter(|key| !newer.contains(key)) {
                        let name = format!("{name}.{key}");
                        let old = before.entry(key).map(|entry| entry.key.span);
                        self.add(Part::Output, &name, "is no longer returned", true).at(old, None);
                    }
                    for key in newer.iter().filter(|key| !keys.contains(key)) {
                        let new = now.entry(key).map(|entry| entry.key.span);
                        let name = format!("{name}.{key}");
                        self.add(Part::Output, &name, "is new", false).at(None, new);
                    }
                }
                (Some(_), None) if now.as_str().is_none_or(|text| !text.contains("${")) => {
                    let what = format!("became {}, it was a mapping", now.kind_name());
                    self.add(Part::Output, &name, what, true).at(Some(before.span), Some(now.span));
                }
                (None, Some(_)) if before.as_str().is_none_or(|text| !text.contains("${")) => {
                    let what = format!("became a mapping, it was {}", before.kind_name());
                    self.add(Part::Output, &name, what, true).at(Some(before.span), Some(now.span));
                }
                _ => {}
            },
        }
    }

    /// What started the old version has to start the new one.
    fn triggers(&mut self, workflow: &str, old: &[Trigger], new: &[Trigger]) {
        let name = format!("{workflow}.triggers");
        let both = |list: &[Trigger]| list.iter().map(words_of).collect::<Vec<_>>();
        let (old, new) = (both(old), both(new));
        for (words, known) in old.iter().filter(|words| !new.contains(words)) {
            self.add(Part::Trigger, &name, format!("{words} no longer starts it"), *known);
        }
        for (words, _) in new.iter().filter(|words| !old.contains(words)) {
            self.add(Part::Trigger, &name, format!("{words} starts it now"), false);
        }
    }

    /// Stored records are read by the new version, and clients of the old one read and write them.
    fn model(&mut self, model: &str, old: &Model, new: &Model) {
        for (key, before) in &old.fields {
            let name = format!("{model}.{key}");
            match new.fields.get(key) {
                None => self.add(Part::Model, &name, "is gone", true).at(Some(before.span), None),
                Some(now) if before.id != now.id => {
                    let what = if now.id {
                        "identifies records now"
                    } else {
                        "no longer identifies records"
                    };
                    self.add(Part::Model, &name, what, true).at(Some(before.span), Some(now.span));
                }
                Some(now) => self.field(Part::Model, &name, before, now),
            }
        }
        for (key, now) in new.fields.iter().filter(|(key, _)| !old.fields.contains_key(*key)) {
            let name = format!("{model}.{key}");
            let needed = !now.ty.optional
                && now.default.is_none()
                && !matches!(now.ty.kind, locus_model::TypeKind::List(_));
            let what = if needed {
                "is new and must be there, which it is not in records that are stored"
            } else {
                "is new and may be absent"
            };
            self.add(Part::Model, &name, what, needed).at(None, Some(now.span));
        }
    }

    /// A type that is both read and written.
    fn field(&mut self, of: Part, name: &str, before: &Field, now: &Field) {
        let (old, new) = (Some(before.span), Some(now.span));
        if let Err(why) = takes(&now.ty, &before.ty) {
            self.add(of, name, format!("takes less: {why}"), true).at(old, new);
        } else if takes(&before.ty, &now.ty).is_err() {
            // What is written from now on may surprise who reads it by the old version; stored records are fine.
            let what = format!("takes more: `{}` became `{}`", before.ty, now.ty);
            self.add(of, name, what, false).at(old, new);
        }
        if let Some(why) = tightened(before, now) {
            self.add(of, name, format!("takes less: {why}"), true).at(old, new);
        }
    }
}

impl InterfaceChange {
    fn at(&mut self, old: Option<locus_diag::Span>, new: Option<locus_diag::Span>) {
        (self.old, self.new) = (old, new);
    }
}

/// What starts a workflow, in the words of a report, and whether others know it by that.
fn words_of(trigger: &Trigger) -> (String, bool) {
    match trigger {
        // The names of path parameters are inputs: they count.
        Trigger::Http { method, path } => (format!("`{} {}`", method.value, path.value), true),
        Trigger::Cron { expression, .. } => (format!("the time `{}`", expression.value), false),
        Trigger::Event { event, .. } => (format!("the event `{}`", event.value), true),
        Trigger::Queue { connection, topic, .. } => {
            (format!("the topic `{}` of `{}`", topic.value, connection.value), true)
        }
    }
}
