//! Programs compiled by build scripts and taken into binaries.

use std::path::{Path, PathBuf};
use std::process::Command;

use locus_compiler::{Build, Warnings, compile, embedded};
use locus_plugin::Registry;

use crate::program::{folder_with, workspace};

const GOOD: &str = "workflows:\n  hello:\n    steps:\n      - log: { message: hello }\n    output: { done: true }\n";

fn registry() -> Registry {
    Registry::linked().unwrap()
}

#[test]
fn what_is_embedded_is_the_checked_program() {
    let folder = folder_with([("specs/hello.locus.yaml", GOOD)]);
    let specs = folder.path().join("specs");
    let made = Build::new(&specs).compile(&registry()).unwrap();
    assert_eq!(embedded(&made.json), compile(&specs, &registry()).program);
    // Both the folder, for new files, and the file.
    let watched =
        |path: &Path| made.lines.contains(&format!("cargo::rerun-if-changed={}", path.display()));
    assert!(watched(&specs) && watched(&specs.join("hello.locus.yaml")), "{:?}", made.lines);
}

#[test]
fn a_mistake_fails_the_build_with_its_report() {
    let folder = folder_with([("a.locus.yaml", GOOD.replace("log", "lgo"))]);
    let said = Build::new(folder.path()).compile(&registry()).unwrap_err();
    assert!(said.contains("a.locus.yaml:4:9") && said.contains("unknown-step-type"), "{said}");
    let said =
        Build::new(folder.path().join("nothing.locus.yaml")).compile(&registry()).unwrap_err();
    assert!(said.contains("nothing.locus.yaml"), "{said}");
}

#[test]
fn warnings_are_shown_or_fail() {
    let text = GOOD.replace("- log: { message: hello }", "- loop: { times: 3, steps: [] }");
    let folder = folder_with([("a.locus.yaml", text)]);
    let build = Build::new(folder.path());
    let made = build.compile(&registry()).unwrap();
    let warning = made.lines.iter().find(|line| line.starts_with("cargo::warning="));
    let warning = warning.unwrap_or_else(|| panic!("{:?}", made.lines));
    assert!(warning.contains("a.locus.yaml:4:") && warning.contains("[empty-block]"), "{warning}");
    let said = build.warnings(Warnings::Deny).compile(&registry()).unwrap_err();
    assert!(said.contains("empty-block"), "{said}");
}

/// The crate of `docs/plugins/embedding.md`, built and run. A minute: in CI, or where `LOCUS_SLOW` is set.
#[test]
fn the_crate_of_the_manual_builds_and_runs() {
    if std::env::var_os("CI").is_none() && std::env::var_os("LOCUS_SLOW").is_none() {
        eprintln!("not checked: the crate of docs/plugins/embedding.md; set LOCUS_SLOW=1");
        return;
    }
    let page = std::fs::read_to_string(workspace().join("docs/plugins/embedding.md")).unwrap();
    let blocks: Vec<&str> = page.split("```").skip(1).step_by(2).collect();
    let block = |index: usize| blocks[index].split_once('\n').unwrap().1.to_owned();
    let from = |member: &str| format!("{{ path = {:?} }}", workspace().join(member));
    let manifest = block(0)
        .replace(
            "locus-compiler = \"0.1.0\"",
            &format!("locus-compiler = {}", from("compiler/driver")),
        )
        .replace("locus-steps = \"0.1.0\"", &format!("locus-steps = {}", from("steps")));
    let folder = folder_with([
        ("Cargo.toml", manifest + "\n[workspace]\n"),
        ("build.rs", block(1)),
        ("src/main.rs", block(2)),
        ("specs/hello.locus.yaml", GOOD.to_owned()),
    ]);
    std::fs::copy(workspace().join("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();
    let (ended, said) = cargo_run(folder.path());
    assert!(ended && said.contains("hello: 1 step(s)"), "{said}");
    std::fs::write(folder.path().join("specs/hello.locus.yaml"), GOOD.replace("log", "lgo"))
        .unwrap();
    let (ended, said) = cargo_run(folder.path());
    assert!(!ended && said.contains("unknown-step-type"), "{said}");
}

fn cargo_run(folder: &Path) -> (bool, String) {
    let target: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned();
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["run", "-q"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_NET_OFFLINE", "true")
        .env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}
