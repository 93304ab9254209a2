//! Steps keep their paths and ids through any edit elsewhere: other key orders, comments, quotes and file splits, steps moved, added
//! and removed around them.
//!
//! Every step of the corpus carries a tag of its own in an `x-tag` key. After an edit, each tag that is still there must name
//! the path and the id it named before.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use locus_compiler::compile_in;
use locus_diag::SourceId;
use locus_model::{Block, StepId, StepPath};
use locus_plugin::Registry;
use locus_syntax::{MemoryWorld, parse_yaml};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// The key that tells steps apart.
const TAG: &str = "x-tag";

type Identities = BTreeMap<u64, (StepPath, StepId)>;

#[derive(Clone)]
struct Spec {
    name: String,
    value: Map<String, Value>,
    before: Identities,
}

/// Specs of the examples and of the cases that run, with their steps tagged.
fn corpus(registry: &Registry) -> Vec<Spec> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    for folder in ["execute", "suite/programs", "suite/identity", "../examples/orders"] {
        for entry in std::fs::read_dir(here.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let text = if name.ends_with(".md") {
                let Some((_, rest)) = text.split_once("```yaml\n") else { continue };
                rest.split("```").next().unwrap_or_default().to_owned()
            } else if name.ends_with(".yaml") && name != "locus.yaml" {
                text
            } else {
                continue;
            };
            texts.push((name, text));
        }
    }
    texts.sort();
    let mut specs = Vec::new();
    let mut next = 0;
    for (name, text) in texts {
        let (documents, _) = parse_yaml(SourceId(0), &text);
        let [document] = documents.as_slice() else { continue };
        let Value::Object(mut value) = document.to_value() else { continue };
        if !value.contains_key("workflows") {
            continue;
        }
        each_block(&mut value, registry, &mut |steps| {
            for step in steps.iter_mut().filter_map(Value::as_object_mut) {
                step.insert(TAG.to_owned(), json!(next));
                next += 1;
            }
        });
        let file = "spec.locus.yaml".to_owned();
        let (before, sound) = identities(&[(file, text_of(&value, &mut Dice(1)))], registry);
        // Names that clash are errors: whose they are is not settled.
        if before.len() > 1 && sound {
            specs.push(Spec { name, value, before });
        }
    }
    specs
}

/// Calls `f` on the steps of every block, outer blocks first.
fn each_block(
    map: &mut Map<String, Value>,
    registry: &Registry,
    f: &mut dyn FnMut(&mut Vec<Value>),
) {
    for value in map.values_mut() {
        each_block_in(value, registry, f);
    }
}

fn each_block_in(value: &mut Value, registry: &Registry, f: &mut dyn FnMut(&mut Vec<Value>)) {
    match value {
        Value::Array(items) => {
            if !items.is_empty() && items.iter().all(|item| is_step(item, registry)) {
                f(items);
            }
            for item in items {
                each_block_in(item, registry, f);
            }
        }
        Value::Object(map) => each_block(map, registry, f),
        _ => {}
    }
}

fn is_step(value: &Value, registry: &Registry) -> bool {
    value.as_object().is_some_and(|map| map.keys().any(|key| registry.step(key).is_some()))
}

/// What each tag names, and whether the program is without errors.
fn identities(files: &[(String, String)], registry: &Registry) -> (Identities, bool) {
    let world = MemoryWorld::new(files.iter().cloned());
    let compilation = compile_in(&world, "", registry);
    let mut found = Identities::new();
    for workflow in compilation.program.workflows.values() {
        gather(&workflow.steps, &mut found);
    }
    (found, !compilation.diagnostics.has_errors())
}

fn gather(block: &Block, found: &mut Identities) {
    for step in &block.steps {
        if let Some(tag) = step.extensions.get(TAG).and_then(Value::as_u64) {
            let earlier = found.insert(tag, (step.path.clone(), step.step_id));
            assert!(earlier.is_none(), "two steps carry one tag");
        }
        step.slots.iter().for_each(|slot| gather(&slot.block, found));
        step.compensate.iter().for_each(|block| gather(block, found));
    }
}

/// Random numbers from a seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// Edits steps here and there; gives back the tags of those that went or were edited, with all that stood inside.
fn edit(spec: &mut Map<String, Value>, registry: &Registry, dice: &mut Dice) -> BTreeSet<u64> {
    let mut touched = BTreeSet::new();
    let mut added = 0;
    each_block(spec, registry, &mut |steps| {
        // Only a step with an id may go or come: of those without one, each counts for the names of the others.
        let named = |step: &Value| step.get("id").is_some();
        if dice.one_in(4)
            && let Some(at) = pick(steps, dice, named)
            && steps.len() > 1
        {
            tags(&steps.remove(at), &mut touched);
        }
        if dice.one_in(3) {
            let step = match dice.below(3) {
                0 => json!({ "id": format!("added_{added}"), "log": { "message": "hi" } }),
                1 => json!({ "id": format!("added_{added}"), "set": { "added": added } }),
                _ => {
                    json!({ "id": format!("added_{added}"), "when": true, "wait": { "for": "1s" } })
                }
            };
            added += 1;
            steps.insert(dice.below(steps.len() + 1), step);
        }
        if dice.one_in(4)
            && let Some(at) = pick(steps, dice, named)
        {
            let step = &mut steps[at];
            step["description"] = json!(format!("edited {}", dice.below(100)));
            if dice.one_in(2) {
                tags(step, &mut touched);
                step["id"] = json!(format!("renamed_{added}"));
                added += 1;
            }
        }
        for _ in 0..dice.below(3) {
            let (one, other) = (dice.below(steps.len()), dice.below(steps.len()));
            steps.swap(one, other);
        }
    });
    if let Some(Value::Object(workflows)) = spec.get_mut("workflows") {
        if dice.one_in(2) {
            workflows
                .insert("another".to_owned(), json!({ "steps": [{ "log": { "message": "hi" } }] }));
        }
        if workflows.len() > 1 && dice.one_in(4) {
            let at = dice.below(workflows.len());
            let name = workflows.keys().nth(at).cloned().unwrap_or_default();
            let gone = workflows.shift_remove(&name);
            tags(&gone.unwrap_or_default(), &mut touched);
        }
    }
    touched
}

fn pick(steps: &[Value], dice: &mut Dice, fits: impl Fn(&Value) -> bool) -> Option<usize> {
    let fitting: Vec<usize> = (0..steps.len()).filter(|at| fits(&steps[*at])).collect();
    (!fitting.is_empty()).then(|| fitting[dice.below(fitting.len())])
}

fn tags(value: &Value, found: &mut BTreeSet<u64>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| tags(item, found)),
        Value::Object(map) => {
            found.extend(map.get(TAG).and_then(Value::as_u64));
            map.values().for_each(|value| tags(value, found));
        }
        _ => {}
    }
}

/// The declarations in a few files, each in its own order.
fn files(spec: &Map<String, Value>, dice: &mut Dice) -> Vec<(String, String)> {
    let mut files = vec![Map::new(); 1 + dice.below(3)];
    for (section, declared) in spec {
        let Value::Object(names) = declared else {
            let at = dice.below(files.len());
            files[at].insert(section.clone(), declared.clone());
            continue;
        };
        for (name, value) in names {
            let at = dice.below(files.len());
            let file = files[at].entry(section.clone()).or_insert_with(|| json!({}));
            file[name] = value.clone();
        }
    }
    let files = files.into_iter().enumerate().filter(|(_, file)| !file.is_empty());
    files.map(|(index, file)| (format!("part{index}.locus.yaml"), text_of(&file, dice))).collect()
}

/// A mapping as YAML: keys in any order, comments anywhere, in block or flow style.
fn text_of(map: &Map<String, Value>, dice: &mut Dice) -> String {
    let mut text = String::new();
    write_block(map, 0, dice, &mut text);
    text
}

fn write_block(map: &Map<String, Value>, indent: usize, dice: &mut Dice, text: &mut String) {
    let mut keys: Vec<&String> = map.keys().collect();
    for at in (1..keys.len()).rev() {
        keys.swap(at, dice.below(at + 1));
    }
    let margin = " ".repeat(indent);
    for key in keys {
        if dice.one_in(5) {
            let _ = writeln!(text, "{margin}# a comment: {}", dice.below(1000));
        }
        let _ = write!(text, "{margin}{}:", Value::from(key.as_str()));
        match &map[key] {
            Value::Object(inner) if !inner.is_empty() && !dice.one_in(4) => {
                text.push('\n');
                write_block(inner, indent + 2, dice, text);
            }
            Value::Array(items)
                if !items.is_empty()
                    && items
                        .iter()
                        .all(|item| item.as_object().is_some_and(|map| !map.is_empty()))
                    && !dice.one_in(4) =>
            {
                text.push('\n');
                for item in items.iter().filter_map(Value::as_object) {
                    let _ = writeln!(text, "{margin}  - # {}", dice.below(1000));
                    write_block(item, indent + 4, dice, text);
                }
            }
            value => {
                let _ = write!(text, " {value}");
                text.push_str(if dice.one_in(3) { " # as JSON\n" } else { "\n" });
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn steps_survive_edits_elsewhere(seed in any::<u64>()) {
        thread_local! {
            static CORPUS: (Registry, Vec<Spec>) = {
                let registry = crate::execute::registry();
                let corpus = corpus(&registry);
                (registry, corpus)
            };
        }
        CORPUS.with(|(registry, corpus)| {
            assert!(corpus.len() > 20, "the corpus is gone");
            let mut dice = Dice(seed);
            let spec = &corpus[dice.below(corpus.len())];
            let mut value = spec.value.clone();
            let touched = edit(&mut value, registry, &mut dice);
            let files = files(&value, &mut dice);
            let (after, _) = identities(&files, registry);
            let mut left = BTreeSet::new();
            tags(&Value::Object(value), &mut left);
            for (tag, identity) in &spec.before {
                if touched.contains(tag) || !left.contains(tag) {
                    continue;
                }
                let texts: String = files.iter().map(|(name, text)| format!("--- {name}\n{text}")).collect();
                assert_eq!(
                    after.get(tag),
                    Some(identity),
                    "step {tag} of {} is another after an edit elsewhere:\n{texts}",
                    spec.name
                );
            }
        });
    }
}
