//! The test kit: everything that tests of a plugin need, in memory, with no clock, no network and no other crate of Locus.
//!
//! - [`World`]: the services of a host, scripted, with every call recorded and switches for faults; [`World::run`] runs an action step;
//! - [`Stage`] and [`play`]: a control step driven event by event;
//! - [`mod@tree`]: a program from JSON, with places; [`HookSet`]: hooks called on it; [`generate`]: a generator's files as one text;
//!   [`read`]: a front end on a text;
//! - [`conformance`]: what every part of a plugin must keep, one line for each;
//! - [`draw`]: values that fit a schema, values that do not, and odd ones, by number.
//!
//! Parts are found by name among those that are linked: in the tests of a plugin's crate, its own.
//!
//! The kit panics where an expectation does not hold, as assertions do.

pub mod conformance;
pub mod draw;
mod front_end;
mod generator;
mod hooks;
mod stage;
mod tree;
mod world;

pub use front_end::{Read, read};
pub use generator::{Files, generate};
pub use hooks::HookSet;
pub use stage::{Stage, play};
pub use tree::{Tree, tree};
pub use world::{Answer, Call, Fault, World};

use serde_json::Value;

use crate::error::{HOST_ERRORS, StepError};
use crate::registry::Registry;
use crate::step::StepType;

/// A step type says with which codes it fails: the compiler believes it.
///
/// # Panics
/// The step has failed with a code that its type does not declare, no host gives, and no parameter names.
#[track_caller]
pub fn assert_declared(ty: &StepType, params: &Value, error: &StepError) {
    let declared = ty.errors.iter().flatten().any(|code| error.matches(&[code]));
    let known = ty.errors.is_none() || HOST_ERRORS.contains(&error.code.as_str());
    let named = params.to_string().contains(&format!("\"{}\"", error.code));
    assert!(declared || known || named, "`{}` does not declare `{}`", ty.name, error.code);
}

/// All that is linked.
#[track_caller]
fn linked() -> Registry {
    Registry::linked().unwrap_or_else(|problems| {
        let all: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
        panic!("the plugins cannot be linked together: {}", all.join("; "))
    })
}

/// What of `names` comes closest, as the end of a sentence.
fn known<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        "nothing of the kind is linked; does the test name the crate of the plugin?".to_owned()
    } else {
        format!("there are {}", names.join(", "))
    }
}
