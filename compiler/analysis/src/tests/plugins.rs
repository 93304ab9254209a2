//! What only step types of plugins can cause: nothing built in does.

use serde_json::json;

use super::check;

#[test]
fn what_changes_nothing_cannot_be_undone() {
    let (_, problems) =
        check(&json!({ "workflows": { "w": { "x-allow": ["unused-result"], "steps": [
        { "hash": { "of": "a" }, "compensate": [{ "log": { "message": "a" } }] },
        { "log": { "message": "b" }, "compensate": [{ "log": { "message": "c" } }] },
    ] } } }));
    assert_eq!(problems, ["nothing-to-undo: `hash` changes nothing, so there is nothing to undo"]);
}

#[test]
fn a_reference_to_a_model_names_a_model() {
    let (_, problems) = check(&json!({
        "models": { "Order": { "fields": { "id": { "type": "uuid", "id": true } } } },
        "schemas": { "Line": { "sku": "string" } },
        "workflows": { "w": { "x-allow": ["unused-result"], "steps": [
            { "id": "a", "hash": { "of": "a", "model": "Order" } },
            { "id": "b", "hash": { "of": "a", "model": "Oder" } },
            { "id": "c", "hash": { "of": "a", "model": "Line" } },
            { "id": "d", "hash": { "of": "a", "model": "${ .input.model }" } },
        ] } },
    }));
    assert_eq!(
        problems,
        ["unknown-model: there is no model `Line`", "unknown-model: there is no model `Oder`"]
    );
}

#[test]
fn what_the_walk_does_not_know_is_left_to_the_general_validator() {
    let (_, problems) =
        check(&json!({ "workflows": { "w": { "x-allow": ["unused-result"], "steps": [
        { "id": "a", "hash": { "of": "long enough", "rounds": 4 } },
        { "id": "b", "hash": { "of": "a", "rounds": 3 } },
        { "id": "c", "hash": { "of": "a", "rounds": "${ 3 }" } },
        { "id": "d", "hash": { "of": "a", "salt": { "a": "long" } } },
        { "id": "e", "hash": { "of": "a", "salt": { "a": "b" } } },
    ] } } }));
    assert_eq!(
        problems,
        [
            "wrong-value: this value does not fit: \"b\" is shorter than 2 characters",
            "wrong-value: this value does not fit: 3 is not a multiple of 2",
        ]
    );
}
