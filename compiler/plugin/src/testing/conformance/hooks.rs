//! Sets of hooks.

use std::fmt::Debug;

use locus_diag::{SourceId, Span};
use serde_json::{Value, json};

use super::{inside, quiet};
use crate::error::StepError;
use crate::generator::{Doc, Ownership, Plan, Role, Unit};
use crate::hooks::context::Given;
use crate::hooks::{Alarm, Failure, Measurement, Point, RunInfo, StepAttempt, Verdict};
use crate::patch::Patch;
use crate::plugin_event::EventMessage;
use crate::testing::draw::Draw;
use crate::testing::{HookSet, Tree, tree};

/// How many odd runs and events are drawn.
const ROUNDS: u64 = 50;

/// A set of hooks on a program, at each of its points: it does not panic, on an empty program and on odd values either; it does the same each time it is
/// called afresh; what it reports lies in the program's text, and its patches and events survive being stored.
#[track_caller]
pub fn hooks(name: &str, program: &Tree) {
    let what = format!("the set of hooks `{name}`");
    let points = HookSet::new(name).points().to_vec();
    for point in points {
        for program in [program, &tree(Value::Null)] {
            for seed in 0..ROUNDS {
                let once = || {
                    let set = HookSet::new(name);
                    quiet(&what, &(point, seed), || call(&set, point, program, seed))
                };
                let (said, given) = once();
                let again = once();
                assert_eq!(said, again.0, "{what} does not always decide the same at {point}");
                assert_eq!(
                    (&given.diagnostics, &given.patches, &given.events),
                    (&again.1.diagnostics, &again.1.patches, &again.1.events),
                    "{what} does not always give the same at {point}"
                );
                check(&what, point, &given, program);
                if point <= Point::PostGenerate {
                    break;
                }
            }
        }
    }
}

fn check(what: &str, point: Point, given: &Given, program: &Tree) {
    for problem in &given.diagnostics {
        assert!(!problem.message.is_empty(), "{what} reports a problem and does not say which");
        if let Some(span) = problem.primary().filter(|_| point < Point::SchemaGenerate) {
            inside(what, span, &program.source.text);
        }
    }
    assert!(
        given.patches.is_empty() || point.takes_patches(),
        "{what} gives patches at {point}, where none are taken"
    );
    for patch in &given.patches {
        let stored = serde_json::to_value(patch).and_then(serde_json::from_value);
        let stored: Patch =
            stored.unwrap_or_else(|error| panic!("{what}: a patch cannot be stored: {error}"));
        assert_eq!(stored, *patch, "{what}: a patch changes when it is stored");
    }
}

/// Calls the hook of a point; what it returned, as text.
fn call(set: &HookSet, point: Point, program: &Tree, seed: u64) -> (String, Given) {
    let mut draw = Draw::new(seed);
    let unit = Unit {
        path: "pages/a.html".to_owned(),
        role: Role::Page,
        ownership: Ownership::Owned,
        subject: json!("a"),
        origin: None,
    };
    let doc = Doc { text: draw.odd().to_string() };
    let error = StepError::terminal("broken", "it broke").details(draw.odd());
    let output = draw.odd();
    let ends = if draw.below(2) == 0 { Ok(&output) } else { Err(&error) };
    let nothing = |given| (String::new(), given);
    match point {
        Point::PreParse => nothing(set.pre_parse(&program.source)),
        Point::PostParse => nothing(set.post_parse(&program.file())),
        Point::PreValidate => nothing(set.pre_validate(&program.spec)),
        Point::PostValidate => nothing(set.post_validate(&program.program)),
        Point::SchemaGenerate => nothing(set.schema_generate(&program.program)),
        Point::PreGenerate => {
            let mut plan = Plan::default();
            plan.owned("a.txt", json!("a"), Some(Span::new(SourceId(0), 0..0)));
            nothing(set.pre_generate(&program.program, "api", &plan))
        }
        Point::ComponentRender => shown(set.component_render(&unit, &doc)),
        Point::PageGenerate => shown(set.page_generate(&unit, &doc)),
        Point::PostGenerate => nothing(set.post_generate("api", &[("a.txt".to_owned(), doc.text)])),
        Point::WorkflowExecute => {
            let run =
                RunInfo { id: "run-1".to_owned(), workflow: "shop".to_owned(), input: draw.odd() };
            verdicts(set.workflow_execute(&run, ends))
        }
        Point::StepExecute => {
            let step = StepAttempt {
                run: "run-1".to_owned(),
                path: "shop/pay".to_owned(),
                key: "shop/pay".to_owned(),
                attempt: 1,
                step_type: "log".to_owned(),
                params: draw.odd(),
                now: 60_000,
            };
            verdicts(set.step_execute(&step, ends))
        }
        Point::Error => nothing(set.error(&Failure {
            run: "run-1".to_owned(),
            step: "shop/pay".to_owned(),
            attempt: 1,
            error,
        })),
        Point::Metric => nothing(set.metric(&Measurement {
            name: "step_seconds".to_owned(),
            value: [0.0, -1.0, f64::MAX, 0.001][draw.below(4) as usize],
            labels: vec![("step_type".to_owned(), "log".to_owned())],
        })),
        Point::Alert => nothing(set.alert(&Alarm {
            kind: "run_failed".to_owned(),
            message: "the run has failed".to_owned(),
            run: "run-1".to_owned(),
        })),
        Point::Event => nothing(set.event(&EventMessage {
            topic: "acme.shop.order_paid".to_owned(),
            plugin: "acme.shop".to_owned(),
            payload: draw.odd(),
        })),
    }
}

fn shown((value, given): (impl Debug, Given)) -> (String, Given) {
    (format!("{value:?}"), given)
}

/// What was decided; each verdict can be stored, as hosts do.
fn verdicts((verdicts, given): (Vec<Verdict>, Given)) -> (String, Given) {
    for verdict in &verdicts {
        let stored = serde_json::to_value(verdict).and_then(serde_json::from_value);
        assert_eq!(stored.ok().as_ref(), Some(verdict), "the verdict changes when it is stored");
    }
    (format!("{verdicts:?}"), given)
}
