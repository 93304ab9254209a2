//! Hooks around runs and steps: what they decide is the result that is recorded, in the order of an onion. And those that watch.

use std::sync::{Arc, Mutex};

use locus_plugin::hooks::{Alarm, Failure, Measurement, OnFailure};
use locus_plugin::{
    AlertHook, ErrorHook, HookContext, MetricHook, Outcome, Point, RunInfo, StepAttempt, StepError,
    StepExecute, Verdict, WorkflowExecute,
};
use serde_json::{Value, json};

use super::kit::{Made, booming, plugin, registry, runs, set};

type Notes = Arc<Mutex<Vec<String>>>;

/// Notes what it is asked, and decides as the message of the step says.
struct Shell(&'static str, Notes);

impl Shell {
    fn note(&self, what: &str, key: &str) {
        self.1.lock().unwrap().push(format!("{} {what} {key}", self.0));
    }
}

impl StepExecute for Shell {
    fn before(&self, step: &StepAttempt, _: &mut HookContext) -> Verdict {
        self.note("before", &step.key);
        match step.params["message"].as_str() {
            Some("veto") if self.0 == "b.inner" => {
                Verdict::Fail { error: StepError::terminal("vetoed", "not today") }
            }
            Some("replace") if self.0 == "b.inner" => Verdict::Replace { value: json!("replaced") },
            Some("panic") if self.0 == "b.inner" => panic!("a test wants this"),
            _ => Verdict::Keep,
        }
    }

    fn after(&self, step: &StepAttempt, result: &Value, _: &mut HookContext) -> Verdict {
        self.note(&format!("after {result}"), &step.key);
        match step.params["message"].as_str() {
            Some("shout") => {
                Verdict::Replace { value: json!(format!("{}!", result.as_str().unwrap_or(""))) }
            }
            _ => Verdict::Keep,
        }
    }

    fn on_error(&self, step: &StepAttempt, error: &StepError, _: &mut HookContext) -> Verdict {
        self.note(&format!("on_error {}", error.code), &step.key);
        match (self.0, step.params["message"].as_str()) {
            ("a.outer", Some("mend")) => Verdict::Replace { value: json!("mended") },
            _ => Verdict::Keep,
        }
    }
}

impl WorkflowExecute for Shell {
    fn before(&self, run: &RunInfo, _: &mut HookContext) -> Verdict {
        self.note("before", &run.workflow);
        match run.input["message"].as_str() {
            Some("veto") => Verdict::Fail { error: StepError::terminal("closed", "come back") },
            Some("replace") => Verdict::Replace { value: json!("from the cache") },
            _ => Verdict::Keep,
        }
    }

    fn after(&self, run: &RunInfo, output: &Value, _: &mut HookContext) -> Verdict {
        self.note(&format!("after {output}"), &run.workflow);
        match run.input["message"].as_str() {
            Some("shout") => Verdict::Replace { value: json!({ "output": output }) },
            Some("late") => Verdict::Fail { error: StepError::terminal("too_much", "no") },
            _ => Verdict::Keep,
        }
    }

    fn on_error(&self, run: &RunInfo, error: &StepError, _: &mut HookContext) -> Verdict {
        self.note(&format!("on_error {}", error.code), &run.workflow);
        match run.input["message"].as_str() {
            Some("mend") => Verdict::Replace { value: json!("mended") },
            _ => Verdict::Keep,
        }
    }
}

fn around_steps(id: &'static str, notes: &Notes) -> Made {
    let shell = Shell(id, Arc::clone(notes));
    let mut entry = set("shell", Point::StepExecute, |entry| {
        entry.step_execute = Some(Arc::new(shell));
    });
    entry.meta.filter.steps = vec!["log".to_owned(), "boom".to_owned()];
    plugin(id).hooks(entry)
}

fn around_runs(id: &'static str, notes: &Notes) -> Made {
    let shell = Shell(id, Arc::clone(notes));
    plugin(id).hooks(set("shell", Point::WorkflowExecute, |entry| {
        entry.workflow_execute = Some(Arc::new(shell));
    }))
}

const STEP: &str = "\
workflows:
  say:
    input: { message: string }
    steps:
      - set: { quiet: true }
        x-allow: [unused-result]
      - id: line
        log: { message: \"${ .input.message }\" }
    output: \"${ .steps.line }\"
";

const FAILING: &str = "\
workflows:
  say:
    input: { message: string }
    steps:
      - id: line
        log: { message: \"${ .input.message }\" }
      - id: boom
        boom: { message: \"${ .input.message }\" }
    output: \"${ .steps.line }\"
";

fn say(registry: &locus_plugin::Registry, message: &str) -> Outcome {
    let ended = runs(registry, STEP, "say", &[json!({ "message": message })]);
    ended.into_iter().next().unwrap().unwrap()
}

#[test]
fn hooks_around_a_step_are_an_onion() {
    let notes = Notes::default();
    let registry = registry([around_steps("b.inner", &notes), around_steps("a.outer", &notes)]);
    let told = |message: &str| {
        notes.lock().unwrap().clear();
        let outcome = say(&registry, message);
        let notes = notes.lock().unwrap().join(", ");
        (outcome, notes.replace(" say/line", ""))
    };
    let (outcome, order) = told("shout");
    assert_eq!(outcome, Outcome::Done(json!("!!")));
    assert_eq!(order, "a.outer before, b.inner before, b.inner after null, a.outer after \"!\"");
    let (outcome, order) = told("replace");
    assert_eq!(outcome, Outcome::Done(json!("replaced")));
    assert_eq!(order, "a.outer before, b.inner before, a.outer after \"replaced\"");
    let (outcome, order) = told("veto");
    let Outcome::Failed(error) = outcome else { panic!("{outcome:?}") };
    assert_eq!((error.code.as_str(), error.step.as_deref()), ("vetoed", Some("say/line")));
    assert_eq!(order, "a.outer before, b.inner before, a.outer on_error vetoed");
    let (outcome, order) = told("panic");
    let Outcome::Failed(error) = outcome else { panic!("{outcome:?}") };
    assert_eq!(error.code, "plugin_panicked");
    assert_eq!(error.message, "the plugin `b.inner` panicked in `step_execute`: a test wants this");
    assert_eq!(order, "a.outer before, b.inner before, a.outer on_error plugin_panicked");
}

#[test]
fn a_failure_can_be_mended_before_it_is_recorded() {
    let notes = Notes::default();
    let registry = registry([around_steps("a.outer", &notes), booming()]);
    let mut ended = runs(&registry, FAILING, "say", &[json!({ "message": "mend" })]);
    assert_eq!(ended.remove(0).unwrap(), Outcome::Done(Value::Null));
    assert!(notes.lock().unwrap().contains(&"a.outer on_error boom say/boom".to_owned()));
}

#[test]
fn a_hook_that_may_fail_lets_the_step_go_on() {
    struct Fragile;
    impl StepExecute for Fragile {
        fn before(&self, _: &StepAttempt, _: &mut HookContext) -> Verdict {
            panic!("a test wants this")
        }
    }
    let mut entry = set("fragile", Point::StepExecute, |entry| {
        entry.step_execute = Some(Arc::new(Fragile));
    });
    entry.meta.on_failure = OnFailure::Warn;
    let registry = registry([plugin("acme.fragile").hooks(entry)]);
    assert_eq!(say(&registry, "hi"), Outcome::Done(Value::Null));
}

#[test]
fn runs_are_refused_replaced_and_reshaped() {
    let notes = Notes::default();
    let registry = registry([around_runs("a.runs", &notes)]);
    let message = |text: &str| json!({ "message": text });
    let inputs = ["veto", "replace", "shout", "late", "plain"].map(message);
    let ended = runs(&registry, STEP, "say", &inputs);
    let refused = ended[0].as_ref().unwrap_err();
    assert_eq!(refused.code, "run_refused");
    assert!(refused.message.contains("closed: come back"), "{}", refused.message);
    assert_eq!(ended[1].as_ref().unwrap(), &Outcome::Done(json!("from the cache")));
    assert_eq!(ended[2].as_ref().unwrap(), &Outcome::Done(json!({ "output": null })));
    let Outcome::Failed(error) = ended[3].as_ref().unwrap() else { panic!("{:?}", ended[3]) };
    assert_eq!(error.code, "too_much");
    assert_eq!(ended[4].as_ref().unwrap(), &Outcome::Done(Value::Null));
    let registry = super::kit::registry([around_runs("a.runs", &notes), booming()]);
    let mut mended = runs(&registry, FAILING, "say", &[message("mend")]);
    assert_eq!(mended.remove(0).unwrap(), Outcome::Done(json!("mended")));
}

/// Notes all it hears.
struct Watch(Notes);

impl ErrorHook for Watch {
    fn error(&self, failure: &Failure, _: &mut HookContext) {
        let Failure { step, attempt, error, .. } = failure;
        self.0.lock().unwrap().push(format!("error {step} {attempt} {}", error.code));
    }
}

impl MetricHook for Watch {
    fn metric(&self, measurement: &Measurement, _: &mut HookContext) {
        let label = |name: &str| {
            let found = measurement.labels.iter().find(|(label, _)| label == name);
            found.map_or("", |(_, text)| text.as_str())
        };
        let (what, step) = (label("outcome"), label("step"));
        self.0.lock().unwrap().push(format!("metric {} {step} {what}", measurement.name));
        assert!(measurement.value >= 0.0);
    }
}

impl AlertHook for Watch {
    fn alert(&self, alarm: &Alarm, _: &mut HookContext) {
        self.0.lock().unwrap().push(format!("alert {}", alarm.kind));
        panic!("a test wants this: nobody is to notice");
    }
}

#[test]
fn those_that_watch_hear_of_everything_and_hold_nothing_up() {
    let notes = Notes::default();
    let watch = || Arc::new(Watch(Arc::clone(&notes)));
    let watching = plugin("acme.watch")
        .hooks(set("errors", Point::Error, |entry| entry.error = Some(watch())))
        .hooks(set("metrics", Point::Metric, |entry| entry.metric = Some(watch())))
        .hooks(set("alerts", Point::Alert, |entry| entry.alert = Some(watch())));
    let ended =
        runs(&registry([watching, booming()]), FAILING, "say", &[json!({ "message": "hi" })]);
    assert!(matches!(ended[0], Ok(Outcome::Failed(_))));
    assert_eq!(
        notes.lock().unwrap().as_slice(),
        [
            "metric step_seconds say/line done",
            "metric step_seconds say/boom boom",
            "error say/boom 1 boom",
            "metric run_seconds  failed",
            "error  0 boom",
            "alert run_failed",
        ]
    );
}
