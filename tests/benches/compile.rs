//! What compiling costs: parsing and checking, beside the events of the bare YAML parser on the same bytes.
//!
//! `cargo bench -p locus-tests --bench compile`; `… -- generated` for the projects of 100, 1,000 and 10,000 workflows.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on fails")]

mod specs;

use std::path::Path;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use locus_cli as _;
use locus_compiler::compile_in;
use locus_plugin::Registry;
use locus_syntax::{MemoryWorld, yaml};
use specs::Files;

fn main() {
    divan::main();
}

mod orders {
    use super::Bencher;

    #[divan::bench]
    fn a_bare_events(bencher: Bencher<'_, '_>) {
        super::events(bencher, &super::orders());
    }

    #[divan::bench]
    fn b_parse(bencher: Bencher<'_, '_>) {
        super::parse(bencher, &super::orders());
    }

    #[divan::bench]
    fn c_parse_and_check(bencher: Bencher<'_, '_>) {
        super::parse_and_check(bencher, &super::orders());
    }
}

#[divan::bench_group(max_time = 4)]
mod generated {
    use super::{Bencher, specs};

    const WORKFLOWS: [usize; 4] = [100, 200, 1_000, 10_000];

    #[divan::bench(args = WORKFLOWS)]
    fn a_bare_events(bencher: Bencher<'_, '_>, workflows: usize) {
        super::events(bencher, &specs::generated(workflows));
    }

    #[divan::bench(args = WORKFLOWS)]
    fn b_parse(bencher: Bencher<'_, '_>, workflows: usize) {
        super::parse(bencher, &specs::generated(workflows));
    }

    #[divan::bench(args = WORKFLOWS)]
    fn c_parse_and_check(bencher: Bencher<'_, '_>, workflows: usize) {
        super::parse_and_check(bencher, &specs::generated(workflows));
    }

    /// The same, with files parsed in parallel and hooks called.
    #[divan::bench(args = WORKFLOWS)]
    fn d_compile(bencher: Bencher<'_, '_>, workflows: usize) {
        super::compile(bencher, &specs::generated(workflows));
    }
}

/// How long the list of linked plugins takes to make, once a process.
#[divan::bench]
fn registry() -> Registry {
    Registry::linked().unwrap()
}

/// Templates as they stand in specs: those that look something up, and those that compute.
#[divan::bench(args = [".input.order", ".input.total * 119 | round / 100", "[ .steps.all[] | select(.ok) ] | length"])]
fn template(bencher: Bencher<'_, '_>, expression: &str) {
    let text = format!("${{ {expression} }}");
    bencher.counter(ItemsCount::new(1_usize)).bench(|| locus_expr::Template::parse(&text).unwrap());
}

fn events(bencher: Bencher<'_, '_>, files: &Files) {
    bencher
        .counter(BytesCount::new(specs::bytes(files)))
        .bench(|| files.iter().map(|(_, text)| yaml::count_events(text)).sum::<usize>());
}

fn parse(bencher: Bencher<'_, '_>, files: &Files) {
    assert_clean(files);
    bencher.counter(BytesCount::new(specs::bytes(files))).bench(|| specs::parsed(files));
}

fn parse_and_check(bencher: Bencher<'_, '_>, files: &Files) {
    let registry = Registry::linked().unwrap();
    bencher
        .counter(BytesCount::new(specs::bytes(files)))
        .bench(|| locus_analysis::check(&specs::parsed(files), None, &registry));
}

fn compile(bencher: Bencher<'_, '_>, files: &Files) {
    let registry = Registry::linked().unwrap();
    let world = world(files);
    bencher
        .counter(BytesCount::new(specs::bytes(files)))
        .bench(|| compile_in(&world, "", &registry));
}

/// A program with mistakes would measure the reports of them.
fn assert_clean(files: &Files) {
    let compilation = compile_in(&world(files), "", &Registry::linked().unwrap());
    let problems: Vec<_> = compilation.diagnostics.iter().map(|d| &d.message).take(5).collect();
    assert!(problems.is_empty(), "{problems:#?}");
}

fn world(files: &Files) -> MemoryWorld {
    MemoryWorld::new(files.iter().map(|(name, text)| (name.as_str(), text.as_str())))
}

/// The specs of the orders example, with the connections of its manifest.
fn orders() -> Files {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/orders");
    let read = |name: &str| (name.to_owned(), std::fs::read_to_string(folder.join(name)).unwrap());
    let connections = "connections:\n  shop: { type: sqlite, path: shop.db }\n  bus: { type: sqlite, path: bus.db }\n";
    vec![
        ("connections.locus.yaml".to_owned(), connections.to_owned()),
        read("models.locus.yaml"),
        read("orders.locus.yaml"),
    ]
}
