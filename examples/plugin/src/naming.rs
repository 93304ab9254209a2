//! Acme's rule for names: a name says what is done.

use locus_plugin::model::Program;
use locus_plugin::{Diagnostic, HookContext, Hooks, PostValidate, Severity, Spanned};

/// Warns about names of workflows and steps that say nothing: `step2`, `tmp`, `do_it`, single letters.
#[derive(Hooks)]
#[hooks(post_validate, on_failure = "warn")]
pub struct Naming;

/// Words that are true of everything.
const EMPTY: [&str; 14] = [
    "action", "activity", "do", "do_it", "foo", "job", "my", "new", "process", "step", "task",
    "thing", "tmp", "workflow",
];

impl PostValidate for Naming {
    fn post_validate(&self, program: &Program, cx: &mut HookContext) {
        for workflow in program.workflows.values() {
            check("workflow", &workflow.name, "fulfil_order", cx);
            for step in workflow.steps.walk() {
                if let Some(id) = &step.id {
                    check("step", id, "reserve_stock", cx);
                }
            }
        }
    }
}

fn check(what: &str, name: &Spanned<String>, example: &str, cx: &mut HookContext) {
    if says_nothing(&name.value) {
        let message = format!("`{}` does not say what the {what} does", name.value);
        cx.push(
            Diagnostic::custom("naming", Severity::Warning, message)
                .at(name.span, "")
                .help(format!("name it after what is done, as in `{example}`")),
        );
    }
}

fn says_nothing(name: &str) -> bool {
    let word = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    word.chars().count() < 2 || EMPTY.contains(&word)
}

#[cfg(test)]
mod tests {
    use locus_plugin::testing::{HookSet, tree};
    use serde_json::json;

    use super::*;

    #[test]
    fn empty_names_are_pointed_at() {
        let steps = json!([{ "id": "reserve", "log": {} }, { "id": "step2", "log": {} }]);
        let program = tree(json!({ "workflows": { "task_7": { "steps": steps } } }));
        let given = HookSet::new("naming").post_validate(&program.program);
        assert_eq!(
            program.told(&given.diagnostics),
            [
                "acme.shop/naming: `task_7` does not say what the workflow does, at \"task_7\"",
                "acme.shop/naming: `step2` does not say what the step does, at \"step2\"",
            ]
        );
    }

    #[test]
    fn names_with_a_meaning_are_left_alone() {
        for name in ["reserve_stock", "process_refund", "task_list", "step_up", "q1_report"] {
            assert!(!says_nothing(name), "{name}");
        }
        for name in ["step", "step_2", "x", "tmp1", "do_it", "_"] {
            assert!(says_nothing(name), "{name}");
        }
    }
}
