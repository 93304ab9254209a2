//! What the command line tells of plugins and does with them: order, project standing, drift, the audit log, safe mode, what hooks cost.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{ACME, LOCUS, folder_with, say};

const MANIFEST: &str =
    "name: shop\nplugins: { acme.chat: { version: \"0.1\", permissions: [] } }\n";
const SPEC: &str = "workflows: { greet: { steps: [ { id: hello, log: { message: hi } } ] } }\n";

fn project() -> TempDir {
    folder_with([("locus.yaml", MANIFEST), ("a.locus.yaml", SPEC)])
}

fn stdout(folder: &TempDir, args: &[&str]) -> String {
    say(ACME, folder.path(), args).ok().stdout
}

#[test]
fn the_order_of_hooks_is_shown() {
    let folder = project();
    let shown = stdout(&folder, &["plugin", "order", "post_validate"]);
    let names: Vec<&str> =
        shown.lines().skip(1).filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(names, ["acme.audit/estimate", "acme.chat/webhook_given", "acme.naming/naming"]);
    let all: Value = say(ACME, folder.path(), &["plugin", "order", "--json"]).ok().json();
    assert_eq!(all["post_validate"][0]["plugin"], "acme.audit");
    assert_eq!(all["pre_parse"], json!([]));
    say(ACME, folder.path(), &["plugin", "order", "post_valdate"])
        .ended(1)
        .says("there is no hook point `post_valdate`")
        .says("did you mean `post_validate`?");
}

#[test]
fn a_plugin_is_shown_as_the_project_uses_it() {
    let folder = project();
    let shown = stdout(&folder, &["plugin", "show", "acme.chat"]);
    assert!(shown.contains("network: send HTTP requests to any address (not granted)"), "{shown}");
    let json = say(ACME, folder.path(), &["plugin", "show", "acme.chat", "--json"]).ok().json();
    assert_eq!(json["project"], json!({ "enabled": true, "config": {}, "permissions": [] }));
    say(ACME, folder.path(), &["plugin", "show", "acme.chta"])
        .ended(1)
        .says("did you mean `acme.chat`?");
}

#[test]
fn what_is_not_granted_is_refused_and_recorded() {
    let spec = "workflows: { tell: { steps: [ { id: tell, chat_notify: { webhook: \"http://127.0.0.1:1/x\", text: hi } } ] } }\n";
    let folder = folder_with([("locus.yaml", MANIFEST), ("a.locus.yaml", spec)]);
    say(ACME, folder.path(), &["run", ".", "tell", "--quiet"])
        .ended(1)
        .says("the plugin `acme.chat` has no permission `network`")
        .says("[permission_denied]");
    let log = stdout(&folder, &["plugin", "audit"]);
    let denied = log.lines().find(|line| line.contains("denied")).unwrap();
    let line: Value = serde_json::from_str(denied).unwrap();
    assert_eq!(line["plugin"], "acme.chat");
    assert_eq!((&line["event"], &line["subject"]), (&json!("denied"), &json!("network")));
    let intact = say(ACME, folder.path(), &["plugin", "audit", "--verify"]).ok().json();
    assert_eq!(intact["intact"], true);
    let path = folder.path().join(".locus/plugins/audit.jsonl");
    std::fs::write(&path, log.replace("denied", "allowed")).unwrap();
    say(ACME, folder.path(), &["plugin", "audit", "--verify"])
        .ended(1)
        .says("line ")
        .says("it was changed");
}

#[test]
fn drift_names_what_changed() {
    let folder = project();
    say(ACME, folder.path(), &["plugin", "drift"]).ended(1).says("nothing is recorded");
    say(ACME, folder.path(), &["plugin", "drift", "--record"]).ok();
    say(ACME, folder.path(), &["plugin", "drift"]).ok().says("plugins are as recorded");
    let granted = MANIFEST.replace("permissions: []", "permissions: [network]");
    std::fs::write(folder.path().join("locus.yaml"), granted).unwrap();
    let said = say(ACME, folder.path(), &["plugin", "drift"]).ended(1);
    assert_eq!(said.stdout, "acme.chat: the permission `network` was added\n");
    std::fs::write(folder.path().join("locus.yaml"), "name: shop\nplugins: { acme.chat: false }\n")
        .unwrap();
    let said = say(ACME, folder.path(), &["plugin", "drift"]).ended(1);
    assert_eq!(said.stdout, "acme.chat: 0.1.0 was recorded, and it is not used\n");
}

#[test]
fn safe_mode_leaves_plugins_out() {
    let rules =
        "name: shop\nplugins: { acme.naming: { config: { steps: { forbidden: [tmp] } } } }\n";
    let spec = SPEC.replace("hello", "tmp");
    let folder = folder_with([("locus.yaml", rules), ("a.locus.yaml", &spec)]);
    say(ACME, folder.path(), &["check"]).ok().says("acme.naming/word");
    let safe = say(ACME, folder.path(), &["--no-plugins", "check"]).ok();
    assert!(!safe.stderr.contains("acme.naming/"), "{}", safe.stderr);
    say(ACME, folder.path(), &["--only", "acme.naming", "check"]).ok().says("acme.naming/word");
    say(ACME, folder.path(), &["--only", "acme.chta", "check"])
        .ended(1)
        .says("there is no plugin `acme.chta`");
    // A project that configures the plugin can be looked at without it.
    say(ACME, project().path(), &["--no-plugins", "check"]).ok();
}

#[test]
fn the_plugin_that_makes_a_command_fail_is_found() {
    let folder = folder_with([("a.locus.yaml", SPEC), ("b.locus.csv", "nothing,that\nis,right\n")]);
    say(ACME, folder.path(), &["check"]).ended(1);
    let said = say(ACME, folder.path(), &["plugin", "bisect", "--", "check"]).ended(1);
    assert_eq!(said.stdout, "it is acme.csv\n", "{}", said.stderr);
    let wrong = folder_with([("a.locus.yaml", "workflows: 7\n")]);
    let said = say(ACME, wrong.path(), &["plugin", "bisect", "--", "check"]).ended(1);
    assert_eq!(said.stdout, "the command fails without plugins as well: it is none of them\n");
    let said = say(ACME, project().path(), &["plugin", "bisect", "--", "locus", "check"]).ok();
    assert!(said.stdout.starts_with("the command works with all plugins"), "{}", said.stdout);
}

#[test]
fn what_hooks_cost_is_told() {
    let folder = project();
    let said = say(ACME, folder.path(), &["check", "--timings"]).ok();
    assert!(said.stderr.contains("acme.naming/naming at post_validate"), "{}", said.stderr);
    let said = say(ACME, folder.path(), &["check", "--timings=json"]).ok();
    let line = said.stderr.lines().find(|line| line.starts_with('[')).unwrap();
    let timings: Value = serde_json::from_str(line).unwrap();
    assert_eq!(timings[0]["calls"], 1);
    assert!(timings[0]["nanoseconds"].as_u64().unwrap() > 0);
    say(ACME, folder.path(), &["check", "--deny", "over-budget"]).ok();
    let said =
        say(LOCUS, folder_with([("a.locus.yaml", SPEC)]).path(), &["check", "--timings"]).ok();
    assert!(said.stderr.contains("no hook was called"), "{}", said.stderr);
}

#[test]
fn the_doctor_compares_with_what_was_recorded() {
    let folder = project();
    say(ACME, folder.path(), &["plugin", "doctor", "--record"]).ok();
    say(ACME, folder.path(), &["plugin", "doctor"]).ok().says("plugins are well");
    let path = folder.path().join(".locus/plugins/baseline.json");
    let recorded: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert!(recorded["hooks"]["acme.naming/naming at post_validate"].is_u64(), "{recorded}");
    std::fs::create_dir_all(folder.path().join(".locus/plugins/acme.chat")).unwrap();
    std::fs::write(folder.path().join(".locus/plugins/acme.chat/state.json"), "{").unwrap();
    let said = say(ACME, folder.path(), &["plugin", "doctor"]).ended(1);
    assert!(said.stdout.contains("the state of `acme.chat`"), "{}", said.stdout);
}

#[test]
fn commands_are_called_by_name() {
    say(ACME, project().path(), &["plugin", "call", "acme.chat/preview"])
        .ended(1)
        .says("there is no command `acme.chat/preview`");
    say(ACME, project().path(), &["plugin", "call", "acme.chat/preview", "{"])
        .ended(1)
        .says("the arguments are no JSON");
}
