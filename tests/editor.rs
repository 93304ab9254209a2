//! What editors get: answers of `locus lsp`, case by case in `editor/`, through the real program; the JSON Schema of the language; `locus fmt`.
//!
//! A case has a spec with the mark `‸` where the cursor is, maybe more files, and what is asked: `## Completion`, `## Hover`,
//! `## Definition`, `## References`, `## Rename to NAME`, `## Outline`, `## Actions`, `## Format` or `## Diagnostics`, each with what is answered.

mod fmt;
mod laws;
mod others;
mod schema;
mod session;
mod shown;

use std::path::Path;

use session::Session;

/// Where the cursor is.
const MARK: char = '‸';

/// The file that the spec of a case is.
const MAIN: &str = "main.locus.yaml";

#[test]
fn every_case_is_answered_as_told() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("editor");
    let mut cases: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    cases.sort();
    assert!(cases.len() >= 30, "only {} cases found in {}", cases.len(), folder.display());
    let mut failures = Vec::new();
    for path in &cases {
        let text = std::fs::read_to_string(path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy();
        match run_case(&text) {
            Ok(blessed) if blessed == text => {}
            Ok(blessed) if std::env::var_os("BLESS").is_some() => {
                std::fs::write(path, blessed).unwrap();
            }
            Ok(blessed) => {
                let diff = similar::TextDiff::from_lines(&text, &blessed);
                failures.push(format!("{name}:\n{}", diff.unified_diff()));
            }
            Err(problem) => failures.push(format!("{name}: {problem}")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// The case with what was answered in the place of its expectations.
fn run_case(text: &str) -> Result<String, String> {
    let sections = sections(text);
    let files: Vec<(&str, &str)> = sections
        .iter()
        .filter_map(|section| match section.title.strip_prefix("File: ") {
            Some(name) => Some((name, section.body)),
            None if section.title == "Spec" => Some((MAIN, section.body)),
            None => None,
        })
        .collect();
    let (open, marked) = files
        .iter()
        .find(|(_, text)| text.contains(MARK))
        .or(files.first())
        .ok_or("there is no section `## Spec`")?;
    let offset = marked.find(MARK).unwrap_or(0);
    let plain = marked.replace(MARK, "");
    let others = files.iter().filter(|(name, _)| name != open);
    let mut session = Session::start(others.map(|(name, text)| (*name, *text)));
    session.open(open, &plain);
    let mut blessed = text.to_owned();
    for section in &sections {
        if section.title == "Spec" || section.title.starts_with("File: ") {
            continue;
        }
        let answer = shown::answer(&mut session, section.title, open, &plain, offset)?;
        let before = format!("## {}\n{}", section.title, section.fence);
        let at = blessed.find(&before).ok_or("a section is not found again")? + before.len();
        let end = at + section.body.len();
        blessed.replace_range(at..end, &answer);
    }
    session.end();
    Ok(blessed)
}

/// A part of a case.
struct Section<'t> {
    title: &'t str,
    /// All from the title to the first line of the body.
    fence: &'t str,
    body: &'t str,
}

fn sections(text: &str) -> Vec<Section<'_>> {
    let mut sections = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("\n## ") {
        rest = &rest[at + 4..];
        let (title, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let Some(open) = after.find("```") else { continue };
        let begin = open + after[open..].find('\n').map_or(0, |end| end + 1);
        let Some(length) = after[begin..].find("```") else { continue };
        let (fence, body) = (&after[..begin], &after[begin..begin + length]);
        sections.push(Section { title, fence, body });
        rest = &after[begin + length..];
    }
    sections
}
