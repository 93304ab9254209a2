//! Cases and laws of formatting.

mod messy;

use std::path::Path;

use locus_diag::SourceId;
use proptest::prelude::*;

use super::{Unformatted, format, rewrite};

/// A spec as people write them.
const ORDERS: &str = include_str!("../../../../examples/orders/orders.locus.yaml");

fn formatted(text: &str) -> String {
    format(SourceId(0), text).unwrap_or_else(|reason| {
        panic!("{reason:?}\n{text}\nbecame\n{}", rewrite(text).unwrap_or_default())
    })
}

/// The text is formatted to that, and that stays.
fn check(text: &str, expected: &str) {
    let once = formatted(text);
    assert_eq!(once, expected, "\n{once}");
    assert_eq!(formatted(&once), expected, "the second time");
}

#[test]
fn indentation_and_brackets() {
    check(
        "a:   1 # c\n\n\n\n# x\nb:\n- 'q'\n-   c: |\n        text\n         more\n    d: [1,2,\n  3]\n    # tail\n- {a: 1, b: {c: [] }}\n",
        "a: 1 # c\n\n# x\nb:\n  - \"q\"\n  - c: |\n      text\n       more\n    d: [1, 2, 3]\n    # tail\n  - { a: 1, b: { c: [] } }\n",
    );
}

#[test]
fn what_does_not_fit_goes_over_several_lines() {
    let item = "a_rather_long_word_in_a_list";
    check(
        &format!("list: [{item}, {item}, {{ key: {item}, other: {item} }}]\n"),
        &format!("list:\n  - {item}\n  - {item}\n  - {{ key: {item}, other: {item} }}\n"),
    );
}

#[test]
fn comments_in_brackets_open_them() {
    check(
        "a: [ # first\n  1, # one\n  # two\n  2\n  # end\n] # behind\n",
        "# first\na: # behind\n  - 1 # one\n  # two\n  - 2\n  # end\n",
    );
}

#[test]
fn comments_between_key_and_value() {
    check("a: # one\n  # two\n  value # three\n", "# one\n# two\na: value # three\n");
    check("a: # one\n  # two\n  b: 1\n", "a: # one\n  # two\n  b: 1\n");
    check("- # one\n  # two\n  b: 1\n", "- # one\n  # two\n  b: 1\n");
    check("-\n  # two\n  b: 1\n", "# two\n- b: 1\n");
    check("? a # one\n: b\n", "# one\na: b\n");
}

#[test]
fn comments_stay_with_the_block_they_are_indented_like() {
    check(
        "a:\n    b:\n      - 1\n      # of the list\n    # of a\n# of c\nc: 1\n# end\n",
        "a:\n  b:\n    - 1\n    # of the list\n  # of a\n# of c\nc: 1\n# end\n",
    );
}

#[test]
fn blank_lines_group() {
    check(
        "\n\na:\n\n  b: 1\n\n\n  c: 2\n\n\n\n# x\n\nd: 3\n\n\n",
        "a:\n  b: 1\n\n  c: 2\n\n# x\n\nd: 3\n",
    );
}

#[test]
fn block_scalars_keep_their_lines() {
    check("a: |2\n    x\n   y\nb: 1\n", "a: |2\n    x\n   y\nb: 1\n");
    check(
        "a: >-   # why\n       x\n\n       y\n\nb: |+\n x\n\n\nc: |\n  last",
        "a: >- # why\n  x\n\n  y\n\nb: |+\n  x\n\n\nc: |\n  last\n",
    );
    check("a: |\n  \n   \nb: |\n", "a: |\n\nb: |\n");
}

#[test]
fn anchors_tags_aliases_and_merge_keys_stay() {
    check(
        "base: &b   {x: 1}\nother:\n  <<:   *b\n  y: !!str   5\n  z: &list\n  - *b\nk: &s text\n*s : 1\n",
        "base: &b { x: 1 }\nother:\n  <<: *b\n  y: !!str 5\n  z: &list\n    - *b\nk: &s text\n*s : 1\n",
    );
}

#[test]
fn scalars_of_several_lines_are_indented() {
    check(
        "a: one\n     two\n\n     three\nb: \"x \\\n      y\"\n",
        "a: one\n  two\n\n  three\nb: \"x \\\n  y\"\n",
    );
}

#[test]
fn quotes_change_only_where_nothing_needs_an_escape() {
    check("a: 'x'\nb: 'it''s'\nc: '\\d'\nd: '\"'\n", "a: \"x\"\nb: 'it''s'\nc: '\\d'\nd: '\"'\n");
}

#[test]
fn documents_and_directives() {
    check(
        "# top\n%YAML 1.2\n---   # doc\na: 1\n...\n# next\n---\nb: 2\n",
        "# top\n%YAML 1.2\n--- # doc\na: 1\n...\n# next\n---\nb: 2\n",
    );
    check("# only a comment", "# only a comment\n");
    check("", "");
}

#[test]
fn line_breaks_and_byte_order_marks_stay() {
    check("\u{feff}a:   1\r\nb: |\r\n   x\r\n", "\u{feff}a: 1\r\nb: |\r\n  x\r\n");
}

#[test]
fn a_broken_text_is_left_alone() {
    assert!(matches!(format(SourceId(0), "a: [1\nb: 2"), Err(Unformatted::Broken(_))));
    let unquoted = "workflows: { a: { output: ${ { a: 1 } } } }";
    assert!(matches!(format(SourceId(0), unquoted), Err(Unformatted::Broken(_))));
}

/// Every spec of the repository, those that are wrong included.
#[test]
fn every_spec_here_can_be_formatted() {
    let mut count = 0;
    for folder in ["examples", "tests/suite", "tests/generate", "tests/broken"] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
        walk(&root, &mut |path, text| {
            count += 1;
            match format(SourceId(0), text) {
                Ok(once) => {
                    assert_eq!(formatted(&once), once, "{} the second time", path.display());
                }
                Err(Unformatted::Broken(_)) => {}
                Err(Unformatted::Unsafe) => panic!("{}", path.display()),
            }
        });
    }
    assert!(count > 250, "{count} specs found");
}

#[expect(clippy::disallowed_methods, reason = "the specs of the repository are the cases")]
fn walk(folder: &Path, visit: &mut dyn FnMut(&Path, &str)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, visit);
        } else if path.extension().is_some_and(|end| end == "yaml")
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            visit(&path, &text);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_layout_keeps_its_meaning_and_is_formatted_once(choices in prop::collection::vec(any::<u8>(), 0..400)) {
        let text = messy::text(&choices);
        let once = format(SourceId(0), &text);
        // A comment may have cut a block scalar in two.
        prop_assume!(!matches!(once, Err(Unformatted::Broken(_))));
        prop_assert!(once.is_ok(), "{once:?}\n{text}\nbecame\n{:?}", rewrite(&text));
        let once = once.unwrap();
        let twice = format(SourceId(0), &once);
        prop_assert_eq!(twice.as_ref(), Ok(&once), "from\n{}", text);
    }

    #[test]
    fn a_spec_that_was_changed_at_random_keeps_its_meaning(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0usize..6, 0usize..9), 0..12),
    ) {
        let mut lines: Vec<String> = ORDERS.lines().map(str::to_owned).collect();
        for (at, change, blanks) in changes {
            let at = at.index(lines.len());
            let pad = " ".repeat(blanks);
            match change {
                0 => _ = lines.remove(at),
                1 => lines.insert(at, format!("{pad}# comment")),
                2 => lines.insert(at, pad),
                3 => lines[at] = format!("{}{}", " ".repeat(blanks % 3), lines[at]),
                4 => lines[at].push_str("   # beside"),
                _ => lines[at] = lines[at].replace(": ", ":  ").replace('"', "'"),
            }
        }
        let text = lines.join("\n");
        let once = format(SourceId(0), &text);
        prop_assert!(once != Err(Unformatted::Unsafe), "{text}\nbecame\n{:?}", rewrite(&text));
        if let Ok(once) = once {
            let twice = format(SourceId(0), &once);
            prop_assert_eq!(twice.as_ref(), Ok(&once), "from\n{}", text);
        }
    }

    #[test]
    fn any_text_is_formatted_or_left_alone(text in "[a-c#&*!|>'\":,{}\\[\\]? \n-]{0,60}") {
        if let Ok(once) = format(SourceId(0), &text) {
            let twice = format(SourceId(0), &once);
            prop_assert_eq!(twice.as_ref(), Ok(&once), "from\n{}", text);
        }
    }
}
