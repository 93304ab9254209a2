//! The audit trail: hooks around steps and runs.

use locus_plugin::services::LogLevel;
use locus_plugin::{
    HookContext, Hooks, PluginEvent, RunInfo, StepAttempt, StepError, StepExecute, Value, Verdict,
    WorkflowExecute,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::ledger::{Entry, change};
use crate::prices::{Audit, Micros};

/// Writes down each attempt of a step and each end of a run, with what it cost, and publishes `acme.audit.run_ended`.
///
/// With `enforce`, an attempt that would cost more than is left of the budget fails with `budget_exceeded`. What costs nothing is never refused.
#[derive(Hooks)]
#[hooks(step_execute, workflow_execute, stage = "post", on_failure = "warn")]
pub struct Trail;

/// A run has ended.
#[derive(Serialize, Deserialize)]
pub struct RunEnded {
    /// The run.
    pub run: String,
    /// Its workflow.
    pub workflow: String,
    /// `ok`, or the code of the error.
    pub outcome: String,
    /// What it cost, in millionths of the currency.
    pub cost: Micros,
    /// What prices are in.
    pub currency: String,
}

impl PluginEvent for RunEnded {
    const TOPIC: &'static str = "acme.audit.run_ended";
}

impl StepExecute for Trail {
    /// An attempt is paid for when it begins: one that is cancelled or broken off has cost as much as any other.
    fn before(&self, step: &StepAttempt, cx: &mut HookContext) -> Verdict {
        let Ok(audit) = cx.config_as::<Audit>() else { return Verdict::Keep };
        let price = audit.price(&step.step_type);
        let limit = audit.limit().filter(|_| audit.enforce && price > 0);
        let spent = change(cx, |ledger| {
            let spent = ledger.spent(&step.run);
            if limit.is_some_and(|limit| spent.saturating_add(price) > limit) {
                ledger.note(entry(step, REFUSED, 0), audit.keep);
                return Some(spent);
            }
            ledger.pay(&step.run, &step.step_type, price);
            None
        });
        let (Some(Some(spent)), Some(budget)) = (spent, limit) else { return Verdict::Keep };
        let message = format!(
            "this step costs {}, and the run has spent {} of its budget of {}",
            audit.shown(price),
            audit.shown(spent),
            audit.shown(budget)
        );
        let details = json!({ "price": price, "spent": spent, "budget": budget });
        Verdict::Fail { error: StepError::terminal(REFUSED, message).details(details) }
    }

    fn after(&self, step: &StepAttempt, _: &Value, cx: &mut HookContext) -> Verdict {
        ended(step, "ok", cx);
        Verdict::Keep
    }

    fn on_error(&self, step: &StepAttempt, error: &StepError, cx: &mut HookContext) -> Verdict {
        ended(step, &error.code, cx);
        Verdict::Keep
    }
}

/// The code of attempts that were refused.
const REFUSED: &str = "budget_exceeded";

fn ended(step: &StepAttempt, outcome: &str, cx: &HookContext) {
    let Ok(audit) = cx.config_as::<Audit>() else { return };
    let cost = audit.price(&step.step_type);
    change(cx, |ledger| ledger.note(entry(step, outcome, cost), audit.keep));
}

fn entry(step: &StepAttempt, outcome: &str, cost: Micros) -> Entry {
    Entry::Step {
        run: step.run.clone(),
        step: step.key.clone(),
        step_type: step.step_type.clone(),
        attempt: step.attempt,
        at: step.now,
        outcome: outcome.to_owned(),
        cost,
    }
}

impl WorkflowExecute for Trail {
    fn after(&self, run: &RunInfo, _: &Value, cx: &mut HookContext) -> Verdict {
        run_ended(run, "ok", cx);
        Verdict::Keep
    }

    fn on_error(&self, run: &RunInfo, error: &StepError, cx: &mut HookContext) -> Verdict {
        run_ended(run, &error.code, cx);
        Verdict::Keep
    }
}

fn run_ended(run: &RunInfo, outcome: &str, cx: &mut HookContext) {
    let Ok(audit) = cx.config_as::<Audit>() else { return };
    let cost = change(cx, |ledger| {
        let cost = ledger.open.remove(&run.id).unwrap_or_default();
        let entry = Entry::Run {
            run: run.id.clone(),
            workflow: run.workflow.clone(),
            outcome: outcome.to_owned(),
            cost,
        };
        ledger.note(entry, audit.keep);
        cost
    });
    let Some(cost) = cost else { return };
    match audit.limit().filter(|budget| cost > *budget) {
        Some(budget) => {
            let (cost, budget) = (audit.shown(cost), audit.shown(budget));
            let message =
                format!("`{}` has cost {cost}, more than the budget of {budget}", run.workflow);
            cx.log(LogLevel::Warn, &message);
        }
        None => {
            cx.log(LogLevel::Info, &format!("`{}` has cost {}", run.workflow, audit.shown(cost)));
        }
    }
    let event = RunEnded {
        run: run.id.clone(),
        workflow: run.workflow.clone(),
        outcome: outcome.to_owned(),
        cost,
        currency: audit.currency,
    };
    if let Err(error) = cx.publish(&event) {
        cx.log(LogLevel::Warn, &format!("the end of the run is not published: {error}"));
    }
}

#[cfg(test)]
mod tests {
    use locus_plugin::host::PluginHost;
    use locus_plugin::testing::{Call, HookSet, World};

    use super::*;
    use crate::ledger::Ledger;

    fn config(enforce: bool) -> Value {
        json!({ "prices": { "ask": 0.3 }, "budget": 0.5, "enforce": enforce, "keep": 3 })
    }

    fn attempt(step_type: &str, attempt: u32) -> StepAttempt {
        StepAttempt {
            run: "run-1".to_owned(),
            path: "quote/ask".to_owned(),
            key: "quote/ask".to_owned(),
            attempt,
            step_type: step_type.to_owned(),
            params: json!({ "token": "s3cret" }),
            now: 1000,
        }
    }

    fn run() -> RunInfo {
        RunInfo { id: "run-1".to_owned(), workflow: "quote".to_owned(), input: json!("s3cret") }
    }

    fn kept(world: &World) -> Ledger {
        let state = world.load_state("acme.audit").unwrap().unwrap();
        assert!(!state.value.to_string().contains("s3cret"));
        serde_json::from_value(state.value).unwrap()
    }

    #[test]
    fn what_is_done_is_written_down() {
        let world = World::new().config(config(false));
        let hooks = HookSet::in_world("trail", &world);
        let broken = StepError::retryable("timeout", "late");
        assert_eq!(
            hooks.step_execute(&attempt("ask", 1), Err(&broken)).0,
            [Verdict::Keep, Verdict::Keep]
        );
        hooks.step_execute(&attempt("ask", 2), Ok(&json!("s3cret")));
        hooks.step_execute(&attempt("log", 1), Ok(&json!(null)));
        assert_eq!(kept(&world).spent("run-1"), 600_000);
        let (_, given) = hooks.workflow_execute(&run(), Ok(&json!("s3cret")));
        let ledger = kept(&world);
        assert_eq!((ledger.open.len(), ledger.trail.len(), ledger.forgotten), (0, 3, 1));
        assert_eq!(ledger.types["ask"].attempts, 2);
        assert_eq!(
            serde_json::to_value(&ledger.trail[2]).unwrap(),
            json!({ "kind": "run", "run": "run-1", "workflow": "quote", "outcome": "ok", "cost": 600_000 })
        );
        let event: RunEnded = given.events[0].read().unwrap();
        assert_eq!((event.cost, event.currency.as_str()), (600_000, "EUR"));
        assert_eq!(
            world.logged(),
            ["Warn `quote` has cost 0.60 EUR, more than the budget of 0.50 EUR null"]
        );
    }

    #[test]
    fn an_enforced_budget_refuses_what_does_not_fit() {
        let world = World::new().config(config(true));
        let hooks = HookSet::in_world("trail", &world);
        hooks.step_execute(&attempt("ask", 1), Ok(&json!(1)));
        let (verdicts, _) = hooks.step_execute(&attempt("ask", 2), Ok(&json!(1)));
        let [Verdict::Fail { error }] = verdicts.as_slice() else { panic!("{verdicts:?}") };
        assert_eq!((error.code.as_str(), error.retryable), ("budget_exceeded", false));
        assert_eq!(error.details["spent"], 300_000);
        let refused = kept(&world).trail.pop_back().unwrap();
        let Entry::Step { outcome, cost: 0, .. } = refused else { panic!("{refused:?}") };
        assert_eq!(outcome, "budget_exceeded");
        // What costs nothing goes on, and other runs have budgets of their own.
        assert_eq!(hooks.step_execute(&attempt("log", 1), Ok(&json!(1))).0.len(), 2);
        let other = StepAttempt { run: "run-2".to_owned(), ..attempt("ask", 1) };
        assert_eq!(hooks.step_execute(&other, Ok(&json!(1))).0.len(), 2);
    }

    #[test]
    fn without_the_permission_runs_go_on() {
        let world = World::new().config(config(true)).grant(&[]);
        let hooks = HookSet::in_world("trail", &world);
        let (verdicts, _) = hooks.step_execute(&attempt("ask", 1), Ok(&json!(1)));
        assert_eq!(verdicts, [Verdict::Keep, Verdict::Keep]);
        let denied = world.calls().into_iter().filter(|call| matches!(call, Call::Audit(..)));
        assert!(denied.count() > 0);
        assert!(
            world.logged().iter().any(|line| line.contains("not written")),
            "{:?}",
            world.logged()
        );
    }
}
