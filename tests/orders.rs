//! The orders example as users meet it: run, killed in the middle, resumed, built.

use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{LOCUS, command, copy_folder, locus, workspace};

/// How many moments to kill the run at.
const MOMENTS: usize = 10;

/// Reads what the run has left in its databases. The keys of messages begin with the run's id, which is the same each time.
const DUMP: &str = r#"
connections:
  shop: { type: sqlite, path: ./.locus/shop.db }
  bus: { type: sqlite, path: ./.locus/bus.db }
workflows:
  dump:
    steps:
      - id: products
        db_tx: { connection: shop, statements: [{ sql: "select * from product order by sku" }] }
      - id: orders
        db_tx: { connection: shop, statements: [{ sql: "select * from sales_order order by number" }] }
      - id: backorders
        db_tx: { connection: shop, statements: [{ sql: "select * from backorder order by number" }] }
      - id: messages
        db_tx: { connection: bus, statements: [{ sql: "select key, topic, payload from message order by key" }] }
    output:
      products: "${ .steps.products.rows }"
      orders: "${ .steps.orders.rows }"
      backorders: "${ .steps.backorders.rows }"
      messages: "${ .steps.messages.rows }"
"#;

fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy_folder(&workspace().join("examples/orders"), folder.path());
    folder
}

/// The databases and the queue of a project.
fn dump(project: &Path) -> Value {
    let folder = tempfile::tempdir().unwrap();
    copy_dir_all(&project.join(".locus"), &folder.path().join(".locus"));
    std::fs::write(folder.path().join("dump.locus.yaml"), DUMP).unwrap();
    locus(folder.path(), &["run", "dump.locus.yaml", "--quiet"]).ok().json()
}

fn copy_dir_all(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[test]
fn the_example_imports_all_lines() {
    let project = project();
    let output = locus(project.path(), &["run", "--quiet"]).ok().json();
    assert_eq!(output["lines"], 242);
    assert_eq!(output["orders"], 83);
    assert_eq!(output["reserved"], 74);
    assert_eq!(output["backordered"].as_array().unwrap().len(), 9);
    let left = dump(project.path());
    assert_eq!(left["orders"].as_array().unwrap().len(), 74);
    assert_eq!(left["backorders"].as_array().unwrap().len(), 9);
    // One message an order, and one for the whole import.
    assert_eq!(left["messages"].as_array().unwrap().len(), 84);
}

#[test]
fn a_second_run_is_another_run() {
    let project = project();
    locus(project.path(), &["run", "--quiet", "--run-id", "first"]).ok();
    // The same id is the same run: its output comes from the record, and nothing happens twice.
    let before = dump(project.path());
    let again = locus(project.path(), &["run", "--quiet", "--run-id", "first"]).ok().json();
    assert_eq!(again["reserved"], 74);
    assert_eq!(dump(project.path()), before);
    // A new run meets orders that are there already.
    let second = locus(project.path(), &["run", "--quiet"]);
    assert_eq!(second.code, Some(1));
    assert!(second.stderr.contains("constraint_violation"), "{}", second.stderr);
}

#[test]
fn killed_at_ten_moments_it_ends_the_same() {
    let undisturbed = project();
    let mut child = spawn_import(undisturbed.path());
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        most = most.max(log_size(undisturbed.path()));
        sleep(Duration::from_millis(1));
    }
    let expected = locus(undisturbed.path(), &["runs", "show", "import", "--json"]).ok().json();
    assert_eq!(expected["state"], "done");
    let expected_left = dump(undisturbed.path());

    let mut moments = std::collections::BTreeSet::new();
    // A process may end before the blow falls, and two blows may fall at the same number of events: then another part is tried.
    for attempt in 0..6 * MOMENTS as u64 {
        if moments.len() == MOMENTS {
            break;
        }
        let project = project();
        let mut child = spawn_import(project.path());
        let (part, shift) = (attempt % MOMENTS as u64, attempt / MOMENTS as u64);
        let target = most * (6 * part + shift) / (6 * MOMENTS as u64);
        while child.try_wait().unwrap().is_none() && log_size(project.path()) <= target {
            sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let runs = locus(project.path(), &["runs", "list", "--json"]).json();
        if runs[0]["state"] != "interrupted" {
            continue;
        }
        let events = journal_length(project.path());
        let resumed = ["runs", "resume", "import", "--json", "--quiet"];
        let output = locus(project.path(), &resumed).ok().json();
        assert_eq!(output["output"], expected["output"], "killed behind {events} events");
        assert_eq!(dump(project.path()), expected_left, "killed behind {events} events");
        let all = expected["journal"].as_array().unwrap().len();
        assert_eq!(journal_length(project.path()), all, "killed behind {events} events");
        moments.insert(events);
    }
    assert_eq!(moments.len(), MOMENTS, "killed behind these numbers of events: {moments:?}");
}

fn spawn_import(project: &Path) -> std::process::Child {
    command(LOCUS, project, &["run", "--quiet", "--run-id", "import"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The bytes of the store's write-ahead log: they grow with every commit, so they tell how far a run is without disturbing it.
fn log_size(project: &Path) -> u64 {
    std::fs::metadata(project.join(".locus/runs.db-wal")).map_or(0, |metadata| metadata.len())
}

/// How many events the only run has recorded.
fn journal_length(project: &Path) -> usize {
    let run = locus(project, &["runs", "show", "import", "--json"]).ok().json();
    run["journal"].as_array().unwrap().len()
}

#[test]
fn running_again_goes_on_where_a_kill_stopped() {
    let project = project();
    let mut child = command(LOCUS, project.path(), &["run", "--quiet"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let store = project.path().join(".locus/runs.db");
    // As soon as something is recorded.
    while !(store.exists()
        && locus(project.path(), &["runs", "list"]).stdout.contains("import_orders"))
    {
        sleep(Duration::from_millis(2));
        if child.try_wait().unwrap().is_some() {
            break;
        }
    }
    let _ = child.kill();
    child.wait().unwrap();
    let before = locus(project.path(), &["runs", "list", "--json"]).ok().json();
    let interrupted = before[0]["state"] == "interrupted";
    let again = locus(project.path(), &["run"]);
    if interrupted {
        assert!(again.stderr.contains("resuming run"), "{}", again.stderr);
        assert_eq!(again.ok().json()["reserved"], 74);
        assert_eq!(
            locus(project.path(), &["runs", "list", "--json"])
                .ok()
                .json()
                .as_array()
                .unwrap()
                .len(),
            1
        );
    }
}

#[test]
fn a_build_is_complete_stable_and_never_takes_what_is_not_its_own() {
    let project = project();
    let root = project.path();
    let first = locus(root, &["build"]).ok();
    assert!(first.stdout.contains("generated/api/openapi.json"), "{}", first.stdout);
    let second = locus(root, &["build"]).ok();
    assert_eq!(second.stdout, "", "nothing changes when nothing changed");
    locus(root, &["build", "--check"]).ok();

    let types = root.join("generated/client/types.ts");
    let edited = std::fs::read_to_string(&types).unwrap() + "// mine\n";
    std::fs::write(&types, &edited).unwrap();
    let check = locus(root, &["build", "--check"]);
    assert_eq!(check.code, Some(1));
    let refused = locus(root, &["build"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("output-changed-by-hand"), "{}", refused.stderr);
    assert_eq!(std::fs::read_to_string(&types).unwrap(), edited);
    locus(root, &["build", "--force"]).ok();
    assert_ne!(std::fs::read_to_string(&types).unwrap(), edited);
    let diff = locus(root, &["build", "--diff"]).ok();
    assert_eq!(diff.stdout, "");
}

/// What the example generates is in the repository, for readers; `BLESS=1` brings it up to date.
#[test]
fn the_generated_files_in_the_repository_are_up_to_date() {
    let example = workspace().join("examples/orders");
    if std::env::var_os("BLESS").is_some() {
        locus(&example, &["build", "--force"]).ok();
    }
    let check = locus(&example, &["build", "--check"]);
    assert_eq!(check.code, Some(0), "run `cargo xtask bless`\n{}{}", check.stdout, check.stderr);
}
