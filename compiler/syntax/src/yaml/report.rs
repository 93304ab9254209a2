//! The problems of one text, each made in one place; more than a person would read are counted only.

use std::ops::Range;

use locus_diag::{Diagnostic, SourceId, Span};

use super::scalar::Reason;
use crate::codes;

/// Problems of one file that are shown; a file of nothing but duplicates must not fill the memory.
pub(crate) const SHOWN: usize = 500;

/// The problems of one text.
#[derive(Debug)]
pub(crate) struct Report {
    source: SourceId,
    list: Vec<Diagnostic>,
    hidden: usize,
}

impl Report {
    /// None yet.
    pub(crate) const fn new(source: SourceId) -> Self {
        Self { source, list: Vec::new(), hidden: 0 }
    }

    /// A place in the text.
    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.source, range)
    }

    /// Adds a problem.
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        if self.list.len() < SHOWN {
            self.list.push(diagnostic);
        } else {
            self.hidden += 1;
        }
    }

    /// Whether one more would be shown: asked before a costly one is made.
    pub(crate) fn has_room(&mut self) -> bool {
        let room = self.list.len() < SHOWN;
        if !room {
            self.hidden += 1;
        }
        room
    }

    /// All of them.
    pub(crate) fn finish(mut self) -> Vec<Diagnostic> {
        if self.hidden > 0 {
            let message = format!("{} more problems in this file are not shown", self.hidden);
            let last = self.list.iter().rev().find_map(Diagnostic::primary);
            let mut more = Diagnostic::new(codes::TOO_MANY_PROBLEMS, message)
                .help("mend the ones shown first; is this file a Locus spec at all?");
            if let Some(span) = last {
                more = more.at(span, "the last one shown is here");
            }
            self.list.push(more);
        }
        self.list
    }

    /// The same key twice.
    pub(crate) fn duplicate_key(&mut self, key: &str, first: Span, again: Span) {
        if !self.has_room() {
            return;
        }
        self.push(
            Diagnostic::new(codes::DUPLICATE_KEY, format!("the key `{}` is there twice", shorten(key)))
                .at(again, "written again here")
                .at(first, "first written here")
                .help("keep one of the two; keys are compared as text, so that `1` and `\"1\"` are the same"),
        );
    }

    /// A key that is no scalar.
    pub(crate) fn unsupported_key(&mut self, what: &str, place: Span, templated: bool) {
        let help = if templated {
            "YAML reads `{{ … }}` as mappings; an expression is written \"${ … }\", in quotes"
        } else {
            "write the key as text; a list or a mapping cannot be one"
        };
        self.push(
            Diagnostic::new(codes::UNSUPPORTED_KEY, format!("a key must be text, not {what}"))
                .at(place, "this is in the place of a key")
                .help(help),
        );
    }

    /// `: value` without a key.
    pub(crate) fn missing_key(&mut self, place: Span) {
        self.push(
            Diagnostic::new(codes::UNSUPPORTED_KEY, "there is no key before this `:`")
                .at(place, "a key must stand here")
                .help("write the key before the `:`, or put the text in quotes if the `:` belongs to it"),
        );
    }

    /// An alias of nothing.
    pub(crate) fn unknown_alias(&mut self, name: &str, place: Span) {
        self.push(
            Diagnostic::new(codes::UNKNOWN_ALIAS, format!("no anchor `&{name}` comes before this alias"))
                .at(place, "nothing is known by this name")
                .help(format!(
                    "write `&{name}` before the value that is meant, earlier in the same document; or put \
                     the text in quotes if it only begins with `*`"
                )),
        );
    }

    /// An alias in its own value.
    pub(crate) fn recursive_alias(&mut self, name: &str, place: Span, anchor: Span) {
        self.push(
            Diagnostic::new(
                codes::RECURSIVE_ALIAS,
                format!("the alias `*{name}` is part of the value it stands for"),
            )
            .at(place, "this would go on for ever")
            .at(anchor, format!("`&{name}` names the value that begins here"))
            .help("move the anchor to a value that does not hold the alias"),
        );
    }

    /// Too much expanded.
    pub(crate) fn expansion_limit(&mut self, place: Span, limit: usize) {
        let message = format!(
            "with this alias, the aliases of the file stand for more than {limit} values or ten times its length"
        );
        self.push(
            Diagnostic::new(codes::ALIAS_EXPANSION_LIMIT, message)
                .at(place, "this alias and those after it are not expanded")
                .help(
                    "write the repeated part as a workflow, a schema or a file of its own, and refer to that by name",
                ),
        );
    }

    /// `<<` with something else than mappings.
    pub(crate) fn invalid_merge(&mut self, place: Span, what: &str, value: Option<Span>) {
        let mut problem = Diagnostic::new(
            codes::INVALID_MERGE,
            format!("`<<` merges a mapping or a list of mappings, not {what}"),
        )
        .at(place, "nothing can be merged from here")
        .help(
            "give `<<` the alias of a mapping; a key that is really called `<<` is put in quotes",
        );
        if let Some(value) = value.filter(|value| *value != place) {
            problem = problem.at(value, format!("this is {what}"));
        }
        self.push(problem);
    }

    /// Too deep.
    pub(crate) fn nesting_too_deep(&mut self, place: Span, limit: usize) {
        self.push(
            Diagnostic::new(
                codes::NESTING_TOO_DEEP,
                format!("lists and mappings are nested more than {limit} levels deep here"),
            )
            .at(place, "this level and those inside it are left out")
            .help("move the inner part to a workflow or schema of its own"),
        );
    }

    /// A tag of somebody's own.
    pub(crate) fn unsupported_tag(&mut self, tag: &str, place: Span) {
        self.push(
            Diagnostic::new(codes::UNSUPPORTED_TAG, format!("the tag `{}` means nothing here", shorten(tag)))
                .at(place, "unknown tag")
                .help(
                    "leave the tag out, or put the text in quotes if it only begins with `!`; known are `!!str`, \
                     `!!int`, `!!float`, `!!bool`, `!!null`, `!!seq` and `!!map`",
                ),
        );
    }

    /// A tag on a value of another kind.
    pub(crate) fn tag_mismatch(&mut self, tag: &str, wanted: &str, place: Span, value: Span) {
        self.push(
            Diagnostic::new(
                codes::TAG_MISMATCH,
                format!("the tag `{tag}` says {wanted}, but the value is none"),
            )
            .at(value, format!("this is not {wanted}"))
            .at(place, "the tag")
            .help("change the value, or leave the tag out"),
        );
    }

    /// A number that nothing can hold.
    pub(crate) fn number_out_of_range(&mut self, text: &str, reason: Reason, place: Span) {
        let text = shorten(text);
        let (message, help) = match reason {
            Reason::Integer => (
                format!("the integer `{text}` does not fit into 64 bits"),
                "write it in quotes and give its field the type `decimal` or `string`",
            ),
            Reason::Float => (
                format!("the number `{text}` is too large"),
                "write it in quotes and give its field the type `decimal` or `string`",
            ),
            Reason::NotFinite => (
                format!("`{text}` is not a number that JSON, SQL or a message can carry"),
                "use `null` where there is no value, or quotes where the text itself is meant",
            ),
        };
        self.push(
            Diagnostic::new(codes::NUMBER_OUT_OF_RANGE, message)
                .at(place, "this number")
                .help(help),
        );
    }
}

/// A text short enough for a message.
pub(crate) fn shorten(text: &str) -> String {
    const LIMIT: usize = 40;
    let mut clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut short: String = clean.by_ref().take(LIMIT).collect();
    if clean.next().is_some() {
        short.push('…');
    }
    short
}
