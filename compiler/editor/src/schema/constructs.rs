//! Constructs as schemas: mappings with known keys.

use locus_model::language::{Construct, Key, Others};
use locus_plugin::Registry;
use serde_json::{Map, Value, json};

use super::{Definitions, described, parameters};

impl Definitions<'_> {
    /// The schema of a mapping of the language.
    pub(super) fn construct(&mut self, construct: &'static Construct) -> Value {
        let mut properties = Map::new();
        for key in construct.keys {
            let schema = self.form(key.form);
            properties.insert(key.name.to_owned(), with_default(described(schema, key.docs), key));
        }
        let required: Vec<&str> =
            construct.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
        let mut schema = json!({
            "type": "object",
            "properties": properties,
            // The author's own keys, and those that merge others in.
            "patternProperties": { "^x-": {}, "^<<$": {} },
            "additionalProperties": false,
        });
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        let mut all = Vec::new();
        all.extend(construct.exactly_one.iter().map(|group| exactly_one(group)));
        all.extend(construct.at_most_one.iter().map(|group| at_most_one(group)));
        match construct.others {
            Others::Refused => {}
            Others::StepType => all.push(self.step_types(&mut schema)),
            Others::ConnectionSettings => {
                schema["additionalProperties"] = json!({});
                all.extend(self.settings());
            }
        }
        if construct.key("generator").is_some() {
            all.extend(options(self.registry));
        }
        if !all.is_empty() {
            schema["allOf"] = all.into();
        }
        described(schema, construct.docs)
    }

    /// Adds the linked step types as keys of a step; gives the rule that exactly one of them is there.
    fn step_types(&mut self, step: &mut Value) -> Value {
        let mut names = Vec::new();
        let mut snippets = Vec::new();
        for entry in self.registry.steps() {
            let ty = &entry.ty;
            let params = self.step_params(&ty.params);
            step["properties"][&ty.name] = described(params, &ty.docs);
            names.push(json!({ "required": [ty.name] }));
            snippets.push(json!({
                "label": ty.name,
                "description": ty.summary(),
                "body": { ty.name.as_str(): parameters::skeleton(&ty.params) },
            }));
        }
        step["defaultSnippets"] = snippets.into();
        json!({ "oneOf": names })
    }

    /// What each kind of connection asks for.
    fn settings(&mut self) -> Vec<Value> {
        let registry = self.registry;
        let kinds = registry.connection_kinds();
        kinds
            .map(|kind| {
                let settings = self.params(&kind.settings);
                let mut properties = settings["properties"].clone();
                properties["type"] =
                    json!({ "const": kind.name, "description": super::plain(&kind.docs) });
                when(
                    "type",
                    &kind.name,
                    json!({
                        "properties": properties,
                        "patternProperties": { "^x-": {}, "^<<$": {} },
                        "additionalProperties": false,
                    }),
                )
            })
            .collect()
    }
}

/// What each generator can be told.
fn options(registry: &Registry) -> Vec<Value> {
    let generators = registry.generators();
    generators
        .map(|entry| {
            let options = parameters::literal(&entry.meta.options);
            when("generator", &entry.meta.name, json!({ "properties": { "options": options } }))
        })
        .collect()
}

/// A schema that holds where a key has a value.
fn when(key: &str, value: &str, then: Value) -> Value {
    json!({
        "if": { "properties": { key: { "const": value } }, "required": [key] },
        "then": then,
    })
}

fn exactly_one(group: &[&str]) -> Value {
    let each: Vec<Value> = group.iter().map(|key| json!({ "required": [key] })).collect();
    json!({ "oneOf": each })
}

fn at_most_one(group: &[&str]) -> Value {
    json!({ "not": { "required": group } })
}

fn with_default(mut schema: Value, key: &Key) -> Value {
    if !key.default.is_empty() {
        // Numbers and booleans are written like texts.
        schema["default"] =
            serde_json::from_str(key.default).unwrap_or_else(|_| key.default.into());
    }
    schema
}
