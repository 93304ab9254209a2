//! What is linked into a host, and that plugins of a third party work in one: in the whole command, and when they panic.

mod acme;
mod around;
mod authoring;
mod command_line;
mod every_point;
mod fit;
pub(crate) mod kit;
mod loopback;
mod order;
mod panics;
mod patches;
mod talk;

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::program::{ACME, LOCUS, say, workspace};

/// A crate that nothing names is not linked, silently: the list says which parts are there.
#[test]
fn the_built_in_plugins_are_linked() {
    assert_snapshot("built_in_plugins", &shown(&list(LOCUS)));
}

#[test]
fn a_host_has_the_plugins_that_it_names() {
    let (built_in, mut with_acme) = (list(LOCUS), list(ACME));
    let is_acme = |plugin: &Value| plugin["id"].as_str().unwrap().starts_with("acme.");
    let acme: Vec<Value> = with_acme.iter().filter(|plugin| is_acme(plugin)).cloned().collect();
    with_acme.retain(|plugin| !is_acme(plugin));
    assert_eq!(with_acme, built_in);
    assert_snapshot("acme_plugins", &shown(&acme));
}

/// The sources that `defined_at` names are there, and long enough.
#[test]
fn parts_say_where_they_are_defined() {
    for plugin in list(ACME) {
        for kind in KINDS {
            for part in plugin[kind].as_array().unwrap() {
                let (file, line) = part["defined_at"].as_str().unwrap().rsplit_once(':').unwrap();
                let source = std::fs::read_to_string(workspace().join(file)).unwrap();
                assert!(line.parse::<usize>().unwrap() <= source.lines().count(), "{part}");
            }
        }
    }
}

const KINDS: [&str; 5] = ["steps", "generators", "parser_hooks", "hooks", "commands"];

/// Compares with a file in `snapshots/`, for modules in folders as well.
fn assert_snapshot(name: &str, text: &str) {
    insta::with_settings!({ snapshot_path => workspace().join("tests/snapshots"), prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, text);
    });
}

fn list(program: &str) -> Vec<Value> {
    let listed = say(program, Path::new("."), &["plugin", "list", "--json"]).ok().json();
    listed.as_array().unwrap().clone()
}

/// The list as a snapshot keeps it, a line for each plugin and each of its parts: sources without lines, and schemas and
/// documentation by what they are about. Their words are proved by the pages made from them.
fn shown(plugins: &[Value]) -> String {
    let mut lines = Vec::new();
    for plugin in plugins {
        let mut plugin = plugin.as_object().unwrap().clone();
        let parts = KINDS.map(|kind| (kind, plugin.shift_remove(kind).unwrap()));
        lines.push(shorten(&plugin));
        for (kind, list) in &parts {
            let list = list.as_array().unwrap();
            lines.extend(
                list.iter().map(|part| format!("  {kind} {}", shorten(part.as_object().unwrap()))),
            );
        }
    }
    lines.join("\n")
}

fn shorten(part: &Map<String, Value>) -> String {
    let mut part = part.clone();
    // The parts of a plugin stand below it.
    for left_out in ["docs", "description", "plugin"] {
        part.shift_remove(left_out);
    }
    for schema in ["params", "options", "config"] {
        if let Some(value) = part.get_mut(schema) {
            let properties =
                value["properties"].as_object().map(|map| map.keys().collect::<Vec<_>>());
            *value = json!(properties.unwrap_or_default());
        }
    }
    if let Some(at) = part.get_mut("defined_at") {
        *at = json!(at.as_str().unwrap().rsplit_once(':').unwrap().0);
    }
    Value::Object(part).to_string()
}
