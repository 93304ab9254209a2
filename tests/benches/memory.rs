//! How much memory compiling takes; apart from `compile`, whose times the counting would blur.
//!
//! `cargo bench -p locus-tests --bench memory`

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on fails")]

mod specs;

use divan::counter::BytesCount;
use divan::{AllocProfiler, Bencher};
use locus_cli as _;
use locus_model::{Program, Spec};
use locus_plugin::Registry;

#[global_allocator]
static COUNTING: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// Workflows of 20 steps. `max alloc` is the most that is held at a time: the texts, the specs as written, and the program. On one
/// thread, because only that of the benchmark is counted.
#[divan::bench(args = [100, 1_000, 10_000], sample_count = 1, sample_size = 1)]
fn parse_and_check(bencher: Bencher<'_, '_>, workflows: usize) {
    let files = specs::generated(workflows);
    let registry = Registry::linked().unwrap();
    bencher.counter(BytesCount::new(specs::bytes(&files))).bench_local(|| -> (Spec, Program) {
        let spec = specs::parsed(&files);
        let (program, problems) = locus_analysis::check(&spec, None, &registry);
        assert!(problems.is_empty());
        let steps = program.workflows.values().map(|w| w.steps.walk().len());
        assert_eq!(steps.sum::<usize>(), workflows * specs::STEPS_PER_WORKFLOW);
        (spec, program)
    });
}
