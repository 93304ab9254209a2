//! Specs that stand in prose are specs: what `docs/language`, the READMEs and the documentation of the plugins show is checked
//! like a user's file.

use std::path::Path;

use locus_compiler::compile_in;
use locus_diag::{Severity, SourceId};
use locus_plugin::Registry;
use locus_syntax::{MemoryWorld, parse_yaml};

use crate::program::workspace;

/// A block with one of these keys at the top is a whole spec; any other is a part of one.
const SECTIONS: [&str; 7] =
    ["workflows", "models", "schemas", "connections", "pages", "components", "tests"];

/// The line that begins a file, in a block of several.
const FILE: &str = "# --- file: ";

/// What a manifest is checked with.
const TRIVIAL: &str = "workflows: { greet: { steps: [ { log: { message: hello } } ] } }\n";

#[test]
fn what_the_manual_shows_is_right() {
    let registry = crate::execute::registry();
    let mut pages = pages_in(&workspace().join("docs/language"));
    assert!(pages.len() >= 2, "the manual is gone");
    for readme in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = std::fs::read_to_string(workspace().join(readme)).unwrap();
        pages.push((readme.to_owned(), text));
    }
    let checked = check_all(&pages, &registry);
    assert!(checked > 10, "only {checked} blocks were found");
}

#[test]
fn what_the_documentation_of_plugins_shows_is_right() {
    let registry = crate::execute::registry();
    let steps = registry.steps().map(|entry| (&entry.ty.name, &entry.ty.docs));
    let generators = registry.generators().map(|entry| (&entry.meta.name, &entry.meta.docs));
    let pages: Vec<(String, String)> =
        steps.chain(generators).map(|(name, docs)| (name.clone(), docs.clone())).collect();
    let checked = check_all(&pages, &registry);
    assert!(checked > 10, "only {checked} blocks were found");
}

/// Checks every block of every page, and gives their number.
fn check_all(pages: &[(String, String)], registry: &Registry) -> usize {
    let mut checked = 0;
    let mut failures = Vec::new();
    for (page, text) in pages {
        for (line, block) in blocks(text) {
            checked += 1;
            failures.extend(
                problems_of(&block, registry)
                    .into_iter()
                    .map(|problem| format!("{page}:{line}: {problem}")),
            );
        }
    }
    assert!(failures.is_empty(), "{} to mend:\n{}", failures.len(), failures.join("\n"));
    checked
}

fn problems_of(block: &str, registry: &Registry) -> Vec<String> {
    if block.starts_with(FILE) {
        let files = block.split(FILE).skip(1).filter_map(|part| part.split_once('\n'));
        return problems_in(&files.collect::<Vec<_>>(), registry);
    }
    if block.starts_with("# locus.yaml") {
        return problems_in(&[("locus.yaml", block), ("trivial.locus.yaml", TRIVIAL)], registry);
    }
    let (documents, problems) = parse_yaml(SourceId(0), block);
    let is_whole = documents
        .iter()
        .filter_map(|document| document.as_mapping())
        .flatten()
        .any(|entry| SECTIONS.contains(&entry.key.value.as_str()));
    if is_whole {
        problems_in(&[("shown.locus.yaml", block)], registry)
    } else {
        problems.into_iter().map(|problem| problem.message).collect()
    }
}

/// What is said about these files, advice aside.
fn problems_in(files: &[(&str, &str)], registry: &Registry) -> Vec<String> {
    let world = MemoryWorld::new(files.iter().copied());
    let compilation = compile_in(&world, "", registry);
    let line = |span: locus_diag::Span| {
        let source = compilation.sources.get(span.source);
        source.map_or(0, |source| source.line_column(span.start as usize).0)
    };
    compilation
        .diagnostics
        .iter()
        .filter(|problem| problem.severity != Severity::Advice)
        .map(|problem| {
            let place = problem.primary().map_or(0, line);
            format!("line {place} of the block: [{}] {}", problem.code, problem.message)
        })
        .collect()
}

/// The Markdown files of a folder, with their names.
fn pages_in(folder: &Path) -> Vec<(String, String)> {
    let mut pages = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            pages.extend(pages_in(&path));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
    pages.sort();
    pages
}

/// The blocks of YAML, each with the line it begins in.
fn blocks(text: &str) -> Vec<(usize, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (index, line) in text.lines().enumerate() {
        match &mut open {
            None if line.trim() == "```yaml" => open = Some((index + 2, String::new())),
            None => {}
            Some(_) if line.trim() == "```" => blocks.extend(open.take()),
            Some((_, block)) => {
                block.push_str(line);
                block.push('\n');
            }
        }
    }
    blocks
}
