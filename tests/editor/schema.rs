//! The JSON Schema of the language, held against every spec here: what the checker accepts passes, typical mistakes do not.

use std::path::Path;

use locus_diag::SourceId;
use locus_editor::{SchemaOf, json_schema};
use locus_model::Node;
use locus_plugin::Registry;
use locus_syntax::parse_yaml;
use serde_json::Value;

use crate::program::workspace;

fn validator(of: SchemaOf, registry: &Registry) -> jsonschema::Validator {
    jsonschema::validator_for(&json_schema(of, registry)).unwrap()
}

/// Each document of a text as a value; none for one that YAML cannot read.
fn values(text: &str) -> Vec<Value> {
    let (documents, problems) = parse_yaml(SourceId(0), text);
    if problems.iter().any(locus_diag::Diagnostic::is_error) {
        return Vec::new();
    }
    documents.iter().map(Node::to_value).collect()
}

#[test]
fn what_the_checker_accepts_passes() {
    let registry = crate::execute::registry();
    let spec = validator(SchemaOf::Spec, &registry);
    let manifest = validator(SchemaOf::Manifest, &registry);
    let mut checked = 0;
    let mut failures = Vec::new();
    let mut check = |name: &str, text: &str| {
        let validator =
            if name.ends_with("/locus.yaml") || name == "locus.yaml" { &manifest } else { &spec };
        for value in values(text) {
            checked += 1;
            let problems: Vec<String> = validator
                .iter_errors(&value)
                .map(|error| format!("{name}{}: {error}", error.instance_path()))
                .collect();
            failures.extend(problems);
        }
    };
    for folder in ["examples", "tests/generate", "tests/suite"] {
        walk(&workspace().join(folder), &mut |path, text| {
            let name = path.strip_prefix(workspace()).unwrap().to_string_lossy().into_owned();
            let files = crate::suite::split(text);
            // A case of the suite with an error in it may break any rule; the plugins of the examples are not linked here.
            let accepted = || {
                !crate::suite::diagnose(&files, &registry)
                    .1
                    .iter()
                    .any(locus_diag::Diagnostic::is_error)
            };
            if folder == "tests/suite" && !accepted() || name.contains("examples/shop") {
                return;
            }
            let is_ours =
                |name: &str| name.ends_with(".locus.yaml") || name.ends_with("locus.yaml");
            for file in files.iter().filter(|file| is_ours(&file.name)) {
                let text = crate::suite::source(file);
                let name =
                    if files.len() > 1 { format!("{name}/{}", file.name) } else { name.clone() };
                check(&name, &text);
            }
        });
    }
    assert!(failures.is_empty(), "{} of {checked}:\n{}", failures.len(), failures.join("\n"));
    assert!(checked > 60, "only {checked} specs were found");
}

#[test]
fn typical_mistakes_do_not_pass() {
    let registry = crate::execute::registry();
    let spec = validator(SchemaOf::Spec, &registry);
    let step = |step: &str| format!("workflows: {{ a: {{ steps: [ {step} ] }} }}");
    let right = [
        step("{ log: { message: hi } }"),
        step("{ id: a, continue: null, x-mine: 1 }"),
        step("{ loop: { times: \"${ 1 + 1 }\", steps: [ { log: { message: hi } } ] } }"),
        "models: { A: { fields: { id: { type: uuid, id: true }, b: { enum: [x] } } } }".to_owned(),
        "schemas: { A: { a: int, b: { type: \"string[]\", max: 3 }, c: { d: string } } }"
            .to_owned(),
        "connections: { a: { type: sqlite, path: a.db } }".to_owned(),
    ];
    for text in &right {
        let value = &values(text)[0];
        let problems: Vec<_> = spec.iter_errors(value).map(|e| e.to_string()).collect();
        assert!(problems.is_empty(), "{text}: {problems:?}");
    }
    let wrong = [
        "workflow: {}".to_owned(),
        "workflows: { a: {} }".to_owned(),
        "workflows: { a: { steps: {} } }".to_owned(),
        step("{ lgo: { message: hi } }"),
        step("{ log: { mesage: hi } }"),
        step("{ log: {} }"),
        step("{ log: { message: hi, level: loud } }"),
        step("{ log: { message: hi }, set: { a: 1 } }"),
        step("{ id: a }"),
        step("{ loop: { times: many, steps: [] } }"),
        step("{ loop: { steps: [ { log: { message: hi } } ] } }"),
        step("{ log: { message: hi }, retry: { attempts: 0 } }"),
        step("{ log: { message: hi }, retry: { backoff: quick } }"),
        "connections: { a: { type: sqlite, pth: a.db } }".to_owned(),
        "connections: { a: { type: nosuchkind } }".to_owned(),
        "connections: { a: { path: a.db } }".to_owned(),
        "models: { A: { fields: { b: { type: string, mx: 1 } } } }".to_owned(),
    ];
    for text in &wrong {
        assert!(!spec.is_valid(&values(text)[0]), "{text}");
    }
    let manifest = validator(SchemaOf::Manifest, &registry);
    let valid = |text: &str| manifest.is_valid(&values(text)[0]);
    assert!(valid("targets: { a: { generator: openapi, out: x, options: { title: T } } }"));
    assert!(!valid("targets: { a: { generator: openapi, out: x, options: { titel: T } } }"));
    assert!(!valid("targets: { a: { generator: nosuch, out: x } }"));
}

#[test]
fn every_key_and_step_type_is_documented() {
    let schema = json_schema(SchemaOf::Spec, &crate::execute::registry());
    let step = &schema["$defs"]["step"]["properties"];
    for key in ["id", "retry", "loop", "log", "external_api"] {
        assert!(step[key]["markdownDescription"].is_string(), "{key}");
    }
    assert_eq!(schema["$defs"]["retry"]["properties"]["attempts"]["default"], 3);
    let level = &step["log"]["properties"]["level"];
    assert!(
        level.to_string().contains("markdownEnumDescriptions")
            || level.to_string().contains("enum"),
        "{level}"
    );
}

fn walk(folder: &Path, visit: &mut dyn FnMut(&Path, &str)) {
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            walk(&path, visit);
        } else if path.to_string_lossy().ends_with(".yaml")
            && !path
                .components()
                .any(|part| matches!(part.as_os_str().to_str(), Some("generated" | "expected")))
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            visit(&path, &text);
        }
    }
}
