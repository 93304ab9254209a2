//! What belongs in a place, as a schema.

use locus_model::Type;
use locus_model::language::{Form, Names, screens, types};
use serde_json::{Value, json};

use super::{BLOCK, Definitions, TYPE, parameters};

impl Definitions<'_> {
    pub(super) fn form(&mut self, form: Form) -> Value {
        match form {
            Form::Text
            | Form::Prose
            | Form::Version
            | Form::VersionRequirement
            | Form::TimeZone
            | Form::Path
            | Form::Identifier => json!({ "type": "string" }),
            Form::Bool => json!({ "type": "boolean" }),
            Form::Whole(least) => json!({ "type": "integer", "minimum": least }),
            Form::Number => json!({ "type": "number" }),
            Form::Duration => json!({ "type": "string", "examples": ["30s", "1h30m"] }),
            Form::Instant => json!({ "type": "string", "examples": ["2026-11-21T08:00:00Z"] }),
            Form::Cron => json!({ "type": "string", "examples": ["0 3 * * *"] }),
            Form::Pattern => json!({ "type": "string", "examples": ["^[A-Z]{3}$"] }),
            Form::Route => json!({ "type": "string", "examples": ["/orders/{order_id}"] }),
            Form::Choice(choices) => parameters::choice(
                &choices.iter().map(|choice| (choice.name, choice.docs)).collect::<Vec<_>>(),
            ),
            Form::Condition => json!({ "type": ["boolean", "string"], "examples": ["${ . }"] }),
            Form::Value | Form::Data | Form::PluginConfig | Form::GeneratorOptions => json!({}),
            Form::JsonSchema => json!({ "type": ["object", "boolean"] }),
            Form::Type => self.refer(TYPE),
            Form::Name(names) => self.name(names),
            Form::Block => self.refer(BLOCK),
            Form::Construct(construct) => self.refer(construct.name),
            Form::List(inner) => {
                let items = self.form(*inner);
                json!({ "type": "array", "items": items })
            }
            Form::Map(inner) => {
                let values = self.form(*inner);
                json!({ "type": "object", "additionalProperties": values })
            }
            Form::MapOf(names, inner) => {
                let mut values = self.form(*inner);
                if matches!(inner, Form::Construct(_)) {
                    // `null` takes away what is declared elsewhere.
                    values = json!({ "anyOf": [values, { "type": "null" }] });
                }
                let known = self.plugins(names, *inner);
                json!({ "type": "object", "properties": known, "additionalProperties": values })
            }
            Form::Either(forms) => {
                let each: Vec<Value> = forms.iter().map(|form| self.form(*form)).collect();
                json!({ "anyOf": each })
            }
        }
    }

    /// A name, with those that are known before any program is.
    fn name(&self, names: Names) -> Value {
        let registry = self.registry;
        let described = |all: Vec<(&str, &str)>| parameters::choice(&all);
        match names {
            Names::ConnectionKind => described(
                registry
                    .connection_kinds()
                    .map(|kind| (kind.name.as_str(), kind.docs.as_str()))
                    .collect(),
            ),
            Names::Generator => described(
                registry
                    .generators()
                    .map(|g| (g.meta.name.as_str(), g.meta.docs.as_str()))
                    .collect(),
            ),
            Names::View => {
                let views: Vec<&str> = screens::VIEWS.iter().map(|view| view.name).collect();
                json!({ "type": "string", "examples": views })
            }
            _ => json!({ "type": "string" }),
        }
    }

    /// The linked plugins as keys, with what each can be told.
    fn plugins(&mut self, names: Names, form: Form) -> Value {
        let mut known = json!({});
        if names != Names::Plugin {
            return known;
        }
        let registry = self.registry;
        for meta in registry.plugins() {
            let config = json!({ "type": "object", "properties": { "config": parameters::literal(&meta.config) } });
            let schema = self.form(form);
            let both = json!({ "allOf": [schema, { "if": { "type": "object" }, "then": config }] });
            known[&meta.id] = super::described(both, &meta.description);
        }
        known
    }

    /// A list of steps.
    pub(super) fn block(&mut self) -> Value {
        let step = self.refer("step");
        json!({ "type": "array", "items": step })
    }

    /// A type in any form.
    pub(super) fn written_type(&mut self) -> Value {
        let long = self.refer(types::TYPE.name);
        let field = self.refer(TYPE);
        let forms = types::TYPE.exactly_one.iter().flat_map(|group| group.iter());
        let is_long: Vec<Value> = forms.map(|key| json!({ "required": [key] })).collect();
        let fields = json!({
            "type": "object",
            "additionalProperties": field,
            "patternProperties": { "^x-": {} },
        });
        let scalars: Vec<&str> = Type::SCALARS.iter().map(|(name, _)| *name).collect();
        json!({
            "anyOf": [
                { "type": "string", "examples": scalars },
                { "if": { "type": "object", "anyOf": is_long }, "then": long, "else": fields },
            ],
        })
    }
}
