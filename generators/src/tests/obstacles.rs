//! Programs that would break output which trusts its input.

use super::*;

/// Text that means something in every language that is generated.
const NASTY: &str = "*/ /* ``` `x` | ${x} {{ y }} {% z %} \"\"\" ' \\ # <script>alert(1)</script> &amp; <!-- --> %%{init: {}}%%\n\n# no heading\n@deprecated\n\u{202e}\u{2028}end";

/// Everything legal that is hard.
pub(super) fn obstacles() -> Program {
    program(json!({
        "name": NASTY,
        "models": {
            "class": { "description": NASTY, "fields": {
                "default": "string", "__proto__": { "type": "string?", "description": NASTY }, "a-b": "int", "größe": "float",
                "1st": "bool", "constructor": "json", "has \"quotes\" and 'more'": "any", "new\nline": "bytes", "self": "class?", "others": "class[]", "": "date"
            } },
            "Promise": { "fields": { "then": "string" } },
            "Record": { "fields": { "map": "map<Array>", "raw": "map<json>" } },
            "Array": { "fields": { "items": "Record[]?" } },
            "string_": { "fields": { "value": "string" } },
            "_2fa": { "fields": { "code": "string" } },
            "größe": { "fields": { "cm": "float" } },
            "注文": { "fields": { "番号": "int" } }
        },
        "schemas": {
            "Nothing": { "fields": {} },
            "MaybeList": "class[]?[]?",
            "Long": { "enum": [NASTY, "", "a b", "日本", "it's", "say \"hi\"", "x\u{0}y"] },
            "Tree": { "fields": { "value": "any", "children": "Tree[]" } },
            "Optional": { "type": "string?", "description": "may be null" },
            "Anything": { "schema": true },
            "Impossible": { "schema": false },
            "Choice": { "schema": { "oneOf": [ { "type": "string", "const": "*/" }, { "type": "object", "properties": { "$ref": { "type": "string" }, "const": { "$ref": "#/$defs/a~1b" } }, "additionalProperties": false } ], "$defs": { "a/b": { "type": ["array", "null"], "items": { "type": "integer" } } } } },
            "Both": { "schema": { "allOf": [ { "type": "object", "properties": { "a": { "type": "string" } } }, { "anyOf": [ { "type": "object", "properties": { "b": { "type": "string" } } }, { "type": "null" } ] } ] } },
            "Deep": { "fields": { "one": { "fields": { "two": { "fields": { "three_of_a_long_name": { "enum": ["some long value", "another long value", "and yet another one"], "optional": true }, "list": { "schema": { "type": "array", "items": { "enum": ["some long value", "another long value", "and yet another one", 1, true] } } } }, "optional": true } } } } }
        },
        "workflows": {
            "constructor": { "description": NASTY, "steps": [] },
            "get_run": { "input": { "__proto__": "string", "constructor": "int?" }, "steps": [ { "type": NASTY, "description": NASTY, "when": NASTY } ] },
            "con": { "triggers": [ { "cron": NASTY }, { "event": NASTY } ], "output": NASTY, "steps": [
                { "id": "end", "type": "subgraph", "slots": [ { "pointer": format!("/{NASTY}"), "segment": NASTY, "steps": [ { "id": NASTY, "type": "class" } ] } ] },
                { "id": "style", "type": "click", "params": { "connection": "nowhere" } }
            ] },
            "delete": { "input": { "class": "string", "in": { "type": "class?", "description": NASTY } }, "triggers": [ { "http": ["DELETE", "/things/{class}"] }, { "http": ["GET", "/things/{class}"] } ], "output": { "__proto__": 1, "a|b": "${ 1 }" }, "steps": [] },
            "a_workflow_with_a_name_that_is_longer_than_any_line_should_ever_be_made_by_a_person": { "input": { "x": "int" }, "steps": [] }
        }
    }))
}

#[test]
fn comments_and_strings_are_not_left() {
    let files = files(&obstacles(), "typescript");
    for text in files.values() {
        let (mut comment, mut code) = (false, String::new());
        for line in text.lines().map(str::trim) {
            comment |= line.starts_with("/**");
            if comment {
                assert_eq!(line.matches("*/").count(), usize::from(line.ends_with("*/")), "{line}");
                assert!(line.starts_with('*') || line.starts_with("/**"), "{line}");
                comment = !line.ends_with("*/");
            } else {
                code.push_str(line);
            }
        }
        assert!(!comment);
        assert_eq!(code.matches('{').count(), code.matches('}').count());
    }
    assert!(files["types.ts"].contains("  \"a-b\": number;\n"));
    assert!(files["types.ts"].contains("export interface _2fa {"));
    assert!(files["client.ts"].contains("  constructor_("));
    assert!(files["client.ts"].contains("  getRun_("));
}

#[test]
fn tables_and_diagrams_keep_their_form() {
    for (path, text) in files(&obstacles(), "workflow_docs") {
        let (mut columns, mut fence) = (0, String::new());
        for line in text.lines() {
            if line.starts_with("```") {
                let ticks: String = line.chars().take_while(|c| *c == '`').collect();
                // A fence is closed by one as long; shorter ones inside are text.
                if fence.is_empty() {
                    fence = ticks;
                } else if ticks == fence {
                    fence.clear();
                }
                continue;
            }
            assert!(!fence.is_empty() || line != "# no heading", "{path}");
            if line.starts_with("| ") {
                let pipes = line.replace("\\|", "").matches('|').count();
                assert!(columns == 0 || pipes == columns, "{path}: {line}");
                columns = pipes;
            } else {
                columns = 0;
            }
        }
        assert_eq!(fence, "", "{path}");
        let diagram = text.split("```mermaid\n").nth(1).and_then(|rest| rest.split("\n```").next());
        for label in
            diagram.into_iter().flat_map(str::lines).filter_map(|line| line.split('"').nth(1))
        {
            let plain = |c: char| c.is_alphanumeric() || " _-.,/()=!?#;\u{b7}\u{2026}".contains(c);
            assert!(label.chars().all(plain), "{path}: {label}");
        }
    }
}

fn message(program: Value, generator: &str) -> String {
    let problem = problem(&self::program(program), generator);
    assert_eq!((problem.code.as_str(), problem.labels.len()), ("generator-failed", 2));
    problem.message
}

#[test]
fn names_that_become_one_are_refused_with_both_named() {
    let model = json!({ "fields": { "x": "int" } });
    let models = |names: [&str; 2]| json!({ "models": { names[0]: model, names[1]: model } });
    assert_eq!(
        message(models(["class", "Class"]), "typescript"),
        "target `typescript`: the model `class` and the model `Class` would both be the type `Class`"
    );
    assert_eq!(
        message(models(["order_line", "OrderLine"]), "typescript"),
        "target `typescript`: the model `order_line` and the model `OrderLine` would both be the type `OrderLine`"
    );
    assert_eq!(
        message(models(["a", "LocusRun"]), "typescript"),
        "target `typescript`: a type of the client and the model `LocusRun` would both be the type `LocusRun`"
    );
    assert_eq!(
        message(models(["a", "LocusRun"]), "openapi"),
        "target `openapi`: the description of a run and the model `LocusRun` would both be the component `LocusRun`"
    );
    assert_eq!(
        message(models(["_", "b"]), "typescript"),
        "target `typescript`: the model `_` has no letter or digit to make the type from"
    );
    let mixed =
        json!({ "models": { "FulfilOutput": model }, "workflows": { "fulfil": { "steps": [] } } });
    assert_eq!(
        message(mixed, "typescript"),
        "target `typescript`: the model `FulfilOutput` and the result of workflow `fulfil` would both be the type `FulfilOutput`"
    );
    let workflows = json!({ "workflows": { "a_b": { "steps": [] }, "aB": { "steps": [] } } });
    assert!(
        message(workflows, "typescript")
            .starts_with("target `typescript`: the result of workflow `a_b` and ")
    );
}

#[test]
fn routes_that_cannot_be_told_apart_are_refused() {
    let two = |one: [&str; 2], other: [&str; 2]| {
        json!({ "workflows": {
            "a": { "input": { "x": "int" }, "triggers": [{ "http": one }], "steps": [] },
            "b": { "input": { "y": "int" }, "triggers": [{ "http": other }], "steps": [] },
        } })
    };
    assert_eq!(
        message(two(["GET", "/{x}"], ["GET", "/{y}"]), "openapi"),
        "target `openapi`: the workflow `a` and the workflow `b` would both answer `GET /{y}`"
    );
    assert_eq!(
        message(two(["GET", "/a"], ["GET", "/runs/{y}"]), "openapi"),
        "target `openapi`: the request that looks at a run and the workflow `b` would both answer `GET /runs/{y}`"
    );
    assert_eq!(
        message(two(["GET", "/a"], ["GET", "/{z}"]), "typescript"),
        "target `typescript`: the path `/{z}` names `z`, which is no input of the workflow `b`"
    );
    files(&program(two(["GET", "/a"], ["POST", "/a"])), "openapi");
}

#[test]
fn schemas_that_are_nothing_are_refused() {
    let schemas = json!({ "schemas": { "A": "B", "B": "C?", "C": "A" } });
    assert_eq!(
        message(schemas, "typescript"),
        "target `typescript`: the schema `A` stands for nothing but itself"
    );
}

/// References that multiply are followed only so far.
#[test]
fn json_schemas_that_refer_to_themselves_end() {
    let definitions: serde_json::Map<String, Value> = (0..30)
        .map(|n| {
            let next = json!({ "$ref": format!("#/$defs/d{}", (n + 1) % 30) });
            (
                format!("d{n}"),
                json!({ "type": "object", "properties": { "a": next, "b": next, "c": next } }),
            )
        })
        .collect();
    let schema = json!({ "$ref": "#/$defs/d0", "$defs": definitions });
    let program = program(json!({ "schemas": { "Many": { "schema": schema } } }));
    let types = &files(&program, "typescript")["types.ts"];
    assert!(types.len() < 100_000, "{}", types.len());
    files(&program, "openapi");
}
