//! `loop`: what it goes over, conditions, concurrency, signals, limits, size.

use locus_plugin::{BlockKey, BlockRef, ControlEvent, Outcome};
use serde_json::json;

use locus_plugin::testing::{Stage, play};

#[test]
fn a_list_is_gone_over_in_order() {
    play(
        "loop",
        json!({ "over": ["a", null], "as": "line", "steps": [] }),
        r#"
        start          => run /steps[0] index=0 line="a"
        /steps[0] = 10 => run /steps[1] index=1 line=null
        /steps[1] = 11 => done [10,11]
    "#,
    );
    play("loop", json!({ "over": [], "steps": [] }), "start => done []");
}

#[test]
fn a_number_of_times() {
    play(
        "loop",
        json!({ "times": 2, "steps": [] }),
        r#"
        start           => run /steps[0] index=0 item=0
        /steps[0] = "x" => run /steps[1] index=1 item=1
        /steps[1] = "y" => done ["x","y"]
    "#,
    );
    play("loop", json!({ "times": 0, "steps": [] }), "start => done []");
}

#[test]
fn while_is_looked_at_before_each_iteration() {
    play(
        "loop",
        json!({ "while": "$index < 2", "steps": [] }),
        r#"
        start          => run /steps[0] index=0 item=null
        /steps[0] = 10 => run /steps[1] index=1 item=10
        /steps[1] = 11 => done [10,11]
    "#,
    );
    play("loop", json!({ "while": false, "steps": [] }), "start => done []");
}

#[test]
fn until_is_looked_at_after_each_iteration() {
    play(
        "loop",
        json!({ "until": "$job.status == done", "as": "job", "steps": [] }),
        r#"
        start                            => run /steps[0] index=0 job=null
        /steps[0] = {"status":"waiting"} => run /steps[1] index=1 job={"status":"waiting"}
        /steps[1] = {"status":"done"}    => done [{"status":"waiting"},{"status":"done"}]
    "#,
    );
    play(
        "loop",
        json!({ "until": true, "steps": [] }),
        r#"
        start         => run /steps[0] index=0 item=null
        /steps[0] = 1 => done [1]
    "#,
    );
}

#[test]
fn conditions_are_looked_at_once_for_each_iteration() {
    let mut stage = Stage::new("loop", json!({ "while": "$index < 1", "steps": [] }));
    stage.start();
    stage.send(ended(0, Outcome::Done(json!(1))));
    assert_eq!(stage.evaluated(), ["/while", "/while"]);
}

#[test]
fn a_condition_that_is_no_boolean_or_fails_ends_the_loop() {
    play("loop", json!({ "while": 1, "steps": [] }), "start => failed invalid_parameter");
    play(
        "loop",
        json!({ "until": "$nothing", "steps": [] }),
        r#"
        start         => run /steps[0] index=0 item=null
        /steps[0] = 1 => failed expression_failed
    "#,
    );
}

#[test]
fn as_many_run_at_once_as_may() {
    play(
        "loop",
        json!({ "over": [5, 6, 7], "concurrency": 2, "steps": [] }),
        r#"
        start          => run /steps[0] index=0 item=5, /steps[1] index=1 item=6
        /steps[1] = 11 => run /steps[2] index=2 item=7
        /steps[2] = 12 => wait
        /steps[0] = 10 => done [10,11,12]
    "#,
    );
    play(
        "loop",
        json!({ "times": 1, "concurrency": 9, "steps": [] }),
        r#"
        start         => run /steps[0] index=0 item=0
        /steps[0] = 1 => done [1]
    "#,
    );
}

#[test]
fn the_first_failure_ends_the_loop() {
    play(
        "loop",
        json!({ "times": 9, "concurrency": 2, "steps": [] }),
        r#"
        start              => run /steps[0] index=0 item=0, /steps[1] index=1 item=1
        /steps[1] ! broken => failed broken
    "#,
    );
}

#[test]
fn continue_ends_an_iteration() {
    play(
        "loop",
        json!({ "times": 3, "steps": [] }),
        r#"
        start                  => run /steps[0] index=0 item=0
        /steps[0] ^ continue   => run /steps[1] index=1 item=1
        /steps[1] ^ continue 5 => run /steps[2] index=2 item=2
        /steps[2] = 6          => done [null,5,6]
    "#,
    );
}

#[test]
fn break_keeps_what_is_done() {
    play(
        "loop",
        json!({ "times": 9, "steps": [] }),
        r#"
        start             => run /steps[0] index=0 item=0
        /steps[0] = 10    => run /steps[1] index=1 item=1
        /steps[1] ^ break => done [10]
    "#,
    );
    play(
        "loop",
        json!({ "times": 9, "steps": [] }),
        r#"
        start               => run /steps[0] index=0 item=0
        /steps[0] = 10      => run /steps[1] index=1 item=1
        /steps[1] ^ break 7 => done [10,7]
    "#,
    );
}

#[test]
fn break_leaves_out_what_is_still_running() {
    play(
        "loop",
        json!({ "times": 9, "concurrency": 3, "steps": [] }),
        r#"
        start                => run /steps[0] index=0 item=0, /steps[1] index=1 item=1, /steps[2] index=2 item=2
        /steps[2] = null     => run /steps[3] index=3 item=3
        /steps[0] = "a"      => run /steps[4] index=4 item=4
        /steps[4] = "e"      => run /steps[5] index=5 item=5
        /steps[3] ^ break    => done ["a",null,"e"]
    "#,
    );
}

#[test]
fn other_signals_go_on() {
    play(
        "loop",
        json!({ "times": 9, "steps": [] }),
        r#"
        start                => run /steps[0] index=0 item=0
        /steps[0] ^ return 1 => exit return 1
    "#,
    );
}

#[test]
fn there_is_a_limit() {
    play(
        "loop",
        json!({ "while": true, "max": 2, "steps": [] }),
        r#"
        start         => run /steps[0] index=0 item=null
        /steps[0] = 1 => run /steps[1] index=1 item=1
        /steps[1] = 2 => failed loop_limit {"max":2}
    "#,
    );
    play(
        "loop",
        json!({ "until": "$index == 2", "max": 2, "steps": [] }),
        r#"
        start         => run /steps[0] index=0 item=null
        /steps[0] = 1 => run /steps[1] index=1 item=1
        /steps[1] = 2 => done [1,2]
    "#,
    );
    play(
        "loop",
        json!({ "over": [1, 2, 3], "max": 2, "steps": [] }),
        r#"start => failed loop_limit {"max":2}"#,
    );
    play(
        "loop",
        json!({ "times": 3, "max": 2, "steps": [] }),
        r#"start => failed loop_limit {"max":2}"#,
    );
}

#[test]
fn a_condition_without_a_limit_of_its_own_ends_too() {
    let mut stage = Stage::new("loop", json!({ "while": true, "steps": [] })).without_snapshots();

    stage.start();
    for index in 0..9_999 {
        let next = index + 1;
        assert_eq!(
            stage.send(ended(index, Outcome::Done(json!(0)))),
            format!("run /steps[{next}] index={next} item=0")
        );
    }
    assert_eq!(
        stage.send(ended(9_999, Outcome::Done(json!(0)))),
        r#"failed loop_limit {"max":10000}"#
    );
}

#[test]
fn parameters_that_do_not_go_together_are_refused() {
    for params in [
        json!({ "steps": [] }),
        json!({ "over": null, "steps": [] }),
        json!({ "over": {}, "steps": [] }),
        json!({ "over": [], "times": 1, "steps": [] }),
        json!({ "times": -1, "steps": [] }),
        json!({ "times": 1, "concurrency": 0, "steps": [] }),
        json!({ "while": true, "concurrency": 2, "steps": [] }),
    ] {
        play("loop", params, "start => failed invalid_parameter");
    }
}

#[test]
fn cancellation_waits_for_the_iterations_and_starts_none() {
    play(
        "loop",
        json!({ "times": 9, "concurrency": 2, "steps": [] }),
        r#"
        start         => run /steps[0] index=0 item=0, /steps[1] index=1 item=1
        cancel
        /steps[1] = 1 => wait
        /steps[0] x   => cancelled
    "#,
    );
}

/// The work of a loop grows with the number of its iterations, and no faster.
#[test]
fn large_loops_are_no_problem() {
    const COUNT: u64 = 100_000;
    for params in [
        json!({ "times": COUNT, "concurrency": 8, "steps": [] }),
        json!({ "over": vec![json!({ "sku": "a" }); COUNT as usize], "concurrency": 8, "steps": [] }),
    ] {
        let mut stage = Stage::new("loop", params).without_snapshots();
        stage.start();
        for index in 0..COUNT - 1 {
            assert!(stage.running().len() <= 8);
            stage.send(ended(index, Outcome::Done(json!(index))));
        }
        let done = stage.send(ended(COUNT - 1, Outcome::Done(json!("last"))));
        assert!(done.starts_with("done [0,1,2,") && done.ends_with(r#"99998,"last"]"#));
    }
}

fn ended(index: u64, outcome: Outcome) -> ControlEvent {
    ControlEvent::Ended {
        key: BlockKey { block: BlockRef::at("/steps"), index: Some(index) },
        outcome,
    }
}
