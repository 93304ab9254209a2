//! White space and comments between two tokens, and which value each comment belongs to.

use super::{Comment, Entry, Kind, Value};
use crate::yaml::cursor::{is_blank, is_break, line_end, line_start, skip_break};

/// A comment as found between two tokens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'t> {
    pub(super) comment: Comment<'t>,
    /// Whether nothing stands before it in its line.
    pub(super) own_line: bool,
    /// Bytes before it in its line.
    pub(super) column: usize,
}

/// Skips white space and comments from `at` on. Returns the comments, the place of the next token, and whether a blank line stands
/// directly before that.
pub(super) fn skip(text: &str, mut at: usize) -> (Vec<Found<'_>>, usize, bool) {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut own_line =
        text.get(line_start(text, at)..at).is_none_or(|before| before.bytes().all(is_blank));
    let mut breaks = usize::from(own_line && at > 0);
    while let Some(&byte) = bytes.get(at) {
        if is_break(byte) {
            at = skip_break(text, at);
            breaks += 1;
            own_line = true;
        } else if is_blank(byte) {
            at += 1;
        } else if byte == b'#' {
            let end = line_end(text, at);
            let comment = text.get(at..end).unwrap_or_default().trim_end();
            found.push(Found {
                comment: Comment { text: comment, apart: breaks > 1 },
                own_line,
                column: at - line_start(text, at),
            });
            at = end;
            breaks = 0;
            own_line = false;
        } else {
            break;
        }
    }
    (found, at, breaks > 1)
}

/// The value that the last line written so far belongs to: comments at the end of that line are its own.
pub(super) fn last_line<'v, 't>(value: &'v mut Value<'t>) -> &'v mut Value<'t> {
    let descends = value.collection().is_some_and(|collection| {
        !collection.flow && !collection.entries.is_empty() && collection.tail.is_empty()
    });
    if !descends {
        return value;
    }
    let (Kind::Sequence(collection) | Kind::Mapping(collection)) = &mut value.kind else {
        unreachable!("only collections are descended into");
    };
    let last = collection.entries.last_mut().expect("it is not empty");
    last_line(&mut last.value)
}

/// Gives comments that stand behind an entry, on lines of their own, to the collections inside it that are indented at most as
/// far; returns those that stand further out. `outer` is the column of the
/// collection that the entry is one of.
pub(super) fn behind<'t>(
    entry: &mut Entry<'t>,
    comments: Vec<Found<'t>>,
    outer: usize,
) -> Vec<Comment<'t>> {
    let mut left = Vec::new();
    for found in comments {
        let inner = found.column > outer && left.is_empty();
        match tail_at(&mut entry.value, found.column).filter(|_| inner) {
            Some(tail) => tail.push(found.comment),
            None => left.push(found.comment),
        }
    }
    left
}

/// The tail of the innermost collection in block style at the end of a value whose entries begin at `column` or before.
fn tail_at<'v, 't>(value: &'v mut Value<'t>, column: usize) -> Option<&'v mut Vec<Comment<'t>>> {
    let (Kind::Sequence(collection) | Kind::Mapping(collection)) = &mut value.kind else {
        return None;
    };
    if collection.flow || collection.column > column {
        return None;
    }
    // What has a tail already is closed: an inner collection comes before it.
    if collection.tail.is_empty()
        && let Some(last) = collection.entries.last()
        && last.value.collection().is_some_and(|inner| !inner.flow && inner.column <= column)
    {
        let last = collection.entries.len() - 1;
        return tail_at(&mut collection.entries[last].value, column);
    }
    Some(&mut collection.tail)
}
