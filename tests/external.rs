//! Tools from outside Rust that judge generated files. `cargo xtask test` installs them and says in
//! an environment variable where each one is; the table is `xtask/src/external.rs`.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// Type-checks TypeScript.
pub(crate) const TSC: &str = "LOCUS_TSC";
/// Validates OpenAPI documents.
pub(crate) const OPENAPI_VALIDATOR: &str = "LOCUS_OPENAPI_VALIDATOR";
/// Parses Mermaid diagrams: the files named, or standard input.
pub(crate) const MERMAID: &str = "LOCUS_MERMAID";
/// Holds Kubernetes manifests against the schemas of Kubernetes.
pub(crate) const KUBERNETES_VALIDATE: &str = "LOCUS_KUBERNETES_VALIDATE";

/// Asks the YAML language server about standard input: the schema, and a place to complete at.
pub(crate) const YAML_SERVER: &str = "LOCUS_YAML_SERVER";
/// Type-checks and packages a VS Code extension: its folder.
pub(crate) const VSCODE: &str = "LOCUS_VSCODE";

/// The tool of a variable, or `None` where it is not to be had: the caller's check is then left out.
/// In CI it must be there.
#[expect(clippy::print_stderr, reason = "a check that is left out must be seen in the log")]
pub(crate) fn tool(variable: &str) -> Option<Command> {
    if let Some(program) = std::env::var_os(variable) {
        return Some(Command::new(program));
    }
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!ci, "{variable} is not set: run the tests with `cargo xtask test`");
    eprintln!("not checked: {variable} is not set; `cargo xtask test` sets it");
    None
}

/// Runs a tool and returns whether it is content, with all it printed.
pub(crate) fn verdict(command: &mut Command, input: &str) -> (bool, String) {
    let streams = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = streams.spawn().expect("the tool starts");
    let mut stdin = child.stdin.take().expect("standard input is piped");
    // A tool that does not read its input may have ended already.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let Output { status, stdout, stderr } = child.wait_with_output().expect("the tool ends");
    let printed = [stdout, stderr].concat();
    (status.success(), String::from_utf8_lossy(&printed).into_owned())
}

/// Writes a file that a tool shall read, below Cargo's folder for such files.
fn scratch(name: &str, text: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("external");
    std::fs::create_dir_all(&folder).expect("the scratch folder can be made");
    let path = folder.join(name);
    std::fs::write(&path, text).expect("the scratch file can be written");
    path
}

#[test]
fn typescript_compiler_tells_good_from_bad() {
    let checked = |name: &str, text: &str| {
        let mut tsc = tool(TSC)?;
        let tsc = tsc.args(["--noEmit", "--strict", "--target", "es2022"]);
        Some(verdict(tsc.arg(scratch(name, text)), ""))
    };
    let Some((content, said)) = checked("good.ts", "export const answer: number = 42;\n") else {
        return;
    };
    assert!(content, "{said}");
    let (content, said) = checked("bad.ts", "export const answer: number = \"42\";\n").unwrap();
    assert!(!content && said.contains("TS2322"), "{said}");
}

#[test]
fn openapi_validator_tells_good_from_bad() {
    let checked = |name: &str, paths: &str| {
        let info = r#"{"title": "t", "version": "1"}"#;
        let document = format!(r#"{{"openapi": "3.1.0", "info": {info}, "paths": {paths}}}"#);
        let mut validator = tool(OPENAPI_VALIDATOR)?;
        Some(verdict(validator.arg(scratch(name, &document)), ""))
    };
    let good = r#"{"/a": {"get": {"responses": {"200": {"description": "ok"}}}}}"#;
    let Some((content, said)) = checked("good.json", good) else {
        return;
    };
    assert!(content, "{said}");
    let bad = r#"{"/a": {"get": {"responses": {"200": {}}}}}"#;
    let (content, said) = checked("bad.json", bad).unwrap();
    assert!(!content && said.contains("description"), "{said}");
}

#[test]
fn mermaid_parser_tells_good_from_bad() {
    let checked = |diagram: &str| Some(verdict(&mut tool(MERMAID)?, diagram));
    let Some((content, said)) = checked("flowchart TD\n  a[\"charge #quot;now#quot;\"] --> b\n")
    else {
        return;
    };
    assert!(content, "{said}");
    let (content, said) = checked("flowchart TD\n  a[charge --> b\n").unwrap();
    assert!(!content && said.contains("Parse error"), "{said}");
}

#[test]
fn kubernetes_validator_tells_good_from_bad() {
    let checked = |name: &str, spec: &str| {
        let text =
            format!("apiVersion: batch/v1\nkind: CronJob\nmetadata: {{ name: a }}\nspec:\n{spec}");
        let mut validate = tool(KUBERNETES_VALIDATE)?;
        Some(verdict(validate.arg("--strict").arg(scratch(name, &text)), ""))
    };
    let good = "  schedule: '0 3 * * *'\n  jobTemplate: { spec: { template: { spec: { containers: [{ name: a }] } } } }\n";
    let Some((content, said)) = checked("good.yaml", good) else {
        return;
    };
    assert!(content, "{said}");
    let (content, said) = checked("bad.yaml", "  schedule: '0 3 * * *'\n").unwrap();
    assert!(!content && said.contains("jobTemplate"), "{said}");
}
