//! A plugin that turns cron triggers into Kubernetes manifests.
//!
//! - [`cronjob`]: the generator;
//! - [`names`]: names that Kubernetes takes; [`schedule`]: cron expressions as Kubernetes reads them.

#![warn(clippy::disallowed_methods)]

pub mod cronjob;
pub mod names;
pub mod schedule;

use locus_plugin::Plugin;

/// Kubernetes CronJobs for workflows with a cron trigger.
#[derive(Plugin)]
#[plugin(id = "acme.kubernetes", stability = "preview")]
pub struct Kubernetes;

#[cfg(test)]
mod tests {
    use locus_plugin::testing::conformance;

    #[test]
    fn the_plugin_keeps_the_contract() {
        conformance::plugin();
    }
}
