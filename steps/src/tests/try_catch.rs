//! `try_catch`: clauses, retries, `finally` on every way out.

use serde_json::{Value, json};

use locus_plugin::testing::play;

/// The error that a script's `/try ! broken` fails with, as a handler sees it.
const BROKEN: &str =
    r#"{"code":"broken","message":"it broke","retryable":false,"details":null,"step":null}"#;

fn params(catch: Value) -> Value {
    json!({ "try": [], "catch": catch, "finally": [] })
}

#[test]
fn success_needs_no_handler() {
    play(
        "try_catch",
        json!({ "try": [], "catch": [{ "steps": [] }] }),
        r#"
        start    => run /try
        /try = 1 => done 1
    "#,
    );
}

#[test]
fn the_first_clause_that_fits_handles_the_error() {
    let catch = json!([
        { "errors": ["timeout"], "steps": [] },
        { "errors": ["broken", "lost"], "when": "$error.code == other", "steps": [] },
        { "errors": ["bro*"], "as": "problem", "when": "$problem.code == broken", "steps": [] },
        { "steps": [] },
    ]);
    play(
        "try_catch",
        json!({ "try": [], "catch": catch }),
        &format!(
            r#"
        start            => run /try
        /try ! broken    => run /catch/2/steps problem={BROKEN}
        /catch/2/steps = 5 => done 5
    "#
        ),
    );
}

#[test]
fn an_error_that_no_clause_takes_goes_on() {
    play(
        "try_catch",
        json!({ "try": [], "catch": [{ "errors": ["timeout"], "steps": [] }] }),
        r#"
        start         => run /try
        /try ? broken => failed broken retryable
    "#,
    );
    play(
        "try_catch",
        json!({ "try": [] }),
        r#"
        start         => run /try
        /try ! broken => failed broken
    "#,
    );
}

#[test]
fn an_error_of_a_handler_goes_on() {
    play(
        "try_catch",
        json!({ "try": [], "catch": [{ "steps": [] }, { "steps": [] }] }),
        &format!(
            r#"
        start                 => run /try
        /try ! broken         => run /catch/0/steps error={BROKEN}
        /catch/0/steps ! worse => failed worse
    "#
        ),
    );
}

#[test]
fn retry_runs_try_again_before_the_handler() {
    let catch = json!([{ "retry": { "attempts": 3 }, "steps": [] }]);
    play(
        "try_catch",
        json!({ "try": [], "catch": catch }),
        &format!(
            r#"
        start             => run /try
        /try ? flaky      => run /try[1]
        /try[1] ? flaky   => run /try[2]
        /try[2] ! broken  => run /catch/0/steps error={BROKEN}
        /catch/0/steps = 0 => done 0
    "#
        ),
    );
    play(
        "try_catch",
        json!({ "try": [], "catch": catch }),
        r#"
        start        => run /try
        /try ! flaky => run /try[1]
        /try[1] = 1  => done 1
    "#,
    );
}

#[test]
fn retry_waits() {
    let catch = json!([{ "errors": ["flaky"], "retry": { "attempts": 2, "delay": "30s" } }]);
    play(
        "try_catch",
        params(catch),
        r#"
        start           => run /try
        at 5000
        /try ! flaky    => wake 35000
        at 35000
        woken           => run /try[1]
        /try[1] ! flaky => run /finally
        /finally = 1    => failed flaky
    "#,
    );
}

#[test]
fn each_clause_counts_all_attempts() {
    let catch = json!([
        { "errors": ["a"], "retry": { "attempts": 2 }, "steps": [] },
        { "errors": ["b"], "retry": { "attempts": 3 } },
    ]);
    play(
        "try_catch",
        json!({ "try": [], "catch": catch }),
        r#"
        start       => run /try
        /try ! b    => run /try[1]
        /try[1] ! a => run /catch/0/steps error={"code":"a","message":"it broke","retryable":false,"details":null,"step":null}
        /catch/0/steps = 1 => done 1
    "#,
    );
}

#[test]
fn finally_runs_on_every_way_out() {
    for (end, outcome) in [
        ("/try = 1", "done 1"),
        ("/try ! lost", "failed lost"),
        ("/try ^ return 7", "exit return 7"),
        ("/try ^ break", "exit break null"),
    ] {
        play(
            "try_catch",
            params(json!([{ "errors": ["broken"], "steps": [] }])),
            &format!(
                r#"
            start          => run /try
            {end}          => run /finally
            /finally = 100 => {outcome}
        "#
            ),
        );
    }
    for (end, outcome) in [
        ("/catch/0/steps = 1", "done 1"),
        ("/catch/0/steps ! worse", "failed worse"),
        ("/catch/0/steps ^ continue 2", "exit continue 2"),
    ] {
        play(
            "try_catch",
            params(json!([{ "steps": [] }])),
            &format!(
                r#"
            start          => run /try
            /try ! broken  => run /catch/0/steps error={BROKEN}
            {end}          => run /finally
            /finally = 100 => {outcome}
        "#
            ),
        );
    }
}

#[test]
fn finally_has_the_last_word() {
    play(
        "try_catch",
        params(json!([])),
        &format!(
            r#"
        start           => run /try
        /try ! broken   => run /finally
        /finally ! late => failed late {{"previous":{BROKEN}}}
    "#
        ),
    );
    for end in ["/try = 1", "/try ^ return 7"] {
        play(
            "try_catch",
            params(json!([])),
            &format!(
                r#"
            start           => run /try
            {end}           => run /finally
            /finally ! late => failed late
        "#
            ),
        );
    }
    play(
        "try_catch",
        params(json!([])),
        r#"
        start               => run /try
        /try ! broken       => run /finally
        /finally ^ return 8 => exit return 8
    "#,
    );
}

#[test]
fn finally_runs_when_the_step_is_cancelled() {
    play(
        "try_catch",
        params(json!([{ "retry": { "attempts": 9 }, "steps": [] }])),
        r#"
        start        => run /try
        cancel
        /try x       => run /finally
        /finally = 1 => cancelled
    "#,
    );
    // It failed before it heard of the cancellation: nothing is tried again, nothing handled.
    play(
        "try_catch",
        params(json!([{ "retry": { "attempts": 9 }, "steps": [] }])),
        r#"
        start         => run /try
        cancel
        /try ! broken => run /finally
        /finally = 1  => failed broken
    "#,
    );
    play(
        "try_catch",
        params(json!([{ "steps": [] }])),
        &format!(
            r#"
        start            => run /try
        /try ! broken    => run /catch/0/steps error={BROKEN}
        cancel
        /catch/0/steps x => run /finally
        /finally ! late  => failed late
    "#
        ),
    );
    play(
        "try_catch",
        params(json!([{ "retry": { "attempts": 2, "delay": "1s" } }])),
        r#"
        start         => run /try
        /try ! broken => wake 2000
        cancel
        cancelled     => run /finally
        /finally = 1  => cancelled
    "#,
    );
    play(
        "try_catch",
        params(json!([{ "retry": { "attempts": 2, "delay": "1s" } }])),
        r#"
        start         => run /try
        /try ! broken => wake 2000
        cancel
        cancelled     => run /finally
        woken         => wait
        /finally x    => cancelled
    "#,
    );
    play(
        "try_catch",
        json!({ "try": [] }),
        r#"
        start  => run /try
        cancel
        /try x => cancelled
    "#,
    );
}

#[test]
fn finally_runs_when_a_condition_fails() {
    play(
        "try_catch",
        params(json!([{ "when": "$nothing", "steps": [] }])),
        &format!(
            r#"
        start         => run /try
        /try ! broken => run /finally
        /finally = 1  => failed expression_failed {{"previous":{BROKEN}}}
    "#
        ),
    );
}
