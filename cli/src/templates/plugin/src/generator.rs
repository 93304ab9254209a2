//! `@name@_inventory`: a list of all workflows and steps.

use locus_plugin::model::Program;
use locus_plugin::{Doc, GenerateError, Generator, Plan, RenderContext, Unit};
use serde_json::json;

/// Lists all workflows with their steps in one Markdown file.
#[derive(Generator)]
#[generator(name = "@name@_inventory")]
pub struct Inventory {
    /// The heading of the file.
    #[param(default = "Workflows")]
    title: String,
}

impl Generator for Inventory {
    fn plan(&self, _: &Program) -> Result<Plan, GenerateError> {
        let mut plan = Plan::default();
        plan.owned("inventory.md", json!(null), None);
        Ok(plan)
    }

    fn render(&self, _: &Unit, program: &Program, _: &RenderContext<'_>) -> Result<Doc, GenerateError> {
        let mut text = format!("# {}\n", self.title);
        for (name, workflow) in &program.workflows {
            text += &format!("\n## {name}\n\n");
            for step in workflow.steps.walk() {
                text += &format!("- `{}`: {}\n", step.path, step.step_type.value);
            }
        }
        Ok(Doc { text })
    }
}

#[cfg(test)]
mod tests {
    use locus_plugin::testing::{conformance, generate, tree};
    use serde_json::json;

    #[test]
    fn all_steps_are_listed() {
        let steps = json!([{ "id": "hello", "log": {} }, { "wait": {} }]);
        let tree = tree(json!({ "workflows": { "welcome": { "steps": steps } } }));
        let files = generate("@name@_inventory", json!({ "title": "All" }), &tree.program).unwrap();
        assert_eq!(
            files.to_string(),
            "--- inventory.md (file, owned)\n\
             # All\n\n## welcome\n\n- `welcome/hello`: log\n- `welcome/wait`: wait\n"
        );
        conformance::generator("@name@_inventory", &tree.program);
    }
}
