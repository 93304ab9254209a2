//! The store in a file: what it does with files that are not what they should be, with full disks, and with processes that vanish.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rusqlite::Connection;
use serde_json::json;

use super::conformance::{append, done, keep_program, run_row};
use super::support::sqlite;
use crate::host::SystemHost;
use crate::store::{RunFilter, RunState, SqliteStore, Store, StoreError, Transaction, Write};

fn open(path: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(path, Arc::new(SystemHost))
}

fn open_error(path: &Path) -> StoreError {
    open(path).map(|_| ()).unwrap_err()
}

async fn start(store: &SqliteStore, run: &str) -> String {
    let owner = store.owner().unwrap();
    let writes = vec![keep_program(), Write::Start(run_row(run, &owner))];
    store.commit(Transaction { writes }).await.unwrap();
    owner
}

#[test]
fn files_of_others_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let foreign = folder.path().join("foreign.db");
    Connection::open(&foreign).unwrap().execute_batch("create table theirs (a)").unwrap();
    let before = fs::read(&foreign).unwrap();
    let error = open_error(&foreign);
    assert_eq!(error.code, "store_foreign");
    assert!(error.message.contains("foreign.db") && !error.help.is_empty());
    assert_eq!(fs::read(&foreign).unwrap(), before);

    let text = folder.path().join("notes.txt");
    fs::write(
        &text,
        "no database at all, and long enough not to be taken for an empty file".repeat(9),
    )
    .unwrap();
    let before = fs::read(&text).unwrap();
    assert_eq!(open_error(&text).code, "store_corrupt");
    assert_eq!(fs::read(&text).unwrap(), before);
}

#[tokio::test]
async fn newer_and_damaged_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.db");
    drop(sqlite(folder.path()));
    let raw = Connection::open(&path).unwrap();
    raw.execute("update meta set value = '99' where key = 'format'", []).unwrap();
    drop(raw);
    let error = open_error(&path);
    assert_eq!(error.code, "store_newer");
    assert!(error.message.contains("format 99"), "{error}");

    let raw = Connection::open(&path).unwrap();
    raw.execute("delete from meta", []).unwrap();
    drop(raw);
    assert_eq!(open_error(&path).code, "store_corrupt");

    let damaged = folder.path().join("damaged.db");
    {
        let store = open(&damaged).unwrap();
        let owner = start(&store, "r").await;
        let records =
            (0..500).map(|n| done(&format!("main/{n}"), json!("x".repeat(200)))).collect();
        store.commit(append("r", &owner, 0, records).into()).await.unwrap();
    }
    let mut bytes = fs::read(&damaged).unwrap();
    let length = bytes.len();
    bytes[length / 2..].fill(0x5a);
    fs::write(&damaged, bytes).unwrap();
    let store = open(&damaged).unwrap();
    assert_eq!(store.journal("r").unwrap_err().code, "store_corrupt");
}

#[tokio::test]
async fn a_store_of_an_earlier_format_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.db");
    Connection::open(&path).unwrap().execute_batch(include_str!("format_1.sql")).unwrap();
    for _ in 0..2 {
        let store = open(&path).unwrap();
        let ended = store.run("ended").unwrap().unwrap();
        assert_eq!((ended.state, ended.outcome), (RunState::Done, Some(json!([1]))));
        let going = store.run("going").unwrap().unwrap();
        assert_eq!((going.suspended, going.wake_at, going.events_after), (false, None, 0));
        assert_eq!(going.env, json!({ "REGION": "north" }));
        let journal = store.journal("going").unwrap();
        assert_eq!(journal.len(), 2);
        assert_eq!(journal[0].event, done("main/one", json!({ "z": 1, "a": "@not a blob" })).event);
    }
    // It goes on as if it had always been so.
    let store = open(&path).unwrap();
    let owner = store.owner().unwrap();
    let claim = Write::Claim {
        run: "going".to_owned(),
        from: Some("4711-gone".to_owned()),
        to: owner.clone(),
    };
    let writes = vec![claim, append("going", &owner, 2, vec![done("main/three", json!(3))])];
    store.commit(Transaction { writes }).await.unwrap();
    assert_eq!(store.journal_after("going", 2).unwrap().len(), 1);
    let format: String = Connection::open(&path)
        .unwrap()
        .query_row("select value from meta where key = 'format'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(format, "2");
}

#[tokio::test]
async fn a_run_that_cannot_be_read_hides_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let store = sqlite(folder.path());
    for run in ["a", "b", "c"] {
        start(&store, run).await;
    }
    let raw = Connection::open(folder.path().join("runs.db")).unwrap();
    raw.execute("update run set input = '{' where id = 'a'", []).unwrap();
    raw.execute("update run set state = 'dreaming' where id = 'c'", []).unwrap();
    let runs = store.runs(&RunFilter::default()).unwrap();
    let problems: Vec<Option<&str>> = runs.iter().map(|run| run.problem.as_deref()).collect();
    assert_eq!(
        problems,
        [
            Some("the run `c` has no readable state"),
            None,
            Some("the run `a` has no readable input")
        ]
    );
    assert_eq!(store.run("a").unwrap_err().code, "store_corrupt");
    assert!(store.run("b").unwrap().is_some());
}

#[tokio::test]
async fn large_values_lie_apart_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = sqlite(folder.path());
    let owner = start(&store, "r").await;
    let large = json!({ "text": "x".repeat(100_000) });
    let records: Vec<_> = (0..20).map(|n| done(&format!("main/{n}"), large.clone())).collect();
    store.commit(append("r", &owner, 0, records.clone()).into()).await.unwrap();
    assert_eq!(store.journal("r").unwrap(), records);
    let raw = Connection::open(folder.path().join("runs.db")).unwrap();
    let count = |sql: &str| -> i64 { raw.query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(count("select count(*) from blob"), 1);
    assert!(count("select max(length(body)) from journal") < 100);
    raw.execute("delete from blob", []).unwrap();
    let error = store.journal("r").unwrap_err();
    assert!(error.code == "store_corrupt" && error.message.contains("large value"), "{error}");
}

#[tokio::test]
async fn a_journal_with_a_gap_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let store = sqlite(folder.path());
    let owner = start(&store, "r").await;
    let records = (0..3).map(|n| done(&format!("main/{n}"), json!(n))).collect();
    store.commit(append("r", &owner, 0, records).into()).await.unwrap();
    let raw = Connection::open(folder.path().join("runs.db")).unwrap();
    raw.execute("delete from journal where seq = 2", []).unwrap();
    let error = store.journal("r").unwrap_err();
    assert!(error.code == "store_corrupt" && error.message.contains("record 2"), "{error}");
    raw.execute("update journal set kind = 'dream' where seq = 1", []).unwrap();
    assert!(store.journal("r").unwrap_err().message.contains("`dream`"));
}

#[tokio::test]
async fn a_full_disk_is_reported_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.db");
    let store = Arc::new(SqliteStore::open_limited(&path, Arc::new(SystemHost), Some(40)).unwrap());
    let owner = start(&store, "r").await;
    let big = json!("x".repeat(20_000));
    let mut kept = 0;
    let error = loop {
        let record = vec![done("main/a", big.clone())];
        match store.commit(append("r", &owner, kept, record).into()).await {
            Ok(()) => kept += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error.code, "store_full");
    assert!(kept > 2);
    assert_eq!(store.journal("r").unwrap().len() as u64, kept);

    // In one group with others, the one that finds no place fails alone.
    let mut commits = tokio::task::JoinSet::new();
    for n in 0..20 {
        let (store, owner) = (Arc::clone(&store), owner.clone());
        let write = if n == 10 {
            append("r", &owner, kept, vec![done("main/a", big.clone())])
        } else {
            Write::RequestCancel { run: "r".to_owned() }
        };
        commits.spawn(async move { (n, store.commit(write.into()).await) });
    }
    while let Some(ended) = commits.join_next().await {
        let (n, answer) = ended.unwrap();
        assert_eq!(
            answer.map_err(|error| error.code).err(),
            (n == 10).then_some("store_full"),
            "{n}"
        );
    }
    drop(store);
    assert_eq!(open(&path).unwrap().journal("r").unwrap().len() as u64, kept);
}

#[tokio::test]
async fn what_was_acknowledged_outlives_a_copy_taken_without_closing() {
    let folder = tempfile::tempdir().unwrap();
    let store = sqlite(folder.path());
    let owner = start(&store, "r").await;
    for n in 0..20 {
        store.commit(append("r", &owner, n, vec![done("main/a", json!(n))]).into()).await.unwrap();
        if n % 5 == 0 {
            // What the disk holds at this moment: the file and its log, as a crash would leave them.
            let copy = tempfile::tempdir().unwrap();
            for file in ["runs.db", "runs.db-wal"] {
                fs::copy(folder.path().join(file), copy.path().join(file)).unwrap();
            }
            assert_eq!(sqlite(copy.path()).journal("r").unwrap().len() as u64, n + 1);
        }
    }
}

#[tokio::test]
async fn a_group_shares_a_commit_and_is_answered_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(sqlite(folder.path()));
    let owner = start(&store, "r").await;
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let mut commits = tokio::task::JoinSet::new();
    for n in 0..500 {
        let (store, owner, acknowledged) =
            (Arc::clone(&store), owner.clone(), Arc::clone(&acknowledged));
        commits.spawn(async move {
            let run = format!("run{n}");
            store.commit(Write::Start(run_row(&run, &owner)).into()).await.unwrap();
            // Another connection sees what was acknowledged.
            assert!(store.run(&run).unwrap().is_some());
            acknowledged.fetch_add(1, Ordering::Relaxed);
        });
    }
    while let Some(ended) = commits.join_next().await {
        ended.unwrap();
    }
    assert_eq!(acknowledged.load(Ordering::Relaxed), 500);
    let raw = Connection::open(folder.path().join("runs.db")).unwrap();
    let durable: String = raw.query_row("pragma journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(durable, "wal");
}

#[tokio::test]
async fn commits_that_are_under_way_when_the_store_is_dropped_are_finished() {
    let folder = tempfile::tempdir().unwrap();
    {
        let store = sqlite(folder.path());
        let owner = start(&store, "r").await;
        let mut commit =
            store.commit(append("r", &owner, 0, vec![done("main/a", json!(1))]).into());
        // Submitted, and nobody waits for the answer.
        let waker = std::task::Waker::noop();
        let _ = commit.as_mut().poll(&mut std::task::Context::from_waker(waker));
    }
    assert_eq!(sqlite(folder.path()).journal("r").unwrap().len(), 1);
}

#[tokio::test]
async fn another_writer_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let store = sqlite(folder.path());
    start(&store, "r").await;
    let raw = Connection::open(folder.path().join("runs.db")).unwrap();
    raw.execute_batch("begin immediate").unwrap();
    let waiting = store.commit(Write::RequestCancel { run: "r".to_owned() }.into());
    let release = async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        raw.execute_batch("commit").unwrap();
    };
    let (answer, ()) = tokio::join!(waiting, release);
    answer.unwrap();
}

#[test]
fn folders_that_cannot_be_written_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = open_error(&file.join("runs.db"));
    assert_eq!(error.code, "store_unavailable");
    assert!(error.message.contains("file"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_read_only_store_is_named() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    drop(sqlite(folder.path()));
    let set = |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
    set(0o555);
    // Permissions do not stop the administrator.
    let stopped = fs::write(folder.path().join("probe"), "").is_err();
    let answer = open(&folder.path().join("runs.db")).map(|_| ());
    set(0o755);
    if stopped {
        let code = answer.unwrap_err().code;
        assert!(["store_read_only", "store_unavailable"].contains(&code), "{code}");
    }
}
