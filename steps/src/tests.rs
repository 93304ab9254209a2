//! Tests of the step types, through the contract and the registry alone.
//!
//! Control steps play scripts on the stage of the test kit, actions run in its world ([`services`]).

mod actions;
mod calls;
mod cases;
mod events;
mod r#loop;
mod parallel;
mod random;
mod reference;
mod services;
mod try_catch;
mod values;

use locus_plugin::Registry;
use locus_plugin::step::StepEntry;

#[test]
fn every_step_conforms() {
    locus_plugin::testing::conformance::plugin();
}

fn entry(step: &str) -> StepEntry {
    let registry = Registry::linked().expect("the built-in steps are registered");
    registry.step(step).unwrap_or_else(|| panic!("there is no step type `{step}`")).clone()
}
