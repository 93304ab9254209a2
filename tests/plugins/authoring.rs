//! Plugins from `locus plugin new`: what is made, and that all of it compiles, passes its tests and works in its host.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::program::{LOCUS, command, locus, workspace};

const TEMPLATES: [&str; 6] = ["step", "control", "generator", "hooks", "front-end", "full"];

/// A plugin of a template, against this tree.
fn made(template: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let name = format!("acme.{template}");
    let locus_at = workspace().display().to_string();
    locus(folder.path(), &["plugin", "new", &name, "--template", template, "--locus", &locus_at])
        .ok();
    let plugin = folder.path().join(format!("acme-{template}"));
    (folder, plugin)
}

#[test]
fn every_template_makes_a_whole_crate() {
    for template in TEMPLATES {
        let (_folder, plugin) = made(template);
        for file in [
            "Cargo.toml",
            "README.md",
            ".gitignore",
            "src/lib.rs",
            "host/src/main.rs",
            "specs/locus.yaml",
        ] {
            let text = std::fs::read_to_string(plugin.join(file)).unwrap();
            // Nothing is left to fill in.
            for word in
                ["@name@", "@id@", "@package@", "@crate@", "@Plugin@", "@rows@", "@mods@", "@try@"]
            {
                assert!(!text.contains(word), "{template}: {file} has `{word}`:\n{text}");
            }
        }
        let lib = std::fs::read_to_string(plugin.join("src/lib.rs")).unwrap();
        assert!(lib.contains(&format!("id = \"acme.{template}\"")), "{lib}");
    }
}

#[test]
fn names_that_cannot_be_are_refused_and_nothing_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    for (name, says) in [
        ("chat", "`acme.chat`"),
        ("Acme.Chat", "lower-case"),
        ("acme.", "lower-case"),
        ("locus.chat", "your own name"),
    ] {
        locus(folder.path(), &["plugin", "new", name]).ended(1).says(says);
    }
    locus(folder.path(), &["plugin", "new", "acme.chat", "--locus", "nowhere"])
        .ended(1)
        .says("holds no Locus");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    std::fs::create_dir(folder.path().join("acme-chat")).unwrap();
    locus(folder.path(), &["plugin", "new", "acme.chat"]).ended(1).says("another name");
    assert_eq!(std::fs::read_dir(folder.path().join("acme-chat")).unwrap().count(), 0);
}

#[test]
fn the_built_in_plugins_have_nothing_to_mend_and_a_manual() {
    let folder = tempfile::tempdir().unwrap();
    for id in ["locus.steps", "locus.generators"] {
        let said = locus(folder.path(), &["plugin", "check", id]).ok();
        assert!(said.stdout.contains("nothing to mend"), "{}", said.stdout);
    }
    locus(folder.path(), &["plugin", "check", "locus.step"])
        .ended(1)
        .says("did you mean `locus.steps`");
    locus(folder.path(), &["plugin", "check"]).ended(1).says("besides the built-in ones");
    let said = locus(folder.path(), &["plugin", "docs", "--out", "manual"]).ok();
    assert!(said.stdout.contains("locus.steps.md"), "{}", said.stdout);
    let manual = std::fs::read_to_string(folder.path().join("manual/locus.steps.md")).unwrap();
    assert!(
        manual.contains("## Step type `loop`") && manual.contains("| `concurrency` |"),
        "{manual}"
    );
}

/// Compiles each template and runs its tests, and plays the tutorial, whose plugin is the first of them. Minutes: in CI, or where `LOCUS_SLOW` is set.
#[test]
fn every_template_compiles_and_the_tutorial_is_true() {
    if std::env::var_os("CI").is_none() && std::env::var_os("LOCUS_SLOW").is_none() {
        eprintln!("not checked: the templates of `locus plugin new`; set LOCUS_SLOW=1");
        return;
    }
    tutorial();
    for template in &TEMPLATES[1..] {
        let (_folder, plugin) = made(template);
        cargo(&plugin, &["test"]);
    }
}

/// Types what the tutorial types, and looks for what it shows.
fn tutorial() {
    let text = std::fs::read_to_string(workspace().join("docs/plugins/tutorial.md")).unwrap();
    let (folder, mut at) = (tempfile::tempdir().unwrap(), PathBuf::new());
    let (mut console, mut said, mut commands) = (false, String::new(), 0);
    for line in text.lines() {
        match line.strip_prefix("$ ") {
            _ if line.starts_with("```") => console = line == "```console",
            _ if !console => {}
            None => assert!(said.contains(line), "no `{line}` in:\n{said}"),
            Some(typed) => {
                commands += 1;
                let words: Vec<&str> = typed.split(' ').collect();
                said = match words[0] {
                    "cd" => {
                        at = folder.path().join(words[1]);
                        String::new()
                    }
                    "locus" => {
                        let place = workspace().display().to_string();
                        let args = words[1..]
                            .iter()
                            .map(|word| if *word == "../locus" { &place } else { *word });
                        locus(folder.path(), &args.collect::<Vec<_>>()).ok().stderr
                    }
                    _ => cargo(&at, &words[1..]),
                };
            }
        }
    }
    assert!(commands > 5, "the tutorial shows only {commands} commands");
    // The same, from outside.
    let output = command(LOCUS, &at, &["plugin", "check", "."])
        .env("CARGO_TARGET_DIR", target())
        .env("CARGO_NET_OFFLINE", "true")
        .env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What this tree is built into.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned()
}

/// Cargo in a folder of its own, with what this tree has built and fetched already.
fn cargo(folder: &Path, args: &[&str]) -> String {
    std::fs::copy(workspace().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(args)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target())
        .env("CARGO_NET_OFFLINE", "true")
        .env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "cargo {args:?}:\n{said}");
    said
}
