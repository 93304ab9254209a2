//! Small programs through the generators, rendered and checked as a build would.

mod build;
mod documents;
mod obstacles;

use std::collections::BTreeMap;

use locus_codegen::generate;
use locus_diag::{Diagnostic, Sources};
use locus_plugin::Registry;
use locus_plugin::model::{Program, Target};
use locus_plugin::registry::Registered;
use serde_json::{Value, json};

use build::{node, program, spanned};

fn parts() -> Vec<locus_plugin::Registration> {
    vec![
        crate::BuiltInGenerators::REGISTRATION,
        crate::openapi::OpenApi::REGISTRATION,
        crate::typescript::TypeScript::REGISTRATION,
        crate::workflow_docs::WorkflowDocs::REGISTRATION,
    ]
}

fn target(generator: &str, options: &Value) -> Target {
    Target {
        name: spanned(generator),
        generator: spanned(generator),
        out: spanned(&format!("out/{generator}")),
        options: node(options),
    }
}

fn run(
    program: &Program,
    generator: &str,
    options: &Value,
    registry: &Registry,
) -> (BTreeMap<String, String>, Vec<Diagnostic>) {
    let (outputs, problems) =
        generate(program, &[&target(generator, options)], registry, &Sources::default());
    let files = outputs.into_iter().flat_map(|output| output.files);
    (files.map(|file| (file.path, file.text)).collect(), problems)
}

/// The files of a generator, which must have nothing to complain about; made twice, with another order of registration.
fn files_with(program: &Program, generator: &str, options: &Value) -> BTreeMap<String, String> {
    let (files, problems) = run(program, generator, options, &Registry::build(parts()).unwrap());
    assert_eq!(problems, Vec::new());
    let reversed = Registry::build(parts().into_iter().rev()).unwrap();
    assert_eq!(run(program, generator, options, &reversed).0, files);
    files
}

fn files(program: &Program, generator: &str) -> BTreeMap<String, String> {
    files_with(program, generator, &json!({}))
}

/// The one problem of a generator with a program.
fn problem(program: &Program, generator: &str) -> Diagnostic {
    let (files, mut problems) =
        run(program, generator, &json!({}), &Registry::build(parts()).unwrap());
    assert!(files.is_empty() && problems.len() == 1, "{files:?} {problems:?}");
    problems.remove(0)
}

/// The program of the language's introduction, in small.
fn shop() -> Program {
    program(json!({
        "name": "shop",
        "version": "1.2.0",
        "connections": { "shop": "sqlite", "bus": "queue" },
        "models": {
            "Customer": { "fields": { "id": { "type": "uuid", "id": true }, "name": { "type": "string", "limits": { "maxLength": 120 } } } },
            "Order": {
                "description": "What a customer wants.",
                "fields": {
                    "id": { "type": "uuid", "id": true },
                    "customer": { "type": "Customer", "description": "Who ordered." },
                    "lines": "OrderLine[]",
                    "status": { "enum": ["pending", "paid", "shipped"], "default": "pending" },
                    "total": "decimal",
                    "placed": { "type": "datetime", "default": "now", "description": "When it came in." },
                    "note": "string?"
                }
            },
            "OrderLine": { "fields": { "sku": "string", "qty": { "type": "int", "limits": { "minimum": 1 } }, "order": "Order?" } }
        },
        "schemas": {
            "Address": { "description": "Where to send it.", "fields": { "street": "string", "geo": { "fields": { "lat": "float", "lon": "float" } } } },
            "Labels": "map<string?>",
            "Weekday": { "enum": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] },
            "Parcel": { "schema": { "type": "object", "required": ["weight"], "properties": { "weight": { "type": "number" }, "inner": { "$ref": "#" }, "size": { "$ref": "#/$defs/size" } }, "$defs": { "size": { "enum": ["s", "m", 3, null] } } } }
        },
        "workflows": {
            "fulfil_order": {
                "description": "Reserve, charge and announce one order.\n\nThe customer is told.",
                "input": { "order_id": "uuid", "lines": "OrderLine[]", "amount": { "type": "decimal", "description": "What to charge." }, "express": { "type": "bool", "default": false } },
                "output": { "receipt": "${ .steps.charge.id }", "text": "order ${ .input.order_id }", "fixed": { "n": 1, "list": [1], "nothing": null, "yes": true } },
                "triggers": [ { "http": ["POST", "/orders/{order_id}/fulfil"] }, { "cron": "0 3 * * *" }, { "event": "order.placed" } ],
                "timeout": 3600000,
                "steps": [
                    { "id": "reserve_all", "type": "loop", "params": { "over": "${ .input.lines }", "as": "line" }, "slots": [
                        { "pointer": "/steps", "steps": [
                            { "id": "reserve", "type": "db_tx", "effect": "transactional", "params": { "connection": "shop" }, "compensate": [ { "type": "db_tx", "effect": "transactional", "params": { "connection": "shop" } } ] }
                        ] }
                    ] },
                    { "id": "charge", "type": "external_api", "effect": "at_most_once", "retry": { "attempts": 5, "backoff": "exponential", "initial": 200, "max": 30000, "jitter": "full", "errors": ["timeout", "http_5xx"] }, "timeout": 10000 },
                    { "type": "fail", "when": "${ .steps.charge.status == \"declined\" }" },
                    { "id": "announce", "type": "parallel", "slots": [
                        { "pointer": "/branches/mail", "segment": "mail", "steps": [ { "type": "queue_publish", "effect": "idempotent", "params": { "connection": "bus", "topic": "mail" } } ] },
                        { "pointer": "/branches/audit", "segment": "audit", "steps": [] }
                    ] }
                ]
            },
            "find": {
                "input": { "q": "string", "tags": "string[]", "day": "Weekday?", "filter": "json", "limit": { "type": "int", "default": 10, "limits": { "minimum": 1, "maximum": 100 } } },
                "triggers": [ { "http": ["GET", "/orders"] } ],
                "steps": [
                    { "id": "a", "type": "log" }, { "id": "b", "type": "log", "needs": ["a"] }, { "id": "c", "type": "log", "needs": ["a"] }, { "id": "d", "type": "log", "needs": ["b", "c"], "when": "${ true }" }
                ]
            },
            "nightly": { "triggers": [ { "cron": "0 3 * * *" } ], "steps": [
                { "id": "risky", "type": "try_catch", "slots": [
                    { "pointer": "/try", "steps": [ { "type": "log" } ] },
                    { "pointer": "/catch/0/steps", "segment": "timeout", "steps": [ { "type": "log" } ] },
                    { "pointer": "/finally", "segment": "finally", "steps": [ { "type": "log" } ] }
                ] }
            ] }
        }
    }))
}
