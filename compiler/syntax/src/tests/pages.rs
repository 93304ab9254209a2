//! Each code has a page; the text in its example causes it and nothing else, the text in its fix causes nothing.

use locus_diag::SourceId;

use crate::parse_yaml;

/// Codes that no text of a spec can cause; their pages say why.
const NOT_BY_TEXT: &[&str] = &[
    "file-too-large",
    "no-specs",
    "not-utf8",
    "several-manifests",
    "too-many-problems",
    "unreadable-file",
];

/// Codes of projects of several files: `tests/codes.rs` runs their pages.
const OF_SEVERAL_FILES: &[&str] = &["import-not-found", "invalid-import"];

#[test]
fn pages_say_what_is_true() {
    let own =
        locus_diag::catalogue().into_iter().filter(|code| code.declared_in.contains("syntax"));
    let mut seen = 0;
    for code in own {
        seen += 1;
        let name = code.name;
        assert!(code.page.starts_with(&format!("# {name}: ")), "{name}");
        assert!(code.page.contains("\n## Example\n") && code.page.contains("\n## Fix\n"), "{name}");
        if OF_SEVERAL_FILES.contains(&name) {
            continue;
        }
        if NOT_BY_TEXT.contains(&name) {
            assert!(block(code.page, "## Example", "text").is_some(), "{name}");
            continue;
        }
        let example = block(code.page, "## Example", "yaml")
            .unwrap_or_else(|| panic!("{name} has no example"));
        let (_, found) = parse_yaml(SourceId(0), example);
        let codes: Vec<&str> = found.iter().map(|problem| problem.code.as_str()).collect();
        assert_eq!(codes, [name]);
        assert!(found[0].help.is_some(), "{name} has no help");
        let fix = block(code.page, "## Fix", "yaml").unwrap_or_else(|| panic!("{name} has no fix"));
        assert_eq!(parse_yaml(SourceId(0), fix).1, [], "{name}");
    }
    assert_eq!(seen, 20);
}

/// The first fenced block of a language behind a heading.
fn block<'a>(page: &'a str, heading: &str, language: &str) -> Option<&'a str> {
    let (_, section) = page.split_once(heading)?;
    let (_, rest) = section.split_once(&format!("```{language}\n"))?;
    rest.split_once("```").map(|(block, _)| block)
}
