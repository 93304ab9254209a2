//! `report`: what runs did and what they cost.

use locus_plugin::{Command, CommandError, HookContext, Value};
use serde_json::{Map, json};

use crate::ledger::{Entry, Ledger};
use crate::prices::Audit;

/// Shows the newest entries of the trail, and what was spent: `{ currency, spent, types, open, entries, older }`. Costs are texts with the currency.
///
/// Errors: `permission_denied` without the permission `state`; `unknown_ledger` and `broken_ledger` when it cannot be read.
///
/// `locus plugin call acme.audit/report '{ "last": 5 }'`
#[derive(Command)]
#[command(name = "report")]
pub struct Report {
    /// The run that entries are shown of; all runs when left out.
    run: Option<String>,
    /// How many entries at most.
    #[param(default = 20)]
    last: u32,
}

impl Command for Report {
    fn answer(self, cx: &mut HookContext) -> Result<Value, CommandError> {
        let audit: Audit = cx
            .config_as()
            .map_err(|error| CommandError::new("invalid_config", error.to_string()))?;
        let ledger = Ledger::read(cx)?;
        let wanted = |entry: &&Entry| self.run.as_deref().is_none_or(|run| entry.run() == run);
        let fitting: Vec<&Entry> = ledger.trail.iter().filter(wanted).collect();
        let hidden = fitting.len().saturating_sub(self.last as usize);
        let spent = ledger.types.values().fold(0_u64, |sum, total| sum.saturating_add(total.cost));
        let types: Map<String, Value> = ledger
            .types
            .iter()
            .map(|(name, total)| {
                let shown = json!({ "attempts": total.attempts, "cost": audit.shown(total.cost) });
                (name.clone(), shown)
            })
            .collect();
        let open: Map<String, Value> = ledger
            .open
            .iter()
            .map(|(run, cost)| (run.clone(), json!(audit.shown(*cost))))
            .collect();
        Ok(json!({
            "currency": audit.currency,
            "spent": audit.shown(spent),
            "types": types,
            "open": open,
            "entries": fitting[hidden..],
            "older": ledger.forgotten + hidden as u64,
        }))
    }
}
