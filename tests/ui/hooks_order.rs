//! Hooks come early, in the middle or late, and a limit is a number.

use locus_plugin::{HookContext, Hooks, PreValidate, model::Spec};

/// Comes first.
#[derive(Hooks)]
#[hooks(pre_validate, stage = "first", max_ms = "20ms")]
struct First;

impl PreValidate for First {
    fn pre_validate(&self, _: &Spec, _: &mut HookContext) {}
}

fn main() {}
