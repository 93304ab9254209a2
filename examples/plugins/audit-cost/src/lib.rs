//! A plugin that writes down what runs do and what they cost, and holds both against a budget.
//!
//! - [`prices`]: the config: prices by step type, a budget; money as whole numbers;
//! - [`estimate`]: hooks at compile time: what a workflow will cost;
//! - [`ledger`]: what is kept: costs by run and type, and the trail;
//! - [`trail`]: hooks around steps and runs: they write the ledger, and stop a run that costs too much;
//! - [`report`]: the command that shows the ledger.

#![warn(clippy::disallowed_methods)]

pub mod estimate;
pub mod ledger;
pub mod prices;
pub mod report;
pub mod trail;

pub use prices::Audit;

#[cfg(test)]
mod tests {
    use locus_plugin::testing::conformance;
    use locus_plugin::testing::tree;
    use serde_json::json;

    #[test]
    fn the_plugin_keeps_the_contract() {
        conformance::plugin();
        let program =
            tree(json!({ "workflows": { "a": { "steps": [{ "log": { "message": "a" } }] } } }));
        conformance::hooks("estimate", &program);
        conformance::hooks("trail", &program);
    }
}
