//! Plugins made in a test: hooks are closures, projects are a few files in memory.

use std::sync::Arc;

use locus_compiler::{Compilation, compile_in};
use locus_diag::{Diagnostic, Diagnostics};
use locus_model::{Program, Spec};
use locus_plugin::action::{BoxFuture, ErasedAction};
use locus_plugin::hooks::{HooksEntry, HooksMeta};
use locus_plugin::registry::Registered;
use locus_plugin::step::Behaviour;
use locus_plugin::{
    API_VERSION, EventHook, EventMessage, HookContext, ParsedFile, PartEntry, PluginMeta, Point,
    PostParse, PostValidate, PreParse, PreValidate, Registry, SchemaGenerate, Source, Stability,
};
use locus_plugin::{Outcome, StepContext, StepError, Value};
use locus_runtime::{Engine, EngineConfig, EngineError, StoreLocation, block_on};
use locus_syntax::MemoryWorld;
use serde_json::json;

/// A hook that is a closure: which one, its arguments say.
pub(crate) struct On<F>(pub(crate) F);

macro_rules! closures {
    ($($hook:ident $method:ident($($name:ident: $ty:ty),*);)*) => {$(
        impl<F: Fn($($ty,)* &mut HookContext) + Send + Sync + 'static> $hook for On<F> {
            fn $method(&self, $($name: $ty,)* cx: &mut HookContext) {
                (self.0)($($name,)* cx)
            }
        }
    )*};
}

closures! {
    PreParse pre_parse(source: &Source);
    PostParse post_parse(file: &ParsedFile<'_>);
    PreValidate pre_validate(spec: &Spec);
    PostValidate post_validate(program: &Program);
    SchemaGenerate schema_generate(program: &Program);
    EventHook event(event: &EventMessage);
}

/// A plugin in a package of its own, with its parts.
pub(crate) struct Made(pub(crate) Vec<(String, PartEntry)>);

pub(crate) fn meta(id: &str) -> PluginMeta {
    PluginMeta {
        id: id.to_owned(),
        version: "1.0.0".to_owned(),
        api: API_VERSION,
        description: "Made in a test.".to_owned(),
        package: id.to_owned(),
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

pub(crate) fn plugin(id: &str) -> Made {
    with_meta(meta(id))
}

pub(crate) fn with_meta(meta: PluginMeta) -> Made {
    Made(vec![(meta.id.clone(), PartEntry::Plugin(meta))])
}

/// A set of hooks of one point.
pub(crate) fn set(name: &str, point: Point, hook: impl FnOnce(&mut HooksEntry)) -> HooksEntry {
    let mut entry = HooksEntry::new(HooksMeta {
        name: name.to_owned(),
        docs: "Made in a test.".to_owned(),
        points: vec![point],
        defined_at: format!("{name}.rs:1"),
        ..HooksMeta::default()
    });
    hook(&mut entry);
    entry
}

impl Made {
    pub(crate) fn with(mut self, part: PartEntry) -> Self {
        let package = self.0[0].0.clone();
        self.0.push((package, part));
        self
    }

    pub(crate) fn hooks(self, entry: HooksEntry) -> Self {
        self.with(PartEntry::Hooks(entry))
    }

    pub(crate) fn post_validate(
        self,
        hook: impl Fn(&Program, &mut HookContext) + Send + Sync + 'static,
    ) -> Self {
        let entry = set("checks", Point::PostValidate, |entry| {
            entry.post_validate = Some(Arc::new(On(hook)));
        });
        self.hooks(entry)
    }

    pub(crate) fn pre_validate(
        self,
        hook: impl Fn(&Spec, &mut HookContext) + Send + Sync + 'static,
    ) -> Self {
        let entry = set("rewrites", Point::PreValidate, |entry| {
            entry.pre_validate = Some(Arc::new(On(hook)));
        });
        self.hooks(entry)
    }

    pub(crate) fn on_event(
        self,
        topic: &str,
        hook: impl Fn(&EventMessage, &mut HookContext) + Send + Sync + 'static,
    ) -> Self {
        let mut entry = set(&format!("on_{}", self.0.len()), Point::Event, |entry| {
            entry.event = Some(Arc::new(On(hook)));
        });
        entry.meta.filter.topics.push(topic.to_owned());
        self.hooks(entry)
    }
}

/// The built-in parts, with these.
pub(crate) fn assemble(
    plugins: impl IntoIterator<Item = Made>,
) -> Result<Registry, Vec<Diagnostic>> {
    let built_in = [
        locus_syntax::front_end::YamlPlugin::REGISTRATION,
        locus_syntax::front_end::Yaml::REGISTRATION,
        locus_steps::BuiltInSteps::REGISTRATION,
        locus_steps::fail::Fail::REGISTRATION,
        locus_steps::log::Log::REGISTRATION,
        locus_steps::set::Set::REGISTRATION,
        locus_steps::try_catch::TryCatch::REGISTRATION,
        locus_generators::BuiltInGenerators::REGISTRATION,
        locus_generators::openapi::OpenApi::REGISTRATION,
        locus_generators::workflow_docs::WorkflowDocs::REGISTRATION,
    ];
    let built_in = built_in.map(|part| (part.package.to_owned(), part.part.make()));
    Registry::assemble(plugins.into_iter().flat_map(|made| made.0).chain(built_in))
}

pub(crate) fn registry(plugins: impl IntoIterator<Item = Made>) -> Registry {
    assemble(plugins).unwrap_or_else(|problems| panic!("{problems:?}"))
}

pub(crate) fn messages(problems: &[Diagnostic]) -> Vec<String> {
    problems.iter().map(|problem| problem.message.clone()).collect()
}

/// A plugin with the action `boom`, which fails with the code `boom`.
pub(crate) fn booming() -> Made {
    struct Boom;
    impl ErasedAction for Boom {
        fn run(
            &self,
            params: Value,
            _: StepContext,
        ) -> BoxFuture<'static, Result<Value, StepError>> {
            let message = params["message"].as_str().unwrap_or_default().to_owned();
            Box::pin(async { Err(StepError::terminal("boom", message)) })
        }
    }
    let PartEntry::Step(mut entry) = locus_steps::log::Log::REGISTRATION.part.make() else {
        panic!("`log` is a step type");
    };
    entry.ty.name = "boom".to_owned();
    entry.behaviour = Behaviour::Action(Arc::new(Boom));
    plugin("test.boom").with(PartEntry::Step(entry))
}

/// How runs of a workflow end, one after another in one engine.
pub(crate) fn runs(
    registry: &Registry,
    spec: &str,
    workflow: &str,
    inputs: &[Value],
) -> Vec<Result<Outcome, EngineError>> {
    let compilation = compile_files(&[("a.locus.yaml", spec)], registry);
    assert_eq!(told(&compilation.diagnostics), Vec::<String>::new());
    let program = Arc::new(compilation.program);
    let work = async {
        let config = EngineConfig::new(StoreLocation::Memory, ".", Arc::new(registry.clone()));
        let engine = Engine::open(config).unwrap();
        let mut ended = Vec::new();
        for input in inputs {
            let started = engine.start(Arc::clone(&program), workflow, input.clone(), None).await;
            ended.push(match started {
                Ok(handle) => handle.outcome().await,
                Err(error) => Err(error),
            });
        }
        engine.wait_idle().await;
        ended
    };
    block_on(work).unwrap()
}

pub(crate) const SPEC: &str = "\
workflows:
  greet:
    input: { name: string }
    steps:
      - id: hello
        log: { message: \"hi ${ .input.name }\" }
      - id: bye
        log: { message: bye }
";

pub(crate) fn compile(registry: &Registry) -> Compilation {
    compile_files(&[("a.locus.yaml", SPEC)], registry)
}

pub(crate) fn compile_files(files: &[(&str, &str)], registry: &Registry) -> Compilation {
    compile_in(&MemoryWorld::new(files.iter().copied()), "", registry)
}

/// Code and message of every problem.
pub(crate) fn told(diagnostics: &Diagnostics) -> Vec<String> {
    diagnostics.iter().map(|problem| format!("{}: {}", problem.code, problem.message)).collect()
}

/// The text that the first label of a problem underlines, and the name of its source.
pub(crate) fn underlined(compilation: &Compilation, problem: &Diagnostic) -> (String, String) {
    let span = problem.primary().unwrap_or_else(|| panic!("{problem:?} has no place"));
    let source = compilation.sources.get(span.source).unwrap();
    (source.name.to_string(), source.text[span.range()].to_owned())
}
