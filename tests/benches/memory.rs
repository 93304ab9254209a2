//! How much memory compiling takes; apart from `compile`, whose times the counting would blur.
//!
//! `cargo bench -p locus-tests --bench memory`

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on fails")]

mod specs;

use divan::counter::BytesCount;
use divan::{AllocProfiler, Bencher};
use locus_cli as _;
use locus_compiler::{Compilation, compile_in};
use locus_plugin::Registry;
use locus_syntax::MemoryWorld;

#[global_allocator]
static COUNTING: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// Workflows of 20 steps; `max alloc` is the most that is held at a time, its names and texts included.
#[divan::bench(args = [100, 1_000, 10_000], sample_count = 1, sample_size = 1)]
fn compile(bencher: Bencher<'_, '_>, workflows: usize) {
    let files = specs::generated(workflows);
    let bytes = specs::bytes(&files);
    let world = MemoryWorld::new(files);
    let registry = Registry::linked().unwrap();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| -> Compilation {
        let compilation = compile_in(&world, "", &registry);
        let steps = compilation.program.workflows.values().map(|w| w.steps.walk().len());
        assert_eq!(steps.sum::<usize>(), workflows * specs::STEPS_PER_WORKFLOW);
        compilation
    });
}
