//! What is kept: costs by run and by step type, and the trail.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use locus_plugin::services::LogLevel;
use locus_plugin::{HookContext, HostError};
use serde::{Deserialize, Serialize};

use crate::prices::Micros;

/// The form of what is kept.
const VERSION: u32 = 1;

/// Costs and the trail.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize)]
pub struct Ledger {
    /// What the runs that go on have cost so far.
    pub open: BTreeMap<String, Micros>,
    /// What all runs together have cost, by step type.
    pub types: BTreeMap<String, Total>,
    /// The newest entries, oldest first.
    pub trail: VecDeque<Entry>,
    /// How many entries were there before those.
    pub forgotten: u64,
}

/// What attempts of one step type have cost.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Total {
    /// How many there were.
    pub attempts: u64,
    /// What they cost.
    pub cost: Micros,
}

/// Something that was done. Parameters and results stay out: secrets are among them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Entry {
    /// An attempt of a step has ended.
    Step {
        /// The run.
        run: String,
        /// The step key.
        step: String,
        /// The step type.
        step_type: String,
        /// Which attempt.
        attempt: u32,
        /// The recorded time, in milliseconds since 1970-01-01 UTC.
        at: u64,
        /// `ok`, or the code of the error.
        outcome: String,
        /// What it cost.
        cost: Micros,
    },
    /// A run has ended.
    Run {
        /// The run.
        run: String,
        /// Its workflow.
        workflow: String,
        /// `ok`, or the code of the error.
        outcome: String,
        /// What it cost.
        cost: Micros,
    },
}

impl Entry {
    /// The run it is about.
    #[must_use]
    pub fn run(&self) -> &str {
        match self {
            Self::Step { run, .. } | Self::Run { run, .. } => run,
        }
    }
}

impl Ledger {
    /// Adds an entry; beyond `keep` the oldest are forgotten.
    pub fn note(&mut self, entry: Entry, keep: u32) {
        self.trail.push_back(entry);
        while self.trail.len() > keep as usize {
            self.trail.pop_front();
            self.forgotten += 1;
        }
    }

    /// An attempt begins.
    pub fn pay(&mut self, run: &str, step_type: &str, price: Micros) {
        let open = self.open.entry(run.to_owned()).or_default();
        *open = open.saturating_add(price);
        let total = self.types.entry(step_type.to_owned()).or_default();
        total.attempts += 1;
        total.cost = total.cost.saturating_add(price);
    }

    /// What a run has cost so far.
    #[must_use]
    pub fn spent(&self, run: &str) -> Micros {
        self.open.get(run).copied().unwrap_or_default()
    }

    /// The ledger of this project; an empty one at first.
    ///
    /// # Errors
    /// The permission `state` is missing, the host cannot read it, or a later version of the plugin has written it.
    pub fn read(cx: &HookContext) -> Result<Self, HostError> {
        let Some(state) = cx.state()? else { return Ok(Self::default()) };
        if state.version != VERSION {
            let message =
                format!("the ledger has the form {}, this plugin reads {VERSION}", state.version);
            return Err(HostError::new("unknown_ledger", message));
        }
        serde_json::from_value(state.value)
            .map_err(|error| HostError::new("broken_ledger", error.to_string()))
    }
}

/// Steps of a host run side by side, and the contract reads and keeps in two calls: between them nobody else may keep. Where the plugin has a
/// memory of its own for each call, there is nobody else.
static WRITING: Mutex<()> = Mutex::new(());

/// Changes the ledger. A ledger that cannot be read is left as it is: what happened is then told in the log alone, and no run fails for it.
pub fn change<T>(cx: &HookContext, change: impl FnOnce(&mut Ledger) -> T) -> Option<T> {
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = Ledger::read(cx).and_then(|mut ledger| {
        let given = change(&mut ledger);
        let value = serde_json::to_value(&ledger)
            .map_err(|error| HostError::new("broken_ledger", error.to_string()))?;
        cx.keep(VERSION, value)?;
        Ok(given)
    });
    match kept {
        Ok(given) => Some(given),
        Err(error) => {
            cx.log(LogLevel::Warn, &format!("the audit trail is not written: {error}"));
            None
        }
    }
}
