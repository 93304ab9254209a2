//! A generator, a parser hook, two sets of hooks and the plugin they belong to.

use locus_plugin::hooks::OnFailure;
use locus_plugin::model::Program;
use locus_plugin::{
    Doc, GenerateError, Generator, HookContext, Hooks, Param, Parsed, ParsedFile, ParserHook, Plan, Plugin,
    Point, PostParse, PostValidate, Registry, RenderContext, Source, Stability, Unit, model,
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
    permissions("net:pay.example"),
    stability = "preview"
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
    assert_eq!(plugin.permissions, ["net:pay.example"]);
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

    let hooks = registry.hooks().next().expect("the hooks");
    assert_eq!(hooks.meta.name, "looks_twice");
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
