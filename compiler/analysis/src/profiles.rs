//! Profiles: what is different in a place where the program runs. One is chosen; its settings are laid over those that hold everywhere.
//!
//! Every profile is checked, chosen or not: what is wrong with `prod` is found on the machine of whoever wrote it. Of a profile that is not
//! chosen only what its own lines cause is told.

use indexmap::IndexMap;
use locus_diag::{Diagnostic, Span, Spanned};
use locus_model::language::projects::PROFILE;
use locus_model::{Entry, Node, NodeKind};

use crate::context::Context;
use crate::keys::{Keys, check_identifier, mapping};
use crate::messages::{names, project as messages};
use crate::sections::Section;
use crate::settings::{self, Settings};

/// The profile that holds where none is asked for, if it is declared.
const DEFAULT: &str = "dev";

/// Settings as written, by name: the name where it is written, and what stands behind it.
pub(crate) type Written = IndexMap<String, (Spanned<String>, Node)>;

/// All settings that a profile can change, as written.
#[derive(Clone, Default)]
pub(crate) struct Layer {
    /// Connections, of specs and of the project file.
    pub(crate) connections: Written,
    /// Targets.
    pub(crate) targets: Written,
    /// Plugins.
    pub(crate) plugins: Written,
    /// Limits, at their key.
    pub(crate) budgets: Option<(Span, Node)>,
}

/// Reads the settings of a program with the profile that was asked for laid over them; gives them and the name of that profile.
pub(crate) fn read(
    cx: &mut Context<'_>,
    keys: Option<&Keys<'_>>,
    connections: &Section<'_>,
    asked: Option<&str>,
) -> (Settings, Option<String>) {
    let base = base(cx, keys, connections);
    let profiles = declared(cx, keys);
    let chosen = choose(cx, &profiles, keys, asked);
    let layers: Vec<Layer> = profiles.iter().map(|profile| over(cx, &base, profile)).collect();
    let (settings, problems) = match chosen {
        Some(chosen) => settings::read(cx, &layers[chosen]),
        None => settings::read(cx, &base),
    };
    cx.problems.extend(problems);
    for (number, (profile, layer)) in profiles.iter().zip(&layers).enumerate() {
        if chosen == Some(number) {
            continue;
        }
        let (_, problems) = settings::read(cx, layer);
        let here = profile.value.span;
        let problems = problems.into_iter().filter(|problem| is_within(problem, here));
        cx.problems.extend(problems);
    }
    (settings, chosen.map(|chosen| profiles[chosen].key.value.clone()))
}

/// What is written about plugins, with the profile that was asked for laid over it.
pub(crate) fn plugins(
    cx: &mut Context<'_>,
    keys: Option<&Keys<'_>>,
    asked: Option<&str>,
) -> Written {
    let base = base(cx, keys, &Section::new());
    let profiles = declared(cx, keys);
    match choose(cx, &profiles, keys, asked) {
        Some(chosen) => over(cx, &base, profiles[chosen]).plugins,
        None => base.plugins,
    }
}

/// What holds everywhere.
fn base(cx: &mut Context<'_>, keys: Option<&Keys<'_>>, connections: &Section<'_>) -> Layer {
    let mut layer = Layer::default();
    for declared in connections.values() {
        let written = (declared.name.clone(), declared.node.clone());
        layer.connections.insert(declared.name.value.clone(), written);
    }
    let Some(keys) = keys else { return layer };
    if let Some(node) = keys.get("targets") {
        for entry in
            mapping(node, "a mapping of targets by name", &mut cx.problems).unwrap_or_default()
        {
            check_identifier(&entry.key, "a target", &mut cx.problems);
            layer.targets.insert(entry.key.value.clone(), (entry.key.clone(), entry.value.clone()));
        }
    }
    if let Some(node) = keys.get("plugins") {
        for entry in
            mapping(node, "a mapping of plugins by id", &mut cx.problems).unwrap_or_default()
        {
            layer.plugins.insert(entry.key.value.clone(), (entry.key.clone(), entry.value.clone()));
        }
    }
    layer.budgets = keys.entry("budgets").map(|entry| (entry.key.span, entry.value.clone()));
    layer
}

/// The profiles that are declared.
fn declared<'k>(cx: &mut Context<'_>, keys: Option<&Keys<'k>>) -> Vec<&'k Entry> {
    let Some(node) = keys.and_then(|keys| keys.get("profiles")) else { return Vec::new() };
    let entries = mapping(node, "a mapping of profiles by name", &mut cx.problems);
    let entries = entries.unwrap_or_default();
    for entry in entries {
        check_identifier(&entry.key, "a profile", &mut cx.problems);
    }
    entries.iter().collect()
}

/// The number of the profile that holds.
fn choose(
    cx: &mut Context<'_>,
    profiles: &[&Entry],
    keys: Option<&Keys<'_>>,
    asked: Option<&str>,
) -> Option<usize> {
    let name = asked.unwrap_or(DEFAULT);
    let found = profiles.iter().position(|profile| profile.key.value == name);
    if let (None, Some(asked)) = (found, asked) {
        let place = keys.and_then(|keys| keys.entry("profiles")).map(|entry| entry.key.span);
        let known: Vec<&str> = profiles.iter().map(|entry| entry.key.value.as_str()).collect();
        cx.report(messages::unknown_profile(asked, place, &known));
    }
    found
}

/// A profile laid over what holds everywhere.
fn over(cx: &mut Context<'_>, base: &Layer, profile: &Entry) -> Layer {
    let mut layer = base.clone();
    if profile.value.kind == NodeKind::Null {
        return layer;
    }
    let Some(keys) = Keys::read(&profile.value, &PROFILE, profile.key.span, &mut cx.problems)
    else {
        return layer;
    };
    for entry in changes(cx, &keys, "connections", "connection") {
        if base.connections.contains_key(&entry.key.value) {
            change(&mut layer.connections, entry, Some("type"));
        } else {
            let known = base.connections.keys().map(String::as_str);
            cx.report(names::unknown_connection(&entry.key, known));
        }
    }
    for entry in changes(cx, &keys, "targets", "target") {
        if !base.targets.contains_key(&entry.key.value) {
            let known: Vec<&str> = base.targets.keys().map(String::as_str).collect();
            cx.report(messages::unknown_target(&entry.key, &known));
        } else if entry.value.kind == NodeKind::Null {
            layer.targets.shift_remove(&entry.key.value);
        } else {
            change(&mut layer.targets, entry, Some("generator"));
        }
    }
    for entry in changes(cx, &keys, "plugins", "plugin") {
        change(&mut layer.plugins, entry, None);
    }
    if let Some(entry) = keys.entry("budgets") {
        layer.budgets = Some(match layer.budgets {
            Some((place, node)) => (place, laid_over(&node, &entry.value)),
            None => (entry.key.span, entry.value.clone()),
        });
    }
    layer
}

fn changes<'k>(cx: &mut Context<'_>, keys: &Keys<'k>, key: &str, thing: &str) -> &'k [Entry] {
    let Some(node) = keys.get(key) else { return &[] };
    let what = format!("a mapping of {thing}s by name");
    mapping(node, &what, &mut cx.problems).unwrap_or_default()
}

/// Lays one setting over the one it changes; another word behind `whole` replaces it as a whole.
fn change(written: &mut Written, entry: &Entry, whole: Option<&str>) {
    let new = |node: Node| (entry.key.clone(), node);
    let Some((name, before)) = written.get_mut(&entry.key.value) else {
        written.insert(entry.key.value.clone(), new(entry.value.clone()));
        return;
    };
    let word = |node: &Node| whole.and_then(|key| node.get(key)?.as_str().map(str::to_owned));
    let is_other = word(&entry.value).is_some_and(|now| word(before).is_some_and(|was| was != now));
    if is_other {
        (*name, *before) = new(entry.value.clone());
    } else {
        *before = laid_over(before, &entry.value);
    }
}

/// A value over another: mappings key by key, anything else instead of it.
fn laid_over(below: &Node, above: &Node) -> Node {
    let (NodeKind::Mapping(lower), NodeKind::Mapping(upper)) = (&below.kind, &above.kind) else {
        return above.clone();
    };
    let mut entries = lower.clone();
    for entry in upper {
        match entries.iter_mut().find(|earlier| earlier.key.value == entry.key.value) {
            Some(earlier) => {
                earlier.value = laid_over(&earlier.value, &entry.value);
                earlier.key = entry.key.clone();
            }
            None => entries.push(entry.clone()),
        }
    }
    Node::new(NodeKind::Mapping(entries), below.span)
}

/// Whether a problem is caused by what is written in a place.
fn is_within(problem: &Diagnostic, place: Span) -> bool {
    let inside = |span: Span| {
        span.source == place.source && place.start <= span.start && span.end <= place.end
    };
    problem.primary().is_some_and(inside)
}
