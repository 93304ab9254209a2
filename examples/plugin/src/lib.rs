//! A plugin of a third party: one of everything a plugin can add, each in a file of its own, against the contract alone.
//!
//! - [`chat_notify`]: a step type that does something;
//! - [`race_until`]: a step type that decides what runs next;
//! - [`graphviz`]: a generator;
//! - [`steps_csv`]: a parser hook;
//! - [`naming`]: a hook between the phases.
//!
//! A host links it by naming it once, `use acme_shop_plugin as _;`, as the one in `../host` does.

#![warn(clippy::disallowed_methods)]

pub mod chat_notify;
pub mod graphviz;
pub mod naming;
pub mod race_until;
pub mod steps_csv;

use locus_plugin::Plugin;

/// What Acme's shop adds: chat messages, races against a deadline, Graphviz diagrams, steps in spreadsheets, and its rule for names.
#[derive(Plugin)]
#[plugin(id = "acme.shop", permissions("network"), stability = "preview")]
pub struct AcmeShop;

#[cfg(test)]
mod tests {
    use locus_plugin::Registry;
    use locus_plugin::testing::{conformance, tree};
    use serde_json::json;

    #[test]
    fn every_part_conforms() {
        conformance::plugin();
        let program = tree(json!({ "workflows": { "task_7": { "steps": [
            { "id": "x", "race_until": { "deadline": "2s", "branches": {
                "north": [{ "id": "ask", "log": { "message": "north" } }],
                "south": [{ "id": "step2", "log": { "message": "south" } }],
            } } },
            { "id": "tell", "chat_notify": { "text": "done" }, "needs": ["x"] },
        ] } } }));
        conformance::generator("graphviz", &program.program);
        conformance::hooks("naming", &program);
        conformance::front_end(
            "restock.steps.csv",
            "workflow,id,type,message,for,count,when\n\
             restock,tell,log,\"Größe \"\"XL\"\", bitte\",,3,\n\
             restock,,wait,,5m,,${ .vars.late }\n\
             close_up,,stop,,,\"4\",true\n",
        );
    }

    #[test]
    fn every_part_is_registered() {
        let registry = Registry::linked().unwrap();
        let plugins: Vec<&str> = registry.plugins().map(|plugin| plugin.id.as_str()).collect();
        assert_eq!(plugins, ["acme.shop"]);
        let steps: Vec<&str> = registry.steps().map(|step| step.ty.name.as_str()).collect();
        assert_eq!(steps, ["chat_notify", "race_until"]);
        assert!(registry.generator("graphviz").is_some());
        assert!(registry.parser_hook_for("specs/restock.steps.csv").is_some());
        assert!(registry.hooks().any(|hooks| hooks.meta.name == "naming"));
    }
}
