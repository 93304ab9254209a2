//! Input that nobody meant: every file of `broken/`, files too big or too deep to stand there, files that are damaged at random,
//! disks that refuse. Whatever it is, there is a coded problem with a place, exit code 1, and no panic.
//!
//! A case is a file `broken/<topic>/<what it is>.locus.yaml`; those of the topic `manifest` are read as `locus.yaml`. Their bytes
//! are kept as they are.

mod damage;
mod disk;
mod store;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use locus_compiler::{Compilation, compile_in};
use locus_diag::render::{Style, to_json, to_terminal};
use locus_diag::{Diagnostic, catalogue};
use locus_plugin::Registry;
use locus_syntax::MemoryWorld;
use serde_json::Value;

use crate::program::{folder_with, locus};

/// A spec in which nothing is wrong.
const GOOD: &str = "workflows: { greet: { steps: [ { log: { message: hello } } ] } }\n";

#[test]
fn every_broken_file_is_refused_with_a_code_and_a_place() {
    let files = files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("broken"));
    assert!(files.len() > 100, "the broken files are gone");
    let mut failures = Vec::new();
    for path in files {
        let bytes = std::fs::read(&path).unwrap();
        let topic = path.parent().unwrap().file_name().unwrap();
        failures.extend(refused(&path.display().to_string(), &bytes, topic == "manifest"));
    }
    assert!(failures.is_empty(), "{} to mend:\n{}", failures.len(), failures.join("\n"));
}

/// What is wrong with how a file is refused.
fn refused(name: &str, bytes: &[u8], is_manifest: bool) -> Vec<String> {
    let (file, other) =
        if is_manifest { ("locus.yaml", "good.locus.yaml") } else { ("broken.locus.yaml", "") };
    let mut files = vec![(file, bytes)];
    files.extend((!other.is_empty()).then_some((other, GOOD.as_bytes())));
    let folder = folder_with(files);
    let text = locus(folder.path(), &["check"]);
    let json = locus(folder.path(), &["check", "--format", "json"]);
    let mut wrong = Vec::new();
    if (text.code, json.code) != (Some(1), Some(1)) {
        wrong.push(format!("ended with {:?} and {:?}", text.code, json.code));
        return wrong.into_iter().map(|what| format!("{name}: {what}")).collect();
    }
    let said = json.json();
    let errors: Vec<&Value> = said["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|problem| problem["severity"] == "error")
        .collect();
    if errors.is_empty() {
        wrong.push("has no error".to_owned());
    }
    let codes: BTreeSet<&str> = catalogue().iter().map(|code| code.name).collect();
    for error in errors {
        let code = error["code"].as_str().unwrap();
        if !codes.contains(code) || code == "plugin-panicked" {
            wrong.push(format!("has the code `{code}`"));
        }
        let message = error["message"].as_str().unwrap();
        let is_placed =
            error["labels"][0]["file"] == file || message.contains(&format!("`{file}`"));
        if !is_placed {
            wrong.push(format!("`{message}` has no place"));
        }
        if !text.stderr.contains(&format!("error[{code}]")) {
            wrong.push(format!("[{code}] is in the JSON and not in the text"));
        }
    }
    if let Some(steering) =
        text.stderr.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        wrong.push(format!("the terminal gets {steering:?}"));
    }
    if text.stderr.len() > 300_000 {
        wrong.push(format!("says {} bytes", text.stderr.len()));
    }
    wrong.into_iter().map(|what| format!("{name}: {what}")).collect()
}

/// Files that are too much: too deep, too long, too many of something.
#[test]
fn what_is_too_much_is_refused_quickly() {
    let step = "{ log: { message: hi } }";
    let expression = |text: &str| {
        format!(
            "workflows: {{ a: {{ steps: [ {{ log: {{ message: \"${{ {text} }}\" }} }} ] }} }}\n"
        )
    };
    let around = |open: &str, inside: &str, close: &str, depth: usize| {
        format!("{}{inside}{}", open.repeat(depth), close.repeat(depth))
    };
    let lines =
        |count: usize, line: &dyn Fn(usize) -> String| -> String { (0..count).map(line).collect() };
    let cases = [
        ("lists", format!("workflows: {}\n", around("[", "", "]", 10_000))),
        ("lists that are not closed", format!("workflows: {}", "[".repeat(10_000))),
        ("mappings", format!("workflows: {}\n", around("{ a: ", "", "}", 10_000))),
        ("block lists", format!("workflows:\n {}a\n", "- ".repeat(10_000))),
        ("keys of keys", format!("workflows:\n{}a\n", "? ".repeat(10_000))),
        ("block mappings", lines(1000, &|depth| format!("{}a:\n", " ".repeat(depth)))),
        (
            "steps in steps",
            format!(
                "workflows: {{ a: {{ steps: [ {} ] }} }}\n",
                around("{ loop: { times: 1, steps: [ ", step, " ] } }", 3000)
            ),
        ),
        ("parentheses", expression(&around("(", "1", ")", 10_000))),
        ("arrays", expression(&around("[", "", "]", 10_000))),
        ("objects", expression(&around("{a:", "1", "}", 10_000))),
        ("pipes", expression(&format!("{}.", ". | ".repeat(10_000)))),
        ("sums", expression(&format!("{}1", "1 + ".repeat(10_000)))),
        (
            "maps of maps",
            format!("schemas: {{ A: {{ a: \"{}\" }} }}\n", around("map<", "int", ">", 5000)),
        ),
        ("lists of lists", format!("schemas: {{ A: {{ a: \"int{}\" }} }}\n", "[]".repeat(5000))),
        ("a long key", format!("workflows: {{ {}: 1 }}\n", "a".repeat(200_000))),
        (
            "a long line",
            format!(
                "workflows: {{ a: {{ stps: \"{}\", steps: [ {step} ] }} }}\n",
                "x".repeat(1_000_000)
            ),
        ),
        (
            "a long name",
            format!("workflows: {{ \"{} \": {{ steps: [ {step} ] }} }}\n", "a".repeat(100_000)),
        ),
        (
            "problems",
            format!("workflows:\n{}", lines(5000, &|n| format!("  a{n}: {{ stps: [] }}\n"))),
        ),
        (
            "problems in one line",
            format!("workflows: {{ {} }}\n", lines(5000, &|n| format!("a{n}: 7, "))),
        ),
        ("keys twice", format!("workflows:\n{}", lines(5000, &|n| format!("  a{}: 1\n", n % 9)))),
    ];
    let mut failures = Vec::new();
    for (what, text) in cases {
        let begun = Instant::now();
        failures.extend(refused(what, text.as_bytes(), false));
        // Twice checked, in a slow build on a busy machine.
        let took = begun.elapsed();
        if took > Duration::from_secs(20) {
            failures.push(format!("{what}: took {took:?}"));
        }
    }
    assert!(failures.is_empty(), "{} to mend:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn a_file_with_nothing_in_it_is_no_problem_and_nothing_to_run() {
    for nothing in
        ["", "\u{feff}", "# a comment\n\n# another\n", "---\n", "\n\n\n", "workflows:\n", "{}"]
    {
        let folder = folder_with([("nothing.locus.yaml", nothing)]);
        locus(folder.path(), &["check"]).ok().says("0 workflow(s)");
        locus(folder.path(), &["run"]).ended(1).says("the program has no workflow to run");
        locus(folder.path(), &["build"]).ended(1).says("help: ");
        assert_eq!(locus(folder.path(), &["ids"]).ok().stdout, "");
        assert_eq!(locus(folder.path(), &["graph"]).ok().stdout, "");
    }
}

/// Words from a spec or from data reach a terminal without steering it.
#[test]
fn nothing_in_a_run_steers_the_terminal() {
    let spec = r#"
workflows:
  greet:
    steps:
      - log: { message: "\e[2Jhello\u009b2J", fields: { a: "\e[31m" } }
      - fail: { error: lost, message: "\e]0;title\a", details: { a: "\u009b2J" } }
"#;
    let folder = folder_with([("greet.locus.yaml", spec)]);
    let run = locus(folder.path(), &["run", "--run-id", "one"]).ended(1);
    let shown = locus(folder.path(), &["runs", "show", "one"]).ok();
    for text in [run.stderr, shown.stdout] {
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    }
}

/// Compiles files in memory, and sees that whatever is said can be shown, pointed at and applied.
fn compile_well(files: &[(&str, &[u8])], registry: &Registry) -> Compilation {
    let world = MemoryWorld::new(files.iter().map(|(name, bytes)| (*name, bytes.to_vec())));
    let compilation = compile_in(&world, "", registry);
    for problem in &compilation.diagnostics {
        assert_well_formed(problem, &compilation);
    }
    compilation
}

fn assert_well_formed(problem: &Diagnostic, compilation: &Compilation) {
    // The YAML front end is a plugin: a panic in it would be told so.
    assert_ne!(problem.code, "plugin-panicked", "{}", problem.message);
    assert!(!problem.message.is_empty() && !problem.code.is_empty(), "{problem:?}");
    let places = problem.labels.iter().map(|label| label.span);
    let edits = problem.fixes.iter().flat_map(|fix| fix.edits.iter().map(|(span, _)| *span));
    for span in places.chain(edits) {
        let source = compilation.sources.get(span.source).unwrap_or_else(|| panic!("{problem:?}"));
        assert!(source.text.get(span.range()).is_some(), "{problem:?} is not in the text");
    }
    assert!(to_json(problem, &compilation.sources)["message"].is_string());
    assert!(to_terminal(problem, &compilation.sources, Style::default()).contains(&problem.code));
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}
