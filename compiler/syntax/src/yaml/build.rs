//! From the parser's events to nodes with their places. The stack is a list, not recursion, and has a limit.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{Event, ScalarStyle, Span as EventSpan, StructureStyle, Tag};
use locus_diag::{Diagnostic, SourceId, Spanned};
use locus_model::{Entry, Node, NodeKind, Text};

use super::alias::{Anchors, Expansion, MOST_VALUES};
use super::block_text::{self, Block};
use super::cursor::{Cursor, line_end, trim_end};
use super::error::Site;
use super::expression::{self, Place};
use super::flow_text::{self, Quotes};
use super::mapping::{Key, Mapping, Merge};
use super::repair::{Repair, Repairs};
use super::report::Report;
use super::scalar::{self, Scalar};
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
        matches!(
            &self.collection,
            Collection::Mapping(Mapping {
                key: Key::Expected,
                ..
            })
        )
    }
}

enum Collection {
    Sequence(Vec<Node>),
    Mapping(Mapping),
}

/// What an event says of a scalar.
struct Written<'e> {
    value: Cow<'e, str>,
    style: ScalarStyle,
    tag: Option<Cow<'e, Tag>>,
    tag_place: Range<usize>,
    /// Its place.
    place: Range<usize>,
    /// The place the event tells: the content of a block.
    told: Range<usize>,
    /// Whether nothing is written.
    empty: bool,
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
        let Self {
            source,
            original,
            text,
            cursor,
            ..
        } = self;
        Site {
            source: *source,
            original,
            text,
            place,
            cursor: cursor.at(),
        }
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
            bracket: self
                .frames
                .iter()
                .rev()
                .find(bracket)
                .map(|frame| frame.start),
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
            Some(Frame {
                collection: Collection::Sequence(_),
                flow,
                ..
            }) => {
                self.cursor.take(if *flow { b',' } else { b'-' });
            }
            Some(Frame {
                collection:
                    Collection::Mapping(Mapping {
                        key: Key::Expected, ..
                    }),
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
        self.frames.push(Frame {
            collection,
            flow,
            start,
            end: told.end.max(start),
            anchor,
        });
    }

    fn end(&mut self, told: Range<usize>) {
        if self.skipped > 0 {
            self.skipped -= 1;
            if self.skipped == 0 {
                let start = self.cursor.at();
                let end = if told.is_empty() {
                    trim_end(self.text, start, told.start)
                } else {
                    told.end
                };
                self.cursor.advance(end);
                let null = Node::new(NodeKind::Null, self.report.span(start..end.max(start)));
                self.put(null, start..end);
            }
            return;
        }
        let Some(frame) = self.frames.pop() else {
            return;
        };
        let end = if frame.flow && !told.is_empty() {
            told.end
        } else {
            frame.end
        };
        self.cursor.advance(end);
        self.complete(frame, end);
    }

    fn complete(&mut self, frame: Frame, end: usize) {
        let Frame {
            collection,
            start,
            anchor,
            ..
        } = frame;
        let kind = match collection {
            Collection::Sequence(items) => NodeKind::Sequence(items),
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
        let around = self
            .frames
            .len()
            .checked_sub(2)
            .and_then(|index| self.frames.get(index));
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
        self.report
            .unsupported_key(node.kind_name(), span, templated);
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

    fn scalar(
        &mut self,
        value: Cow<'_, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<Cow<'_, Tag>>,
        span: &EventSpan,
        told: Range<usize>,
    ) {
        self.enter(anchor != 0 || tag.is_some());
        let empty = style == ScalarStyle::Plain && told.is_empty();
        let place = match style {
            _ if empty => self.cursor.at()..self.cursor.at(),
            ScalarStyle::Literal | ScalarStyle::Folded => match self.cursor.next_token() {
                (header, Some(b'|' | b'>')) => header..told.end,
                _ => told.clone(),
            },
            _ => told.clone(),
        };
        let tag_place = tag_place(span, &told);
        let written = Written {
            value,
            style,
            tag,
            tag_place,
            place,
            told,
            empty,
        };
        if style == ScalarStyle::Plain && !empty {
            self.last_plain = Some(written.place.clone());
            self.search_expression(&written);
        } else {
            self.last_whole = written.told.end;
        }
        if self.expects_key() {
            self.key(written, anchor);
        } else {
            let (kind, place) = self.value(written);
            self.cursor.advance(place.end);
            let node = Node::new(kind, self.report.span(place.clone()));
            if anchor != 0 {
                self.anchors.define(anchor, &node);
            }
            self.put(node, place);
        }
    }

    /// Looks for an expression that YAML cut apart without an error of its own.
    fn search_expression(&mut self, written: &Written<'_>) {
        if self.repair.is_some() || self.searches == 0 || !written.value.contains("${") {
            return;
        }
        let plain = written.place.clone();
        if expression::unclosed(self.text, plain.clone()).is_none() {
            return;
        }
        self.searches -= 1;
        let place = self.place(plain.end);
        if let Some(repair) = expression::unquoted(self.source, self.text, &place) {
            if self.repairs.may_add(self.text, &repair) {
                self.repair = Some(repair);
            } else {
                self.report.push(Diagnostic {
                    fixes: Vec::new(),
                    ..repair.diagnostic
                });
            }
        }
    }

    fn key(&mut self, written: Written<'_>, anchor: usize) {
        let span = self.report.span(written.place.clone());
        self.cursor.advance(written.place.end);
        if written.empty && written.tag.is_none() {
            self.report.missing_key(span);
            self.set_key(Key::Refused, written.place.end);
            return;
        }
        if written.style == ScalarStyle::Plain && written.tag.is_none() && written.value == "<<" {
            self.set_key(Key::Merge(span), written.place.end);
            return;
        }
        if let Some(tag) = written.tag.as_deref() {
            tag::check_key(&mut self.report, self.text, tag, written.tag_place.clone());
        }
        let content = self.masked(&written).map(str::to_owned);
        let text = content.unwrap_or_else(|| written.value.into_owned());
        if anchor != 0 {
            let text = Text::verbatim(
                text.clone(),
                span.start,
                written.style == ScalarStyle::Plain,
            );
            self.anchors
                .define(anchor, &Node::new(NodeKind::String(text), span));
        }
        self.set_key(Key::Text(Spanned::new(text, span)), written.place.end);
    }

    fn value(&mut self, written: Written<'_>) -> (NodeKind, Range<usize>) {
        if let Some(content) = self.masked(&written) {
            let start = content.as_ptr() as usize - self.original.as_ptr() as usize;
            let text = Text::verbatim(content, u32::try_from(start).unwrap_or(u32::MAX), true);
            return (NodeKind::String(text), written.place);
        }
        let plain = written.style == ScalarStyle::Plain;
        // What the value would be without quotes: what its tag is compared with.
        let resolved = if written.empty {
            Scalar::Null
        } else if plain || written.tag.is_some() {
            scalar::resolve(&written.value)
        } else {
            Scalar::String
        };
        let resolved = match written.tag.as_deref() {
            Some(tag) => {
                let place = written.place.clone();
                tag::apply(
                    &mut self.report,
                    self.text,
                    tag,
                    written.tag_place.clone(),
                    place,
                    resolved,
                    plain,
                )
            }
            None => resolved,
        };
        match resolved {
            Scalar::Null => (NodeKind::Null, written.place),
            Scalar::Bool(value) => (NodeKind::Bool(value), written.place),
            Scalar::Number(number) => (NodeKind::Number(number), written.place),
            Scalar::OutOfRange(reason, nearest) => {
                let place = self.report.span(written.place.clone());
                self.report
                    .number_out_of_range(&written.value, reason, place);
                match nearest {
                    Some(number) => (NodeKind::Number(number), written.place),
                    None => self.string(written),
                }
            }
            Scalar::String => self.string(written),
        }
    }

    fn string(&self, written: Written<'_>) -> (NodeKind, Range<usize>) {
        let Written {
            value,
            style,
            mut place,
            told,
            ..
        } = written;
        let content = || place.start + 1..place.end.saturating_sub(1).max(place.start + 1);
        let runs = match style {
            ScalarStyle::SingleQuoted => {
                flow_text::map(self.text, content(), Quotes::Single, &value)
            }
            ScalarStyle::DoubleQuoted => {
                flow_text::map(self.text, content(), Quotes::Double, &value)
            }
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let block = Block {
                    text: self.text,
                    header: place.start,
                    content: if told.start > place.start {
                        told.start
                    } else {
                        told.end
                    },
                    end: told.end,
                    folded: style == ScalarStyle::Folded,
                    value: &value,
                };
                let (runs, end) = block_text::map(&block);
                place.end = end;
                runs
            }
            ScalarStyle::Plain => flow_text::map(self.text, place.clone(), Quotes::None, &value),
        };
        let plain = style == ScalarStyle::Plain;
        (
            NodeKind::String(Text {
                value: value.into_owned(),
                runs,
                plain,
            }),
            place,
        )
    }

    /// The text that a repair hides behind this scalar.
    fn masked(&self, written: &Written<'_>) -> Option<&'a str> {
        if written.style != ScalarStyle::Plain || written.empty {
            return None;
        }
        self.original.get(self.repairs.content(&written.place)?)
    }

    fn alias(&mut self, id: Option<usize>, place: Range<usize>) {
        if self.skipped > 0 {
            return;
        }
        self.enter(false);
        self.cursor.advance(place.end);
        let span = self.report.span(place.clone());
        let node = self
            .expand(id, &place)
            .unwrap_or_else(|| Node::new(NodeKind::Null, span));
        if !self.expects_key() {
            self.put(node, place);
            return;
        }
        let text = match &node.kind {
            NodeKind::String(text) => text.value.clone(),
            NodeKind::Number(number) => number.to_string(),
            NodeKind::Bool(value) => value.to_string(),
            NodeKind::Null => "null".to_owned(),
            NodeKind::Sequence(_) | NodeKind::Mapping(_) => return self.put(node, place),
        };
        self.set_key(Key::Text(Spanned::new(text, span)), place.end);
    }

    fn expand(&mut self, id: Option<usize>, place: &Range<usize>) -> Option<Node> {
        let span = self.report.span(place.clone());
        let name = self
            .text
            .get(place.clone())
            .unwrap_or_default()
            .trim_start_matches('*')
            .to_owned();
        let Some(id) = id else {
            self.report.unknown_alias(&name, span);
            return None;
        };
        match self.anchors.expand(id, self.frames.len(), DEEPEST) {
            Expansion::Value(node) => return Some(node),
            Expansion::TooDeep => self.say_too_deep(place.clone()),
            Expansion::TooMuch if self.too_much => {}
            Expansion::TooMuch => {
                self.too_much = true;
                self.report.expansion_limit(span, MOST_VALUES);
            }
            Expansion::Missing => {
                if let Some(open) = self.frames.iter().find(|frame| frame.anchor == id) {
                    let anchor = self.report.span(open.start..open.start);
                    self.report.recursive_alias(&name, span, anchor);
                }
            }
        }
        None
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
    span.tag_span()
        .and_then(|tag| tag.byte_range())
        .unwrap_or_else(|| told.clone())
}

/// The character at `start`, for a label of something that may be long.
fn first_character(text: &str, start: usize) -> Range<usize> {
    let length = text
        .get(start..)
        .and_then(|rest| rest.chars().next())
        .map_or(0, char::len_utf8);
    start..start + length
}
