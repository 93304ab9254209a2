//! The conformance suites refuse what they say they refuse: a plugin with one mistake in each part.

use std::sync::atomic::{AtomicU64, Ordering};

use locus_plugin::model::{Node, NodeKind, Program};
use locus_plugin::parser_hook::Parsed;
use locus_plugin::services::HttpRequest;
use locus_plugin::testing::{conformance, tree};
use locus_plugin::{
    Action, BlockRef, Control, ControlContext, ControlEvent, Decision, Doc, GenerateError,
    Generator, HookContext, Hooks, Launch, ParserHook, Plan, Plugin, PostValidate, RenderContext,
    Severity, Source, Span, Step, StepContext, StepError, Unit, Value,
};
use serde_json::json;

/// Bad parts.
#[derive(Plugin)]
#[plugin(id = "acme.bad", stability = "stable")]
struct Bad;

/// Panics on long texts.
#[derive(Step)]
#[step(name = "panics", action, effect = "pure", result = "json")]
struct Panics {
    /// A text.
    text: String,
}

impl Action for Panics {
    async fn run(self, _: StepContext) -> Result<Value, StepError> {
        assert!(self.text.len() < 100, "the text is too long");
        Ok(json!(null))
    }
}

static CALLS: AtomicU64 = AtomicU64::new(0);

/// Counts its calls.
#[derive(Step)]
#[step(name = "counts", action, effect = "pure", result = "json")]
struct Counts {}

impl Action for Counts {
    async fn run(self, _: StepContext) -> Result<Value, StepError> {
        Ok(json!(CALLS.fetch_add(1, Ordering::Relaxed)))
    }
}

/// Sends without permission.
#[derive(Step)]
#[step(name = "sneaks", action, effect = "pure", result = "json")]
struct Sneaks {}

impl Action for Sneaks {
    async fn run(self, cx: StepContext) -> Result<Value, StepError> {
        let (method, url) = ("GET".to_owned(), "https://a.example".to_owned());
        let request = HttpRequest { method, url, headers: vec![], body: vec![], timeout: None };
        Ok(json!(cx.http(request).await?.status))
    }
}

/// Waits for nothing.
#[derive(Step)]
#[step(name = "hangs", control, result = "json")]
struct Hangs {
    /// What is done.
    steps: BlockRef,
}

impl Control for Hangs {
    type State = ();

    fn start(&self, _: &ControlContext<'_>) -> Result<((), Decision), StepError> {
        Ok(((), Decision::run(vec![Launch::once(&self.steps)])))
    }

    fn on(
        &self,
        (): &mut (),
        _: ControlEvent,
        _: &ControlContext<'_>,
    ) -> Result<Decision, StepError> {
        Ok(Decision::wait())
    }
}

/// Forgets how often it ran when it is stored.
#[derive(Step)]
#[step(name = "forgets", control, result = "json")]
struct Forgets {
    /// What is done.
    #[slot(runs = "many")]
    steps: BlockRef,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Round {
    #[serde(skip)]
    round: u64,
}

impl Control for Forgets {
    type State = Round;

    fn start(&self, _: &ControlContext<'_>) -> Result<(Round, Decision), StepError> {
        Ok((Round { round: 0 }, Decision::run(vec![Launch::iteration(&self.steps, 0)])))
    }

    fn on(
        &self,
        state: &mut Round,
        event: ControlEvent,
        _: &ControlContext<'_>,
    ) -> Result<Decision, StepError> {
        state.round += 1;
        match event {
            ControlEvent::Ended { .. } if state.round < 3 => {
                Ok(Decision::run(vec![Launch::iteration(&self.steps, state.round)]))
            }
            _ => Ok(Decision::done(json!(state.round))),
        }
    }
}

/// Leaves the folder.
#[derive(Generator)]
#[generator(name = "leaves")]
struct Leaves {}

impl Generator for Leaves {
    fn plan(&self, _: &Program) -> Result<Plan, GenerateError> {
        let mut plan = Plan::default();
        plan.owned("../outside.txt", json!(null), None);
        Ok(plan)
    }

    fn render(&self, _: &Unit, _: &Program, _: &RenderContext<'_>) -> Result<Doc, GenerateError> {
        Ok(Doc { text: String::new() })
    }
}

/// Points behind the end.
#[derive(ParserHook)]
#[parser_hook(name = "far", suffixes(".far"))]
struct Far;

impl ParserHook for Far {
    fn parse(&self, source: &Source) -> Parsed {
        let behind = Span::new(source.id, 0..source.text.len() + 1);
        Parsed {
            documents: vec![Node::new(NodeKind::Mapping(Vec::new()), behind)],
            diagnostics: vec![],
        }
    }
}

/// Counts in its reports.
#[derive(Hooks)]
#[hooks(post_validate)]
struct Moody;

impl PostValidate for Moody {
    fn post_validate(&self, _: &Program, cx: &mut HookContext) {
        let count = CALLS.fetch_add(1, Ordering::Relaxed);
        let place = Span::new(locus_plugin::SourceId(0), 0..0);
        cx.report(Severity::Warning, "moody", format!("call {count}"), place);
    }
}

#[test]
#[should_panic(expected = "add `stability = \"preview\"`")]
fn a_plugin_that_promises_too_much() {
    conformance::plugin();
}

#[test]
#[should_panic(expected = "the step type `panics` panics: the text is too long")]
fn a_step_that_panics() {
    conformance::step("panics");
}

#[test]
#[should_panic(expected = "does not always do the same")]
fn a_step_that_counts() {
    conformance::step("counts");
}

#[test]
#[should_panic(expected = "has no permission `network`")]
fn a_step_without_its_permission() {
    conformance::step("sneaks");
}

#[test]
#[should_panic(expected = "nothing running, no time to wait for")]
fn a_control_step_that_hangs() {
    conformance::control("hangs");
}

#[test]
#[should_panic(expected = "a stored state decides differently")]
fn a_control_step_that_forgets() {
    conformance::control("forgets");
}

#[test]
#[should_panic(expected = "plans `../outside.txt`")]
fn a_generator_that_leaves_its_folder() {
    conformance::generator("leaves", &Program::default());
}

#[test]
#[should_panic(expected = "is not in the text")]
fn a_front_end_that_points_behind_the_end() {
    conformance::front_end("a.far", "text");
}

#[test]
#[should_panic(expected = "does not always give the same")]
fn hooks_with_moods() {
    conformance::hooks("moody", &tree(json!({})));
}
