//! Mistakes planted in the orders example, one by one: each is found, alone, with the words a person would point at.
//!
//! A case is a page `planted/<mistake>.md`: what a hurried author changed, as a ```` ```diff FILE ```` block whose lines stand in
//! that file exactly once, and what Locus says then, one line a report: severity and code, the marked words, the message. `BLESS=1` rewrites
//! the reports.

use std::path::{Path, PathBuf};

use locus_compiler::compile_in;
use locus_diag::Severity;
use locus_plugin::Registry;
use locus_syntax::MemoryWorld;

/// A file of the example: its path in the project, and its text.
type File = (String, String);

#[test]
fn every_planted_mistake_is_found_where_it_is() {
    let bless = std::env::var_os("BLESS").is_some();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = files(&here.join("../examples/orders"));
    let registry = crate::execute::registry();
    let clean = reports(&files, &registry);
    assert!(clean.is_empty(), "a false alarm on the example itself:\n{}", clean.join("\n"));

    let mut cases: Vec<PathBuf> = std::fs::read_dir(here.join("planted"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    cases.sort();
    assert!(cases.len() >= 20, "only {} mistakes are planted", cases.len());
    let mut failures = Vec::new();
    for path in cases {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let page = std::fs::read_to_string(&path).unwrap();
        let found = match plant(&page, &files) {
            Ok(files) => reports(&files, &registry),
            Err(problem) => {
                failures.push(format!("{name}: {problem}"));
                continue;
            }
        };
        if found.is_empty() {
            failures.push(format!("{name}: nothing is said"));
            continue;
        }
        let blessed = with_reports(&page, &found);
        if bless {
            std::fs::write(&path, blessed).unwrap();
        } else if blessed != page {
            let diff = similar::TextDiff::from_lines(&page, &blessed);
            failures.push(format!("{name}:\n{}", diff.unified_diff()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// The specs and the manifest of a project.
fn files(folder: &Path) -> Vec<File> {
    let mut files: Vec<File> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// The files with the change of a page made.
fn plant(page: &str, files: &[File]) -> Result<Vec<File>, String> {
    let mut files = files.to_vec();
    let mut changes = 0;
    for block in page.split("```diff ").skip(1) {
        let (block, _) = block.split_once("```").ok_or("a block is not closed")?;
        let (name, lines) = block.split_once('\n').ok_or("a block is empty")?;
        let file = files.iter_mut().find(|(file, _)| file == name.trim());
        let (_, text) = file.ok_or_else(|| format!("there is no file `{name}`"))?;
        let side = |sign: char| -> String {
            let lines = lines.split_inclusive('\n');
            lines.filter_map(|line| line.strip_prefix([sign, ' '])).collect()
        };
        let (before, after) = (side('-'), side('+'));
        if before == after {
            return Err("the change changes nothing".to_owned());
        }
        if text.matches(&before).count() != 1 {
            return Err(format!("these lines do not stand in {name} exactly once:\n{before}"));
        }
        *text = text.replacen(&before, &after, 1);
        changes += 1;
    }
    if changes == 0 { Err("it changes nothing".to_owned()) } else { Ok(files) }
}

/// What Locus says, a line each.
fn reports(files: &[File], registry: &Registry) -> Vec<String> {
    let world = MemoryWorld::new(files.iter().cloned());
    let compilation = compile_in(&world, "", registry);
    let line = |diagnostic: &locus_diag::Diagnostic| {
        let severity = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Advice => "advice",
        };
        let marked = diagnostic.primary().and_then(|span| {
            let text = &compilation.sources.get(span.source)?.text;
            text.get(span.range())?.lines().next()
        });
        let marked = marked.unwrap_or_default();
        format!("{severity}[{}] at `{marked}`: {}", diagnostic.code, diagnostic.message)
    };
    compilation.diagnostics.iter().map(line).collect()
}

/// The page with these reports in its `text` block.
fn with_reports(page: &str, reports: &[String]) -> String {
    let head = page.split("```text\n").next().unwrap_or_default().trim_end();
    format!("{head}\n\n```text\n{}\n```\n", reports.join("\n"))
}
