//! A plugin that posts messages to chat channels, as Slack, Mattermost and others take them through incoming webhooks.
//!
//! - [`chat_notify`]: the step type;
//! - [`webhook_given`]: the rule that every message has somewhere to go.

#![warn(clippy::disallowed_methods)]

pub mod chat_notify;
pub mod webhook_given;

use locus_plugin::Plugin;

/// Messages to chat channels, through incoming webhooks.
#[derive(Plugin)]
#[plugin(id = "acme.chat", permissions("network"), stability = "preview")]
pub struct Chat {
    /// The webhook of steps that name none. Whoever reads the project can read it: where the address itself is the secret, as at Slack, leave it out and
    /// give each step `webhook: ${ $secrets.… }`.
    #[param(example = "http://chat.internal/hooks/builds")]
    pub webhook: Option<String>,
    /// The channel of steps that name none; otherwise that of the webhook.
    #[param(example = "#orders")]
    pub channel: Option<String>,
    /// The name that messages are shown under.
    pub username: Option<String>,
}

#[cfg(test)]
mod tests {
    use locus_plugin::testing::conformance;
    use locus_plugin::testing::tree;
    use serde_json::json;

    #[test]
    fn the_plugin_keeps_the_contract() {
        conformance::plugin();
        let steps = json!([{ "chat_notify": { "text": "a" } }]);
        let program = tree(json!({ "workflows": { "announce": { "steps": steps } } }));
        conformance::hooks("webhook_given", &program);
    }
}
