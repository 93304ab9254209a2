//! The printer: a layout to its text.

use locus_syntax::layout::{
    Block, Chomp, Collection, Comment, Document, Entry, Kind, Layout, Value,
};

use super::WIDTH;

/// Blanks of each level.
const STEP: usize = 2;

pub(super) fn print(layout: &Layout<'_>) -> String {
    let mut printer = Printer { out: String::new() };
    for (index, document) in layout.documents.iter().enumerate() {
        printer.document(document, index);
    }
    let first = layout.documents.is_empty();
    printer.comments(&layout.tail, 0, first);
    printer.out
}

struct Printer {
    out: String,
}

impl Printer {
    fn document(&mut self, document: &Document<'_>, index: usize) {
        self.comments(&document.above, 0, index == 0);
        let mut first = index == 0 && document.above.is_empty();
        if document.marked {
            self.out.push_str("---");
            self.end_line(document.beside);
            first = false;
        }
        self.comments(&document.before, 0, first);
        if let Some(root) = &document.root {
            self.root(root, first && document.before.is_empty());
        }
        self.comments(&document.tail, 0, false);
        if document.ended {
            self.out.push_str("...\n");
        }
    }

    fn root(&mut self, root: &Value<'_>, first: bool) {
        match &root.kind {
            Kind::Empty if root.properties.is_empty() => {}
            Kind::Sequence(collection) | Kind::Mapping(collection)
                if root.properties.is_empty() && self.inline(root).is_none() =>
            {
                self.entries(collection, 0, if first { First::Suppressed } else { First::Line });
            }
            _ => {
                // `STEP` less than nothing: a value of a key would be indented.
                let start = self.out.len();
                self.value(root, 0);
                let leading = self.out.get(start..).unwrap_or_default();
                if leading.starts_with(' ') {
                    self.out.remove(start);
                }
            }
        }
    }

    fn comments(&mut self, comments: &[Comment<'_>], indent: usize, mut first: bool) {
        for comment in comments {
            if comment.apart && !first {
                self.out.push('\n');
            }
            first = false;
            self.indent(indent);
            self.out.push_str(comment.text);
            self.out.push('\n');
        }
    }

    fn entries(&mut self, collection: &Collection<'_>, indent: usize, first: First) {
        for (index, entry) in collection.entries.iter().enumerate() {
            if index > 0 || first != First::SameLine {
                let suppressed = index == 0;
                self.comments(&entry.before, indent, suppressed);
                if entry.apart && !(suppressed && entry.before.is_empty()) {
                    self.out.push('\n');
                }
                self.indent(indent);
            }
            self.entry(entry, indent);
        }
        self.comments(&collection.tail, indent, false);
    }

    fn entry(&mut self, entry: &Entry<'_>, indent: usize) {
        match &entry.key {
            Some(key) => self.out.push_str(&key_text(key)),
            None => self.out.push('-'),
        }
        let Some(collection) = entry.value.collection().filter(|_| entry.key.is_none()) else {
            return self.value(&entry.value, indent);
        };
        let compact = entry.value.properties.is_empty()
            && entry.value.beside.is_empty()
            && collection.entries.first().is_some_and(|first| first.before.is_empty());
        if compact && self.inline(&entry.value).is_none() {
            self.out.push(' ');
            self.entries(collection, indent + STEP, First::SameLine);
        } else {
            self.value(&entry.value, indent);
        }
    }

    /// A value behind the `:` or `-` of an entry at this indentation, to the end of its last line.
    fn value(&mut self, value: &Value<'_>, indent: usize) {
        let beside = value.beside.first().copied();
        for property in &value.properties {
            self.out.push(' ');
            self.out.push_str(property);
        }
        match &value.kind {
            Kind::Empty => self.end_line(beside),
            Kind::Alias(text) => self.inline_text(text, beside),
            Kind::Plain(text) => self.lines(text, indent + STEP, false, beside),
            Kind::Quoted(text) => {
                self.lines(text, indent + STEP, text.starts_with('"'), beside);
            }
            Kind::Block(block) => self.block(block, indent + STEP, beside),
            Kind::Sequence(collection) | Kind::Mapping(collection) => match self.inline(value) {
                Some(text) => self.inline_text(&text, beside),
                None => {
                    self.end_line(beside);
                    self.entries(collection, indent + STEP, First::Suppressed);
                }
            },
        }
    }

    fn inline_text(&mut self, text: &str, beside: Option<&str>) {
        self.out.push(' ');
        self.out.push_str(text);
        self.end_line(beside);
    }

    /// A scalar of one or several lines. How far the others are indented means nothing.
    fn lines(&mut self, text: &str, indent: usize, escapes: bool, beside: Option<&str>) {
        self.out.push(' ');
        let last = text.matches('\n').count();
        for (index, line) in text.split('\n').enumerate() {
            let mut line = if index == 0 { line } else { line.trim_start_matches([' ', '\t']) };
            let trimmed = line.trim_end_matches([' ', '\t']);
            // A blank behind a backslash belongs to the text.
            let kept = escapes && trimmed.ends_with('\\');
            if index < last && !kept {
                line = trimmed;
            }
            if index > 0 {
                self.out.push('\n');
                if !line.is_empty() {
                    self.indent(indent);
                }
            }
            self.out.push_str(line);
        }
        self.end_line(beside);
    }

    fn block(&mut self, block: &Block<'_>, indent: usize, beside: Option<&str>) {
        self.out.push(' ');
        self.out.push(if block.folded { '>' } else { '|' });
        let visible = block.lines.iter().find(|line| !line.is_empty());
        if visible.is_some_and(|line| line.starts_with(' ')) {
            // Where the first line begins with a blank, how far the text is indented must be said.
            self.out.push('2');
        }
        match block.chomp {
            Chomp::Strip => self.out.push('-'),
            Chomp::Clip => {}
            Chomp::Keep => self.out.push('+'),
        }
        self.end_line(beside);
        for line in &block.lines {
            if !line.is_empty() {
                self.indent(indent);
                self.out.push_str(line);
            }
            self.out.push('\n');
        }
    }

    /// A list or mapping in brackets, if it was written so and fits into what is left of the line.
    fn inline(&self, value: &Value<'_>) -> Option<String> {
        let start = self.out.rfind('\n').map_or(0, |newline| newline + 1);
        let column = self.out.get(start..).unwrap_or_default().chars().count();
        let room = WIDTH.checked_sub(column + 1)?;
        let mut text = String::new();
        inline_kind(&value.kind, &mut text, room)?;
        Some(text)
    }

    fn indent(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    fn end_line(&mut self, comment: Option<&str>) {
        if let Some(comment) = comment {
            self.out.push(' ');
            self.out.push_str(comment);
        }
        self.out.push('\n');
    }
}

/// Where the first entry of a collection begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    /// In the line that was begun.
    SameLine,
    /// In a line of its own.
    Line,
    /// In a line of its own, with no blank line before it.
    Suppressed,
}

/// A key with its colon.
fn key_text(key: &Value<'_>) -> String {
    let mut text = String::new();
    for property in &key.properties {
        text.push_str(property);
        text.push(' ');
    }
    match &key.kind {
        Kind::Alias(name) => {
            text.push_str(name);
            // The colon could be part of the name.
            text.push(' ');
        }
        Kind::Plain(written) => {
            text.push_str(&written.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        Kind::Quoted(written) => text.push_str(written),
        Kind::Empty | Kind::Block(_) | Kind::Sequence(_) | Kind::Mapping(_) => {}
    }
    text.push(':');
    text
}

/// A value within brackets; `None` if it has comments, several lines or more than `room` characters.
fn inline_value(value: &Value<'_>, text: &mut String, room: usize) -> Option<()> {
    if !value.beside.is_empty() {
        return None;
    }
    for (index, property) in value.properties.iter().enumerate() {
        if index > 0 {
            text.push(' ');
        }
        text.push_str(property);
    }
    if !value.properties.is_empty() && value.kind != Kind::Empty {
        text.push(' ');
    }
    inline_kind(&value.kind, text, room)
}

fn inline_kind(kind: &Kind<'_>, text: &mut String, room: usize) -> Option<()> {
    let is_list = matches!(kind, Kind::Sequence(_));
    match kind {
        Kind::Empty => {}
        Kind::Alias(written) | Kind::Plain(written) if !written.contains('\n') => {
            text.push_str(written);
        }
        Kind::Quoted(written) if !written.contains('\n') => text.push_str(written),
        Kind::Sequence(collection) | Kind::Mapping(collection) if collection.flow => {
            if !collection.tail.is_empty() {
                return None;
            }
            let (open, close) = match (is_list, collection.entries.is_empty()) {
                (true, _) => ("[", "]"),
                (false, true) => ("{", "}"),
                (false, false) => ("{ ", " }"),
            };
            text.push_str(open);
            for (index, entry) in collection.entries.iter().enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                inline_entry(entry, text, room)?;
            }
            text.push_str(close);
        }
        _ => return None,
    }
    (text.chars().count() <= room).then_some(())
}

fn inline_entry(entry: &Entry<'_>, text: &mut String, room: usize) -> Option<()> {
    if !entry.before.is_empty() {
        return None;
    }
    let Some(key) = &entry.key else { return inline_value(&entry.value, text, room) };
    text.push_str(&key_text(key));
    if entry.value.kind == Kind::Empty
        && entry.value.properties.is_empty()
        && entry.value.beside.is_empty()
    {
        // `{ a }` and `{ a: }` mean the same.
        text.truncate(text.trim_end_matches(':').trim_end().len());
        return Some(());
    }
    text.push(' ');
    inline_value(&entry.value, text, room)
}
