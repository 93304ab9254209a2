//! What plugins cost a compilation that does not need them, and what a hook costs that does nothing: each beside its limit.
//!
//! `cargo bench -p locus-tests --bench hooks`

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "a benchmark tells its figures")]

#[path = "specs.rs"]
mod specs;

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use locus_compiler::compile_in;
use locus_model::Program;
use locus_plugin::hooks::{HooksEntry, HooksMeta};
use locus_plugin::host::call_hook;
use locus_plugin::registry::Registered;
use locus_plugin::{
    API_VERSION, HookContext, PartEntry, PluginMeta, Point, PostValidate, Registry, Stability,
};
use locus_syntax::MemoryWorld;
use serde_json::json;

/// How often each is measured; in turns, so that a busy machine is busy for all. The shortest counts.
const ROUNDS: usize = 15;

struct Trivial;

impl PostValidate for Trivial {
    fn post_validate(&self, program: &Program, _: &mut HookContext) {
        black_box(program.workflows.len());
    }
}

/// A plugin with a hook; one that does not apply asks for a step type that nothing has.
fn plugin(number: usize, applies: bool) -> [(String, PartEntry); 2] {
    let id = format!("bench.plugin-{}", words(number));
    let meta = PluginMeta {
        id: id.clone(),
        version: "1.0.0".to_owned(),
        api: API_VERSION,
        description: "Does nothing.".to_owned(),
        package: id.clone(),
        provides: Vec::new(),
        requires: Vec::new(),
        optional: Vec::new(),
        conflicts: Vec::new(),
        permissions: Vec::new(),
        stability: Stability::Stable,
        config: json!({ "type": "object", "properties": {}, "additionalProperties": false }),
        config_version: 1,
    };
    let mut hooks = HooksEntry::new(HooksMeta {
        name: "nothing".to_owned(),
        points: vec![Point::PostValidate],
        ..HooksMeta::default()
    });
    if !applies {
        hooks.meta.filter.steps.push("step_type_of_nobody".to_owned());
    }
    hooks.post_validate = Some(Arc::new(Trivial));
    [(id.clone(), PartEntry::Plugin(meta)), (id, PartEntry::Hooks(hooks))]
}

/// A number in letters that do not look like one another.
fn words(number: usize) -> String {
    number
        .to_string()
        .bytes()
        .map(|digit| char::from(b"abcdefghjk"[usize::from(digit - b'0')]))
        .collect()
}

fn registry(plugins: usize, applies: bool) -> Registry {
    let linked = [
        locus_syntax::front_end::YamlPlugin::REGISTRATION,
        locus_syntax::front_end::Yaml::REGISTRATION,
    ];
    let linked = linked.map(|part| (part.package.to_owned(), part.part.make())).into_iter();
    let steps = Registry::linked().unwrap();
    let steps: Vec<_> = steps.steps().map(|entry| PartEntry::Step(entry.clone())).collect();
    let builtin = locus_steps::BuiltInSteps::REGISTRATION;
    let package = builtin.package.to_owned();
    let owner = [(package.clone(), builtin.part.make())];
    let steps = owner.into_iter().chain(steps.into_iter().map(|step| (package.clone(), step)));
    let own = (0..plugins).flat_map(|number| plugin(number, applies));
    Registry::assemble(linked.chain(steps).chain(own)).unwrap()
}

fn main() {
    let files = specs::generated(1000);
    let world = MemoryWorld::new(files.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    let cases = [
        ("no plugins", registry(0, false), None),
        ("100 plugins, none applies", registry(100, false), Some(1.0)),
        ("1,000 plugins, none applies", registry(1000, false), Some(1.0)),
        ("100 trivial hooks", registry(100, true), Some(10.0)),
    ];
    let mut best = [Duration::MAX; 4];
    for _ in 0..ROUNDS {
        for (index, (name, registry, _)) in cases.iter().enumerate() {
            let start = Instant::now();
            let compilation = black_box(compile_in(&world, "", registry));
            best[index] = best[index].min(start.elapsed());
            assert!(!compilation.diagnostics.has_errors(), "{name}");
        }
    }
    println!("parse and check of 1,000 workflows, the shortest of {ROUNDS}:");
    for ((name, _, limit), time) in cases.iter().zip(best) {
        let more = (time.as_secs_f64() / best[0].as_secs_f64() - 1.0) * 100.0;
        let beside =
            limit.map_or_else(String::new, |limit| format!("{more:+.2} %   limit +{limit} %"));
        println!("  {name:30} {:>9.2} ms  {beside}", time.as_secs_f64() * 1e3);
    }

    let registry = registry(1, true);
    let bound = &registry.hooks_at(Point::PostValidate)[0];
    let program = Program::default();
    let calls = 1_000_000;
    let mut shortest = f64::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for _ in 0..calls {
            let called = call_hook(&registry, bound, Point::PostValidate, |entry, cx| {
                if let Some(hook) = &entry.post_validate {
                    hook.post_validate(black_box(&program), cx);
                }
            });
            black_box(called.given.diagnostics.len());
        }
        shortest = shortest.min(start.elapsed().as_secs_f64() / f64::from(calls) * 1e9);
    }
    println!("dispatch of one hook: {shortest:.0} ns   limit 100 ns");

    let thousand = (0..1000).flat_map(|number| plugin(number, true)).collect::<Vec<_>>();
    let start = Instant::now();
    let built = Registry::assemble(thousand).unwrap();
    let took = start.elapsed().as_secs_f64() * 1e3;
    println!("registry of {} plugins: {took:.2} ms", built.plugins().count());
}
