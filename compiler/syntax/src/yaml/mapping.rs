//! A mapping when it is complete: keys that are there twice are refused, merge keys are put in.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use locus_diag::{Span, Spanned};
use locus_model::{Entry, Node, NodeKind};

use super::report::Report;

/// Up to so many entries, comparing all pairs is faster than hashing.
const FEW: usize = 12;

/// A `<<` with what it merges.
#[derive(Debug)]
pub(crate) struct Merge {
    /// How many entries come before it.
    pub(crate) at: usize,
    /// The place of the `<<`.
    pub(crate) key: Span,
    /// What it merges.
    pub(crate) value: Node,
    /// Where that is written here: an alias, or the value itself.
    pub(crate) place: Range<usize>,
}

/// What is known of the entry that comes next.
#[derive(Default, Debug)]
pub(crate) enum Key {
    /// Its key comes next.
    #[default]
    Expected,
    /// Its value comes next.
    Text(Spanned<String>),
    /// What `<<` merges comes next.
    Merge(Span),
    /// Its value comes next, and will be dropped with the key that cannot be one.
    Refused,
}

/// A mapping that is being read.
#[derive(Default, Debug)]
pub(crate) struct Mapping {
    pub(crate) entries: Vec<Entry>,
    pub(crate) merges: Vec<Merge>,
    pub(crate) key: Key,
}

impl Mapping {
    /// Its entries. A key that is there twice keeps its first value; what is merged never replaces what is written.
    pub(crate) fn finish(self, report: &mut Report) -> Vec<Entry> {
        let Self { mut entries, merges, .. } = self;
        let again = repeated(&entries);
        for &(first, second) in &again {
            if let (Some(first), Some(second)) = (entries.get(first), entries.get(second)) {
                report.duplicate_key(&second.key.value, first.key.span, second.key.span);
            }
        }
        if !merges.is_empty() {
            entries = merge(entries, &again, merges, report);
        } else if !again.is_empty() {
            entries = without(entries, &again).map(|(_, entry)| entry).collect();
        }
        // Most mappings are small, and would stay four times as large as they are.
        entries.shrink_to_fit();
        entries
    }
}

/// Each entry whose key came before, with the first of that key.
fn repeated(entries: &[Entry]) -> Vec<(usize, usize)> {
    let mut again = Vec::new();
    if entries.len() <= FEW {
        for (second, entry) in entries.iter().enumerate() {
            let before = entries.iter().take(second);
            if let Some(first) =
                before.into_iter().position(|other| other.key.value == entry.key.value)
            {
                again.push((first, second));
            }
        }
        return again;
    }
    // Only looked up, never walked through: its order reaches nothing.
    let mut first: HashMap<&str, usize> = HashMap::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let earlier = *first.entry(entry.key.value.as_str()).or_insert(index);
        if earlier != index {
            again.push((earlier, index));
        }
    }
    again
}

/// The entries that are no repetitions, with their numbers.
fn without(entries: Vec<Entry>, again: &[(usize, usize)]) -> impl Iterator<Item = (usize, Entry)> {
    let mut again = again.iter().map(|&(_, second)| second).peekable();
    entries.into_iter().enumerate().filter(move |(index, _)| again.next_if_eq(index).is_none())
}

/// Puts what is merged in at the place of its `<<`. Of several values for a key, the first merged one counts.
fn merge(
    entries: Vec<Entry>,
    again: &[(usize, usize)],
    merges: Vec<Merge>,
    report: &mut Report,
) -> Vec<Entry> {
    let mut merges = merges.into_iter();
    let first = merges.next();
    let first_key = first.as_ref().map(|merge| merge.key);
    for (merge, first) in merges.zip(first_key.into_iter().cycle()) {
        report.duplicate_key("<<", first, merge.key);
    }
    let Some(first) = first else { return entries };
    // Only looked up, never walked through: its order reaches nothing.
    let mut known: HashSet<String> = entries.iter().map(|entry| entry.key.value.clone()).collect();
    let mut merged = Vec::new();
    let at = first.at;
    for entry in merged_entries(first, report) {
        if known.insert(entry.key.value.clone()) {
            merged.push(entry);
        }
    }
    let mut all = Vec::with_capacity(entries.len() + merged.len());
    let mut merged = Some(merged);
    for (index, entry) in without(entries, again) {
        if index >= at {
            all.extend(merged.take().into_iter().flatten());
        }
        all.push(entry);
    }
    all.extend(merged.into_iter().flatten());
    all
}

/// The entries of all mappings that a `<<` merges.
fn merged_entries(merge: Merge, report: &mut Report) -> Vec<Entry> {
    let place = report.span(merge.place);
    let Node { kind, span } = merge.value;
    let mut entries = Vec::new();
    match kind {
        NodeKind::Mapping(own) => entries = own,
        NodeKind::Sequence(items) => {
            for item in items {
                let name = item.kind_name();
                match item.kind {
                    NodeKind::Mapping(own) => entries.extend(own),
                    _ => report.invalid_merge(place, name, Some(item.span)),
                }
            }
        }
        other => {
            let name = Node::new(other, span).kind_name();
            report.invalid_merge(place, name, Some(span));
        }
    }
    entries
}
