//! Events, signals, planned starts, and runs that sleep until something wakes them. Everything is done twice: by runs that stay in memory, and by
//! runs that leave it whenever they wait.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use locus_model::{Node, Program, Step, Trigger};
use locus_plugin::{EventDraft, Outcome};
use serde_json::{Value, json};

use super::support::{
    config, count, engine_over, node, probe, program, spanned, sqlite, step, workflow,
};
use crate::engine::{Attend, Cancelling, Engine, StoreLocation};
use crate::store::{EventQuery, MemoryStore, RunFilter, RunRow, RunState, SqliteStore, Store};

/// Whether runs stay in memory while they wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Memory {
    Stays,
    Evicted,
}

const BOTH: [Memory; 2] = [Memory::Stays, Memory::Evicted];

fn engine_with(store: Arc<dyn Store>, memory: Memory, attend: Attend) -> Engine {
    let mut config = config(StoreLocation::Open(store), Path::new("."));
    config.suspend_after = (memory == Memory::Evicted).then_some(Duration::ZERO);
    config.snapshot_every = if memory == Memory::Evicted { 1 } else { 0 };
    config.attend = attend;
    Engine::open(config).unwrap()
}

fn ear(name: &str, params: Value) -> Step {
    step("main", name, "ear", params)
}

fn draft(event_type: &str, subject: Option<&str>, data: Value) -> EventDraft {
    let (event_type, subject) = (event_type.to_owned(), subject.map(str::to_owned));
    EventDraft { event_type, source: None, subject, data }
}

/// `main`, and `teller`, which tells `paid` about `o-1`.
fn two_workflows(main: Vec<Step>) -> Arc<Program> {
    let told = json!({ "emit": "paid", "subject": "o-1", "return": { "n": 7 } });
    let tell = step("teller", "tell", "probe", told);
    Arc::new(program(vec![workflow("main", main), workflow("teller", vec![tell])]))
}

/// Waits until it is true of the run.
async fn until(engine: &Engine, run: &str, holds: impl Fn(&RunRow) -> bool) -> RunRow {
    for _ in 0..500 {
        if let Some(row) = engine.run(run).unwrap().filter(&holds) {
            return row;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never holds: {:?}", engine.run(run).unwrap());
}

#[tokio::test]
async fn what_one_run_tells_reaches_all_that_listen_and_each_once() {
    for memory in BOTH {
        let engine = engine_with(Arc::new(MemoryStore::new()), memory, Attend::Own);
        let waits = vec![
            ear("first", json!({ "type": "paid", "subject": "o-1" })),
            ear("second", json!({ "type": "paid", "for": 30 })),
            probe("end", json!({ "return": "${ [.steps.first, .steps.second] }" })),
        ];
        let program = two_workflows(waits);
        let mut waiting = Vec::new();
        for _ in 0..3 {
            waiting.push(engine.start(program.clone(), "main", json!({}), None).await.unwrap());
        }
        if memory == Memory::Evicted {
            for handle in &waiting {
                until(&engine, handle.id(), |row| row.suspended).await;
            }
        }
        let teller = engine.start(program.clone(), "teller", json!({}), None).await.unwrap();
        let Outcome::Done(event) = teller.clone().outcome().await.unwrap() else {
            panic!("failed")
        };
        assert_eq!((&event["specversion"], &event["type"]), (&json!("1.0"), &json!("paid")));
        assert_eq!(
            (&event["source"], &event["subject"]),
            (&json!("/workflows/teller"), &json!("o-1"))
        );
        assert_eq!(event["id"], format!("{}/teller/tell", teller.id()));
        for handle in waiting {
            let outcome = handle.outcome().await.unwrap();
            assert_eq!(outcome, Outcome::Done(json!([{ "n": 7 }, "too late"])), "{memory:?}");
        }
        // One that starts now has missed it.
        let late = engine.start(program, "main", json!({}), None).await.unwrap();
        engine.signal(late.id(), draft("paid", Some("o-1"), json!(1))).await.unwrap();
        assert_eq!(
            late.outcome().await.unwrap(),
            Outcome::Done(json!([1, "too late"])),
            "{memory:?}"
        );
    }
}

#[tokio::test]
async fn a_signal_that_comes_early_is_kept_for_its_run_alone() {
    for memory in BOTH {
        let store = MemoryStore::new();
        let engine = engine_with(Arc::new(store.sibling()), memory, Attend::Own);
        let steps = vec![
            probe("work", json!({ "sleep": 60 })),
            ear("first", json!({ "type": "go" })),
            ear("second", json!({ "type": "go" })),
            probe("end", json!({ "return": "${ [.steps.first, .steps.second] }" })),
        ];
        let program = two_workflows(steps);
        let one = engine.start(program.clone(), "main", json!({}), None).await.unwrap();
        let two = engine.start(program, "main", json!({}), None).await.unwrap();
        // Another process sends them.
        let other = engine_over(Arc::new(store.sibling()));
        for n in [1, 2] {
            other.signal(one.id(), draft("go", None, json!(n))).await.unwrap();
        }
        assert_eq!(
            one.clone().outcome().await.unwrap(),
            Outcome::Done(json!([1, 2])),
            "{memory:?}"
        );
        other.signal(two.id(), draft("go", None, json!(3))).await.unwrap();
        until(&engine, two.id(), |_| engine.journal(two.id()).unwrap().len() == 2).await;
        let ended = other.signal(one.id(), draft("go", None, json!(9))).await.unwrap_err();
        assert_eq!(ended.code, "run_ended");
        assert_eq!(
            other.signal("x", draft("go", None, json!(9))).await.unwrap_err().code,
            "unknown_run"
        );
        let odd = other.signal(two.id(), draft("", None, json!(9))).await.unwrap_err();
        assert_eq!(odd.code, "invalid_event");
        let Cancelling::Here(handle) = engine.cancel(two.id()).await.unwrap() else {
            panic!("here")
        };
        assert_eq!(handle.outcome().await.unwrap(), Outcome::Cancelled);
        assert_eq!(two.outcome().await.unwrap(), Outcome::Cancelled, "{memory:?}");
    }
}

#[tokio::test]
async fn a_step_that_fails_has_told_nothing() {
    let store = MemoryStore::new();
    let engine = engine_over(Arc::new(store.sibling()));
    let steps = vec![probe("tell", json!({ "emit": "paid", "then_fail": true }))];
    let handle = engine.start(two_workflows(steps), "main", json!({}), None).await.unwrap();
    assert!(matches!(handle.outcome().await.unwrap(), Outcome::Failed(_)));
    assert_eq!(store.events(&EventQuery::default()).unwrap(), []);
}

/// `taker` is started by `paid`, when its number is above 5.
fn triggered_program() -> Arc<Program> {
    let note = json!({ "count": "taken", "return": "${ .input.n }" });
    let mut taker = workflow("taker", vec![step("taker", "note", "probe", note)]);
    let field = super::support::field(locus_model::TypeKind::Int, None);
    taker.input.insert("n".to_owned(), field);
    let text = |text: &str| -> Option<Node> { Some(node(&json!(text))) };
    taker.triggers = vec![
        Trigger::Event {
            event: spanned("paid"),
            when: text("${ .event.data.n > 5 }"),
            input: None,
        },
        Trigger::Event {
            event: spanned("refunded"),
            when: None,
            input: Some(node(&json!({ "n": "${ .event.data.amount * -1 }" }))),
        },
    ];
    let tell = |name: &str, n: i64| {
        let told = json!({ "emit": "paid", "return": { "n": n } });
        step("main", name, "probe", told)
    };
    Arc::new(program(vec![workflow("main", vec![tell("low", 3), tell("high", 7)]), taker]))
}

#[tokio::test]
async fn an_event_starts_the_workflows_that_take_it() {
    let engine = engine_over(Arc::new(MemoryStore::new()));
    let program = triggered_program();
    let handle = engine.start(program.clone(), "main", json!({}), None).await.unwrap();
    handle.outcome().await.unwrap();
    engine.wait_idle().await;
    let outputs = || -> Vec<Option<Value>> {
        let filter = RunFilter { workflow: Some("taker".to_owned()), ..RunFilter::default() };
        engine.runs(&filter).unwrap().into_iter().map(|run| run.outcome).collect()
    };
    assert_eq!(outputs(), [Some(json!(7))]);
    engine
        .tell(draft("refunded", None, json!({ "amount": 4 })), std::slice::from_ref(&program))
        .await
        .unwrap();
    // One that does not fit the input starts nothing, and harms nothing.
    engine.tell(draft("refunded", None, json!({ "amount": 0.5 })), &[program]).await.unwrap();
    engine.wait_idle().await;
    let mut all = outputs();
    all.sort_by_key(|value| format!("{value:?}"));
    assert_eq!(all, [Some(json!(-4)), Some(json!(7))]);
}

/// `main` plans a start of `child`.
fn planning(params: Value) -> Arc<Program> {
    let name = params["count"].clone();
    let child = step("child", "note", "probe", json!({ "count": name, "return": 1 }));
    Arc::new(program(vec![
        workflow("main", vec![probe("plan", params)]),
        workflow("child", vec![child]),
    ]))
}

#[tokio::test]
async fn a_planned_start_happens_once_and_whoever_is_there_makes_it() {
    let store = MemoryStore::new();
    let engine = engine_with(Arc::new(store.sibling()), Memory::Evicted, Attend::Own);
    let program = planning(json!({ "schedule": "child", "after": 40, "return": {} }));
    let handle = engine.start(program, "main", json!({}), None).await.unwrap();
    let Outcome::Done(Value::String(id)) = handle.outcome().await.unwrap() else { panic!("no id") };
    // It belongs to nobody, and nothing waits for it.
    engine.wait_idle().await;
    let row = engine.run(&id).unwrap().unwrap();
    assert_eq!((row.state, row.suspended, &row.owner), (RunState::Running, true, &None));
    assert_eq!(engine.interrupted(RunFilter::default()).await.unwrap(), []);
    drop(engine);
    let other = Arc::new(engine_with(Arc::new(store.sibling()), Memory::Stays, Attend::All));
    let attending = {
        let other = Arc::clone(&other);
        tokio::spawn(async move { other.attend().await })
    };
    let row = until(&other, &id, |row| row.state != RunState::Running).await;
    assert_eq!(row.state, RunState::Done);
    assert!(row.ended >= row.wake_at.or(Some(row.started)));
    attending.abort();
}

#[tokio::test]
async fn a_schedule_starts_a_run_each_time_and_makes_up_for_what_was_missed_once() {
    let store = MemoryStore::new();
    let engine = engine_over(Arc::new(store.sibling()));
    let wrong = planning(json!({ "schedule": "child", "cron": "0 25 * * *", "return": {} }));
    let failed =
        engine.start(wrong, "main", json!({}), None).await.unwrap().outcome().await.unwrap();
    assert!(matches!(failed, Outcome::Failed(error) if error.code == "invalid_schedule"));
    let program = planning(json!({ "schedule": "child", "cron": "* * * * *", "return": {} }));
    let handle = engine.start(program, "main", json!({}), None).await.unwrap();
    let Outcome::Done(Value::String(id)) = handle.outcome().await.unwrap() else { panic!("no id") };
    let planned = engine.schedules().unwrap();
    assert_eq!((planned.len(), &planned[0].id), (1, &id));
    // As if it had been due an hour ago.
    let now = planned[0].next_at;
    let earlier = now - 3_600_000;
    let advance =
        crate::store::Write::Advance { schedule: id.clone(), from: now, to: Some(earlier) };
    store.commit(advance.into()).await.unwrap();
    let engines: Vec<Arc<Engine>> = (0..3)
        .map(|_| Arc::new(engine_with(Arc::new(store.sibling()), Memory::Stays, Attend::All)))
        .collect();
    let attending: Vec<_> = engines
        .iter()
        .cloned()
        .map(|engine| tokio::spawn(async move { engine.attend().await }))
        .collect();
    let children = || {
        let filter = RunFilter { workflow: Some("child".to_owned()), ..RunFilter::default() };
        engine.runs(&filter).unwrap()
    };
    for _ in 0..300 {
        if children().iter().any(|run| run.state == RunState::Done) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let moved = engine.schedules().unwrap()[0].next_at;
    assert!(moved >= now, "{moved} {now}");
    assert!((1..=2).contains(&children().len()), "{:?}", children());
    engine.unschedule(&id).await.unwrap();
    assert_eq!(engine.unschedule(&id).await.unwrap_err().code, "unknown_schedule");
    attending.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn a_run_that_sleeps_is_on_disk_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<SqliteStore> = Arc::new(sqlite(folder.path()));
    let engine = engine_with(store.clone(), Memory::Evicted, Attend::Own);
    let steps = vec![
        probe("before", json!({ "return": { "name": "x".repeat(5000) } })),
        step("main", "nap", "nap", json!({ "for": 1500 })),
        probe("after", json!({ "return": "${ .steps.before.name | length }" })),
    ];
    let program = two_workflows(steps);
    let mut handles = Vec::new();
    for _ in 0..20 {
        handles.push(engine.start(program.clone(), "main", json!({}), None).await.unwrap());
    }
    let row = until(&engine, handles[0].id(), |row| row.suspended).await;
    assert!(row.wake_at.is_some() && engine.is_executing(&row).unwrap());
    let snapshot = store.snapshot(&row.id).unwrap().unwrap();
    assert_eq!(snapshot.records, 1);
    for handle in handles {
        assert_eq!(handle.outcome().await.unwrap(), Outcome::Done(json!(5000)));
    }
    engine.wait_idle().await;
}

#[tokio::test]
async fn runs_that_sleep_when_their_process_ends_are_woken_by_the_next() {
    let store = MemoryStore::new();
    let engine = engine_with(Arc::new(store.sibling()), Memory::Evicted, Attend::Own);
    let listening = two_workflows(vec![ear("wait", json!({ "type": "go" }))]);
    let napping = two_workflows(vec![step("main", "nap", "nap", json!({ "for": 200 }))]);
    let one = engine.start(listening, "main", json!({}), None).await.unwrap();
    let two = engine.start(napping, "main", json!({}), None).await.unwrap();
    for handle in [&one, &two] {
        until(&engine, handle.id(), |row| row.suspended).await;
    }
    engine.stop().await;
    assert_eq!(one.clone().outcome().await.unwrap_err().code, "run_interrupted");
    drop(engine);
    // Told while nobody is there.
    let sender = engine_over(Arc::new(store.sibling()));
    sender.signal(one.id(), draft("go", None, json!("!"))).await.unwrap();
    let next = Arc::new(engine_with(Arc::new(store.sibling()), Memory::Evicted, Attend::All));
    let attending = {
        let next = Arc::clone(&next);
        tokio::spawn(async move { next.attend().await })
    };
    let ended = |row: &RunRow| row.state == RunState::Done;
    assert_eq!(until(&next, one.id(), ended).await.outcome, Some(json!("!")));
    until(&next, two.id(), ended).await;
    attending.abort();
}

#[tokio::test]
async fn a_wish_of_another_process_wakes_a_run_to_end_it() {
    let store = MemoryStore::new();
    let engine = engine_with(Arc::new(store.sibling()), Memory::Evicted, Attend::Own);
    let program = two_workflows(vec![ear("wait", json!({ "type": "never" }))]);
    let handle = engine.start(program, "main", json!({}), None).await.unwrap();
    until(&engine, handle.id(), |row| row.suspended).await;
    let other = engine_over(Arc::new(store.sibling()));
    assert!(matches!(other.cancel(handle.id()).await.unwrap(), Cancelling::Elsewhere));
    assert_eq!(handle.outcome().await.unwrap(), Outcome::Cancelled);
}

#[tokio::test]
async fn a_run_that_failed_goes_on_from_a_chosen_step() {
    for memory in BOTH {
        let store = MemoryStore::new();
        let engine = engine_with(Arc::new(store.sibling()), memory, Attend::Own);
        let name = format!("from a chosen step, {memory:?}");
        let steps = vec![
            probe("first", json!({ "count": format!("first {name}"), "return": 1 })),
            probe(
                "second",
                json!({ "count": format!("second {name}"), "fail_first": 1, "return": 2 }),
            ),
            probe("third", json!({ "return": "${ [.steps.first, .steps.second] }" })),
        ];
        let program = two_workflows(steps);
        let handle = engine.start(program.clone(), "main", json!({}), None).await.unwrap();
        let id = handle.id().to_owned();
        assert!(matches!(handle.outcome().await.unwrap(), Outcome::Failed(_)));
        let refused = |error: crate::engine::EngineError| error.code;
        assert_eq!(
            refused(engine.resume_from(&id, "main/zweite").await.unwrap_err()),
            "unknown_step"
        );
        assert_eq!(
            refused(engine.resume_from(&id, "main/third").await.unwrap_err()),
            "step_not_to_blame"
        );
        let again = engine.resume_from(&id, "main/second").await.unwrap();
        assert_eq!(again.outcome().await.unwrap(), Outcome::Done(json!([1, 2])), "{memory:?}");
        assert_eq!(count(&format!("first {name}")), 1);
        assert_eq!(count(&format!("second {name}")), 2);
        assert_eq!(
            refused(engine.resume_from(&id, "main/second").await.unwrap_err()),
            "run_succeeded"
        );
    }
}

#[tokio::test]
async fn a_run_whose_time_was_over_has_it_anew_when_it_goes_on() {
    let engine = engine_over(Arc::new(MemoryStore::new()));
    let mut main = workflow(
        "main",
        vec![
            probe("quick", json!({ "return": 1 })),
            probe("slow", json!({ "count": "slow then quick", "sleep_first": 400, "return": 2 })),
        ],
    );
    main.timeout = Some(150);
    let handle =
        engine.start(Arc::new(program(vec![main])), "main", json!({}), None).await.unwrap();
    let id = handle.id().to_owned();
    let Outcome::Failed(error) = handle.outcome().await.unwrap() else { panic!("in time") };
    assert_eq!(error.code, "timeout");
    let again = engine.resume_from(&id, "main/slow").await.unwrap();
    assert_eq!(again.outcome().await.unwrap(), Outcome::Done(json!(2)));
}

#[tokio::test]
async fn what_is_old_is_pruned() {
    let engine = engine_over(Arc::new(MemoryStore::new()));
    let handle = engine.start(two_workflows(vec![]), "teller", json!({}), None).await.unwrap();
    let id = handle.id().to_owned();
    handle.outcome().await.unwrap();
    let states = [RunState::Done];
    let kept = engine.prune(60_000, &states).await.unwrap();
    assert_eq!((kept.runs, kept.events), (0, 0));
    tokio::time::sleep(Duration::from_millis(5)).await;
    let gone = engine.prune(0, &states).await.unwrap();
    assert_eq!((gone.runs, gone.events), (1, 1));
    assert!(engine.run(&id).unwrap().is_none());
}
