//! Scalars: as keys, and as values with the way their bytes come from the source.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{ScalarStyle, Span as EventSpan, Tag};
use locus_diag::{Diagnostic, Spanned};
use locus_model::{Node, NodeKind, Text};

use super::{Builder, tag_place};
use crate::yaml::block_text::{self, Block};
use crate::yaml::cursor::trim_end;
use crate::yaml::expression;
use crate::yaml::flow_text::{self, Quotes};
use crate::yaml::mapping::Key;
use crate::yaml::scalar::{self, Scalar};
use crate::yaml::tag;

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
    /// A scalar, in the place of a key or a value.
    pub(super) fn scalar(
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
                (header, Some(b'|' | b'>')) => header..trim_end(self.text, header, told.end),
                _ => told.clone(),
            },
            _ => told.clone(),
        };
        let tag_place = tag_place(span, &told);
        let written = Written { value, style, tag, tag_place, place, told, empty };
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
                self.report.push(Diagnostic { fixes: Vec::new(), ..repair.diagnostic });
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
        let end = written.place.end;
        let content = self.masked(&written).map(str::to_owned);
        let text = match content {
            Some(content) => content,
            None if anchor == 0 => written.value.into_owned(),
            None => {
                let (kind, _) = self.string(written);
                let node = Node::new(kind, span);
                self.anchors.define(anchor, &node);
                node.as_str().unwrap_or_default().to_owned()
            }
        };
        self.set_key(Key::Text(Spanned::new(text, span)), end);
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
                self.report.number_out_of_range(&written.value, reason, place);
                match nearest {
                    Some(number) => (NodeKind::Number(number), written.place),
                    None => self.string(written),
                }
            }
            Scalar::String => self.string(written),
        }
    }

    fn string(&self, written: Written<'_>) -> (NodeKind, Range<usize>) {
        let Written { value, style, mut place, told, .. } = written;
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
                    content: if told.start > place.start { told.start } else { told.end },
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
        (NodeKind::String(Text { value: value.into_owned(), runs, plain }), place)
    }

    /// The text that a repair hides behind this scalar.
    fn masked(&self, written: &Written<'_>) -> Option<&'a str> {
        if written.style != ScalarStyle::Plain || written.empty {
            return None;
        }
        self.original.get(self.repairs.content(&written.place)?)
    }
}
