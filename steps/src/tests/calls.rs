//! `call`, `wait`, and the steps that end something: `break`, `continue`, `return`, `fail`.

use serde_json::json;

use locus_plugin::testing::play;

#[test]
fn a_called_workflow_is_waited_for() {
    let params = json!({ "workflow": "charge", "input": { "order": 7 } });
    for (end, outcome) in [("= 5", "done 5"), ("! declined", "failed declined"), ("x", "cancelled")]
    {
        play(
            "call",
            params.clone(),
            &format!(
                r#"
            start           => run call charge {{"order":7}} at /workflow
            /workflow {end} => {outcome}
        "#
            ),
        );
    }
    play(
        "call",
        json!({ "workflow": "tidy" }),
        r#"
        start         => run call tidy {} at /workflow
        /workflow = 1 => done 1
    "#,
    );
}

#[test]
fn a_detached_workflow_is_started() {
    play(
        "call",
        json!({ "workflow": "tidy", "detach": true }),
        r#"
        start                        => run start tidy {} at /workflow
        /workflow = {"run_id":"r-1"} => done {"run_id":"r-1"}
    "#,
    );
}

#[test]
fn waiting_ends_in_time() {
    play(
        "wait",
        json!({ "for": "1m30s" }),
        r#"
        start => wake 91000
        woken => done null
    "#,
    );
    play(
        "wait",
        json!({ "until": "1970-01-01T00:00:02Z" }),
        r#"
        start => wake 2000
        woken => done null
    "#,
    );
    play(
        "wait",
        json!({ "for": "10s" }),
        r#"
        start     => wake 11000
        cancel
        cancelled => cancelled
    "#,
    );
}

#[test]
fn what_is_over_is_not_waited_for() {
    play("wait", json!({ "for": "0s" }), "start => done null");
    play("wait", json!({ "until": "1970-01-01T00:00:01Z" }), "start => done null");
    play("wait", json!({ "until": "1969-01-01T00:00:01Z" }), "start => done null");
}

#[test]
fn what_is_no_time_is_refused() {
    for params in [
        json!({}),
        json!({ "for": null }),
        json!({ "for": "soon" }),
        json!({ "for": 5 }),
        json!({ "until": "tomorrow" }),
        json!({ "for": "1s", "until": "2026-11-21T09:00:00Z" }),
    ] {
        play("wait", params, "start => failed invalid_parameter");
    }
}

#[test]
fn ends_carry_values() {
    for (step, value, outcome) in [
        ("break", json!({}), "exit break null"),
        ("break", json!({ "value": 1 }), "exit break 1"),
        ("continue", json!(null), "exit continue null"),
        ("continue", json!({ "value": [2] }), "exit continue [2]"),
        ("return", json!({ "value": { "a": 3 } }), r#"exit return {"a":3}"#),
        ("fail", json!({ "error": "declined" }), "failed declined"),
        (
            "fail",
            json!({ "error": "declined", "message": "no", "details": 4 }),
            "failed declined 4",
        ),
        ("fail", json!({}), "failed invalid_parameter"),
    ] {
        play(step, value, &format!("start => {outcome}"));
    }
}
