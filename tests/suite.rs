//! What a spec is told: every case under `suite/` is one file, with what Locus says in comments beside the causes.
//!
//! ```yaml
//!       - lgo: { message: hi }
//! #       ^^^ error[unknown-step-type]: there is no step type `lgo`
//! #           help: did you mean `log`?
//! ```
//!
//! The carets stand exactly below the characters that are marked; where there is no room for a `#` before them, it is the
//! first of them (`#^^`). The other places of a report are underlined with `-`. A part of a message is enough. A case without
//! such comments must be clean. Lines `# --- file: name.locus.yaml` divide a case into several files; the first one is `case.locus.yaml`
//! unless such a line comes first. `BLESS=1` rewrites the comments, `BLESS=models/` those of one topic.

use std::path::{Path, PathBuf};

use locus_compiler::compile_in;
use locus_diag::{Diagnostic, Severity, Source, Sources, Span};
use locus_plugin::Registry;
use locus_syntax::MemoryWorld;

/// The folder of the cases.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("suite")
}

/// One file of a case, without what is expected of it.
pub(crate) struct File {
    pub(crate) name: String,
    /// The line that begins it, if one does.
    separator: Option<String>,
    /// Its lines, each with the comments below it that say what is expected.
    lines: Vec<Line>,
}

#[derive(Default)]
struct Line {
    text: String,
    expected: Vec<String>,
}

#[test]
fn specs_are_told_what_is_expected() {
    // `BLESS=1` rewrites all cases, `BLESS=models/,pages/` looks at those with one of these in their path only.
    let bless = std::env::var("BLESS").ok();
    let is_meant = |path: &PathBuf| match bless.as_deref() {
        None | Some("1") => true,
        Some(parts) => parts.split(',').any(|part| path.to_string_lossy().contains(part)),
    };
    let registry = crate::execute::registry();
    let mut failures = Vec::new();
    let cases = cases(&folder());
    assert!(cases.len() > 50, "the cases of the suite are gone");
    for path in cases.into_iter().filter(is_meant) {
        let text = std::fs::read_to_string(&path).expect("a case can be read");
        let files = split(&text);
        let (sources, diagnostics) = diagnose(&files, &registry);
        let found = annotate(&files, &sources, &diagnostics);
        if fits(&files, &found) {
            continue;
        }
        if bless.is_some() {
            std::fs::write(&path, join(&files, &found)).expect("a case can be written");
        } else {
            let name = path.strip_prefix(folder()).unwrap_or(&path).display().to_string();
            let difference = similar::TextDiff::from_lines(&text, join(&files, &found))
                .unified_diff()
                .context_radius(2)
                .to_string();
            failures.push(format!("{name}:\n{difference}"));
        }
    }
    assert!(
        failures.is_empty(),
        "{} cases differ (`BLESS=1` rewrites them):\n\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// A fix that is offered mends what it is offered for.
#[test]
fn fixes_mend() {
    let registry = crate::execute::registry();
    let mut failures = Vec::new();
    for path in cases(&folder()) {
        let text = std::fs::read_to_string(&path).expect("a case can be read");
        let files = split(&text);
        let (sources, diagnostics) = diagnose(&files, &registry);
        for diagnostic in &diagnostics {
            for fix in &diagnostic.fixes {
                let mended = mend(&files, &sources, &fix.edits);
                let (_, after) = diagnose(&mended, &registry);
                let said = |all: &[Diagnostic]| {
                    all.iter()
                        .filter(|d| d.code == diagnostic.code && d.message == diagnostic.message)
                        .count()
                };
                if said(&after) >= said(&diagnostics) {
                    let name = path.strip_prefix(folder()).unwrap_or(&path).display();
                    failures.push(format!("{name}: {}: {}", diagnostic.message, fix.title));
                }
            }
        }
    }
    assert!(failures.is_empty(), "fixes that mend nothing:\n{}", failures.join("\n"));
}

/// Whatever is missing from a spec, Locus says something sensible: inside the text, in order, the same again.
#[test]
fn broken_specs_are_told_something() {
    let registry = crate::execute::registry();
    for path in cases(&folder()) {
        let text = std::fs::read_to_string(&path).expect("a case can be read");
        let whole = split(&text);
        let lines: usize = whole.iter().map(|file| file.lines.len()).sum();
        for line in 0..lines {
            for broken in [without(&text, line, true), without(&text, line, false)] {
                let (sources, diagnostics) = diagnose(&broken, &registry);
                let (_, again) = diagnose(&broken, &registry);
                assert!(diagnostics == again, "{}: not the same again", path.display());
                for label in diagnostics.iter().flat_map(|diagnostic| &diagnostic.labels) {
                    let source = sources.get(label.span.source).expect("a place is in a file");
                    assert!(source.text.get(label.span.range()).is_some(), "{}", path.display());
                }
            }
        }
    }
}

/// The files of a case without one line, or without all lines from there on.
fn without(text: &str, line: usize, only: bool) -> Vec<File> {
    let mut files = split(text);
    let mut at = 0;
    for file in &mut files {
        file.lines.retain(|_| {
            at += 1;
            if only { at - 1 != line } else { at - 1 < line }
        });
    }
    files
}

/// All cases, in order.
fn cases(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(cases(&path));
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The files of a case.
pub(crate) fn split(text: &str) -> Vec<File> {
    let mut files: Vec<File> = Vec::new();
    for text in text.split_inclusive('\n') {
        if let Some(name) = text.strip_prefix("# --- file: ") {
            let (name, separator) = (name.trim().to_owned(), Some(text.to_owned()));
            files.push(File { name, separator, lines: Vec::new() });
            continue;
        }
        if files.is_empty() {
            let name = "case.locus.yaml".to_owned();
            files.push(File { name, separator: None, lines: Vec::new() });
        }
        let Some(file) = files.last_mut() else { continue };
        match file.lines.last_mut() {
            Some(line) if is_expectation(text) => line.expected.push(text.trim_end().to_owned()),
            _ => file.lines.push(Line { text: text.to_owned(), expected: Vec::new() }),
        }
    }
    files
}

/// Whether a line says what is expected of the one above.
fn is_expectation(line: &str) -> bool {
    let Some(comment) = line.trim_start().strip_prefix('#') else { return false };
    let rest = comment.trim_start();
    let said = rest.trim_start_matches('^').trim_start();
    let severities = ["error[", "warning[", "advice["];
    severities.iter().any(|severity| said.starts_with(severity))
        || rest.starts_with("help: ")
        || rest.trim_start_matches('-').len() < rest.len()
}

pub(crate) fn source(file: &File) -> String {
    file.lines.iter().map(|line| line.text.as_str()).collect()
}

/// What Locus says about the files.
pub(crate) fn diagnose(files: &[File], registry: &Registry) -> (Sources, Vec<Diagnostic>) {
    let world = MemoryWorld::new(files.iter().map(|file| (file.name.clone(), source(file))));
    let compilation = compile_in(&world, "", registry);
    (compilation.sources, compilation.diagnostics.into_iter().collect())
}

/// The comments that belong below each line of each file.
fn annotate(
    files: &[File],
    sources: &Sources,
    diagnostics: &[Diagnostic],
) -> Vec<Vec<Vec<String>>> {
    let mut found: Vec<Vec<Vec<String>>> =
        files.iter().map(|file| vec![Vec::new(); file.lines.len()]).collect();
    let mut add = |span: Span, mark: char, words: &str, help: Option<&str>| {
        let Some(source) = sources.get(span.source) else { return };
        let Some(file) = files.iter().position(|file| file.name == *source.name) else { return };
        let (line, column, width) = place(source, span);
        let Some(lines) = found[file].get_mut(line) else { return };
        let below = underline(column, width, mark);
        lines.push(format!("{below} {words}").trim_end().to_owned());
        let indent = below.chars().count();
        lines.extend(help.map(|help| format!("#{}help: {help}", " ".repeat(indent))));
    };
    for diagnostic in diagnostics {
        let severity = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Advice => "advice",
        };
        let words = format!("{severity}[{}]: {}", diagnostic.code, diagnostic.message);
        for (index, label) in diagnostic.labels.iter().enumerate() {
            match index {
                0 => add(label.span, '^', &words, diagnostic.help.as_deref()),
                _ => add(label.span, '-', &label.text, None),
            }
        }
    }
    found
}

/// Line and column, from 0, and how many characters of that line are meant.
fn place(source: &Source, span: Span) -> (usize, usize, usize) {
    let (line, column) = source.line_column(span.start as usize);
    let marked = source.text.get(span.range()).unwrap_or_default();
    let width = marked.lines().next().unwrap_or_default().chars().count();
    (line - 1, column - 1, width.max(1))
}

fn underline(column: usize, width: usize, mark: char) -> String {
    let marks: String = std::iter::repeat_n(mark, width).collect();
    match column {
        0 => format!("#{}", &marks[1..]),
        _ => format!("#{}{marks}", " ".repeat(column - 1)),
    }
}

/// Whether what was found is what is expected: every comment in its place, of messages at least a part.
fn fits(files: &[File], found: &[Vec<Vec<String>>]) -> bool {
    let same = |expected: &String, found: &String| {
        let part = |line: &str| {
            line.split_once("]: ").map(|(head, rest)| (head.to_owned(), rest.to_owned()))
        };
        expected == found
            || match (part(expected), part(found)) {
                (Some((head, part)), Some((found, message))) => {
                    head == found && message.contains(&part)
                }
                _ => false,
            }
    };
    files.iter().zip(found).all(|(file, found)| {
        file.lines.iter().zip(found).all(|(line, found)| {
            line.expected.len() == found.len()
                && line.expected.iter().zip(found).all(|(expected, found)| same(expected, found))
        })
    })
}

/// The case with other comments.
fn join(files: &[File], comments: &[Vec<Vec<String>>]) -> String {
    let mut text = String::new();
    for (file, comments) in files.iter().zip(comments) {
        text.push_str(file.separator.as_deref().unwrap_or_default());
        for (line, comments) in file.lines.iter().zip(comments) {
            text.push_str(&line.text);
            for comment in comments {
                if !text.ends_with('\n') {
                    text.push('\n');
                }
                text.push_str(comment);
                text.push('\n');
            }
        }
    }
    text
}

/// The files with some edits made; they are those of one fix, and do not overlap.
fn mend(files: &[File], sources: &Sources, edits: &[(Span, String)]) -> Vec<File> {
    let mut mended = Vec::new();
    for file in files {
        let mut text = source(file);
        let mut here: Vec<&(Span, String)> = edits
            .iter()
            .filter(|(span, _)| sources.get(span.source).is_some_and(|s| *s.name == *file.name))
            .collect();
        here.sort_by_key(|(span, _)| span.start);
        for (span, replacement) in here.into_iter().rev() {
            text.replace_range(span.range(), replacement);
        }
        let lines = text.split_inclusive('\n');
        let lines =
            lines.map(|text| Line { text: text.to_owned(), expected: Vec::new() }).collect();
        mended.push(File { name: file.name.clone(), separator: None, lines });
    }
    mended
}
