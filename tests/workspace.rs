//! A program that is edited: after any edits a workspace holds what compiling anew would give, and fixes bring no new error.
//!
//! The programs are the cases of the suite and the examples; the edits are random, and the same each time.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use locus_compiler::{Compilation, Workspace, compile_in, fix};
use locus_diag::{Diagnostic, Sources};
use locus_model::{Program, Spec};
use locus_plugin::{
    HookContext, Patch, Place, Point, Registration, Registry, Severity, Source, Span,
};
use locus_syntax::MemoryWorld;
use proptest::prelude::*;
use serde_json::json;

use crate::plugins::kit::{On, plugin, set};
use crate::program::workspace as root;

fn registry() -> Arc<Registry> {
    static REGISTRY: OnceLock<Arc<Registry>> = OnceLock::new();
    Arc::clone(REGISTRY.get_or_init(|| Arc::new(crate::execute::registry())))
}

/// The same plugins, and one with hooks between all phases: some that only tell, and some that change programs, which goes wrong at times.
fn hooked_registry() -> Arc<Registry> {
    static REGISTRY: OnceLock<Arc<Registry>> = OnceLock::new();
    Arc::clone(REGISTRY.get_or_init(|| {
        let tells = set("tells", Point::PreParse, |entry| {
            entry.pre_parse = Some(Arc::new(On(|source: &Source, cx: &mut HookContext| {
                let told = format!("{} bytes", source.text.len());
                cx.report(Severity::Warning, "size", told, Span::new(source.id, 0..0));
            })));
        });
        let renames = set("renames", Point::PreValidate, |entry| {
            entry.pre_validate = Some(Arc::new(On(|spec: &Spec, cx: &mut HookContext| {
                let documents = spec.files.iter().flat_map(|file| &file.documents);
                if documents.filter_map(|document| document.get("models")).count() % 2 == 1 {
                    cx.patch(Patch::new().set(Place::declared("schemas", "patched"), "", "string"));
                }
            })));
        });
        let changes = plugin("test.changes").hooks(tells).hooks(renames);
        let changes = changes.post_validate(|program: &Program, cx: &mut HookContext| {
            for (number, workflow) in program.workflows.values().enumerate() {
                let Some(step) = workflow.steps.steps.first() else { continue };
                let place = Place::step(step.path.as_str());
                match number % 4 {
                    0 => cx.patch(Patch::new().set(place, "/timeout", "5s")),
                    // This makes the program wrong and is taken back.
                    1 => cx.patch(Patch::new().set(place, "/needs", json!(["nobody"]))),
                    _ => {}
                }
            }
        });
        let linked = Registration::linked();
        let linked = linked.map(|part| (part.package.to_owned(), part.part.make()));
        let all = Registry::assemble(linked.chain(changes.0));
        Arc::new(all.unwrap_or_else(|problems| panic!("{problems:?}")))
    }))
}

/// The files of a program, by name.
type Files = Vec<(String, String)>;

/// The programs: every case of the suite, and the specs of the examples.
fn programs() -> &'static [Files] {
    static PROGRAMS: OnceLock<Vec<Files>> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let mut programs: Vec<Files> = yaml_below(&root().join("tests/suite"))
            .into_iter()
            .map(|path| crate::suite::split(&std::fs::read_to_string(path).unwrap()))
            .map(|files| {
                files.iter().map(|file| (file.name.clone(), crate::suite::source(file))).collect()
            })
            .collect();
        programs.push(example("orders"));
        programs
    })
}

/// The specs of an example.
pub(crate) fn example(name: &str) -> Files {
    let folder = root().join("examples").join(name);
    let mut files: Files = yaml_below(&folder)
        .into_iter()
        .filter(|path| !path.components().any(|part| part.as_os_str() == "generated"))
        .map(|path| {
            let name = path.strip_prefix(&folder).unwrap().to_string_lossy().replace('\\', "/");
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn yaml_below(folder: &Path) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn world(files: &Files) -> MemoryWorld {
    MemoryWorld::new(files.iter().map(|(name, text)| (name.as_str(), text.as_str())))
}

/// A change of one file: lines lost, twice, changed places or words replaced by others of the program.
#[derive(Clone, Debug)]
pub(crate) struct Damage {
    file: u16,
    line: u16,
    other: u16,
    how: u8,
}

pub(crate) fn damage() -> impl Strategy<Value = Damage> {
    (any::<u16>(), any::<u16>(), any::<u16>(), 0..9_u8)
        .prop_map(|(file, line, other, how)| Damage { file, line, other, how })
}

/// Makes a change; gives the number of the file.
pub(crate) fn damaged(files: &mut Files, damage: &Damage) -> usize {
    let at = usize::from(damage.file) % files.len();
    let mut lines: Vec<String> = files[at].1.split_inclusive('\n').map(str::to_owned).collect();
    if lines.is_empty() {
        return at;
    }
    let line = usize::from(damage.line) % lines.len();
    let other = usize::from(damage.other) % lines.len();
    match damage.how {
        0 => drop(lines.remove(line)),
        1 => lines.insert(other, lines[line].clone()),
        2 => lines.swap(line, other),
        3 => lines[line] = format!("# {}", lines[line]),
        4 => lines.insert(line, "# a comment\n".to_owned()),
        // A slip of the keyboard: two letters of a word change places.
        5 | 6 => {
            let letters: Vec<char> = lines[line].chars().collect();
            let word = |i: &usize| letters[*i].is_alphabetic() && letters[*i + 1].is_alphabetic();
            let places: Vec<usize> = (0..letters.len().saturating_sub(1)).filter(word).collect();
            if let Some(place) = places.get(usize::from(damage.other) % places.len().max(1)) {
                let mut letters = letters.clone();
                letters.swap(*place, place + 1);
                lines[line] = letters.into_iter().collect();
            }
        }
        // A word of one line in the place of one of another.
        _ => {
            let words = |line: &str| -> Vec<String> {
                line.split(|c: char| !c.is_alphanumeric() && c != '_')
                    .filter(|word| !word.is_empty())
                    .map(str::to_owned)
                    .collect()
            };
            let (mine, others) = (words(&lines[line]), words(&lines[other]));
            if let (Some(mine), Some(other)) = (mine.last(), others.first()) {
                lines[line] = lines[line].replace(mine.as_str(), other);
            }
        }
    }
    files[at].1 = lines.concat();
    at
}

/// Everything about a compilation that its users see.
fn seen(compilation: &Compilation) -> String {
    let problems: Vec<&Diagnostic> = compilation.diagnostics.iter().collect();
    let names: Vec<&str> = compilation.sources.iter().map(|source| &*source.name).collect();
    format!("{names:?}\n{problems:#?}\n{:#?}\n{:#?}", compilation.program, compilation.spec)
}

/// Errors without their places.
fn errors(compilation: &Compilation) -> Vec<(String, String, String)> {
    let file = |problem: &Diagnostic, sources: &Sources| {
        let source = problem.primary().and_then(|span| sources.get(span.source));
        source.map_or(String::new(), |source| source.name.to_string())
    };
    let errors = compilation.diagnostics.iter().filter(|problem| problem.is_error());
    errors
        .map(|problem| {
            (file(problem, &compilation.sources), problem.code.clone(), problem.message.clone())
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_workspace_holds_what_compiling_anew_gives(
        program in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
        edits in prop::collection::vec(damage(), 1..6),
    ) {
        let mut files = programs()[program.index(programs().len())].clone();
        // Another program beside it: its workflows are not edited, and see the declarations that are.
        for (name, text) in &programs()[other.index(programs().len())] {
            if name != "locus.yaml" {
                files.push((format!("zz/{name}"), text.clone()));
            }
        }
        let mut workspace = Workspace::new(Box::new(world(&files)), "", registry());
        for edit in &edits {
            let at = damaged(&mut files, edit);
            workspace.update(&files[at].0, files[at].1.as_str());
            let anew = compile_in(&world(&files), "", &registry());
            let (kept, anew) = (seen(workspace.compilation()), seen(&anew));
            prop_assert!(kept == anew, "{}", similar::TextDiff::from_lines(&anew, &kept).unified_diff());
        }
    }

    #[test]
    fn a_workspace_with_hooks_holds_what_compiling_anew_gives(
        program in any::<prop::sample::Index>(),
        edits in prop::collection::vec(damage(), 1..5),
        at in any::<prop::sample::Index>(),
    ) {
        let mut files = programs()[program.index(programs().len())].clone();
        let mut workspace = Workspace::new(Box::new(world(&files)), "", hooked_registry());
        let manifest = ["name: p\n", "name: p\nplugins: { test.changes: false }\n"];
        for (number, edit) in edits.iter().enumerate() {
            // In the middle the project takes the plugin out, or in again.
            if number == at.index(edits.len()) {
                let text = manifest[usize::from(edits.len() % 2 == 0)];
                files.retain(|(name, _)| name != "locus.yaml");
                files.push(("locus.yaml".to_owned(), text.to_owned()));
                workspace.update("locus.yaml", text);
            }
            let at = damaged(&mut files, edit);
            workspace.update(&files[at].0, files[at].1.as_str());
            let anew = compile_in(&world(&files), "", &hooked_registry());
            let (kept, anew) = (seen(workspace.compilation()), seen(&anew));
            prop_assert!(kept == anew, "{}", similar::TextDiff::from_lines(&anew, &kept).unified_diff());
        }
    }

    #[test]
    fn fixing_brings_no_new_error(
        program in any::<prop::sample::Index>(),
        edits in prop::collection::vec(damage(), 0..4),
    ) {
        let mut files = programs()[program.index(programs().len())].clone();
        for edit in &edits {
            damaged(&mut files, edit);
        }
        let before = compile_in(&world(&files), "", &registry());
        let mut workspace = Workspace::new(Box::new(world(&files)), "", registry());
        let fixed = fix(&mut workspace);
        let after = workspace.compilation();
        // No more errors of any code, file by file, and none at all where there were none.
        let codes = |list: &[(String, String, String)]| {
            let mut codes: Vec<_> = list.iter().map(|(file, code, _)| (file.clone(), code.clone())).collect();
            codes.sort();
            codes
        };
        let mut left = codes(&errors(&before));
        for error in codes(&errors(after)) {
            let at = left.iter().position(|known| *known == error);
            prop_assert!(at.is_some(), "new: {error:?} in {:?}\nfixed: {fixed:#?}", errors(after));
            left.remove(at.unwrap());
        }
        // What was fixed is there, and fixing again fixes nothing.
        for (name, (_, text)) in &fixed.files {
            let source = after.sources.iter().find(|source| *source.name == **name).unwrap();
            prop_assert!(source.text == *text);
        }
        prop_assert!(fixed.applied.is_empty() == fixed.files.is_empty());
        let again = fix(&mut workspace);
        prop_assert!(again.applied.is_empty(), "{again:#?}");
    }
}

#[test]
fn an_editor_adds_and_closes_files() {
    let spec = "workflows: { a: { steps: [ { call: { workflow: b } } ] } }\n";
    let world = MemoryWorld::new([("a.locus.yaml", spec)]);
    let mut workspace = Workspace::new(Box::new(world), "", registry());
    let told = |compilation: &Compilation| errors(compilation).len();
    assert_eq!(told(workspace.compilation()), 1);
    let other = "workflows: { b: { steps: [ { log: { message: hi } } ] } }\n";
    assert_eq!(told(workspace.update("b.locus.yaml", other)), 0);
    // A name that no parser hook claims is no spec.
    assert_eq!(told(workspace.update("notes.txt", "a: [")), 0);
    assert_eq!(told(workspace.close("b.locus.yaml")), 1);
    assert_eq!(told(workspace.update("../outside.locus.yaml", other)), 1);
}
