//! Paths, ids and signatures: what changes them, and what does not.

use serde_json::json;

use super::{check, paths, workflow};

#[test]
fn a_step_is_named_by_its_id_or_its_type() {
    let program = workflow(&json!([
        { "id": "first", "log": { "message": "a" } },
        { "log": { "message": "b" } },
    ]));
    assert_eq!(paths(&program), ["w/first", "w/log"]);
}

#[test]
fn steps_of_one_type_are_named_by_their_content() {
    let steps = json!([{ "log": { "message": "a" } }, { "log": { "message": "b" } }]);
    let program = workflow(&steps);
    let before: Vec<String> = paths(&program).iter().map(|path| (*path).to_owned()).collect();
    assert!(before.iter().all(|path| path.starts_with("w/log_") && path.len() == 14), "{before:?}");

    // Order, descriptions and other steps change nothing.
    let program = workflow(&json!([
        { "id": "other", "log": { "message": "a" } },
        { "log": { "message": "b" }, "description": "the second" },
        { "log": { "message": "c" } },
        { "log": { "message": "a" }, "x-note": 1 },
    ]));
    let after = paths(&program);
    assert_eq!((after[3], after[1]), (before[0].as_str(), before[1].as_str()));
}

#[test]
fn blocks_add_their_names() {
    let log = json!([{ "log": { "message": "a" } }]);
    let program = workflow(&json!([
        { "id": "all", "parallel": { "branches": { "mail": log, "to audit": log } } },
        { "id": "each", "loop": { "over": [1], "steps": log } },
        { "id": "one", "log": null, "compensate": log },
        { "id": "some", "conditional": {
            "cases": [
                { "name": "paid", "when": "${ true }", "steps": log },
                { "when": "${ false }", "steps": log },
            ],
            "else": log,
        } },
    ]));
    let hash = crate::segments::short_hash(&json!({ "when": "${ false }", "steps": null }));
    assert_eq!(
        paths(&program),
        [
            "w/all",
            "w/all/mail/log",
            "w/all/to%20audit/log",
            "w/each",
            "w/each/log",
            "w/one",
            "w/one/compensate/log",
            "w/some",
            "w/some/paid/log",
            &format!("w/some/{hash}/log"),
            "w/some/else/log",
        ]
    );
}

#[test]
fn inner_blocks_leave_nothing_in_their_places() {
    let program = workflow(&json!([{ "loop": {
        "over": [1],
        "until": "${ $index > 2 }",
        "steps": [{ "log": { "message": "${ $item }" } }],
    } }]));
    let step = &program.workflows["w"].steps.steps[0];
    assert_eq!(
        step.params.to_value(),
        json!({ "over": [1], "until": "${ $index > 2 }", "steps": null })
    );
    assert_eq!(step.lazy, ["/until"]);
    assert_eq!(step.slots.len(), 1);
    assert_eq!(step.slots[0].pointer, "/steps");
    assert_eq!(step.slots[0].segment, None);
    assert_eq!(step.slots[0].block.steps[0].name, "log");
}

#[test]
fn pointers_of_blocks_are_escaped() {
    let log = json!([{ "log": { "message": "a" } }]);
    let program = workflow(&json!([{ "parallel": { "branches": { "a/b~c": log } } }]));
    assert_eq!(program.workflows["w"].steps.steps[0].slots[0].pointer, "/branches/a~1b~0c");
    assert_eq!(paths(&program)[1], "w/parallel/a%2Fb~c/log");
}

#[test]
fn a_signature_is_of_what_decides_the_effect() {
    let signature = |step: serde_json::Value| {
        workflow(&json!([step])).workflows["w"].steps.steps[0].signature.clone()
    };
    let plain = signature(json!({ "id": "a", "log": { "message": "a" } }));
    assert_eq!(plain, signature(json!({ "id": "b", "log": { "message": "a" }, "when": true })));
    assert_ne!(plain, signature(json!({ "id": "a", "log": { "message": "b" } })));
    assert_ne!(plain, signature(json!({ "id": "a", "log": { "message": "a" }, "timeout": "1s" })));
    let second = signature(json!({ "id": "a", "log": { "message": "a" }, "timeout": "1s" }));
    assert_eq!(
        second,
        signature(json!({ "id": "a", "log": { "message": "a" }, "timeout": "1000ms" }))
    );
}

#[test]
fn no_two_steps_have_one_path() {
    let inner = json!([{ "id": "a", "log": { "message": 1 } }]);
    let (program, problems) = check(&json!({ "workflows": { "w": { "steps": [
        { "id": "s", "conditional": {
            "cases": [{ "name": "else", "when": true, "steps": inner }],
            "else": inner,
        } },
    ] } } }));
    assert_eq!(
        problems,
        ["duplicate-name: two blocks of this step have the name `else` in step paths"]
    );
    let mut paths = paths(&program);
    paths.dedup();
    assert_eq!(paths.len(), 3);
}

#[test]
fn broken_specs_never_panic_and_keep_what_is_understood() {
    for (steps, count) in [
        (json!(null), 0),
        (json!("log"), 0),
        (json!([null, 3, [], {}, { "lgo": {} }]), 0),
        (json!([{ "log": { "message": 1 } }, { "log": { "nope": 1 } }, "x"]), 2),
        (json!([{ "parallel": { "branches": { "a": 3, "b": [{ "log": null }] } } }]), 2),
        (json!([{ "id": "", "log": null }, { "id": 3, "log": null }]), 2),
    ] {
        let (program, problems) = check(&json!({ "workflows": { "w": { "steps": steps } } }));
        assert!(!problems.is_empty(), "{steps}");
        assert_eq!(paths(&program).len(), count, "{steps}: {problems:#?}");
    }
}
