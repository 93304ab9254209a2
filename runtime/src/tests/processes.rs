//! Several processes: one run is executed by one of them, and a killed one leaves its runs to the others.
//!
//! The other process is this test binary again, told by the environment to be the `helper`.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use locus_model::Program;
use locus_plugin::Outcome;
use rusqlite::Connection as Sqlite;
use serde_json::json;

use super::support::{connection, file_engine, main_program, probe, program, workflow};
use crate::engine::Cancelling;
use crate::store::{RunFilter, RunState};

const FOLDER: &str = "LOCUS_TEST_HELPER_FOLDER";
const JOB: &str = "LOCUS_TEST_HELPER_JOB";
const STEPS: usize = 25;

fn spawn_helper(folder: &Path, job: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::processes::helper", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(JOB, job)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Not a test: the other process.
#[tokio::test]
async fn helper() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let program = match std::env::var(JOB).unwrap().as_str() {
        "hang" => hanging_program(folder),
        _ => long_program(folder),
    };
    let engine = file_engine(folder);
    let handle = engine.start(program, "main", json!({}), Some("run".to_owned())).await.unwrap();
    let _ = handle.outcome().await;
}

fn hanging_program(folder: &Path) -> Arc<Program> {
    main_program(vec![probe("wait", json!({ "file": folder.join("log"), "hang": true }))])
}

/// Steps that each write a line to a file, and every fifth a row to a database.
fn long_program(folder: &Path) -> Arc<Program> {
    let steps = (0..STEPS).map(|n| {
        let name = format!("s{n:02}");
        if n % 5 == 4 {
            let insert = format!("insert into done (n) values ({n})");
            probe(&name, json!({ "sql": insert, "file": folder.join("log") }))
        } else {
            probe(&name, json!({ "sleep": 4, "file": folder.join("log"), "return": n }))
        }
    });
    let mut program = program(vec![workflow("main", steps.collect())]);
    let settings =
        json!({ "path": "shop.db", "init": "create table if not exists done (n integer)" });
    program.connections.insert("shop".to_owned(), connection("shop", "sqlite", &settings));
    Arc::new(program)
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "never {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_run_of_another_process_is_seen_and_cancelled_but_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = spawn_helper(folder.path(), "hang");
    until("started", || folder.path().join("log").exists()).await;
    let engine = file_engine(folder.path());
    let run = engine.run("run").unwrap().unwrap();
    assert!(engine.is_executing(&run).unwrap());
    assert_eq!(engine.runs(&RunFilter::default()).unwrap().len(), 1);
    assert!(engine.interrupted(RunFilter::default()).await.unwrap().is_empty());
    let program = hanging_program(folder.path());
    assert_eq!(engine.find_resumable(&program, "main", json!({})).await.unwrap(), None);
    assert_eq!(engine.resume("run").await.unwrap_err().code, "run_elsewhere");
    let again = engine.start(program.clone(), "main", json!({}), Some("run".to_owned())).await;
    assert_eq!(again.unwrap_err().code, "run_elsewhere");
    // It runs others meanwhile.
    let other = main_program(vec![probe("one", json!({ "return": 1 }))]);
    let handle = engine.start(other, "main", json!({}), None).await.unwrap();
    assert_eq!(handle.outcome().await.unwrap(), Outcome::Done(json!(1)));

    assert!(matches!(engine.cancel("run").await.unwrap(), Cancelling::Elsewhere));
    assert!(child.wait().unwrap().success());
    assert_eq!(engine.run("run").unwrap().unwrap().state, RunState::Cancelled);
}

#[tokio::test]
async fn a_killed_process_leaves_its_run_to_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = spawn_helper(folder.path(), "hang");
    until("started", || folder.path().join("log").exists()).await;
    let engine = file_engine(folder.path());
    child.kill().unwrap();
    child.wait().unwrap();
    let run = engine.run("run").unwrap().unwrap();
    assert_eq!(run.state, RunState::Running);
    assert!(!engine.is_executing(&run).unwrap());
    let program = hanging_program(folder.path());
    let found = engine.find_resumable(&program, "main", json!({})).await.unwrap();
    assert_eq!(found.as_deref(), Some("run"));
    let Cancelling::Here(handle) = engine.cancel("run").await.unwrap() else { panic!("not here") };
    assert_eq!(handle.outcome().await.unwrap(), Outcome::Cancelled);
}

#[tokio::test]
async fn killing_again_and_again_loses_and_repeats_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let lines = || std::fs::read_to_string(&log).unwrap_or_default().lines().count();
    let mut kills = 0;
    loop {
        let goal = lines() + 3;
        let mut child = spawn_helper(folder.path(), "long");
        let mut ended = None;
        until("further", || {
            ended = child.try_wait().unwrap();
            lines() >= goal || ended.is_some()
        })
        .await;
        if let Some(status) = ended {
            assert!(status.success());
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    assert!(kills >= 3, "{kills}");
    let engine = file_engine(folder.path());
    assert_eq!(engine.run("run").unwrap().unwrap().state, RunState::Done);
    let mut times = BTreeMap::<String, usize>::new();
    for line in std::fs::read_to_string(&log).unwrap().lines() {
        *times.entry(line.to_owned()).or_default() += 1;
    }
    assert_eq!(times.len(), STEPS, "{times:?}");
    // Only the step that was running when its process was killed may have run again.
    let repeated: usize = times.values().map(|times| times - 1).sum();
    assert!(repeated <= kills, "{repeated} of {kills}: {times:?}");
    let raw = Sqlite::open(folder.path().join("shop.db")).unwrap();
    let rows: i64 = raw.query_row("select count(*) from done", [], |row| row.get(0)).unwrap();
    assert_eq!(rows as usize, STEPS / 5);
    let journal = engine.journal("run").unwrap();
    assert_eq!(journal.len(), STEPS);
}
