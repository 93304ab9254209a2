//! A parser hook says which files it reads.

use locus_plugin::ParserHook;

/// Reads nothing.
#[derive(ParserHook)]
#[parser_hook(name = "nothing")]
struct Nothing;

/// Reads files by their whole names.
#[derive(ParserHook)]
#[parser_hook(name = "Whole Names", suffixes("steps.csv", ".a/b"))]
struct WholeNames;

fn main() {}
