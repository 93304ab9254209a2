//! What the runs of an engine share, and how runs get going: started, found, claimed, recovered.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use locus_plugin::{Outcome, Registry, StepError};
use serde_json::Value;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::active::{Active, RunHandle};
use super::actor::{Actor, Left, Work};
use super::children::Children;
use super::error::EngineError;
use super::events::{EngineEvent, EngineEvents};
use super::hooks::{Watched, before_run};
use super::hub::Hub;
use super::programs::{Loaded, Programs};
use super::replay::Replay;
use super::turns::Turns;
use super::watch::Attend;
use crate::core::{Command, Machine, RunInfo};
use crate::host::{Host, is_folder};
use crate::services::{Resources, RunServices};
use crate::store::{RunFilter, RunRow, RunState, Store, StoreError, Transaction, Write};

/// What the runs of an engine share.
pub(super) struct Shared {
    pub(super) store: Arc<dyn Store>,
    pub(super) registry: Arc<Registry>,
    pub(super) host: Arc<dyn Host>,
    pub(super) events: Arc<dyn EngineEvents>,
    /// The hooks that watch runs, if there are any.
    pub(super) watched: Option<Arc<Watched>>,
    pub(super) base_dir: PathBuf,
    pub(super) poll: Duration,
    /// How long a run is quiet before it leaves memory, in milliseconds; never where nothing is given.
    pub(super) suspend_after: Option<u64>,
    /// How many records come between two snapshots; 0 for none.
    pub(super) snapshot_every: u64,
    pub(super) attend: Attend,
    pub(super) resources: Arc<Resources>,
    pub(super) programs: Programs,
    pub(super) active: Arc<Active>,
    pub(super) turns: Arc<Turns>,
    pub(super) owner: OnceLock<Arc<str>>,
    pub(super) watcher: Mutex<Option<JoinHandle<()>>>,
    pub(super) hub: Hub,
    /// Runs that are asleep and wake soon.
    pub(super) near: Mutex<BTreeSet<(u64, String)>>,
    /// Wakes the watcher.
    pub(super) stirred: Arc<Notify>,
}

/// A run to start.
pub(super) struct Start {
    pub(super) loaded: Arc<Loaded>,
    pub(super) base_dir: PathBuf,
    pub(super) workflow: String,
    pub(super) input: Value,
    pub(super) id: String,
}

/// A run to execute.
struct Launch {
    loaded: Arc<Loaded>,
    base_dir: PathBuf,
    info: RunInfo,
    machine: Machine,
    commands: Vec<Command>,
    records: u64,
    /// How many records the last snapshot has.
    snapshot: u64,
    /// Whether the journal says that the run shall end.
    cancelled: bool,
    /// Whether somebody wants it to.
    cancel: bool,
    /// The number of the last event that it cannot see; none where only the store knows.
    events_after: Option<u64>,
    /// How far its steps have looked at events.
    looked: BTreeMap<String, u64>,
}

impl Launch {
    /// A run that begins.
    fn fresh(
        loaded: Arc<Loaded>,
        base_dir: PathBuf,
        info: RunInfo,
        (machine, commands): (Machine, Vec<Command>),
    ) -> Self {
        Self {
            loaded,
            base_dir,
            info,
            machine,
            commands,
            records: 0,
            snapshot: 0,
            cancelled: false,
            cancel: false,
            events_after: None,
            looked: BTreeMap::new(),
        }
    }
}

impl Shared {
    /// Reads the store without holding up other tasks.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let store = Arc::clone(&self.store);
        let reading = tokio::task::spawn_blocking(move || work(&*store));
        match reading.await {
            Ok(answer) => Ok(answer?),
            Err(error) => Err(EngineError::new("store_failed", error.to_string(), "")),
        }
    }

    /// The name under which this engine owns runs.
    pub(super) async fn owner(&self) -> Result<Arc<str>, EngineError> {
        if let Some(owner) = self.owner.get() {
            return Ok(Arc::clone(owner));
        }
        let owner: Arc<str> = self.read(|store| store.owner()).await?.into();
        Ok(Arc::clone(self.owner.get_or_init(|| owner)))
    }

    /// Starts a run, or finds the one of the same id that is of the same workflow and input.
    pub(super) async fn start(self: &Arc<Self>, start: Start) -> Result<RunHandle, EngineError> {
        let Start { loaded, base_dir, workflow, input, id } = start;
        let input = loaded.image.complete_input(&workflow, input, self.host.now())?;
        let _turn = self.turns.take(&id).await;
        if let Some((info, handle)) = self.active.get(&id) {
            return if info.workflow == workflow && info.input == input {
                Ok(handle)
            } else {
                Err(EngineError::run_id_in_use(&id))
            };
        }
        let env = loaded.env(&*self.host);
        let info = RunInfo { id, workflow, input, env, started: self.host.now() };
        let begun = Machine::with_image(Arc::clone(&loaded.image), info.clone())?;
        let decided = match before_run(&loaded.registry, &hooked(&info)) {
            Some(Err(error)) => {
                return Err(EngineError::new(
                    "run_refused",
                    format!("a plugin refuses the run: {error}"),
                    "`locus plugin order workflow_execute` lists the plugins around runs",
                ));
            }
            Some(Ok(output)) => Some(output),
            None => None,
        };
        match self.add(&loaded, &base_dir, &info, decided.as_ref()).await {
            Ok(()) => {}
            Err(error) if error.code == "run_id_in_use" => {
                return self.find(&info.id, Some(&info)).await;
            }
            Err(error) => return Err(error),
        }
        self.events.event(&EngineEvent::RunStarted { run: &info.id, workflow: &info.workflow });
        if let Some(output) = decided {
            let outcome = Outcome::Done(output);
            self.events.event(&EngineEvent::RunEnded { run: &info.id, outcome: &outcome });
            return Ok(RunHandle::of_ended(&info.id, outcome));
        }
        self.launch(Launch::fresh(loaded, base_dir, info, begun)).await
    }

    /// Executes a run that was added to the store as one of ours.
    pub(super) async fn launch_added(self: &Arc<Self>, loaded: Arc<Loaded>, row: RunRow) {
        let _turn = self.turns.take(&row.id).await;
        if self.active.get(&row.id).is_some() {
            return;
        }
        let (base_dir, info) = (PathBuf::from(&row.base_dir), info_of(&row));
        self.events.event(&EngineEvent::RunStarted { run: &info.id, workflow: &info.workflow });
        if let Ok(Some(outcome)) = outcome_of(&row) {
            // The hooks around runs have decided how it ends before it was added.
            self.events.event(&EngineEvent::RunEnded { run: &info.id, outcome: &outcome });
            return;
        }
        let begun = Machine::with_image(Arc::clone(&loaded.image), info.clone());
        let launched = match begun {
            Ok(begun) => self.launch(Launch::fresh(loaded, base_dir, info, begun)).await,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = launched {
            let reason = &error.message;
            self.events.event(&EngineEvent::RunInterrupted { run: &row.id, reason });
        }
    }

    /// Adds a run to the store, with its program where the store may not have it; ended at once where its output is given.
    async fn add(
        &self,
        loaded: &Loaded,
        base_dir: &Path,
        info: &RunInfo,
        output: Option<&Value>,
    ) -> Result<(), EngineError> {
        let row = RunRow {
            id: info.id.clone(),
            workflow: info.workflow.clone(),
            program: loaded.hash.clone(),
            base_dir: base_dir.to_string_lossy().into_owned(),
            input: info.input.clone(),
            env: info.env.clone(),
            state: RunState::Running,
            outcome: None,
            started: info.started,
            ended: None,
            cancel_requested: false,
            owner: Some(self.owner().await?.to_string()),
            suspended: false,
            wake_at: None,
            events_after: 0,
            problem: None,
        };
        let mut writes = Vec::with_capacity(2);
        if !loaded.is_stored() {
            writes.push(Write::Program { hash: loaded.hash.clone(), body: loaded.body()? });
        }
        let owner = row.owner.clone().unwrap_or_default();
        writes.push(Write::Start(row));
        if let Some(output) = output {
            writes.push(Write::End {
                run: info.id.clone(),
                owner,
                state: RunState::Done,
                outcome: Some(output.clone()),
                at: info.started,
            });
        }
        self.store.commit(Transaction { writes }).await?;
        loaded.set_stored();
        Ok(())
    }

    /// Goes on with a run, or finds it going on or ended.
    pub(super) async fn resume(self: &Arc<Self>, id: &str) -> Result<RunHandle, EngineError> {
        let _turn = self.turns.take(id).await;
        if let Some((_, handle)) = self.active.get(id) {
            return Ok(handle);
        }
        self.find(id, None).await
    }

    /// Finds a run in the store and goes on with it. Where `wanted` is given, it has to be of that workflow and input. The caller
    /// has its turn, and the run has no place here.
    async fn find(
        self: &Arc<Self>,
        id: &str,
        wanted: Option<&RunInfo>,
    ) -> Result<RunHandle, EngineError> {
        let row = self.row(id).await?;
        if wanted.is_some_and(|info| info.workflow != row.workflow || info.input != row.input) {
            return Err(EngineError::run_id_in_use(id));
        }
        self.take_up(row, false).await
    }

    pub(super) async fn row(&self, id: &str) -> Result<RunRow, EngineError> {
        let id = id.to_owned();
        self.read(move |store| store.run(&id)?.ok_or_else(|| StoreError::unknown_run(&id))).await
    }

    /// Claims a run that nobody executes, recovers it and goes on with it. The caller has its turn, and it has no place here.
    pub(super) async fn take_up(
        self: &Arc<Self>,
        row: RunRow,
        cancel: bool,
    ) -> Result<RunHandle, EngineError> {
        if let Some(outcome) = outcome_of(&row)? {
            return Ok(RunHandle::of_ended(&row.id, outcome));
        }
        if row.is_planned()
            && let Some(outcome) = self.decide(&row).await?
        {
            return Ok(RunHandle::of_ended(&row.id, outcome));
        }
        let mine = self.claim(&row).await?;
        if row.suspended && row.owner.as_deref() == Some(&*mine) {
            self.active.woken();
        }
        match self.recover(&row, cancel).await {
            Ok(launch) => self.launch(launch).await,
            Err(error) => {
                // Nobody executes it: let others try.
                let to = row.owner.unwrap_or_default();
                let release = Write::Claim { run: row.id, from: Some(mine.to_string()), to };
                self.store.commit(release.into()).await?;
                Err(error)
            }
        }
    }

    /// Asks the hooks around runs about a planned run whose time has come. What they decide is recorded as how it ends; `None` where it
    /// shall run.
    async fn decide(&self, row: &RunRow) -> Result<Option<Outcome>, EngineError> {
        let loaded = self.program(&row.program).await?;
        let info = info_of(row);
        let outcome = match before_run(&loaded.registry, &hooked(&info)) {
            None => return Ok(None),
            Some(Ok(output)) => Outcome::Done(output),
            Some(Err(error)) => Outcome::Failed(refused(&error)),
        };
        let (state, body) = match &outcome {
            Outcome::Failed(error) => (RunState::Failed, serde_json::json!(error)),
            Outcome::Done(output) => (RunState::Done, output.clone()),
            _ => return Ok(None),
        };
        let owner = self.owner().await?.to_string();
        let writes = vec![
            Write::Claim { run: row.id.clone(), from: None, to: owner.clone() },
            Write::End {
                run: row.id.clone(),
                owner,
                state,
                outcome: Some(body),
                at: self.host.now(),
            },
        ];
        match self.store.commit(Transaction { writes }).await {
            Err(error) if error.code == "run_lost" => {
                return Err(EngineError::run_elsewhere(&row.id));
            }
            other => other?,
        }
        self.events.event(&EngineEvent::RunStarted { run: &info.id, workflow: &info.workflow });
        self.events.event(&EngineEvent::RunEnded { run: &info.id, outcome: &outcome });
        Ok(Some(outcome))
    }

    /// Brings a run of ours to where its journal ends.
    async fn recover(&self, row: &RunRow, cancel: bool) -> Result<Launch, EngineError> {
        let loaded = self.program(&row.program).await?;
        let info = info_of(row);
        let mut replay = self.at_last_snapshot(&loaded, &info).await?;
        let (id, after) = (row.id.clone(), replay.records());
        replay.apply(self.read(move |store| store.journal_after(&id, after)).await?)?;
        let (machine, records) = replay.finish();
        let (run, workflow) = (info.id.as_str(), info.workflow.as_str());
        // One that only slept goes on as if it had not.
        if !row.suspended {
            self.events.event(&EngineEvent::RunResumed { run, workflow, records });
        } else if row.owner.is_none() && records == 0 {
            self.events.event(&EngineEvent::RunStarted { run, workflow });
        }
        let id = row.id.clone();
        let listeners = self.read(move |store| store.listeners(&id)).await?;
        // A project that was moved takes its stored runs along.
        let base_dir = Some(PathBuf::from(&row.base_dir)).filter(|folder| is_folder(folder));
        Ok(Launch {
            loaded,
            base_dir: base_dir.unwrap_or_else(|| self.base_dir.clone()),
            info,
            commands: machine.outstanding(),
            cancelled: machine.is_cancelling(),
            machine,
            records,
            snapshot: after,
            cancel: cancel || row.cancel_requested,
            events_after: Some(row.events_after),
            looked: listeners.into_iter().map(|listener| (listener.key, listener.after)).collect(),
        })
    }

    /// A run at its last snapshot, or where there is none that can be used, at its beginning.
    async fn at_last_snapshot(
        &self,
        loaded: &Loaded,
        info: &RunInfo,
    ) -> Result<Replay, EngineError> {
        let id = info.id.clone();
        if let Some(snapshot) = self.read(move |store| store.snapshot(&id)).await? {
            let image = Arc::clone(&loaded.image);
            if let Ok(machine) = Machine::restore(image, info.clone(), &snapshot.body) {
                return Ok(Replay::resume(info.id.clone(), machine, snapshot.records));
            }
        }
        Replay::begin(Arc::clone(&loaded.image), info.clone())
    }

    /// The runs that go on nowhere and can be resumed, the latest first.
    pub(super) async fn interrupted(&self, filter: RunFilter) -> Result<Vec<RunRow>, EngineError> {
        let filter = RunFilter { state: Some(RunState::Running), ..filter };
        let runs = self.read(move |store| store.runs(&filter)).await?;
        // Few processes own all of them: each is asked after once.
        let mut others = BTreeMap::new();
        let mut found = Vec::new();
        for run in runs {
            let known = others.get(&run.owner).copied();
            let executing = match known {
                Some(executing) if run.owner.is_some() => executing,
                _ => self.is_executing(&run)?,
            };
            if known.is_none() && self.owner.get().map(|owner| &**owner) != run.owner.as_deref() {
                others.insert(run.owner.clone(), executing);
            }
            if !executing {
                found.push(run);
            }
        }
        Ok(found)
    }

    /// Whether somebody looks after the run.
    pub(super) fn is_executing(&self, run: &RunRow) -> Result<bool, EngineError> {
        if run.state != RunState::Running {
            return Ok(false);
        }
        match run.owner.as_deref() {
            // It was planned, and nobody has begun it yet.
            None => Ok(run.suspended),
            Some(owner) if self.owner.get().is_some_and(|mine| **mine == *owner) => {
                Ok(run.suspended || self.active.get(&run.id).is_some())
            }
            Some(owner) => Ok(self.store.is_alive(owner)?),
        }
    }

    /// Makes this engine the owner of a run whose owner is gone.
    async fn claim(&self, row: &RunRow) -> Result<Arc<str>, EngineError> {
        let mine = self.owner().await?;
        if let Some(owner) = row.owner.clone()
            && *owner != *mine
            && self.read(move |store| store.is_alive(&owner)).await?
        {
            return Err(EngineError::run_elsewhere(&row.id));
        }
        // Also where it is ours already: commits that are under way come first.
        let claim =
            Write::Claim { run: row.id.clone(), from: row.owner.clone(), to: mine.to_string() };
        match self.store.commit(claim.into()).await {
            Err(error) if error.code == "run_lost" => Err(EngineError::run_elsewhere(&row.id)),
            other => other.map(|()| mine).map_err(EngineError::from),
        }
    }

    pub(super) async fn program(&self, hash: &str) -> Result<Arc<Loaded>, EngineError> {
        if let Some(loaded) = self.programs.of_hash(hash) {
            return Ok(loaded);
        }
        let wanted = hash.to_owned();
        let body = self.read(move |store| store.program(&wanted)).await?;
        let body =
            body.ok_or_else(|| StoreError::corrupt(format!("the program `{hash}` is missing")))?;
        self.programs.load_stored(hash, &body, &self.registry, &*self.host)
    }

    /// Gives a run its place and its task.
    async fn launch(self: &Arc<Self>, launch: Launch) -> Result<RunHandle, EngineError> {
        let owner = self.owner().await?;
        let program = Arc::clone(&launch.loaded.program);
        let registry = launch.loaded.registry.clone();
        let children = Arc::new(Children {
            shared: Arc::clone(self),
            loaded: launch.loaded,
            base_dir: launch.base_dir.clone(),
        });
        let services = RunServices {
            resources: Arc::clone(&self.resources),
            program,
            base_dir: launch.base_dir,
            events: Arc::clone(&self.events),
            host: Arc::clone(&self.host),
        };
        let actor = Actor {
            shared: Arc::clone(self),
            registry,
            owner,
            info: launch.info,
            services: Arc::new(services),
            children,
            machine: launch.machine,
            records: launch.records,
            snapshot_at: launch.snapshot + self.snapshot_every,
            cancelled: launch.cancelled,
            events_after: launch.events_after,
            looked: launch.looked,
            work: Work::default(),
        };
        self.watch();
        Ok(self.spawn(actor, launch.commands, launch.cancel))
    }

    fn spawn(
        self: &Arc<Self>,
        mut actor: Actor,
        commands: Vec<Command>,
        cancel: bool,
    ) -> RunHandle {
        let (place, handle, mut wishes) = self.active.enter(actor.info.clone());
        let task = tokio::spawn(async move {
            if cancel {
                actor.cancel();
            }
            let left = actor.drive(commands, &mut wishes).await;
            let (shared, run) = (Arc::clone(&actor.shared), actor.info.id.clone());
            // What the run holds is let go of before others hear that it has left.
            drop(actor);
            let ended = match left {
                Ok(Left::Asleep(wake_at)) => {
                    place.sleep();
                    shared.fell_asleep(&run, wake_at, &mut wishes);
                    return;
                }
                Ok(Left::Ended(outcome)) => {
                    shared.events.event(&EngineEvent::RunEnded { run: &run, outcome: &outcome });
                    Ok(outcome)
                }
                Err(error) => {
                    let reason = &error.message;
                    shared.events.event(&EngineEvent::RunInterrupted { run: &run, reason });
                    Err(error)
                }
            };
            drop(shared);
            place.leave(ended);
        });
        self.active.set_task(handle.id(), task.abort_handle());
        handle
    }
}

/// What a run is of.
pub(super) fn info_of(row: &RunRow) -> RunInfo {
    RunInfo {
        id: row.id.clone(),
        workflow: row.workflow.clone(),
        input: row.input.clone(),
        env: row.env.clone(),
        started: row.started,
    }
}

/// A run as hooks see it.
pub(super) fn hooked(info: &RunInfo) -> locus_plugin::RunInfo {
    locus_plugin::RunInfo {
        id: info.id.clone(),
        workflow: info.workflow.clone(),
        input: info.input.clone(),
    }
}

/// Why a run does not begin that a plugin refuses.
pub(super) fn refused(error: &StepError) -> StepError {
    StepError::terminal("run_refused", format!("a plugin refuses the run: {error}"))
}

/// How a run ended, if it has.
pub(super) fn outcome_of(row: &RunRow) -> Result<Option<Outcome>, EngineError> {
    let body = row.outcome.clone().unwrap_or(Value::Null);
    Ok(match row.state {
        RunState::Running => None,
        RunState::Done => Some(Outcome::Done(body)),
        RunState::Cancelled => Some(Outcome::Cancelled),
        RunState::Failed => {
            Some(Outcome::Failed(serde_json::from_value(body).map_err(|error| {
                StoreError::corrupt(format!("the run `{}` has no readable error: {error}", row.id))
            })?))
        }
    })
}
