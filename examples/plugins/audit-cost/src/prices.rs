//! What steps cost: the plugin's config.

use locus_plugin::hooks::Filter;
use locus_plugin::{IndexMap, Param, Plugin, Severity};

/// An audit trail of runs, what they cost, and a budget for each.
#[derive(Plugin)]
#[plugin(id = "acme.audit", permissions("state", "events"), stability = "preview")]
pub struct Audit {
    /// What prices are in; shown, and nothing else.
    #[param(default = "EUR")]
    pub currency: String,
    /// The price of one attempt, by step type; `*` in a name stands for anything. The first that fits counts, and what fits none is free.
    #[param(default)]
    pub prices: IndexMap<String, f64>,
    /// What one run may cost. No limit when left out.
    #[param(min = 0)]
    pub budget: Option<f64>,
    /// How a workflow is reported that is sure to cost more.
    #[param(default = "warning")]
    pub over_budget: Level,
    /// Whether an attempt that would cost more than is left of the budget is refused.
    #[param(default = false)]
    pub enforce: bool,
    /// How many entries of the trail are kept.
    #[param(default = 500, max = 100000)]
    pub keep: u32,
}

/// How a workflow is reported that is sure to cost more than its budget.
#[derive(Param, Clone, Copy)]
pub enum Level {
    /// The command fails.
    Error,
    /// It is shown, and nothing else.
    Warning,
}

impl Level {
    /// The same for a diagnostic.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
        }
    }
}

/// Money in millionths: sums are exact, in any order.
pub type Micros = u64;

/// An amount as it is written in a config.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast stops at the ends of the range"
)]
pub fn micros(amount: f64) -> Micros {
    (amount * 1e6).round() as Micros
}

impl Audit {
    /// What an attempt of a step of this type costs.
    #[must_use]
    pub fn price(&self, step_type: &str) -> Micros {
        let exact = self.prices.get(step_type);
        let fitting = || {
            let mut all = self.prices.iter();
            let takes = |pattern: &str| Filter::takes(&[pattern.to_owned()], step_type);
            all.find(|(pattern, _)| takes(pattern)).map(|(_, price)| price)
        };
        exact.or_else(fitting).copied().map_or(0, micros)
    }

    /// The budget of a run.
    #[must_use]
    pub fn limit(&self) -> Option<Micros> {
        self.budget.map(micros)
    }

    /// An amount as people read it: `0.25 EUR`.
    #[must_use]
    pub fn shown(&self, amount: Micros) -> String {
        let (whole, part) = (amount / 1_000_000, amount % 1_000_000);
        let part = format!("{part:06}");
        let part = part.trim_end_matches('0');
        format!("{whole}.{part:0<2} {}", self.currency)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn prices_are_found_by_name_and_pattern() {
        let config = json!({ "prices": { "http*": 0.1, "http_slow": 2.5, "*": 0.000_001 } });
        let audit = Audit::from_value(config).unwrap();
        let prices = ["http_slow", "http", "log"].map(|step_type| audit.price(step_type));
        assert_eq!(prices, [2_500_000, 100_000, 1]);
        assert_eq!(
            prices.map(|price| audit.shown(price)),
            ["2.50 EUR", "0.10 EUR", "0.000001 EUR"]
        );
        assert_eq!(Audit::from_value(json!({})).unwrap().price("log"), 0);
    }

    #[test]
    fn amounts_out_of_range_end_at_its_ends() {
        assert_eq!((micros(-1.0), micros(f64::MAX)), (0, u64::MAX));
    }
}
