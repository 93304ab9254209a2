//! What is linked into a host, and that plugins of a third party work in one: in the whole command, and when they panic.

mod acme;
mod loopback;
mod panics;

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::program::{ACME, LOCUS, say, workspace};

/// A crate that nothing names is not linked, silently: the list says which parts are there.
#[test]
fn the_built_in_plugins_are_linked() {
    insta::assert_snapshot!("built_in_plugins", shown(&list(LOCUS)));
}

#[test]
fn a_host_has_the_plugins_that_it_names() {
    let (built_in, mut with_acme) = (list(LOCUS), list(ACME));
    let is_acme = |plugin: &Value| plugin["id"] == "acme.shop";
    let acme: Vec<Value> = with_acme.iter().filter(|plugin| is_acme(plugin)).cloned().collect();
    with_acme.retain(|plugin| !is_acme(plugin));
    assert_eq!(with_acme, built_in);
    insta::assert_snapshot!("acme_plugin", shown(&acme));
}

/// The sources that `defined_at` names are there, at that line.
#[test]
fn parts_say_where_they_are_defined() {
    for plugin in list(ACME) {
        for kind in KINDS {
            for part in plugin[kind].as_array().unwrap() {
                let (file, line) = part["defined_at"].as_str().unwrap().rsplit_once(':').unwrap();
                let source = std::fs::read_to_string(workspace().join(file)).unwrap();
                let line = source.lines().nth(line.parse::<usize>().unwrap() - 1).unwrap();
                assert!(line.contains("derive") || line.contains("struct"), "{file}: {line}");
            }
        }
    }
}

const KINDS: [&str; 4] = ["steps", "generators", "parser_hooks", "hooks"];

fn list(program: &str) -> Vec<Value> {
    let listed = say(program, Path::new("."), &["plugin", "list", "--json"]).ok().json();
    listed.as_array().unwrap().clone()
}

/// The list as a snapshot keeps it: sources without lines, and schemas and documentation by what they are about. Their words
/// are proved by the pages made from them.
fn shown(plugins: &[Value]) -> String {
    let shown: Vec<Value> = plugins
        .iter()
        .map(|plugin| {
            let mut plugin = plugin.as_object().unwrap().clone();
            shorten(&mut plugin);
            for kind in KINDS {
                for part in plugin[kind].as_array_mut().unwrap() {
                    shorten(part.as_object_mut().unwrap());
                }
            }
            Value::Object(plugin)
        })
        .collect();
    serde_json::to_string_pretty(&shown).unwrap()
}

fn shorten(part: &mut Map<String, Value>) {
    for words in ["docs", "description"] {
        part.remove(words);
    }
    // The parts of a plugin stand in it.
    part.remove("plugin");
    for schema in ["params", "options", "config"] {
        if let Some(value) = part.get_mut(schema) {
            let properties = value["properties"].as_object().map(|map| map.keys().collect::<Vec<_>>());
            *value = json!(properties.unwrap_or_default());
        }
    }
    if let Some(at) = part.get_mut("defined_at") {
        *at = json!(at.as_str().unwrap().rsplit_once(':').unwrap().0);
    }
}
