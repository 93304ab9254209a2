//! How long the command takes from its start to its end: a check of one small file, beside the same process that only tells its
//! version.
//!
//! `cargo bench -p locus-tests --bench start`

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on fails")]

use std::path::Path;
use std::process::{Command, Stdio};

use divan::Bencher;

fn main() {
    divan::main();
}

const SMALL: &str = r#"workflows:
  greet:
    input: { name: string }
    steps:
      - id: hello
        log: { message: "hello ${ .input.name | ascii_upcase }" }
      - return: { value: "${ .input.name | length }" }
"#;

#[divan::bench]
fn a_bare_process() {
    run(Path::new("."), &["--version"]);
}

#[divan::bench]
fn b_check_a_small_file(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("small.locus.yaml"), SMALL).unwrap();
    bencher.bench_local(|| run(folder.path(), &["check", "small.locus.yaml"]));
}

#[divan::bench]
fn c_check_the_orders_example(bencher: Bencher<'_, '_>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/orders");
    bencher.bench_local(|| run(&folder, &["check"]));
}

fn run(folder: &Path, arguments: &[&str]) {
    let status = Command::new(env!("CARGO_BIN_EXE_locus-under-test"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
}
