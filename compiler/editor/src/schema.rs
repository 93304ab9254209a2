//! The JSON Schema of the language, for editors that know YAML but not Locus: every key, every linked step type with its parameters,
//! every kind of connection and generator, documented.
//!
//! It is made of what the checker itself goes by: the [constructs](locus_model::language) of the language and the schemas of the linked
//! plugins. What is right passes; not everything that is wrong fails, for names and types are the checker's business. The schema is
//! one of 2020-12 that keeps to keywords which mean the same in draft-07, so that any YAML language server can use it.

mod constructs;
mod forms;
mod parameters;

use locus_model::language::{self, Construct};
use locus_plugin::Registry;
use serde_json::{Map, Value, json};

/// What a schema is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SchemaOf {
    /// Specs, `*.locus.yaml`.
    Spec,
    /// The manifest of a project, `locus.yaml`.
    Manifest,
}

/// The JSON Schema of a kind of files, with everything that is linked.
#[must_use]
pub fn json_schema(of: SchemaOf, registry: &Registry) -> Value {
    let (root, title): (&'static Construct, _) = match of {
        SchemaOf::Spec => (&language::SPEC, "Locus spec"),
        SchemaOf::Manifest => (&language::MANIFEST, "Locus manifest"),
    };
    let mut definitions = Definitions { registry, found: Map::new(), waiting: vec![root.name] };
    while let Some(name) = definitions.waiting.pop() {
        if !definitions.found.contains_key(name) {
            // Kept free while it is made: it may refer to itself.
            definitions.found.insert(name.to_owned(), Value::Null);
            let schema = definitions.make(name);
            definitions.found.insert(name.to_owned(), schema);
        }
    }
    let mut found = definitions.found;
    found.sort_keys();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "$ref": reference(root.name),
        "$defs": found,
    })
}

/// The definitions so far, and those that are still to be made.
struct Definitions<'r> {
    registry: &'r Registry,
    found: Map<String, Value>,
    waiting: Vec<&'static str>,
}

impl Definitions<'_> {
    /// A reference to a definition, which is made if it is not there yet.
    fn refer(&mut self, name: &'static str) -> Value {
        self.waiting.push(name);
        json!({ "$ref": reference(name) })
    }

    fn make(&mut self, name: &str) -> Value {
        match name {
            BLOCK => self.block(),
            TYPE => self.written_type(),
            _ => match language::all().into_iter().find(|construct| construct.name == name) {
                Some(construct) => self.construct(construct),
                None => json!({}),
            },
        }
    }
}

/// The name of the definition of a list of steps.
const BLOCK: &str = "block";
/// The name of the definition of a type, in any form.
const TYPE: &str = "any_type";

fn reference(name: &str) -> String {
    format!("#/$defs/{name}")
}

/// The same schema with what it means, for readers.
fn described(mut schema: Value, docs: &str) -> Value {
    if let Some(map) = schema.as_object_mut().filter(|_| !docs.is_empty()) {
        map.insert("description".to_owned(), plain(docs).into());
        map.insert("markdownDescription".to_owned(), docs.into());
    }
    schema
}

/// Markdown without its examples: for readers of plain text.
fn plain(docs: &str) -> String {
    let mut inside = false;
    let lines = docs.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !fence && !inside
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_left_out_of_plain_text() {
        assert_eq!(plain("One.\n\n```yaml\na: 1\n```\nTwo."), "One.\n\nTwo.");
    }
}
