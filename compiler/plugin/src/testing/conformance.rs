//! What every part of a plugin must keep, whatever it does: one line in a test for each.
//!
//! ```ignore
//! #[test]
//! fn it_conforms() {
//!     locus_plugin::testing::conformance::plugin();
//!     locus_plugin::testing::conformance::step("chat_notify");
//! }
//! ```
//!
//! Each suite draws its values by number, so that a failure comes again; the message says which number it was.

mod control;
mod front_end;
mod generator;
mod hooks;
mod step;

use std::fmt::Debug;

use locus_diag::Span;
use serde_json::Value;

pub use control::control;
pub use front_end::front_end;
pub use generator::generator;
pub use hooks::hooks;
pub use step::step;

use super::draw::{Fill, misfits, sample};
use super::{linked, tree};
use crate::host::panics::caught;
use crate::lint::lint;
use crate::step::StepKind;

/// The whole plugin of this crate: nothing of it is there twice, [`lint()`](crate::lint::lint()) has nothing to say, and each of its steps and generators
/// conforms. Front ends and hooks need a text and a program of their own: [`mod@front_end`], [`mod@hooks`].
#[track_caller]
pub fn plugin() {
    let registry = linked();
    for meta in registry.plugins() {
        let findings: Vec<String> = lint(&registry, meta).iter().map(ToString::to_string).collect();
        assert!(findings.is_empty(), "`{}` has things to mend:\n{}", meta.id, findings.join("\n"));
        params_fit(&format!("the config of `{}`", meta.id), &meta.config, |_| Ok(()), &[]);
    }
    for entry in registry.steps() {
        match entry.ty.kind {
            StepKind::Action => step(&entry.ty.name),
            StepKind::Control => control(&entry.ty.name),
        }
    }
    for entry in registry.generators() {
        generator(&entry.meta.name, &tree(Value::Null).program);
    }
}

/// A schema is that of an object, what fits it is taken, and what does not is refused.
fn params_fit(
    what: &str,
    schema: &Value,
    takes: impl Fn(Value) -> Result<(), String>,
    wrong: &[(String, Value)],
) {
    assert_eq!(schema["type"], "object", "{what} is no object");
    for fill in [Fill::Required, Fill::All] {
        let Some(value) = sample(schema, fill) else { continue };
        if let Err(problem) = quiet(what, &value, || takes(value.clone())) {
            panic!("{what}: {value} fits the schema and is refused: {problem}");
        }
    }
    for (how, value) in wrong {
        let taken = quiet(what, value, || takes(value.clone()));
        assert!(taken.is_err(), "{what}: {value} is taken {how}, which the schema refuses");
    }
}

/// What the schema refuses.
fn wrong(schema: &Value) -> Vec<(String, Value)> {
    misfits(schema)
}

/// Does something that must not panic.
#[track_caller]
fn quiet<T>(what: &str, with: &impl Debug, work: impl FnOnce() -> T) -> T {
    caught(work).unwrap_or_else(|text| panic!("{what} panics: {text}\nwith {with:?}"))
}

/// A place lies in a text, between characters.
#[track_caller]
fn inside(what: &str, span: Span, text: &str) {
    let range = span.range();
    assert!(
        text.get(range.clone()).is_some(),
        "{what}: the place {range:?} is not in the text of {} bytes, or cuts a character",
        text.len()
    );
}

/// Errors that `catch` and `retry` can match.
#[track_caller]
fn good_code(what: &str, code: &str) {
    let fits = code.starts_with(|c: char| c.is_ascii_lowercase())
        && code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    assert!(fits, "{what} fails with the code `{code}`, which is not in snake case");
}
