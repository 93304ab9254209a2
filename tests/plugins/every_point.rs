//! What holds at every hook point: a panic is the plugin's, and a filter that does not apply keeps the host from calling. And the points of
//! generation, config on its way to every part, and decisions that outlive the process that made them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use locus_compiler::{build_compilation, compile_in};
use locus_model::{Program, Spec};
use locus_plugin::action::{BoxFuture, ErasedAction};
use locus_plugin::generator::{GeneratorEntry, GeneratorMeta};
use locus_plugin::hooks::{Alarm, Failure, Filter, HooksEntry, Measurement};
use locus_plugin::registry::Registered;
use locus_plugin::step::Behaviour;
use locus_plugin::{
    AlertHook, ComponentRender, Diagnostic, Doc, ErrorHook, EventHook, EventMessage, GenerateError,
    Generator, HookContext, MetricHook, Outcome, PageGenerate, Param, ParamError, ParsedFile,
    PartEntry, Plan, Point, PostGenerate, PostParse, PostValidate, PreGenerate, PreParse,
    PreValidate, Registry, RenderContext, RunInfo, SchemaGenerate, Source, StepAttempt,
    StepContext, StepError, StepExecute, Unit, Value, Verdict, WorkflowExecute,
};
use locus_runtime::store::MemoryStore;
use locus_runtime::{Engine, EngineConfig, Store, StoreLocation, block_on};
use locus_syntax::MemoryWorld;
use serde_json::json;

use super::kit::{
    Made, booming, compile_files, meta, plugin, registry, runs, set, told, with_meta,
};

/// A hook of every point: it counts that it is called, and then panics if it is to.
struct Everywhere {
    calls: Arc<AtomicUsize>,
    panics: bool,
}

impl Everywhere {
    fn called(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        assert!(!self.panics, "a test wants this");
    }
}

macro_rules! everywhere {
    ($($hook:ident $method:ident($($ty:ty),*) $(-> $out:ty = $value:expr)?;)*) => {$(
        impl $hook for Everywhere {
            fn $method(&self, $(_: $ty,)* _: &mut HookContext) $(-> $out)? {
                self.called();
                $($value)?
            }
        }
    )*};
}

everywhere! {
    PreParse pre_parse(&Source);
    PostParse post_parse(&ParsedFile<'_>);
    PreValidate pre_validate(&Spec);
    PostValidate post_validate(&Program);
    SchemaGenerate schema_generate(&Program);
    PreGenerate pre_generate(&Program, &str, &Plan);
    ComponentRender component_render(&Unit, &Doc) -> Option<Doc> = None;
    PageGenerate page_generate(&Unit, &Doc) -> Option<Doc> = None;
    PostGenerate post_generate(&str, &[(String, String)]);
    WorkflowExecute before(&RunInfo) -> Verdict = Verdict::Keep;
    StepExecute before(&StepAttempt) -> Verdict = Verdict::Keep;
    ErrorHook error(&Failure);
    MetricHook metric(&Measurement);
    AlertHook alert(&Alarm);
    EventHook event(&EventMessage);
}

fn at(point: Point, panics: bool, filter: Filter) -> (HooksEntry, Arc<AtomicUsize>) {
    let calls = Arc::<AtomicUsize>::default();
    let hook = Arc::new(Everywhere { calls: Arc::clone(&calls), panics });
    let mut entry = set("everywhere", point, |entry| match point {
        Point::PreParse => entry.pre_parse = Some(hook),
        Point::PostParse => entry.post_parse = Some(hook),
        Point::PreValidate => entry.pre_validate = Some(hook),
        Point::PostValidate => entry.post_validate = Some(hook),
        Point::SchemaGenerate => entry.schema_generate = Some(hook),
        Point::PreGenerate => entry.pre_generate = Some(hook),
        Point::ComponentRender => entry.component_render = Some(hook),
        Point::PageGenerate => entry.page_generate = Some(hook),
        Point::PostGenerate => entry.post_generate = Some(hook),
        Point::WorkflowExecute => entry.workflow_execute = Some(hook),
        Point::StepExecute => entry.step_execute = Some(hook),
        Point::Error => entry.error = Some(hook),
        Point::Metric => entry.metric = Some(hook),
        Point::Alert => entry.alert = Some(hook),
        Point::Event => entry.event = Some(hook),
    });
    entry.meta.filter = filter;
    (entry, calls)
}

/// A generator of one component, whose text is the config of its plugin.
struct Button(String);

impl Param for Button {
    fn schema() -> Value {
        json!({ "type": "object", "properties": { "flood": { "type": "string" } }, "additionalProperties": false })
    }

    fn from_value(options: Value) -> Result<Self, ParamError> {
        Ok(Self(options["flood"].as_str().unwrap_or_default().to_owned()))
    }
}

impl Generator for Button {
    fn plan(&self, _: &Program) -> Result<Plan, GenerateError> {
        let mut plan = Plan::default();
        match self.0.as_str() {
            "files" => {
                for number in 0..100_001 {
                    plan.owned(format!("{number}.txt"), Value::Null, None);
                }
            }
            "bytes" => plan.owned("long.txt", Value::Null, None),
            _ => plan.component("button.json", Value::Null, None),
        }
        Ok(plan)
    }

    fn render(
        &self,
        _: &Unit,
        program: &Program,
        _: &RenderContext<'_>,
    ) -> Result<Doc, GenerateError> {
        if self.0 == "bytes" {
            return Ok(Doc { text: "x".repeat((64 << 20) + 1) });
        }
        let config = program.plugins.get("test.button").map(|plugin| plugin.config.clone());
        Ok(Doc { text: json!({ "button": config }).to_string() })
    }
}

fn button() -> Made {
    let mut meta = meta("test.button");
    meta.config = json!({ "type": "object", "properties": { "label": { "type": "string" } }, "additionalProperties": false });
    with_meta(meta).with(PartEntry::Generator(GeneratorEntry {
        meta: GeneratorMeta {
            name: "button".to_owned(),
            plugin: String::new(),
            docs: "A button.".to_owned(),
            options: Button::schema(),
            defined_at: "button.rs:1".to_owned(),
            templates: Vec::new(),
        },
        make: |options| Ok(Box::new(Button::from_value(options)?)),
    }))
}

const MANIFEST: &str = "\
name: shop
plugins: { test.button: { config: { label: Buy } } }
targets:
  docs: { generator: workflow_docs, out: docs }
  ui: { generator: button, out: ui }
";
const SPEC: &str = "\
workflows:
  say:
    input: { message: string }
    steps:
      - id: boom
        boom: { message: \"${ .input.message }\" }
";

/// Everything that has hooks, once: what compilation and build told, and how the run ended.
fn all_of_it(hooks: HooksEntry) -> (Vec<Diagnostic>, Outcome) {
    let starter = {
        let mut meta = meta("test.starter");
        meta.permissions.push("events".to_owned());
        with_meta(meta).post_validate(|_, cx| {
            cx.publish_value("test.starter.go", Value::Null).unwrap();
        })
    };
    let registry = registry([plugin("test.here").hooks(hooks), booming(), button(), starter]);
    let compilation = compile_files(&[("locus.yaml", MANIFEST), ("a.locus.yaml", SPEC)], &registry);
    let targets: Vec<_> = compilation.program.targets.values().collect();
    let built = build_compilation(&compilation, &targets);
    let problems: Vec<_> =
        compilation.diagnostics.iter().chain(&built.diagnostics).cloned().collect();
    assert_eq!(built.outputs.is_empty(), built.diagnostics.has_errors());
    let program = Arc::new(compilation.program);
    let outcome = block_on(async {
        let config = EngineConfig::new(StoreLocation::Memory, ".", Arc::new(registry));
        let engine = Engine::open(config).unwrap();
        let started = engine.start(program, "say", json!({ "message": "x" }), None).await;
        let outcome = match started {
            Ok(handle) => handle.outcome().await.unwrap(),
            Err(error) => Outcome::Failed(StepError::terminal(error.code, error.message)),
        };
        engine.wait_idle().await;
        outcome
    });
    (problems, outcome.unwrap())
}

#[test]
fn a_panic_at_any_point_is_the_plugins() {
    for point in Point::ALL {
        let (entry, calls) = at(*point, true, Filter::default());
        let (problems, outcome) = all_of_it(entry);
        assert!(calls.load(Ordering::Relaxed) > 0, "{point} is never reached");
        let words = format!("the plugin `test.here` panicked in `{point}`: a test wants this");
        let Outcome::Failed(error) = outcome else { panic!("{point}: {outcome:?}") };
        match point {
            Point::WorkflowExecute => {
                assert_eq!(error.code, "run_refused");
                assert!(error.message.contains(&words), "{point}: {error}");
            }
            Point::StepExecute => {
                assert_eq!((error.code.as_str(), &error.message), ("plugin_panicked", &words));
            }
            // Those that watch are not noticed by what they watch.
            Point::Error | Point::Metric | Point::Alert => assert_eq!(error.code, "boom"),
            _ => {
                let panicked = problems.iter().find(|problem| problem.message == words);
                let panicked = panicked.unwrap_or_else(|| panic!("{point}: {problems:?}"));
                assert_eq!(panicked.code, "plugin-panicked");
                assert_eq!(panicked.plugin.as_deref(), Some("test.here"));
                assert!(panicked.is_error());
            }
        }
    }
}

#[test]
fn what_a_filter_leaves_out_is_not_called() {
    for point in Point::ALL {
        let nothing = || vec!["nothing*".to_owned()];
        let filter = match point {
            Point::PreParse | Point::PostParse => Filter { files: nothing(), ..Filter::default() },
            Point::ComponentRender | Point::PageGenerate | Point::PostGenerate => {
                Filter { targets: nothing(), ..Filter::default() }
            }
            Point::Event => Filter { topics: nothing(), ..Filter::default() },
            // Nothing of a run, a whole program or an alarm is left out but by step types.
            Point::PreValidate | Point::WorkflowExecute => continue,
            _ => Filter { steps: nothing(), ..Filter::default() },
        };
        let (entry, calls) = at(*point, true, filter);
        let (problems, outcome) = all_of_it(entry);
        assert_eq!(calls.load(Ordering::Relaxed), 0, "{point}");
        assert!(problems.is_empty(), "{point}: {problems:?}");
        assert!(matches!(outcome, Outcome::Failed(error) if error.code == "boom"), "{point}");
    }
    let fitting = |point: Point| match point {
        Point::PostParse => Filter { files: vec!["*.locus.yaml".to_owned()], ..Filter::default() },
        Point::PageGenerate => Filter { targets: vec!["docs".to_owned()], ..Filter::default() },
        Point::Event => Filter { topics: vec!["test.*.go".to_owned()], ..Filter::default() },
        _ => Filter { steps: vec!["boom".to_owned()], ..Filter::default() },
    };
    for point in [
        Point::PostParse,
        Point::PostValidate,
        Point::PageGenerate,
        Point::StepExecute,
        Point::Event,
    ] {
        let (entry, calls) = at(point, false, fitting(point));
        all_of_it(entry);
        assert!(calls.load(Ordering::Relaxed) > 0, "{point}");
    }
}

/// Puts a line before and behind every page, or breaks a component.
struct Banner(&'static str);

impl PageGenerate for Banner {
    fn page_generate(&self, _: &Unit, doc: &Doc, _: &mut HookContext) -> Option<Doc> {
        Some(Doc { text: format!("{} {}", self.0, doc.text) })
    }
}

impl ComponentRender for Banner {
    fn component_render(&self, _: &Unit, doc: &Doc, _: &mut HookContext) -> Option<Doc> {
        match self.0 {
            "broken" => Some(Doc { text: "{ no json".to_owned() }),
            "huge" => Some(Doc { text: "x".repeat(17 << 20) }),
            word => Some(Doc { text: doc.text.replace("Buy", word) }),
        }
    }
}

fn built(plugins: impl IntoIterator<Item = Made>) -> locus_compiler::Built {
    let registry = registry(plugins.into_iter().chain([button(), booming()]));
    let compilation = compile_files(&[("locus.yaml", MANIFEST), ("a.locus.yaml", SPEC)], &registry);
    assert_eq!(told(&compilation.diagnostics), Vec::<String>::new());
    let targets: Vec<_> = compilation.program.targets.values().collect();
    build_compilation(&compilation, &targets)
}

fn page(id: &str, word: &'static str) -> Made {
    plugin(id).hooks(set("banner", Point::PageGenerate, |entry| {
        entry.page_generate = Some(Arc::new(Banner(word)));
    }))
}

fn component(word: &'static str) -> Made {
    plugin("acme.component").hooks(set("banner", Point::ComponentRender, |entry| {
        entry.component_render = Some(Arc::new(Banner(word)));
    }))
}

#[test]
fn pages_and_components_are_changed_one_hook_after_another() {
    let built = built([page("a.inner", "one"), page("b.outer", "two"), component("Sell")]);
    assert_eq!(told(&built.diagnostics), Vec::<String>::new());
    let files: Vec<_> = built.outputs.iter().flat_map(|output| &output.files).collect();
    for file in files.iter().filter(|file| file.path.ends_with(".md")) {
        assert!(file.text.starts_with("two one "), "{}", file.text);
    }
    let button = files.iter().find(|file| file.path == "button.json").unwrap();
    assert_eq!(button.text, "{\"button\":{\"label\":\"Sell\"}}\n");
}

#[test]
fn a_text_that_cannot_be_used_writes_nothing() {
    for (word, why) in
        [("broken", "cannot be used: key must be"), ("huge", "more than 16777216 bytes")]
    {
        let built = built([component(word)]);
        assert!(built.outputs.is_empty());
        let said = told(&built.diagnostics);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(
            said[0].contains(
                "the plugin `acme.component` changed `button.json` in `component_render`"
            ),
            "{said:?}"
        );
        assert!(said[0].contains(why), "{said:?}");
    }
}

#[test]
fn a_flood_of_files_or_bytes_writes_nothing() {
    for (flood, said) in [
        ("files", "the generator `button` wants to write 100001 files, more than 100000"),
        ("bytes", "the generator `button` made `long.txt` with 67108865 bytes, more than 67108864"),
    ] {
        let manifest = format!(
            "name: shop\ntargets: {{ ui: {{ generator: button, out: ui, options: {{ flood: {flood} }} }} }}\n"
        );
        let registry = registry([button(), booming()]);
        let compilation =
            compile_files(&[("locus.yaml", &manifest), ("a.locus.yaml", SPEC)], &registry);
        let targets: Vec<_> = compilation.program.targets.values().collect();
        let built = build_compilation(&compilation, &targets);
        assert!(built.outputs.is_empty());
        assert_eq!(told(&built.diagnostics), [format!("plugin-output-limit: {said}")]);
    }
}

/// An action that returns the config of its plugin; the first time it may wait for ever.
struct Answers {
    waits: Arc<AtomicBool>,
}

impl ErasedAction for Answers {
    fn run(&self, _: Value, cx: StepContext) -> BoxFuture<'static, Result<Value, StepError>> {
        let waits = self.waits.swap(false, Ordering::Relaxed);
        Box::pin(async move {
            if waits {
                std::future::pending::<()>().await;
            }
            Ok(cx.config().clone())
        })
    }
}

fn answering(waits: bool) -> Made {
    let mut meta = meta("test.answers");
    meta.config = json!({ "type": "object", "properties": { "words": { "type": "string", "default": "hello" } }, "additionalProperties": false });
    let PartEntry::Step(mut entry) = locus_steps::log::Log::REGISTRATION.part.make() else {
        panic!("`log` is a step type");
    };
    entry.ty.name = "answer".to_owned();
    entry.behaviour =
        Behaviour::Action(Arc::new(Answers { waits: Arc::new(AtomicBool::new(waits)) }));
    with_meta(meta).with(PartEntry::Step(entry))
}

const ANSWER: &str = "workflows: { ask: { steps: [ { id: it, answer: { message: x } } ], output: \"${ .steps.it }\" } }\n";

#[test]
fn config_reaches_steps() {
    let registry = registry([answering(false)]);
    let mut ended = runs(&registry, ANSWER, "ask", &[json!({})]);
    assert_eq!(ended.remove(0).unwrap(), Outcome::Done(json!({ "words": "hello" })));
    let manifest = "name: a\nplugins: { test.answers: { config: { words: bye } } }\n";
    let compilation = compile_in(
        &MemoryWorld::new([("locus.yaml", manifest), ("a.locus.yaml", ANSWER)]),
        "",
        &registry,
    );
    let outcome = block_on(async {
        let config = EngineConfig::new(StoreLocation::Memory, ".", Arc::new(registry));
        let engine = Engine::open(config).unwrap();
        let handle = engine.start(Arc::new(compilation.program), "ask", json!({}), None).await;
        handle.unwrap().outcome().await.unwrap()
    });
    assert_eq!(outcome.unwrap(), Outcome::Done(json!({ "words": "bye" })));
}

/// Replaces every result by a word of its own, and notes the steps it is asked about.
struct Word(&'static str, Arc<Mutex<Vec<String>>>);

impl StepExecute for Word {
    fn before(&self, step: &StepAttempt, _: &mut HookContext) -> Verdict {
        self.1.lock().unwrap().push(format!("{} {}", self.0, step.key));
        match step.step_type.as_str() {
            "log" => Verdict::Replace { value: json!(self.0) },
            _ => Verdict::Keep,
        }
    }
}

#[test]
fn what_a_hook_has_decided_is_not_asked_again_after_a_crash() {
    let spec = "workflows: { ask: { steps: [ { id: first, log: { message: x } }, { id: it, answer: { message: x } } ], output: \"${ .steps.first }\" } }\n";
    let notes: Arc<Mutex<Vec<String>>> = Arc::default();
    let with = |word: &'static str, waits: bool| -> Registry {
        let hook = Arc::new(Word(word, Arc::clone(&notes)));
        let hooks = set("word", Point::StepExecute, |entry| entry.step_execute = Some(hook));
        registry([plugin("acme.word").hooks(hooks), answering(waits)])
    };
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let open = |registry: Registry| {
        let location = StoreLocation::Open(Arc::clone(&store));
        Engine::open(EngineConfig::new(location, ".", Arc::new(registry))).unwrap()
    };
    let outcome = block_on(async {
        let before = with("before", true);
        let compilation = compile_files(&[("a.locus.yaml", spec)], &before);
        let program = Arc::new(compilation.program);
        let engine = open(before);
        let id = Some("run-1".to_owned());
        let handle = engine.start(program, "ask", json!({}), id).await.unwrap();
        while notes.lock().unwrap().len() < 2 {
            std::thread::yield_now();
        }
        engine.stop().await;
        assert!(handle.outcome().await.is_err());
        drop(engine);
        let engine = open(with("after", false));
        engine.resume("run-1").await.unwrap().outcome().await.unwrap()
    });
    assert_eq!(outcome.unwrap(), Outcome::Done(json!("before")));
    assert_eq!(*notes.lock().unwrap(), ["before ask/first", "before ask/it", "after ask/it"]);
}
