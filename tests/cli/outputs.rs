//! The main outputs for people, in full.

use crate::program::{folder_with, locus};

const BROKEN: &str = "\
# Three mistakes, and one thing that may be meant.
workflows:
  fulfil:
    input: { order: uuid, lines: \"Line[]\" }
    steps:
      - lgo: { message: \"order ${ .input.order }\" }
      - id: pay
        external_api: { url: https://pay.example, mehtod: POST }
      - return: { value: \"${ .steps.pya.id }\" }
      - log: { message: never }
";

fn assert_snapshot(name: &str, text: &str) {
    let text = text.trim_end();
    insta::with_settings!({
        snapshot_path => "../snapshots",
        prepend_module_to_snapshot => false,
        filters => vec![
            (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "TIME"),
            (r" +\+[0-9a-z.]+ +", "  +TIME "),
        ],
    }, { insta::assert_snapshot!(name, text); });
}

#[test]
fn problems() {
    let folder = folder_with([("fulfil.locus.yaml", BROKEN)]);
    let said = locus(folder.path(), &["check"]).ended(1);
    assert_snapshot("check_problems", &said.stderr);
}

#[test]
fn plugins() {
    let said = locus(&crate::program::workspace(), &["plugin", "list"]).ok();
    assert_snapshot("plugin_list", &said.stdout);
}

#[test]
fn codes() {
    let said = locus(&crate::program::workspace(), &["explain"]).ok();
    assert_snapshot("explain_list", &said.stdout);
}

#[test]
fn a_run() {
    let spec = "
workflows:
  greet:
    input: { names: \"string[]\" }
    steps:
      - id: greet_all
        loop:
          over: ${ .input.names }
          as: name
          steps:
            - set: { greeting: \"Hello, ${ $name }!\" }
            - log: { message: \"${ .vars.greeting }\", fields: { name: \"${ $name }\" } }
      - fail: { error: out_of_names, message: No more names }
";
    let folder = folder_with([("greet.locus.yaml", spec)]);
    let root = folder.path();
    let args = ["run", "greet.locus.yaml", "--run-id", "one", "--set", "names=[\"Ada\",\"Grace\"]"];
    let said = locus(root, &args).ended(1);
    assert_snapshot("run_failed", &said.stderr);
    let said = locus(root, &["runs", "show", "one"]).ok();
    assert_snapshot("runs_show", &said.stdout);
    let said = locus(root, &["runs", "list"]).ok();
    assert_snapshot("runs_list", &said.stdout);
}

#[test]
fn help() {
    let said = locus(&crate::program::workspace(), &["--help"]).ok();
    assert_snapshot("help", &said.stdout.replace("locus-under-test", "locus"));
}
