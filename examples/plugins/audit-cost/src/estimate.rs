//! What a workflow will cost, as far as its text says.

use locus_plugin::model::{Block, Program, Step, Workflow};
use locus_plugin::{Diagnostic, HookContext, Hooks, PostValidate, Severity};

use crate::prices::{Audit, Micros};

/// Reports workflows that cost more than the budget of a run.
///
/// - `acme.audit/over-budget`: the steps that every run to the end performs cost more;
/// - `acme.audit/may-exceed-budget`, as advice: all steps together cost more, with those under conditions, in branches and in loops counted once.
///
/// Steps that undo others are not counted, and neither are retries.
#[derive(Hooks)]
#[hooks(post_validate, on_failure = "warn")]
pub struct Estimate;

impl PostValidate for Estimate {
    fn post_validate(&self, program: &Program, cx: &mut HookContext) {
        // A config that does not fit is the host's to report.
        let Ok(audit) = cx.config_as::<Audit>() else { return };
        let Some(budget) = audit.limit() else { return };
        for workflow in program.workflows.values() {
            let (sure, possible) = costs(&audit, workflow);
            let name = &workflow.name.value;
            let limit = audit.shown(budget);
            let problem = if sure > budget {
                let message = format!(
                    "`{name}` costs at least {}, more than the budget of {limit}",
                    audit.shown(sure)
                );
                Diagnostic::custom("over-budget", audit.over_budget.severity(), message)
            } else if possible > budget {
                let message = format!(
                    "`{name}` costs {} when each of its steps runs once, more than the budget of {limit}",
                    audit.shown(possible)
                );
                Diagnostic::custom("may-exceed-budget", Severity::Advice, message)
            } else {
                continue;
            };
            let mut problem = problem.at(workflow.name.span, "");
            if let Some(dearest) = dearest(&audit, workflow) {
                let price = audit.shown(audit.price(&dearest.step_type.value));
                problem = problem.at(dearest.step_type.span, format!("costs most: {price}"));
            }
            cx.push(
                problem.help("do without a step, or raise `budget` in the config of `acme.audit`"),
            );
        }
    }
}

/// What every run to the end costs, and what a run costs in which each step runs once.
fn costs(audit: &Audit, workflow: &Workflow) -> (Micros, Micros) {
    let price = |step: &&Step| audit.price(&step.step_type.value);
    let sure = workflow.steps.steps.iter().filter(|step| step.when.is_none());
    let sum = |prices: &mut dyn Iterator<Item = Micros>| prices.fold(0, Micros::saturating_add);
    (sum(&mut sure.map(|step| price(&step))), sum(&mut forward(&workflow.steps).iter().map(price)))
}

/// The step with the highest price, the first of several.
fn dearest<'w>(audit: &Audit, workflow: &'w Workflow) -> Option<&'w Step> {
    let steps = forward(&workflow.steps);
    let price = |step: &&Step| audit.price(&step.step_type.value);
    let highest = steps.iter().map(price).max()?;
    steps.into_iter().find(|step| price(step) == highest)
}

/// Every step of a block and of the blocks inside, but those that undo others.
fn forward(block: &Block) -> Vec<&Step> {
    let mut steps = Vec::new();
    for step in &block.steps {
        steps.push(step);
        steps.extend(step.slots.iter().flat_map(|slot| forward(&slot.block)));
    }
    steps
}

#[cfg(test)]
mod tests {
    use locus_plugin::testing::{HookSet, World, tree};
    use serde_json::{Value, json};

    fn told(config: Value, steps: Value) -> Vec<String> {
        let tree = tree(json!({ "workflows": { "quote": { "steps": steps } } }));
        let hooks = HookSet::in_world("estimate", &World::new().config(config));
        let found = hooks.post_validate(&tree.program).diagnostics;
        tree.told(&found)
    }

    fn config(budget: f64) -> Value {
        json!({ "prices": { "ask": 0.3, "tell": 0.1 }, "budget": budget })
    }

    #[test]
    fn what_is_sure_to_cost_too_much_is_told_at_the_workflow() {
        let steps = json!([{ "ask": {} }, { "tell": {} }, { "free": {} }]);
        assert_eq!(
            told(config(0.35), steps.clone()),
            [
                "acme.audit/over-budget: `quote` costs at least 0.40 EUR, more than the budget of 0.35 EUR, at \"quote\""
            ]
        );
        // Sums are exact: the budget itself may be spent.
        assert_eq!(told(config(0.4), steps), Vec::<String>::new());
    }

    #[test]
    fn what_may_cost_too_much_is_advice() {
        let steps = json!([{ "ask": {}, "when": "${ .input.ask }" }, { "tell": {} }]);
        assert_eq!(
            told(config(0.2), steps),
            [
                "acme.audit/may-exceed-budget: `quote` costs 0.40 EUR when each of its steps runs once, more than the budget of 0.20 EUR, at \"quote\""
            ]
        );
        let undone = json!([{ "tell": {}, "compensate": [{ "ask": {} }] }]);
        assert_eq!(told(config(0.2), undone), Vec::<String>::new());
    }

    #[test]
    fn without_a_budget_nothing_is_told() {
        assert_eq!(
            told(json!({ "prices": { "*": 9 } }), json!([{ "ask": {} }])),
            Vec::<String>::new()
        );
    }
}
