//! A set of hooks works at one point at least, and at points that there are.

use locus_plugin::Hooks;

/// Works nowhere.
#[derive(Hooks)]
struct Nowhere;

/// Works nowhere, but in the right order.
#[derive(Hooks)]
#[hooks(before("shop"), on_failure = "stop")]
struct InOrder;

/// Works at a point that there is not.
#[derive(Hooks)]
#[hooks(post_validated)]
struct Validated;

fn main() {}
