//! Recorded runs: looked at, named by the beginning of an id, gone on with, cancelled.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::typed;
use crate::program::{LOCUS, Said, command, folder_with, locus};

#[test]
fn where_nothing_is_recorded_it_is_said() {
    let folder = typed();
    for args in [
        &["runs", "list"][..],
        &["runs", "show", "a"],
        &["runs", "resume"],
        &["runs", "resume", "a"],
        &["runs", "cancel", "a"],
    ] {
        let said = locus(folder.path(), args).ended(1);
        said.says("no runs are recorded in").says("--project FOLDER");
    }
    // Looking makes nothing.
    assert!(!folder.path().join(".locus").exists());
}

#[test]
fn a_run_is_named_by_the_beginning_of_its_id() {
    let folder = typed();
    let root = folder.path();
    for id in ["order-1", "order-12", "other"] {
        locus(root, &["run", "order.locus.yaml", "--set", "customer=Ada", "--run-id", id, "-q"])
            .ok();
    }
    let shown = |id: &str| locus(root, &["runs", "show", id, "--json"]);
    assert_eq!(shown("ot").ok().json()["run"], "other");
    assert_eq!(shown("order-12").ok().json()["run"], "order-12");
    // An id is itself, even where it begins another.
    assert_eq!(shown("order-1").ok().json()["run"], "order-1");
    shown("order")
        .ended(1)
        .says("2 runs have ids that begin with `order`")
        .says("give more of the id");
    shown("nope").ended(1).says("there is no run `nope`").says("`locus runs list`");
    shown("").ended(1).says("there is no run");
    locus(root, &["runs", "resume", "nope"]).ended(1).says("there is no run `nope`");
    locus(root, &["runs", "cancel", "nope"]).ended(1).says("there is no run `nope`");
    // All or nothing: one wrong id, and nothing is resumed.
    locus(root, &["runs", "resume", "other", "nope"]).ended(1).says("there is no run `nope`");
}

#[test]
fn ended_runs_stay_ended() {
    let folder = typed();
    let root = folder.path();
    let run = ["run", "order.locus.yaml", "--set", "customer=Ada", "--run-id", "one", "-q"];
    let first = locus(root, &run).ok().json();
    assert_eq!(locus(root, &run).ok().json(), first);
    locus(root, &["runs", "cancel", "one"]).ended(1).says("has ended already: done");
    assert_eq!(locus(root, &["runs", "resume", "one", "--json"]).ok().json()["output"], first);
    locus(root, &["runs", "resume"]).ok().says("no run was interrupted");
    // The id with another input is another run, which cannot have it.
    let other = ["run", "order.locus.yaml", "--set", "customer=Bob", "--run-id", "one", "-q"];
    locus(root, &other).ended(1).says("[run_id_in_use]").says("help: ");
}

#[test]
fn a_failed_run_says_where_and_how_to_look_at_it() {
    let spec = "
workflows:
  pay:
    steps:
      - id: refuse
        fail: { error: card_declined, message: No money, details: { card: 7 } }
";
    let folder = folder_with([("pay.locus.yaml", spec)]);
    let root = folder.path();
    let said = locus(root, &["run", "pay.locus.yaml", "--run-id", "one"]).ended(1);
    assert_eq!(said.stdout, "");
    for part in [
        "run one failed at pay/refuse: No money [card_declined]",
        "`locus runs show one`",
        "\"card\":7",
    ] {
        assert!(said.stderr.contains(part), "no {part} in: {}", said.stderr);
    }
    let said = locus(root, &["run", "pay.locus.yaml", "--run-id", "two", "--json"]).ended(1).json();
    assert_eq!((&said["run"], &said["state"]), (&json!("two"), &json!("failed")));
    assert_eq!(said["error"]["code"], "card_declined");
    let listed =
        |state: &str| locus(root, &["runs", "list", "--state", state, "--json"]).ok().json();
    assert_eq!(listed("failed").as_array().unwrap().len(), 2);
    assert_eq!(listed("done"), json!([]));
    let one = locus(root, &["runs", "list", "--limit", "1"]).ok().stdout;
    assert!(one.starts_with("two ") && one.lines().count() == 1, "{one}");
}

/// A workflow that waits for longer than any test, and undoes what it did.
const PATIENT: &str = "
workflows:
  wait_long:
    steps:
      - log: { message: begun }
        compensate: [ { log: { message: undone } } ]
      - wait: { for: 2h }
";

/// Starts it, and waits until it is recorded.
fn start(root: &Path) -> Child {
    let mut run = command(LOCUS, root, &["run", "--run-id", "one"]);
    let child = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    let is_going_on = || {
        let shown = locus(root, &["runs", "show", "one"]).stdout;
        shown.contains("state     running") && shown.contains("wait_long/log")
    };
    while !is_going_on() {
        assert!(begun.elapsed() < Duration::from_secs(30), "the run is not recorded");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

fn state(root: &Path) -> Value {
    locus(root, &["runs", "show", "one", "--json"]).ok().json()["state"].clone()
}

#[test]
#[cfg(unix)]
fn an_interrupted_run_can_go_on_or_be_cancelled() {
    let folder = folder_with([("wait.locus.yaml", PATIENT)]);
    let root = folder.path();
    for signal in ["-INT", "-TERM"] {
        let run = start(root);
        Command::new("kill").args([signal, &run.id().to_string()]).status().unwrap();
        let said: Said = run.wait_with_output().unwrap().into();
        said.ended(1).says("interrupted").says("locus runs resume one");
        assert_eq!(state(root), "interrupted");
    }
    let cancelled = locus(root, &["runs", "cancel", "one"]).ok();
    cancelled.says("undone").says("run one is cancelled");
    assert_eq!(state(root), "cancelled");
    locus(root, &["runs", "cancel", "one"]).ended(1).says("has ended already: cancelled");
}

#[test]
fn a_run_of_another_process_is_asked_to_end() {
    let folder = folder_with([("wait.locus.yaml", PATIENT)]);
    let root = folder.path();
    let run = start(root);
    locus(root, &["runs", "resume", "one"]).ended(1).says("[run_elsewhere]").says("help: ");
    locus(root, &["runs", "cancel", "one"]).ok().says("was asked to cancel it");
    let said: Said = run.wait_with_output().unwrap().into();
    said.ended(1).says("undone").says("run one was cancelled");
    assert_eq!(state(root), "cancelled");
}
