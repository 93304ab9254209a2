//! What compiling costs: parsing and checking, beside the events of the bare YAML parser on the same bytes; what an edit costs; what a
//! workflow costs in memory. Limits are printed beside what was measured.
//!
//! `cargo bench -p locus-tests --bench compile`; `… -- generated` for the projects of 100 to 10,000 workflows, `… -- limits` for the
//! figures with limits alone.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "figures are what it is for")]

mod specs;

use std::alloc::{GlobalAlloc, Layout, System};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use locus_cli as _;
use locus_compiler::{Workspace, compile_in};
use locus_plugin::Registry;
use locus_syntax::{MemoryWorld, yaml};
use specs::Files;

/// Bytes that are in use.
static IN_USE: AtomicUsize = AtomicUsize::new(0);

/// The allocator of the system, counted.
struct Counted;

#[global_allocator]
static COUNTED: Counted = Counted;

// SAFETY: all work is done by the allocator of the system; only sizes are counted.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        IN_USE.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: as promised by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as promised by the caller.
        unsafe { System.dealloc(pointer, layout) }
    }
}

fn main() {
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    if wanted.is_empty() || wanted.iter().any(|name| name == "limits") {
        limits();
    }
    divan::main();
}

/// Figures that have a limit, measured in one run: parsing beside checking, growth, an edit, memory.
fn limits() {
    let registry = Arc::new(Registry::linked().unwrap());
    let mut of_one = Vec::new();
    for workflows in [1_000, 10_000] {
        let files = specs::generated(workflows);
        let world = world(&files);
        assert_clean(&files);
        let parsing = fastest(3, || drop(specs::parsed(&files)));
        let checking = fastest(3, || {
            drop(locus_analysis::check(&specs::parsed(&files), None, &registry));
        });
        let compiling = fastest(3, || drop(compile_in(&world, "", &registry)));
        let ratio = checking.as_secs_f64() / parsing.as_secs_f64();
        println!(
            "{workflows} workflows of {} steps: parsed in {parsing:.0?}, parsed and checked in {checking:.0?} on one thread ({ratio:.1} times; limit 3), compiled in {compiling:.0?}",
            specs::STEPS_PER_WORKFLOW
        );
        of_one.push(checking.as_secs_f64() / workflows as f64);
        let before = IN_USE.load(Ordering::Relaxed);
        let mut workspace = Workspace::new(Box::new(world), "", Arc::clone(&registry));
        let held = IN_USE.load(Ordering::Relaxed) - before;
        println!("  memory of a workflow: {} KB", held / workflows / 1024);
        edits(&mut workspace, &files);
    }
    println!("a workflow at 10,000 beside one at 1,000: {:.2} (limit 1.3)", of_one[1] / of_one[0]);
}

/// What it costs until the problems of a program are known again after an edit of one file.
fn edits(workspace: &mut Workspace, files: &Files) {
    let (name, text) = &files[files.len() / 2];
    let body = text.replacen("free - :quantity", "free - 1 * :quantity", 1);
    let input =
        text.replacen("number: { type: string, max: 20", "number: { type: string, max: 21", 1);
    let broken = text.replacen("- id: prepare", "- idd: prepare", 1);
    for (what, edited) in
        [("of a step", &body), ("of an input", &input), ("that is a mistake", &broken)]
    {
        assert_ne!(edited, text, "{what}");
        let mut worst = Duration::ZERO;
        for _ in 0..3 {
            for text in [edited, text] {
                let begun = Instant::now();
                workspace.update(name, text.as_str());
                worst = worst.max(begun.elapsed());
            }
        }
        println!("  an edit {what}, checked again in at most {worst:.1?} (limit 50 ms)");
    }
}

fn fastest(times: usize, mut work: impl FnMut()) -> Duration {
    let mut once = || {
        let begun = Instant::now();
        work();
        begun.elapsed()
    };
    (0..times).map(|_| once()).min().unwrap()
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
    let connections = "connections:\n  shop: { type: sqlite, path: shop.db }\n  bus: { type: queue, path: bus.db }\n";
    vec![
        ("connections.locus.yaml".to_owned(), connections.to_owned()),
        read("models.locus.yaml"),
        read("orders.locus.yaml"),
    ]
}
