//! One mistake, one report: mistakes planted at random in the examples are told where they are or where what they break is used, and
//! no more often than that.
//!
//! A mistake is a slip in a word, a step that is lost, or a value of another kind. Reports may stand on the lines of the mistake and
//! on lines that name something of it; on each at most one error.

use std::collections::BTreeSet;

use locus_compiler::compile_in;
use locus_diag::Diagnostic;
use locus_plugin::Registry;
use locus_syntax::MemoryWorld;

use crate::workspace::example;

/// Words on more lines than these name nothing in particular.
const COMMON: usize = 14;

/// A mistake, planted.
struct Planted {
    files: Vec<(String, String)>,
    /// The file, and its lines that are the mistake, from 0.
    file: usize,
    lines: std::ops::RangeInclusive<usize>,
    /// The words that are gone or new.
    words: BTreeSet<String>,
    /// Whether a whole step is gone.
    is_lost: bool,
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| word.len() > 2)
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Plants a mistake; `None` where there is nothing to get wrong.
fn plant(file: usize, line: usize, letter: usize, how: u8) -> Option<Planted> {
    let mut files = example("orders");
    let file = file % files.len();
    let mut lines: Vec<String> = files[file].1.lines().map(str::to_owned).collect();
    let line = line % lines.len();
    let text = lines[line].clone();
    // Comments mean nothing, and lines without a key belong to a text.
    if text.trim().is_empty() || text.trim_start().starts_with('#') || !text.contains(':') {
        return None;
    }
    let before: BTreeSet<String> = words(&text).map(str::to_owned).collect();
    let last = match how {
        0 | 1 => {
            let letters: Vec<char> = text.chars().collect();
            let slips: Vec<usize> = (0..letters.len().saturating_sub(1))
                .filter(|i| {
                    letters[*i].is_alphabetic()
                        && letters[*i + 1].is_alphabetic()
                        && letters[*i] != letters[*i + 1]
                })
                .collect();
            let at = *slips.get(letter % slips.len().max(1))?;
            let mut letters = letters;
            letters.swap(at, at + 1);
            lines[line] = letters.into_iter().collect();
            line
        }
        2 => {
            // A step with all that belongs to it.
            if !text.trim_start().starts_with("- ") {
                return None;
            }
            let end = (line + 1..lines.len())
                .find(|next| {
                    !lines[*next].trim().is_empty() && indent(&lines[*next]) <= indent(&text)
                })
                .unwrap_or(lines.len());
            lines.drain(line..end);
            line
        }
        _ => {
            let (key, value) = text.split_once(": ")?;
            if value.trim().is_empty() || value.contains(['{', '[', '|', '>', '"', '#']) {
                return None;
            }
            let other = ["[wrong]", "{ wrong: wrong }", "-17", "true"][letter % 4];
            lines[line] = format!("{key}: {other}");
            line
        }
    };
    let mut named = before;
    if let Some(now) = lines.get(line) {
        named.extend(words(now).map(str::to_owned));
    }
    files[file].1 = lines.join("\n") + "\n";
    Some(Planted {
        files,
        file,
        lines: line.saturating_sub(1)..=last,
        words: named,
        is_lost: how == 2,
    })
}

/// What is said beyond what may be said.
fn too_much(planted: &Planted, registry: &Registry) -> Vec<String> {
    let world =
        MemoryWorld::new(planted.files.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    let compilation = compile_in(&world, "", registry);
    let errors: Vec<&Diagnostic> =
        compilation.diagnostics.iter().filter(|d| d.is_error()).collect();
    let lines_of = |word: &str| {
        planted
            .files
            .iter()
            .flat_map(|(_, text)| text.lines())
            .filter(|line| words(line).any(|w| w == word))
            .count()
    };
    let named: BTreeSet<&str> =
        planted.words.iter().map(String::as_str).filter(|word| lines_of(word) <= COMMON).collect();
    let mut told: BTreeSet<(String, usize, usize)> = BTreeSet::new();
    let mut wrong = Vec::new();
    for error in errors {
        let shown = || format!("[{}] {}", error.code, error.message);
        let at = |span: locus_diag::Span| {
            let source = compilation.sources.get(span.source)?;
            let line = source.line_column(span.start as usize).0 - 1;
            Some((source.name.to_string(), line, source.text.lines().nth(line).unwrap_or_default()))
        };
        let mut places = error.labels.iter().filter_map(|label| at(label.span));
        let Some(primary) = places.next() else {
            wrong.push(format!("no place: {}", shown()));
            continue;
        };
        let is_cause = |(name, line, _): &(String, usize, &str)| {
            *name == planted.files[planted.file].0 && planted.lines.contains(line)
        };
        let is_user =
            |(_, _, text): &(String, usize, &str)| words(text).any(|word| named.contains(word));
        let involved = std::iter::once(primary.clone())
            .chain(places)
            .any(|place| is_cause(&place) || is_user(&place));
        let is_named =
            planted.words.iter().any(|word| error.message.contains(&format!("`{word}`")));
        // A step that is lost takes its result along: who reads that is told what is missing from it.
        let is_result = planted.is_lost && error.code == "unknown-field";
        if !involved && !is_named && !is_result {
            wrong.push(format!("elsewhere, {}:{}: {}", primary.0, primary.1 + 1, shown()));
        }
        if !told.insert((
            primary.0,
            primary.1,
            error.primary().map_or(0, |span| span.start as usize),
        )) {
            wrong.push(format!("twice at one place, line {}: {}", primary.1 + 1, shown()));
        }
    }
    wrong
}

/// Every so many mistakes of all that could be planted is.
const STRIDE: usize = 3;

#[test]
fn one_mistake_is_told_where_it_is_or_is_used() {
    let registry = crate::execute::registry();
    let mut planted: Vec<(u8, Planted)> = Vec::new();
    for (file, (_, text)) in example("orders").iter().enumerate() {
        let places =
            (0..text.lines().count()).flat_map(|line| (0..4_u8).map(move |how| (line, how)));
        // Strides that share no factor with the kinds: each kind is planted at other lines.
        for (line, how) in places.step_by(STRIDE) {
            planted.extend(plant(file, line, line * 7 + 3, how).map(|planted| (how, planted)));
        }
    }
    assert!(planted.len() > 100, "only {} mistakes", planted.len());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let failures: Vec<String> = std::thread::scope(|scope| {
        let parts: Vec<_> = planted
            .chunks(planted.len().div_ceil(threads))
            .map(|part| {
                let registry = &registry;
                scope.spawn(move || {
                    part.iter().filter_map(|(how, one)| judged(*how, one, registry)).collect()
                })
            })
            .collect();
        parts.into_iter().flat_map(|part| -> Vec<String> { part.join().unwrap() }).collect()
    });
    assert!(
        failures.is_empty(),
        "{} of {} mistakes are told wrongly:\n\n{}",
        failures.len(),
        planted.len(),
        failures.join("\n\n")
    );
}

fn judged(how: u8, planted: &Planted, registry: &Registry) -> Option<String> {
    let wrong = too_much(planted, registry);
    let (name, text) = &planted.files[planted.file];
    let lines: Vec<&str> = text.lines().collect();
    let end = (planted.lines.end() + 1).min(lines.len());
    let shown = &lines[*planted.lines.start()..end];
    let place = format!("{name}:{} ({how})", planted.lines.end() + 1);
    (!wrong.is_empty()).then(|| format!("{place}\n{}\n  {}", shown.join("\n"), wrong.join("\n  ")))
}
