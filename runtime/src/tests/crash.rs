//! Crashes: at every commit, before it is on disk and after; again and again; and from every prefix of a journal. A run that is resumed
//! ends as one that was never interrupted, and what must happen once happens once.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use locus_model::{Block, Effect, Program, Step, Trigger};
use locus_plugin::Outcome;
use locus_plugin::action::BoxFuture;
use proptest::prelude::*;
use rusqlite::Connection as Sqlite;
use serde_json::json;

use super::support::{
    config, connection, count, engine_over, main_program, probe, program, retry, spanned, step,
    workflow,
};
use crate::core::{Event, Record};
use crate::engine::{Cancelling, Engine, EngineError, StoreLocation};
use crate::store::{
    EventQuery, EventRow, Listener, MemoryStore, Prune, Pruned, RunFilter, RunRow, RunState,
    ScheduleRow, Snapshot, Store, StoreError, SuspendedRun, Transaction, Write,
};

/// A store of a process that dies at its n-th commit: before the commit is done, or after it and before anybody hears of it.
struct Mortal {
    inner: MemoryStore,
    commits: AtomicUsize,
    dies_at: usize,
    after: bool,
}

impl Mortal {
    fn new(inner: MemoryStore, dies_at: usize, after: bool) -> Arc<Self> {
        Arc::new(Self { inner, commits: AtomicUsize::new(0), dies_at, after })
    }
}

impl Store for Mortal {
    fn commit(&self, transaction: Transaction) -> BoxFuture<'_, Result<(), StoreError>> {
        let number = self.commits.fetch_add(1, Ordering::SeqCst) + 1;
        Box::pin(async move {
            if number < self.dies_at || (number == self.dies_at && self.after) {
                self.inner.commit(transaction).await?;
            }
            if number < self.dies_at {
                return Ok(());
            }
            Err(StoreError::new("store_io", "the process is dead", ""))
        })
    }

    fn run(&self, id: &str) -> Result<Option<RunRow>, StoreError> {
        self.inner.run(id)
    }

    fn runs(&self, filter: &RunFilter) -> Result<Vec<RunRow>, StoreError> {
        self.inner.runs(filter)
    }

    fn journal_after(&self, run: &str, after: u64) -> Result<Vec<Record>, StoreError> {
        self.inner.journal_after(run, after)
    }

    fn snapshot(&self, run: &str) -> Result<Option<Snapshot>, StoreError> {
        self.inner.snapshot(run)
    }

    fn events(&self, query: &EventQuery) -> Result<Vec<EventRow>, StoreError> {
        self.inner.events(query)
    }

    fn last_event(&self) -> Result<u64, StoreError> {
        self.inner.last_event()
    }

    fn listening(&self, event: &EventRow) -> Result<Vec<SuspendedRun>, StoreError> {
        self.inner.listening(event)
    }

    fn unheard(&self) -> Result<Vec<SuspendedRun>, StoreError> {
        self.inner.unheard()
    }

    fn listeners(&self, run: &str) -> Result<Vec<Listener>, StoreError> {
        self.inner.listeners(run)
    }

    fn due(
        &self,
        owner: Option<&str>,
        until: u64,
        limit: u32,
    ) -> Result<Vec<SuspendedRun>, StoreError> {
        self.inner.due(owner, until, limit)
    }

    fn schedules(&self, until: Option<u64>) -> Result<Vec<ScheduleRow>, StoreError> {
        self.inner.schedules(until)
    }

    fn prune(&self, prune: Prune) -> BoxFuture<'_, Result<Pruned, StoreError>> {
        self.inner.prune(prune)
    }

    fn program(&self, hash: &str) -> Result<Option<String>, StoreError> {
        self.inner.program(hash)
    }

    fn owner(&self) -> Result<String, StoreError> {
        self.inner.owner()
    }

    fn is_alive(&self, owner: &str) -> Result<bool, StoreError> {
        self.inner.is_alive(owner)
    }

    fn cancel_requests(&self, owner: &str) -> Result<Vec<String>, StoreError> {
        self.inner.cancel_requests(owner)
    }
}

/// Whether runs stay in memory while they wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Memory {
    Stays,
    Evicted,
}

const BOTH: [Memory; 2] = [Memory::Stays, Memory::Evicted];

thread_local! {
    /// What holds for all lives of a test: each has a thread of its own.
    static MEMORY: Cell<Memory> = const { Cell::new(Memory::Stays) };
}

/// One life of a process: it starts or resumes the run, and works until the run ends or it dies.
async fn live(
    world: &MemoryStore,
    folder: &Path,
    program: &Arc<Program>,
    (dies_at, after): (usize, bool),
) -> (Result<Outcome, EngineError>, usize) {
    let store = Mortal::new(world.sibling(), dies_at, after);
    let mut config = config(StoreLocation::Open(store.clone()), folder);
    if MEMORY.get() == Memory::Evicted {
        (config.suspend_after, config.snapshot_every) = (Some(Duration::ZERO), 1);
    }
    let engine = Engine::open(config).unwrap();
    let started =
        engine.start(Arc::clone(program), "main", json!({}), Some("run".to_owned())).await;
    let ended = match started {
        Ok(handle) => handle.outcome().await,
        Err(error) => Err(error),
    };
    engine.stop().await;
    (ended, store.commits.load(Ordering::SeqCst))
}

const IMMORTAL: (usize, bool) = (usize::MAX, false);

/// Lives until the run ends; `lives` says how each of the first ones ends.
async fn live_on(
    world: &MemoryStore,
    folder: &Path,
    program: &Arc<Program>,
    lives: impl IntoIterator<Item = (usize, bool)>,
) -> Outcome {
    for life in lives {
        if let (Ok(outcome), _) = live(world, folder, program, life).await {
            return outcome;
        }
    }
    live(world, folder, program, IMMORTAL).await.0.unwrap()
}

fn needing(mut step: Step, needs: &[&str]) -> Step {
    step.needs = needs.iter().map(|name| spanned(name)).collect();
    step
}

/// Every kind of effect in one graph, with a retry, a wait, and steps side by side.
fn order_program(flaky: &str) -> Arc<Program> {
    let insert = json!({ "sql": "insert into bill (what) values ('order')" });
    let mut tried = probe("tried", json!({ "count": flaky, "fail_first": 2, "return": "ok" }));
    tried.retry = retry(9, 1);
    let steps = vec![
        probe("bill", insert),
        needing(tried, &["bill"]),
        needing(step("main", "nap", "nap", json!({ "for": 3 })), &["bill"]),
        needing(probe("left", json!({ "return": 1 })), &["bill"]),
        needing(
            probe("tell", json!({ "publish": "mail", "return": { "n": 1 } })),
            &["left", "nap"],
        ),
        needing(
            probe(
                "end",
                json!({ "return": "${ [.steps.tried, .steps.left, (.steps.tell | length)] }" }),
            ),
            &["tell", "tried"],
        ),
    ];
    let mut main = workflow("main", steps);
    main.steps.graph = true;
    let mut program = program(vec![main]);
    let init = "create table if not exists bill (what text)";
    for connection in [
        connection("shop", "sqlite", &json!({ "path": "shop.db", "init": init })),
        connection("bus", "queue", &json!({ "path": "bus.db" })),
    ] {
        program.connections.insert(connection.name.value.clone(), connection);
    }
    Arc::new(program)
}

fn rows(folder: &Path, file: &str, table: &str) -> i64 {
    let raw = Sqlite::open(folder.join(file)).unwrap();
    raw.query_row(&format!("select count(*) from {table}"), [], |row| row.get(0)).unwrap()
}

fn assert_once(folder: &Path, when: &str) {
    assert_eq!(rows(folder, "shop.db", "bill"), 1, "billed, {when}");
    assert_eq!(rows(folder, "bus.db", "message"), 1, "told, {when}");
}

#[tokio::test]
async fn a_crash_at_any_commit_changes_nothing() {
    for memory in BOTH {
        MEMORY.set(memory);
        let folder = tempfile::tempdir().unwrap();
        let expected = Outcome::Done(json!(["ok", 1, 2]));
        let calm = order_program(&format!("never dies, {memory:?}"));
        let (ended, commits) = live(&MemoryStore::new(), folder.path(), &calm, IMMORTAL).await;
        assert_eq!(ended.unwrap(), expected);
        assert!(commits > 6);
        for dies_at in 1..=commits {
            for after in [false, true] {
                let folder = tempfile::tempdir().unwrap();
                let when = format!("dead at {dies_at}, {after}, {memory:?}");
                let program = order_program(&when);
                let outcome =
                    live_on(&MemoryStore::new(), folder.path(), &program, [(dies_at, after)]).await;
                assert_eq!(outcome, expected, "{when}");
                assert_once(folder.path(), &when);
            }
        }
    }
}

/// Everything that is committed together with a result: an event, the run that it starts, a run of its own, a planned one.
fn outbox_program() -> Arc<Program> {
    let child =
        |name: &str| workflow(name, vec![step(name, "note", "probe", json!({ "return": 1 }))]);
    let mut taker = child("taker");
    taker.triggers = vec![Trigger::Event { event: spanned("paid"), when: None, input: None }];
    let main = workflow(
        "main",
        vec![
            probe("tell", json!({ "emit": "paid", "return": {} })),
            step("main", "ear", "ear", json!({ "type": "paid" })),
            step("main", "detach", "detach", json!({})),
            probe("start", json!({ "start": "child", "return": {} })),
            probe("plan", json!({ "schedule": "child", "after": 3_600_000, "return": {} })),
            probe("end", json!({ "return": "over" })),
        ],
    );
    Arc::new(program(vec![main, taker, child("child")]))
}

#[tokio::test]
async fn what_is_committed_with_a_result_happens_exactly_once() {
    for memory in BOTH {
        MEMORY.set(memory);
        let program = outbox_program();
        let (ended, commits) = live(&MemoryStore::new(), Path::new("."), &program, IMMORTAL).await;
        assert_eq!(ended.unwrap(), Outcome::Done(json!("over")));
        for dies_at in 1..=commits {
            for after in [false, true] {
                let when = format!("dead at {dies_at}, {after}, {memory:?}");
                let world = MemoryStore::new();
                let outcome = live_on(&world, Path::new("."), &program, [(dies_at, after)]).await;
                assert_eq!(outcome, Outcome::Done(json!("over")), "{when}");
                assert_eq!(world.events(&EventQuery::default()).unwrap().len(), 1, "{when}");
                let runs = |workflow: &str| {
                    let filter =
                        RunFilter { workflow: Some(workflow.to_owned()), ..RunFilter::default() };
                    world.runs(&filter).unwrap().len()
                };
                assert_eq!((runs("main"), runs("taker"), runs("child")), (1, 1, 3), "{when}");
            }
        }
    }
}

#[tokio::test]
async fn dying_again_and_again_still_gets_there() {
    for memory in BOTH {
        MEMORY.set(memory);
        for (name, life) in [("every third", (3, true)), ("every fourth", (4, false))] {
            let name = format!("{name}, {memory:?}");
            let folder = tempfile::tempdir().unwrap();
            let world = MemoryStore::new();
            let lives = std::iter::repeat_n(life, 60);
            let outcome = live_on(&world, folder.path(), &order_program(&name), lives).await;
            assert_eq!(outcome, Outcome::Done(json!(["ok", 1, 2])), "{name}");
            assert_once(folder.path(), &name);
        }
    }
}

#[tokio::test]
async fn every_prefix_of_a_journal_leads_to_the_same_end() {
    let folder = tempfile::tempdir().unwrap();
    let program = order_program("prefixes");
    let world = MemoryStore::new();
    let expected = live(&world, folder.path(), &program, IMMORTAL).await.0.unwrap();
    let (journal, row) = (world.journal("run").unwrap(), world.run("run").unwrap().unwrap());
    for length in 0..=journal.len() {
        let folder = tempfile::tempdir().unwrap();
        let world = MemoryStore::new();
        let earlier = world.sibling();
        let owner = earlier.owner().unwrap();
        let started = RunRow {
            state: RunState::Running,
            outcome: None,
            ended: None,
            owner: Some(owner.clone()),
            base_dir: folder.path().to_string_lossy().into_owned(),
            ..row.clone()
        };
        let writes = vec![
            Write::Program {
                hash: row.program.clone(),
                body: serde_json::to_string(&*program).unwrap(),
            },
            Write::Start(started),
            Write::Append {
                run: "run".to_owned(),
                owner,
                after: 0,
                records: journal[..length].to_vec(),
            },
        ];
        world.commit(Transaction { writes }).await.unwrap();
        drop(earlier);
        let store = StoreLocation::Open(Arc::new(world.sibling()));
        let engine = Engine::open(config(store, folder.path())).unwrap();
        let resumed = engine.resume("run").await.unwrap();
        assert_eq!(resumed.outcome().await.unwrap(), expected, "from {length}");
        // What is recorded is not done again.
        let is_billed = |record: &Record| record.event.key() == "main/bill";
        let again = !journal[..length].iter().any(is_billed);
        assert_eq!(folder.path().join("shop.db").exists(), again, "from {length}");
    }
}

#[tokio::test]
async fn what_must_not_run_twice_is_interrupted() {
    let mut interrupted = 0;
    for dies_at in 1..=6 {
        for after in [false, true] {
            let name = format!("once, dead at {dies_at}, {after}");
            let mut once = probe("once", json!({ "count": name, "sleep": 1, "return": "sent" }));
            once.effect = Effect::AtMostOnce;
            let program = main_program(vec![probe("before", json!({})), once]);
            let world = MemoryStore::new();
            let outcome = live_on(&world, Path::new("."), &program, [(dies_at, after)]).await;
            match outcome {
                Outcome::Done(value) => {
                    assert_eq!(value, "sent");
                    assert_eq!(count(&name), 1, "{name}");
                }
                Outcome::Failed(error) => {
                    assert_eq!(error.code, "interrupted", "{name}");
                    assert!(count(&name) <= 1, "{name}");
                    interrupted += 1;
                }
                other => panic!("{name}: {other:?}"),
            }
        }
    }
    // Dead after its beginning was on disk, and dead before its end was.
    assert_eq!(interrupted, 2);
}

#[tokio::test]
async fn a_timer_that_was_set_before_a_crash_fires_after_it() {
    let world = MemoryStore::new();
    let program = main_program(vec![step("main", "nap", "nap", json!({ "for": 120 }))]);
    let store = Arc::new(world.sibling());
    let engine = engine_over(store);
    let handle =
        engine.start(program.clone(), "main", json!({}), Some("run".to_owned())).await.unwrap();
    engine.stop().await;
    assert_eq!(handle.outcome().await.unwrap_err().code, "run_interrupted");
    let other = engine_over(Arc::new(world.sibling()));
    assert_eq!(other.resume("run").await.unwrap_err().code, "run_elsewhere");
    drop(engine);
    let interrupted = other.interrupted(RunFilter::default()).await.unwrap();
    assert_eq!(interrupted.len(), 1);
    let found = other.find_resumable(&program, "main", json!({})).await.unwrap();
    assert_eq!(found.as_deref(), Some("run"));
    let Outcome::Done(woken) = other.resume("run").await.unwrap().outcome().await.unwrap() else {
        panic!("not done")
    };
    let late = woken.as_u64().unwrap() - interrupted[0].started;
    assert!((120..5000).contains(&late), "{late}");
    assert_eq!(other.find_resumable(&program, "main", json!({})).await.unwrap(), None);
}

#[tokio::test]
async fn an_interrupted_run_can_be_cancelled() {
    let world = MemoryStore::new();
    let mut paid = probe("pay", json!({}));
    let undo =
        step("main/pay/compensate", "refund", "probe", json!({ "count": "refund after crash" }));
    paid.compensate = Some(Block { steps: vec![undo], graph: false });
    let program = main_program(vec![paid, probe("wait", json!({ "hang": true }))]);
    let (ended, _) = live(&world, Path::new("."), &program, (2, true)).await;
    assert_eq!(ended.unwrap_err().code, "store_io");
    let engine = engine_over(Arc::new(world.sibling()));
    let Cancelling::Here(handle) = engine.cancel("run").await.unwrap() else { panic!("not here") };
    assert_eq!(handle.outcome().await.unwrap(), Outcome::Cancelled);
    assert_eq!(count("refund after crash"), 1);
    let cancels =
        world.journal("run").unwrap().iter().filter(|r| r.event == Event::CancelRequested).count();
    assert_eq!(cancels, 1);
}

#[tokio::test]
async fn another_engine_hears_of_a_wish_to_cancel() {
    let world = MemoryStore::new();
    let engine = engine_over(Arc::new(world.sibling()));
    let program = main_program(vec![probe("wait", json!({ "hang": true }))]);
    let handle = engine.start(program, "main", json!({}), Some("run".to_owned())).await.unwrap();
    let other = engine_over(Arc::new(world.sibling()));
    assert!(other.is_executing(&other.run("run").unwrap().unwrap()).unwrap());
    assert!(matches!(other.cancel("run").await.unwrap(), Cancelling::Elsewhere));
    assert_eq!(handle.outcome().await.unwrap(), Outcome::Cancelled);
}

#[tokio::test]
async fn a_journal_of_another_program_is_refused() {
    let world = MemoryStore::new();
    let program =
        main_program(vec![probe("one", json!({})), probe("two", json!({ "hang": true }))]);
    live(&world, Path::new("."), &program, (2, true)).await.0.unwrap_err();
    let row = world.run("run").unwrap().unwrap();
    // The same run, as if its first step had been another one.
    for (id, changed) in [
        ("params", main_program(vec![probe("one", json!({ "return": 2 }))])),
        ("gone", main_program(vec![probe("uno", json!({}))])),
    ] {
        let owner = world.owner().unwrap();
        let moved = RunRow {
            id: id.to_owned(),
            program: id.to_owned(),
            owner: Some(owner.clone()),
            ..row.clone()
        };
        let writes = vec![
            Write::Program { hash: id.to_owned(), body: serde_json::to_string(&*changed).unwrap() },
            Write::Start(moved),
            Write::Append {
                run: id.to_owned(),
                owner: owner.clone(),
                after: 0,
                records: world.journal("run").unwrap(),
            },
            Write::Claim { run: id.to_owned(), from: Some(owner), to: "gone".to_owned() },
        ];
        world.commit(Transaction { writes }).await.unwrap();
        let engine = engine_over(Arc::new(world.sibling()));
        let error = engine.resume(id).await.unwrap_err();
        assert_eq!(error.code, "journal_mismatch", "{id}");
        assert!(error.message.contains("`main/one`"), "{error}");
    }
}

/// What a random step does. Its result never depends on how often it was tried.
fn any_step(index: usize) -> impl Strategy<Value = Step> {
    let needs = prop::collection::vec(0..index.max(1), 0..3);
    (0..6_u8, needs, any::<u32>()).prop_map(move |(kind, needs, salt)| {
        let name = format!("s{index}");
        let mut step = match kind {
            0 => step("main", &name, "nap", json!({ "for": salt % 3 })),
            1 => {
                let mut step = probe(&name, json!({ "hang": true }));
                step.timeout = Some(u64::from(salt % 4));
                step.retry = retry(2, 1);
                step
            }
            _ => probe(&name, json!({ "return": index, "sleep": salt % 3 })),
        };
        // Only one kind of failure, so that which step fails first does not matter.
        if kind == 2 {
            let undo = self::step(&format!("main/{name}/compensate"), "undo", "probe", json!({}));
            step.compensate = Some(Block { steps: vec![undo], graph: false });
        }
        if index > 0 {
            step.needs = needs.iter().map(|need| spanned(&format!("s{need}"))).collect();
            step.needs.dedup_by(|a, b| a.value == b.value);
        }
        step
    })
}

fn any_program() -> impl Strategy<Value = Program> {
    let steps: Vec<_> = (0..6).map(any_step).collect();
    (steps, any::<bool>()).prop_map(|(steps, graph)| {
        let mut main = workflow("main", steps);
        main.steps.graph = graph;
        if !graph {
            main.steps.steps.iter_mut().for_each(|step| step.needs.clear());
        }
        program(vec![main])
    })
}

/// How a run ended, without what may differ: which of several failures came first, and when it was.
fn shape(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Failed(error) => error.code.clone(),
        Outcome::Done(value) if value.as_u64().is_some_and(|n| n > 1000) => "an instant".to_owned(),
        other => format!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn crashes_of_random_programs_change_nothing(
        program in any_program(),
        lives in prop::collection::vec((1..6_usize, any::<bool>()), 0..6),
        memory in prop::sample::select(&BOTH[..]),
    ) {
        MEMORY.set(Memory::Stays);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let program = Arc::new(program);
            let calm = live_on(&MemoryStore::new(), Path::new("."), &program, []).await;
            MEMORY.set(memory);
            let rough = live_on(&MemoryStore::new(), Path::new("."), &program, lives).await;
            assert_eq!(shape(&calm), shape(&rough));
        });
    }
}
