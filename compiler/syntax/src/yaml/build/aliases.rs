//! Aliases: as keys, and as values.

use std::ops::Range;

use locus_diag::Spanned;
use locus_model::{Node, NodeKind};

use super::{Builder, DEEPEST};
use crate::yaml::alias::{Expansion, MOST_VALUES};
use crate::yaml::mapping::Key;

impl Builder<'_> {
    /// An alias, of an anchor that the parser knows or not.
    pub(super) fn alias(&mut self, id: Option<usize>, place: Range<usize>) {
        if self.skipped > 0 {
            return;
        }
        self.enter(false);
        self.cursor.advance(place.end);
        let span = self.report.span(place.clone());
        let expanded = self.expand(id, &place);
        if !self.expects_key() {
            return self.put(expanded.unwrap_or_else(|| Node::new(NodeKind::Null, span)), place);
        }
        let Some(node) = expanded else { return self.set_key(Key::Refused, place.end) };
        let text = match &node.kind {
            NodeKind::String(text) => text.value.clone(),
            NodeKind::Number(number) => number.to_string(),
            NodeKind::Bool(value) => value.to_string(),
            NodeKind::Null => "null".to_owned(),
            NodeKind::Sequence(_) | NodeKind::Mapping(_) => return self.put(node, place),
        };
        self.set_key(Key::Text(Spanned::new(text, span)), place.end);
    }

    /// A copy of what an alias stands for; where there is none, the problem is reported.
    fn expand(&mut self, id: Option<usize>, place: &Range<usize>) -> Option<Node> {
        let span = self.report.span(place.clone());
        let name =
            self.text.get(place.clone()).unwrap_or_default().trim_start_matches('*').to_owned();
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
}
