//! `set` and `validate`.

use serde_json::{Value, json};

use locus_plugin::testing::{Stage, play};

#[test]
fn set_names_values_and_gives_them_back() {
    play(
        "set",
        json!({ "rate": 0.19, "who": null }),
        r#"start => done {"rate":0.19,"who":null} vars {"rate":0.19,"who":null}"#,
    );
    play("set", json!([1]), "start => failed invalid_parameter");
    let schema = super::entry("set").ty.params;
    assert_eq!(schema[locus_plugin::schema::SETS_VARS], true);
}

#[test]
fn data_that_fits_goes_through() {
    play(
        "validate",
        json!({ "data": { "a": 1 }, "schema": { "type": "object" } }),
        r#"start => done {"a":1}"#,
    );
    play(
        "validate",
        json!({ "data": null, "type": { "type": ["string", "null"] } }),
        "start => done null",
    );
    play(
        "validate",
        json!({ "data": "1h30m", "type": { "format": "duration" } }),
        r#"start => done "1h30m""#,
    );
    play(
        "validate",
        json!({ "data": 1, "schema": { "$ref": "#/$defs/n", "$defs": { "n": { "type": "integer" } } } }),
        "start => done 1",
    );
}

#[test]
fn every_problem_of_the_data_is_named() {
    let schema = json!({
        "type": "object",
        "properties": { "id": { "type": "string", "format": "uuid" }, "lines": { "items": { "type": "integer" } } },
        "required": ["id", "total"],
    });
    let params = json!({ "data": { "id": "x", "lines": [1, "two"] }, "schema": schema });
    play(
        "validate",
        params,
        r#"start => failed invalid_data [{"path":"","message":"\"total\" is a required property"},{"path":"/id","message":"\"x\" is not a \"uuid\""},{"path":"/lines/1","message":"\"two\" is not of type \"integer\""}]"#,
    );
}

#[test]
fn problems_are_short_and_not_too_many() {
    let data: Vec<Value> = (0..1000).map(|_| json!("x".repeat(10_000))).collect();
    let mut stage = Stage::new(
        "validate",
        json!({ "data": data, "schema": { "items": { "type": "integer" } } }),
    );
    let text = stage.start();
    assert!(text.len() < 30_000, "{}", text.len());
}

#[test]
fn schemas_refer_to_nothing_outside() {
    for schema in [
        json!({ "$ref": "https://json-schema.org/draft/2020-12/other" }),
        json!({ "$ref": "file:///etc/hosts" }),
        json!({ "$ref": "other.json" }),
        json!({ "$ref": "#/$defs/nowhere" }),
        json!({ "type": "text" }),
        json!({ "pattern": "(" }),
    ] {
        play("validate", json!({ "data": 1, "schema": schema }), "start => failed invalid_schema");
    }
    play("validate", json!({ "data": 1 }), "start => failed invalid_parameter");
}
