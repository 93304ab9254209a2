//! `docs/language/steps.md` is written from the documentation of the step types: their doc comments and those of their parameters.
//! `BLESS=1` writes it anew.

use std::fmt::Write;

use locus_plugin::schema;
use locus_plugin::step::StepEntry;
use serde_json::Value;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/language/steps.md");

const INTRODUCTION: &str = "\
# Step types

<!-- Written from the doc comments in `steps/src/`: change those, then run `BLESS=1 cargo test -p locus-steps reference`. -->

The step types that every program can use. Each is a key of a step; its parameters stand inside it, and the keys that every step may
have (`id`, `when`, `retry`, `timeout`, …) beside it. Other step types come from plugins.

In the tables, *steps* is a list of steps, and the variables it sees are named. Every other value may be an expression, except those
marked *as written*. A *condition* is an expression that gives true or false; the step looks at it when it needs it, and it sees the
variables of the steps beside it.
";

const SECTIONS: [(&str, &[&str]); 6] = [
    ("Many blocks", &["parallel", "loop", "break", "continue"]),
    ("One block of several", &["conditional", "switch", "try_catch"]),
    ("Ends, other workflows", &["return", "fail", "call"]),
    ("Time and events", &["wait", "schedule", "emit", "wait_event"]),
    ("Values", &["set", "validate", "log"]),
    ("The world outside", &["external_api", "db_tx", "queue_publish", "read_file", "run_command"]),
];

#[test]
#[expect(clippy::disallowed_methods, reason = "the test that blesses the page reads and writes it")]
fn the_reference_is_up_to_date() {
    let page = page();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(PAGE, &page).expect("the page can be written");
    }
    let written = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(
        written == page,
        "docs/language/steps.md differs from the doc comments: run the test with BLESS=1"
    );
}

#[test]
fn every_step_type_is_in_a_section_and_has_an_example() {
    let registry = locus_plugin::Registry::linked().expect("the built-in steps are registered");
    let mut names: Vec<&str> =
        SECTIONS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    names.sort_unstable();
    let registered: Vec<&str> = registry.steps().map(|entry| entry.ty.name.as_str()).collect();
    assert_eq!(names, registered);
    for entry in registry.steps() {
        assert_eq!(entry.ty.plugin, "locus.steps");
        let name = &entry.ty.name;
        let example = entry.ty.docs.split("```yaml\n").nth(1).unwrap_or_default();
        assert!(
            example.contains("workflows:") && example.contains(&format!(" {name}:")),
            "{name} has no example"
        );
    }
}

fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    for (heading, names) in SECTIONS {
        let _ = write!(page, "\n## {heading}\n");
        for name in names {
            page += &section(&super::entry(name));
        }
    }
    page
}

fn section(entry: &StepEntry) -> String {
    let ty = &entry.ty;
    let (text, example) = ty.docs.split_once("```yaml").unwrap_or((&ty.docs, ""));
    let mut section = format!("\n### `{}`\n\n{}\n", ty.name, text.trim_end());
    let mut rows = String::new();
    parameters(&ty.params, "", &mut rows);
    if !rows.is_empty() {
        let _ = write!(section, "\n| parameter | value | meaning |\n|---|---|---|\n{rows}");
    }
    if let Some(names) = ty.params["oneOf"].as_array() {
        let names: Vec<String> =
            names.iter().map(|rule| format!("`{}`", text_of(&rule["required"][0]))).collect();
        let _ = write!(section, "\nExactly one of {} is given.\n", names.join(", "));
    }
    let _ = write!(section, "\n```yaml{}\n", example.trim_end());
    section
}

/// A row for each parameter, and for those inside it.
fn parameters(object: &Value, path: &str, rows: &mut String) {
    let required = object["required"].as_array().map_or(&[][..], Vec::as_slice);
    for (name, schema) in object["properties"].as_object().into_iter().flatten() {
        let place = format!("{path}{name}");
        let meaning = meaning(schema, required.contains(&Value::String(name.clone())));
        let _ =
            writeln!(rows, "| `{place}` | {} | {} |", value(schema), meaning.replace('|', "\\|"));
        parameters(schema, &format!("{place}."), rows);
        parameters(&schema["items"], &format!("{place}[]."), rows);
    }
}

/// What may be written, in a few words.
fn value(schema: &Value) -> String {
    if let Some(slot) = schema.get(schema::BLOCK) {
        return steps(slot);
    }
    let values = &schema["additionalProperties"];
    let mut words = match schema["type"].as_str() {
        _ if schema.get(schema::LAZY).is_some() => "condition".to_owned(),
        Some("string") if schema["format"] == "date-time" => "date and time".to_owned(),
        Some("string") if schema["format"].is_string() => "duration".to_owned(),
        Some("string") if choices(schema).is_empty() => "text".to_owned(),
        Some("string") => choices(schema)
            .iter()
            .map(|choice| format!("`{choice}`"))
            .collect::<Vec<_>>()
            .join(", "),
        Some("integer") => "whole number".to_owned(),
        Some("number") => "number".to_owned(),
        Some("boolean") => "true or false".to_owned(),
        Some("array") => format!("list of {}", plural(&schema["items"])),
        Some("object") => match values.get(schema::BLOCK) {
            Some(slot) => format!("{} by name", steps(slot)),
            None if values.is_object() => format!("{} by name", plural(values)),
            None => "mapping".to_owned(),
        },
        _ => "any value".to_owned(),
    };
    match schema.get(schema::REFERENCE).and_then(Value::as_str) {
        None | Some("error") => {}
        Some("type") => words = "type".to_owned(),
        Some(reference) => words = format!("name of a {reference}"),
    }
    if schema.get(schema::LITERAL).is_some() {
        words += ", *as written*";
    }
    if schema.get(schema::SECRET_SAFE).is_some() {
        words += "; may hold secrets";
    }
    words
}

fn plural(schema: &Value) -> &'static str {
    match schema["type"].as_str() {
        Some("string") => "texts",
        Some("integer") => "whole numbers",
        Some("object") => "mappings",
        _ => "values",
    }
}

/// An inner block with the variables it sees.
fn steps(slot: &Value) -> String {
    let names: Vec<String> = slot["binds"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|bind| match bind.as_str() {
            Some(name) => format!("`${name}`"),
            None if bind["name"].is_string() => format!("`${}`", text_of(&bind["name"])),
            None => format!("`${}`", text_of(&bind["default"])),
        })
        .collect();
    if names.is_empty() {
        "*steps*".to_owned()
    } else {
        format!("*steps*, with {}", names.join(", "))
    }
}

fn choices(schema: &Value) -> Vec<&str> {
    let listed = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let described = schema["oneOf"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|choice| choice["const"].as_str());
    listed.chain(described).collect()
}

/// The description, and whether it must be given, or what it is otherwise.
fn meaning(schema: &Value, required: bool) -> String {
    let description =
        text_of(&schema["description"]).split_whitespace().collect::<Vec<_>>().join(" ");
    let otherwise = match &schema["default"] {
        _ if required => " Required.".to_owned(),
        Value::Null => String::new(),
        Value::Array(items) if items.is_empty() => String::new(),
        Value::Object(map) if map.is_empty() => String::new(),
        Value::String(text) => format!(" Default: `{text}`."),
        other => format!(" Default: `{other}`."),
    };
    description + &otherwise
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
