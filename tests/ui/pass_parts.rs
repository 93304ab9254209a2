//! A generator, a parser hook, sets of hooks, a command, a migration and the plugin they belong to.

use locus_plugin::hooks::{OnFailure, Stage};
use locus_plugin::model::Program;
use locus_plugin::{
    Command, CommandError, Doc, GenerateError, Generator, HookContext, Hooks, Migration, Param,
    Parsed, ParsedFile, ParserHook, Plan, Plugin, Point, PostParse, PostValidate, Registry,
    RenderContext, Source, Stability, StepExecute, Unit, Value, WorkflowExecute,
};
use serde_json::json;

/// Everything of Acme's.
#[derive(Plugin)]
#[plugin(
    id = "acme.all-parts",
    api = "1.0",
    provides("shop"),
    optional("acme.other"),
    conflicts("acme.rival"),
    permissions("network"),
    stability = "preview",
    config_version = 2
)]
#[allow(dead_code, reason = "nothing asks for the config here")]
struct Acme {
    /// Where the shop is.
    #[param(default = "https://pay.example")]
    url: String,
}

/// A page about the program.
#[derive(Generator)]
#[generator(name = "about-page", templates("pass_parts.txt"))]
struct About {
    /// The heading.
    title: String,
}

impl Generator for About {
    fn plan(&self, program: &Program) -> Result<Plan, GenerateError> {
        let mut plan = Plan::default();
        plan.owned("about.txt", json!(program.name), None);
        Ok(plan)
    }

    fn render(&self, _: &Unit, _: &Program, cx: &RenderContext<'_>) -> Result<Doc, GenerateError> {
        let text = cx.template("pass_parts.txt", json!({ "title": self.title }))?;
        Ok(Doc { text })
    }
}

/// Reads nothing.
#[derive(ParserHook, Default)]
#[parser_hook(name = "nothing", suffixes(".nothing", ".none"))]
struct Nothing {
    count: u8,
}

impl ParserHook for Nothing {
    fn parse(&self, _: &Source) -> Parsed {
        assert_eq!(self.count, 0);
        Parsed::default()
    }
}

/// Says how a page will look.
#[derive(Command)]
#[command(name = "preview")]
struct Preview {
    /// The page.
    page: String,
    /// How wide, in characters.
    #[param(default = 80, deprecated = "pages fit themselves")]
    width: u32,
}

impl Command for Preview {
    fn answer(self, _: &mut HookContext) -> Result<Value, CommandError> {
        Ok(json!(format!("{} at {}", self.page, self.width)))
    }
}

/// `address` was renamed to `url`.
#[derive(Migration)]
#[migration(from = 1)]
struct AddressIsUrl;

impl Migration for AddressIsUrl {
    fn migrate(&self, mut config: Value) -> Result<Value, String> {
        if let Some(address) = config.as_object_mut().and_then(|map| map.remove("address")) {
            config["url"] = address;
        }
        Ok(config)
    }
}

/// Stands around web requests.
#[derive(Hooks)]
#[hooks(
    step_execute,
    workflow_execute,
    stage = "pre",
    priority = -3,
    steps("http", "acme_*"),
    max_ms = 20,
    max_bytes = 1000
)]
struct Guards;

impl StepExecute for Guards {}
impl WorkflowExecute for Guards {}

/// Looks twice.
#[derive(Hooks)]
#[hooks(post_validate, post_parse, before("acme.b"), after("acme.a"), on_failure = "warn")]
struct LooksTwice;

impl PostParse for LooksTwice {
    fn post_parse(&self, _: &ParsedFile<'_>, _: &mut HookContext) {}
}

impl PostValidate for LooksTwice {
    fn post_validate(&self, _: &Program, _: &mut HookContext) {}
}

fn main() {
    let registry = Registry::linked().expect("the parts fit together");

    let plugin = registry.plugins().next().expect("one plugin");
    assert_eq!(plugin.id, "acme.all-parts");
    assert_eq!(plugin.description, "Everything of Acme's.");
    assert_eq!((plugin.api, plugin.stability), ((1, 0), Stability::Preview));
    assert_eq!(plugin.package, env!("CARGO_PKG_NAME"));
    assert_eq!(plugin.version, env!("CARGO_PKG_VERSION"));
    assert_eq!((&plugin.provides[..], &plugin.requires[..]), (&["shop".to_owned()][..], &[][..]));
    assert_eq!(
        (&plugin.optional[0], &plugin.conflicts[0]),
        (&"acme.other".to_owned(), &"acme.rival".to_owned())
    );
    assert_eq!(plugin.permissions, ["network"]);
    assert_eq!(plugin.config["properties"]["url"]["default"], "https://pay.example");

    let generator = registry.generator("about-page").expect("the generator");
    assert_eq!(generator.meta.templates, [("pass_parts.txt", "About {{ title }}\n")]);
    assert_eq!(generator.meta.options["required"], json!(["title"]));
    let made =
        (generator.make)(json!({ "title": "Acme" })).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(made.plan(&Program::default()).expect("a plan").units[0].path, "about.txt");
    let error = (generator.make)(json!({ "titel": "Acme" })).err().expect("a wrong option");
    assert_eq!(error.to_string(), "unknown key `titel`; did you mean `title`?");

    let parser_hook = registry.parser_hook_for("a.none").expect("the parser hook");
    assert_eq!(parser_hook.meta.suffixes, [".nothing", ".none"]);

    let mut commands = registry.commands().iter();
    let command = commands.next().expect("the command");
    assert_eq!(command.meta.full_name(), "acme.all-parts/preview");
    let width = &command.meta.args["properties"]["width"];
    assert_eq!(width["deprecated"], true);
    assert_eq!(width["x-locus-deprecated"], "pages fit themselves");
    let answer = |args| {
        let host = registry.host();
        registry.commands().call("a test", "acme.all-parts/preview", args, host)
    };
    assert_eq!(answer(json!({ "page": "a" })).expect("an answer"), "a at 80");
    assert_eq!(answer(json!({})).expect_err("no page").code, "invalid_arguments");

    let old = json!({ "address": "https://old.example" });
    let new = registry.migrate_config(plugin, 1, old).expect("the new form");
    assert_eq!((plugin.config_version, new), (2, json!({ "url": "https://old.example" })));

    let guards = registry.hooks().find(|hooks| hooks.meta.name == "guards").expect("the guards");
    assert_eq!(guards.meta.points, [Point::WorkflowExecute, Point::StepExecute]);
    assert_eq!((guards.meta.stage, guards.meta.priority), (Stage::Pre, -3));
    assert_eq!(guards.meta.filter.steps, ["http", "acme_*"]);
    assert_eq!((guards.meta.budget.time, guards.meta.budget.output), (20, 1000));

    let hooks = registry.hooks().find(|hooks| hooks.meta.name == "looks_twice").expect("the hooks");
    assert_eq!(hooks.meta.points, [Point::PostParse, Point::PostValidate]);
    assert_eq!(
        (&hooks.meta.before[0], &hooks.meta.after[0]),
        (&"acme.b".to_owned(), &"acme.a".to_owned())
    );
    assert_eq!(hooks.meta.on_failure, OnFailure::Warn);
    assert!(hooks.post_parse.is_some() && hooks.post_validate.is_some());
    assert!(hooks.pre_generate.is_none() && hooks.post_generate.is_none());

    let _ = Acme::from_value(json!({}));
}
