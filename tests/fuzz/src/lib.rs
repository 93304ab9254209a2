//! What must hold for any input, one function for each fuzz target: no panic, no hang, a program or problems, and every place inside
//! its text. `tests/fuzzed.rs` calls the same functions with the cases of all tests.

use std::sync::{Arc, OnceLock};

use locus_compiler::{Compilation, Workspace, compile_in, fix as fix_all};
use locus_diag::SourceId;
use locus_diag::render::{Style, to_json, to_sarif, to_terminal};
use locus_expr::Template;
use locus_plugin::Registry;
use locus_syntax::MemoryWorld;
use {locus_generators as _, locus_steps as _};

/// The name of the one file.
const FILE: &str = "a.locus.yaml";

fn registry() -> Arc<Registry> {
    static REGISTRY: OnceLock<Arc<Registry>> = OnceLock::new();
    let linked = || Registry::linked().map(Arc::new).expect("the built-in plugins fit together");
    Arc::clone(REGISTRY.get_or_init(linked))
}

fn world(data: &[u8]) -> MemoryWorld {
    MemoryWorld::new([(FILE, data)])
}

/// A file of any bytes is compiled, and what is said of it can be shown.
pub fn check_bytes(data: &[u8]) {
    shown(&compile_in(&world(data), "", &registry()));
}

/// What is said is placed inside the text, and can be shown in every form.
fn shown(compilation: &Compilation) {
    for problem in &compilation.diagnostics {
        assert!(!problem.message.is_empty() && !problem.code.is_empty());
        let edits = problem.fixes.iter().flat_map(|fix| fix.edits.iter().map(|(span, _)| *span));
        for span in problem.labels.iter().map(|label| label.span).chain(edits) {
            let source = compilation.sources.get(span.source).expect("a place is in a source");
            assert!(source.text.get(span.range()).is_some(), "{problem:?}");
        }
        let _ = to_json(problem, &compilation.sources);
        let _ = to_terminal(problem, &compilation.sources, Style::default());
    }
    let _ = to_sarif(&compilation.diagnostics, &compilation.sources, "0");
}

/// A tree that is made of the bytes, with words of the language, is compiled.
pub fn check_tree(data: &[u8]) {
    let mut text = String::new();
    let mut bytes = data.iter().copied();
    tree(&mut bytes, &mut text, 0);
    check_bytes(text.as_bytes());
}

/// Words that mean something somewhere.
const WORDS: [&str; 64] = [
    "workflows",
    "models",
    "schemas",
    "connections",
    "imports",
    "pages",
    "components",
    "tests",
    "steps",
    "id",
    "input",
    "output",
    "triggers",
    "http",
    "method",
    "path",
    "cron",
    "event",
    "timeout",
    "concurrency",
    "limit",
    "key",
    "when",
    "retry",
    "attempts",
    "compensate",
    "needs",
    "description",
    "external_api",
    "url",
    "db_tx",
    "connection",
    "statements",
    "sql",
    "params",
    "log",
    "message",
    "set",
    "conditional",
    "cases",
    "else",
    "loop",
    "over",
    "as",
    "times",
    "while",
    "parallel",
    "branches",
    "try_catch",
    "try",
    "catch",
    "finally",
    "errors",
    "call",
    "workflow",
    "validate",
    "type",
    "data",
    "wait",
    "for",
    "return",
    "value",
    "fields",
    "string",
];

/// Scalars that mean something somewhere.
const SCALARS: [&str; 24] = [
    "1",
    "-7",
    "0.5",
    "true",
    "null",
    "~",
    "''",
    "30s",
    "a",
    "string?",
    "int[]",
    "map<Order>",
    "\"${ .input.a }\"",
    "\"${ .steps.a.b }\"",
    "\"${ $item }\"",
    "\"${ $secrets.X }\"",
    "\"${ .vars.n + 1 }\"",
    "\"${ [.input[] | select(.a > 1)] }\"",
    "\"x ${ .run.id } y\"",
    "\"${ \"",
    "/a/{b}",
    "* * * * *",
    "Order",
    "'&a *a'",
];

/// A value in flow style.
fn tree(bytes: &mut impl Iterator<Item = u8>, text: &mut String, depth: usize) {
    let Some(kind) = bytes.next() else { return text.push('a') };
    if text.len() > 20_000 {
        return text.push('b');
    }
    match kind % 8 {
        0..=3 if depth < 40 => {
            text.push_str("{ ");
            for _ in 0..=kind / 64 {
                let word = bytes.next().map_or("a", |byte| match byte {
                    byte if byte < 192 => WORDS[usize::from(byte) % WORDS.len()],
                    byte => ["a", "b", "x-a", "Order"][usize::from(byte) % 4],
                });
                text.push_str(word);
                text.push_str(": ");
                tree(bytes, text, depth + 1);
                text.push_str(", ");
            }
            text.push('}');
        }
        4 | 5 if depth < 40 => {
            text.push_str("[ ");
            for _ in 0..=kind / 64 {
                tree(bytes, text, depth + 1);
                text.push_str(", ");
            }
            text.push(']');
        }
        _ => {
            let scalar =
                bytes.next().map_or("a", |byte| SCALARS[usize::from(byte) % SCALARS.len()]);
            text.push_str(scalar);
        }
    }
}

/// An expression of any text is parsed, and every problem of it is inside.
pub fn expression(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for text in [text.clone().into_owned(), format!("${{ {text} }}")] {
        if let Err(errors) = Template::parse(&text) {
            for error in errors {
                assert!(text.get(error.range.clone()).is_some(), "{error:?} of {text:?}");
            }
        }
    }
}

/// Formatting a text once more changes nothing, and what it means does not change.
pub fn format(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(once) = locus_editor::format(SourceId(0), text) else { return };
    let twice = locus_editor::format(SourceId(0), &once);
    assert!(twice.as_ref().ok() == Some(&once), "of {text:?}: {once:?}, then {twice:?}");
    let means = |text: &str| {
        let (documents, _) = locus_syntax::parse_yaml(SourceId(0), text);
        documents.iter().map(|document| document.to_value()).collect::<Vec<_>>()
    };
    assert!(means(text) == means(&once), "{text:?} became {once:?}");
}

/// Fixing brings no new error, and fixing again fixes nothing.
pub fn fix(data: &[u8]) {
    let errors = |compilation: &Compilation| {
        compilation.diagnostics.iter().filter(|problem| problem.is_error()).count()
    };
    let mut workspace = Workspace::new(Box::new(world(data)), "", registry());
    let before = errors(workspace.compilation());
    fix_all(&mut workspace);
    assert!(errors(workspace.compilation()) <= before);
    assert!(fix_all(&mut workspace).applied.is_empty());
}
