//! `locus check` with all it can do besides telling: fixes, levels, SARIF; and `locus diff` of versions in Git.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::program::{folder_with, locus};

/// Three mistakes that can be mended without asking, one of them behind another; comments and an odd layout.
const WRONG: &str = "\
# Greets.
workflows:
  greet:
    steps:
      - lgo:   { mesage: 'hi' }   # what is said
      - id: second
        logg: { message: bye }
";

const MENDED: &str = "\
# Greets.
workflows:
  greet:
    steps:
      - log:   { message: 'hi' }   # what is said
      - id: second
        log: { message: bye }
";

#[test]
fn fixes_are_made_in_place_and_told() {
    let folder = folder_with([("a.locus.yaml", WRONG)]);
    let said =
        locus(folder.path(), &["check", "--fix"]).ok().says("3 problem(s) fixed in 1 file(s)");
    assert!(said.stderr.contains("a.locus.yaml:5: replace `lgo` by `log`"), "{}", said.stderr);
    let path = folder.path().join("a.locus.yaml");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), MENDED);
    locus(folder.path(), &["check", "--fix"]).ok().says("0 problem(s) fixed in 0 file(s)");
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "something is left beside the file");
}

#[test]
fn a_dry_run_and_a_diff_write_nothing() {
    let folder = folder_with([("a.locus.yaml", WRONG)]);
    locus(folder.path(), &["check", "--fix", "--dry-run"]).ended(1).says("would be fixed");
    let said = locus(folder.path(), &["check", "--fix", "--diff"]).ended(1);
    assert!(
        said.stdout.contains("-      - lgo:   { mesage: 'hi' }   # what is said"),
        "{}",
        said.stdout
    );
    assert!(said.stdout.contains("+      - log:   { message: 'hi' }   # what is said"));
    assert_eq!(std::fs::read_to_string(folder.path().join("a.locus.yaml")).unwrap(), WRONG);
    let report =
        locus(folder.path(), &["check", "--fix", "--dry-run", "--format", "json"]).ended(1).json();
    assert_eq!(report["fixed"].as_array().unwrap().len(), 3);
    assert_eq!(report["written"], json!(false));
    locus(folder.path(), &["check", "--diff"]).ended(2);
}

#[test]
fn what_cannot_be_mended_is_left_and_told() {
    let text = format!("{WRONG}      - call: {{ workflow: nobody_has_this_name }}\n");
    let folder = folder_with([("a.locus.yaml", text)]);
    let said = locus(folder.path(), &["check", "--fix"]).ended(1).says("3 problem(s) fixed");
    assert!(said.stderr.contains("error[unknown-workflow]"), "{}", said.stderr);
    assert!(!said.stderr.contains("error[unknown-step-type]"), "{}", said.stderr);
}

#[test]
fn a_read_only_file_is_left_alone() {
    let folder = folder_with([("a.locus.yaml", WRONG)]);
    let path = folder.path().join("a.locus.yaml");
    let mut permissions = std::fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&path, permissions).unwrap();
    locus(folder.path(), &["check", "--fix"]).ended(1).says("`a.locus.yaml` cannot be written");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), WRONG);
}

#[test]
fn levels_are_raised_and_warnings_silenced() {
    // Nobody uses the section: an advice or a warning, whatever it is called.
    let spec = "workflows: { a: { steps: [ { log: { message: hi } }, { return: {} }, { log: { message: never } } ] } }\n";
    let folder = folder_with([("a.locus.yaml", spec)]);
    let report = locus(folder.path(), &["check", "--format", "json"]).json();
    let warning =
        report["diagnostics"].as_array().unwrap().iter().find(|d| d["severity"] == "warning");
    let code = warning.expect("a step that never runs is worth a warning")["code"]
        .as_str()
        .unwrap()
        .to_owned();
    locus(folder.path(), &["check"]).ok();
    locus(folder.path(), &["check", "--deny", "warnings"]).ended(1);
    locus(folder.path(), &["check", "--deny", &code]).ended(1);
    let quiet = locus(folder.path(), &["check", "--allow", &code, "--format", "json"]).ok().json();
    assert!(quiet["diagnostics"].as_array().unwrap().iter().all(|d| d["code"] != code.as_str()));
    locus(folder.path(), &["check", "--deny", "unknown-step-typ"])
        .ended(1)
        .says("did you mean `unknown-step-type`?");
    // An error stays one.
    let folder = folder_with([("a.locus.yaml", WRONG)]);
    locus(folder.path(), &["check", "--allow", "unknown-step-type"]).ended(1);
}

#[test]
fn sarif_has_the_shape_of_sarif() {
    let folder = folder_with([
        ("a.locus.yaml", WRONG),
        ("größe b.locus.yaml", "workflows: { greet: { steps: [ { log: { message: hi } } ] } }\n"),
    ]);
    let log = locus(folder.path(), &["check", "--format", "sarif"]).ended(1).json();
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().unwrap().contains("sarif-2.1.0"));
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert!(results.len() >= 3, "{results:#?}");
    let mut fingerprints = BTreeSet::new();
    for rule in rules {
        assert!(rule["helpUri"].as_str().unwrap().starts_with("https://"), "{rule}");
        assert!(rule["help"]["markdown"].as_str().unwrap().starts_with("# "), "{rule}");
        assert!(rule["shortDescription"]["text"].is_string(), "{rule}");
    }
    for result in results {
        assert_eq!(
            rules[result["rule"]["index"].as_u64().unwrap() as usize]["id"],
            result["ruleId"]
        );
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        assert!(fingerprints.insert(result["partialFingerprints"]["locusFinding/v1"].to_string()));
        for place in result["locations"].as_array().unwrap() {
            let uri = place["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
            assert!(uri.is_ascii() && !uri.contains(' ') && !uri.starts_with('/'), "{uri}");
            let region = &place["physicalLocation"]["region"];
            let number = |key: &str| region[key].as_u64().unwrap();
            assert!(number("startLine") >= 1 && number("startColumn") >= 1, "{region}");
            assert!(
                (number("endLine"), number("endColumn"))
                    >= (number("startLine"), number("startColumn"))
            );
        }
    }
    let related = results.iter().find(|result| result["ruleId"] == "duplicate-name");
    if let Some(related) = related {
        assert_eq!(related["relatedLocations"][0]["id"], 0);
    }
    let fix = results.iter().find_map(|result| result["fixes"].get(0)).unwrap();
    assert!(fix["artifactChanges"][0]["replacements"][0]["deletedRegion"].is_object(), "{fix}");
}

#[test]
fn versions_in_git_are_compared() {
    let one = "workflows: { w: { steps: [ { id: a, log: { message: hi } }, { id: b, log: { message: ho } } ] } }\n";
    let two = one.replace("message: hi", "message: hello");
    let folder = folder_with([("shop/w.locus.yaml", one), ("shop/locus.yaml", "name: shop\n")]);
    let git = |args: &[&str]| {
        let done = Command::new("git").args(args).current_dir(folder.path()).output();
        done.is_ok_and(|output| output.status.success())
    };
    let identity =
        ["-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false"];
    let commit: Vec<&str> = identity.iter().copied().chain(["commit", "-q", "-m", "one"]).collect();
    if !git(&["init", "-q"]) || !git(&["add", "."]) || !git(&commit) {
        eprintln!("skipped: `git` is not there");
        return;
    }
    std::fs::write(folder.path().join("shop/w.locus.yaml"), two).unwrap();
    let shop = folder.path().join("shop");
    let found = |folder: &Path, args: &[&str]| -> Value {
        let all: Vec<&str> = ["diff", "--json"].iter().chain(args).copied().collect();
        locus(folder, &all).ended(1).json()
    };
    for (folder, args) in [
        (shop.as_path(), &["git:HEAD"][..]),
        (folder.path(), &["git:HEAD:shop", "shop"]),
        (folder.path(), &["git:HEAD:shop/w.locus.yaml", "shop/w.locus.yaml"]),
    ] {
        let found = found(folder, args);
        assert_eq!(found["workflows"][0]["runs"]["verdict"], "only_if", "{found:#}");
        assert_eq!(found["workflows"][0]["runs"]["points"][0]["before"], "w/a", "{found:#}");
    }
    locus(&shop, &["diff", "git:HEAD", "git:HEAD"]).ok();
    locus(&shop, &["diff", "git:HEAD", "--allow", "runs"]).ok();
    locus(&shop, &["diff", "git:nothing"]).ended(1).says("cannot be read from Git");
    locus(&shop, &["diff", "git:--all"]).ended(1).says("is no revision");
}
