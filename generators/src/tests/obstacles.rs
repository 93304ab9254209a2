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
fn nothing_breaks() {
    for generator in ["openapi", "typescript", "workflow_docs"] {
        files(&obstacles(), generator);
    }
}
