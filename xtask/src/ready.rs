//! `cargo xtask ready`: everything CI checks, each under its headline, with a summary at the end.
//!
//! A failed check does not stop the next one. What cannot be checked on this machine is named, in
//! the summary too: silence would read as a pass.

use std::path::Path;
use std::process::Command;

use crate::tree::{self, Snapshot};
use crate::workspace::Workspace;
use crate::{Outcome, generated, process, testing};

/// Whether the tests are part of this run; `.ci/run` runs them by themselves, last.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Tests {
    /// Run them.
    Run,
    /// The caller runs them.
    Skip,
}

/// What became of one check.
enum Verdict {
    Passed,
    Failed(String),
    Skipped(String),
}

/// A check and the line above its output.
type Check = (&'static str, fn(&Workspace) -> Verdict);

/// The target for which the contract must compile: plugins are components.
const WASM: &str = "wasm32-wasip2";

const BEFORE_TESTS: &[Check] = &[
    ("formatting", |workspace| cargo(workspace, &["fmt", "--all", "--check"])),
    ("lints", |workspace| {
        cargo(
            workspace,
            &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"],
        )
    }),
    ("documentation", documentation),
];

const AFTER_TESTS: &[Check] = &[
    ("licences, bans, sources", |workspace| {
        cargo(workspace, &["deny", "check", "licenses", "bans", "sources"])
    }),
    ("advisories", advisories),
    ("the contract as WebAssembly", contract_as_wasm),
    ("generated regions", |workspace| generated::check(workspace).into()),
];

/// Runs every check and sums up.
pub(crate) fn run(workspace: &Workspace, tests: Tests) -> Outcome {
    let before = Snapshot::take(workspace);
    let mut verdicts = Vec::new();

    checks(workspace, BEFORE_TESTS, &mut verdicts);
    match tests {
        Tests::Run => {
            checks(
                workspace,
                &[("tests", |workspace| testing::test(workspace, &[]).into())],
                &mut verdicts,
            );
        }
        Tests::Skip => {
            verdicts.push(("tests", Verdict::Skipped("left to `cargo xtask test`".into())));
        }
    }
    checks(workspace, AFTER_TESTS, &mut verdicts);
    verdicts.push(("tree unchanged", tree_unchanged(workspace, before)));

    sum_up(&verdicts)
}

fn checks(workspace: &Workspace, checks: &[Check], verdicts: &mut Vec<(&'static str, Verdict)>) {
    for (headline, check) in checks {
        println!("\n=== {headline} ===");
        let verdict = check(workspace);
        match &verdict {
            Verdict::Passed => {}
            Verdict::Failed(reason) => println!("!!! FAILED: {reason}"),
            Verdict::Skipped(reason) => println!("!!! SKIPPED: {reason}"),
        }
        verdicts.push((headline, verdict));
    }
}

fn sum_up(verdicts: &[(&'static str, Verdict)]) -> Outcome {
    println!("\n=== summary ===");
    let mut failed = Vec::new();
    for (headline, verdict) in verdicts {
        match verdict {
            Verdict::Passed => println!("  ok       {headline}"),
            Verdict::Skipped(reason) => println!("  SKIPPED  {headline}: {reason}"),
            Verdict::Failed(reason) => {
                println!("  FAILED   {headline}: {reason}");
                failed.push(*headline);
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("not ready: {}", failed.join("; "))) }
}

impl From<Outcome> for Verdict {
    fn from(outcome: Outcome) -> Verdict {
        match outcome {
            Ok(()) => Verdict::Passed,
            Err(reason) => Verdict::Failed(reason),
        }
    }
}

fn cargo(workspace: &Workspace, arguments: &[&str]) -> Verdict {
    process::run(&mut workspace.cargo(arguments)).into()
}

fn documentation(workspace: &Workspace) -> Verdict {
    let mut command = workspace.cargo(&[
        "doc",
        "--workspace",
        "--no-deps",
        "--document-private-items",
        "--locked",
    ]);
    process::run(command.env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private_intra_doc_links"))
        .into()
}

/// Advisories come from a database on the network. Where it cannot be had, in CI too, nothing is
/// known about the tree that a change of it could mend: the check is skipped and the log says so.
fn advisories(workspace: &Workspace) -> Verdict {
    match process::quiet(&mut workspace.cargo(&["deny", "fetch", "db"])) {
        Ok(()) => cargo(workspace, &["deny", "check", "--disable-fetch", "advisories"]),
        Err(reason) => {
            let last = reason.lines().last().unwrap_or_default();
            Verdict::Skipped(format!("the advisory database cannot be fetched ({last})"))
        }
    }
}

fn contract_as_wasm(workspace: &Workspace) -> Verdict {
    if let Err(reason) = has_wasm_target() {
        return Verdict::Skipped(reason);
    }
    cargo(workspace, &["check", "-p", "locus-plugin", "--target", WASM, "--locked"])
}

/// Looks for the target's standard library and asks rustup for it when it is not there. So it is
/// missing in the end only where it cannot be had, and that is no fault of the tree.
fn has_wasm_target() -> Outcome {
    let find = || {
        process::output(Command::new("rustc").args(["--print", "target-libdir", "--target", WASM]))
    };
    if find().is_ok_and(|folder| Path::new(folder.trim()).is_dir()) {
        return Ok(());
    }
    process::run(Command::new("rustup").args(["target", "add", WASM]))
        .map_err(|reason| format!("the target {WASM} is missing and cannot be installed: {reason}"))
}

/// At home a run must leave tracked files as it found them; in CI the tree must be clean.
fn tree_unchanged(workspace: &Workspace, before: Result<Snapshot, String>) -> Verdict {
    let changed = || -> Result<Vec<String>, String> {
        if workspace.ci {
            return tree::unclean(workspace);
        }
        Ok(before?.changed(&Snapshot::take(workspace)?))
    };
    let fault =
        if workspace.ci { "the tree is not clean" } else { "the run changed tracked files" };
    match changed() {
        Ok(files) if files.is_empty() => Verdict::Passed,
        Ok(files) => Verdict::Failed(format!("{fault}:\n    {}", files.join("\n    "))),
        Err(reason) if workspace.ci => Verdict::Failed(reason),
        Err(reason) => Verdict::Skipped(reason),
    }
}
