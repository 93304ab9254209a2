//! Files that are no files, files that may not be read, disks that are full or may not be written. What was there before stays as
//! it was.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{GOOD, files_below};
use crate::program::{LOCUS, Said, command, copy_folder, folder_with, locus, workspace};

/// The contents of all files of a project, with those that builds and runs leave in between.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    files_below(folder)
        .into_iter()
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect()
}

/// The orders example, built.
fn built() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy_folder(&workspace().join("examples/orders"), folder.path());
    locus(folder.path(), &["build"]).ok();
    folder
}

/// Changes the specs so that most generated files change.
fn edit(project: &Path) {
    let path = project.join("models.locus.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let edited =
        text.replace("Something the shop sells", "Sold").replace("unit_price", "price_of_one");
    assert_ne!(text, edited);
    std::fs::write(path, edited).unwrap();
}

/// Runs `locus` in a folder where files end after so many bytes, as on a full disk.
fn with_files_up_to(bytes: u64, folder: &Path, args: &str) -> Said {
    // Blocks of 512 bytes, as POSIX says. Without the trap the system would end the process.
    let blocks = bytes / 512;
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" {args}");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script, LOCUS]).current_dir(folder).env_remove("NO_COLOR");
    shell.output().unwrap().into()
}

/// Runs `locus` as a user who owns nothing; `None` where that cannot be done.
#[expect(clippy::print_stderr, reason = "a check that is left out must be seen in the log")]
fn as_a_stranger(folder: &TempDir, args: &[&str]) -> Option<Said> {
    let user = Command::new("id").arg("-u").output().ok()?;
    if String::from_utf8_lossy(&user.stdout).trim() != "0" {
        // Permissions bind this user already.
        return Some(locus(folder.path(), args));
    }
    // The command must lie where strangers may look.
    let public = tempfile::tempdir().unwrap();
    let program = public.path().join("locus");
    if std::fs::hard_link(LOCUS, &program).is_err() {
        std::fs::copy(LOCUS, &program).unwrap();
    }
    for path in [public.path(), folder.path()] {
        let mode = std::fs::metadata(path).unwrap().permissions().mode();
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode | 0o055)).unwrap();
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    command.arg(&program).args(args).current_dir(folder.path()).env_remove("NO_COLOR");
    match command.output() {
        Ok(output) if output.status.code() != Some(127) => Some(output.into()),
        _ => {
            eprintln!(
                "not checked: root may do everything, and there is no `setpriv` to be another user"
            );
            None
        }
    }
}

#[test]
fn a_huge_file_is_refused_unread() {
    let folder = folder_with([("good.locus.yaml", GOOD)]);
    let file = std::fs::File::create(folder.path().join("huge.locus.yaml")).unwrap();
    // Nothing of it is on the disk; no machine could read the first size in time.
    if file.set_len(1 << 40).is_err() {
        file.set_len(100 << 20).unwrap();
    }
    let begun = Instant::now();
    let said = locus(folder.path(), &["check"]).ended(1);
    said.says("[file-too-large]").says("`huge.locus.yaml` has").says("help: ");
    locus(folder.path(), &["check", "huge.locus.yaml"]).ended(1).says("[file-too-large]");
    assert!(begun.elapsed() < Duration::from_secs(10), "took {:?}", begun.elapsed());
}

#[test]
fn a_folder_without_specs_says_what_it_lacks() {
    let empty = tempfile::tempdir().unwrap();
    for command in ["check", "run", "build", "graph", "ids"] {
        let said = locus(empty.path(), &[command]).ended(1);
        said.says("[no-specs]").says(".locus.yaml").says("help: ");
    }
    let near = folder_with([("shop.locus.yml", GOOD), (".hidden.locus.yaml", GOOD)]);
    locus(near.path(), &["check"]).ended(1).says("rename `shop.locus.yml`");
    let only_manifest = folder_with([("locus.yaml", "name: shop\nlanguage: 1\n")]);
    locus(only_manifest.path(), &["check"]).ended(1).says("[no-specs]");
    locus(empty.path(), &["check", "nowhere/at/all.locus.yaml"])
        .ended(1)
        .says("[unreadable-file]")
        .says("help: ");
}

#[test]
fn what_is_no_file_is_not_read() {
    let folder = folder_with([("good.locus.yaml", GOOD)]);
    let at = |name: &str| folder.path().join(name);
    symlink("nowhere.yaml", at("dangling.locus.yaml")).unwrap();
    symlink("circle.locus.yaml", at("circle.locus.yaml")).unwrap();
    symlink("/dev/zero", at("endless.locus.yaml")).unwrap();
    symlink(".", at("folders.locus.yaml")).unwrap();
    std::os::unix::net::UnixListener::bind(at("socket.locus.yaml")).unwrap();
    let pipe = Command::new("mkfifo").arg(at("pipe.locus.yaml")).status();
    let begun = Instant::now();
    let said = locus(folder.path(), &["check"]).ended(1);
    let mut unreadable = vec!["dangling", "circle", "endless", "socket"];
    unreadable.extend(pipe.is_ok_and(|made| made.success()).then_some("pipe"));
    for name in &unreadable {
        let message = format!("`{name}.locus.yaml` cannot be read: ");
        assert!(said.stderr.contains(&message), "{name}: {}", said.stderr);
        locus(folder.path(), &["check", &format!("{name}.locus.yaml")])
            .ended(1)
            .says("[unreadable-file]");
    }
    assert_eq!(
        said.stderr.matches("[unreadable-file]").count(),
        unreadable.len(),
        "{}",
        said.stderr
    );
    assert!(begun.elapsed() < Duration::from_secs(20), "took {:?}", begun.elapsed());

    let folder = folder_with([("good.locus.yaml", GOOD), ("locus.yaml/inside", "")]);
    locus(folder.path(), &["check"]).ended(1).says("`locus.yaml` cannot be read: it is a folder");
}

#[test]
fn a_file_that_may_not_be_read_is_named() {
    let folder = folder_with([
        ("good.locus.yaml", GOOD),
        ("secret.locus.yaml", GOOD),
        ("closed/a.locus.yaml", GOOD),
    ]);
    for (name, mode) in
        [("good.locus.yaml", 0o644), ("secret.locus.yaml", 0o000), ("closed", 0o000)]
    {
        std::fs::set_permissions(folder.path().join(name), PermissionsExt::from_mode(mode))
            .unwrap();
    }
    if let Some(said) = as_a_stranger(&folder, &["check"]) {
        let said = said.ended(1).says("`secret.locus.yaml` cannot be read: permission denied");
        said.says("`closed` cannot be read: permission denied").says("help: let this user read it");
    }
    std::fs::set_permissions(folder.path().join("closed"), PermissionsExt::from_mode(0o755))
        .unwrap();
}

#[test]
fn a_build_on_a_full_disk_leaves_everything_as_it_was() {
    let project = built();
    edit(project.path());
    let before = contents(project.path());
    // Room for some of the files, not for all.
    for bytes in [0, 512, 4096, 8192] {
        let said = with_files_up_to(bytes, project.path(), "build").ended(1);
        let said = said.says("[output-not-written]").says("nothing was written").says("help: ");
        assert_eq!(said.stdout, "", "a change that was not made");
        // The names of temporary files are ours, and random.
        assert!(!said.stderr.contains(".locus-") || said.stderr.contains(".locus-manifest"));
        assert!(!said.stderr.contains(&project.path().display().to_string()), "{}", said.stderr);
        assert!(contents(project.path()) == before, "with {bytes} bytes: files have changed");
        let json = with_files_up_to(bytes, project.path(), "build --json").ended(1).json();
        assert_eq!(json["written"], false);
    }
    locus(project.path(), &["build"]).ok();
    locus(project.path(), &["build", "--check"]).ok();
}

#[test]
fn a_first_build_on_a_full_disk_leaves_nothing() {
    let project = tempfile::tempdir().unwrap();
    copy_folder(&workspace().join("examples/orders"), project.path());
    with_files_up_to(4096, project.path(), "build").ended(1).says("[output-not-written]");
    assert!(!project.path().join("generated").exists());
}

#[test]
fn a_build_where_nothing_may_be_written_says_so() {
    let project = built();
    edit(project.path());
    let before = contents(project.path());
    let folders = [
        "generated",
        "generated/api",
        "generated/client",
        "generated/docs",
        "generated/docs/workflows",
    ];
    for folder in folders {
        std::fs::set_permissions(project.path().join(folder), PermissionsExt::from_mode(0o555))
            .unwrap();
    }
    let said = as_a_stranger(&project, &["build"]);
    for folder in folders {
        std::fs::set_permissions(project.path().join(folder), PermissionsExt::from_mode(0o755))
            .unwrap();
    }
    if let Some(said) = said {
        let said =
            said.ended(1).says("[output-not-written]").says("Permission denied").says("help: ");
        assert_eq!(said.stdout, "");
        assert!(contents(project.path()) == before, "files have changed");
    }
}

#[test]
fn builds_at_the_same_time_do_not_disturb_each_other() {
    let project = built();
    edit(project.path());
    let builds: Vec<_> = (0..4)
        .map(|_| {
            let mut build = command(LOCUS, project.path(), &["build", "--json"]);
            build.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for build in builds {
        Said::from(build.wait_with_output().unwrap()).ok();
    }
    locus(project.path(), &["build", "--check"]).ok();
    let left = files_below(project.path()).into_iter().map(|path| path.display().to_string());
    assert_eq!(
        left.filter(|path| path.contains("/.locus-") && !path.ends_with(".json")).count(),
        0
    );
}

#[test]
fn a_run_where_nothing_may_be_written_says_so() {
    let project = folder_with([("good.locus.yaml", GOOD)]);
    std::fs::set_permissions(project.path(), PermissionsExt::from_mode(0o555)).unwrap();
    let said = as_a_stranger(&project, &["run"]);
    std::fs::set_permissions(project.path(), PermissionsExt::from_mode(0o755)).unwrap();
    if let Some(said) = said {
        said.ended(1).says("cannot make the folder").says("`--store FILE`");
        assert_eq!(files_below(project.path()).len(), 1);
    }
}

const COUNT: &str = r#"
workflows:
  count:
    steps:
      - id: all
        loop:
          times: 300
          steps:
            - { log: { message: counting }, output: "${ .result }" }
            - { set: { last: "${ $index }" }, output: "${ $index }" }
    output: "${ .steps.all | add }"
"#;

#[test]
fn a_run_whose_disk_gets_full_goes_on_when_there_is_room() {
    let project = folder_with([("count.locus.yaml", COUNT)]);
    let run = "run count.locus.yaml --quiet --run-id one";
    // Room for the tables and the first records, not for all of them.
    let said = with_files_up_to(800_000, project.path(), run).ended(1);
    assert_eq!(said.stdout, "");
    said.says("[store_").says("help: ").says("what is recorded is safe");
    let runs = locus(project.path(), &["runs", "list", "--json"]).ok().json();
    assert_eq!(runs[0]["state"], "interrupted", "{runs}");
    let output = locus(project.path(), &["runs", "resume", "one", "--quiet"]).ok().json();
    assert_eq!(output, 300 * 299 / 2);
    // Not even room to begin: neither for the tables, nor for the first record behind them.
    for bytes in [512, 150_000, 270_000] {
        let none = folder_with([("count.locus.yaml", COUNT)]);
        with_files_up_to(bytes, none.path(), run).ended(1).says("[store_").says("help: ");
        let runs = locus(none.path(), &["runs", "list", "--json"]).ok().json();
        assert_eq!(runs, serde_json::json!([]), "with {bytes} bytes");
        let output = locus(none.path(), &["run", "count.locus.yaml", "-q"]).ok().json();
        assert_eq!(output, 300 * 299 / 2);
    }
}

/// A disk that really is full, where the system lets a test have one of its own.
#[test]
fn a_tiny_disk() {
    let project = built();
    std::fs::write(project.path().join("count.locus.yaml"), COUNT).unwrap();
    let script = r#"
set -e
mkdir disk
mount -t tmpfs -o size=700k tmpfs disk 2>/dev/null || exit 99
cp -r *.yaml generated disk/
cd disk
code() { set +e; "$@" 2>&1; echo "code $?"; set -e; }
echo "== run"
code "$0" run count.locus.yaml --quiet --run-id one
dd if=/dev/zero of=filler bs=1k 2>/dev/null || true
sed -i.old 's/Something the shop sells/Sold/' models.locus.yaml 2>/dev/null || cp ../models.locus.yaml .
echo "== build"
code "$0" build --force
mount -o remount,size=20m disk 2>/dev/null || mount -o remount,size=20m "$PWD"
echo "== resume"
code "$0" runs resume one --quiet
"#;
    let mut shell = Command::new("unshare");
    shell.args(["-m", "sh", "-c", script, LOCUS]).current_dir(project.path());
    let said: Said = match shell.output() {
        Ok(output) if output.status.code() == Some(0) => output.into(),
        _ => {
            eprintln!("not checked: this user may not mount a disk");
            return;
        }
    };
    let parts: Vec<&str> = said.stdout.split("== ").collect();
    let part = |name: &str| *parts.iter().find(|part| part.starts_with(name)).unwrap_or(&"");
    assert!(
        part("run").contains("[store_full]") && part("run").contains("code 1"),
        "{}",
        said.stdout
    );
    assert!(part("resume").contains("44850\ncode 0"), "{}", said.stdout);
    let build = part("build");
    assert!(build.contains("code 0") || build.contains("[output-not-written]"), "{}", said.stdout);
}
