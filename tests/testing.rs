//! `locus test`, case by case in `testing/`: a spec with tests of its own, and what the command says of them.
//!
//! A case is a page `testing/<claim>.md` with the sections `## Spec` (a `yaml` block) and `## Says` (a `text` block: standard output, the
//! problems on standard error, and the exit code). `BLESS=1` rewrites the second.

use std::path::Path;

use crate::program::{folder_with, locus};

#[test]
fn tests_of_workflows_say_what_is_expected() {
    let bless = std::env::var_os("BLESS").is_some();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testing");
    let mut cases: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    cases.sort();
    assert!(cases.len() >= 8, "only {} cases are left", cases.len());
    let mut failures = Vec::new();
    for path in cases {
        let page = std::fs::read_to_string(&path).unwrap();
        let spec = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next());
        let project = folder_with([("case.locus.yaml", spec.expect("a case has a spec"))]);
        let said = locus(project.path(), &["test"]);
        let text = format!("{}{}exit code {}\n", said.stdout, said.stderr, said.code.unwrap_or(-1));
        let head = page.split("## Says").next().unwrap_or_default().trim_end();
        let blessed = format!("{head}\n\n## Says\n\n```text\n{text}```\n");
        if bless {
            std::fs::write(&path, blessed).unwrap();
        } else if blessed != page {
            let diff = similar::TextDiff::from_lines(&page, &blessed);
            failures.push(format!("{}:\n{}", path.display(), diff.unified_diff()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// A test that is exported from a run passes, and names what the run met.
#[test]
fn a_recorded_run_becomes_a_test() {
    let spec = "
workflows:
  pay:
    input: { amount: decimal }
    steps:
      - id: read
        read_file: { path: prices.csv, format: csv, numbers: [price] }
      - id: guarded
        try_catch:
          try:
            - id: wrong
              read_file: { path: missing.csv, format: csv }
          catch:
            - errors: [file_not_found]
              as: problem
              steps:
                - id: note
                  set: { seen: \"${ $problem.code }\" }
      - id: pause
        wait: { for: 200ms }
    output: { price: \"${ .steps.read[0].price * .input.amount }\", seen: \"${ .vars.seen }\" }
";
    let project = folder_with([("pay.locus.yaml", spec), ("prices.csv", "name,price\na,2\n")]);
    let ran =
        locus(project.path(), &["run", "--set", "amount=3", "--json", "--run-id", "paid-once"])
            .ok();
    let exported =
        locus(project.path(), &["runs", "export", "paid-once", "--name", "as_it_was"]).ok().stdout;
    for words in ["as_it_was:", "workflow: pay", "\"pay/read\"", "file_not_found", "\"amount\":3"] {
        assert!(exported.contains(words), "`{words}` is missing:\n{exported}");
    }
    std::fs::write(project.path().join("exported.locus.yaml"), &exported).unwrap();
    std::fs::write(project.path().join("locus.yaml"), "name: pay\n").unwrap();
    // The test needs no file any longer.
    std::fs::remove_file(project.path().join("prices.csv")).unwrap();
    let tested = locus(project.path(), &["test", "--json"]).ok().json();
    assert_eq!(tested["passed"], 1, "{tested}");
    assert_eq!(tested["tests"][0]["outcome"]["output"], ran.json()["output"]);
    assert_eq!(tested["coverage"]["workflows"]["pay"]["steps_missed"], serde_json::json!([]));
}
