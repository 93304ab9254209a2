//! A rule of a team: every workflow says what it is for.

use locus_plugin::model::Program;
use locus_plugin::{HookContext, Hooks, PostValidate, Severity};

/// Warns about workflows without a description.
#[derive(Hooks)]
#[hooks(post_validate, on_failure = "warn")]
pub struct Described;

impl PostValidate for Described {
    fn post_validate(&self, program: &Program, cx: &mut HookContext) {
        for workflow in program.workflows.values().filter(|workflow| workflow.description.is_none()) {
            let message = format!("the workflow `{}` does not say what it is for", workflow.name.value);
            cx.report(Severity::Warning, "undescribed", message, workflow.name.span);
        }
    }
}

#[cfg(test)]
mod tests {
    use locus_plugin::testing::{HookSet, conformance, tree};
    use serde_json::json;

    #[test]
    fn workflows_without_a_description_are_pointed_at() {
        let program = tree(json!({ "workflows": {
            "welcome": { "description": "Says hello.", "steps": [{ "log": {} }] },
            "other": { "steps": [{ "log": {} }] },
        } }));
        let given = HookSet::new("described").post_validate(&program.program);
        assert_eq!(
            program.told(&given.diagnostics),
            ["@id@/undescribed: the workflow `other` does not say what it is for, at \"other\""]
        );
        conformance::hooks("described", &program);
    }
}
