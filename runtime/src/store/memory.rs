//! A store in memory: for tests, and for runs that need not survive.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use locus_plugin::action::BoxFuture;

use super::{
    EventQuery, EventRow, Listener, Prune, Pruned, RunFilter, RunRow, RunState, ScheduleRow,
    Snapshot, Store, StoreError, SuspendedRun, Suspension, Transaction, Write,
};
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
    snapshots: BTreeMap<String, Snapshot>,
    /// In their order.
    events: Vec<EventRow>,
    last_event: u64,
    listeners: BTreeMap<String, Vec<Listener>>,
    schedules: BTreeMap<String, ScheduleRow>,
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

    fn journal_after(&self, run: &str, after: u64) -> Result<Vec<Record>, StoreError> {
        let state = lock(&self.shared);
        let journal = state.journals.get(run).map(Vec::as_slice).unwrap_or_default();
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        Ok(journal.get(after..).unwrap_or_default().to_vec())
    }

    fn snapshot(&self, run: &str) -> Result<Option<Snapshot>, StoreError> {
        Ok(lock(&self.shared).snapshots.get(run).cloned())
    }

    fn events(&self, query: &EventQuery) -> Result<Vec<EventRow>, StoreError> {
        let state = lock(&self.shared);
        let limit = query.limit.map_or(usize::MAX, |limit| limit as usize);
        let found = state.events.iter().filter(|row| query.fits(row));
        Ok(found.take(limit).cloned().collect())
    }

    fn last_event(&self) -> Result<u64, StoreError> {
        Ok(lock(&self.shared).last_event)
    }

    fn listening(&self, event: &EventRow) -> Result<Vec<SuspendedRun>, StoreError> {
        let state = lock(&self.shared);
        let runs = state.runs.values().filter(|run| {
            let listeners = state.listeners.get(&run.id);
            let fits = |listener: &Listener| listener.fits(event);
            run.suspended && run.sees(event) && listeners.is_some_and(|l| l.iter().any(fits))
        });
        Ok(runs.map(suspended).collect())
    }

    fn unheard(&self) -> Result<Vec<SuspendedRun>, StoreError> {
        let state = lock(&self.shared);
        let runs = state.runs.values().filter(|run| {
            let listeners = state.listeners.get(&run.id).map(Vec::as_slice).unwrap_or_default();
            let mut events = state.events.iter().filter(|event| run.sees(event));
            run.suspended && events.any(|event| listeners.iter().any(|l| l.fits(event)))
        });
        Ok(runs.map(suspended).collect())
    }

    fn listeners(&self, run: &str) -> Result<Vec<Listener>, StoreError> {
        Ok(lock(&self.shared).listeners.get(run).cloned().unwrap_or_default())
    }

    fn due(
        &self,
        owner: Option<&str>,
        until: u64,
        limit: u32,
    ) -> Result<Vec<SuspendedRun>, StoreError> {
        let state = lock(&self.shared);
        let runs = state.runs.values().filter(|run| {
            let mine = owner.is_none() || run.owner.as_deref() == owner;
            run.suspended && mine && run.wake_at.is_some_and(|at| at <= until)
        });
        let mut due: Vec<SuspendedRun> = runs.map(suspended).collect();
        due.sort();
        due.truncate(limit as usize);
        Ok(due)
    }

    fn schedules(&self, until: Option<u64>) -> Result<Vec<ScheduleRow>, StoreError> {
        let state = lock(&self.shared);
        let due = |row: &&ScheduleRow| until.is_none_or(|until| row.next_at <= until);
        let mut rows: Vec<ScheduleRow> = state.schedules.values().filter(due).cloned().collect();
        rows.sort_by(|a, b| (a.next_at, &a.id).cmp(&(b.next_at, &b.id)));
        Ok(rows)
    }

    fn prune(&self, prune: Prune) -> BoxFuture<'_, Result<Pruned, StoreError>> {
        let pruned = lock(&self.shared).prune(&prune);
        Box::pin(std::future::ready(Ok(pruned)))
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

fn suspended(run: &RunRow) -> SuspendedRun {
    SuspendedRun { wake_at: run.wake_at, run: run.id.clone(), owner: run.owner.clone() }
}

impl State {
    fn prune(&mut self, prune: &Prune) -> Pruned {
        let gone = |run: &RunRow| {
            prune.states.contains(&run.state) && run.ended.is_some_and(|at| at < prune.ended_before)
        };
        let runs: Vec<String> =
            self.runs.values().filter(|run| gone(run)).map(|run| run.id.clone()).collect();
        for run in &runs {
            self.runs.remove(run);
            self.journals.remove(run);
            self.snapshots.remove(run);
            self.listeners.remove(run);
        }
        let (listeners, runs_left) = (&self.listeners, &self.runs);
        let wanted = |event: &EventRow| {
            listeners.iter().any(|(run, listeners)| {
                runs_left.get(run).is_some_and(|run| run.suspended && run.sees(event))
                    && listeners.iter().any(|listener| listener.fits(event))
            })
        };
        let before = self.events.len();
        self.events.retain(|row| row.at >= prune.events_before || wanted(row));
        Pruned { runs: runs.len() as u64, events: (before - self.events.len()) as u64 }
    }

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
                self.add(run, undo);
            }
            Write::StartOnce(run) => {
                if !self.runs.contains_key(&run.id) {
                    self.add(run, undo);
                }
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
                (row.suspended, row.wake_at) = (false, None);
                self.forget(&run, undo);
            }
            Write::Snapshot { run, owner, snapshot } => {
                self.owned(&run, Some(&owner))?;
                self.keep_snapshot(run, snapshot, undo);
            }
            Write::Suspend(Suspension { run, owner, snapshot, wake_at, listeners }) => {
                let length = self.journals.get(&run).map_or(0, Vec::len) as u64;
                let row = self.owned(&run, Some(&owner))?;
                if length != snapshot.records {
                    return Err(StoreError::journal_conflict(&run));
                }
                keep(row, undo);
                (row.suspended, row.wake_at) = (true, wake_at);
                let before = self.listeners.insert(run.clone(), listeners);
                let id = run.clone();
                undo.push(Box::new(move |state| {
                    put_back(&mut state.listeners, id, before);
                }));
                self.keep_snapshot(run, snapshot, undo);
            }
            Write::Emit(mut row) => {
                if self.events.iter().all(|known| known.event.id != row.event.id) {
                    self.last_event += 1;
                    row.seq = self.last_event;
                    self.events.push(row);
                    undo.push(Box::new(|state| {
                        state.events.pop();
                        state.last_event -= 1;
                    }));
                }
            }
            Write::Schedule(row) => {
                if !self.schedules.contains_key(&row.id) {
                    let id = row.id.clone();
                    self.schedules.insert(id.clone(), row);
                    undo.push(Box::new(move |state| {
                        state.schedules.remove(&id);
                    }));
                }
            }
            Write::Advance { schedule, from, to } => {
                let row = self.schedules.get_mut(&schedule).filter(|row| row.next_at == from);
                let row = row.ok_or_else(|| StoreError::schedule_changed(&schedule))?;
                let before = row.clone();
                match to {
                    Some(to) => row.next_at = to,
                    None => drop(self.schedules.remove(&schedule)),
                }
                undo.push(Box::new(move |state| {
                    state.schedules.insert(before.id.clone(), before);
                }));
            }
            Write::Unschedule { schedule } => {
                let row = self.schedules.remove(&schedule);
                let row = row.ok_or_else(|| StoreError::unknown_schedule(&schedule))?;
                undo.push(Box::new(move |state| {
                    state.schedules.insert(row.id.clone(), row);
                }));
            }
            Write::Rewind { run, owner, records } => {
                let row = self.runs.get_mut(&run).filter(|row| row.state != RunState::Running);
                let row = row.ok_or_else(|| StoreError::run_lost(&run))?;
                keep(row, undo);
                row.state = RunState::Running;
                (row.outcome, row.ended, row.owner) = (None, None, Some(owner));
                row.cancel_requested = false;
                let before = self.journals.insert(run.clone(), records);
                let id = run.clone();
                undo.push(Box::new(move |state| put_back(&mut state.journals, id, before)));
                self.forget(&run, undo);
            }
            Write::Claim { run, from, to } => {
                let row = self.owned(&run, from.as_deref())?;
                keep(row, undo);
                row.owner = Some(to);
                (row.suspended, row.wake_at) = (false, None);
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

    fn add(&mut self, mut run: RunRow, undo: &mut Vec<Undo>) {
        run.events_after = self.last_event;
        let id = run.id.clone();
        self.runs.insert(id.clone(), run);
        undo.push(Box::new(move |state| {
            state.runs.remove(&id);
        }));
    }

    fn keep_snapshot(&mut self, run: String, snapshot: Snapshot, undo: &mut Vec<Undo>) {
        let before = self.snapshots.insert(run.clone(), snapshot);
        undo.push(Box::new(move |state| put_back(&mut state.snapshots, run, before)));
    }

    /// What only a run that goes on needs.
    fn forget(&mut self, run: &str, undo: &mut Vec<Undo>) {
        let (snapshot, listeners) = (self.snapshots.remove(run), self.listeners.remove(run));
        let id = run.to_owned();
        undo.push(Box::new(move |state| {
            put_back(&mut state.snapshots, id.clone(), snapshot);
            put_back(&mut state.listeners, id, listeners);
        }));
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

fn put_back<T>(map: &mut BTreeMap<String, T>, key: String, before: Option<T>) {
    match before {
        Some(before) => map.insert(key, before),
        None => map.remove(&key),
    };
}
