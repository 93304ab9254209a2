//! Tests of the step types, through the contract and the registry alone.
//!
//! [`stage`] is a host for control steps that plays scripts, [`services`] one for actions.

mod actions;
mod calls;
mod cases;
mod events;
mod r#loop;
mod parallel;
mod random;
mod reference;
mod services;
mod stage;
mod try_catch;
mod values;

use locus_plugin::error::HOST_ERRORS;
use locus_plugin::step::StepEntry;
use locus_plugin::{Registry, StepError, StepType, Value};

fn entry(step: &str) -> StepEntry {
    let registry = Registry::linked().expect("the built-in steps are registered");
    registry.step(step).unwrap_or_else(|| panic!("there is no step type `{step}`")).clone()
}

/// A step type says with which codes it fails: the compiler believes it.
fn assert_declared(ty: &StepType, params: &Value, error: &StepError) {
    let declared = ty.errors.iter().flatten().any(|code| error.matches(&[code]));
    let known = ty.errors.is_none() || HOST_ERRORS.contains(&error.code.as_str());
    // A parameter may name it.
    let named = params.to_string().contains(&format!("\"{}\"", error.code));
    assert!(declared || known || named, "`{}` does not declare `{}`", ty.name, error.code);
}
