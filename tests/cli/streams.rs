//! Results on standard output and all else on standard error; colours where they are wanted; readers that go away.

use std::process::Stdio;

use super::{TYPED, new_project, typed, unread};
use crate::program::{folder_with, locus};

/// What begins a colour.
const ESCAPE: char = '\u{1b}';

#[test]
fn results_alone_are_on_standard_output() {
    let folder = new_project();
    let shop = folder.path().join("shop");
    // Command, whether it says something on standard output, and whether on standard error.
    for (args, result, notes) in [
        (&["check"][..], false, true),
        (&["check", "--format", "json"], true, false),
        (&["run"], true, true),
        (&["run", "--quiet"], true, false),
        (&["build"], true, true),
        (&["build", "--diff"], false, false),
        (&["graph"], true, false),
        (&["ids"], true, false),
        (&["plugin", "list"], true, false),
        (&["explain"], true, false),
        (&["runs", "list"], true, false),
        (&["runs", "list", "--state", "failed"], false, true),
        (&["runs", "resume"], false, true),
        (&["--version"], true, false),
        (&["--help"], true, false),
    ] {
        let said = locus(&shop, args).ok();
        assert_eq!(!said.stdout.is_empty(), result, "{args:?}: {}", said.stdout);
        assert_eq!(!said.stderr.is_empty(), notes, "{args:?}: {}", said.stderr);
    }
    for args in
        [&["run", ".", "nope"][..], &["runs", "show", "nope"], &["check", "nope"], &["frob"]]
    {
        let said = locus(&shop, args);
        assert_eq!(said.stdout, "", "{args:?}");
        assert!(!said.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn a_pipe_gets_no_colours_unless_it_wants_them() {
    let folder = new_project();
    let shop = folder.path().join("shop");
    std::fs::write(shop.join("bad.locus.yaml"), "workflows: { a: { steps: [ { lgo: {} } ] } }\n")
        .unwrap();
    for args in [
        &["check"][..],
        &["plugin", "list"],
        &["explain"],
        &["run", ".", "nope"],
        &["--help"],
        &["frob"],
    ] {
        let plain = locus(&shop, args);
        assert!(!(plain.stdout.clone() + &plain.stderr).contains(ESCAPE), "{args:?}");
        let never = locus(&shop, &[&["--color", "never"], args].concat());
        assert_eq!((never.stdout, never.stderr), (plain.stdout, plain.stderr), "{args:?}");
    }
    let colored = |args: &[&str]| {
        let said = locus(&shop, &[args, &["--color", "always"]].concat());
        said.stdout + &said.stderr
    };
    for args in [&["check"][..], &["plugin", "list"]] {
        assert!(colored(args).contains(ESCAPE), "{args:?}");
    }
    // JSON and pages are for programs and pagers, whatever is wanted.
    for args in [
        &["check", "--format", "json"][..],
        &["plugin", "list", "--json"],
        &["explain", "no-specs"],
    ] {
        assert!(!colored(args).contains(ESCAPE), "{args:?}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let folder = new_project();
    std::fs::write(
        folder.path().join("shop/bad.locus.yaml"),
        "workflows: { a: { steps: [ { lgo: {} } ] } }\n",
    )
    .unwrap();
    let typed = typed();
    for (folder, args, code) in [
        (&typed, &["explain"][..], 0),
        (&typed, &["explain", "no-specs"], 0),
        (&typed, &["plugin", "list", "--json"], 0),
        (&typed, &["ids"], 0),
        (&typed, &["graph"], 0),
        (&typed, &["--help"], 0),
        (&typed, &["run", "order.locus.yaml", "--set", "customer=Ada"], 0),
        (&folder, &["check", "shop"], 1),
        (&folder, &["check", "shop", "--format", "json"], 1),
        (&folder, &["frob"], 2),
    ] {
        let mut child =
            unread(folder, args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let said = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&said.stderr);
        assert!(!stderr.contains("panicked"), "{args:?}: {stderr}");
        assert_eq!(said.status.code(), Some(code), "{args:?} without stdout: {stderr}");

        let mut child =
            unread(folder, args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stderr.take());
        let said = child.wait_with_output().unwrap();
        assert_eq!(said.status.code(), Some(code), "{args:?} without stderr");
    }
}

#[test]
fn a_spec_may_be_named_in_any_way() {
    let folder = folder_with([("specs/größe/a b.locus.yaml", TYPED), ("specs/notes.txt", TYPED)]);
    let root = folder.path();
    for spec in [
        "specs",
        "specs/",
        "./specs",
        "specs/größe/a b.locus.yaml",
        "specs/../specs",
        "specs/notes.txt",
    ] {
        locus(root, &["check", spec]).ok().says("1 workflow(s)");
    }
    let absolute = root.join("specs");
    locus(root, &["check", absolute.to_str().unwrap()]).ok().says("1 workflow(s)");
}
