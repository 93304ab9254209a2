//! The words of every report, one small function each, so that they can be read and kept alike together.

pub(crate) mod connections;
pub(crate) mod data;
pub(crate) mod effects;
pub(crate) mod flow;
pub(crate) mod names;
pub(crate) mod plugins;
pub(crate) mod project;
pub(crate) mod references;
pub(crate) mod relations;
pub(crate) mod schemas;
pub(crate) mod screens;
pub(crate) mod secrets;
pub(crate) mod steps;
pub(crate) mod tests;
pub(crate) mod triggers;
pub(crate) mod types;
pub(crate) mod typing;
pub(crate) mod values;

use locus_diag::{Diagnostic, Span, closest};

/// How many names a help lists at most.
const LISTED: usize = 12;

/// How many names are compared with a wrong one at most: a program with thousands of slips is still told soon.
const COMPARED: usize = 500;

/// Adds the name that was probably meant, as help and as a fix; otherwise all that there are.
pub(crate) fn suggest<'n>(
    problem: Diagnostic,
    wrong: &str,
    place: Span,
    candidates: impl IntoIterator<Item = &'n str> + Clone,
    what: &str,
) -> Diagnostic {
    if let Some(guess) = closest(wrong, candidates.clone().into_iter().take(COMPARED)) {
        let meant = guess.name;
        let (problem, title) = (
            problem.help(format!("did you mean `{meant}`?")),
            format!("replace `{wrong}` by `{meant}`"),
        );
        return match guess.only {
            true => problem.fix(title, place, meant),
            false => problem.maybe_fix(title, place, meant),
        };
    }
    let known: Vec<&str> = candidates.into_iter().take(LISTED + 1).collect();
    match known.len() {
        0 => problem,
        _ => problem.help(format!("{what}: {}", list(&known))),
    }
}

/// Names in a row: `` `a`, `b` ``; the last ones of many are left out.
pub(crate) fn list(names: &[&str]) -> String {
    let mut text: Vec<String> = names.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
    if names.len() > LISTED {
        text.push("…".to_owned());
    }
    text.join(", ")
}

/// Names in a row, the last one behind "or".
pub(crate) fn alternatives(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => format!("`{one}`"),
        [rest @ .., last] => format!("{} or `{last}`", list(rest)),
    }
}

/// A text that is quoted in a message: on one line and not too long.
pub(crate) fn excerpt(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut short: String = line.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
