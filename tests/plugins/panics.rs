//! A panic in a plugin is that plugin's diagnostic or that step's error, never the end of the process. The plugin here panics
//! wherever it is asked to. It is registered by hand: what derives register is linked into every test.

use std::collections::BTreeMap;
use std::sync::Arc;

use locus_compiler::{Compilation, build, compile_in};
use locus_diag::{Diagnostics, Severity};
use locus_model::Program;
use locus_plugin::action::{BoxFuture, ErasedAction};
use locus_plugin::control::{ControlOf, ErasedControl};
use locus_plugin::generator::{GeneratorEntry, GeneratorMeta};
use locus_plugin::hooks::{HooksEntry, HooksMeta, OnFailure};
use locus_plugin::meta::PluginMeta;
use locus_plugin::parser_hook::{ParserHookEntry, ParserHookMeta};
use locus_plugin::registry::{Part, Registered};
use locus_plugin::step::{Behaviour, StepEntry};
use locus_plugin::{
    API_VERSION, Control, ControlContext, ControlEvent, Decision, Doc, Effect, GenerateError,
    Generator, HookContext, Outcome, Param, ParamError, Parsed, ParsedFile, ParserHook, Plan,
    Point, PostGenerate, PostParse, PostValidate, PreGenerate, Registration, Registry,
    RenderContext, Source, Stability, StepContext, StepError, StepKind, StepType, Unit,
};
use locus_runtime::{Engine, EngineConfig, StoreLocation, block_on};
use locus_syntax::MemoryWorld;
use serde_json::{Value, json};

/// What every panic here says.
const WORDS: &str = "a test wants this";

/// The plugin, with all it can panic in, except its hooks.
const PARTS: [Part; 5] = [
    Part::Plugin(plugin),
    Part::Step(action),
    Part::Step(control),
    Part::Generator(generator),
    Part::ParserHook(parser_hook),
];

/// What is needed beside it, as built in, and these parts of it.
fn registry(parts: &[Part]) -> Registry {
    let own = parts.iter().map(|part| Registration { package: "broken", part: *part });
    let built_in = [
        locus_syntax::front_end::YamlPlugin::REGISTRATION,
        locus_syntax::front_end::Yaml::REGISTRATION,
        locus_steps::BuiltInSteps::REGISTRATION,
        locus_steps::log::Log::REGISTRATION,
        locus_steps::set::Set::REGISTRATION,
        locus_steps::try_catch::TryCatch::REGISTRATION,
    ];
    Registry::build(own.chain(built_in)).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn with_hooks(hooks: fn() -> HooksEntry) -> Registry {
    registry(&[PARTS.as_slice(), &[Part::Hooks(hooks)]].concat())
}

fn plugin() -> PluginMeta {
    PluginMeta {
        id: "test.broken".to_owned(),
        version: "1.0.0".to_owned(),
        api: API_VERSION,
        description: "Panics.".to_owned(),
        package: "broken".to_owned(),
        provides: Vec::new(),
        requires: Vec::new(),
        optional: Vec::new(),
        conflicts: Vec::new(),
        permissions: Vec::new(),
        stability: Stability::Preview,
        config: json!({ "type": "object", "properties": {}, "additionalProperties": false }),
        config_version: 1,
    }
}

/// The parameters of all its parts.
#[derive(Param)]
struct Params {
    /// Where it panics.
    at: String,
}

impl Params {
    fn panic_at(&self, place: &str) {
        if self.at == place {
            panic!("{WORDS}");
        }
    }
}

// -- step types --

fn step(name: &str, kind: StepKind, behaviour: Behaviour) -> StepEntry {
    let ty = StepType {
        name: name.to_owned(),
        plugin: String::new(),
        docs: "Panics.".to_owned(),
        kind,
        effect: Effect::Pure,
        params: Params::schema(),
        result: locus_plugin::ResultType::Notation("json".to_owned()),
        raises: None,
        catches: Vec::new(),
        completes: true,
        errors: None,
        passes_key: false,
        defined_at: "broken.rs:1".to_owned(),
    };
    StepEntry { ty, behaviour }
}

fn action() -> StepEntry {
    step("break_down", StepKind::Action, Behaviour::Action(Arc::new(BreakDown)))
}

fn control() -> StepEntry {
    let control: Arc<dyn ErasedControl> = Arc::new(ControlOf::<FallApart>::new());
    step("fall_apart", StepKind::Control, Behaviour::Control(control))
}

struct BreakDown;

impl ErasedAction for BreakDown {
    fn run(&self, params: Value, _: StepContext) -> BoxFuture<'static, Result<Value, StepError>> {
        match params["at"].as_str() {
            Some("once") => panic!("{WORDS}"),
            // What is thrown need not be a text.
            Some("number") => Box::pin(async { std::panic::panic_any(7) }),
            _ => Box::pin(async { panic!("{WORDS}") }),
        }
    }
}

struct FallApart(Params);

impl Param for FallApart {
    fn schema() -> Value {
        Params::schema()
    }

    fn from_value(value: Value) -> Result<Self, ParamError> {
        let params = Params::from_value(value)?;
        params.panic_at("params");
        Ok(Self(params))
    }
}

impl Control for FallApart {
    type State = BTreeMap<String, Value>;

    fn start(&self, cx: &ControlContext<'_>) -> Result<(Self::State, Decision), StepError> {
        self.0.panic_at("start");
        Ok((BTreeMap::new(), Decision::wake_at(cx.now() + 1)))
    }

    fn on(
        &self,
        _: &mut Self::State,
        _: ControlEvent,
        _: &ControlContext<'_>,
    ) -> Result<Decision, StepError> {
        panic!("{WORDS}")
    }
}

// -- the generator, the parser hook, the hooks --

fn generator() -> GeneratorEntry {
    GeneratorEntry {
        meta: GeneratorMeta {
            name: "ruins".to_owned(),
            plugin: String::new(),
            docs: "Panics.".to_owned(),
            options: Params::schema(),
            defined_at: "broken.rs:2".to_owned(),
            templates: Vec::new(),
        },
        make: |options| Ok(Box::new(Ruins::from_value(options)?)),
    }
}

struct Ruins(Params);

impl Param for Ruins {
    fn schema() -> Value {
        Params::schema()
    }

    fn from_value(value: Value) -> Result<Self, ParamError> {
        Params::from_value(value).map(Self)
    }
}

impl Generator for Ruins {
    fn plan(&self, _: &Program) -> Result<Plan, GenerateError> {
        self.0.panic_at("plan");
        let mut plan = Plan::default();
        for name in ["one", "two"] {
            plan.owned(format!("{name}.txt"), json!(name), None);
        }
        Ok(plan)
    }

    fn render(
        &self,
        unit: &Unit,
        _: &Program,
        _: &RenderContext<'_>,
    ) -> Result<Doc, GenerateError> {
        if unit.path == "two.txt" {
            self.0.panic_at("render");
        }
        Ok(Doc { text: "text\n".to_owned() })
    }
}

fn parser_hook() -> ParserHookEntry {
    ParserHookEntry {
        meta: ParserHookMeta {
            name: "rubble".to_owned(),
            plugin: String::new(),
            docs: "Panics.".to_owned(),
            suffixes: vec![".rubble".to_owned()],
            defined_at: "broken.rs:3".to_owned(),
        },
        hook: Arc::new(Rubble),
    }
}

struct Rubble;

impl ParserHook for Rubble {
    fn parse(&self, _: &Source) -> Parsed {
        panic!("{WORDS}")
    }
}

/// Hooks that say something and then panic.
struct Collapse;

fn hooks(name: &str, point: Point, on_failure: OnFailure) -> HooksEntry {
    let mut entry = HooksEntry::new(HooksMeta {
        name: name.to_owned(),
        docs: "Panics.".to_owned(),
        points: vec![point],
        on_failure,
        defined_at: "broken.rs:4".to_owned(),
        ..HooksMeta::default()
    });
    match point {
        Point::PostParse => entry.post_parse = Some(Arc::new(Collapse)),
        Point::PostValidate => entry.post_validate = Some(Arc::new(Collapse)),
        Point::PreGenerate => entry.pre_generate = Some(Arc::new(Collapse)),
        Point::PostGenerate => entry.post_generate = Some(Arc::new(Collapse)),
        other => panic!("nothing collapses at {other}"),
    }
    entry
}

fn collapse(cx: &mut HookContext) -> ! {
    let said = locus_plugin::Diagnostic::custom("seen", Severity::Warning, "seen before");
    cx.push(said);
    panic!("{WORDS}")
}

impl PostParse for Collapse {
    fn post_parse(&self, _: &ParsedFile<'_>, cx: &mut HookContext) {
        collapse(cx)
    }
}

impl PostValidate for Collapse {
    fn post_validate(&self, _: &Program, cx: &mut HookContext) {
        collapse(cx)
    }
}

impl PreGenerate for Collapse {
    fn pre_generate(&self, _: &Program, _: &str, _: &Plan, cx: &mut HookContext) {
        collapse(cx)
    }
}

impl PostGenerate for Collapse {
    fn post_generate(&self, _: &str, _: &[(String, String)], cx: &mut HookContext) {
        collapse(cx)
    }
}

// -- what becomes of it --

const SPEC: &str = "workflows: { greet: { steps: [ { log: { message: hello } } ] } }\n";

fn compile(files: &[(&str, &str)], registry: &Registry) -> Compilation {
    compile_in(&MemoryWorld::new(files.iter().copied()), "", registry)
}

/// Code and message of every problem.
fn told(diagnostics: &Diagnostics) -> Vec<String> {
    diagnostics.iter().map(|problem| format!("{}: {}", problem.code, problem.message)).collect()
}

#[test]
fn a_front_end_that_panics_loses_its_own_file_only() {
    let files = [("a.rubble", "x"), ("b.locus.yaml", "workflows: { greet: { stps: [] } }\n")];
    let compilation = compile(&files, &registry(&PARTS));
    let told = told(&compilation.diagnostics);
    assert!(told.contains(&format!(
        "plugin-panicked: the plugin `test.broken` panicked in the parser hook `rubble` on `a.rubble`: {WORDS}"
    )), "{told:?}");
    assert!(told.iter().any(|said| said.starts_with("unknown-key: ")), "{told:?}");
    let panicked =
        compilation.diagnostics.iter().find(|found| found.code == "plugin-panicked").unwrap();
    assert_eq!(panicked.plugin.as_deref(), Some("test.broken"));
    assert!(panicked.help.is_some());
}

#[test]
fn a_hook_that_panics_fails_as_it_declares() {
    type Case = (fn() -> HooksEntry, &'static str, Option<Severity>);
    let cases: [Case; 5] = [
        (
            || hooks("parsed", Point::PostParse, OnFailure::Abort),
            "post_parse",
            Some(Severity::Error),
        ),
        (
            || hooks("parsed", Point::PostParse, OnFailure::Warn),
            "post_parse",
            Some(Severity::Warning),
        ),
        (
            || hooks("valid", Point::PostValidate, OnFailure::Abort),
            "post_validate",
            Some(Severity::Error),
        ),
        (
            || hooks("valid", Point::PostValidate, OnFailure::Warn),
            "post_validate",
            Some(Severity::Warning),
        ),
        (|| hooks("valid", Point::PostValidate, OnFailure::Ignore), "post_validate", None),
    ];
    for (entry, point, severity) in cases {
        let compilation = compile(&[("a.locus.yaml", SPEC)], &with_hooks(entry));
        let found: Vec<_> = compilation.diagnostics.iter().collect();
        let panicked = found.iter().find(|problem| problem.code == "plugin-panicked");
        assert_eq!(panicked.map(|problem| problem.severity), severity, "{found:?}");
        if let Some(problem) = panicked {
            let message = format!("the plugin `test.broken` panicked in `{point}`: {WORDS}");
            assert_eq!(problem.message, message);
        }
        // What it said before stays said, and the program is there.
        assert!(found.iter().any(|problem| problem.code == "test.broken/seen"), "{found:?}");
        assert!(compilation.program.workflows.contains_key("greet"));
    }
}

#[test]
fn a_generator_that_panics_fails_its_build() {
    let panicked = |entry: Option<fn() -> HooksEntry>, at: &str| {
        let registry = entry.map_or_else(|| registry(&PARTS), with_hooks);
        let manifest = format!(
            "name: ruins\nlanguage: 1\ntargets: {{ all: {{ generator: ruins, out: out, options: {{ at: {at} }} }} }}\n"
        );
        let compilation = compile(&[("locus.yaml", &manifest), ("a.locus.yaml", SPEC)], &registry);
        assert_eq!(told(&compilation.diagnostics), Vec::<String>::new());
        let targets: Vec<_> = compilation.program.targets.values().collect();
        let (outputs, problems) =
            build(&compilation.program, &targets, &registry, &compilation.sources);
        // Nothing at all, rather than the half that went well.
        assert_eq!(outputs.is_empty(), problems.has_errors());
        told(&problems)
    };
    let says = |place: &str| {
        format!("plugin-panicked: the plugin `test.broken` panicked in {place}: {WORDS}")
    };
    assert_eq!(panicked(None, "nowhere"), Vec::<String>::new());
    assert_eq!(panicked(None, "plan"), [says("`plan` of generator `ruins`")]);
    assert_eq!(panicked(None, "render"), [says("`render` of generator `ruins` for `two.txt`")]);
    let before = || hooks("plan", Point::PreGenerate, OnFailure::Abort);
    assert!(panicked(Some(before), "nowhere").contains(&says("`pre_generate`")));
    let after = || hooks("files", Point::PostGenerate, OnFailure::Abort);
    assert!(panicked(Some(after), "nowhere").contains(&says("`post_generate`")));
}

#[test]
fn a_step_that_panics_fails_with_an_error_that_can_be_caught() {
    let spec = r#"
workflows:
  caught:
    input: { at: string }
    steps:
      - try_catch:
          try: [ { TYPE: { at: "${ .input.at }" } } ]
          catch:
            - errors: [plugin_panicked]
              as: error
              steps: [ { set: { said: "${ $error.message }" } } ]
    output: "${ .vars.said }"
  uncaught:
    input: { at: string }
    steps:
      - id: ruin
        TYPE: { at: "${ .input.at }" }
"#;
    let registry = Arc::new(registry(&PARTS));
    let cases = [
        ("break_down", "once"),
        ("break_down", "later"),
        ("break_down", "number"),
        ("fall_apart", "params"),
        ("fall_apart", "start"),
        ("fall_apart", "later"),
    ];
    let runs = async {
        let config = EngineConfig::new(StoreLocation::Memory, ".", Arc::clone(&registry));
        let engine = Engine::open(config).unwrap();
        for (step_type, at) in cases {
            let spec = spec.replace("TYPE", step_type);
            let compilation = compile(&[("a.locus.yaml", &spec)], &registry);
            assert_eq!(told(&compilation.diagnostics), Vec::<String>::new());
            let program = Arc::new(compilation.program);
            let run = async |workflow: &str| {
                let started =
                    engine.start(Arc::clone(&program), workflow, json!({ "at": at }), None);
                started.await.unwrap().outcome().await.unwrap()
            };
            let Outcome::Failed(error) = run("uncaught").await else { panic!("{step_type} {at}") };
            assert_eq!(error.code, "plugin_panicked", "{step_type} {at}: {error}");
            assert_eq!(error.step.as_deref(), Some("uncaught/ruin"), "{step_type} {at}: {error}");
            assert!(at == "number" || error.message.contains(WORDS), "{step_type} {at}: {error}");
            // The process goes on, and so does a run that expects it.
            let Outcome::Done(said) = run("caught").await else { panic!("{step_type} {at}") };
            assert!(said.as_str().unwrap().contains("panicked"), "{step_type} {at}: {said}");
        }
    };
    block_on(runs).unwrap();
}
