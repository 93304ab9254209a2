//! A registry of a few step types that resemble the built-in ones.

use std::sync::Arc;

use locus_model::Effect;
use locus_plugin::action::{BoxFuture, ErasedAction};
use locus_plugin::param::Param;
use locus_plugin::registry::Part;
use locus_plugin::step::{Behaviour, StepEntry};
use locus_plugin::{
    PluginMeta, Registration, Registry, Stability, StepContext, StepError, StepKind, StepType,
    Value,
};
use serde_json::json;

/// What runs is not tested here.
struct Nothing;

impl ErasedAction for Nothing {
    fn run(&self, _: Value, _: StepContext) -> BoxFuture<'static, Result<Value, StepError>> {
        Box::pin(async { Ok(Value::Null) })
    }
}

fn entry(name: &str, params: Value) -> StepEntry {
    StepEntry {
        ty: StepType {
            name: name.to_owned(),
            plugin: String::new(),
            docs: String::new(),
            kind: StepKind::Control,
            effect: Effect::Pure,
            params,
            result: locus_plugin::ResultType::Any,
            raises: None,
            catches: Vec::new(),
            completes: true,
            errors: None,
            passes_key: false,
            defined_at: String::new(),
        },
        behaviour: Behaviour::Action(Arc::new(Nothing)),
    }
}

fn block(binds: Value) -> Value {
    locus_plugin::schema::block("once", &binds)
}

fn object(properties: Value) -> Value {
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn plugin() -> PluginMeta {
    PluginMeta {
        id: "test.steps".to_owned(),
        version: "0.0.0".to_owned(),
        api: locus_plugin::API_VERSION,
        description: String::new(),
        package: "test".to_owned(),
        provides: Vec::new(),
        requires: Vec::new(),
        optional: Vec::new(),
        conflicts: Vec::new(),
        permissions: Vec::new(),
        stability: Stability::Stable,
        config: json!({}),
        config_version: 1,
    }
}

fn log() -> StepEntry {
    entry("log", object(json!({ "message": {}, "delay": locus_plugin::Millis::schema() })))
}

fn parallel() -> StepEntry {
    let branches = json!({ "type": "object", "additionalProperties": block(json!([])) });
    entry("parallel", object(json!({ "branches": branches })))
}

fn repeat() -> StepEntry {
    let binds = json!([{ "param": "as", "default": "item" }, "index"]);
    entry(
        "loop",
        object(json!({
            "over": { "type": "array", "items": {} },
            "until": { "type": "boolean", "x-locus-lazy": true },
            "as": { "type": "string", "x-locus-literal": true },
            "steps": block(binds),
        })),
    )
}

fn conditional() -> StepEntry {
    let case = object(json!({
        "name": { "type": "string" },
        "when": { "type": "boolean", "x-locus-lazy": true },
        "steps": block(json!([])),
    }));
    let cases = json!({ "type": "array", "items": case });
    entry("conditional", object(json!({ "cases": cases, "else": block(json!([])) })))
}

/// A pure action, with parameters that nothing built in has.
fn hash() -> StepEntry {
    let schema = json!({
        "type": "object",
        "properties": {
            "of": {},
            "model": { "type": "string", "x-locus-reference": "model" },
            "rounds": { "type": "integer", "multipleOf": 2 },
            "salt": { "$ref": "#/$defs/salt" },
        },
        "additionalProperties": false,
        "$defs": {
            "salt": { "type": "object", "additionalProperties": { "type": "string", "minLength": 2 } },
        },
    });
    let mut entry = entry("hash", schema);
    entry.ty.kind = StepKind::Action;
    entry
}

/// The registry.
pub(super) fn registry() -> Registry {
    let part = |part| Registration { package: "test", part };
    let parts = [
        part(Part::Plugin(plugin)),
        part(Part::Step(log)),
        part(Part::Step(parallel)),
        part(Part::Step(repeat)),
        part(Part::Step(conditional)),
        part(Part::Step(hash)),
    ];
    Registry::build(parts).expect("the parts fit together")
}
