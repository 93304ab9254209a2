//! What every store has to do. Each test runs against every implementation; a new one is a line in `stores`.

use std::sync::Arc;

use locus_plugin::{CloudEvent, EventDraft, StepError};
use serde_json::{Value, json};

use super::support::sqlite;
use crate::core::{Event, Record, TimerKind};
use crate::store::{
    EventQuery, EventRow, Listener, MemoryStore, Prune, Pruned, RunFilter, RunRow, RunState,
    ScheduleRow, Snapshot, Store, SuspendedRun, Suspension, Transaction, Write,
};

/// A store, and a second handle of the same one, as another process would have it.
struct Pair {
    name: &'static str,
    one: Arc<dyn Store>,
    other: Arc<dyn Store>,
    _folder: tempfile::TempDir,
}

fn stores() -> Vec<Pair> {
    let memory = MemoryStore::new();
    let folder = || tempfile::tempdir().unwrap();
    let disk = folder();
    vec![
        Pair {
            name: "memory",
            other: Arc::new(memory.sibling()),
            one: Arc::new(memory),
            _folder: folder(),
        },
        Pair {
            name: "sqlite",
            one: Arc::new(sqlite(disk.path())),
            other: Arc::new(sqlite(disk.path())),
            _folder: disk,
        },
    ]
}

pub(super) fn run_row(id: &str, owner: &str) -> RunRow {
    RunRow {
        id: id.to_owned(),
        workflow: "main".to_owned(),
        program: "p".to_owned(),
        base_dir: "/project".to_owned(),
        input: json!({ "b": 1, "a": [true, null, 1.5, "ü"] }),
        env: json!({ "REGION": "north", "ZONE": null }),
        state: RunState::Running,
        outcome: None,
        started: 1000,
        ended: None,
        cancel_requested: false,
        owner: Some(owner.to_owned()),
        suspended: false,
        wake_at: None,
        events_after: 0,
        problem: None,
    }
}

pub(super) fn keep_program() -> Write {
    Write::Program { hash: "p".to_owned(), body: "{}".to_owned() }
}

pub(super) fn append(run: &str, owner: &str, after: u64, records: Vec<Record>) -> Write {
    Write::Append { run: run.to_owned(), owner: owner.to_owned(), after, records }
}

pub(super) fn done(key: &str, value: Value) -> Record {
    let event = Event::Completed { key: key.to_owned(), attempt: 1, result: Ok(value) };
    Record { at: 7, signature: "s".to_owned(), event }
}

/// An event of this type, told at 5.
pub(super) fn event(event_type: &str, subject: Option<&str>) -> EventRow {
    let draft = EventDraft {
        event_type: event_type.to_owned(),
        source: None,
        subject: subject.map(str::to_owned),
        data: json!({ "n": 1 }),
    };
    let id = format!("{event_type} {subject:?}");
    let event = CloudEvent::new(draft, id, "/shop".to_owned(), "1970-01-01T00:00:00Z".to_owned());
    EventRow { seq: 0, run: None, at: 5, event }
}

pub(super) fn suspension(run: &str, owner: &str, records: u64, wake_at: Option<u64>) -> Suspension {
    Suspension {
        run: run.to_owned(),
        owner: owner.to_owned(),
        snapshot: Snapshot { records, body: format!("{{\"at\":{records}}}") },
        wake_at,
        listeners: Vec::new(),
    }
}

pub(super) fn listener(event_type: &str, subject: Option<&str>, after: u64) -> Listener {
    let key = format!("main/{event_type}/{subject:?}");
    let (event_type, subject) = (event_type.to_owned(), subject.map(str::to_owned));
    Listener { key, event_type, subject, after }
}

fn every_record() -> Vec<Record> {
    let key = "main/a[3]/b".to_owned();
    let error = StepError {
        step: Some("main/a".to_owned()),
        ..StepError::retryable("flaky", "no\n\"luck\"").details(json!({ "n": [1] }))
    };
    let fired = |kind| Event::Fired { key: key.clone(), kind };
    let events = [
        Event::Begun { key: key.clone(), attempt: 2 },
        Event::Completed { key: key.clone(), attempt: 2, result: Err(error) },
        fired(TimerKind::Retry),
        fired(TimerKind::Wake),
        fired(TimerKind::Timeout),
        Event::Completed {
            key: key.clone(),
            attempt: 3,
            result: Ok(json!({ "z": 1, "a": "\u{0}" })),
        },
        Event::Received { key: key.clone(), seq: 7, event: event("paid", Some("o-1")).event },
        Event::CancelRequested,
        Event::Rewound,
    ];
    let record = |(at, event)| Record { at, signature: format!("s{at}"), event };
    (5..).zip(events).map(record).collect()
}

async fn start(store: &dyn Store, id: &str) -> String {
    let owner = store.owner().unwrap();
    let writes = vec![keep_program(), Write::Start(run_row(id, &owner))];
    store.commit(Transaction { writes }).await.unwrap();
    owner
}

async fn code(store: &dyn Store, write: Write) -> &'static str {
    store.commit(write.into()).await.map_or_else(|error| error.code, |()| "ok")
}

#[tokio::test]
async fn what_is_written_is_read_by_every_handle() {
    for Pair { name, one, other, .. } in stores() {
        let owner = start(&*one, "r").await;
        let records = every_record();
        one.commit(append("r", &owner, 0, records[..3].to_vec()).into()).await.unwrap();
        one.commit(append("r", &owner, 3, records[3..].to_vec()).into()).await.unwrap();
        for store in [&one, &other] {
            assert_eq!(store.journal("r").unwrap(), records, "{name}");
            assert_eq!(store.run("r").unwrap(), Some(run_row("r", &owner)), "{name}");
            assert_eq!(store.program("p").unwrap().as_deref(), Some("{}"), "{name}");
            assert_eq!(store.run("x").unwrap(), None, "{name}");
            assert_eq!(store.journal("x").unwrap(), [], "{name}");
            assert_eq!(store.program("x").unwrap(), None, "{name}");
        }
        // The author's order of keys stays.
        let input = other.run("r").unwrap().unwrap().input.to_string();
        assert!(input.starts_with("{\"b\""), "{name}: {input}");
    }
}

#[tokio::test]
async fn a_transaction_is_done_wholly_or_not_at_all() {
    for Pair { name, one, .. } in stores() {
        let owner = start(&*one, "r").await;
        let before = one.run("r").unwrap();
        let writes = vec![
            Write::Program { hash: "q".to_owned(), body: "[]".to_owned() },
            Write::Start(run_row("s", &owner)),
            append("r", &owner, 0, every_record()),
            Write::RequestCancel { run: "r".to_owned() },
            Write::Claim { run: "r".to_owned(), from: Some(owner.clone()), to: "x".to_owned() },
            Write::Start(run_row("r", &owner)),
        ];
        let error = one.commit(Transaction { writes }).await.unwrap_err();
        assert_eq!(error.code, "run_id_in_use", "{name}");
        assert_eq!(one.program("q").unwrap(), None, "{name}");
        assert_eq!(one.run("s").unwrap(), None, "{name}");
        assert_eq!(one.journal("r").unwrap(), [], "{name}");
        assert_eq!(one.run("r").unwrap(), before, "{name}");
    }
}

#[tokio::test]
async fn only_the_owner_writes_and_only_at_the_end() {
    for Pair { name, one, .. } in stores() {
        let owner = start(&*one, "r").await;
        let records = every_record();
        let append = |owner: &str, after| append("r", owner, after, records.clone());
        let end = |owner: &str| Write::End {
            run: "r".to_owned(),
            owner: owner.to_owned(),
            state: RunState::Failed,
            outcome: Some(json!({ "code": "x" })),
            at: 9,
        };
        assert_eq!(code(&*one, append("somebody", 0)).await, "run_lost", "{name}");
        assert_eq!(code(&*one, end("somebody")).await, "run_lost", "{name}");
        assert_eq!(code(&*one, append(&owner, 1)).await, "journal_conflict", "{name}");
        assert_eq!(code(&*one, append(&owner, 0)).await, "ok", "{name}");
        assert_eq!(code(&*one, append(&owner, 0)).await, "journal_conflict", "{name}");
        assert_eq!(code(&*one, end(&owner)).await, "ok", "{name}");
        assert_eq!(code(&*one, append(&owner, records.len() as u64)).await, "run_lost", "{name}");
        assert_eq!(code(&*one, end(&owner)).await, "run_lost", "{name}");
        let row = one.run("r").unwrap().unwrap();
        assert_eq!((row.state, row.ended, row.owner), (RunState::Failed, Some(9), None), "{name}");
        assert_eq!(row.outcome, Some(json!({ "code": "x" })), "{name}");
    }
}

#[tokio::test]
async fn a_run_is_claimed_by_one() {
    for Pair { name, one, other, .. } in stores() {
        let first = start(&*one, "r").await;
        let second = other.owner().unwrap();
        assert_ne!(first, second, "{name}");
        assert!(other.is_alive(&first).unwrap() && one.is_alive(&second).unwrap(), "{name}");
        assert!(!one.is_alive("4711-never-was").unwrap(), "{name}");
        let claim = |from: &str, to: &str| Write::Claim {
            run: "r".to_owned(),
            from: Some(from.to_owned()),
            to: to.to_owned(),
        };
        drop(one);
        assert!(!other.is_alive(&first).unwrap(), "{name}");
        assert_eq!(code(&*other, claim(&first, &second)).await, "ok", "{name}");
        assert_eq!(code(&*other, claim(&first, "third")).await, "run_lost", "{name}");
        assert_eq!(code(&*other, claim(&second, &second)).await, "ok", "{name}");
    }
}

#[tokio::test]
async fn wishes_to_cancel_reach_the_owner() {
    for Pair { name, one, other, .. } in stores() {
        let owner = start(&*one, "r").await;
        start(&*one, "s").await;
        let request = |run: &str| Write::RequestCancel { run: run.to_owned() };
        assert_eq!(code(&*other, request("x")).await, "unknown_run", "{name}");
        assert_eq!(code(&*other, request("r")).await, "ok", "{name}");
        assert_eq!(one.cancel_requests(&owner).unwrap(), ["r"], "{name}");
        assert_eq!(one.cancel_requests("somebody").unwrap(), Vec::<String>::new(), "{name}");
        let end = Write::End {
            run: "r".to_owned(),
            owner: owner.clone(),
            state: RunState::Cancelled,
            outcome: None,
            at: 9,
        };
        assert_eq!(code(&*one, end).await, "ok", "{name}");
        assert_eq!(one.cancel_requests(&owner).unwrap(), Vec::<String>::new(), "{name}");
        assert_eq!(code(&*other, request("r")).await, "ok", "{name}");
    }
}

#[tokio::test]
async fn runs_are_listed_latest_first() {
    for Pair { name, one, .. } in stores() {
        let owner = start(&*one, "b").await;
        let add = |id: &str, started: u64, workflow: &str| {
            let workflow = workflow.to_owned();
            Write::Start(RunRow { started, workflow, ..run_row(id, &owner) })
        };
        let writes = vec![add("a", 1000, "main"), add("c", 3000, "other"), add("d", 2000, "main")];
        one.commit(Transaction { writes }).await.unwrap();
        let list = |filter: RunFilter| -> String {
            one.runs(&filter).unwrap().into_iter().map(|run| run.id).collect()
        };
        let all = RunFilter::default;
        assert_eq!(list(all()), "cdba", "{name}");
        assert_eq!(list(RunFilter { limit: Some(2), ..all() }), "cd", "{name}");
        assert_eq!(list(RunFilter { workflow: Some("main".to_owned()), ..all() }), "dba", "{name}");
        assert_eq!(list(RunFilter { program: Some("x".to_owned()), ..all() }), "", "{name}");
        assert_eq!(list(RunFilter { state: Some(RunState::Running), ..all() }), "cdba", "{name}");
        assert_eq!(list(RunFilter { state: Some(RunState::Done), ..all() }), "", "{name}");
    }
}

#[tokio::test]
async fn one_that_fails_does_not_harm_those_that_commit_with_it() {
    for Pair { name, one, .. } in stores() {
        let owner = start(&*one, "r").await;
        let mut commits = tokio::task::JoinSet::new();
        for n in 0..200 {
            // Every third takes the id of an earlier run.
            let id = if n % 3 == 2 { "r".to_owned() } else { format!("run{n:03}") };
            let (store, row) = (Arc::clone(&one), run_row(&id, &owner));
            commits.spawn(async move { (n, store.commit(Write::Start(row).into()).await) });
        }
        while let Some(ended) = commits.join_next().await {
            let (n, answer) = ended.unwrap();
            assert_eq!(answer.is_err(), n % 3 == 2, "{name}: {n}");
            if answer.is_ok() {
                assert!(
                    one.run(&format!("run{n:03}")).unwrap().is_some(),
                    "{name}: acknowledged, not there"
                );
            }
        }
        assert_eq!(one.runs(&RunFilter::default()).unwrap().len(), 135, "{name}");
    }
}

#[tokio::test]
async fn a_run_that_sleeps_is_found_when_its_time_comes() {
    for Pair { name, one, other, .. } in stores() {
        let owner = start(&*one, "r").await;
        start(&*one, "s").await;
        one.commit(append("r", &owner, 0, vec![done("a", json!(1))]).into()).await.unwrap();
        let suspend = |run: &str, owner: &str, records, at| {
            Write::Suspend(suspension(run, owner, records, at))
        };
        assert_eq!(code(&*one, suspend("r", "x", 1, None)).await, "run_lost", "{name}");
        assert_eq!(code(&*one, suspend("r", &owner, 0, None)).await, "journal_conflict", "{name}");
        assert_eq!(code(&*one, suspend("r", &owner, 1, Some(50))).await, "ok", "{name}");
        assert_eq!(code(&*one, suspend("s", &owner, 0, Some(40))).await, "ok", "{name}");
        let due = |owner: Option<&str>, until, limit| -> Vec<String> {
            let due = other.due(owner, until, limit).unwrap();
            due.into_iter().map(|run| run.run).collect()
        };
        assert_eq!(due(Some(&owner), 50, 9), ["s", "r"], "{name}");
        assert_eq!(due(None, 45, 9), ["s"], "{name}");
        assert_eq!(due(None, 50, 1), ["s"], "{name}");
        assert_eq!(due(Some("x"), 50, 9), Vec::<String>::new(), "{name}");
        let row = other.run("r").unwrap().unwrap();
        assert_eq!((row.suspended, row.wake_at, row.owner), (true, Some(50), Some(owner.clone())));
        let snapshot = other.snapshot("r").unwrap().unwrap();
        assert_eq!(snapshot, Snapshot { records: 1, body: "{\"at\":1}".to_owned() }, "{name}");
        // Whoever claims it wakes it.
        let claim =
            Write::Claim { run: "s".to_owned(), from: Some(owner.clone()), to: owner.clone() };
        assert_eq!(code(&*one, claim).await, "ok", "{name}");
        assert_eq!(due(None, 50, 9), ["r"], "{name}");
        // And one that has ended leaves nothing of that behind.
        let end = Write::End {
            run: "r".to_owned(),
            owner,
            state: RunState::Done,
            outcome: Some(json!(1)),
            at: 60,
        };
        assert_eq!(code(&*one, end).await, "ok", "{name}");
        assert_eq!(due(None, 50, 9), Vec::<String>::new(), "{name}");
        assert_eq!(other.snapshot("r").unwrap(), None, "{name}");
    }
}

#[tokio::test]
async fn events_are_numbered_once_and_found_by_what_they_are_about() {
    for Pair { name, one, other, .. } in stores() {
        let addressed = EventRow { run: Some("r".to_owned()), ..event("paid", Some("o-3")) };
        let events = [
            event("paid", Some("o-1")),
            event("paid", Some("o-1")),
            event("paid", Some("o-2")),
            event("sent", None),
            addressed,
        ];
        for event in events {
            assert_eq!(code(&*one, Write::Emit(event)).await, "ok", "{name}");
        }
        // One that is taken back leaves no gap.
        let writes =
            vec![Write::Emit(event("lost", None)), Write::RequestCancel { run: "x".to_owned() }];
        one.commit(Transaction { writes }).await.unwrap_err();
        assert_eq!(code(&*one, Write::Emit(event("last", None))).await, "ok", "{name}");
        let find = |query: EventQuery| -> Vec<u64> {
            other.events(&query).unwrap().into_iter().map(|row| row.seq).collect()
        };
        let all = EventQuery::default;
        let paid = || EventQuery { event_type: Some("paid".to_owned()), ..all() };
        assert_eq!(find(all()), [1, 2, 3, 4, 5], "{name}");
        assert_eq!(find(EventQuery { after: 3, ..all() }), [4, 5], "{name}");
        assert_eq!(find(EventQuery { limit: Some(2), ..all() }), [1, 2], "{name}");
        assert_eq!(find(EventQuery { run: Some("q".to_owned()), ..paid() }), [1, 2], "{name}");
        assert_eq!(find(EventQuery { run: Some("r".to_owned()), ..paid() }), [1, 2, 4], "{name}");
        assert_eq!(find(EventQuery { subject: Some("o-2".to_owned()), ..paid() }), [2], "{name}");
        assert_eq!(other.last_event().unwrap(), 5, "{name}");
        let row = &other.events(&all()).unwrap()[0];
        assert_eq!(*row, EventRow { seq: 1, ..event("paid", Some("o-1")) }, "{name}");
        // A run sees what comes after it has started.
        start(&*one, "r").await;
        assert_eq!(other.run("r").unwrap().unwrap().events_after, 5, "{name}");
    }
}

#[tokio::test]
async fn a_run_that_sleeps_is_found_by_what_it_listens_for() {
    for Pair { name, one, other, .. } in stores() {
        one.commit(Write::Emit(event("paid", Some("early"))).into()).await.unwrap();
        let owner = start(&*one, "r").await;
        start(&*one, "s").await;
        let suspend = |run: &str, listeners: Vec<Listener>| {
            Write::Suspend(Suspension { listeners, ..suspension(run, &owner, 0, None) })
        };
        one.commit(suspend("r", vec![listener("paid", Some("o-1"), 0)]).into()).await.unwrap();
        one.commit(suspend("s", vec![listener("paid", None, 0), listener("sent", None, 0)]).into())
            .await
            .unwrap();
        let names =
            |runs: Vec<SuspendedRun>| -> String { runs.into_iter().map(|r| r.run).collect() };
        let wakes =
            |seq: u64, event: EventRow| names(other.listening(&EventRow { seq, ..event }).unwrap());
        assert_eq!(wakes(2, event("paid", Some("o-1"))), "rs", "{name}");
        assert_eq!(wakes(2, event("paid", None)), "s", "{name}");
        assert_eq!(wakes(2, event("sent", Some("o-1"))), "s", "{name}");
        assert_eq!(wakes(2, event("lost", None)), "", "{name}");
        assert_eq!(wakes(1, event("paid", Some("o-1"))), "", "{name}: told before they started");
        let to_s = EventRow { run: Some("s".to_owned()), ..event("paid", Some("o-1")) };
        assert_eq!(wakes(2, to_s), "s", "{name}");
        assert_eq!(names(other.unheard().unwrap()), "", "{name}");
        one.commit(Write::Emit(event("sent", None)).into()).await.unwrap();
        assert_eq!(names(other.unheard().unwrap()), "s", "{name}");
        assert_eq!(
            other.listeners("s").unwrap(),
            [listener("paid", None, 0), listener("sent", None, 0)],
            "{name}"
        );
        // What it has looked at it does not hear of again.
        one.commit(suspend("s", vec![listener("sent", None, 2)]).into()).await.unwrap();
        assert_eq!(names(other.unheard().unwrap()), "", "{name}");
    }
}

#[tokio::test]
async fn a_start_that_happens_once_leaves_what_is_there() {
    for Pair { name, one, .. } in stores() {
        let owner = start(&*one, "r").await;
        let again = RunRow { workflow: "other".to_owned(), ..run_row("r", &owner) };
        assert_eq!(code(&*one, Write::StartOnce(again)).await, "ok", "{name}");
        assert_eq!(one.run("r").unwrap().unwrap().workflow, "main", "{name}");
        let later = RunRow { owner: None, suspended: true, wake_at: Some(9), ..run_row("t", "x") };
        assert_eq!(code(&*one, Write::StartOnce(later.clone())).await, "ok", "{name}");
        assert_eq!(one.run("t").unwrap(), Some(later), "{name}");
        assert_eq!(one.due(None, 9, 9).unwrap().len(), 1, "{name}");
        let claim = Write::Claim { run: "t".to_owned(), from: None, to: owner };
        assert_eq!(code(&*one, claim).await, "ok", "{name}");
    }
}

fn schedule(id: &str, next_at: u64) -> ScheduleRow {
    ScheduleRow {
        id: id.to_owned(),
        workflow: "main".to_owned(),
        program: "p".to_owned(),
        base_dir: "/project".to_owned(),
        input: json!({ "z": 1, "a": 2 }),
        cron: "0 9 * * *".to_owned(),
        timezone: "UTC".to_owned(),
        until: None,
        next_at,
    }
}

#[tokio::test]
async fn a_schedule_is_moved_on_by_one() {
    for Pair { name, one, other, .. } in stores() {
        one.commit(keep_program().into()).await.unwrap();
        for row in [schedule("b", 20), schedule("a", 20), schedule("c", 10), schedule("c", 99)] {
            assert_eq!(code(&*one, Write::Schedule(row)).await, "ok", "{name}");
        }
        let due = |until| -> String {
            other.schedules(until).unwrap().into_iter().map(|row| row.id).collect()
        };
        assert_eq!((due(None).as_str(), due(Some(10)).as_str()), ("cab", "c"), "{name}");
        assert_eq!(other.schedules(Some(10)).unwrap(), [schedule("c", 10)], "{name}");
        let advance = |from, to| Write::Advance { schedule: "c".to_owned(), from, to };
        assert_eq!(code(&*one, advance(10, Some(30))).await, "ok", "{name}");
        assert_eq!(code(&*other, advance(10, Some(40))).await, "schedule_changed", "{name}");
        assert_eq!(due(None), "abc", "{name}");
        assert_eq!(code(&*one, advance(30, None)).await, "ok", "{name}");
        let unschedule = |id: &str| Write::Unschedule { schedule: id.to_owned() };
        assert_eq!(code(&*one, unschedule("a")).await, "ok", "{name}");
        assert_eq!(code(&*one, unschedule("c")).await, "unknown_schedule", "{name}");
        assert_eq!(due(None), "b", "{name}");
    }
}

#[tokio::test]
async fn an_ended_run_goes_back_to_an_earlier_journal() {
    for Pair { name, one, .. } in stores() {
        let owner = start(&*one, "r").await;
        let records = every_record();
        let rewind = |to: usize| Write::Rewind {
            run: "r".to_owned(),
            owner: "two".to_owned(),
            records: every_record()[..to].to_vec(),
        };
        one.commit(append("r", &owner, 0, records.clone()).into()).await.unwrap();
        assert_eq!(code(&*one, rewind(2)).await, "run_lost", "{name}");
        let end = Write::End {
            run: "r".to_owned(),
            owner: owner.clone(),
            state: RunState::Failed,
            outcome: Some(json!(1)),
            at: 9,
        };
        one.commit(end.into()).await.unwrap();
        assert_eq!(code(&*one, rewind(2)).await, "ok", "{name}");
        assert_eq!(one.journal("r").unwrap(), records[..2], "{name}");
        assert_eq!(one.run("r").unwrap(), Some(run_row("r", "two")), "{name}");
        assert_eq!(
            code(&*one, append("r", "two", 2, records[2..4].to_vec())).await,
            "ok",
            "{name}"
        );
        assert_eq!(one.journal_after("r", 3).unwrap(), records[3..4], "{name}");
    }
}

#[tokio::test]
async fn what_is_pruned_is_gone_and_the_rest_is_not() {
    let large = || json!("x".repeat(10_000));
    for Pair { name, one, .. } in stores() {
        let owner = start(&*one, "old").await;
        for id in ["failed", "going", "new"] {
            start(&*one, id).await;
            one.commit(append(id, &owner, 0, vec![done("a", large())]).into()).await.unwrap();
        }
        one.commit(append("old", &owner, 0, vec![done("a", large())]).into()).await.unwrap();
        for (id, state, at) in [
            ("old", RunState::Done, 10),
            ("failed", RunState::Failed, 10),
            ("new", RunState::Done, 90),
        ] {
            let (run, owner) = (id.to_owned(), owner.clone());
            let end = Write::End { run, owner, state, outcome: Some(large()), at };
            one.commit(end.into()).await.unwrap();
        }
        for row in [
            event("paid", Some("o-1")),
            event("paid", Some("o-2")),
            EventRow { at: 90, ..event("paid", None) },
        ] {
            one.commit(Write::Emit(row).into()).await.unwrap();
        }
        let listeners = vec![listener("paid", Some("o-2"), 0)];
        let suspend = Suspension { listeners, ..suspension("going", &owner, 1, None) };
        one.commit(Write::Suspend(suspend).into()).await.unwrap();
        let prune = Prune { ended_before: 50, states: vec![RunState::Done], events_before: 50 };
        assert_eq!(
            one.prune(prune.clone()).await.unwrap(),
            Pruned { runs: 1, events: 1 },
            "{name}"
        );
        assert_eq!(one.prune(prune).await.unwrap(), Pruned::default(), "{name}");
        assert_eq!(one.run("old").unwrap(), None, "{name}");
        assert_eq!(one.journal("old").unwrap(), [], "{name}");
        for id in ["failed", "going", "new"] {
            assert_eq!(one.journal(id).unwrap(), [done("a", large())], "{name}: {id}");
        }
        assert_eq!(one.run("new").unwrap().unwrap().outcome, Some(large()), "{name}");
        let left: Vec<u64> =
            one.events(&EventQuery::default()).unwrap().iter().map(|row| row.seq).collect();
        assert_eq!(left, [2, 3], "{name}");
        assert_eq!(one.last_event().unwrap(), 3, "{name}");
    }
}
