//! Comments that have no place in the one form move above the entry they belong to; quotes are double where that needs no escape.

use std::borrow::Cow;

use locus_syntax::layout::{Collection, Comment, Entry, Kind, Layout, Value, raise};

pub(super) fn tidy(layout: &mut Layout<'_>) {
    for document in &mut layout.documents {
        if let Some(root) = &mut document.root {
            let mut before = Vec::new();
            tidy_value(root, &mut before);
            if let Some(comment) = root.beside.first().filter(|_| opens_lines(root)) {
                // There is no line above the first entry that it could end.
                before.push(Comment { text: comment, apart: false });
                root.beside.clear();
            }
            document.before.append(&mut before);
        }
    }
}

/// Whether a value is a list or mapping that begins in a line of its own.
fn opens_lines(value: &Value<'_>) -> bool {
    value.properties.is_empty()
        && value
            .collection()
            .is_some_and(|collection| !collection.flow && !collection.entries.is_empty())
}

/// Moves what has no place in a value to `before`.
fn tidy_value<'t>(value: &mut Value<'t>, before: &mut Vec<Comment<'t>>) {
    // One comment can end the line; the others go above it.
    let surplus = value.beside.len().saturating_sub(1);
    before.extend(value.beside.drain(..surplus).map(|text| Comment { text, apart: false }));
    match &mut value.kind {
        Kind::Quoted(text) => requote(text),
        Kind::Sequence(collection) | Kind::Mapping(collection) => {
            collection.entries.iter_mut().for_each(tidy_entry);
            if collection.entries.is_empty() {
                before.append(&mut collection.tail);
            }
        }
        Kind::Empty | Kind::Alias(_) | Kind::Plain(_) | Kind::Block(_) => {}
    }
}

fn tidy_entry(entry: &mut Entry<'_>) {
    let mut before = Vec::new();
    if let Some(key) = &mut entry.key {
        tidy_value(key, &mut before);
        before.extend(key.beside.drain(..).map(|text| Comment { text, apart: false }));
    }
    tidy_value(&mut entry.value, &mut before);
    raise(&mut entry.before, &mut entry.apart, before);
    if entry.key.is_none() && entry.value.properties.is_empty() && entry.value.beside.is_empty() {
        // `- # comment` would begin a line of its own: the comment of its first entry stands above the dash.
        if let Kind::Sequence(Collection { entries, .. })
        | Kind::Mapping(Collection { entries, .. }) = &mut entry.value.kind
            && let Some(first) = entries.first_mut()
        {
            raise(&mut entry.before, &mut entry.apart, first.before.drain(..));
        }
    }
}

/// `'text'` to `"text"` where it means the same.
fn requote(text: &mut Cow<'_, str>) {
    let Some(content) = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) else {
        return;
    };
    if !content.contains(|c: char| matches!(c, '\'' | '"' | '\\') || c.is_control()) {
        *text = Cow::Owned(format!("\"{content}\""));
    }
}
