//! A plugin with a team's rules for names.
//!
//! - [`conventions`]: the config, rules for each kind of name;
//! - [`words`]: names as words, and cases;
//! - [`naming`]: the hooks that hold programs against the rules.

#![warn(clippy::disallowed_methods)]

pub mod conventions;
pub mod naming;
pub mod words;

pub use conventions::Naming;

#[cfg(test)]
mod tests {
    use locus_plugin::testing::conformance;
    use locus_plugin::testing::tree;
    use serde_json::json;

    #[test]
    fn the_plugin_keeps_the_contract() {
        conformance::plugin();
        let steps = json!([{ "id": "step1", "log": { "message": "a" } }]);
        let program = tree(json!({ "workflows": { "aB": { "steps": steps } } }));
        conformance::hooks("naming", &program);
    }
}
