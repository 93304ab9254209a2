//! A store in memory: for tests, and for runs that need not survive.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use locus_plugin::action::BoxFuture;

use super::{RunFilter, RunRow, RunState, Store, StoreError, Transaction, Write};
use crate::core::Record;

/// A handle of a store in memory: what a process is to a file.
pub struct MemoryStore {
    shared: Arc<Mutex<State>>,
    owner: String,
}

#[derive(Clone, Default)]
struct State {
    programs: BTreeMap<String, String>,
    runs: BTreeMap<String, RunRow>,
    journals: BTreeMap<String, Vec<Record>>,
    alive: BTreeSet<String>,
    handles: u64,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::handle(Arc::default())
    }

    /// A second handle of the same store, with an owner of its own.
    #[must_use]
    pub fn sibling(&self) -> Self {
        Self::handle(Arc::clone(&self.shared))
    }

    fn handle(shared: Arc<Mutex<State>>) -> Self {
        let owner = {
            let mut state = lock(&shared);
            state.handles += 1;
            let owner = format!("memory-{}", state.handles);
            state.alive.insert(owner.clone());
            owner
        };
        Self { shared, owner }
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for MemoryStore {
    fn drop(&mut self) {
        lock(&self.shared).alive.remove(&self.owner);
    }
}

/// Nothing is ever left half done under the lock, so a panic elsewhere does not spoil it.
fn lock(shared: &Mutex<State>) -> MutexGuard<'_, State> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store for MemoryStore {
    fn commit(&self, transaction: Transaction) -> BoxFuture<'_, Result<(), StoreError>> {
        let answer = lock(&self.shared).commit(transaction);
        Box::pin(std::future::ready(answer))
    }

    fn run(&self, id: &str) -> Result<Option<RunRow>, StoreError> {
        Ok(lock(&self.shared).runs.get(id).cloned())
    }

    fn runs(&self, filter: &RunFilter) -> Result<Vec<RunRow>, StoreError> {
        let state = lock(&self.shared);
        let mut found: Vec<&RunRow> = state.runs.values().filter(|run| fits(run, filter)).collect();
        found.sort_by(|a, b| (b.started, &b.id).cmp(&(a.started, &a.id)));
        let limit = filter.limit.map_or(usize::MAX, |limit| limit as usize);
        Ok(found.into_iter().take(limit).cloned().collect())
    }

    fn journal(&self, run: &str) -> Result<Vec<Record>, StoreError> {
        Ok(lock(&self.shared).journals.get(run).cloned().unwrap_or_default())
    }

    fn program(&self, hash: &str) -> Result<Option<String>, StoreError> {
        Ok(lock(&self.shared).programs.get(hash).cloned())
    }

    fn owner(&self) -> Result<String, StoreError> {
        Ok(self.owner.clone())
    }

    fn is_alive(&self, owner: &str) -> Result<bool, StoreError> {
        Ok(lock(&self.shared).alive.contains(owner))
    }

    fn cancel_requests(&self, owner: &str) -> Result<Vec<String>, StoreError> {
        let state = lock(&self.shared);
        let wanted = state.runs.values().filter(|run| {
            run.cancel_requested
                && run.state == RunState::Running
                && run.owner.as_deref() == Some(owner)
        });
        Ok(wanted.map(|run| run.id.clone()).collect())
    }
}

fn fits(run: &RunRow, filter: &RunFilter) -> bool {
    filter.workflow.as_ref().is_none_or(|workflow| run.workflow == *workflow)
        && filter.program.as_ref().is_none_or(|program| run.program == *program)
        && filter.state.is_none_or(|state| run.state == state)
}

impl State {
    fn commit(&mut self, transaction: Transaction) -> Result<(), StoreError> {
        // Checked one by one, then undone as a whole: transactions are short.
        let mut undo = Vec::new();
        for write in transaction.writes {
            if let Err(error) = self.write(write, &mut undo) {
                for step in undo.into_iter().rev() {
                    step(self);
                }
                return Err(error);
            }
        }
        Ok(())
    }

    fn write(&mut self, write: Write, undo: &mut Vec<Undo>) -> Result<(), StoreError> {
        match write {
            Write::Program { hash, body } => {
                if !self.programs.contains_key(&hash) {
                    self.programs.insert(hash.clone(), body);
                    undo.push(Box::new(move |state| {
                        state.programs.remove(&hash);
                    }));
                }
            }
            Write::Start(run) => {
                if self.runs.contains_key(&run.id) {
                    return Err(StoreError::run_id_in_use(&run.id));
                }
                let id = run.id.clone();
                self.runs.insert(id.clone(), run);
                undo.push(Box::new(move |state| {
                    state.runs.remove(&id);
                }));
            }
            Write::Append { run, owner, after, records } => {
                self.owned(&run, Some(&owner))?;
                let journal = self.journals.entry(run.clone()).or_default();
                if journal.len() as u64 != after {
                    return Err(StoreError::journal_conflict(&run));
                }
                let length = journal.len();
                journal.extend(records);
                undo.push(Box::new(move |state| {
                    state.journals.entry(run).or_default().truncate(length);
                }));
            }
            Write::End { run, owner, state, outcome, at } => {
                let row = self.owned(&run, Some(&owner))?;
                keep(row, undo);
                row.state = state;
                row.outcome = outcome;
                row.ended = Some(at);
                row.owner = None;
            }
            Write::Claim { run, from, to } => {
                let row = self.owned(&run, from.as_deref())?;
                keep(row, undo);
                row.owner = Some(to);
            }
            Write::RequestCancel { run } => {
                let row = self.runs.get_mut(&run).ok_or_else(|| StoreError::unknown_run(&run))?;
                if row.state == RunState::Running {
                    keep(row, undo);
                    row.cancel_requested = true;
                }
            }
        }
        Ok(())
    }

    /// The run, if it goes on and belongs to this owner.
    fn owned(&mut self, run: &str, owner: Option<&str>) -> Result<&mut RunRow, StoreError> {
        self.runs
            .get_mut(run)
            .filter(|row| row.state == RunState::Running && row.owner.as_deref() == owner)
            .ok_or_else(|| StoreError::run_lost(run))
    }
}

/// How to take one write back.
type Undo = Box<dyn FnOnce(&mut State)>;

fn keep(row: &RunRow, undo: &mut Vec<Undo>) {
    let before = row.clone();
    undo.push(Box::new(move |state| {
        state.runs.insert(before.id.clone(), before);
    }));
}
