//! The command line as its users meet it: what it does, what goes to which stream, how it ends.

mod checks;
mod outputs;
mod runs;
mod streams;

use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{LOCUS, command, folder_with, locus};

/// A project as `locus new` makes it.
fn new_project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    locus(folder.path(), &["new", "shop"]).ok();
    folder
}

/// A workflow that takes a text, a number and a list.
const TYPED: &str = "
workflows:
  order:
    input:
      customer: string
      amount: { type: decimal, default: 1 }
      tags: { type: \"string[]\", default: [] }
    steps:
      - log: { message: \"${ .input.customer }\" }
    output: { customer: \"${ .input.customer }\", amount: \"${ .input.amount }\", tags: \"${ .input.tags }\" }
";

fn typed() -> TempDir {
    folder_with([("order.locus.yaml", TYPED)])
}

#[test]
fn a_new_project_works_with_every_command() {
    let folder = new_project();
    let shop = folder.path().join("shop");
    locus(&shop, &["check"]).ok().says("1 workflow(s)");
    let output = locus(&shop, &["run"]).ok();
    assert_eq!(output.json()["greetings"][0], "Hello, Ada!");
    assert!(output.stderr.contains("Hello, Grace!"), "{}", output.stderr);
    let built = locus(&shop, &["build"]).ok();
    assert!(built.stdout.contains("generated/api/openapi.json"), "{}", built.stdout);
    assert!(shop.join("generated/client/client.ts").is_file());
    locus(&shop, &["build", "--check"]).ok();
    assert!(locus(&shop, &["graph"]).ok().stdout.starts_with("flowchart "));
    assert_eq!(locus(&shop, &["ids"]).ok().stdout.lines().count(), 2);
    assert_eq!(locus(&shop, &["runs", "list"]).ok().stdout.lines().count(), 1);
    // From outside, with the folder or the file named.
    for spec in ["shop", "shop/greet.locus.yaml", "shop/locus.yaml"] {
        locus(folder.path(), &["check", spec]).ok().says("1 workflow(s)");
    }
}

#[test]
fn a_new_project_takes_nothing_that_is_there() {
    let folder = new_project();
    let spec = folder.path().join("shop/greet.locus.yaml");
    std::fs::write(&spec, "# mine\n").unwrap();
    locus(folder.path(), &["new", "shop"]).ended(1).says("cannot make `shop`").says("help: ");
    assert_eq!(std::fs::read_to_string(&spec).unwrap(), "# mine\n");
    std::fs::write(folder.path().join("file"), "").unwrap();
    locus(folder.path(), &["new", "file/shop"]).ended(1).says("help: ");
    for nameless in [".", "/", "..", "---"] {
        let said = locus(folder.path(), &["new", "--", nameless]).ended(1);
        said.says("gives no project name").says("help: ");
    }
    // Folders above are made as well.
    locus(folder.path(), &["new", "some/where/Größe 2"]).ok();
    let manifest = folder.path().join("some/where/Größe 2/locus.yaml");
    assert!(std::fs::read_to_string(manifest).unwrap().starts_with("name: gr--e-2\n"));
    locus(&folder.path().join("some/where/Größe 2"), &["check"]).ok();
}

#[test]
fn the_exit_code_tells_wrong_input_from_wrong_usage() {
    let folder = folder_with([
        ("good.locus.yaml", TYPED),
        ("bad/bad.locus.yaml", "workflows: { a: { steps: [ { lgo: {} } ] } }\n"),
    ]);
    let ended = |args: &[&str]| locus(folder.path(), args).code;
    for good in [
        &["check", "good.locus.yaml"][..],
        &["--help"],
        &["--version"],
        &["help", "run"],
        &["plugin", "list"],
    ] {
        assert_eq!(ended(good), Some(0), "{good:?}");
    }
    for wrong_input in [
        &["check", "bad"][..],
        &["check", "nowhere"],
        &["run", "bad"],
        &["run", "good.locus.yaml"],
        &["build", "good.locus.yaml"],
        &["graph", "bad"],
        &["graph", "good.locus.yaml", "odrer"],
        &["ids", "bad"],
        &["explain", "no-such-code"],
        &["runs", "list", "--project", "bad"],
    ] {
        assert_eq!(ended(wrong_input), Some(1), "{wrong_input:?}");
    }
    for wrong_usage in [
        &[][..],
        &["chekc"],
        &["check", "--fromat", "json"],
        &["check", "--format", "xml"],
        &["check", "a", "b"],
        &["new"],
        &["run", "--new", "--run-id", "a"],
        &["build", "--check", "--diff"],
        &["runs"],
        &["runs", "show"],
        &["runs", "list", "--limit", "many"],
        &["explain", "a", "b"],
        &["--color", "sometimes", "check"],
    ] {
        assert_eq!(ended(wrong_usage), Some(2), "{wrong_usage:?}");
    }
}

#[test]
fn names_that_are_close_are_offered() {
    let folder = new_project();
    let shop = folder.path().join("shop");
    for (args, words) in [
        (&["run", ".", "gret"][..], "did you mean `greet`?"),
        (&["graph", ".", "gret"], "did you mean `greet`?"),
        (&["build", "--target", "ap"], "did you mean `api`?"),
        (&["explain", "unknown-stp"], "did you mean `unknown-step`?"),
        (&["explain", "Unknown-Step"], "did you mean `unknown-step`?"),
    ] {
        locus(&shop, args).ended(1).says(words);
    }
    // Nothing is close: then what there is.
    locus(&shop, &["run", ".", "zzz"]).ended(1).says("`greet`");
    locus(&shop, &["build", "--target", "zzz"]).ended(1).says("api, client, docs");
    locus(&shop, &["explain", "zzz"]).ended(1).says("`locus explain` lists all codes");
    let two = folder_with([(
        "a.locus.yaml",
        "workflows:\n  one: { steps: [ { log: { message: a } } ] }\n  two: { steps: [ { log: { message: a } } ] }\n",
    )]);
    locus(two.path(), &["run"]).ended(1).says("one, two");
}

#[test]
fn the_input_comes_as_json_from_a_file_from_standard_input_and_by_name() {
    let folder = typed();
    let output = |args: &[&str]| {
        locus(folder.path(), &[&["run", "order.locus.yaml", "order", "--quiet"], args].concat())
            .ok()
            .json()
    };
    let ada = json!({ "customer": "Ada", "amount": 1, "tags": [] });
    std::fs::write(folder.path().join("in.json"), "{\"customer\": \"Ada\"}\n").unwrap();
    assert_eq!(output(&["--input", r#"{"customer": "Ada"}"#]), ada);
    assert_eq!(output(&["--input", "@in.json"]), ada);
    assert_eq!(output(&["--set", "customer=Ada"]), ada);
    // What the workflow wants as text is text; single values win over the whole.
    assert_eq!(output(&["--set", "customer=7", "--set", "amount=7"])["customer"], "7");
    assert_eq!(output(&["--input", "@in.json", "--set", "amount=7"])["amount"], 7);
    assert_eq!(output(&["--set", "customer=a=b", "--set", r#"tags=["x"]"#])["customer"], "a=b");

    let mut command =
        command(LOCUS, folder.path(), &["run", "order.locus.yaml", "-q", "--input", "@-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), br#"{"customer": "Ada"}"#).unwrap();
    let from_stdin: Value =
        serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(from_stdin, ada);
}

#[test]
fn wrong_input_is_told_completely() {
    let folder = typed();
    let run = |args: &[&str]| {
        let said = locus(folder.path(), &[&["run", "order.locus.yaml"], args].concat()).ended(1);
        assert_eq!(said.stdout, "");
        // Nothing was started.
        assert!(!folder.path().join(".locus/runs.db").exists() || runs_of(&folder).is_empty());
        said
    };
    let all =
        run(&["--input", r#"{"customer": 3, "amount": "much", "tags": [1], "colour": "red"}"#]);
    for part in ["/customer", "/amount", "/tags/0", "colour", "[invalid_input]"] {
        assert!(all.stderr.contains(part), "no {part} in: {}", all.stderr);
    }
    run(&[]).says("customer");
    run(&["--input", "[1]"]).says("expected an object");
    run(&["--input", "{customer: Ada}"]).says("is no JSON").says("help: ");
    run(&["--input", "@nowhere.json"]).says("nowhere.json").says("help: ");
    run(&["--input", "@."]).says("help: ");
    #[cfg(unix)]
    run(&["--input", "@/dev/zero"]).says("it is longer than 64 MiB").says("help: ");
    run(&["--set", "customer"]).says("has no `=`").says("--set NAME=VALUE");
    run(&["--input", "[]", "--set", "customer=Ada"]).says("an object");
    run(&["--set", "customer=Ada", "--run-id", "a b"]).says("[invalid_run_id]").says("help: ");
}

fn runs_of(folder: &TempDir) -> Vec<Value> {
    let runs = locus(folder.path(), &["runs", "list", "--json"]).ok().json();
    runs.as_array().unwrap().clone()
}

#[test]
fn problems_as_json_have_the_bytes_they_are_about() {
    let spec = "# Größe\nworkflows:\n  \"größe\":\n    steps:\n      - lgo: { message: größe }\n";
    let folder = folder_with([("a.locus.yaml", spec)]);
    let said = locus(folder.path(), &["check", "--format", "json"]).ended(1);
    assert_eq!(said.stderr, "");
    let said = said.json();
    assert_eq!(said["ok"], false);
    let marked: Vec<(&str, &str)> = said["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| {
            let place = &problem["labels"][0];
            let [start, end] = ["start", "end"].map(|key| place[key].as_u64().unwrap() as usize);
            (problem["code"].as_str().unwrap(), &spec[start..end])
        })
        .collect();
    assert_eq!(marked, [("invalid-name", "\"größe\""), ("unknown-step-type", "lgo")]);
    let step = &said["diagnostics"][1];
    assert_eq!(step["labels"][0]["line"], 5);
    assert_eq!(step["labels"][0]["column"], 9);
    // A fix is applied by replacing bytes.
    let edit = &step["fixes"][0]["edits"][0];
    assert_eq!(
        (&edit["replacement"], &edit["start"]),
        (&json!("log"), &step["labels"][0]["start"])
    );

    let good = locus(typed().path(), &["check", "--format", "json"]).ok().json();
    assert_eq!(good, json!({ "ok": true, "diagnostics": [] }));
}

#[test]
fn codes_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    let page = locus(folder.path(), &["explain", "unknown-step-type"]).ok();
    assert!(page.stdout.starts_with("# unknown-step-type: "), "{}", page.stdout);
    let json = locus(folder.path(), &["explain", "unknown-step-type", "--json"]).ok().json();
    assert_eq!(json["page"], page.stdout);
    assert_eq!(json["severity"], "error");
    let all = locus(folder.path(), &["explain", "--json"]).ok().json();
    let listed = locus(folder.path(), &["explain"]).ok();
    assert_eq!(all.as_array().unwrap().len(), listed.stdout.lines().count());
    assert!(all.as_array().unwrap().iter().all(|code| !code["title"].as_str().unwrap().is_empty()));
}

#[test]
fn steps_are_listed_with_their_places() {
    let folder = new_project();
    let ids = locus(folder.path(), &["ids", "shop", "--json"]).ok().json();
    assert_eq!(ids[0]["path"], "greet/greet_all");
    assert_eq!(ids[1]["path"], "greet/greet_all/log");
    let spec = std::fs::read_to_string(folder.path().join("shop/greet.locus.yaml")).unwrap();
    let place = &ids[0]["span"];
    let [start, end] = ["start", "end"].map(|key| place[key].as_u64().unwrap() as usize);
    assert!(spec[start..end].starts_with("id: greet_all"), "{}", &spec[start..end]);
    // 128 bits, the same on every machine.
    assert_eq!(ids[0]["id"], "acd4aa7b5373490ecdea7dca11d7f353");
    let lines = locus(folder.path(), &["ids", "shop"]).ok().stdout;
    assert!(lines.contains("acd4aa7b5373490ecdea7dca11d7f353  loop"), "{lines}");
}

/// Starts a command whose output nobody reads.
fn unread(folder: &TempDir, args: &[&str]) -> Command {
    let mut command = command(LOCUS, folder.path(), args);
    command.stdin(Stdio::null());
    command
}
