//! Every message has somewhere to go.

use locus_plugin::model::Program;
use locus_plugin::{Diagnostic, HookContext, Hooks, PostValidate, Severity};

use crate::Chat;

/// Refuses `chat_notify` steps without a webhook where the project's config has none either.
#[derive(Hooks)]
#[hooks(post_validate, steps("chat_notify"))]
pub struct WebhookGiven;

impl PostValidate for WebhookGiven {
    fn post_validate(&self, program: &Program, cx: &mut HookContext) {
        // A config that does not fit is the host's to report.
        let Ok(Chat { webhook: None, .. }) = cx.config_as::<Chat>() else { return };
        for step in program.workflows.values().flat_map(|workflow| workflow.steps.walk()) {
            if step.step_type.value == "chat_notify" && step.params.get("webhook").is_none() {
                cx.push(
                    Diagnostic::custom(
                        "no-webhook",
                        Severity::Error,
                        "this message has nowhere to go",
                    )
                    .at(step.step_type.span, "has no `webhook`")
                    .help(
                        "give the step `webhook: ${ $secrets.NAME }`, or set `webhook` in the config of `acme.chat`",
                    ),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use locus_plugin::testing::{HookSet, World, tree};
    use serde_json::json;

    #[test]
    fn a_step_without_a_webhook_is_pointed_at() {
        let tree = tree(json!({ "workflows": { "announce": { "steps": [
            { "id": "with", "chat_notify": { "webhook": "${ $secrets.HOOK }", "text": "a" } },
            { "id": "without", "chat_notify": { "text": "b" } },
        ] } } }));
        let found = HookSet::new("webhook_given").post_validate(&tree.program).diagnostics;
        assert_eq!(
            tree.told(&found),
            ["acme.chat/no-webhook: this message has nowhere to go, at \"chat_notify\""]
        );
        let without = tree.program.step("announce/without").unwrap();
        assert_eq!(found[0].primary(), Some(without.step_type.span));
        let world = World::new().config(json!({ "webhook": "http://chat.internal/hook" }));
        let hooks = HookSet::in_world("webhook_given", &world);
        assert!(hooks.post_validate(&tree.program).diagnostics.is_empty());
    }
}
