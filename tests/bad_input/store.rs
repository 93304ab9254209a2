//! Records of runs that are none, are another program's, are damaged, are held by somebody else, or need a plugin that is not there.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::GOOD;
use crate::program::{ACME, LOCUS, command, folder_with, locus, say};

/// A project with this as its record of runs.
fn with_store(bytes: &[u8]) -> TempDir {
    folder_with([("good.locus.yaml", GOOD.as_bytes()), (".locus/runs.db", bytes)])
}

/// The bytes of a record with one run, `one`, that is done.
fn store() -> Vec<u8> {
    let project = folder_with([("good.locus.yaml", GOOD)]);
    locus(project.path(), &["run", "-q", "--run-id", "one"]).ok();
    // Between commands the record is one file, which can be copied.
    assert!(!project.path().join(".locus/runs.db-wal").exists(), "a log is left beside the record");
    std::fs::read(project.path().join(".locus/runs.db")).unwrap()
}

/// A database of another program.
fn foreign() -> Vec<u8> {
    let spec = r#"
connections: { db: { type: sqlite, path: other.db } }
workflows:
  make:
    steps:
      - db_tx: { connection: db, statements: [ { sql: "create table account (name text)" }, { sql: "insert into account values ('Ada')" } ] }
"#;
    let project = folder_with([("make.locus.yaml", spec)]);
    locus(project.path(), &["run", "-q"]).ok();
    std::fs::read(project.path().join("other.db")).unwrap()
}

const COMMANDS: [&[&str]; 5] = [
    &["runs", "list"],
    &["runs", "show", "one"],
    &["runs", "resume"],
    &["runs", "cancel", "one"],
    &["run", "--quiet"],
];

#[test]
fn a_record_that_is_none_is_refused_and_left_as_it_is() {
    let whole = store();
    let header = [&whole[..100], &[0x5a; 9000]].concat();
    for (what, bytes, code) in [
        ("a text", b"name: shop, which is more than one hundred bytes long to be sure, and so it goes on and on, on and on".to_vec(), "store_corrupt"),
        ("zeros", vec![0; 8192], "store_corrupt"),
        ("another header", b"SQLite format 2\0".repeat(600), "store_corrupt"),
        ("a header and nothing right behind it", header, "store_corrupt"),
        ("half of a record", whole[..whole.len() / 2].to_vec(), "store_corrupt"),
        ("the first page", whole[..8192].to_vec(), "store_corrupt"),
        ("a piece of the first page", whole[..200].to_vec(), "store_corrupt"),
        ("another program's", foreign(), "store_foreign"),
    ] {
        let project = with_store(&bytes);
        for args in COMMANDS {
            let said = locus(project.path(), args);
            let is_refused = said.code == Some(1)
                && said.stderr.contains(&format!("[{code}]"))
                && said.stderr.contains("help: ");
            assert!(is_refused, "{what}, {args:?}: {:?} {} {}", said.code, said.stdout, said.stderr);
            assert_eq!(said.stdout, "", "{what}, {args:?}");
        }
        let after = std::fs::read(project.path().join(".locus/runs.db")).unwrap();
        assert!(after == bytes, "{what} was written to");
    }
}

/// Whatever a disk does to a record: it is noticed, or it does not matter. Never a panic, never a success that is none.
#[test]
fn a_record_with_damaged_pages_is_no_panic() {
    let whole = store();
    for page in 0..whole.len() / 8192 {
        for (from, to) in [(100, 1000), (7000, 8192)] {
            let mut bytes = whole.clone();
            for byte in &mut bytes[page * 8192 + from..page * 8192 + to] {
                *byte = byte.wrapping_mul(31).wrapping_add(7);
            }
            let project = with_store(&bytes);
            for args in COMMANDS {
                let said = locus(project.path(), args);
                let is_told = said.stderr.contains("error: ") && said.stderr.contains('[');
                let none = said.stderr.contains("there is no run `one`")
                    || said.stderr.contains("has ended already");
                assert!(
                    said.code == Some(0) || (said.code == Some(1) && (is_told || none)),
                    "page {page} from {from}, {args:?}: {:?} {}",
                    said.code,
                    said.stderr
                );
            }
        }
    }
}

#[test]
fn something_else_in_the_place_of_the_record_is_named() {
    let folder = folder_with([("good.locus.yaml", GOOD), (".locus/runs.db/inside", "")]);
    locus(folder.path(), &["run"]).ended(1).says("[store_unavailable]").says("help: ");
    let file = folder_with([("good.locus.yaml", GOOD), (".locus", "")]);
    locus(file.path(), &["run"]).ended(1).says("cannot make the folder").says("`--store FILE`");
    // An empty file is a record in which nothing is recorded yet.
    let empty = with_store(b"");
    locus(empty.path(), &["run", "--quiet"]).ok();
    assert_eq!(locus(empty.path(), &["runs", "list"]).ok().stdout.lines().count(), 1);
    // Elsewhere, in a folder that is made.
    let elsewhere = folder_with([("good.locus.yaml", GOOD)]);
    locus(elsewhere.path(), &["run", "-q", "--store", "some/where/else.db"]).ok();
    assert!(
        elsewhere.path().join("some/where/else.db").exists()
            && !elsewhere.path().join(".locus").exists()
    );
    let listed = locus(elsewhere.path(), &["runs", "list", "--store", "some/where/else.db"]).ok();
    assert_eq!(listed.stdout.lines().count(), 1);
}

#[test]
#[cfg(unix)]
fn a_record_that_another_process_holds_is_waited_for_and_then_named() {
    let project = with_store(&store());
    // The other process writes to the record, for longer than anyone waits, and is stopped meanwhile.
    let spec = format!(
        r#"
connections: {{ record: {{ type: sqlite, path: "{}" }} }}
workflows:
  hold:
    steps:
      - db_tx:
          connection: record
          statements:
            - sql: create table if not exists held (n integer)
            - sql: "insert into held with recursive c(n) as (select 1 union all select n + 1 from c where n < 100000000000) select n from c where n < 0"
"#,
        project.path().join(".locus/runs.db").display()
    );
    let other = folder_with([("hold.locus.yaml", spec.as_str())]);
    let mut holder = command(LOCUS, other.path(), &["run", "-q"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let pid = holder.id().to_string();
    let signal = |signal: &str| {
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    };
    let mut refused = None;
    // It may not have come to write yet.
    for _ in 0..50 {
        assert!(holder.try_wait().unwrap().is_none(), "the other process has ended");
        signal("-STOP");
        let run = locus(project.path(), &["run", "--quiet"]);
        if run.code != Some(0) {
            refused = Some((run, locus(project.path(), &["runs", "list"])));
            break;
        }
        signal("-CONT");
        std::thread::sleep(Duration::from_millis(50));
    }
    holder.kill().unwrap();
    holder.wait().unwrap();
    let (run, listed) = refused.expect("a run is refused");
    run.ended(1).says("[store_locked]").says("help: ");
    // Looking needs no turn.
    assert!(listed.ok().stdout.contains("one  done"));
    locus(project.path(), &["run", "--quiet"]).ok();
}

const RACE: &str = r#"
workflows:
  race:
    steps:
      - id: first
        race_until:
          deadline: 1h
          branches:
            one: [ { wait: { for: 1500ms } } ]
            two: [ { wait: { for: 50m } } ]
    output: "${ .steps.first | keys }"
"#;

#[test]
fn a_run_whose_plugin_is_missing_waits_for_a_host_that_has_it() {
    let project = folder_with([("race.locus.yaml", RACE)]);
    let root = project.path();
    let mut run = command(ACME, root, &["run", "-q", "--run-id", "one"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for_run(root, &mut run);
    run.kill().unwrap();
    run.wait().unwrap();
    let listed = locus(root, &["runs", "list", "--json"]).ok().json();
    assert_eq!(listed[0]["state"], "interrupted", "{listed}");
    assert!(locus(root, &["runs", "show", "one"]).ok().stdout.contains("race"));
    for args in [&["runs", "resume", "one"][..], &["runs", "resume"], &["runs", "cancel", "one"]] {
        let said = locus(root, args).ended(1);
        said.says("`race_until`").says("[unknown_step_type]");
    }
    // Nothing of that has hurt it.
    let output = say(ACME, root, &["runs", "resume", "one", "-q"]).ok().json();
    assert_eq!(output, serde_json::json!(["one"]));
}

/// Waits until the only run of a folder is recorded.
fn wait_for_run(root: &Path, process: &mut std::process::Child) {
    let begun = Instant::now();
    loop {
        let is_recorded = root.join(".locus/runs.db").exists()
            && locus(root, &["runs", "list"]).stdout.starts_with("one ");
        if is_recorded {
            return;
        }
        assert!(process.try_wait().unwrap().is_none(), "the run has ended too soon");
        assert!(begun.elapsed() < Duration::from_secs(30), "no run was recorded");
        std::thread::sleep(Duration::from_millis(5));
    }
}
