//! Front ends.

use locus_model::{Node, NodeKind};

use super::{inside, quiet};
use crate::testing::draw::Draw;
use crate::testing::{Read, read};

/// At how many places a text is cut, and how many ways it is damaged.
const CUTS: usize = 400;
const DAMAGES: u64 = 400;

/// A front end on a text that it reads without problems: it reads the same each time, every key, value and problem has a place in the text, and however
/// the text is cut or damaged it does not panic and its places stay inside.
///
/// `file` is a name that it claims; `text` shows all that it can read.
#[track_caller]
pub fn front_end(file: &str, text: &str) {
    let what = format!("the front end of `{file}`");
    let whole = checked(&what, file, text);
    assert!(
        whole.problems.is_empty(),
        "{what} finds problems in the text of the test: {:?}",
        whole.told()
    );
    assert!(!whole.documents.is_empty(), "{what} reads nothing of the text of the test");
    let step = (text.len() / CUTS).max(1);
    for at in (0..text.len()).step_by(step).filter(|at| text.is_char_boundary(*at)) {
        checked(&what, file, &text[..at]);
        checked(&what, file, &text[at..]);
    }
    for seed in 0..DAMAGES {
        checked(&what, file, &damaged(text, seed));
    }
    checked(&what, file, &format!("\u{feff}{}", text.replace('\n', "\r\n")));
}

fn checked(what: &str, file: &str, text: &str) -> Read {
    let once = quiet(what, &text, || read(file, text));
    let again = quiet(what, &text, || read(file, text));
    assert!(
        once.documents == again.documents && once.problems == again.problems,
        "{what} does not always read the same from {text:?}"
    );
    for document in &once.documents {
        places(what, document, &once);
    }
    for problem in &once.problems {
        assert!(!problem.message.is_empty(), "{what} finds a problem and does not say which");
        if let Some(span) = problem.primary() {
            inside(what, span, text);
        }
    }
    once
}

fn places(what: &str, node: &Node, read: &Read) {
    let text = &*read.source.text;
    inside(what, node.span, text);
    match &node.kind {
        NodeKind::Sequence(items) => items.iter().for_each(|item| places(what, item, read)),
        NodeKind::Mapping(entries) => {
            for entry in entries {
                inside(what, entry.key.span, text);
                places(what, &entry.value, read);
            }
        }
        NodeKind::String(written) => {
            // The runs are what expressions inside are found by.
            let end = written.value.len();
            inside(what, written.locate(0..end, node.span), text);
        }
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) => {}
    }
}

/// A text with some characters taken out, doubled, exchanged or put in.
fn damaged(text: &str, seed: u64) -> String {
    let mut draw = Draw::new(seed);
    let mut chars: Vec<char> = text.chars().collect();
    let odd = [
        '"', '\'', '\n', '\r', '\t', ',', ':', '{', '}', '[', ']', '#', '\u{0}', 'ß', '😀',
        '\u{feff}',
    ];
    for _ in 0..=draw.below(6) {
        if chars.is_empty() {
            break;
        }
        let at = draw.below(chars.len() as u64) as usize;
        let new = odd[draw.below(odd.len() as u64) as usize];
        match draw.below(4) {
            0 => drop(chars.remove(at)),
            1 => chars.insert(at, chars[at]),
            2 => chars[at] = new,
            _ => chars.insert(at, new),
        }
    }
    chars.into_iter().collect()
}
