//! Certain fixes, made in all files: again and again until nothing is left to fix, never so that a new error comes up.
//!
//! A fix may bring to light what it hid: behind a mended step type stand parameters that nobody had looked at. Such an error is
//! fixed along if it can be; otherwise the fix is taken back, with all that was done because of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use locus_diag::{Applicability, Diagnostic, Fix, Sources, Span};

use crate::compile::Compilation;
use crate::workspace::Workspace;

/// Most rounds over the whole program; each makes at least one fix.
const ROUNDS: usize = 20;

/// Most fixes made because of one another.
const CHAIN: usize = 8;

/// What was fixed.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Fixed {
    /// What was done, in the order in which it was done.
    pub applied: Vec<Applied>,
    /// What was tried and taken back, because a new error came up.
    pub taken_back: Vec<Applied>,
    /// The files that changed, by name: each with its text before and after.
    pub files: BTreeMap<String, (Arc<str>, Arc<str>)>,
}

/// A fix that was made.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Applied {
    /// The file, as in the names of sources.
    pub file: String,
    /// The line of the first change, from 1, when it was made.
    pub line: usize,
    /// The code of the problem.
    pub code: String,
    /// What the problem was.
    pub message: String,
    /// What was done: "replace `chrage` by `charge`".
    pub title: String,
}

/// Makes every certain fix in a program. The workspace holds the texts as they are after that; nothing is written.
///
/// After it there is no error that was not there before. The result is the same on every machine.
pub fn fix(workspace: &mut Workspace) -> Fixed {
    let before = texts(workspace.sources());
    let mut fixed = Fixed::default();
    let mut refused: BTreeSet<Applied> = BTreeSet::new();
    for _ in 0..ROUNDS {
        let chosen = choose(workspace.compilation(), &refused);
        if chosen.is_empty() || !round(workspace, &chosen, &mut fixed, &mut refused) {
            break;
        }
    }
    fixed.taken_back = refused.into_iter().collect();
    for (name, text) in texts(workspace.sources()) {
        if let Some(old) = before.get(&name).filter(|old| **old != text) {
            fixed.files.insert(name, (Arc::clone(old), text));
        }
    }
    fixed
}

fn texts(sources: &Sources) -> BTreeMap<String, Arc<str>> {
    sources.iter().map(|source| (source.name.to_string(), Arc::clone(&source.text))).collect()
}

/// A fix with what it is told as.
#[derive(Clone)]
struct Choice {
    fix: Fix,
    told: Applied,
}

/// The certain fixes of the problems of a program that do not touch each other, the first of each problem, in the order of the
/// problems.
fn choose(compilation: &Compilation, refused: &BTreeSet<Applied>) -> Vec<Choice> {
    let mut chosen: Vec<Choice> = Vec::new();
    let mut taken: Vec<Span> = Vec::new();
    for problem in &compilation.diagnostics {
        let Some(choice) = choice(problem, &compilation.sources, refused) else { continue };
        let touches = |span: &Span| taken.iter().any(|other| touch(*span, *other));
        if choice.fix.edits.iter().any(|(span, _)| touches(span)) {
            continue;
        }
        taken.extend(choice.fix.edits.iter().map(|(span, _)| *span));
        chosen.push(choice);
    }
    chosen
}

/// The first certain fix of a problem that was not refused.
fn choice(problem: &Diagnostic, sources: &Sources, refused: &BTreeSet<Applied>) -> Option<Choice> {
    let certain = problem.fixes.iter().filter(|fix| fix.applicability == Applicability::Certain);
    certain.into_iter().find_map(|fix| {
        let (span, _) = fix.edits.first()?;
        let source = sources.get(span.source)?;
        let told = Applied {
            file: source.name.to_string(),
            line: source.line_column(span.start as usize).0,
            code: problem.code.clone(),
            message: problem.message.clone(),
            title: fix.title.clone(),
        };
        (!refused.contains(&told)).then(|| Choice { fix: fix.clone(), told })
    })
}

/// Whether two changes are so close that the order in which they are made would matter.
fn touch(a: Span, b: Span) -> bool {
    a.source == b.source && a.start <= b.end && b.start <= a.end
}

/// Makes these fixes: all at once where that goes well, otherwise one by one. Whether anything was fixed.
fn round(
    workspace: &mut Workspace,
    chosen: &[Choice],
    fixed: &mut Fixed,
    refused: &mut BTreeSet<Applied>,
) -> bool {
    let before = State::of(workspace);
    let edits: Vec<(Span, String)> =
        chosen.iter().flat_map(|choice| choice.fix.edits.iter().cloned()).collect();
    if let Some(after) = apply(workspace, &edits)
        && after.news(&before, &edits).is_empty()
        && chosen.iter().all(|choice| after.count(&choice.told) < before.count(&choice.told))
    {
        fixed.applied.extend(chosen.iter().map(|choice| choice.told.clone()));
        return true;
    }
    before.restore(workspace);
    // After the first fix the places of the others have moved: they come in the next round.
    for choice in chosen {
        match chain(workspace, choice, refused) {
            Some(applied) => {
                fixed.applied.extend(applied);
                return true;
            }
            None => {
                before.restore(workspace);
                refused.insert(choice.told.clone());
            }
        }
    }
    false
}

/// Makes one fix, and others that mend what it brings to light; gives them if in the end there is no new error.
fn chain(
    workspace: &mut Workspace,
    first: &Choice,
    refused: &BTreeSet<Applied>,
) -> Option<Vec<Applied>> {
    let mut known = State::of(workspace);
    let mut next = first.clone();
    let mut applied = Vec::new();
    for _ in 0..CHAIN {
        let count = State::of(workspace).count(&next.told);
        let after = apply(workspace, &next.fix.edits)?;
        if after.count(&next.told) >= count {
            return None;
        }
        applied.push(next.told);
        let news = after.news(&known, &next.fix.edits);
        if news.is_empty() {
            return Some(applied);
        }
        // What was known is known at its new place from here on.
        known = after.without(&news);
        let sources = &workspace.compilation().sources;
        next = news.iter().find_map(|problem| choice(problem, sources, refused))?;
    }
    None
}

/// What a program is like at one moment.
struct State {
    texts: BTreeMap<String, Arc<str>>,
    problems: Vec<Diagnostic>,
    names: Vec<Arc<str>>,
}

impl State {
    fn of(workspace: &Workspace) -> Self {
        let compilation = workspace.compilation();
        let sources = &compilation.sources;
        Self {
            texts: texts(workspace.sources()),
            problems: compilation.diagnostics.iter().cloned().collect(),
            names: sources.iter().map(|source| Arc::clone(&source.name)).collect(),
        }
    }

    /// Puts the texts back.
    fn restore(&self, workspace: &mut Workspace) {
        for (name, text) in &self.texts {
            let sources = workspace.sources();
            let is_same = sources.iter().any(|s| *s.name == **name && s.text == *text);
            if !is_same {
                workspace.update(name, Arc::clone(text));
            }
        }
    }

    /// How often a problem is told in a file.
    fn count(&self, told: &Applied) -> usize {
        let is_told = |problem: &&Diagnostic| {
            problem.code == told.code
                && problem.message == told.message
                && self.file(problem) == Some(&told.file)
        };
        self.problems.iter().filter(is_told).count()
    }

    fn file(&self, problem: &Diagnostic) -> Option<&str> {
        self.names.get(problem.primary()?.source.0 as usize).map(|name| &**name)
    }

    /// The errors that an earlier state, from which these edits lead here, did not have: neither in the same words nor at the
    /// same place.
    fn news(&self, earlier: &Self, edits: &[(Span, String)]) -> Vec<Diagnostic> {
        let mut old: Vec<&Diagnostic> = earlier.problems.iter().filter(|p| p.is_error()).collect();
        let mut news: Vec<Diagnostic> = Vec::new();
        let errors: Vec<&Diagnostic> = self.problems.iter().filter(|p| p.is_error()).collect();
        let mut left: Vec<&Diagnostic> = Vec::new();
        let moved = |problem: &Diagnostic| problem.primary().map(|span| moved(span, edits));
        for error in errors {
            let same = |old: &&Diagnostic| old.code == error.code && moved(old) == error.primary();
            match old.iter().position(same) {
                Some(at) => drop(old.swap_remove(at)),
                None => left.push(error),
            }
        }
        for error in left {
            let same = |old: &&Diagnostic| {
                old.code == error.code
                    && old.message == error.message
                    && earlier.file(old) == self.file(error)
            };
            match old.iter().position(same) {
                Some(at) => drop(old.swap_remove(at)),
                None => news.push(error.clone()),
            }
        }
        news
    }

    /// The same without some problems.
    fn without(self, problems: &[Diagnostic]) -> Self {
        let kept = self.problems.into_iter().filter(|problem| !problems.contains(problem));
        Self { problems: kept.collect(), ..self }
    }
}

/// Where a place is after some edits, as they were made in the text that it is a place of.
fn moved(span: Span, edits: &[(Span, String)]) -> Span {
    let at = |offset: u32| {
        let before =
            edits.iter().filter(|(edit, _)| edit.source == span.source && edit.end <= offset);
        let shift: i64 =
            before.map(|(edit, text)| text.len() as i64 - i64::from(edit.end - edit.start)).sum();
        u32::try_from(i64::from(offset) + shift).unwrap_or(offset)
    };
    Span { source: span.source, start: at(span.start), end: at(span.end) }
}

/// Makes edits that do not touch each other in the texts of a workspace; gives what the program is like then.
fn apply(workspace: &mut Workspace, edits: &[(Span, String)]) -> Option<State> {
    let mut by_source: BTreeMap<_, Vec<&(Span, String)>> = BTreeMap::new();
    for edit in edits {
        by_source.entry(edit.0.source).or_default().push(edit);
    }
    let mut changed = Vec::new();
    for (source, mut edits) in by_source {
        let source = workspace.compilation().sources.get(source)?;
        edits.sort_by_key(|(span, _)| std::cmp::Reverse((span.start, span.end)));
        let mut text = source.text.to_string();
        for (span, replacement) in edits {
            text.get(span.range())?;
            text.replace_range(span.range(), replacement);
        }
        changed.push((source.name.to_string(), text));
    }
    for (name, text) in changed {
        workspace.update(&name, text);
    }
    Some(State::of(workspace))
}
