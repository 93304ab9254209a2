//! `locus fmt` and `locus schema` as commands.

use std::io::Write;
use std::process::Stdio;

use crate::program::{LOCUS, command, folder_with, locus};

const MESSY: &str =
    "workflows:\n    greet:   # who\n        steps:\n        - log: {message: 'hi'}\n";
const TIDY: &str = "workflows:\n  greet: # who\n    steps:\n      - log: { message: \"hi\" }\n";

#[test]
fn a_project_is_formatted_and_then_left_alone() {
    let folder = folder_with([
        ("locus.yaml", "name:   shop\n"),
        ("a.locus.yaml", MESSY),
        ("deep/b.locus.yaml", TIDY),
        ("other.yaml", "a:   1\n"),
        (".gitignore", "ignored\n"),
        ("ignored/c.locus.yaml", MESSY),
    ]);
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let listed =
        locus(folder.path(), &["fmt", "--check"]).ended(1).says("2 files are not formatted");
    assert_eq!(listed.stdout, "locus.yaml\na.locus.yaml\n");
    let diff = locus(folder.path(), &["fmt", "--diff", "a.locus.yaml"]).ok();
    assert!(diff.stdout.contains("+  greet: # who"), "{}", diff.stdout);
    assert_eq!(read("a.locus.yaml"), MESSY, "nothing was written so far");
    locus(folder.path(), &["fmt"]).ok().says("formatted a.locus.yaml");
    assert_eq!(
        (read("a.locus.yaml").as_str(), read("locus.yaml").as_str()),
        (TIDY, "name: shop\n")
    );
    assert_eq!(
        (read("other.yaml").as_str(), read("ignored/c.locus.yaml").as_str()),
        ("a:   1\n", MESSY)
    );
    locus(folder.path(), &["fmt"]).ok().says("3 file(s), all formatted");
    locus(folder.path(), &["fmt", "--check", "."]).ok();
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 6, "{left:?}");
}

#[test]
fn a_broken_file_is_left_alone_and_the_others_are_not() {
    let folder = folder_with([("a.locus.yaml", "workflows: [\n"), ("b.locus.yaml", MESSY)]);
    let said = locus(folder.path(), &["fmt"]).ended(1);
    said.says("yaml-syntax").says("`a.locus.yaml` is left as it is").says("formatted b.locus.yaml");
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(
        (read("a.locus.yaml").as_str(), read("b.locus.yaml").as_str()),
        ("workflows: [\n", TIDY)
    );
    locus(folder.path(), &["fmt", "nothing.locus.yaml"]).ended(1).says("unreadable-file");
}

#[test]
fn standard_input_is_formatted_to_standard_output() {
    let folder = folder_with::<&str, &str>([]);
    let fmt = |text: &str, args: &[&str]| {
        let mut child = command(LOCUS, folder.path(), &["fmt", "--stdin"])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        crate::program::Said::from(child.wait_with_output().unwrap())
    };
    assert_eq!(fmt(MESSY, &[]).ok().stdout, TIDY);
    assert_eq!(fmt(MESSY, &["--check"]).ended(1).stdout, "standard input\n");
    assert_eq!(fmt(TIDY, &["--check"]).ok().stdout, "");
    assert_eq!(fmt("a: [", &[]).ended(1).says("left as it is").stdout, "");
}

#[test]
fn wrong_usage_is_told() {
    let folder = folder_with::<&str, &str>([]);
    locus(folder.path(), &["fmt", "--stdin", "a.locus.yaml"]).ended(2).says("cannot be used with");
    locus(folder.path(), &["schema", "--output"]).ended(2);
    locus(folder.path(), &["schema", "--output", "no/such/folder.json"]).ended(1).says("help: ");
    locus(folder.path(), &["lsp", "--port", "1"]).ended(2);
}

#[test]
fn the_schema_goes_to_a_file_or_to_standard_output() {
    let folder = folder_with::<&str, &str>([]);
    let printed = locus(folder.path(), &["schema"]).ok().json();
    assert_eq!(printed["title"], "Locus spec");
    locus(folder.path(), &["schema", "--output", "spec.json"]).ok();
    let written = std::fs::read_to_string(folder.path().join("spec.json")).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&written).unwrap(), printed);
    assert_eq!(
        locus(folder.path(), &["schema", "--manifest"]).ok().json()["title"],
        "Locus manifest"
    );
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = folder_with([("real.yaml", MESSY)]);
    let real = folder.path().join("real.yaml");
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real.yaml", folder.path().join("a.locus.yaml")).unwrap();
    locus(folder.path(), &["fmt", "a.locus.yaml"]).ok();
    assert_eq!(std::fs::read_to_string(&real).unwrap(), TIDY);
    assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(std::fs::symlink_metadata(folder.path().join("a.locus.yaml")).unwrap().is_symlink());
}
