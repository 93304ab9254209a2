//! Engines: runs from start to end.

use std::sync::Arc;
use std::time::Duration;

use locus_model::{Block, TypeKind};
use locus_plugin::Outcome;
use serde_json::{Value, json};

use super::support::{
    Recorder, at_once, config, count, field, file_engine, main_program, memory_engine, probe,
    program, retry, step, workflow,
};
use crate::core::{Event, TimerKind};
use crate::engine::{Cancelling, Engine, StoreLocation};
use crate::store::{RunFilter, RunState};

async fn run(engine: &Engine, steps: Vec<locus_model::Step>) -> (String, Outcome) {
    let handle = engine.start(main_program(steps), "main", json!({}), None).await.unwrap();
    let id = handle.id().to_owned();
    (id, handle.outcome().await.unwrap())
}

fn code(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Failed(error) => &error.code,
        other => panic!("not failed: {other:?}"),
    }
}

#[tokio::test]
async fn a_run_goes_from_step_to_step_and_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Arc::new(Recorder::default());
    let engine = Engine::open(
        config(StoreLocation::File(folder.path().join("deep/runs.db")), folder.path())
            .events(recorder.clone()),
    )
    .unwrap();
    let (id, outcome) = run(
        &engine,
        vec![
            probe("one", json!({ "return": 1, "log": "hello" })),
            probe("two", json!({ "return": "${ .steps.one + 1 }" })),
        ],
    )
    .await;
    assert_eq!(outcome, Outcome::Done(json!(2)));
    let row = engine.run(&id).unwrap().unwrap();
    assert_eq!((row.state, &row.outcome), (RunState::Done, &Some(json!(2))));
    assert!(row.ended.is_some() && row.owner.is_none());
    let keys: Vec<String> =
        engine.journal(&id).unwrap().iter().map(|r| r.event.key().to_owned()).collect();
    assert_eq!(keys, ["main/one", "main/two"]);
    assert_eq!(
        recorder.lines(),
        [
            "started main",
            "call main/one#1",
            "log main/one: hello",
            "done main/one#1",
            "call main/two#1",
            "done main/two#1",
            "ended Done(Number(2))",
        ]
    );
    assert_eq!(id.len(), 26);
    assert_eq!(engine.program(&row).unwrap().unwrap().hash(), row.program);
}

#[tokio::test]
async fn input_is_completed_and_checked() {
    let engine = memory_engine();
    let mut main = workflow("main", vec![probe("one", json!({ "return": "${ .input }" }))]);
    main.input.insert("name".to_owned(), field(TypeKind::String, None));
    main.input.insert("count".to_owned(), field(TypeKind::Int, Some(json!(3))));
    let program = Arc::new(program(vec![main]));
    let handle = engine.start(program.clone(), "main", json!({ "name": "x" }), None).await.unwrap();
    assert_eq!(handle.outcome().await.unwrap(), Outcome::Done(json!({ "name": "x", "count": 3 })));

    let wrong = json!({ "count": "many", "nmae": 1 });
    let error = engine.start(program.clone(), "main", wrong, None).await.unwrap_err();
    assert_eq!(error.code, "invalid_input");
    let paths: Vec<&str> =
        error.details.as_array().unwrap().iter().map(|p| p["path"].as_str().unwrap()).collect();
    assert!(paths.contains(&"/count") && paths.len() == 3, "{error:?}");

    let error = engine.start(program, "mian", json!({}), None).await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.help.as_str()),
        ("unknown_workflow", "did you mean `main`?")
    );
}

#[tokio::test]
async fn the_same_id_is_the_same_run() {
    let engine = memory_engine();
    let mut main = workflow("main", vec![probe("one", json!({ "count": "same id", "sleep": 30 }))]);
    main.input.insert("n".to_owned(), field(TypeKind::Int, None));
    let program = Arc::new(program(vec![main]));
    let start = |n: i64| {
        engine.start(program.clone(), "main", json!({ "n": n }), Some("order-7".to_owned()))
    };
    let (first, second) = tokio::join!(start(1), start(1));
    assert_eq!(start(2).await.unwrap_err().code, "run_id_in_use");
    first.unwrap().outcome().await.unwrap();
    second.unwrap().outcome().await.unwrap();
    start(1).await.unwrap().outcome().await.unwrap();
    assert_eq!(start(2).await.unwrap_err().code, "run_id_in_use");
    assert_eq!(count("same id"), 1);
    let bad =
        engine.start(program.clone(), "main", json!({ "n": 1 }), Some("a b".to_owned())).await;
    assert_eq!(bad.unwrap_err().code, "invalid_run_id");
}

#[tokio::test]
async fn failures_are_retried_after_their_delay() {
    let engine = memory_engine();
    let mut flaky = probe("flaky", json!({ "count": "retried", "fail_first": 2, "return": "ok" }));
    flaky.retry = retry(3, 20);
    let (id, outcome) = run(&engine, vec![flaky]).await;
    assert_eq!(outcome, Outcome::Done(json!("ok")));
    assert_eq!(count("retried"), 3);
    let journal = engine.journal(&id).unwrap();
    assert!(journal.windows(2).all(|pair| pair[0].at <= pair[1].at));
    assert!(journal.last().unwrap().at - journal[0].at >= 40);

    let mut hopeless = probe("flaky", json!({ "count": "hopeless", "fail_first": 9 }));
    hopeless.retry = retry(2, 1);
    let (_, outcome) = run(&engine, vec![hopeless]).await;
    assert_eq!((code(&outcome), count("hopeless")), ("flaky", 2));
}

#[tokio::test]
async fn a_panic_is_the_failure_of_its_step() {
    let engine = memory_engine();
    let (_, outcome) = run(&engine, vec![probe("one", json!({ "panic": true }))]).await;
    let Outcome::Failed(error) = outcome else { panic!("{outcome:?}") };
    assert_eq!(error.code, "plugin_panicked");
    assert!(error.message.contains("the probe panics") && !error.retryable, "{error:?}");
}

#[tokio::test]
async fn time_limits_and_waits() {
    let engine = memory_engine();
    let mut slow = probe("slow", json!({ "hang": true }));
    slow.timeout = Some(30);
    let (id, outcome) = run(&engine, vec![slow]).await;
    assert_eq!(code(&outcome), "timeout");
    let journal = engine.journal(&id).unwrap();
    assert!(
        matches!(&journal[0].event, Event::Fired { kind: TimerKind::Timeout, .. }),
        "{journal:?}"
    );

    let (id, outcome) = run(&engine, vec![step("main", "nap", "nap", json!({ "for": 50 }))]).await;
    let started = engine.run(&id).unwrap().unwrap().started;
    let Outcome::Done(Value::Number(woken)) = outcome else { panic!("{outcome:?}") };
    assert!(woken.as_u64().unwrap() >= started + 50);

    let mut main = workflow("main", vec![probe("slow", json!({ "hang": true }))]);
    main.timeout = Some(30);
    let handle =
        engine.start(Arc::new(program(vec![main])), "main", json!({}), None).await.unwrap();
    assert_eq!(code(&handle.outcome().await.unwrap()), "timeout");
}

#[tokio::test]
async fn cancelling_undoes_what_was_done() {
    let folder = tempfile::tempdir().unwrap();
    let engine = file_engine(folder.path());
    let mut paid = probe("pay", json!({ "return": 7 }));
    let undo = step("main/pay/compensate", "refund", "probe", json!({ "count": "refunded" }));
    paid.compensate = Some(Block { steps: vec![undo], graph: false });
    let steps = vec![paid, probe("wait", json!({ "count": "waiting", "hang": true }))];
    let handle = engine.start(main_program(steps), "main", json!({}), None).await.unwrap();
    while count("waiting") == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(matches!(engine.cancel(handle.id()).await.unwrap(), Cancelling::Here(_)));
    let id = handle.id().to_owned();
    assert_eq!(handle.outcome().await.unwrap(), Outcome::Cancelled);
    assert_eq!(count("refunded"), 1);
    let row = engine.run(&id).unwrap().unwrap();
    assert_eq!((row.state, row.outcome), (RunState::Cancelled, None));
    assert!(matches!(engine.cancel(&id).await.unwrap(), Cancelling::Ended(Outcome::Cancelled)));
    assert_eq!(engine.cancel("nobody").await.unwrap_err().code, "unknown_run");
}

#[tokio::test]
async fn detached_runs_go_on_by_themselves() {
    let engine = memory_engine();
    let child = workflow(
        "child",
        vec![step("child", "one", "probe", json!({ "count": "child", "sleep": 40 }))],
    );
    let main = workflow(
        "main",
        vec![
            step("main", "by_control", "detach", json!({})),
            probe("by_service", json!({ "start": "child", "return": {} })),
        ],
    );
    let program = Arc::new(program(vec![main, child]));
    let handle = engine.start(program, "main", json!({}), Some("parent".to_owned())).await.unwrap();
    let outcome = handle.outcome().await.unwrap();
    let children = RunFilter { workflow: Some("child".to_owned()), ..RunFilter::default() };
    let runs = engine.runs(&children).unwrap();
    assert!(runs.len() == 2 && runs.iter().all(|run| run.state == RunState::Running), "{runs:?}");
    engine.wait_idle().await;
    assert_eq!(count("child"), 2);
    let runs = engine.runs(&children).unwrap();
    assert!(runs.iter().all(|run| run.state == RunState::Done));
    let expected = crate::host::child_run_id("parent", "main/by_service");
    assert!(runs.iter().any(|run| run.id == expected), "{runs:?}");
    assert_eq!(outcome, Outcome::Done(json!(expected)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_runs_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Arc::new(file_engine(folder.path()));
    let steps: Vec<_> =
        (0..5).map(|n| probe(&format!("step{n}"), json!({ "return": n }))).collect();
    let program = Arc::new(program(vec![at_once("main", steps)]));
    let mut runs = tokio::task::JoinSet::new();
    for _ in 0..300 {
        let (engine, program) = (Arc::clone(&engine), program.clone());
        runs.spawn(async move {
            let handle = engine.start(program, "main", json!({}), None).await.unwrap();
            handle.outcome().await.unwrap()
        });
    }
    let mut ended = 0;
    while let Some(outcome) = runs.join_next().await {
        assert_eq!(outcome.unwrap(), Outcome::Done(json!(4)));
        ended += 1;
    }
    assert_eq!(ended, 300);
    assert_eq!(engine.runs(&RunFilter::default()).unwrap().len(), 300);
    assert!(engine.interrupted(RunFilter::default()).await.unwrap().is_empty());
}
