//! A plugin with one control step: branches race against each other, against a condition and against the clock.
//!
//! - [`race_until`]: the step type;
//! - [`condition`]: a parameter that the step evaluates itself, with variables of its own.

#![warn(clippy::disallowed_methods)]

pub mod condition;
pub mod race_until;

use locus_plugin::Plugin;

/// Races: branches side by side, of which the first wins that gives what is wanted.
#[derive(Plugin)]
#[plugin(id = "acme.race", stability = "preview")]
pub struct Race;

#[cfg(test)]
mod tests {
    use locus_plugin::testing::conformance;

    #[test]
    fn the_plugin_keeps_the_contract() {
        conformance::plugin();
    }
}
