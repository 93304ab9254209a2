//! `cargo xtask test`, `bless` and `bench`: Cargo's own commands, with the external checks around.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use crate::external::Tools;
use crate::workspace::Workspace;
use crate::{Outcome, generated, process};

/// All tests, then which external checks had no tool, then one line that sums everything up.
pub(crate) fn test(workspace: &Workspace, arguments: &[&str]) -> Outcome {
    let tools = Tools::prepare(workspace);
    let mut command = cargo_test(workspace, arguments);
    tools.tell(&mut command);
    let (tests, counts) = counted(&mut command);
    let missing = tools.report_missing(workspace);
    let Counts { passed, failed, ignored } = counts;
    println!("\ntests: {passed} passed, {failed} failed, {ignored} skipped");
    tests?;
    missing?;
    if passed == 0 && arguments.is_empty() {
        return Err("no test ran".to_owned());
    }
    Ok(())
}

/// Rewrites the generated regions, then the expectations of all tests or of those that match.
pub(crate) fn bless(workspace: &Workspace, filter: Option<&str>) -> Outcome {
    if workspace.ci {
        return Err(
            "CI does not bless: run `cargo xtask bless` and read what it changed".to_owned()
        );
    }
    generated::write(workspace)?;
    let tools = Tools::prepare(workspace);
    let mut command = cargo_test(workspace, &[]);
    if let Some(filter) = filter {
        command.args(["--", filter]);
    }
    command.env("BLESS", "1").env("INSTA_UPDATE", "always").env("TRYBUILD", "overwrite");
    tools.tell(&mut command);
    let outcome = process::run(&mut command);
    println!(
        "\nBlessed. Read `git diff` before you commit it: a wrong expectation is a lie that stays."
    );
    outcome
}

/// All benchmarks.
pub(crate) fn bench(workspace: &Workspace, arguments: &[&str]) -> Outcome {
    process::run(workspace.cargo(&["bench", "--workspace", "--locked"]).args(arguments))
}

/// `cargo test` over the workspace, or over the packages that the arguments name.
fn cargo_test(workspace: &Workspace, arguments: &[&str]) -> Command {
    let cargo_arguments = arguments.iter().take_while(|argument| **argument != "--");
    let mut named =
        cargo_arguments.filter(|word| word.starts_with("-p") || word.starts_with("--package"));
    let scope: &[&str] = if named.next().is_some() { &[] } else { &["--workspace"] };
    let mut command = workspace.cargo(&["test", "--locked", "--no-fail-fast"]);
    command.args(scope).args(arguments);
    command
}

/// The results of all test binaries together.
#[derive(Default, Debug, PartialEq)]
struct Counts {
    passed: u64,
    failed: u64,
    ignored: u64,
}

/// Runs the tests in full view and adds up the result line of every test binary.
fn counted(command: &mut Command) -> (Outcome, Counts) {
    process::show(command);
    let mut counts = Counts::default();
    let outcome = stream(command, |line| counts.add(line));
    (outcome, counts)
}

/// Passes a command's standard output on, line by line.
fn stream(command: &mut Command, mut see: impl FnMut(&str)) -> Outcome {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| process::cannot_start(command, &error))?;
    if let Some(stdout) = child.stdout.take() {
        let mut lines = BufReader::new(stdout);
        let mut line = Vec::new();
        let told = |error: std::io::Error| format!("cannot pass on the tests' output: {error}");
        while lines.read_until(b'\n', &mut line).map_err(told)? > 0 {
            std::io::stdout().write_all(&line).map_err(told)?;
            see(&String::from_utf8_lossy(&line));
            line.clear();
        }
    }
    let status = child.wait().map_err(|error| process::cannot_start(command, &error))?;
    if status.success() { Ok(()) } else { Err(format!("tests failed ({status})")) }
}

impl Counts {
    /// Reads `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    fn add(&mut self, line: &str) {
        let Some((_, results)) =
            line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for part in results.split(';') {
            let mut words = part.split_whitespace();
            let number = words.next().and_then(|number| number.parse().ok()).unwrap_or(0);
            match words.next() {
                Some("passed") => self.passed += number,
                Some("failed") => self.failed += number,
                Some("ignored") => self.ignored += number,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_lines_add_up() {
        let mut counts = Counts::default();
        for line in [
            "running 4 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n",
            "test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 7 filtered out\n",
        ] {
            counts.add(line);
        }
        assert_eq!(counts, Counts { passed: 13, failed: 2, ignored: 1 });
    }
}
