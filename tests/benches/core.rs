//! What the pure core costs: steps without effects, results applied, recovery; beside the expressions alone and the bare decoding of
//! a journal.
//!
//! `cargo bench -p locus-tests --bench core`

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on fails")]

use std::collections::BTreeMap;
use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use locus_cli as _;
use locus_compiler::compile_in;
use locus_expr::{Data, Limits, Scope, Template};
use locus_plugin::Registry;
use locus_runtime::core::{Command, Event, Image, Machine, Record, RunInfo, complete_input};
use locus_syntax::MemoryWorld;
use serde_json::{Value, json};

fn main() {
    divan::main();
}

/// Iterations of a loop.
const ITERATIONS: usize = 1_000;

/// Records of a journal to recover from.
const RECORDS: usize = 10_000;

/// Three steps an iteration that touch nothing outside: `add`, `size` and the step inside it.
const PURE: &str = r#"
workflows:
  pure:
    input: { times: int }
    steps:
      - set: { sum: 0 }
      - loop:
          times: ${ .input.times }
          steps:
            - id: add
              set: { sum: "${ .vars.sum + $index }" }
            - id: size
              conditional:
                cases:
                  - name: large
                    when: ${ .vars.sum >= 1000 }
                    steps: [ { id: say, set: { size: large } } ]
                else: [ { id: say, set: { size: small } } ]
      - return: { value: "${ .vars.sum }" }
"#;

/// A call of another workflow each iteration.
const CALLS: &str = r#"
workflows:
  calls:
    input: { times: int }
    steps:
      - loop:
          times: ${ .input.times }
          steps:
            - call: { workflow: double, input: { number: "${ $index }" } }
  double:
    input: { number: int, note: { type: string, max: 80, default: none } }
    steps:
      - return: { value: "${ .input.number }" }
"#;

/// One step an iteration that does something outside, with parameters of which two are looked up.
const EFFECTS: &str = r#"
workflows:
  effects:
    input: { items: "json[]", customer: string }
    steps:
      - id: each
        loop:
          over: ${ .input.items }
          concurrency: 8
          steps:
            - id: tell
              external_api:
                method: POST
                url: https://x.example/lines
                body: { line: "${ $item }", customer: "${ .input.customer }" }
"#;

/// The steps of [`PURE`], without anything around them.
mod pure {
    use super::{
        Arc, BTreeMap, Bencher, CALLS, Case, Data, ITERATIONS, ItemsCount, Limits, PURE, Scope,
        Template, json,
    };

    /// The limit: both expressions of an iteration, with what they see made anew each time.
    #[divan::bench]
    fn a_bare_expressions(bencher: Bencher<'_, '_>) {
        let sum = Template::parse("${ .vars.sum + $index }").unwrap();
        let large = Template::parse("${ .vars.sum >= 1000 }").unwrap();
        let (mut scope, limits) = (Scope::default(), Limits::default());
        bencher.counter(ItemsCount::new(ITERATIONS * 3)).bench_local(|| {
            scope.dot =
                Data::from(json!({ "input": {}, "steps": {}, "vars": { "sum": 0 }, "run": {} }));
            for index in 0..ITERATIONS {
                scope.variables =
                    Arc::new(BTreeMap::from([("index".into(), Data::from(json!(index)))]));
                let value = sum.evaluate(&scope, &limits).unwrap();
                scope.dot.insert("vars", Data::object([("sum".to_owned(), value)]));
                divan::black_box(large.evaluate(&scope, &limits).unwrap());
            }
        });
    }

    #[divan::bench]
    fn b_steps(bencher: Bencher<'_, '_>) {
        let case = Case::new(PURE, json!({ "times": ITERATIONS }));
        let expected = ITERATIONS * (ITERATIONS - 1) / 2;
        bencher.counter(ItemsCount::new(ITERATIONS * 3)).bench_local(|| {
            let (machine, _) = case.start();
            assert_eq!(
                format!("{:?}", machine.outcome()),
                format!("Some(Done(Number({expected})))")
            );
            machine
        });
    }

    /// Input completed and checked, a workflow started and ended.
    #[divan::bench]
    fn c_calls(bencher: Bencher<'_, '_>) {
        let case = Case::new(CALLS, json!({ "times": ITERATIONS }));
        bencher.counter(ItemsCount::new(ITERATIONS)).bench_local(|| {
            let (machine, _) = case.start();
            assert!(machine.outcome().is_some());
            machine
        });
    }
}

mod effects {
    use super::{Bencher, Case, EFFECTS, Event, ItemsCount, RECORDS, Record, items};

    /// The limit of a recovery: the records read, and nothing done with them.
    #[divan::bench]
    fn a_bare_decoding_of_records(bencher: Bencher<'_, '_>) {
        let records = Case::new(EFFECTS, items(RECORDS)).run_to_end();
        let texts: Vec<String> =
            records.iter().map(|record| serde_json::to_string(record).unwrap()).collect();
        bencher.counter(ItemsCount::new(RECORDS)).bench_local(|| {
            for text in &texts {
                divan::black_box(serde_json::from_str::<Record>(text).unwrap());
            }
        });
    }

    #[divan::bench(args = [1_000, RECORDS, 100_000], max_time = 3)]
    fn b_recovery(bencher: Bencher<'_, '_>, length: usize) {
        let case = Case::new(EFFECTS, items(length));
        let records = case.run_to_end();
        assert_eq!(records.len(), length);
        bencher.counter(ItemsCount::new(length)).bench_local(|| {
            let (mut machine, _) = case.start();
            for record in &records {
                machine.apply(record.at, record.event.clone());
            }
            assert!(machine.outcome().is_some());
            machine
        });
    }

    /// One result of a run that has 10,000 in all, from the middle on.
    #[divan::bench]
    fn c_result_applied(bencher: Bencher<'_, '_>) {
        let case = Case::new(EFFECTS, items(RECORDS));
        let records = case.run_to_end();
        let (before, after) = records.split_at(RECORDS / 2);
        let applied = 1_000;
        bencher
            .counter(ItemsCount::new(applied))
            .with_inputs(|| {
                let (mut machine, _) = case.start();
                for record in before {
                    machine.apply(record.at, record.event.clone());
                }
                let events: Vec<Event> =
                    after.iter().take(applied).map(|record| record.event.clone()).collect();
                (machine, events)
            })
            .bench_local_values(|(mut machine, events)| {
                for event in events {
                    divan::black_box(machine.apply(0, event));
                }
                machine
            });
    }
}

/// What a run costs before its first step.
#[divan::bench]
fn start_of_a_run(bencher: Bencher<'_, '_>) {
    let case = Case::new(EFFECTS, items(8));
    bencher.bench_local(|| case.start());
}

/// A workflow made ready, and the input of its run.
struct Case {
    image: Arc<Image>,
    run: RunInfo,
}

impl Case {
    fn new(spec: &str, input: Value) -> Self {
        let registry = Registry::linked().unwrap();
        let world = MemoryWorld::new([("bench.locus.yaml", spec)]);
        let compilation = compile_in(&world, "bench.locus.yaml", &registry);
        assert!(!compilation.diagnostics.has_errors(), "{:#?}", compilation.diagnostics);
        let program = Arc::new(compilation.program);
        let workflow = program.workflows.keys().next().unwrap().clone();
        let input = complete_input(&program, &workflow, input, 0).unwrap();
        let image = Arc::new(Image::new(program, &registry).unwrap());
        Self {
            image,
            run: RunInfo { id: "run-1".to_owned(), workflow, input, env: Value::Null, started: 0 },
        }
    }

    fn start(&self) -> (Machine, Vec<Command>) {
        Machine::with_image(Arc::clone(&self.image), self.run.clone()).unwrap()
    }

    /// The journal of the whole run, with an answer of the usual size for each call.
    fn run_to_end(&self) -> Vec<Record> {
        let (mut machine, mut commands) = self.start();
        let mut records = Vec::new();
        while !commands.is_empty() {
            let mut next = Vec::new();
            for command in commands {
                let Command::Call(call) = command else { continue };
                let result = Ok(
                    json!({ "id": call.key, "status": "accepted", "amount": 12.5, "tags": ["a", "b"] }),
                );
                let event = Event::Completed { key: call.key, attempt: call.attempt, result };
                let at = records.len() as u64;
                records.push(Record { at, signature: call.signature, event: event.clone() });
                next.extend(machine.apply(at, event));
            }
            commands = next;
        }
        records
    }
}

fn items(count: usize) -> Value {
    let items: Vec<Value> =
        (0..count).map(|number| json!({ "sku": format!("A-{number}"), "quantity": 3 })).collect();
    json!({ "items": items, "customer": "Ada" })
}
