//! `conditional` and `switch`: which block runs, and that its end is theirs.

use serde_json::json;

use locus_plugin::testing::{Stage, play};

#[test]
fn the_first_true_condition_decides() {
    let cases = json!([{ "when": false, "steps": [] }, { "name": "b", "when": true, "steps": [] }, { "when": "$nothing", "steps": [] }]);
    let params = json!({ "cases": cases, "else": [] });
    play(
        "conditional",
        params.clone(),
        r#"
        start              => run /cases/1/steps
        /cases/1/steps = 5 => done 5
    "#,
    );
    let mut stage = Stage::new("conditional", params);
    stage.start();
    assert_eq!(stage.evaluated(), ["/cases/0/when", "/cases/1/when"]);
}

#[test]
fn otherwise_else_runs_or_nothing() {
    let cases = json!([{ "when": false, "steps": [] }]);
    play(
        "conditional",
        json!({ "cases": cases, "else": [] }),
        r#"
        start     => run /else
        /else = 5 => done 5
    "#,
    );
    play("conditional", json!({ "cases": cases }), "start => done null");
}

#[test]
fn a_condition_that_fails_fails_the_step() {
    play(
        "conditional",
        json!({ "cases": [{ "when": "$nothing", "steps": [] }] }),
        "start => failed expression_failed",
    );
    play(
        "conditional",
        json!({ "cases": [{ "when": "$nothing", "steps": [] }] }),
        "start => failed expression_failed",
    );
    play(
        "conditional",
        json!({ "cases": [{ "when": 0, "steps": [] }] }),
        "start => failed invalid_parameter",
    );
    play("conditional", json!({ "cases": [] }), "start => failed invalid_parameter");
}

#[test]
fn the_end_of_the_block_is_the_end_of_the_step() {
    for (end, outcome) in [
        ("= null", "done null"),
        ("! broken", "failed broken"),
        ("^ break 1", "exit break 1"),
        ("x", "cancelled"),
    ] {
        play(
            "conditional",
            json!({ "cases": [{ "when": true, "steps": [] }] }),
            &format!(
                r#"
            start                => run /cases/0/steps
            /cases/0/steps {end} => {outcome}
        "#
            ),
        );
        play(
            "switch",
            json!({ "on": "a", "cases": { "a": [] } }),
            &format!(
                r#"
            start          => run /cases/a
            /cases/a {end} => {outcome}
        "#
            ),
        );
    }
}

#[test]
fn switch_finds_the_case_of_a_value() {
    let cases = json!({ "paid": [], "200": [], "1.50": [], "true": [], "null": [], "": [] });
    for (on, case) in [
        (json!("paid"), "/cases/paid"),
        (json!(200), "/cases/200"),
        (json!(200.0), "/cases/200"),
        (json!("200"), "/cases/200"),
        (json!(1.5), "/cases/1.50"),
        (json!(true), "/cases/true"),
        (json!(null), "/cases/null"),
        (json!(""), "/cases/"),
        (json!("PAID"), "/default"),
        (json!("1.5"), "/default"),
        (json!(false), "/default"),
    ] {
        let params = json!({ "on": on, "cases": cases, "default": [] });
        play("switch", params, &format!("start => run {case}\n{case} = 1 => done 1"));
    }
}

#[test]
fn a_value_without_a_case_runs_nothing() {
    play("switch", json!({ "on": "b", "cases": { "a": [] } }), "start => done null");
    play(
        "switch",
        json!({ "on": ["a"], "cases": { "a": [] } }),
        "start => failed invalid_parameter",
    );
}
