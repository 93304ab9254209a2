//! What every store has to do. Each test runs against every implementation; a new one is a line in `stores`.

use std::sync::Arc;

use locus_plugin::StepError;
use serde_json::{Value, json};

use super::support::sqlite;
use crate::core::{Event, Record, TimerKind};
use crate::store::{MemoryStore, RunFilter, RunRow, RunState, Store, Transaction, Write};

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
        Event::CancelRequested,
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
