//! `parallel`: every join, failure, signals, limits, cancellation.

use serde_json::{Value, json};

use locus_plugin::testing::play;

fn branches(more: Value) -> Value {
    let mut params = json!({ "branches": { "b": [], "a": [], "c": [] } });
    for (key, value) in more.as_object().expect("more parameters") {
        params[key] = value.clone();
    }
    params
}

#[test]
fn all_waits_for_all_and_keeps_the_authors_order() {
    play(
        "parallel",
        branches(json!({})),
        r#"
        start            => run /branches/b, /branches/a, /branches/c
        /branches/c = 3  => wait
        /branches/b = 1  => wait
        /branches/a = {} => done {"b":1,"a":{},"c":3}
    "#,
    );
}

#[test]
fn all_fails_with_the_first_failure() {
    play(
        "parallel",
        branches(json!({ "join": "all" })),
        r#"
        start                => run /branches/b, /branches/a, /branches/c
        /branches/c = 3      => wait
        /branches/a ? broken => failed broken retryable
    "#,
    );
}

#[test]
fn any_takes_the_first_success() {
    play(
        "parallel",
        branches(json!({ "join": "any" })),
        r#"
        start                => run /branches/b, /branches/a, /branches/c
        /branches/c ! broken => wait
        /branches/a = 2      => done {"a":2}
    "#,
    );
}

#[test]
fn any_fails_when_all_do() {
    play(
        "parallel",
        json!({ "join": "any", "branches": { "b": [], "a": [] } }),
        r#"
        start               => run /branches/b, /branches/a
        /branches/a ! one   => wait
        /branches/b ? other => failed all_branches_failed retryable {"b":{"code":"other","message":"it broke","retryable":true,"details":null,"step":null},"a":{"code":"one","message":"it broke","retryable":false,"details":null,"step":null}}
    "#,
    );
    play(
        "parallel",
        json!({ "join": "any", "branches": { "a": [] } }),
        r#"
        start             => run /branches/a
        /branches/a ! one => failed all_branches_failed {"a":{"code":"one","message":"it broke","retryable":false,"details":null,"step":null}}
    "#,
    );
}

#[test]
fn race_is_decided_by_the_first_end() {
    play(
        "parallel",
        branches(json!({ "join": "race" })),
        r#"
        start           => run /branches/b, /branches/a, /branches/c
        /branches/a = 2 => done {"a":2}
    "#,
    );
    play(
        "parallel",
        branches(json!({ "join": "race" })),
        r#"
        start               => run /branches/b, /branches/a, /branches/c
        /branches/a ! early => failed early
    "#,
    );
}

#[test]
fn signals_end_every_join() {
    for join in ["all", "any", "race"] {
        play(
            "parallel",
            branches(json!({ "join": join })),
            r#"
            start                  => run /branches/b, /branches/a, /branches/c
            /branches/a ^ return 7 => exit return 7
        "#,
        );
    }
}

#[test]
fn a_limit_starts_branches_in_order() {
    play(
        "parallel",
        branches(json!({ "concurrency": 2 })),
        r#"
        start           => run /branches/b, /branches/a
        /branches/a = 2 => run /branches/c
        /branches/b = 1 => wait
        /branches/c = 3 => done {"b":1,"a":2,"c":3}
    "#,
    );
    play(
        "parallel",
        branches(json!({ "concurrency": 1, "join": "any" })),
        r#"
        start                => run /branches/b
        /branches/b ! broken => run /branches/a
        /branches/a = 2      => done {"a":2}
    "#,
    );
}

#[test]
fn cancellation_waits_for_the_branches_and_starts_none() {
    play(
        "parallel",
        branches(json!({ "concurrency": 2 })),
        r#"
        start           => run /branches/b, /branches/a
        cancel
        /branches/a x   => wait
        /branches/b = 1 => cancelled
    "#,
    );
    play(
        "parallel",
        branches(json!({ "join": "any" })),
        r#"
        start                => run /branches/b, /branches/a, /branches/c
        cancel
        /branches/a ! broken => wait
        /branches/b x        => wait
        /branches/c x        => cancelled
    "#,
    );
}

#[test]
fn what_is_no_join_is_refused() {
    play("parallel", branches(json!({ "join": "some" })), "start => failed invalid_parameter");
    play("parallel", branches(json!({ "concurrency": 0 })), "start => failed invalid_parameter");
    play("parallel", json!({ "branches": {} }), "start => failed invalid_parameter");
}
