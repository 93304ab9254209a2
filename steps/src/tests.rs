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

use locus_plugin::Registry;
use locus_plugin::step::StepEntry;

fn entry(step: &str) -> StepEntry {
    let registry = Registry::linked().expect("the built-in steps are registered");
    registry.step(step).unwrap_or_else(|| panic!("there is no step type `{step}`")).clone()
}
