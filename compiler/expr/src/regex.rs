//! What a regular expression may cost.
//!
//! The engine takes time in proportion to the text and to the pattern with its repetitions written out, so that
//! `(a{1000}){1000}` is a million times as slow as `a`; and it keeps every match. Both are estimated before it starts.

use crate::meter;

/// Bytes that one match takes, roughly.
const MATCH: usize = 256;

/// Counts the work to come; false when it is more than the limits leave.
pub(crate) fn admit(text: &str, pattern: &str, flags: &str) -> bool {
    let length = text.len() as u64 + 1;
    let states = expanded(pattern);
    let work = length.saturating_mul(states) / 16 + states;
    let matches = if flags.contains('g') { text.len().saturating_add(1) } else { 1 };
    meter::step(work) && meter::room(matches.saturating_mul(MATCH))
}

/// The length of a pattern with its repetitions written out, roughly and rather too much than too little.
fn expanded(pattern: &str) -> u64 {
    /// What one level of parentheses holds so far: everything, and the last item, which a repetition would repeat.
    struct Group {
        all: u64,
        last: u64,
    }
    let mut groups = vec![Group { all: 0, last: 0 }];
    let mut chars = pattern.chars().peekable();
    let mut class = false;
    while let Some(c) = chars.next() {
        let mut item = match c {
            '\\' => {
                chars.next();
                Some(2)
            }
            '[' => {
                class = true;
                Some(1)
            }
            ']' => {
                class = false;
                None
            }
            _ if class => None,
            '(' => {
                groups.push(Group { all: 1, last: 0 });
                continue;
            }
            ')' if groups.len() > 1 => groups.pop().map(|group| group.all),
            '{' => {
                let times = repetition(&mut chars);
                if let Some(group) = groups.last_mut() {
                    group.all = group.all.saturating_add(group.last.saturating_mul(times));
                    group.last = group.last.saturating_mul(times.max(1));
                }
                continue;
            }
            // What repeats what is before it; white space may stand between in extended mode.
            '*' | '+' | '?' => None,
            c if c.is_whitespace() => None,
            _ => Some(1),
        };
        let Some(group) = groups.last_mut() else { break };
        match item.take() {
            Some(size) => {
                group.all = group.all.saturating_add(size);
                group.last = size;
            }
            None => group.all = group.all.saturating_add(1),
        }
    }
    groups.iter().fold(1, |sum, group| sum.saturating_add(group.all))
}

/// The most that `{n,m}` asks for, read behind the brace.
fn repetition(chars: &mut impl Iterator<Item = char>) -> u64 {
    let (mut most, mut number) = (1_u64, 0_u64);
    for c in chars.by_ref() {
        match c.to_digit(10) {
            Some(digit) => number = number.saturating_mul(10).saturating_add(digit.into()),
            None => number = 0,
        }
        most = most.max(number);
        if c == '}' {
            break;
        }
    }
    most
}
