//! Laws of patches: whatever a plugin asks for, nothing panics, and what is refused has changed nothing.

use locus_diag::Sources;
use locus_model::{Spec, SpecFile};
use locus_plugin::Point;
use locus_plugin::patch::{Change, Edit, Patch, Place};
use locus_syntax::parse_yaml;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::Draft;

const SPEC: &str = "\
workflows:
  greet:
    steps:
      - id: a
        log: { message: hi, level: warn }
      - parallel: { branches: { x: [ { log: { message: y } } ] } }
schemas:
  Line: { sku: string, tags: [a, b, ~] }
";

fn draft() -> Draft {
    let mut sources = Sources::default();
    let source = sources.add("a.locus.yaml", SPEC);
    let (documents, problems) = parse_yaml(source, SPEC);
    assert!(problems.is_empty());
    Draft::new(Spec { files: vec![SpecFile { source, documents }], ..Spec::default() }, sources)
}

/// The spans of everything in a draft.
fn spans(draft: &Draft) -> Vec<locus_diag::Span> {
    fn gather(node: &locus_model::Node, all: &mut Vec<locus_diag::Span>) {
        all.push(node.span);
        for entry in node.as_mapping().unwrap_or_default() {
            gather(&entry.value, all);
        }
        for item in node.as_sequence().unwrap_or_default() {
            gather(item, all);
        }
    }
    let mut all = Vec::new();
    for document in draft.spec.files.iter().flat_map(|file| &file.documents) {
        gather(document, &mut all);
    }
    all
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!(true)),
        any::<i32>().prop_map(|number| json!(number)),
        "\\PC{0,8}".prop_map(|text| json!(text)),
        Just(json!({ "log": { "message": "new\n\"line\"" } })),
        Just(json!([{ "a": [] }, {}, "${ .input }"])),
    ]
}

fn field() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "",
        "/",
        "/id",
        "/log",
        "/log/message",
        "/log/level",
        "/steps",
        "/steps/0",
        "/steps/9",
        "/sku",
        "/tags",
        "/tags/1",
        "/tags/-",
        "/a~1b",
        "//",
        "no-slash",
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => "[/a-z0-9~]{0,6}"]
}

/// A change at a place: a number stands for one of the values there are.
fn edit() -> impl Strategy<Value = (usize, Option<(String, String)>, Change)> {
    let names = prop::sample::select(vec!["greet", "Line", "New", ""]);
    let sections = prop::sample::select(vec!["workflows", "schemas", "models", "", "x"]);
    let declared =
        (sections, names).prop_map(|(section, name)| (section.to_owned(), name.to_owned()));
    let change = prop_oneof![
        (field(), value()).prop_map(|(field, value)| Change::Set { field, value }),
        field().prop_map(|field| Change::Remove { field }),
        (field(), value()).prop_map(|(field, value)| Change::Append { field, value }),
        value().prop_map(|value| Change::InsertBefore { value }),
        value().prop_map(|value| Change::InsertAfter { value }),
    ];
    (any::<usize>(), prop::option::of(declared), change)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_patch_is_made_whole_or_not_at_all(
        patches in prop::collection::vec((0..3_usize, prop::collection::vec(edit(), 1..4)), 1..6),
    ) {
        let mut draft = draft();
        for (plugin, edits) in patches {
            let places = spans(&draft);
            let edits = edits.into_iter().map(|(number, declared, change)| Edit {
                place: match declared {
                    Some((section, name)) => Place::Declared { section, name },
                    None => Place::Node(places[number % places.len()]),
                },
                change,
            });
            let patch = Patch { edits: edits.collect() };
            let before = draft.clone();
            let plugin = ["a.a", "b.b", "c.c"][plugin];
            match draft.apply(&patch, plugin, Point::PreValidate, None) {
                Ok(()) => {
                    prop_assert_eq!(draft.sources.iter().count(), before.sources.iter().count() + 1);
                    // Everything stands in some text, where its span says.
                    for span in spans(&draft) {
                        let source = draft.sources.get(span.source).expect("a source");
                        prop_assert!(source.text.get(span.range()).is_some());
                    }
                }
                Err(refusal) => {
                    prop_assert_eq!(&draft.spec, &before.spec);
                    prop_assert_eq!(draft.sources.iter().count(), before.sources.iter().count());
                    let problem = refusal.problem(plugin, Point::PreValidate);
                    prop_assert!(problem.message.contains(plugin));
                }
            }
        }
    }
}
