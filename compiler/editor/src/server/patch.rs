//! A document that is being written is rarely whole. For completion the place of the cursor is filled with a word that makes it so, in
//! the ways that authors go on: as it is, as a value, as a key, without the rest of the line.

use std::ops::Range;

use locus_diag::SourceId;
use locus_model::{Node, NodeKind};
use locus_plugin::Registry;
use locus_syntax::{codes, parse_yaml};

use super::spot::{Spot, What};
use crate::lines::Lines;

/// The word that is filled in.
pub(super) const WORD: &str = "locus_here";

/// A document that was made whole at one place.
pub(super) struct Patched {
    pub(super) text: String,
    pub(super) documents: Vec<Node>,
    /// The place inside the word.
    pub(super) offset: usize,
}

impl Patched {
    /// The document that holds the place.
    pub(super) fn document(&self) -> Option<&Node> {
        self.documents.iter().find(|document| {
            (document.span.start as usize..=document.span.end as usize).contains(&self.offset)
        })
    }
}

/// The part of a word that stands around an offset.
pub(super) fn word_at(text: &str, offset: usize) -> Range<usize> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let before = text.get(..offset).unwrap_or_default();
    let after = text.get(offset..).unwrap_or_default();
    let start = before.trim_end_matches(is_part).len();
    let end = text.len() - after.trim_start_matches(is_part).len();
    start..end.max(offset)
}

/// A document made whole around an offset: the first way that gives one in which the word stands by itself.
pub(super) fn patched(
    text: &str,
    offset: usize,
    is_manifest: bool,
    registry: &Registry,
) -> Option<Patched> {
    let lines = Lines::of(text);
    let word = word_at(text, offset);
    let line_end = lines.line(text, lines.line_at(offset)).end;
    let line_start = lines.line(text, lines.line_at(offset)).start;
    let before = text.get(line_start..word.start).unwrap_or_default();
    let closing = closing(before);
    let ways = [
        (word.clone(), WORD.to_owned()),
        (word.clone(), format!("{WORD}:")),
        (word.start..line_end.max(word.end), format!("{WORD}{closing}")),
        (word.start..line_end.max(word.end), format!("{WORD}: ~{closing}")),
    ];
    let part = part_around(text, &lines, offset);
    for whole in [false, true] {
        for (range, put) in &ways {
            let mut patched = text.to_owned();
            patched.replace_range(range.clone(), put);
            if !whole {
                let end = part.end + put.len() - range.len();
                patched = only(&patched, &part.head, part.start..end);
            }
            let (documents, problems) = parse_yaml(SourceId(0), &patched);
            let hides = [codes::YAML_SYNTAX, codes::UNQUOTED_EXPRESSION, codes::UNSUPPORTED_KEY];
            if problems.iter().any(|problem| hides.iter().any(|code| code.name == problem.code)) {
                continue;
            }
            let patched = Patched { text: patched, documents, offset: range.start + 1 };
            if stands(&patched, is_manifest, registry) {
                return Some(patched);
            }
        }
    }
    None
}

/// Whether the word became a key or value, and not the end of a text that began in a line before.
fn stands(patched: &Patched, is_manifest: bool, registry: &Registry) -> bool {
    let Some(document) = patched.document() else { return false };
    match Spot::at(document, is_manifest, patched.offset, registry).what {
        What::Key { entry, .. } => entry.key.value == WORD,
        What::Value { node, .. } => match &node.kind {
            NodeKind::String(text) if text.value == WORD => true,
            NodeKind::String(text) if !text.plain || text.value.contains("${") => {
                text.value.contains(WORD)
            }
            NodeKind::String(_) => {
                let before = patched.text.get(node.span.start as usize..patched.offset);
                before.is_some_and(|before| !before.contains('\n'))
            }
            _ => false,
        },
    }
}

/// What a line leaves open: quotes and brackets.
fn closing(line: &str) -> String {
    let mut open = Vec::new();
    let mut quote = None;
    let mut previous = ' ';
    for character in line.chars() {
        match (quote, character) {
            (Some(own), c) if c == own && previous != '\\' => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if matches!(previous, ' ' | '[' | '{' | ',') => {
                quote = Some(character);
            }
            (None, '{') => open.push('}'),
            (None, '[') => open.push(']'),
            (None, '}' | ']') => _ = open.pop(),
            (None, _) => {}
        }
        previous = character;
    }
    // What is open inside of quotes belongs to an expression.
    let mut closing = String::new();
    closing.extend(quote);
    closing.push(' ');
    closing.extend(open.iter().rev());
    closing
}

/// The lines that a place depends on: those of its declaration, below the line of its section.
struct Part {
    head: Range<usize>,
    start: usize,
    end: usize,
}

fn part_around(text: &str, lines: &Lines, offset: usize) -> Part {
    let indent = |number: usize| {
        let line = text.get(lines.line(text, number)).unwrap_or_default();
        let content = line.trim_start();
        let says = !content.is_empty() && !content.starts_with('#');
        says.then(|| line.len() - content.len())
    };
    let here = lines.line_at(offset);
    let last = lines.line_at(text.len());
    let is_head = |number: &usize| indent(*number) == Some(0);
    let head = (0..=here).rev().find(is_head).unwrap_or(0);
    let depth = (head + 1..=last).find_map(indent).unwrap_or(0);
    let column = offset - lines.line(text, here).start;
    if indent(here).unwrap_or(column) == 0 {
        return Part { head: 0..0, start: 0, end: text.len() };
    }
    if indent(here).unwrap_or(column) <= depth {
        // Beside declarations: those are looked at too.
        let next = (here + 1..=last).find(is_head).map(|next| lines.line(text, next).start);
        let start = lines.line(text, head).start;
        return Part { head: 0..0, start, end: next.unwrap_or(text.len()) };
    }
    let begins = |number: &usize| indent(*number).is_some_and(|indent| indent <= depth);
    let first = (head + 1..=here).rev().find(begins).unwrap_or(head);
    let next = (here + 1..=last).find(begins).map(|next| lines.line(text, next).start);
    Part {
        head: lines.line(text, head),
        start: lines.line(text, first).start,
        end: next.unwrap_or(text.len()),
    }
}

/// The text with blanks in the place of everything else, so that all places stay.
fn only(text: &str, head: &Range<usize>, part: Range<usize>) -> String {
    let mut kept: Vec<u8> = Vec::with_capacity(text.len());
    for (at, byte) in text.bytes().enumerate() {
        let stays = head.contains(&at) || part.contains(&at) || matches!(byte, b'\n' | b'\r');
        kept.push(if stays { byte } else { b' ' });
    }
    String::from_utf8(kept).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_closed() {
        assert_eq!(closing("  - log: { message: \"a ${ .b"), "\" }");
        assert_eq!(closing("  needs: [a, "), " ]");
        assert_eq!(closing("  id: it's"), " ");
    }

    #[test]
    fn a_declaration_is_cut_out() {
        let text = "models:\n  A: {}\nworkflows:\n  a:\n    x: 1\n  b:\n    y: 1\n  c: {}\n";
        let lines = Lines::of(text);
        let part = part_around(text, &lines, text.find("y:").unwrap());
        let kept = only(text, &part.head, part.start..part.end);
        assert_eq!(kept.len(), text.len());
        assert_eq!(kept.split_whitespace().collect::<Vec<_>>(), ["workflows:", "b:", "y:", "1"]);
    }
}
