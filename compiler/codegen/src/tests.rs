//! The way from targets to files as a whole, with small generators that do what a test needs.

mod generation;
mod writing;

use locus_diag::{Diagnostic, SourceId, Sources, Span, Spanned};
use locus_model::{Entry, Node, NodeKind, Program, Target, Text};
use locus_plugin::generator::{ErasedGenerator, GeneratorEntry, GeneratorMeta};
use locus_plugin::registry::Part;
use locus_plugin::{
    Doc, GenerateError, Generator, Ownership, Param, ParamError, Plan, Plugin, Registration,
    Registry, RenderContext, Unit,
};
use serde_json::{Value, json};

use crate::output::TargetOutput;

/// A plugin for the tests.
#[derive(Plugin)]
#[plugin(id = "test.plugin")]
struct TestPlugin;

/// What its options say: `files` (path to text, or to `{ template, context }`), `once` (paths), `plan_error`, `panic_in`.
struct Scripted {
    options: Value,
}

impl Param for Scripted {
    fn schema() -> Value {
        json!({})
    }

    fn from_value(options: Value) -> Result<Self, ParamError> {
        match options.get("bad") {
            Some(bad) => Err(ParamError::expected("nothing", bad).inside("bad")),
            None => Ok(Self { options }),
        }
    }
}

impl Generator for Scripted {
    fn plan(&self, _: &Program) -> Result<Plan, GenerateError> {
        assert!(self.options["panic_in"] != "plan", "planned panic");
        if let Some(message) = self.options["plan_error"].as_str() {
            return Err(GenerateError::new(message).at(span(2..3)).help("do otherwise"));
        }
        let once = self.options["once"].as_array().cloned().unwrap_or_default();
        let mut plan = Plan::default();
        for (path, content) in self.options["files"].as_object().into_iter().flatten() {
            let ownership = match once.iter().any(|once| once == path) {
                true => Ownership::Once,
                false => Ownership::Owned,
            };
            let (path, subject) = (path.clone(), content.clone());
            plan.units.push(Unit {
                path,
                role: Default::default(),
                ownership,
                subject,
                origin: Some(span(8..9)),
            });
        }
        Ok(plan)
    }

    fn render(
        &self,
        unit: &Unit,
        _: &Program,
        cx: &RenderContext<'_>,
    ) -> Result<Doc, GenerateError> {
        assert!(self.options["panic_in"] != unit.path.as_str(), "planned panic");
        let text = match &unit.subject {
            Value::String(text) => text.clone(),
            subject => {
                let template = subject["template"].as_str().unwrap_or_default();
                cx.template(template, &subject["context"])?
            }
        };
        Ok(Doc { text })
    }
}

fn make(options: Value) -> Result<Box<dyn ErasedGenerator>, ParamError> {
    Ok(Box::new(Scripted::from_value(options)?))
}

fn entry(name: &str, templates: Vec<(&'static str, &'static str)>) -> GeneratorEntry {
    let meta = GeneratorMeta {
        name: name.to_owned(),
        plugin: String::new(),
        docs: "For tests.".to_owned(),
        options: json!({}),
        defined_at: "tests.rs:1".to_owned(),
        templates,
    };
    GeneratorEntry { meta, make }
}

fn part(make: fn() -> GeneratorEntry) -> Registration {
    Registration { package: env!("CARGO_PKG_NAME"), part: Part::Generator(make) }
}

/// The parts of the tests' plugin; `files` renders texts and `templated` templates.
fn parts() -> Vec<Registration> {
    use locus_plugin::registry::Registered;
    vec![
        TestPlugin::REGISTRATION,
        part(|| entry("files", Vec::new())),
        part(|| {
            let page = "{% extends \"locus/slash.tera\" %}\n{% block content %}hello {{ name }}\n{{ super() }}{% endblock %}";
            let fails = "line one\n{{ missing.part }}";
            entry("templated", vec![("page.tera", page), ("fails.tera", fails)])
        }),
        part(|| {
            entry(
                "unknown_filter",
                vec![("a.tera", "x\n{{ name | no_such }}"), ("b.tera", "{{ now() }}")],
            )
        }),
        part(|| entry("missing_parent", vec![("a.tera", "\n{% extends \"gone.tera\" %}")])),
        part(|| entry("bad_syntax", vec![("a.tera", "{% if %}")])),
        part(|| {
            let child =
                "{% extends \"locus/slash.tera\" %}{% block no_such_block %}x{% endblock %}";
            entry("unused_block", vec![("a.tera", child)])
        }),
    ]
}

fn registry() -> Registry {
    Registry::build(parts()).unwrap()
}

fn span(range: std::ops::Range<usize>) -> Span {
    Span::new(SourceId(0), range)
}

fn sources() -> Sources {
    let mut sources = Sources::default();
    sources.add("locus.yaml", "one\ntwo\nthree\nfour\nfive\n");
    sources
}

/// A value as if written somewhere.
fn node(value: &Value) -> Node {
    let kind = match value {
        Value::Null => NodeKind::Null,
        Value::Bool(bool) => NodeKind::Bool(*bool),
        Value::Number(number) => NodeKind::Number(number.clone()),
        Value::String(text) => NodeKind::String(Text::verbatim(text.clone(), 0, true)),
        Value::Array(items) => NodeKind::Sequence(items.iter().map(node).collect()),
        Value::Object(map) => NodeKind::Mapping(
            map.iter()
                .map(|(key, value)| Entry {
                    key: Spanned::new(key.clone(), span(14..15)),
                    value: node(value),
                })
                .collect(),
        ),
    };
    Node::new(kind, span(14..18))
}

fn target(name: &str, generator: &str, out: &str, options: Value) -> Target {
    let spanned = |text: &str, at: usize| Spanned::new(text.to_owned(), span(at..at + 1));
    Target {
        name: spanned(name, 0),
        generator: spanned(generator, 4),
        out: spanned(out, 5),
        options: node(&options),
    }
}

/// Generates, and shows problems as `code: message`.
fn generate(targets: &[Target]) -> (Vec<TargetOutput>, Vec<String>) {
    let targets: Vec<&Target> = targets.iter().collect();
    let (outputs, problems) =
        crate::generate(&Program::default(), &targets, &registry(), &sources());
    (outputs, shown(&problems))
}

fn shown(problems: &[Diagnostic]) -> Vec<String> {
    problems.iter().map(|problem| format!("{}: {}", problem.code, problem.message)).collect()
}

/// One target with these files, generated.
fn outputs(files: Value) -> Vec<TargetOutput> {
    outputs_with("web", "gen", json!({ "files": files }))
}

fn outputs_with(name: &str, out: &str, options: Value) -> Vec<TargetOutput> {
    let (outputs, problems) = generate(&[target(name, "files", out, options)]);
    assert_eq!(problems, Vec::<String>::new());
    outputs
}
