//! From the parser's events to nodes with their places. The stack is a list, not recursion, and has a limit.

mod aliases;
mod scalars;

use std::ops::Range;

use granit_parser::{Event, Span as EventSpan, StructureStyle, Tag};
use locus_diag::{Diagnostic, SourceId};
use locus_model::{Entry, Node, NodeKind};

use super::alias::Anchors;
use super::cursor::{Cursor, line_end, trim_end};
use super::error::Site;
use super::expression::Place;
use super::mapping::{Key, Mapping, Merge};
use super::repair::{Repair, Repairs};
use super::report::Report;
use super::tag;

/// Lists and mappings inside each other.
pub(crate) const DEEPEST: usize = 128;
/// Texts that are searched for the end of an expression, at most: each search is small, their number is the author's.
const SEARCHES: usize = 2000;

/// Builds the documents of one text.
pub(crate) struct Builder<'a> {
    source: SourceId,
    /// The text with its repairs masked: the one that is parsed.
    text: &'a str,
    original: &'a str,
    repairs: &'a Repairs,
    /// The problems so far.
    pub(crate) report: Report,
    cursor: Cursor<'a>,
    frames: Vec<Frame>,
    anchors: Anchors,
    root: Option<Node>,
    documents: Vec<Node>,
    /// Open lists and mappings that are left out because they are nested too deep.
    skipped: usize,
    too_deep: bool,
    too_much: bool,
    last_plain: Option<Range<usize>>,
    /// The end of the last scalar in quotes or in a block.
    last_whole: usize,
    searches: usize,
    repair: Option<Repair>,
}

/// A list or mapping that is not complete.
struct Frame {
    collection: Collection,
    flow: bool,
    start: usize,
    /// The end of its last part so far.
    end: usize,
    anchor: usize,
}

impl Frame {
    fn is_empty(&self) -> bool {
        match &self.collection {
            Collection::Sequence(items) => items.is_empty(),
            Collection::Mapping(mapping) => mapping.entries.is_empty() && mapping.merges.is_empty(),
        }
    }

    fn expects_key(&self) -> bool {
        matches!(&self.collection, Collection::Mapping(Mapping { key: Key::Expected, .. }))
    }
}

enum Collection {
    Sequence(Vec<Node>),
    Mapping(Mapping),
}

impl<'a> Builder<'a> {
    /// Nothing built yet.
    pub(crate) fn new(
        source: SourceId,
        original: &'a str,
        text: &'a str,
        repairs: &'a Repairs,
    ) -> Self {
        Self {
            source,
            text,
            original,
            repairs,
            report: Report::new(source),
            cursor: Cursor::new(text),
            frames: Vec::new(),
            anchors: Anchors::new(text.len()),
            root: None,
            documents: Vec::new(),
            skipped: 0,
            too_deep: false,
            too_much: false,
            last_plain: None,
            last_whole: 0,
            searches: SEARCHES,
            repair: None,
        }
    }

    /// Takes the next event. A repair that comes back must be made, and the text read again.
    pub(crate) fn event(&mut self, event: Event<'_>, span: &EventSpan) -> Option<Repair> {
        let told = span.byte_range().unwrap_or_default();
        match event {
            // One without `---` is reported at its first value.
            Event::DocumentStart(true, _) => self.start_document(told.end),
            Event::DocumentStart(false, _) => self.start_document(self.behind_marker(told.start)),
            Event::DocumentEnd => {
                self.end_document();
                self.cursor.advance(told.end);
            }
            Event::Alias(id) => self.alias(Some(id), told),
            Event::UnresolvedAlias(_) => self.alias(None, told),
            Event::Scalar(..) if self.skipped > 0 => {}
            Event::Scalar(value, style, anchor, tag) => {
                self.scalar(value, style, anchor, tag, span, told);
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.start(
                    style,
                    anchor,
                    tag.as_deref(),
                    span,
                    told,
                    Collection::Sequence(Vec::new()),
                );
            }
            Event::MappingStart(style, anchor, tag) => {
                self.start(
                    style,
                    anchor,
                    tag.as_deref(),
                    span,
                    told,
                    Collection::Mapping(Mapping::default()),
                );
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(told),
            _ => {}
        }
        self.repair.take()
    }

    /// Where the parser stopped, for the explanation of an error.
    pub(crate) fn site(&self, at: usize) -> Site<'a> {
        let place = self.place(at);
        let Self { source, original, text, cursor, .. } = self;
        Site { source: *source, original, text, place, cursor: cursor.at() }
    }

    fn place(&self, at: usize) -> Place {
        let bracket = |frame: &&Frame| {
            let first = self.text.as_bytes().get(frame.start);
            frame.flow && matches!(first, Some(b'[' | b'{'))
        };
        Place {
            at,
            plain: self.last_plain.clone(),
            whole: self.last_whole,
            flow: self.frames.last().is_some_and(|frame| frame.flow),
            bracket: self.frames.iter().rev().find(bracket).map(|frame| frame.start),
        }
    }

    /// Whether it was said that this document is nested too deep.
    pub(crate) const fn said_too_deep(&self) -> bool {
        self.too_deep
    }

    /// The document is broken: keeps what was read of it. What only just began is left out with its key, so that nothing is
    /// said to be missing in it.
    pub(crate) fn abandon(&mut self) {
        self.skipped = 0;
        while let Some(frame) = self.frames.pop() {
            let end = frame.end;
            if !frame.is_empty() {
                self.complete(frame, end);
            }
        }
        self.end_document();
    }

    /// The documents and the problems.
    pub(crate) fn finish(mut self) -> (Vec<Node>, Vec<Diagnostic>) {
        self.abandon();
        (self.documents, self.report.finish())
    }

    /// The place behind the last `...` before `at`: what stands before it belongs to a document that was given up.
    fn behind_marker(&self, at: usize) -> usize {
        let from = self.cursor.at();
        let skipped = self.text.get(from..at).unwrap_or_default();
        let begins_line = |before: &str| {
            let before = before.trim_end_matches('\u{feff}');
            before.is_empty() && from == 0 || before.ends_with(['\n', '\r'])
        };
        let marker = skipped
            .rmatch_indices("...")
            .find(|(marker, _)| skipped.get(..*marker).is_some_and(begins_line));
        marker.map_or(from, |(marker, dots)| from + marker + dots.len())
    }

    fn start_document(&mut self, at: usize) {
        self.cursor.advance(at);
        self.anchors.clear();
        self.too_deep = false;
        self.last_plain = None;
    }

    fn end_document(&mut self) {
        if let Some(root) = self.root.take() {
            let written = root.kind != NodeKind::Null || root.span.start < root.span.end;
            if written {
                self.documents.push(root);
            }
        }
    }

    /// Moves the cursor over the indicators and properties in front of the next value.
    fn enter(&mut self, properties: bool) {
        match self.frames.last() {
            None => {}
            Some(Frame { collection: Collection::Sequence(_), flow, .. }) => {
                self.cursor.take(if *flow { b',' } else { b'-' });
            }
            Some(Frame {
                collection: Collection::Mapping(Mapping { key: Key::Expected, .. }),
                flow,
                ..
            }) => {
                if *flow {
                    self.cursor.take(b',');
                }
                self.cursor.take_explicit_key();
            }
            Some(_) => self.cursor.take(b':'),
        }
        if properties {
            self.cursor.take_properties();
        }
    }

    fn start(
        &mut self,
        style: StructureStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: &EventSpan,
        told: Range<usize>,
        collection: Collection,
    ) {
        if self.skipped > 0 {
            self.skipped += 1;
            return;
        }
        self.enter(anchor != 0 || tag.is_some());
        let flow = style == StructureStyle::Flow;
        let mut start = told.start;
        if matches!(collection, Collection::Sequence(_)) && !flow {
            // A list that stands in the column of its key is reported behind its first `-`.
            if let (at, Some(b'-')) = self.cursor.next_token() {
                start = at;
            }
        }
        if let Some(tag) = tag {
            let sequence = matches!(collection, Collection::Sequence(_));
            let wanted = if sequence { "seq" } else { "map" };
            tag::check_collection(
                &mut self.report,
                self.text,
                tag,
                tag_place(span, &told),
                wanted,
                first_character(self.text, start),
            );
        }
        if self.frames.len() >= DEEPEST {
            self.skipped = 1;
            self.say_too_deep(first_character(self.text, start));
            return;
        }
        self.cursor.advance(if flow { told.end } else { start });
        self.frames.push(Frame { collection, flow, start, end: told.end.max(start), anchor });
    }

    fn end(&mut self, told: Range<usize>) {
        if self.skipped > 0 {
            self.skipped -= 1;
            if self.skipped == 0 {
                let start = self.cursor.at();
                let end =
                    if told.is_empty() { trim_end(self.text, start, told.start) } else { told.end };
                self.cursor.advance(end);
                let null = Node::new(NodeKind::Null, self.report.span(start..end.max(start)));
                self.put(null, start..end);
            }
            return;
        }
        let Some(frame) = self.frames.pop() else {
            return;
        };
        let end = if frame.flow && !told.is_empty() { told.end } else { frame.end };
        self.cursor.advance(end);
        self.complete(frame, end);
    }

    fn complete(&mut self, frame: Frame, end: usize) {
        let Frame { collection, start, anchor, .. } = frame;
        let kind = match collection {
            Collection::Sequence(mut items) => {
                items.shrink_to_fit();
                NodeKind::Sequence(items)
            }
            Collection::Mapping(mapping) => NodeKind::Mapping(mapping.finish(&mut self.report)),
        };
        let node = Node::new(kind, self.report.span(start..end.max(start)));
        if anchor != 0 {
            self.anchors.define(anchor, &node);
        }
        self.put(node, start..end);
    }

    /// Puts a complete value where it belongs.
    fn put(&mut self, node: Node, place: Range<usize>) {
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(node);
            return;
        };
        frame.end = frame.end.max(place.end);
        match &mut frame.collection {
            Collection::Sequence(items) => items.push(node),
            Collection::Mapping(mapping) => match std::mem::take(&mut mapping.key) {
                Key::Text(key) => mapping.entries.push(Entry { key, value: node }),
                Key::Merge(key) => {
                    mapping.merges.push(Merge {
                        at: mapping.entries.len(),
                        key,
                        value: node,
                        place,
                    });
                }
                Key::Refused => {}
                Key::Expected => {
                    mapping.key = Key::Refused;
                    self.refuse_key(&node, &place);
                }
            },
        }
    }

    /// A list or mapping in the place of a key.
    fn refuse_key(&mut self, node: &Node, place: &Range<usize>) {
        let around = self.frames.len().checked_sub(2).and_then(|index| self.frames.get(index));
        if around.is_some_and(Frame::expects_key) {
            // The mapping it is a key of is itself in the place of a key, and refused as a whole.
            return;
        }
        let from = place.start.saturating_sub(1);
        let written = self.text.get(from..place.end).unwrap_or_default();
        let templated = written.trim_start().starts_with("{{")
            || written.get(1..).is_some_and(|w| w.starts_with("{{"));
        // Of a long one, its first line is enough to point at.
        let end = place.end.min(line_end(self.text, place.start));
        let span = self.report.span(place.start..end);
        self.report.unsupported_key(node.kind_name(), span, templated);
    }

    fn expects_key(&self) -> bool {
        self.frames.last().is_some_and(Frame::expects_key)
    }

    fn set_key(&mut self, key: Key, end: usize) {
        if let Some(frame) = self.frames.last_mut() {
            frame.end = frame.end.max(end);
            if let Collection::Mapping(mapping) = &mut frame.collection {
                mapping.key = key;
            }
        }
    }

    fn say_too_deep(&mut self, place: Range<usize>) {
        if !self.too_deep {
            self.too_deep = true;
            let span = self.report.span(place);
            self.report.nesting_too_deep(span, DEEPEST);
        }
    }
}

/// The place of the tag of an event; where it is not told, of the value.
fn tag_place(span: &EventSpan, told: &Range<usize>) -> Range<usize> {
    span.tag_span().and_then(|tag| tag.byte_range()).unwrap_or_else(|| told.clone())
}

/// The character at `start`, for a label of something that may be long.
fn first_character(text: &str, start: usize) -> Range<usize> {
    let length = text.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    start..start + length
}
