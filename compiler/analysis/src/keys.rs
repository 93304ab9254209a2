//! Mappings whose keys are known: unknown ones are reported, with the one that was probably meant.

use locus_diag::{Diagnostic, Span, Spanned, did_you_mean};
use locus_model::duration::parse_duration;
use locus_model::language::{Construct, Others};
use locus_model::{Entry, Node, NodeKind};

use crate::expressions::is_template;
use crate::messages::{names, values};

/// A mapping whose keys are known.
pub(crate) struct Keys<'n> {
    entries: &'n [Entry],
    /// Where to point when something is missing.
    pub(crate) anchor: Span,
}

impl<'n> Keys<'n> {
    /// Reads a mapping of the language, and reports keys that it does not have, lacks, or has beside others they exclude. `anchor` is where to
    /// point when something is missing.
    pub(crate) fn read(
        node: &'n Node,
        construct: &'static Construct,
        anchor: Span,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let words = construct.words;
        let entries = mapping(node, &format!("{words}, which is a mapping"), problems)?;
        let known: Vec<&str> = construct.names().collect();
        let mut meant = Vec::new();
        if construct.others == Others::Refused {
            for entry in entries.iter().filter(|entry| !is_known(entry, &known)) {
                meant.extend(did_you_mean(&entry.key, known.iter().copied()));
                problems.push(values::unknown_key(&entry.key, words, &known));
            }
        }
        let keys = Self { entries, anchor };
        for key in construct.keys.iter().filter(|key| key.required) {
            if keys.get(key.name).is_none() && !meant.contains(&key.name) {
                problems.push(values::missing_key(key.name, words, anchor));
            }
        }
        for group in construct.exactly_one.iter().chain(construct.at_most_one) {
            let is_missing = keys.excluding(group, words, problems) == 0
                && !group.iter().any(|name| meant.contains(name));
            if is_missing && construct.exactly_one.contains(group) {
                problems.push(values::missing_one_of(group, words, anchor));
            }
        }
        Some(keys)
    }

    /// Reports keys that exclude each other; how many of them are there.
    fn excluding(&self, group: &[&str], words: &str, problems: &mut Vec<Diagnostic>) -> usize {
        let there = self.entries.iter().filter(|entry| {
            entry.value.kind != NodeKind::Null && group.contains(&entry.key.value.as_str())
        });
        let there: Vec<&Entry> = there.collect();
        if let [first, rest @ ..] = there.as_slice() {
            for other in rest {
                problems.push(values::conflicting_keys(&first.key, &other.key, words, group));
            }
        }
        there.len()
    }

    /// The value of a key; a key with nothing behind it is as good as none.
    pub(crate) fn get(&self, key: &str) -> Option<&'n Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of a key that has a value.
    pub(crate) fn entry(&self, key: &str) -> Option<&'n Entry> {
        let mut entries = self.entries.iter();
        entries.find(|entry| entry.key.value == key && entry.value.kind != NodeKind::Null)
    }

    /// The text behind a key.
    pub(crate) fn text(
        &self,
        key: &str,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Spanned<String>> {
        text(self.get(key)?, problems)
    }
}

/// Whether a key is the author's own.
pub(crate) fn is_extension(key: &str) -> bool {
    key.starts_with("x-")
}

fn is_known(entry: &Entry, known: &[&str]) -> bool {
    known.contains(&entry.key.value.as_str()) || is_extension(&entry.key.value)
}

/// The entries of a mapping; `what` are the words for what is expected.
pub(crate) fn mapping<'n>(
    node: &'n Node,
    what: &str,
    problems: &mut Vec<Diagnostic>,
) -> Option<&'n [Entry]> {
    let entries = node.as_mapping();
    if entries.is_none() {
        problems.push(values::wrong_type(what, node));
    }
    entries
}

/// The items of a list.
pub(crate) fn list<'n>(
    node: &'n Node,
    what: &str,
    problems: &mut Vec<Diagnostic>,
) -> Option<&'n [Node]> {
    let items = node.as_sequence();
    if items.is_none() {
        problems.push(values::wrong_type(what, node));
    }
    items
}

/// A text that is no template.
pub(crate) fn text(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Spanned<String>> {
    let text = prose(node, problems)?;
    if is_template(&text.value) {
        problems.push(values::expression_not_allowed("this text", node.span));
        return None;
    }
    Some(text)
}

/// A text for readers; what it holds is not looked at.
pub(crate) fn prose(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Spanned<String>> {
    match node.as_str() {
        Some(text) => Some(Spanned::new(text.to_owned(), node.span)),
        None => {
            problems.push(values::wrong_type("a string", node));
            None
        }
    }
}

/// `true` or `false`.
pub(crate) fn flag(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<bool> {
    match node.kind {
        NodeKind::Bool(value) => Some(value),
        _ => {
            problems.push(values::wrong_type("true or false", node));
            None
        }
    }
}

/// A length of time, in milliseconds, longer than nothing.
pub(crate) fn duration(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<u64> {
    let Some(text) = node.as_str() else {
        problems.push(values::no_duration_at_all(node));
        return None;
    };
    if is_template(text) {
        problems.push(values::expression_not_allowed("a duration here", node.span));
        return None;
    }
    match parse_duration(text) {
        Ok(0) => {
            problems.push(values::wrong_value("a duration longer than nothing", text, node.span));
            None
        }
        Ok(milliseconds) => Some(milliseconds),
        Err(message) => {
            problems.push(values::invalid_duration(message, node.span));
            None
        }
    }
}

/// A whole number of at least `min`.
pub(crate) fn whole_number(node: &Node, min: u64, problems: &mut Vec<Diagnostic>) -> Option<u64> {
    let what = format!("a whole number from {min}");
    let found = match &node.kind {
        NodeKind::Number(number) => number,
        NodeKind::String(text) if is_template(&text.value) => {
            problems.push(values::expression_not_allowed("a number here", node.span));
            return None;
        }
        _ => {
            problems.push(values::wrong_type(&what, node));
            return None;
        }
    };
    let number = found.as_u64().filter(|number| *number >= min);
    if number.is_none() {
        problems.push(values::wrong_value(&what, &found.to_string(), node.span));
    }
    number
}

/// One of a few words.
pub(crate) fn choice<'w>(
    node: &Node,
    words: &[&'w str],
    problems: &mut Vec<Diagnostic>,
) -> Option<&'w str> {
    let text = text(node, problems)?;
    let found = words.iter().find(|word| **word == text.value).copied();
    if found.is_none() {
        problems.push(values::not_a_choice(&text, words));
    }
    found
}

/// Whether a name is spelled as a variable of an expression must be.
pub(crate) fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// Whether a name is spelled as a step's id must be.
pub(crate) fn is_step_id(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Reports a name that is no identifier; `what` are the words for what it names: "a workflow".
pub(crate) fn check_identifier(
    name: &Spanned<String>,
    what: &str,
    problems: &mut Vec<Diagnostic>,
) -> bool {
    let fits = is_identifier(name);
    if !fits {
        problems.push(names::invalid_name(name, what));
    }
    fits
}

/// The place to point at for a whole mapping: its first key, so that a report stays on one line.
pub(crate) fn anchor(node: &Node) -> Span {
    match &node.kind {
        NodeKind::Mapping(entries) => entries.first().map_or(node.span, |entry| entry.key.span),
        _ => node.span,
    }
}
