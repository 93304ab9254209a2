//! What the tests build on: programs without a parser, actions that do as they are told, and a recorder of events.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use indexmap::IndexMap;
use locus_model::{
    Backoff, Block, Connection, Effect, Entry, Field, Jitter, Node, NodeKind, Program, Retry, Step,
    StepId, StepPath, Text, Type, TypeKind, Workflow,
};
use locus_plugin::action::{BoxFuture, ErasedAction, StepInfo};
use locus_plugin::control::{ControlInstance, ErasedControl};
use locus_plugin::permission;
use locus_plugin::registry::{Part, Registration};
use locus_plugin::services::{Due, LogLevel, Message, Schedule, SqlStatement, SqlTransaction};
use locus_plugin::step::{Behaviour, StepEntry};
use locus_plugin::{
    BlockKey, BlockRef, ControlContext, ControlEvent, Decision, EventDraft, Launch, Outcome,
    PluginMeta, Registry, SourceId, Span, Spanned, Stability, StepContext, StepError, StepKind,
    StepType, Subscription, Target,
};
use serde_json::{Value, json};

use crate::engine::{Engine, EngineConfig, EngineEvent, EngineEvents, StoreLocation};
use crate::host::SystemHost;
use crate::services::{Resources, RunServices};
use crate::store::{SqliteStore, Store};

pub(super) fn span() -> Span {
    Span::new(SourceId(0), 0..0)
}

pub(super) fn spanned(text: &str) -> Spanned<String> {
    Spanned::new(text.to_owned(), span())
}

/// A value as if it had been written.
pub(super) fn node(value: &Value) -> Node {
    let kind = match value {
        Value::Null => NodeKind::Null,
        Value::Bool(flag) => NodeKind::Bool(*flag),
        Value::Number(number) => NodeKind::Number(number.clone()),
        Value::String(text) => NodeKind::String(Text::verbatim(text.clone(), 0, true)),
        Value::Array(items) => NodeKind::Sequence(items.iter().map(node).collect()),
        Value::Object(map) => NodeKind::Mapping(
            map.iter()
                .map(|(key, value)| Entry { key: spanned(key), value: node(value) })
                .collect(),
        ),
    };
    Node::new(kind, span())
}

/// A step of a workflow.
pub(super) fn step(workflow: &str, name: &str, step_type: &str, params: Value) -> Step {
    let path = StepPath::workflow(workflow).child(name);
    Step {
        id: Some(spanned(name)),
        name: name.to_owned(),
        step_id: StepId::of(&path),
        signature: format!("{step_type}:{}", locus_model::identity::content_hash(&params)),
        path,
        step_type: spanned(step_type),
        effect: Effect::Idempotent,
        description: None,
        when: None,
        retry: None,
        timeout: None,
        compensate: None,
        output: None,
        needs: Vec::new(),
        params: node(&params),
        lazy: Vec::new(),
        slots: Vec::new(),
        extensions: IndexMap::new(),
        span: span(),
    }
}

/// A step that does as its parameters say: see [`Probe`].
pub(super) fn probe(name: &str, params: Value) -> Step {
    step("main", name, "probe", params)
}

pub(super) fn retry(attempts: u32, initial: u64) -> Option<Retry> {
    Some(Retry {
        attempts,
        backoff: Backoff::Constant,
        initial,
        max: 10_000,
        jitter: Jitter::None,
        errors: Vec::new(),
    })
}

pub(super) fn workflow(name: &str, steps: Vec<Step>) -> Workflow {
    Workflow {
        name: spanned(name),
        description: None,
        input: IndexMap::new(),
        output: None,
        triggers: Vec::new(),
        timeout: None,
        concurrency: None,
        steps: Block { steps, graph: false },
        span: span(),
    }
}

/// A workflow whose steps all run at once.
pub(super) fn at_once(name: &str, steps: Vec<Step>) -> Workflow {
    let mut workflow = workflow(name, steps);
    workflow.steps.graph = true;
    workflow
}

pub(super) fn field(kind: TypeKind, default: Option<Value>) -> Field {
    Field {
        ty: Type::required(kind),
        description: None,
        default,
        id: false,
        limits: IndexMap::new(),
        span: span(),
    }
}

pub(super) fn program(workflows: Vec<Workflow>) -> Program {
    Program {
        name: "test".to_owned(),
        workflows: workflows.into_iter().map(|w| (w.name.value.clone(), w)).collect(),
        ..Program::default()
    }
}

pub(super) fn connection(name: &str, kind: &str, settings: &Value) -> Connection {
    Connection { name: spanned(name), kind: spanned(kind), settings: node(settings), span: span() }
}

/// The one workflow `main` with these steps.
pub(super) fn main_program(steps: Vec<Step>) -> Arc<Program> {
    Arc::new(program(vec![workflow("main", steps)]))
}

static COUNTS: Mutex<BTreeMap<String, u32>> = Mutex::new(BTreeMap::new());

/// How often probes with this `count` have run in this process.
pub(super) fn count(name: &str) -> u32 {
    COUNTS.lock().unwrap().get(name).copied().unwrap_or_default()
}

fn count_up(name: &str) -> u32 {
    let mut counts = COUNTS.lock().unwrap();
    let count = counts.entry(name.to_owned()).or_default();
    *count += 1;
    *count
}

/// An action for tests. Its parameters: `count` (a name to count under), `file` (to append a line to), `sleep` (milliseconds),
/// `fail_first` (so many failures of code `flaky`), `fail` (a code), `panic`, `hang`, `sql`, `publish`, `start`, `return`.
struct Probe;

impl ErasedAction for Probe {
    fn run(&self, params: Value, cx: StepContext) -> BoxFuture<'static, Result<Value, StepError>> {
        Box::pin(probe_action(params, cx))
    }
}

async fn probe_action(params: Value, cx: StepContext) -> Result<Value, StepError> {
    let text = |name: &str| params[name].as_str();
    let times = text("count").map_or(0, count_up);
    if let Some(file) = text("file") {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
        writeln!(file, "{}#{}", cx.info().key, cx.info().attempt).unwrap();
        file.sync_all().unwrap();
    }
    if let Some(milliseconds) = params["sleep"].as_u64() {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
    if let Some(milliseconds) = params["sleep_first"].as_u64().filter(|_| times == 1) {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
    if params["hang"] == true {
        std::future::pending::<()>().await;
    }
    assert!(params["panic"] != true, "the probe panics");
    if params["fail_first"].as_u64().is_some_and(|failures| u64::from(times) <= failures) {
        return Err(StepError::retryable("flaky", format!("failure {times}")));
    }
    if let Some(code) = text("fail") {
        return Err(StepError::terminal(code, "as told"));
    }
    if let Some(sql) = text("sql") {
        let statement = SqlStatement { sql: sql.to_owned(), params: IndexMap::new(), expect: None };
        let outcomes = cx.sql("shop", SqlTransaction { statements: vec![statement] }).await?;
        return Ok(json!(outcomes));
    }
    if let Some(topic) = text("publish") {
        let message = Message {
            topic: topic.to_owned(),
            payload: params["return"].clone(),
            headers: IndexMap::new(),
        };
        return Ok(json!(cx.publish("bus", message).await?));
    }
    if let Some(workflow) = text("start") {
        return Ok(json!(cx.start_run(workflow, params["return"].clone()).await?));
    }
    if let Some(event_type) = text("emit") {
        let draft = EventDraft {
            event_type: event_type.to_owned(),
            source: None,
            subject: text("subject").map(str::to_owned),
            data: params["return"].clone(),
        };
        let event = cx.emit(draft).await?;
        if params["then_fail"] == true {
            return Err(StepError::terminal("after_all", "as told"));
        }
        return Ok(event.to_value());
    }
    if let Some(workflow) = text("schedule") {
        let when = match text("cron") {
            None => Due::At(cx.now() + params["after"].as_u64().unwrap_or_default()),
            Some(expression) => Due::Cron {
                expression: expression.to_owned(),
                timezone: "UTC".to_owned(),
                until: None,
            },
        };
        let (workflow, input) = (workflow.to_owned(), params["return"].clone());
        return Ok(json!(cx.schedule(Schedule { workflow, input, when }).await?));
    }
    if let Some(line) = text("log") {
        cx.log(LogLevel::Info, line, &Value::Null);
    }
    Ok(params["return"].clone())
}

/// A control step that starts the workflow `child` in a run of its own.
struct Detach;

struct Detaching;

impl ErasedControl for Detach {
    fn start(
        &self,
        _params: Value,
        _cx: &ControlContext<'_>,
    ) -> Result<(Box<dyn ControlInstance>, Decision), StepError> {
        let launch = Launch {
            key: BlockKey { block: BlockRef::at("/workflow"), index: None },
            target: Target::Detached { name: "child".to_owned(), input: json!({}) },
            bindings: BTreeMap::new(),
        };
        Ok((Box::new(Detaching), Decision::run(vec![launch])))
    }

    fn restore(
        &self,
        _params: Value,
        _state: Value,
    ) -> Result<Box<dyn ControlInstance>, StepError> {
        Ok(Box::new(Detaching))
    }
}

impl ControlInstance for Detaching {
    fn on(&mut self, event: ControlEvent, _cx: &ControlContext<'_>) -> Result<Decision, StepError> {
        match event {
            ControlEvent::Ended { outcome, .. } => Ok(Decision::end(outcome)),
            _ => Ok(Decision::wait()),
        }
    }

    fn snapshot(&self) -> Result<Value, StepError> {
        Ok(Value::Null)
    }
}

/// A control step that waits as many milliseconds as its parameter `for` says.
struct Nap;

struct Napping;

impl ErasedControl for Nap {
    fn start(
        &self,
        params: Value,
        cx: &ControlContext<'_>,
    ) -> Result<(Box<dyn ControlInstance>, Decision), StepError> {
        let until = cx.now() + params["for"].as_u64().unwrap();
        Ok((Box::new(Napping), Decision::wake_at(until)))
    }

    fn restore(
        &self,
        _params: Value,
        _state: Value,
    ) -> Result<Box<dyn ControlInstance>, StepError> {
        Ok(Box::new(Napping))
    }
}

impl ControlInstance for Napping {
    fn on(&mut self, _event: ControlEvent, cx: &ControlContext<'_>) -> Result<Decision, StepError> {
        Ok(Decision::done(json!(cx.now())))
    }

    fn snapshot(&self) -> Result<Value, StepError> {
        Ok(Value::Null)
    }
}

/// A control step that waits for an event of the type `type`, about `subject`, no longer than `for` milliseconds; its result is the event's data.
struct Ear;

struct Listening;

impl ErasedControl for Ear {
    fn start(
        &self,
        params: Value,
        cx: &ControlContext<'_>,
    ) -> Result<(Box<dyn ControlInstance>, Decision), StepError> {
        let subscription = Subscription {
            subject: params["subject"].as_str().map(str::to_owned),
            ..Subscription::to(params["type"].as_str().unwrap())
        };
        let until = params["for"].as_u64().map(|time| cx.now() + time);
        Ok((Box::new(Listening), Decision::listen(subscription, until)))
    }

    fn restore(
        &self,
        _params: Value,
        _state: Value,
    ) -> Result<Box<dyn ControlInstance>, StepError> {
        Ok(Box::new(Listening))
    }
}

impl ControlInstance for Listening {
    fn on(&mut self, event: ControlEvent, _cx: &ControlContext<'_>) -> Result<Decision, StepError> {
        Ok(match event {
            ControlEvent::Received(event) => Decision::done(event.data),
            ControlEvent::Cancelled => Decision::end(Outcome::Cancelled),
            _ => Decision::done(json!("too late")),
        })
    }

    fn snapshot(&self) -> Result<Value, StepError> {
        Ok(Value::Null)
    }
}

fn plugin_meta() -> PluginMeta {
    PluginMeta {
        id: "test.probe".to_owned(),
        version: "1.0.0".to_owned(),
        api: locus_plugin::API_VERSION,
        description: String::new(),
        package: "locus-runtime".to_owned(),
        provides: Vec::new(),
        requires: Vec::new(),
        optional: Vec::new(),
        conflicts: Vec::new(),
        permissions: permission::ALL.iter().map(|(name, _)| (*name).to_owned()).collect(),
        stability: Stability::Stable,
        config_version: 1,
        config: json!({}),
    }
}

fn entry(name: &str, kind: StepKind, behaviour: Behaviour) -> StepEntry {
    let ty = StepType {
        name: name.to_owned(),
        plugin: String::new(),
        docs: String::new(),
        kind,
        effect: Effect::Idempotent,
        params: json!({ "type": "object" }),
        result: locus_plugin::ResultType::Any,
        raises: None,
        catches: Vec::new(),
        completes: true,
        errors: None,
        passes_key: false,
        defined_at: name.to_owned(),
    };
    StepEntry { ty, behaviour }
}

/// The plugins of the tests: `probe`, `detach`, `nap`, `ear`.
pub(super) fn registry() -> Arc<Registry> {
    let parts = [
        Part::Plugin(plugin_meta),
        Part::Step(|| entry("probe", StepKind::Action, Behaviour::Action(Arc::new(Probe)))),
        Part::Step(|| entry("detach", StepKind::Control, Behaviour::Control(Arc::new(Detach)))),
        Part::Step(|| entry("nap", StepKind::Control, Behaviour::Control(Arc::new(Nap)))),
        Part::Step(|| entry("ear", StepKind::Control, Behaviour::Control(Arc::new(Ear)))),
    ];
    let registrations =
        parts.into_iter().map(|part| Registration { package: "locus-runtime", part });
    Arc::new(Registry::build(registrations).unwrap_or_else(|problems| panic!("{problems:?}")))
}

/// What a step sees of a host with these connections: `name` → `(kind, settings)`.
pub(super) struct Bench {
    resources: Arc<Resources>,
    program: Arc<Program>,
    folder: std::path::PathBuf,
}

impl Bench {
    pub(super) fn new(folder: &Path, connections: &[(&str, &str, Value)]) -> Self {
        let connections = connections
            .iter()
            .map(|(name, kind, settings)| ((*name).to_owned(), connection(name, kind, settings)))
            .collect();
        Self {
            resources: Arc::default(),
            program: Arc::new(Program { connections, ..Program::default() }),
            folder: folder.to_owned(),
        }
    }

    /// The context of the step with this key.
    pub(super) fn step(&self, key: &str) -> StepContext {
        let services = RunServices {
            resources: Arc::clone(&self.resources),
            program: Arc::clone(&self.program),
            base_dir: self.folder.clone(),
            events: Arc::new(Recorder::default()),
            host: Arc::new(SystemHost),
        };
        let info = StepInfo {
            run_id: "run".to_owned(),
            path: key.to_owned(),
            key: key.to_owned(),
            attempt: 1,
            now: 1000,
        };
        StepContext::new(info, Arc::new(services))
    }
}

/// Remembers every event as a line.
#[derive(Default)]
pub(super) struct Recorder {
    lines: Mutex<Vec<String>>,
}

impl Recorder {
    pub(super) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

impl EngineEvents for Recorder {
    fn event(&self, event: &EngineEvent<'_>) {
        let line = match event {
            EngineEvent::RunStarted { workflow, .. } => format!("started {workflow}"),
            EngineEvent::RunResumed { workflow, records, .. } => {
                format!("resumed {workflow} after {records}")
            }
            EngineEvent::RunEnded { outcome, .. } => format!("ended {outcome:?}"),
            EngineEvent::RunInterrupted { .. } => "interrupted".to_owned(),
            EngineEvent::StepStarted { key, attempt, .. } => format!("call {key}#{attempt}"),
            EngineEvent::StepEnded { key, attempt, result, .. } => match result {
                Ok(_) => format!("done {key}#{attempt}"),
                Err(error) => format!("failed {key}#{attempt}: {}", error.code),
            },
            EngineEvent::StepRetrying { key, .. } => format!("retry {key}"),
            EngineEvent::StepCancelled { key, attempt, .. } => format!("cancel {key}#{attempt}"),
            EngineEvent::Log { key, message, .. } => format!("log {key}: {message}"),
        };
        self.lines.lock().unwrap().push(line);
    }
}

pub(super) fn config(store: StoreLocation, folder: &Path) -> EngineConfig {
    EngineConfig { poll: Duration::from_millis(20), ..EngineConfig::new(store, folder, registry()) }
}

/// An engine whose runs are gone with it.
pub(super) fn memory_engine() -> Engine {
    Engine::open(config(StoreLocation::Memory, Path::new("."))).unwrap()
}

/// An engine over an open store.
pub(super) fn engine_over(store: Arc<dyn Store>) -> Engine {
    Engine::open(config(StoreLocation::Open(store), Path::new("."))).unwrap()
}

/// An engine over the file `runs.db` of a folder.
pub(super) fn file_engine(folder: &Path) -> Engine {
    Engine::open(config(StoreLocation::File(folder.join("runs.db")), folder)).unwrap()
}

pub(super) fn sqlite(folder: &Path) -> SqliteStore {
    SqliteStore::open(&folder.join("runs.db"), Arc::new(SystemHost)).unwrap()
}
