//! How many records a second the journal takes, beside bare SQLite commits of the same bytes on the same disk, and how many steps a second
//! whole runs do. The argument is how many runs there are at once: with one, a record is a flush of the disk; with many, they share it.

use std::path::Path;
use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use locus_model::{Block, Effect, Node, NodeKind, Program, Step, StepId, StepPath, Workflow};
use locus_plugin::action::{BoxFuture, ErasedAction};
use locus_plugin::registry::{Part, Registration};
use locus_plugin::step::{Behaviour, StepEntry};
use locus_plugin::{
    PluginMeta, Registry, SourceId, Span, Spanned, Stability, StepContext, StepError, StepKind,
    StepType,
};
use locus_runtime::core::{Event, Record};
use locus_runtime::store::{RunRow, SqliteStore, Transaction, Write};
use locus_runtime::{Engine, EngineConfig, RunState, Store, StoreLocation, SystemHost};
use rusqlite::Connection;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

const RUNS: [usize; 3] = [1, 100, 1000];
/// Records of each run in one sample.
const RECORDS: usize = 20;
const KEY: &str = "fulfil_order/reserve_all[3]/reserve";
const SIGNATURE: &str = "0123456789abcdef0123456789abcdef";

fn main() {
    divan::main();
}

/// About 100 bytes of result, 200 with its key and signature.
fn result(n: usize) -> Value {
    json!({ "id": format!("charge_{n:012}"), "status": "accepted", "note": "x".repeat(40) })
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("runtime")
}

/// The store: every run appends one record after the other, as runs do.
#[divan::bench(args = RUNS, sample_count = 10)]
fn store(bencher: Bencher<'_, '_>, runs: usize) {
    let runtime = runtime();
    bencher
        .counter(ItemsCount::new(runs * RECORDS))
        .with_inputs(|| {
            let folder = tempfile::tempdir().expect("folder");
            let store = open_store(folder.path());
            let owner = runtime.block_on(start_runs(&store, runs));
            (folder, store, owner)
        })
        .bench_refs(|(_, store, owner)| runtime.block_on(append_all(store, owner, runs)));
}

fn open_store(folder: &Path) -> Arc<SqliteStore> {
    Arc::new(SqliteStore::open(&folder.join("runs.db"), Arc::new(SystemHost)).expect("store"))
}

async fn start_runs(store: &SqliteStore, runs: usize) -> String {
    let owner = store.owner().expect("owner");
    let row = |n: usize| RunRow {
        id: run_id(n),
        workflow: "fulfil_order".to_owned(),
        program: "p".to_owned(),
        base_dir: "/project".to_owned(),
        input: json!({}),
        env: json!({}),
        state: RunState::Running,
        outcome: None,
        started: 1,
        ended: None,
        cancel_requested: false,
        owner: Some(owner.clone()),
        suspended: false,
        wake_at: None,
        events_after: 0,
        problem: None,
    };
    let mut writes = vec![Write::Program { hash: "p".to_owned(), body: "{}".to_owned() }];
    writes.extend((0..runs).map(|n| Write::Start(row(n))));
    store.commit(Transaction { writes }).await.expect("commit");
    owner
}

fn run_id(n: usize) -> String {
    format!("01jd2x5v7w0000000000{n:06}")
}

async fn append_all(store: &Arc<SqliteStore>, owner: &str, runs: usize) {
    let mut tasks = JoinSet::new();
    for run in 0..runs {
        let (store, owner) = (Arc::clone(store), owner.to_owned());
        tasks.spawn(async move {
            for n in 0..RECORDS {
                let event =
                    Event::Completed { key: KEY.to_owned(), attempt: 1, result: Ok(result(n)) };
                let record = Record { at: 1, signature: SIGNATURE.to_owned(), event };
                let append = Write::Append {
                    run: run_id(run),
                    owner: owner.clone(),
                    after: n as u64,
                    records: vec![record],
                };
                store.commit(append.into()).await.expect("commit");
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.expect("task");
    }
}

/// The limit: the same rows written by a bare connection, as many to a commit as there are runs.
#[divan::bench(args = RUNS, sample_count = 10)]
fn bare(bencher: Bencher<'_, '_>, runs: usize) {
    bencher
        .counter(ItemsCount::new(runs * RECORDS))
        .with_inputs(|| {
            let folder = tempfile::tempdir().expect("folder");
            let connection = Connection::open(folder.path().join("bare.db")).expect("open");
            let setup = "pragma page_size = 8192; pragma journal_mode = wal; pragma synchronous = full; \
                         pragma wal_autocheckpoint = 4000; \
                         create table journal (run text, seq integer, at integer, kind text, key text, \
                         attempt integer, signature text, body text, primary key (run, seq)) without rowid";
            connection.execute_batch(setup).expect("setup");
            (folder, connection)
        })
        .bench_refs(|(_, connection)| {
            for n in 0..RECORDS {
                connection.execute_batch("begin immediate").expect("begin");
                let mut insert = connection
                    .prepare_cached("insert into journal values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
                    .expect("prepare");
                for run in 0..runs {
                    let body = result(n).to_string();
                    insert
                        .execute((run_id(run), n as i64 + 1, 1, "done", KEY, 1, SIGNATURE, body))
                        .expect("insert");
                }
                connection.execute_batch("commit").expect("commit");
            }
        });
}

/// Whole runs of ten steps one after the other, through the engine; the items are steps.
#[divan::bench(args = RUNS, sample_count = 5)]
fn engine(bencher: Bencher<'_, '_>, runs: usize) {
    const STEPS: usize = 10;
    let runtime = runtime();
    let program = Arc::new(program(STEPS));
    let registry = Arc::new(registry());
    bencher
        .counter(ItemsCount::new(runs * STEPS))
        .with_inputs(|| {
            let folder = tempfile::tempdir().expect("folder");
            let store = StoreLocation::File(folder.path().join("runs.db"));
            let config = EngineConfig::new(store, folder.path(), Arc::clone(&registry));
            (Arc::new(Engine::open(config).expect("engine")), folder)
        })
        .bench_refs(|(engine, _)| runtime.block_on(run_all(engine, &program, runs)));
}

async fn run_all(engine: &Arc<Engine>, program: &Arc<Program>, runs: usize) {
    let mut tasks = JoinSet::new();
    for _ in 0..runs {
        let (engine, program) = (Arc::clone(engine), Arc::clone(program));
        tasks.spawn(async move {
            let handle = engine.start(program, "main", json!({}), None).await.expect("start");
            handle.outcome().await.expect("outcome")
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.expect("task");
    }
}

struct Nothing;

impl ErasedAction for Nothing {
    fn run(
        &self,
        _params: Value,
        _cx: StepContext,
    ) -> BoxFuture<'static, Result<Value, StepError>> {
        Box::pin(std::future::ready(Ok(result(1))))
    }
}

fn registry() -> Registry {
    let plugin = || PluginMeta {
        id: "bench.nothing".to_owned(),
        version: "1.0.0".to_owned(),
        api: locus_plugin::API_VERSION,
        description: String::new(),
        package: "bench".to_owned(),
        provides: Vec::new(),
        requires: Vec::new(),
        optional: Vec::new(),
        conflicts: Vec::new(),
        permissions: Vec::new(),
        stability: Stability::Stable,
        config_version: 1,
        config: json!({}),
    };
    let step = || StepEntry {
        ty: StepType {
            name: "nothing".to_owned(),
            plugin: String::new(),
            docs: String::new(),
            kind: StepKind::Action,
            effect: Effect::Idempotent,
            params: json!({}),
            result: locus_plugin::ResultType::Any,
            raises: None,
            catches: Vec::new(),
            completes: true,
            errors: None,
            passes_key: false,
            defined_at: String::new(),
        },
        behaviour: Behaviour::Action(Arc::new(Nothing)),
    };
    let parts = [Part::Plugin(plugin), Part::Step(step)];
    let registrations = parts.into_iter().map(|part| Registration { package: "bench", part });
    Registry::build(registrations).expect("registry")
}

fn program(steps: usize) -> Program {
    let span = Span::new(SourceId(0), 0..0);
    let spanned = |text: &str| Spanned::new(text.to_owned(), span);
    let step = |n: usize| {
        let name = format!("step{n}");
        let path = StepPath::workflow("main").child(&name);
        Step {
            id: Some(spanned(&name)),
            step_id: StepId::of(&path),
            name,
            path,
            step_type: spanned("nothing"),
            effect: Effect::Idempotent,
            description: None,
            when: None,
            retry: None,
            timeout: None,
            compensate: None,
            output: None,
            needs: Vec::new(),
            params: Node::new(NodeKind::Null, span),
            lazy: Vec::new(),
            slots: Vec::new(),
            signature: SIGNATURE.to_owned(),
            extensions: Default::default(),
            span,
        }
    };
    let main = Workflow {
        name: spanned("main"),
        description: None,
        input: Default::default(),
        output: None,
        triggers: Vec::new(),
        timeout: None,
        concurrency: None,
        steps: Block { steps: (0..steps).map(step).collect(), graph: false },
        span,
    };
    Program { workflows: [("main".to_owned(), main)].into_iter().collect(), ..Program::default() }
}
