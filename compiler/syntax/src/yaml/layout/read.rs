//! From the parser's events to the layout. Between two events stand only white space, comments, indicators and properties: those
//! are read from the text itself.

use std::borrow::Cow;

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle};

use super::comments::{self, Found};
use super::scalars::{self, is_separator, property_end};
use super::{Chomp, Collection, Comment, Document, Entry, Kind, Layout, Value, raise};
use crate::yaml::cursor::{byte, is_blank, is_break, line_end, line_start};
use crate::yaml::parser;

/// The layout of a text. `None` for a text that is not YAML.
///
/// Line breaks must be `\n`, and the text must not begin with a byte order mark.
#[must_use]
pub fn layout(text: &str) -> Option<Layout<'_>> {
    let mut reader = Reader { text, at: 0, ..Reader::default() };
    for event in parser(text) {
        let (event, span) = event.ok()?;
        let told = span.byte_range().unwrap_or_default();
        match event {
            Event::DocumentStart(marked, _) => reader.start_document(marked),
            Event::DocumentEnd => reader.end_document(),
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                reader.enter(0, Next::Inline);
                let alias = text.get(reader.at..told.end)?;
                reader.put_inline(Kind::Alias(alias), told.end);
            }
            Event::Scalar(value, style, anchor, tag) => {
                let properties = usize::from(anchor != 0) + usize::from(tag.is_some());
                if style == ScalarStyle::Plain && told.is_empty() {
                    reader.empty(properties);
                } else {
                    reader.scalar(&value, style, properties, told.end)?;
                }
            }
            Event::SequenceStart(style, anchor, tag) => {
                let properties = usize::from(anchor != 0) + usize::from(tag.is_some());
                reader.start(style, properties, true);
            }
            Event::MappingStart(style, anchor, tag) => {
                let properties = usize::from(anchor != 0) + usize::from(tag.is_some());
                reader.start(style, properties, false);
            }
            Event::SequenceEnd | Event::MappingEnd => reader.end()?,
            Event::StreamEnd => reader.end_stream(),
            _ => {}
        }
    }
    Some(reader.layout)
}

/// The comments of a text, in order, as the parser finds them. `None` for a text that is not YAML.
#[must_use]
pub fn comment_texts(text: &str) -> Option<Vec<&str>> {
    let mut options = granit_parser::options! { emit_unresolved_aliases: true };
    options.set_emit_comments(true);
    options.max_buffered_comment_events = usize::MAX;
    let mut comments = Vec::new();
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.ok()?;
        if let Event::Comment(..) = event {
            comments.push(text.get(span.byte_range()?)?.trim_end());
        }
    }
    Some(comments)
}

#[derive(Default)]
struct Reader<'t> {
    text: &'t str,
    at: usize,
    layout: Layout<'t>,
    document: Document<'t>,
    frames: Vec<Frame<'t>>,
    /// What is known of the entry that comes next.
    next: Draft<'t>,
    /// Whether the blank lines that come next were kept by a block scalar.
    kept: bool,
}

/// A list or mapping that is not complete.
struct Frame<'t> {
    sequence: bool,
    /// Whether it is written in brackets; a pair in a list may be in flow style without any.
    brackets: bool,
    collection: Collection<'t>,
    properties: Vec<&'t str>,
    beside: Vec<&'t str>,
    /// Comments above its first entry.
    first: Vec<Comment<'t>>,
    /// The entry it will be the value of.
    draft: Draft<'t>,
    has_column: bool,
}

/// An entry that is not complete.
#[derive(Default)]
struct Draft<'t> {
    before: Vec<Comment<'t>>,
    apart: bool,
    key: Option<Value<'t>>,
    properties: Vec<&'t str>,
    beside: Vec<&'t str>,
    /// Comments that go above the first entry of a collection in block style, and above this entry otherwise.
    between: Vec<Comment<'t>>,
}

/// What comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Something that begins in this line or the next: a scalar, an alias, a bracket.
    Inline,
    /// A list or mapping in block style.
    Block,
    /// Nothing is written.
    Nothing,
}

impl<'t> Reader<'t> {
    fn skip(&mut self) -> (Vec<Found<'t>>, bool) {
        let (mut found, at, mut apart) = comments::skip(self.text, self.at);
        self.at = at;
        if std::mem::take(&mut self.kept) {
            match found.first_mut() {
                Some(first) => first.comment.apart = false,
                None => apart = false,
            }
        }
        (found, apart)
    }

    fn next_is(&self, indicator: u8) -> bool {
        byte(self.text, self.at) == Some(indicator)
    }

    /// Whether `-` or `?` stands here as an indicator.
    fn next_is_separated(&self, indicator: u8) -> bool {
        let after = byte(self.text, self.at + 1);
        self.next_is(indicator) && after.is_none_or(|next| is_blank(next) || is_break(next))
    }

    /// Reads all that stands before the next value: comments, indicators, properties.
    fn enter(&mut self, properties: usize, next: Next) {
        match self.frames.last() {
            None => self.enter_root(next),
            Some(frame) if !frame.sequence && self.next.key.is_some() => self.enter_value(next),
            Some(_) => self.enter_entry(next),
        }
        for _ in 0..properties {
            let (found, _) = self.skip();
            self.between(found);
            let end = property_end(self.text, self.at);
            self.next.properties.extend(self.text.get(self.at..end));
            self.at = end;
        }
        if next == Next::Inline {
            let (found, _) = self.skip();
            self.between(found);
        }
    }

    /// Comments between an indicator or a property and what comes next.
    fn between(&mut self, found: Vec<Found<'t>>) {
        for found in found {
            if found.own_line {
                self.next.between.push(found.comment);
            } else {
                self.next.beside.push(found.comment.text);
            }
        }
    }

    fn enter_root(&mut self, next: Next) {
        if next == Next::Nothing {
            return;
        }
        let (found, _) = self.skip();
        for found in found {
            if !found.own_line && self.document.beside.is_none() {
                self.document.beside = Some(found.comment.text);
            } else {
                self.next.between.push(found.comment);
            }
        }
    }

    fn enter_value(&mut self, next: Next) {
        let before = self.at;
        let (found, _) = self.skip();
        if next == Next::Nothing && !is_separator(self.text, self.at) {
            self.at = before;
            return;
        }
        let comments = found.iter().map(|found| found.comment);
        raise(&mut self.next.before, &mut self.next.apart, comments);
        if self.next_is(b':') {
            self.at += 1;
        }
        if next == Next::Block {
            let after = self.at;
            let (found, _) = self.skip();
            if byte(self.text, self.at).is_some_and(|next| matches!(next, b'&' | b'!')) {
                // These may belong to properties of the value, or of its first key.
                self.at = after;
            } else {
                self.between(found);
            }
        }
    }

    fn enter_entry(&mut self, next: Next) {
        let (mut found, mut apart) = self.skip();
        let flow = self.frames.last().is_some_and(|frame| frame.collection.flow);
        if flow && self.next_is(b',') {
            self.at += 1;
            let (more, blank) = self.skip();
            found.extend(more);
            apart = blank;
        }
        let start = self.at;
        self.next.before = self.leave(found);
        self.next.apart = apart;
        let Some(frame) = self.frames.last_mut() else { return };
        if !frame.has_column {
            frame.has_column = true;
            frame.collection.column = start - line_start(self.text, start);
        }
        if frame.collection.entries.is_empty() {
            let mut first = std::mem::take(&mut frame.first);
            first.append(&mut self.next.before);
            self.next.before = first;
        }
        let sequence = frame.sequence;
        if sequence && !flow && self.next_is(b'-') {
            self.at += 1;
            if next == Next::Block {
                let after = self.at;
                let (found, _) = self.skip();
                if byte(self.text, self.at).is_some_and(|next| matches!(next, b'&' | b'!')) {
                    self.at = after;
                } else {
                    self.between(found);
                }
            }
        } else if !sequence && self.next_is_separated(b'?') {
            self.at += 1;
        }
    }

    /// Gives comments to what stands before them; returns those that stand above the next entry of the innermost collection.
    fn leave(&mut self, found: Vec<Found<'t>>) -> Vec<Comment<'t>> {
        let Some(frame) = self.frames.last_mut() else {
            return found.iter().map(|found| found.comment).collect();
        };
        let own_lines = frame.beside(found);
        match frame.collection.entries.last_mut() {
            Some(last) if !frame.collection.flow => {
                comments::behind(last, own_lines, frame.collection.column)
            }
            _ => own_lines.iter().map(|found| found.comment).collect(),
        }
    }

    /// Nothing, where a value may be.
    fn empty(&mut self, properties: usize) {
        self.enter(properties, Next::Nothing);
        self.put(Kind::Empty);
    }

    fn scalar(
        &mut self,
        value: &str,
        style: ScalarStyle,
        properties: usize,
        end: usize,
    ) -> Option<()> {
        self.enter(properties, Next::Inline);
        match style {
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let folded = style == ScalarStyle::Folded;
                let (kind, comment, end) = scalars::block(self.text, self.at, value, folded);
                self.rise();
                self.next.beside.extend(comment);
                self.kept = matches!(&kind, Kind::Block(block) if block.chomp == Chomp::Keep);
                self.put_inline(kind, end);
            }
            ScalarStyle::Plain => {
                self.put_inline(Kind::Plain(self.text.get(self.at..end)?), end);
            }
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                let text = self.text.get(self.at..end)?;
                self.put_inline(Kind::Quoted(Cow::Borrowed(text)), end);
            }
        }
        Some(())
    }

    fn start(&mut self, style: StructureStyle, properties: usize, sequence: bool) {
        let flow = style == StructureStyle::Flow;
        self.enter(properties, if flow { Next::Inline } else { Next::Block });
        let brackets = flow && self.next_is(if sequence { b'[' } else { b'{' });
        self.at += usize::from(brackets);
        if flow {
            self.rise();
        }
        let mut draft = std::mem::take(&mut self.next);
        let collection = Collection { flow, column: 0, entries: Vec::new(), tail: Vec::new() };
        self.frames.push(Frame {
            sequence,
            brackets,
            collection,
            properties: std::mem::take(&mut draft.properties),
            beside: std::mem::take(&mut draft.beside),
            first: std::mem::take(&mut draft.between),
            draft,
            has_column: false,
        });
    }

    fn end(&mut self) -> Option<()> {
        if self.frames.last()?.brackets {
            let (mut found, _) = self.skip();
            if self.next_is(b',') {
                self.at += 1;
                found.extend(self.skip().0);
            }
            let tail = self.leave(found);
            self.frames.last_mut()?.collection.tail.extend(tail);
            self.at += 1;
        }
        let Frame { sequence, mut collection, properties, beside, first, draft, .. } =
            self.frames.pop()?;
        collection.tail.splice(0..0, first);
        self.next = draft;
        self.next.properties = properties;
        self.next.beside = beside;
        self.put(if sequence { Kind::Sequence(collection) } else { Kind::Mapping(collection) });
        Some(())
    }

    /// Puts a value that ends at `end` where it belongs.
    fn put_inline(&mut self, kind: Kind<'t>, end: usize) {
        self.at = end;
        self.rise();
        self.put(kind);
    }

    /// Comments between a key and its value have no place there when the value begins in the line of the key.
    fn rise(&mut self) {
        let Draft { before, apart, between, beside, .. } = &mut self.next;
        if !between.is_empty() {
            let beside = beside.drain(..).map(|text| Comment { text, apart: false });
            raise(before, apart, beside.chain(between.drain(..)));
        }
    }

    fn put(&mut self, kind: Kind<'t>) {
        let properties = std::mem::take(&mut self.next.properties);
        let beside = std::mem::take(&mut self.next.beside);
        let value = Value { properties, kind, beside };
        let Some(frame) = self.frames.last_mut() else {
            let draft = std::mem::take(&mut self.next);
            self.document.before.extend(draft.before);
            self.document.root = Some(value);
            return;
        };
        if !frame.sequence && self.next.key.is_none() {
            self.next.key = Some(value);
            return;
        }
        let Draft { mut before, mut apart, key, between, .. } = std::mem::take(&mut self.next);
        raise(&mut before, &mut apart, between);
        frame.collection.entries.push(Entry { before, apart, key, value });
    }

    fn start_document(&mut self, marked: bool) {
        let (mut found, mut apart) = self.skip();
        let mut above: Vec<Comment<'t>> = found.iter().map(|found| found.comment).collect();
        while self.next_is(b'%') && marked {
            let end = line_end(self.text, self.at);
            let line = self.text.get(self.at..end).unwrap_or_default();
            let directive = line.split(" #").next().unwrap_or(line).trim_end();
            above.push(Comment { text: directive, apart });
            self.at += directive.len();
            (found, apart) = self.skip();
            above.extend(found.iter().map(|found| found.comment));
        }
        self.document.marked = marked;
        if marked {
            self.document.above = above;
            self.at += "---".len();
        } else {
            // They stand above the first entry.
            self.next.between = above;
        }
    }

    fn end_document(&mut self) {
        let (found, _) = self.skip();
        let mut document = std::mem::take(&mut self.document);
        document.tail = match &mut document.root {
            Some(root) => behind_root(root, found),
            None => found.iter().map(|found| found.comment).collect(),
        };
        let rest = self.text.get(self.at..).unwrap_or_default();
        if rest.starts_with("...") {
            document.ended = true;
            self.at += "...".len();
        }
        self.layout.documents.push(document);
        self.next = Draft::default();
    }

    fn end_stream(&mut self) {
        let (found, _) = self.skip();
        self.layout.tail.extend(found.iter().map(|found| found.comment));
    }
}

impl<'t> Frame<'t> {
    /// Gives comments at the end of a line to what stands in that line; returns the others.
    fn beside(&mut self, found: Vec<Found<'t>>) -> Vec<Found<'t>> {
        let (own_lines, same_line): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|found| found.own_line);
        let beside = match self.collection.entries.last_mut() {
            Some(last) => &mut comments::last_line(&mut last.value).beside,
            None => &mut self.beside,
        };
        beside.extend(same_line.iter().map(|found| found.comment.text));
        own_lines
    }
}

/// Gives comments behind the value of a document to it; returns those that it has no place for.
fn behind_root<'t>(root: &mut Value<'t>, found: Vec<Found<'t>>) -> Vec<Comment<'t>> {
    let (own_lines, same_line): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|found| found.own_line);
    let last = comments::last_line(root);
    last.beside.extend(same_line.iter().map(|found| found.comment.text));
    let (Kind::Sequence(collection) | Kind::Mapping(collection)) = &mut root.kind else {
        return own_lines.iter().map(|found| found.comment).collect();
    };
    if collection.flow {
        return own_lines.iter().map(|found| found.comment).collect();
    }
    let column = collection.column;
    let left = match collection.entries.last_mut() {
        Some(last) => comments::behind(last, own_lines, column),
        None => own_lines.iter().map(|found| found.comment).collect(),
    };
    collection.tail.extend(left);
    Vec::new()
}
