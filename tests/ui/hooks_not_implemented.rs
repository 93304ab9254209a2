//! A point that is listed is implemented; a set of hooks with fields has a default.

use locus_plugin::model::Program;
use locus_plugin::{HookContext, Hooks, PostValidate};

/// Lists two points and works at one.
#[derive(Hooks)]
#[hooks(post_validate, pre_generate)]
struct Half;

impl PostValidate for Half {
    fn post_validate(&self, _: &Program, _: &mut HookContext) {}
}

/// Cannot be made.
#[derive(Hooks)]
#[hooks(post_validate)]
struct Counts {
    count: u64,
}

impl PostValidate for Counts {
    fn post_validate(&self, _: &Program, _: &mut HookContext) {
        assert_eq!(self.count, 0);
    }
}

fn main() {}
