//! Patches of hooks, made on the files as written: whole or not at all, and never against another plugin.
//!
//! What a patch puts into the program is written out as a source of its own, so that every problem found in it later has a place to point at,
//! and the plugin that is to blame.

mod places;
mod written;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use locus_diag::{Diagnostic, SourceId, Sources, Span};
use locus_model::{Entry, Node, NodeKind, Program, Spec};
use locus_plugin::Point;
use locus_plugin::codes::{PATCH_CONFLICT, PATCH_REJECTED};
use locus_plugin::patch::{Change, Edit, Patch, Place};
use serde_json::Value;

use places::{Found, Path, at, at_mut, field, find};
use written::Written;

/// Most edits of one patch.
const MOST_EDITS: usize = 10_000;

/// Who put a source into the program.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) plugin: String,
    pub(crate) point: Point,
    /// Where in the author's files the first edit was made.
    pub(crate) anchor: Option<Span>,
}

/// The files with the patches made so far.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) spec: Spec,
    pub(crate) sources: Sources,
    pub(crate) origins: BTreeMap<SourceId, Origin>,
    pub(crate) removed: Vec<Removed>,
    /// Items put behind another one, each with that one: the next one there goes behind them.
    pub(crate) behind: Vec<(Span, Span)>,
}

/// Something a patch has taken out.
#[derive(Clone, Debug)]
pub(crate) struct Removed {
    container: Span,
    token: String,
    span: Span,
    plugin: String,
}

/// Why a patch is not made.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Refusal {
    /// It cannot be.
    Impossible { reason: String, at: Option<Span> },
    /// Another plugin wants the same thing otherwise.
    Conflict { other: String, what: String, theirs: String, ours: String, at: Option<Span> },
}

impl Draft {
    pub(crate) fn new(spec: Spec, sources: Sources) -> Self {
        Self { spec, sources, origins: BTreeMap::new(), removed: Vec::new(), behind: Vec::new() }
    }

    /// Makes a patch. The draft is unchanged when it is refused.
    pub(crate) fn apply(
        &mut self,
        patch: &Patch,
        plugin: &str,
        point: Point,
        program: Option<&Program>,
    ) -> Result<(), Refusal> {
        if patch.edits.len() > MOST_EDITS {
            return Err(impossible(format!(
                "it has {} edits, more than {MOST_EDITS}",
                patch.edits.len()
            )));
        }
        let next = SourceId(u32::try_from(self.sources.iter().count()).unwrap_or(u32::MAX));
        let mut work = Work {
            draft: self.clone(),
            written: Written::new(next),
            plugin,
            program,
            anchor: None,
        };
        for edit in &patch.edits {
            work.edit(edit, point)?;
        }
        let Work { mut draft, written, anchor, .. } = work;
        let name = format!("<patch of {plugin}: {point}>");
        draft.sources.add(name, written.finish());
        draft.origins.insert(next, Origin { plugin: plugin.to_owned(), point, anchor });
        *self = draft;
        Ok(())
    }

    /// The plugin that put a place into the program.
    pub(crate) fn origin(&self, span: Span) -> Option<&Origin> {
        self.origins.get(&span.source)
    }

    /// Says of a problem in what a plugin has put into the program that it is the plugin's.
    pub(crate) fn blame(&self, mut problem: Diagnostic) -> Diagnostic {
        let Some(origin) = problem.labels.iter().find_map(|label| self.origin(label.span)).cloned()
        else {
            return problem;
        };
        // There is no file in which it could be mended.
        problem.fixes.retain(|fix| fix.edits.iter().all(|(span, _)| self.origin(*span).is_none()));
        let Origin { plugin, point, anchor } = origin;
        if let Some(anchor) = anchor {
            problem =
                problem.at(anchor, format!("the plugin `{plugin}` changed this, in `{point}`"));
        }
        problem.plugin.get_or_insert(plugin);
        problem
    }
}

struct Work<'a> {
    draft: Draft,
    written: Written,
    plugin: &'a str,
    program: Option<&'a Program>,
    anchor: Option<Span>,
}

impl Work<'_> {
    fn edit(&mut self, edit: &Edit, point: Point) -> Result<(), Refusal> {
        let Edit { place, change } = edit;
        if point == Point::SchemaGenerate
            && !matches!(place, Place::Declared { section, .. } if section == "models" || section == "schemas")
        {
            return Err(impossible("here only declared `models` and `schemas` can be changed"));
        }
        let found = find(&self.draft.spec, place, self.program);
        let path = match (found, place, change) {
            (Found::One(path), ..) => path,
            (
                Found::Section(section),
                Place::Declared { name, .. },
                Change::Set { field, value },
            ) if field.is_empty() => return self.declare(Some(section), place, name, value),
            (Found::None, Place::Declared { name, .. }, Change::Set { field, value })
                if field.is_empty() =>
            {
                return self.declare(None, place, name, value);
            }
            (Found::Several, ..) => {
                return Err(impossible(format!(
                    "{} was written once and is used in several places",
                    shown(place)
                )));
            }
            _ => return Err(self.gone(place)),
        };
        let here = at(&self.draft.spec, &path).span;
        if self.anchor.is_none() {
            self.anchor = Some(here).filter(|span| self.draft.origin(*span).is_none());
        }
        match change {
            Change::Set { field, value } => self.set(&path, place, field, value),
            Change::Remove { field } => self.remove(&path, place, field),
            Change::Append { field, value } => self.append(&path, place, field, value),
            Change::InsertBefore { value } => self.insert(&path, place, value, 0),
            Change::InsertAfter { value } => self.insert(&path, place, value, 1),
        }
    }

    /// Adds a declaration to its section, which is added as well where it is missing.
    fn declare(
        &mut self,
        section: Option<Path>,
        place: &Place,
        name: &str,
        value: &Value,
    ) -> Result<(), Refusal> {
        let Place::Declared { section: key, .. } = place else { return Err(self.gone(place)) };
        if let Some(removed) = self.draft.removed.iter().find(|removed| {
            removed.token == name
                && removed.plugin != self.plugin
                && section_is(&self.draft.spec, &section, removed.container)
        }) {
            return Err(removed_by_other(removed, place, "", value));
        }
        match section {
            Some(path) => {
                let entry = self.written.entry(&described("declare", place, ""), name, value);
                push_entry(at_mut(&mut self.draft.spec, &path), entry)
                    .map_err(|()| impossible(format!("`{key}` is no mapping")))
            }
            None => {
                let whole = serde_json::json!({ name: value });
                let entry = self.written.entry(&described("declare", place, ""), key, &whole);
                let documents =
                    self.draft.spec.files.iter_mut().flat_map(|file| &mut file.documents);
                for document in documents {
                    if push_entry(document, entry.clone()).is_ok() {
                        return Ok(());
                    }
                }
                Err(impossible("the program has no file to put it into"))
            }
        }
    }

    fn set(
        &mut self,
        path: &Path,
        place: &Place,
        pointer: &str,
        value: &Value,
    ) -> Result<(), Refusal> {
        let what = described("set", place, pointer);
        let Some((parent, token)) = pointer.rsplit_once('/') else {
            let old = at(&self.draft.spec, path).clone();
            if self.is_done(&old, value, place, pointer)? {
                return Ok(());
            }
            *at_mut(&mut self.draft.spec, path) = self.written.value(&what, value);
            return Ok(());
        };
        let token = locus_model::node::unescape_token(token).into_owned();
        let container = self.container(path, place, parent)?;
        let node = at(&self.draft.spec, &container);
        let removed = self.draft.removed.iter().find(|removed| {
            removed.container == node.span
                && removed.token == token
                && removed.plugin != self.plugin
        });
        if let Some(removed) = removed {
            return Err(removed_by_other(removed, place, pointer, value));
        }
        match &node.kind {
            NodeKind::Mapping(_) | NodeKind::Null => {
                let old = node.get(&token).cloned();
                if let Some(old) = &old
                    && self.is_done(old, value, place, pointer)?
                {
                    return Ok(());
                }
                let entry = self.written.entry(&what, &token, value);
                let node = at_mut(&mut self.draft.spec, &container);
                let entries = match &mut node.kind {
                    NodeKind::Mapping(entries) => entries,
                    other => {
                        *other = NodeKind::Mapping(Vec::new());
                        let NodeKind::Mapping(entries) = other else { unreachable!("just set") };
                        entries
                    }
                };
                match entries.iter_mut().find(|entry| entry.key.value == token) {
                    Some(old) => old.value = entry.value,
                    None => entries.push(entry),
                }
                Ok(())
            }
            NodeKind::Sequence(items) => {
                let index = token.parse::<usize>().ok().filter(|index| *index < items.len());
                let Some(index) = index else {
                    return Err(impossible(format!("{} has no item `{token}`", shown(place))));
                };
                let old = items[index].clone();
                if self.is_done(&old, value, place, pointer)? {
                    return Ok(());
                }
                let new = self.written.value(&what, value);
                if let NodeKind::Sequence(items) =
                    &mut at_mut(&mut self.draft.spec, &container).kind
                {
                    items[index] = new;
                }
                Ok(())
            }
            _ => Err(impossible(format!("`{parent}` of {} is {}", shown(place), node.kind_name()))),
        }
    }

    fn remove(&mut self, path: &Path, place: &Place, pointer: &str) -> Result<(), Refusal> {
        let mut whole = path.clone();
        if !pointer.is_empty() {
            match field(at(&self.draft.spec, path), pointer) {
                Some(inner) => whole.extend(inner),
                None => {
                    let (parent, token) = pointer.rsplit_once('/').unwrap_or(("", pointer));
                    let container = self.container(path, place, parent)?;
                    let span = at(&self.draft.spec, &container).span;
                    let token = locus_model::node::unescape_token(token);
                    let gone =
                        |removed: &Removed| removed.container == span && removed.token == token;
                    if self.draft.removed.iter().any(gone) {
                        return Ok(());
                    }
                    return Err(impossible(format!("there is no `{pointer}` at {}", shown(place))));
                }
            }
        }
        let old = at(&self.draft.spec, &whole).clone();
        if let Some(other) = self.other_inside(&old) {
            return Err(Refusal::Conflict {
                other,
                what: field_of(place, pointer),
                theirs: excerpt(&old.to_value()),
                ours: "nothing".to_owned(),
                at: Some(old.span),
            });
        }
        let Some(last) = whole.pop().filter(|_| whole.len() >= 2) else {
            return Err(impossible("a whole file cannot be taken out"));
        };
        let container = at(&self.draft.spec, &whole).span;
        let token = match &mut at_mut(&mut self.draft.spec, &whole).kind {
            NodeKind::Mapping(entries) => entries.remove(last).key.value,
            NodeKind::Sequence(items) => {
                items.remove(last);
                String::new()
            }
            _ => String::new(),
        };
        let plugin = self.plugin.to_owned();
        self.draft.removed.push(Removed { container, token, span: old.span, plugin });
        Ok(())
    }

    fn append(
        &mut self,
        path: &Path,
        place: &Place,
        pointer: &str,
        value: &Value,
    ) -> Result<(), Refusal> {
        let list = self.container(path, place, pointer)?;
        let item = self.written.value(&described("append to", place, pointer), value);
        match &mut at_mut(&mut self.draft.spec, &list).kind {
            NodeKind::Sequence(items) => items.push(item),
            other @ NodeKind::Null => *other = NodeKind::Sequence(vec![item]),
            _ => return Err(impossible(format!("{} is no list", field_of(place, pointer)))),
        }
        Ok(())
    }

    fn insert(
        &mut self,
        path: &Path,
        place: &Place,
        value: &Value,
        offset: usize,
    ) -> Result<(), Refusal> {
        let mut list = path.clone();
        let Some(index) = list.pop().filter(|_| list.len() >= 2) else {
            return Err(impossible("a whole file is no item of a list"));
        };
        let anchor = at(&self.draft.spec, path).span;
        let word = if offset == 0 { "insert before" } else { "insert after" };
        let item = self.written.value(&described(word, place, ""), value);
        let span = item.span;
        let behind = &self.draft.behind;
        let NodeKind::Sequence(items) = &mut at_mut(&mut self.draft.spec, &list).kind else {
            return Err(impossible(format!("{} is no item of a list", shown(place))));
        };
        let mut index = index + offset;
        // Two that go behind the same item come in the order of their hooks.
        while offset == 1
            && items.get(index).is_some_and(|next| behind.contains(&(next.span, anchor)))
        {
            index += 1;
        }
        items.insert(index, item);
        if offset == 1 {
            self.draft.behind.push((span, anchor));
        }
        Ok(())
    }

    fn container(&self, path: &Path, place: &Place, pointer: &str) -> Result<Path, Refusal> {
        let inner = field(at(&self.draft.spec, path), pointer)
            .ok_or_else(|| impossible(format!("there is no `{pointer}` at {}", shown(place))))?;
        Ok(path.iter().copied().chain(inner).collect())
    }

    /// Whether the value is there already; a refusal when another plugin has put something else there.
    fn is_done(
        &self,
        old: &Node,
        value: &Value,
        place: &Place,
        pointer: &str,
    ) -> Result<bool, Refusal> {
        let is = old.to_value();
        if is == *value {
            return Ok(true);
        }
        match self.other_inside(old) {
            None => Ok(false),
            Some(other) => Err(Refusal::Conflict {
                other,
                what: field_of(place, pointer),
                theirs: excerpt(&is),
                ours: excerpt(value),
                at: Some(old.span),
            }),
        }
    }

    /// Another plugin that has put this, or something in it, there.
    fn other_inside(&self, node: &Node) -> Option<String> {
        let own = self.draft.origin(node.span).filter(|origin| origin.plugin != self.plugin);
        if let Some(origin) = own {
            return Some(origin.plugin.clone());
        }
        match &node.kind {
            NodeKind::Mapping(entries) => {
                entries.iter().find_map(|entry| self.other_inside(&entry.value))
            }
            NodeKind::Sequence(items) => items.iter().find_map(|item| self.other_inside(item)),
            _ => None,
        }
    }

    fn gone(&self, place: &Place) -> Refusal {
        if let Place::Node(span) = place
            && let Some(removed) = self.draft.removed.iter().find(|removed| {
                removed.plugin != self.plugin && removed.span.to(*span) == removed.span
            })
        {
            return Refusal::Conflict {
                other: removed.plugin.clone(),
                what: shown(place),
                theirs: "nothing".to_owned(),
                ours: "a change inside".to_owned(),
                at: Some(*span),
            };
        }
        let at = match place {
            Place::Node(span) => Some(*span),
            _ => None,
        };
        let reason = match place {
            Place::Step(_) if self.program.is_none() => {
                "steps have no paths yet at this point: name the step by its span".to_owned()
            }
            _ => format!("{} is not there", shown(place)),
        };
        Refusal::Impossible { reason, at }
    }
}

fn section_is(spec: &Spec, section: &Option<Path>, container: Span) -> bool {
    section.as_ref().is_some_and(|path| at(spec, path).span == container)
}

fn push_entry(node: &mut Node, entry: Entry) -> Result<(), ()> {
    match &mut node.kind {
        NodeKind::Mapping(entries) => entries.push(entry),
        other @ NodeKind::Null => *other = NodeKind::Mapping(vec![entry]),
        _ => return Err(()),
    }
    Ok(())
}

fn impossible(reason: impl Into<String>) -> Refusal {
    Refusal::Impossible { reason: reason.into(), at: None }
}

fn removed_by_other(removed: &Removed, place: &Place, pointer: &str, value: &Value) -> Refusal {
    Refusal::Conflict {
        other: removed.plugin.clone(),
        what: field_of(place, pointer),
        theirs: "nothing".to_owned(),
        ours: excerpt(value),
        at: Some(removed.span),
    }
}

/// A place in the words of a message.
fn shown(place: &Place) -> String {
    match place {
        Place::Declared { section, name } => format!("`{section}/{name}`"),
        Place::Step(path) => format!("the step `{path}`"),
        Place::Node(_) => "this value".to_owned(),
    }
}

fn field_of(place: &Place, pointer: &str) -> String {
    if pointer.is_empty() { shown(place) } else { format!("`{pointer}` of {}", shown(place)) }
}

fn described(what: &str, place: &Place, pointer: &str) -> String {
    format!("{what} {}", field_of(place, pointer)).replace(['\n', '\r'], " ")
}

fn excerpt(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 40 { text } else { text.chars().take(40).chain(['…']).collect() }
}

impl Refusal {
    /// The problem it is.
    pub(crate) fn problem(self, plugin: &str, point: Point) -> Diagnostic {
        let (mut problem, at) = match self {
            Self::Impossible { reason, at } => {
                let message =
                    format!("the patch of the plugin `{plugin}` in `{point}` is refused: {reason}");
                let help = format!("nothing of it was done; report it to the author of `{plugin}`");
                (Diagnostic::new(PATCH_REJECTED, message).help(help), at)
            }
            Self::Conflict { other, what, theirs, ours, at } => {
                let message = format!(
                    "the plugins `{other}` and `{plugin}` both change {what}: `{other}` to {theirs}, `{plugin}` to {ours}"
                );
                let help = format!(
                    "disable one of them, or configure them to agree; the change of `{other}` stands"
                );
                (Diagnostic::new(PATCH_CONFLICT, message).help(help), at)
            }
        };
        problem.plugin = Some(plugin.to_owned());
        match at {
            Some(at) => problem.at(at, ""),
            None => problem,
        }
    }
}
