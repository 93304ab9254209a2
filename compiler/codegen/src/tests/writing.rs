//! From texts to the disk.

#![expect(clippy::disallowed_methods, reason = "looks at what the writer did")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Error;
use std::path::Path;
use std::time::SystemTime;

use tempfile::TempDir;

use super::*;
use crate::write::{Action, Mode, Report, WriteOptions, write, write_with};

/// A project's folder.
struct Project(TempDir);

impl Project {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn write_with(&self, outputs: &[TargetOutput], options: WriteOptions) -> (Report, Vec<String>) {
        let (report, problems) = write(self.root(), outputs, &options);
        (report, shown(&problems))
    }

    /// Writes, and must be able to.
    fn write(&self, outputs: &[TargetOutput]) -> Report {
        let (report, problems) = self.write_with(outputs, WriteOptions::default());
        assert_eq!(problems, Vec::<String>::new());
        assert!(report.written);
        report
    }

    /// Tries to write, must not be able to, and must leave everything as it was.
    fn refuse(&self, outputs: &[TargetOutput]) -> Vec<String> {
        let before = self.tree();
        let (report, problems) = self.write_with(outputs, WriteOptions::default());
        assert!(!report.written && !problems.is_empty());
        assert_eq!(self.tree(), before);
        problems
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap()
    }

    fn time(&self, path: &str) -> SystemTime {
        fs::metadata(self.root().join(path)).unwrap().modified().unwrap()
    }

    /// Every file with its content, every folder with `/`, every link with where it leads.
    fn tree(&self) -> BTreeMap<String, String> {
        let mut tree = BTreeMap::new();
        list(self.root(), "", &mut tree);
        tree
    }

    /// The files but the manifests.
    fn files(&self) -> Vec<String> {
        let files = self.tree().into_keys();
        files.filter(|path| !path.ends_with(".locus-manifest.json")).collect()
    }
}

fn list(folder: &Path, prefix: &str, tree: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        let kind = entry.file_type().unwrap();
        if kind.is_symlink() {
            let to = fs::read_link(entry.path()).unwrap();
            tree.insert(name, format!("-> {}", to.display()));
        } else if kind.is_dir() {
            tree.insert(format!("{name}/"), String::new());
            list(&entry.path(), &format!("{name}/"), tree);
        } else {
            tree.insert(name, fs::read_to_string(entry.path()).unwrap());
        }
    }
}

fn actions(report: &Report) -> Vec<(&str, Action)> {
    report.files.iter().map(|file| (file.path.as_str(), file.action)).collect()
}

#[test]
fn a_second_build_touches_nothing() {
    let project = Project::new();
    let outputs = outputs(json!({ "a.ts": "a", "sub/b.ts": "b" }));
    let report = project.write(&outputs);
    assert_eq!(
        actions(&report),
        [
            ("gen/.locus-manifest.json", Action::Create),
            ("gen/a.ts", Action::Create),
            ("gen/sub/b.ts", Action::Create)
        ]
    );
    let paths = ["gen/.locus-manifest.json", "gen/a.ts", "gen/sub/b.ts"];
    let times = paths.map(|path| project.time(path));
    let tree = project.tree();
    let report = project.write(&outputs);
    assert!(report.up_to_date());
    assert_eq!(
        actions(&report),
        [("gen/a.ts", Action::Unchanged), ("gen/sub/b.ts", Action::Unchanged)]
    );
    assert_eq!((project.tree(), paths.map(|path| project.time(path))), (tree, times));
}

#[test]
fn the_manifest_says_what_was_written_and_from_where() {
    let project = Project::new();
    project.write(&outputs_with(
        "web",
        ".",
        json!({ "files": { "b": "", "a": "x" }, "once": ["b"] }),
    ));
    let expected = r#"{
  "locus": "VERSION",
  "files": [
    {
      "path": "a",
      "target": "web",
      "generator": "files",
      "plugin": "test.plugin",
      "ownership": "owned",
      "hash": "HASH",
      "origin": {
        "source": "locus.yaml",
        "line": 3
      }
    },
    {
      "path": "b",
      "target": "web",
      "generator": "files",
      "plugin": "test.plugin",
      "ownership": "once",
      "origin": {
        "source": "locus.yaml",
        "line": 3
      }
    }
  ]
}
"#;
    let hash = blake3::hash(b"x\n").to_hex();
    let expected = expected.replace("VERSION", env!("CARGO_PKG_VERSION")).replace("HASH", &hash);
    assert_eq!(project.read(".locus-manifest.json"), expected);
}

#[test]
fn only_what_differs_is_written() {
    let project = Project::new();
    project.write(&outputs(json!({ "a": "1", "b": "1" })));
    let time = project.time("gen/b");
    let report = project.write(&outputs(json!({ "a": "2", "b": "1" })));
    assert_eq!(report.changes().count(), 2);
    assert_eq!((project.read("gen/a").as_str(), project.time("gen/b")), ("2\n", time));
}

#[test]
fn an_edit_by_hand_is_never_lost() {
    let project = Project::new();
    project.write(&outputs(json!({ "a": "1", "b": "1" })));
    project.put("gen/a", "mine\n");
    let problems = project.refuse(&outputs(json!({ "a": "2", "b": "2" })));
    assert_eq!(
        problems,
        [
            "output-changed-by-hand: `gen/a` was edited since target `web` wrote it, and the edit would be lost"
        ]
    );
    let force = WriteOptions { force: true, ..WriteOptions::default() };
    let (report, problems) = project.write_with(&outputs(json!({ "a": "2", "b": "2" })), force);
    assert!(report.written && problems.is_empty());
    assert_eq!(project.read("gen/a"), "2\n");
}

#[test]
fn an_edit_that_makes_it_as_it_should_be_is_none() {
    let project = Project::new();
    project.write(&outputs(json!({ "a": "1" })));
    project.put("gen/a", "2\n");
    project.write(&outputs(json!({ "a": "2" })));
    project.put("gen/a", "2\r\n");
    let time = project.time("gen/a");
    assert!(project.write(&outputs(json!({ "a": "2" }))).up_to_date());
    assert_eq!(project.time("gen/a"), time);
    project.write(&outputs(json!({ "a": "3" })));
    assert_eq!(project.read("gen/a"), "3\n");
}

#[test]
fn a_file_of_the_user_is_never_overwritten() {
    let project = Project::new();
    project.put("gen/a", "mine\n");
    let problems = project.refuse(&outputs(json!({ "a": "1" })));
    assert_eq!(
        problems,
        [
            "output-in-the-way: target `web` would write `gen/a`, where a file stands that Locus did not write"
        ]
    );
    project.put("gen/b/mine.txt", "mine");
    project.put("gen/c", "mine");
    let problems = project.refuse(&outputs(json!({ "b": "1", "c/d": "1" })));
    assert_eq!(
        problems,
        [
            "output-in-the-way: target `web` would write `gen/b`, where a folder stands with files that Locus did not write",
            "output-in-the-way: target `web` would write `gen/c/d`, where `c` is a file and no folder",
        ]
    );
}

#[test]
fn a_lost_manifest_is_no_harm_where_files_are_up_to_date() {
    let project = Project::new();
    project.write(&outputs(json!({ "a": "1" })));
    fs::remove_file(project.root().join("gen/.locus-manifest.json")).unwrap();
    project.write(&outputs(json!({ "a": "1" })));
    project.write(&outputs(json!({ "a": "2" })));
    assert_eq!(project.read("gen/a"), "2\n");
}

#[test]
fn a_manifest_that_cannot_be_read_stops_the_build() {
    let project = Project::new();
    project.write(&outputs(json!({ "a": "1" })));
    for text in [
        "<<<<<<< HEAD",
        r#"{"locus":"1","files":[{"path":"../../etc/passwd","target":"web","generator":"g","plugin":"p","ownership":"owned"}]}"#,
    ] {
        project.put("gen/.locus-manifest.json", text);
        let problems = project.refuse(&outputs(json!({ "a": "1" })));
        assert!(
            problems[0].starts_with("output-manifest: `gen/.locus-manifest.json` is no manifest: ")
        );
    }
}

#[test]
fn files_that_are_made_once_are_the_users() {
    let project = Project::new();
    let outputs = |text: &str| {
        outputs_with("web", "gen", json!({ "files": { "a": text, "b": text }, "once": ["a"] }))
    };
    project.write(&outputs("1"));
    project.put("gen/a", "mine");
    let report = project.write(&outputs("2"));
    assert_eq!(report.files[1].action, Action::Keep);
    assert_eq!((project.read("gen/a").as_str(), project.read("gen/b").as_str()), ("mine", "2\n"));
    project.write(&outputs_with("web", "gen", json!({ "files": { "b": "2" } })));
    assert_eq!(project.read("gen/a"), "mine");
}

#[test]
fn left_over_files_go_only_while_they_are_ours() {
    let project = Project::new();
    project.write(&outputs(json!({ "old/deep/a": "1", "old/b": "1", "keep": "1" })));
    project.put("gen/old/b", "mine\n");
    project.put("gen/mine.txt", "mine\n");
    let (report, problems) =
        project.write_with(&outputs(json!({ "keep": "1" })), WriteOptions::default());
    assert!(report.written);
    assert_eq!(
        problems,
        [
            "output-changed-by-hand: `gen/old/b` is no longer generated, but it was edited: it stays, and is yours now"
        ]
    );
    assert_eq!(project.files(), ["gen/", "gen/keep", "gen/mine.txt", "gen/old/", "gen/old/b"]);
    project.write(&outputs(json!({})));
    assert_eq!(
        project.tree().into_keys().collect::<Vec<_>>(),
        ["gen/", "gen/mine.txt", "gen/old/", "gen/old/b"]
    );
}

#[test]
fn a_file_may_become_a_folder_and_a_folder_a_file() {
    let project = Project::new();
    project.write(&outputs(json!({ "x": "1", "y/z": "1" })));
    project.write(&outputs(json!({ "x/z": "2", "y": "2" })));
    assert_eq!(project.files(), ["gen/", "gen/x/", "gen/x/z", "gen/y"]);
    project.write(&outputs(json!({ "x": "1", "y/z": "1" })));
    assert_eq!(project.files(), ["gen/", "gen/x", "gen/y/", "gen/y/z"]);
}

#[test]
fn a_file_that_only_changes_its_case_is_there_afterwards() {
    let project = Project::new();
    project.write(&outputs(json!({ "Class.ts": "1" })));
    // Where case does not count, the file stands under the new name already.
    project.put("gen/class.ts", "1\n");
    let report = project.write(&outputs(json!({ "class.ts": "1" })));
    assert_eq!(
        actions(&report)[1..],
        [("gen/Class.ts", Action::Remove), ("gen/class.ts", Action::Update)]
    );
    assert_eq!(project.files(), ["gen/", "gen/class.ts"]);
    assert_eq!(project.read("gen/class.ts"), "1\n");
}

#[test]
fn targets_that_share_a_folder_leave_each_other_alone() {
    let project = Project::new();
    let one = outputs_with("one", "gen", json!({ "files": { "a": "1" } }));
    let two = outputs_with("two", "gen", json!({ "files": { "b": "1" } }));
    let both = [one.clone(), two.clone()].concat();
    project.write(&both);
    let manifest = project.read("gen/.locus-manifest.json");
    assert!(project.write(&one).up_to_date());
    assert!(project.write(&two).up_to_date());
    assert_eq!(project.read("gen/.locus-manifest.json"), manifest);
    let complete = WriteOptions { complete: true, ..WriteOptions::default() };
    let (report, problems) = project.write_with(&one, complete);
    assert!(report.written && problems.is_empty());
    assert_eq!(project.files(), ["gen/", "gen/a"]);
}

#[test]
fn check_writes_nothing_and_says_what_differs() {
    let project = Project::new();
    let check = WriteOptions { mode: Mode::Check, ..WriteOptions::default() };
    let (report, problems) = project.write_with(&outputs(json!({ "a": "1" })), check);
    assert!(!report.written && project.tree().is_empty());
    assert_eq!(
        problems,
        [
            "target-stale: target `web` is not up to date: `gen/.locus-manifest.json` is missing, `gen/a` is missing"
        ]
    );
    project.write(&outputs(json!({ "a": "1" })));
    let (report, problems) = project.write_with(&outputs(json!({ "a": "1" })), check);
    assert!(report.up_to_date() && problems.is_empty());
}

#[test]
fn diff_shows_what_would_change() {
    let project = Project::new();
    project.write(&outputs(json!({ "a": "one\ntwo\nthree", "gone": "x" })));
    let before = project.tree();
    let diff = WriteOptions { mode: Mode::Diff, ..WriteOptions::default() };
    let (report, problems) =
        project.write_with(&outputs(json!({ "a": "one\n2\nthree", "new": "y" })), diff);
    assert!(problems.is_empty() && project.tree() == before);
    assert_eq!(
        report.diff,
        "--- a/gen/a\n+++ b/gen/a\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n\
         --- a/gen/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n\
         --- /dev/null\n+++ b/gen/new\n@@ -0,0 +1 @@\n+y\n"
    );
}

/// A project with files of a first build, and the outputs of a second that changes, adds and removes some.
fn halfway() -> (Project, Vec<TargetOutput>) {
    let project = Project::new();
    project.write(&outputs(json!({ "a": "1", "b/c": "1", "gone/d": "1", "same": "1" })));
    (project, outputs(json!({ "a": "2", "b/c": "2", "new/e": "2", "same": "1" })))
}

#[test]
fn a_failure_at_any_step_leaves_everything_as_it_was() {
    let (project, outputs) = halfway();
    let before = project.tree();
    let mut steps = 0;
    loop {
        let mut count = 0;
        let (report, problems) =
            write_with(project.root(), &outputs, &WriteOptions::default(), &mut |_| {
                count += 1;
                if count > steps { Err(Error::other("the disk is full")) } else { Ok(()) }
            });
        if report.written {
            break;
        }
        assert_eq!(project.tree(), before, "failing at step {steps}");
        let problems = shown(&problems);
        assert!(
            problems[0].starts_with("output-not-written: nothing was written: `gen/"),
            "{problems:?}"
        );
        assert!(problems[0].ends_with("cannot be written: the disk is full"), "{problems:?}");
        steps += 1;
    }
    assert!(steps >= 12, "{steps}");
    assert_eq!(
        project.files(),
        ["gen/", "gen/a", "gen/b/", "gen/b/c", "gen/new/", "gen/new/e", "gen/same"]
    );
}

#[test]
fn a_build_that_was_killed_can_be_repeated() {
    for steps in 0.. {
        let (project, second) = halfway();
        let mut count = 0;
        let run = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            write_with(project.root(), &second, &WriteOptions::default(), &mut |_| {
                count += 1;
                assert!(count <= steps, "killed");
                Ok(())
            })
        }));
        let finished = run.is_ok();
        // The spec has changed once more since: neither the old nor the half-written files are edits by hand.
        project.write(&outputs(json!({ "a": "3", "b/c": "3", "new/e": "3", "same": "3" })));
        assert_eq!(
            project.files(),
            ["gen/", "gen/a", "gen/b/", "gen/b/c", "gen/new/", "gen/new/e", "gen/same"],
            "killed at step {steps}"
        );
        if finished {
            break;
        }
    }
}

#[cfg(unix)]
mod links {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn nothing_is_written_through_a_link_that_leads_out() {
        let (project, other) = (Project::new(), Project::new());
        project.put("gen/real/x", "x");
        symlink(other.root(), project.root().join("gen/sub")).unwrap();
        symlink(other.root(), project.root().join("out")).unwrap();
        let problems = project.refuse(&outputs(json!({ "sub/a": "1" })));
        assert_eq!(
            problems,
            [
                "output-path: `gen/sub/a` would be written through the link `gen/sub`, which leads out of its folder"
            ]
        );
        let problems =
            project.refuse(&outputs_with("web", "out", json!({ "files": { "a": "1" } })));
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[1].contains("through the link `out`"));
        assert!(other.tree().is_empty());
    }

    #[test]
    fn a_link_that_stays_inside_is_followed() {
        let project = Project::new();
        project.put("gen/real/x", "x");
        symlink("real", project.root().join("gen/sub")).unwrap();
        project.write(&outputs(json!({ "sub/a": "1" })));
        assert_eq!(project.read("gen/real/a"), "1\n");
    }

    #[test]
    fn a_link_in_place_of_a_file_is_not_followed() {
        let (project, other) = (Project::new(), Project::new());
        other.put("secret", "mine\n");
        project.put("gen/x", "x");
        symlink(other.root().join("secret"), project.root().join("gen/a")).unwrap();
        let problems = project.refuse(&outputs(json!({ "a": "1" })));
        assert_eq!(
            problems,
            [
                "output-in-the-way: target `web` would write `gen/a`, where a link stands that Locus did not make"
            ]
        );
        let force = WriteOptions { force: true, ..WriteOptions::default() };
        assert!(project.write_with(&outputs(json!({ "a": "1" })), force).0.written);
        assert_eq!(
            (project.read("gen/a").as_str(), other.read("secret").as_str()),
            ("1\n", "mine\n")
        );
    }

    #[test]
    fn permissions_stay_and_new_files_have_the_usual_ones() {
        let project = Project::new();
        project.write(&outputs(json!({ "a": "1", "b": "1" })));
        let mode = |path: &str| {
            fs::metadata(project.root().join(path)).unwrap().permissions().mode() & 0o777
        };
        project.put("plain", "");
        assert_eq!(mode("gen/b"), mode("plain"));
        fs::set_permissions(project.root().join("gen/a"), fs::Permissions::from_mode(0o755))
            .unwrap();
        project.write(&outputs(json!({ "a": "2", "b": "1" })));
        assert_eq!(mode("gen/a"), 0o755);
    }
}
