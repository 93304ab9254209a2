//! The pages of the diagnostic codes under `docs/codes/`, run: each example causes what its page is about and nothing else, and
//! what the page says to do about it mends it.

use std::path::Path;

use locus_diag::{Code, Severity, catalogue};
use locus_plugin::Registry;

use crate::suite::{diagnose, split};

#[test]
fn every_page_is_right() {
    let registry = crate::execute::registry();
    let codes = catalogue();
    let mut failures = strangers(&codes);
    for pair in codes.windows(2).filter(|pair| pair[0].name == pair[1].name) {
        let [one, other] = [&pair[0], &pair[1]].map(|code| code.declared_in);
        failures.push(format!("{}.md: the code is declared in {one} and in {other}", pair[0].name));
    }
    for code in &codes {
        let mended = problems_of(code, &registry).into_iter();
        failures.extend(mended.map(|problem| format!("{}.md: {problem}", code.name)));
    }
    assert!(codes.len() > 60, "only {} codes are linked", codes.len());
    assert!(failures.is_empty(), "{} to mend:\n{}", failures.len(), failures.join("\n"));
}

/// Files beside the pages that are the page of no code.
fn strangers(codes: &[Code]) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/codes");
    let names = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names
        .filter(|name| !codes.iter().any(|code| format!("{}.md", code.name) == *name))
        .map(|name| format!("{name}: no crate declares this code"))
        .collect()
}

/// What is wrong with a page.
fn problems_of(code: &Code, registry: &Registry) -> Vec<String> {
    let mut wrong = Vec::new();
    let page = code.page;
    let title =
        page.strip_prefix(&format!("# {}: ", code.name)).and_then(|rest| rest.lines().next());
    if title.is_none_or(|title| title.trim().is_empty()) {
        wrong.push(format!("begins with `# {}: ` and one line that says what it is", code.name));
    }
    for heading in ["## Example", "## Fix"] {
        if section(page, heading)
            .is_none_or(|section| prose(section).is_empty() && !section.contains("```"))
        {
            wrong.push(format!("has no `{heading}`"));
        }
    }
    match (block(page, "## Example", "yaml"), block(page, "## Example", "text")) {
        (Some(example), _) => {
            let (_, found) = diagnose(&files(&example), registry);
            if !found.iter().any(|problem| problem.code == code.name) {
                wrong.push("the example does not cause it".to_owned());
            }
            for other in found.iter().filter(|problem| problem.code != code.name) {
                wrong.push(format!("the example causes `{}`: {}", other.code, other.message));
            }
            if block(page, "## Fix", "yaml").is_none() {
                wrong.push("an example of `yaml` wants a fix of `yaml`".to_owned());
            }
        }
        (None, Some(_)) => {
            // A person who wants to see it has to be told why the page cannot show it.
            if section(page, "## Example").is_none_or(|section| prose(section).len() < 20) {
                wrong.push("says in a sentence why the example is no spec".to_owned());
            }
        }
        (None, None) => wrong.push("the example has no block of `yaml` or `text`".to_owned()),
    }
    if let Some(fixed) = block(page, "## Fix", "yaml") {
        let (_, found) = diagnose(&files(&fixed), registry);
        for problem in found.iter().filter(|problem| problem.severity != Severity::Advice) {
            wrong.push(format!("the fix causes `{}`: {}", problem.code, problem.message));
        }
    }
    wrong
}

/// The files of a block: one named `example.locus.yaml`, unless lines `# --- file: …` name them.
fn files(block: &str) -> Vec<crate::suite::File> {
    if block.starts_with("# --- file: ") {
        return split(block);
    }
    split(&format!("# --- file: example.locus.yaml\n{block}"))
}

/// The first block of a language behind a heading and before the next one.
fn block(page: &str, heading: &str, language: &str) -> Option<String> {
    let (_, code) = section(page, heading)?.split_once(&format!("```{language}\n"))?;
    let (code, _) = code.split_once("\n```")?;
    Some(format!("{code}\n"))
}

/// What stands behind a heading and before the next one.
fn section<'a>(page: &'a str, heading: &str) -> Option<&'a str> {
    let (_, section) = page.split_once(&format!("\n{heading}\n"))?;
    Some(section.split("\n## ").next().unwrap_or(section))
}

/// A section without its blocks.
fn prose(section: &str) -> String {
    let outside = section.split("```").step_by(2);
    outside.map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned()
}
