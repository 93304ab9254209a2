//! Programs that steps run.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use locus_model::PluginUse;
use locus_plugin::services::{Command, CommandOutput};
use locus_plugin::{StepContext, StepError};
use serde_json::json;

use super::support::{Bench, registry, spanned};

/// What a step `main/run` of the plugin `test.probe` can do, where the project grants these permissions.
fn services(folder: &Path, granted: &[&str]) -> StepContext {
    let used = PluginUse {
        id: spanned("test.probe"),
        enabled: true,
        version: None,
        config: json!({}),
        permissions: Some(granted.iter().map(|&permission| permission.to_owned()).collect()),
    };
    let plugins = IndexMap::from([("test.probe".to_owned(), used)]);
    let registry = registry().for_project(&plugins).unwrap();
    let standing = registry.standing("test.probe");
    Bench::new(folder, &[]).step("main/run").of_plugin(standing, Arc::clone(registry.host()))
}

fn command(program: &str, args: &[&str]) -> Command {
    Command {
        program: program.to_owned(),
        args: args.iter().map(|&arg| arg.to_owned()).collect(),
        env: IndexMap::new(),
        folder: None,
        stdin: Vec::new(),
        timeout: Some(20_000),
        max_output: 1000,
    }
}

async fn run(services: &StepContext, command: Command) -> Result<CommandOutput, StepError> {
    services.command(command).await
}

fn text(output: Result<CommandOutput, StepError>) -> String {
    String::from_utf8(output.unwrap().stdout).unwrap()
}

fn code(output: Result<CommandOutput, StepError>) -> String {
    output.unwrap_err().code
}

#[tokio::test]
async fn only_what_is_granted_runs() {
    let folder = tempfile::tempdir().unwrap();
    let error = run(&services(folder.path(), &[]), command("echo", &["hi"])).await.unwrap_err();
    assert_eq!(error.code, "permission_denied");
    assert!(
        error.message.contains("test.probe") && error.message.contains("run_command:echo"),
        "{error}"
    );
    let one = services(folder.path(), &["run_command:echo"]);
    assert_eq!(text(run(&one, command("echo", &["$HOME; rm *", "ü"])).await), "$HOME; rm * ü\n");
    assert_eq!(code(run(&one, command("printf", &["x"])).await), "permission_denied");
    let all = services(folder.path(), &["run_command"]);
    assert_eq!(text(run(&all, command("printf", &["x"])).await), "x");
    assert_eq!(code(run(&all, command("no-such-program", &[])).await), "command_not_found");
    assert_eq!(code(run(&all, command("echo", &["a\0b"])).await), "command_error");
}

#[tokio::test]
async fn a_program_gets_what_it_is_given_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    let all = services(folder.path(), &["run_command"]);
    let env = IndexMap::from([("GREETING".to_owned(), "hello".to_owned())]);
    let shown = text(run(&all, Command { env, ..command("env", &[]) }).await);
    assert!(shown.contains("GREETING=hello\n") && !shown.contains("CARGO"), "{shown}");
    let stdin = vec![b'x'; 100_000];
    assert_eq!(
        text(run(&all, Command { stdin: stdin.clone(), ..command("wc", &["-c"]) }).await).trim(),
        "100000"
    );
    // One that does not read is none the worse for it.
    assert_eq!(run(&all, Command { stdin, ..command("true", &[]) }).await.unwrap().code, Some(0));
    let within = |path: &str| Command { folder: Some(path.to_owned()), ..command("pwd", &[]) };
    assert!(text(run(&all, within("data")).await).ends_with("/data\n"));
    for outside in ["..", "/tmp", "data/../.."] {
        assert_eq!(code(run(&all, within(outside)).await), "path_not_allowed", "{outside}");
    }
    let ended = run(&all, command("sh", &["-c", "echo why >&2; exit 3"])).await.unwrap();
    assert_eq!((ended.code, ended.stderr.as_slice()), (Some(3), b"why\n".as_slice()));
    let killed = run(&all, command("sh", &["-c", "kill -9 $$"])).await.unwrap();
    assert_eq!((killed.code, killed.signal), (None, Some(9)));
}

#[tokio::test]
async fn what_is_too_much_or_too_long_is_ended_with_all_it_has_started() {
    let folder = tempfile::tempdir().unwrap();
    let all = services(folder.path(), &["run_command"]);
    let flood = command("sh", &["-c", "yes | head -c 100000"]);
    assert_eq!(code(run(&all, flood).await), "output_too_large");
    let mark = folder.path().join("mark");
    let late = format!("(sleep 1; touch {}) & sleep 30", mark.display());
    let slow = Command { timeout: Some(200), ..command("sh", &["-c", &late]) };
    assert_eq!(code(run(&all, slow.clone()).await), "timeout");
    // Not wanted any longer: the step was cancelled.
    let unwanted = tokio::time::timeout(
        Duration::from_millis(200),
        run(&all, Command { timeout: None, ..slow }),
    );
    assert!(unwanted.await.is_err());
    // One that ends and leaves something behind is not waited for.
    let left = format!("(sleep 1; touch {}) & echo done", mark.display());
    assert_eq!(text(run(&all, command("sh", &["-c", &left])).await), "done\n");
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(!mark.exists(), "something went on");
}
