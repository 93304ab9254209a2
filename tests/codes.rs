//! The pages of the diagnostic codes under `docs/codes/`, run: each example causes what its page is about and nothing else, and
//! what the page says to do about it mends it.

use std::path::Path;

use locus_diag::{Severity, catalogue};

use crate::suite::{diagnose, split};

#[test]
fn every_page_is_right() {
    let registry = crate::execute::registry();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/codes");
    let codes = catalogue();
    let mut failures = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let code = name.trim_end_matches(".md");
        if !codes.iter().any(|known| known.name == code) {
            failures.push(format!("{name}: no crate declares this code"));
        }
    }
    for code in &codes {
        let mut wrong = |what: String| failures.push(format!("{}.md: {what}", code.name));
        if !code.page.starts_with(&format!("# {}: ", code.name)) {
            wrong(format!("begins with `# {}: ` and one line that says what it is", code.name));
        }
        for section in ["## Example", "## Fix"] {
            if !code.page.contains(&format!("\n{section}\n")) {
                wrong(format!("has no `{section}`"));
            }
        }
        if let Some(example) = block(code.page, "## Example", "yaml") {
            let (_, found) = diagnose(&files(&example), &registry);
            let others: Vec<_> = found.iter().filter(|d| d.code != code.name).collect();
            if found.is_empty() {
                wrong("the example causes nothing".to_owned());
            }
            for other in others {
                wrong(format!("the example causes `{}`: {}", other.code, other.message));
            }
        } else if block(code.page, "## Example", "text").is_none() {
            wrong("the example has no block of `yaml` or `text`".to_owned());
        }
        if let Some(fixed) = block(code.page, "## Fix", "yaml") {
            let (_, found) = diagnose(&files(&fixed), &registry);
            for problem in found.iter().filter(|d| d.severity != Severity::Advice) {
                wrong(format!("the fix causes `{}`: {}", problem.code, problem.message));
            }
        }
    }
    assert!(failures.is_empty(), "{} to mend:\n{}", failures.len(), failures.join("\n"));
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
    let (_, section) = page.split_once(&format!("\n{heading}\n"))?;
    let section = section.split("\n## ").next().unwrap_or(section);
    let (_, code) = section.split_once(&format!("```{language}\n"))?;
    let (code, _) = code.split_once("\n```")?;
    Some(format!("{code}\n"))
}
