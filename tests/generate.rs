//! What a target gets: every case is a folder `generate/<case>/` with a project, and under `expected/` each file that a build of all its
//! targets writes.
//!
//! Every case is built twice, with its targets in another order too, and written twice: the same bytes, and the second time nothing to
//! do. What comes out is judged by the outside tools of its language as well. Manifests are left out of `expected/`: they name the
//! version of the compiler. `BLESS=1` rewrites `expected/`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use locus_codegen::{TargetOutput, WriteOptions, write};
use locus_compiler::{Compilation, build, compile};
use locus_model::Target;
use locus_plugin::Registry;

use crate::external::{KUBERNETES_VALIDATE, MERMAID, OPENAPI_VALIDATOR, TSC, tool, verdict};

/// Files by path, with `/`.
type Files = BTreeMap<String, String>;

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("generate");
    let entries = std::fs::read_dir(folder).expect("there are cases");
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    cases.retain(|case| case.is_dir());
    cases.sort();
    assert!(cases.len() >= 7, "the cases of the generators are gone");
    cases
}

fn name(case: &Path) -> String {
    case.file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn targets_get_what_is_expected() {
    let bless = std::env::var_os("BLESS").is_some();
    let registry = crate::execute::registry();
    let mut failures = Vec::new();
    for case in cases() {
        let made = made(&case, &registry);
        let folder = case.join("expected");
        if bless {
            replace(&folder, &made);
            continue;
        }
        let expected = read_if_there(&folder);
        let paths: BTreeSet<&String> = made.keys().chain(expected.keys()).collect();
        for path in paths {
            let (old, new) = (expected.get(path), made.get(path));
            if old != new {
                let text = |text: Option<&String>| text.cloned().unwrap_or_default();
                let difference = similar::TextDiff::from_lines(text(old), text(new))
                    .unified_diff()
                    .context_radius(2)
                    .to_string();
                failures.push(format!("{}/{path}:\n{difference}", name(&case)));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} files differ (`BLESS=1` rewrites them):\n\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn other_tools_take_what_is_generated() {
    let registry = crate::execute::registry();
    let mut failures = Vec::new();
    for case in cases() {
        let folder = tempfile::tempdir().unwrap();
        let made = made(&case, &registry);
        replace(folder.path(), &made);
        let mut judge = |tool: Option<Command>, what: &str, input: &str, arguments: &[&str]| {
            let Some(mut tool) = tool else { return };
            let (content, said) = verdict(tool.current_dir(folder.path()).args(arguments), input);
            if !content {
                failures.push(format!("{}/{what}:\n{said}", name(&case)));
            }
        };
        for (path, text) in &made {
            if path.ends_with("openapi.json") {
                judge(tool(OPENAPI_VALIDATOR), path, "", &[path]);
            }
            if path.ends_with(".yaml") && text.contains("\nkind: CronJob\n") {
                judge(tool(KUBERNETES_VALIDATE), path, "", &["--strict", path]);
            }
            for diagram in diagrams(text).filter(|_| path.ends_with(".md")) {
                judge(tool(MERMAID), path, diagram, &[]);
            }
        }
        let modules: Vec<&str> =
            made.keys().map(String::as_str).filter(|path| path.ends_with(".ts")).collect();
        if !modules.is_empty() {
            std::fs::write(folder.path().join("package.json"), r#"{ "type": "module" }"#).unwrap();
            judge(tool(TSC), "*.ts", "", &[TSC_FLAGS, &modules].concat());
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Stricter than most projects are.
const TSC_FLAGS: &[&str] = &[
    "--noEmit",
    "--strict",
    "--noUncheckedIndexedAccess",
    "--exactOptionalPropertyTypes",
    "--noImplicitOverride",
    "--noPropertyAccessFromIndexSignature",
    "--noUnusedLocals",
    "--noUnusedParameters",
    "--isolatedModules",
    "--verbatimModuleSyntax",
    "--target",
    "es2022",
    "--module",
    "nodenext",
];

/// What a build of all targets writes, but the manifests.
fn made(case: &Path, registry: &Registry) -> Files {
    let first = outputs(case, registry, Order::AsDeclared);
    let again = outputs(case, registry, Order::Backwards);
    assert_eq!(first, again, "{}: the order of targets counts", name(case));

    let folder = tempfile::tempdir().unwrap();
    let options = WriteOptions { complete: true, ..WriteOptions::default() };
    let (report, problems) = write(folder.path(), &first, &options);
    assert!(report.written && problems.is_empty(), "{}: {problems:?}", name(case));
    let (report, problems) = write(folder.path(), &first, &options);
    assert!(report.up_to_date() && problems.is_empty(), "{}: {problems:?}", name(case));
    let mut files = read(folder.path());
    files.retain(|path, _| !path.ends_with(locus_codegen::MANIFEST));
    files
}

/// In which order targets are built.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    AsDeclared,
    Backwards,
}

/// The outputs of a case's targets, by name.
fn outputs(case: &Path, registry: &Registry, order: Order) -> Vec<TargetOutput> {
    let Compilation { program, sources, diagnostics, .. } = compile(case, registry);
    let said: Vec<&String> = diagnostics.iter().map(|problem| &problem.message).collect();
    assert!(said.is_empty(), "{}: {said:?}", name(case));
    let mut targets: Vec<&Target> = program.targets.values().collect();
    if order == Order::Backwards {
        targets.reverse();
    }
    let (mut outputs, problems) = build(&program, &targets, registry, &sources);
    assert!(problems.is_empty(), "{}: {problems:?}", name(case));
    outputs.sort_by(|a, b| a.target.cmp(&b.target));
    outputs
}

/// The diagrams of a page.
fn diagrams(page: &str) -> impl Iterator<Item = &str> {
    page.split("\n```mermaid\n").skip(1).filter_map(|rest| rest.split("\n```\n").next())
}

fn read(folder: &Path) -> Files {
    let mut files = Files::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        for entry in std::fs::read_dir(current).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let below = path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/");
                files.insert(below, std::fs::read_to_string(path).unwrap());
            }
        }
    }
    files
}

fn replace(folder: &Path, files: &Files) {
    for old in read_if_there(folder).keys().filter(|path| !files.contains_key(*path)) {
        std::fs::remove_file(folder.join(old)).unwrap();
    }
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

fn read_if_there(folder: &Path) -> Files {
    if folder.exists() { read(folder) } else { Files::new() }
}
