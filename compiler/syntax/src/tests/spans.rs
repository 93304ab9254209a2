//! Every key and value has the bytes it is written with.

use super::{expect, outline};

#[test]
fn block_collections_end_with_their_last_part() {
    expect(
        &outline("a:\n  b: 1   # one\n  c: [x]\n\n# end\nd:\n  - 2\n"),
        r"
        . {} <a:\n  b: 1   # one\n  c: [x]\n\n# end\nd:\n  - 2>
        /a {} <b: 1   # one\n  c: [x]>
        /a/b 1 <1>
        /a/c [] <[x]>
        /a/c/0 \x78 <x>
        /d [] <- 2>
        /d/0 2 <2>
        "
        .replace(r"\x78", "\"x\"")
        .as_str(),
    );
}

#[test]
fn flow_collections_include_their_brackets() {
    expect(
        &outline("{ a: [ 1, {b: 2,} , ], \"c\":3 } # end"),
        r#"
        . {} <{ a: [ 1, {b: 2,} , ], \"c\":3 }>
        /a [] <[ 1, {b: 2,} , ]>
        /a/0 1 <1>
        /a/1 {} <{b: 2,}>
        /a/1/b 2 <2>
        /c key <\"c\">
        /c 3 <3>
        "#,
    );
}

#[test]
fn nothing_stands_behind_its_indicator() {
    expect(
        &outline("a:   # none\nb: {c: , d, e}\n? f\ng:\n  -\n  -   # none\n  - &x\n  - !!null\n"),
        r"
        . {} <a:   # none\nb: {c: , d, e}\n? f\ng:\n  -\n  -   # none\n  - &x\n  - !!null>
        /a null <>
        /b {} <{c: , d, e}>
        /b/c null <>
        /b/d null <>
        /b/e null <>
        /f null <>
        /g [] <-\n  -   # none\n  - &x\n  - !!null>
        /g/0 null <>
        /g/1 null <>
        /g/2 null <>
        /g/3 null <>
        ",
    );
    let text = "a:   # none\nb:\n  -   # none\n  - !!null\n";
    let node = super::document(text);
    let starts = ["/a", "/b/0", "/b/1"].map(|p| node.pointer(p).map(|n| n.span.start as usize));
    assert_eq!(starts, [Some(2), Some(text.find("-   #").unwrap() + 1), Some(text.len() - 1)]);
}

#[test]
fn a_list_in_the_column_of_its_key_begins_with_its_dash() {
    expect(
        &outline("a:\n- - 1\n  - 2\n-\n  - 3\nb: 1"),
        r"
        . {} <a:\n- - 1\n  - 2\n-\n  - 3\nb: 1>
        /a [] <- - 1\n  - 2\n-\n  - 3>
        /a/0 [] <- 1\n  - 2>
        /a/0/0 1 <1>
        /a/0/1 2 <2>
        /a/1 [] <- 3>
        /a/1/0 3 <3>
        /b 1 <1>
        ",
    );
}

#[test]
fn non_ascii_line_ends_and_byte_order_marks_count_their_bytes() {
    expect(
        &outline("\u{feff}é𝄞: \"ü\" # ß\r\nb:\r\n  - 'ö'\r\n  - ñ ñ\r\n"),
        r#"
        . {} <é𝄞: \"ü\" # ß\r\nb:\r\n  - 'ö'\r\n  - ñ ñ>
        /é𝄞 "ü" <\"ü\">
        /b [] <- 'ö'\r\n  - ñ ñ>
        /b/0 "ö" <'ö'>
        /b/1 "ñ ñ" <ñ ñ>
        "#
        .replace("'ö'", r"\'ö\'")
        .as_str(),
    );
}

#[test]
fn blocks_begin_with_their_header_and_end_with_their_last_line() {
    expect(
        &outline(
            "a: |  # not | this\n\n  one\n   two  \n\n\nb: >-\n  x\n  y\nc: !!str |2+\n    z\n\nd: |\ne: &q >\n f\n",
        ),
        r#"
        . {} <a: |  # not | this\n\n  one\n   two  \n\n\nb: >-\n  x\n  y\nc: !!str |2+\n    z\n\nd: |\ne: &q >\n f>
        /a "\none\n two  \n" <|  # not | this\n\n  one\n   two  >
        /b "x y" <>-\n  x\n  y>
        /c "  z\n\n" <|2+\n    z>
        /d "" <|>
        /e "f\n" <>\n f>
        "#,
    );
}

#[test]
fn properties_are_no_part_of_a_value() {
    expect(
        &outline("a: &x !!map\n  b: !!str &y 1\nc: !!seq [1]\n? &k d\n: 2"),
        r#"
        . {} <a: &x !!map\n  b: !!str &y 1\nc: !!seq [1]\n? &k d\n: 2>
        /a {} <b: !!str &y 1>
        /a/b "1" <1>
        /c [] <[1]>
        /c/0 1 <1>
        /d 2 <2>
        "#,
    );
}

#[test]
fn pairs_in_lists_are_mappings() {
    expect(
        &outline("[a: 1, ? b : 2, \"c\":3]"),
        r#"
        . [] <[a: 1, ? b : 2, \"c\":3]>
        /0 {} <a: 1>
        /0/a 1 <1>
        /1 {} <? b : 2>
        /1/b 2 <2>
        /2 {} <\"c\":3>
        /2/c key <\"c\">
        /2/c 3 <3>
        "#,
    );
}

#[test]
fn documents_are_read_one_after_another() {
    expect(
        &outline("# none\n---\n---\na: 1\n...\n# c\n- |\n x\n--- >\n y\n---\n# nothing\n"),
        r#"
        . {} <a: 1>
        /a 1 <1>
        . [] <- |\n x>
        /0 "x\n" <|\n x>
        . "y\n" <>\n y>
        "#,
    );
    assert_eq!(super::read(""), []);
    assert_eq!(super::read("# only a comment\n"), []);
    assert_eq!(super::read("null").len(), 1);
}
