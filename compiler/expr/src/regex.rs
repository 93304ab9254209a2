//! Regular expressions, within the bounds of an evaluation.
//!
//! The functions of jaq are not used: they panic when a group was matched before the one to its left, and they collect
//! every match before anyone can count them. The engine is the same. It takes time in proportion to the text and to the
//! pattern with its repetitions written out, so that `(a{1000}){1000}` is a million times as slow as `a`; and one match
//! may look far beyond its end. Both are estimated and counted.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use jaq_core::Error;
use regex_bites::{Captures, Match, Regex, RegexBuilder};

use crate::data::{Data, Entries};
use crate::meter;
use crate::number::Number;
use crate::value::{Outcome, Val, ended};

/// What to list: the matches, the text between them, or both in turn.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) matches: bool,
    pub(crate) between: bool,
}

/// Bytes that a compiled pattern may take.
const SIZE: usize = 1 << 20;

/// Patterns kept per thread, as most are used for one item after the other.
const KEPT: usize = 8;

struct Compiled {
    pattern: String,
    flags: String,
    regex: Regex,
    cost: Cost,
    global: bool,
    skip_empty: bool,
}

thread_local! {
    static COMPILED: RefCell<Vec<Rc<Compiled>>> = const { RefCell::new(Vec::new()) };
}

/// The matches of a pattern in a text, each a list of what its groups matched; the text between them as it is.
pub(crate) fn find(text: &Val, pattern: &Val, flags: &Val, wanted: Wanted) -> Outcome {
    let text = text.try_as_text()?;
    let flags = if flags.data().is_null() { "" } else { flags.try_as_text()? };
    let compiled = compile(pattern.try_as_text()?, flags)?;

    let mut found = Vec::new();
    let mut positions = Positions::new(text);
    // End of the last match, and where to look for the next one.
    let (mut last, mut from) = (0, 0);
    if !compiled.cost.count(text.len()) {
        return Err(ended());
    }
    while let Some(captures) = compiled.regex.captures_at(text, from) {
        let Some(whole) = captures.get(0) else { break };
        let beyond = compiled.cost.lookahead.unwrap_or(text.len());
        let looked_at = (whole.end() - from).saturating_add(beyond).min(text.len() - from);
        if !compiled.cost.count(looked_at) || !meter::room(size_of_val(found.as_slice())) {
            return Err(ended());
        }
        // An empty match right behind a match is none.
        let repeated = !found.is_empty() && whole.start() == last;
        if !(whole.is_empty() && (repeated || compiled.skip_empty)) {
            if wanted.between {
                found
                    .push(Data::text(text.get(last..whole.start()).unwrap_or_default().to_owned()));
            }
            if wanted.matches {
                found.push(groups(&compiled.regex, &captures, &mut positions));
            }
            last = whole.end();
            if !compiled.global {
                break;
            }
        }
        from = whole.end();
        if whole.is_empty() {
            match text.get(from..).and_then(|rest| rest.chars().next()) {
                Some(c) => from += c.len_utf8(),
                None => break,
            }
        }
    }
    if wanted.between {
        found.push(Data::text(text.get(last..).unwrap_or_default().to_owned()));
    }
    Val::built(Data::from_items(found))
}

fn compile(pattern: &str, flags: &str) -> Outcome<Rc<Compiled>> {
    let kept = COMPILED.with_borrow(|all| {
        all.iter().find(|one| one.pattern == pattern && one.flags == flags).map(Rc::clone)
    });
    if let Some(kept) = kept {
        return Ok(kept);
    }
    if !meter::step_bytes(pattern.len() * 64) {
        return Err(ended());
    }
    let mut builder = RegexBuilder::new(pattern);
    builder.size_limit(SIZE);
    let (mut global, mut skip_empty) = (false, false);
    for flag in flags.chars() {
        match flag {
            'g' => global = true,
            'n' => skip_empty = true,
            'i' => drop(builder.case_insensitive(true)),
            'm' => drop(builder.multi_line(true)),
            's' => drop(builder.dot_matches_new_line(true)),
            'p' => drop(builder.multi_line(true).dot_matches_new_line(true)),
            'l' => drop(builder.swap_greed(true)),
            'x' => drop(builder.ignore_whitespace(true)),
            _ => {
                return Err(Error::str(format_args!(
                    "`{flag}` is no flag of a regular expression"
                )));
            }
        }
    }
    let regex = builder.build();
    let regex = regex.map_err(|error| {
        Error::str(format_args!("cannot use {pattern:?} as a regular expression: {error}"))
    })?;
    let cost = Cost::of(pattern);
    let compiled = Rc::new(Compiled {
        pattern: pattern.to_owned(),
        flags: flags.to_owned(),
        regex,
        cost,
        global,
        skip_empty,
    });
    COMPILED.with_borrow_mut(|all| {
        if all.len() == KEPT {
            all.remove(0);
        }
        all.push(Rc::clone(&compiled));
    });
    Ok(compiled)
}

/// What each group matched, the whole match first; null for a group that took no part, as in jq.
fn groups(regex: &Regex, captures: &Captures<'_>, positions: &mut Positions<'_>) -> Data {
    let number = |number: usize| Data::number(Number::from_u64(number as u64));
    let names = regex.capture_names().enumerate();
    let group = |(group, (index, name)): (Option<Match<'_>>, (usize, Option<&str>))| {
        meter::step(4);
        let (offset, length, string) = match group {
            Some(group) => {
                let text = group.as_str();
                let offset = number(positions.of(group.start()));
                (offset, number(text.chars().count()), Data::text(text.to_owned()))
            }
            None => (Data::number(Number::Int(-1)), number(0), Data::null()),
        };
        let mut entries = Entries::with_capacity(4);
        entries.insert("offset".into(), offset);
        entries.insert("length".into(), length);
        entries.insert("string".into(), string);
        if index > 0 {
            entries.insert(
                "name".into(),
                name.map_or_else(Data::null, |name| Data::text(name.to_owned())),
            );
        }
        Data::from_entries(entries)
    };
    Data::from_items(captures.iter().zip(names).map(group).collect())
}

/// Counts characters up to an offset in bytes, fast where offsets mostly rise.
struct Positions<'t> {
    text: &'t str,
    offset: usize,
    position: usize,
}

impl<'t> Positions<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, offset: 0, position: 0 }
    }

    fn of(&mut self, offset: usize) -> usize {
        let chars =
            |range: Range<usize>| self.text.get(range).map_or(0, |part| part.chars().count());
        self.position = if offset >= self.offset {
            self.position + chars(self.offset..offset)
        } else {
            self.position - chars(offset..self.offset)
        };
        meter::step_bytes(offset.abs_diff(self.offset));
        self.offset = offset;
        self.position
    }
}

/// What a search costs.
#[derive(Debug, PartialEq, Eq)]
struct Cost {
    /// The length of the pattern with its repetitions written out, roughly, and rather too much than too little.
    states: u64,
    /// Bytes that a search may look at behind the match it finds; `None` for all of them.
    lookahead: Option<usize>,
}

/// What one level of parentheses in a pattern holds so far.
#[derive(Default)]
struct Group {
    all: u64,
    /// The last item, which a repetition would repeat, and whether it holds an endless repetition.
    last: u64,
    last_endless: bool,
    endless: bool,
    alternatives: bool,
}

impl Cost {
    /// Counts a search of so many bytes; false when the evaluation is to end.
    fn count(&self, bytes: usize) -> bool {
        meter::step((bytes as u64).saturating_mul(self.states) / 16 + self.states + 8)
    }

    /// Reads a pattern, not caring whether it is well-formed: that was found out before.
    ///
    /// A search looks beyond its match only as long as something it would rather match is still possible: an endless
    /// repetition that is itself optional, repeated or one of several alternatives. Anything else ends within the
    /// length of the pattern.
    fn of(pattern: &str) -> Self {
        let mut groups = vec![Group::default()];
        let mut far = false;
        let mut chars = pattern.chars().peekable();
        while let Some(c) = chars.next() {
            let (mut size, mut endless) = (1, false);
            let mut times = None;
            match c {
                '\\' => drop(chars.next()),
                '[' => class(&mut chars),
                '(' => {
                    groups.push(Group { all: 1, ..Group::default() });
                    continue;
                }
                ')' if groups.len() > 1 => {
                    let group = groups.pop().unwrap_or_default();
                    (size, endless) = (group.all, group.endless);
                    far |= group.endless && group.alternatives;
                }
                '*' | '+' => times = Some((1, true)),
                '?' => times = Some((1, false)),
                '{' => times = Some(repetition(&mut chars)),
                '|' => {
                    if let Some(group) = groups.last_mut() {
                        group.alternatives = true;
                    }
                }
                // In extended mode it may stand between an item and its repetition.
                c if c.is_whitespace() => continue,
                _ => {}
            }
            let Some(group) = groups.last_mut() else { break };
            match times {
                Some((times, forever)) => {
                    far |= group.last_endless && group.last > 1;
                    group.all = group.all.saturating_add(group.last.saturating_mul(times));
                    group.last = group.last.saturating_mul(times.max(1));
                    group.last_endless |= forever;
                }
                None => {
                    group.all = group.all.saturating_add(size);
                    (group.last, group.last_endless) = (size, endless);
                }
            }
            group.endless |= group.last_endless;
        }
        far |= groups.iter().any(|group| group.endless && group.alternatives);
        let states = groups.iter().fold(1, |sum: u64, group| sum.saturating_add(group.all));
        let near = usize::try_from(states).unwrap_or(usize::MAX).saturating_mul(4);
        Self { states, lookahead: (!far).then_some(near) }
    }
}

/// Skips a class of characters behind its `[`; a `]` that comes first is a member of it.
fn class(chars: &mut std::iter::Peekable<impl Iterator<Item = char>>) {
    let _ = chars.next_if_eq(&'^');
    let _ = chars.next_if_eq(&']');
    while let Some(c) = chars.next() {
        match c {
            ']' => break,
            '\\' => drop(chars.next()),
            _ => {}
        }
    }
}

/// The most that `{n,m}` asks for, read behind the brace, and whether it has no upper bound.
fn repetition(chars: &mut impl Iterator<Item = char>) -> (u64, bool) {
    let (mut most, mut number, mut open) = (1_u64, 0_u64, false);
    for c in chars.by_ref() {
        match c.to_digit(10) {
            Some(digit) => {
                number = number.saturating_mul(10).saturating_add(digit.into());
                open = false;
            }
            None => number = 0,
        }
        most = most.max(number);
        match c {
            ',' => open = true,
            '}' => break,
            _ => {}
        }
    }
    (most, open)
}
