//! The engine: what performs the commands of the core, journals what comes of them, and feeds that back.
//!
//! Each run is one task (`actor`). Whatever happens is in the journal before the machine hears of it, so a run that was interrupted,
//! however hard, goes on from its journal (`replay`). A run belongs to one engine at a time; the store knows to which.
//!
//! What a step wants done beside its result (`outbox`) is in the same commit. A run in which nothing happens for long leaves memory; the
//! watcher (`watch`) wakes it when its time has come, an event is there that it listens for (`hub`), or somebody wants it to end.

mod active;
mod actor;
mod calls;
mod children;
mod error;
mod events;
mod hooks;
mod hub;
mod outbox;
mod outside;
mod programs;
mod replay;
mod rewind;
mod shared;
mod timers;
mod turns;
mod watch;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError};
use std::time::Duration;

use locus_model::Program;
use locus_plugin::{Outcome, Registry};
use serde_json::Value;

use crate::core::{Record, complete_input};
use crate::host::{Host, SystemHost, new_run_id};
use crate::store::{MemoryStore, RunFilter, RunRow, RunState, SqliteStore, Store, Write};
use active::Wish;
use shared::{Shared, Start};

pub use active::RunHandle;
pub use error::EngineError;
pub use events::{EngineEvent, EngineEvents, Silent};
pub(crate) use programs::SECRET_PREFIX;
pub use watch::Attend;

/// What an engine is to work with.
#[derive(Clone)]
pub struct EngineConfig {
    /// Where its runs live.
    pub store: StoreLocation,
    /// The folder of the project: relative paths of connections and files start here.
    pub base_dir: PathBuf,
    /// The plugins.
    pub registry: Arc<Registry>,
    /// Who hears of progress and of the log.
    pub events: Arc<dyn EngineEvents>,
    /// The clock and chance.
    pub host: Arc<dyn Host>,
    /// How often to look what other processes want of the runs here: events, wishes to end them.
    pub poll: Duration,
    /// How long a run is quiet, with nothing under way, before it leaves memory; never where nothing is given.
    pub suspend_after: Option<Duration>,
    /// How many records of a run come between two snapshots; 0 for none but those of runs that are asleep.
    pub snapshot_every: u64,
    /// Whose runs are looked after.
    pub attend: Attend,
}

/// Where runs live.
#[derive(Clone)]
pub enum StoreLocation {
    /// In a SQLite file.
    File(PathBuf),
    /// In memory: gone with the engine.
    Memory,
    /// In a store that was opened before.
    Open(Arc<dyn Store>),
}

impl EngineConfig {
    /// The usual settings.
    #[must_use]
    pub fn new(
        store: StoreLocation,
        base_dir: impl Into<PathBuf>,
        registry: Arc<Registry>,
    ) -> Self {
        Self {
            store,
            base_dir: base_dir.into(),
            registry,
            events: Arc::new(Silent),
            host: Arc::new(SystemHost),
            poll: Duration::from_millis(250),
            suspend_after: Some(Duration::from_secs(5)),
            snapshot_every: 256,
            attend: Attend::Own,
        }
    }

    /// With somebody who hears of progress and of the log.
    #[must_use]
    pub fn events(mut self, events: Arc<dyn EngineEvents>) -> Self {
        self.events = events;
        self
    }
}

/// An engine. Its runs are tasks of the tokio runtime that its methods are called in. Dropping it stops them where they are, to be
/// resumed later; [`Engine::stop`] also waits until they have stopped.
pub struct Engine {
    shared: Arc<Shared>,
}

/// What became of the wish to cancel a run.
#[derive(Clone, Debug)]
pub enum Cancelling {
    /// It is being cancelled here: what it did is undone, and then it ends.
    Here(RunHandle),
    /// Another process executes it, and will hear of the wish.
    Elsewhere,
    /// It had ended before, so.
    Ended(Outcome),
}

impl Engine {
    /// Opens an engine and its store.
    ///
    /// # Errors
    /// The store cannot be opened.
    pub fn open(config: EngineConfig) -> Result<Self, EngineError> {
        let base_dir = std::path::absolute(&config.base_dir).map_err(|error| {
            let folder = config.base_dir.display();
            EngineError::new("invalid_folder", format!("the folder `{folder}`: {error}"), "")
        })?;
        let store: Arc<dyn Store> = match config.store {
            StoreLocation::File(path) => {
                Arc::new(SqliteStore::open(&path, Arc::clone(&config.host))?)
            }
            StoreLocation::Memory => Arc::new(MemoryStore::new()),
            StoreLocation::Open(store) => store,
        };
        let (events, watched) = hooks::Watched::by(&config.registry, config.events, &config.host);
        let shared = Shared {
            store,
            registry: config.registry,
            host: config.host,
            events,
            watched,
            base_dir,
            poll: config.poll,
            suspend_after: config
                .suspend_after
                .map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
            snapshot_every: config.snapshot_every,
            attend: config.attend,
            resources: Arc::default(),
            programs: programs::Programs::default(),
            active: Arc::default(),
            turns: Arc::default(),
            owner: OnceLock::new(),
            watcher: std::sync::Mutex::default(),
            hub: hub::Hub::default(),
            near: std::sync::Mutex::default(),
            stirred: Arc::default(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Starts a run. With the id of a run of the same workflow and input, it is that run: going on, resumed, or ended.
    ///
    /// # Errors
    /// `unknown_workflow`, `invalid_input`, `invalid_run_id`; `run_id_in_use` where the id is another run's, `run_elsewhere` where
    /// another process executes it; failures of the store.
    pub async fn start(
        &self,
        program: Arc<Program>,
        workflow: &str,
        input: Value,
        run_id: Option<String>,
    ) -> Result<RunHandle, EngineError> {
        let id = match run_id {
            Some(id) => checked_id(id)?,
            None => new_run_id(&*self.shared.host),
        };
        check_workflow(&program, workflow)?;
        let start = Start {
            loaded: self.shared.programs.load(
                &program,
                &self.shared.registry,
                &*self.shared.host,
            )?,
            base_dir: self.shared.base_dir.clone(),
            workflow: workflow.to_owned(),
            input,
            id,
        };
        self.shared.start(start).await
    }

    /// Goes on with a run that was interrupted; one that goes on here or has ended is found.
    ///
    /// # Errors
    /// `unknown_run`, `run_elsewhere`, `journal_mismatch`; failures of the store.
    pub async fn resume(&self, run: &str) -> Result<RunHandle, EngineError> {
        self.shared.resume(run).await
    }

    /// The latest run of this workflow, program and input that was interrupted.
    ///
    /// # Errors
    /// `unknown_workflow`, `invalid_input`; failures of the store.
    pub async fn find_resumable(
        &self,
        program: &Program,
        workflow: &str,
        input: Value,
    ) -> Result<Option<String>, EngineError> {
        check_workflow(program, workflow)?;
        let input = complete_input(program, workflow, input, self.shared.host.now())?;
        let filter = RunFilter {
            workflow: Some(workflow.to_owned()),
            program: Some(program.hash()),
            state: Some(RunState::Running),
            limit: None,
        };
        let runs = self.interrupted(filter).await?;
        Ok(runs.into_iter().find(|run| run.input == input).map(|run| run.id))
    }

    /// The runs that were interrupted, the latest first: they go on nowhere, and can be resumed.
    ///
    /// # Errors
    /// Failures of the store.
    pub async fn interrupted(&self, filter: RunFilter) -> Result<Vec<RunRow>, EngineError> {
        self.shared.interrupted(filter).await
    }

    /// Ends a run: its steps are cancelled, what it did is undone, `finally` blocks run. One that was interrupted is taken up for
    /// this; one of another process is ended there.
    ///
    /// # Errors
    /// `unknown_run`, `journal_mismatch`; failures of the store.
    pub async fn cancel(&self, run: &str) -> Result<Cancelling, EngineError> {
        let _turn = self.shared.turns.take(run).await;
        if let Some((_, handle)) = self.shared.active.get(run) {
            self.shared.active.wish(run, Wish::Cancel);
            return Ok(Cancelling::Here(handle));
        }
        let row = self.shared.row(run).await?;
        if let Some(outcome) = shared::outcome_of(&row)? {
            return Ok(Cancelling::Ended(outcome));
        }
        match self.shared.take_up(row, true).await {
            Ok(handle) => Ok(Cancelling::Here(handle)),
            Err(error) if error.code == "run_elsewhere" => {
                let request = Write::RequestCancel { run: run.to_owned() };
                self.shared.store.commit(request.into()).await?;
                Ok(Cancelling::Elsewhere)
            }
            Err(error) => Err(error),
        }
    }

    /// The runs that fit, the latest first. Reads the disk, and works while other processes execute runs.
    ///
    /// # Errors
    /// Failures of the store.
    pub fn runs(&self, filter: &RunFilter) -> Result<Vec<RunRow>, EngineError> {
        Ok(self.shared.store.runs(filter)?)
    }

    /// The run of this id. Reads the disk.
    ///
    /// # Errors
    /// Failures of the store.
    pub fn run(&self, id: &str) -> Result<Option<RunRow>, EngineError> {
        Ok(self.shared.store.run(id)?)
    }

    /// The journal of a run, in order. Reads the disk.
    ///
    /// # Errors
    /// Failures of the store.
    pub fn journal(&self, run: &str) -> Result<Vec<Record>, EngineError> {
        Ok(self.shared.store.journal(run)?)
    }

    /// The program of a run. Reads the disk.
    ///
    /// # Errors
    /// `program_unreadable`; failures of the store.
    pub fn program(&self, run: &RunRow) -> Result<Option<Program>, EngineError> {
        let body = self.shared.store.program(&run.program)?;
        let program = body.map(|body| serde_json::from_str(&body)).transpose();
        program.map_err(|error| EngineError::new("program_unreadable", error.to_string(), ""))
    }

    /// Whether somebody looks after the run, here or in another process: it is being executed, or asleep until something wakes it. One that is
    /// `running` and of which this is not true was interrupted.
    ///
    /// # Errors
    /// Failures of the store.
    pub fn is_executing(&self, run: &RunRow) -> Result<bool, EngineError> {
        self.shared.is_executing(run)
    }

    /// The folder that relative paths start from.
    #[must_use]
    pub fn base_dir(&self) -> &Path {
        &self.shared.base_dir
    }

    /// Looks after the runs of this engine, and, as the config says, after those of others, until the future is dropped.
    ///
    /// # Errors
    /// The store does not give the engine a name.
    pub async fn attend(&self) -> Result<(), EngineError> {
        self.shared.owner().await?;
        self.shared.watch();
        std::future::pending().await
    }

    /// Waits until no run is here, awake or asleep: those that were started, and all that they have started in turn.
    pub async fn wait_idle(&self) {
        self.shared.active.idle().await;
        self.flush().await;
    }

    /// Stops all runs where they are, and waits until they have stopped. What is recorded is safe, and they can be resumed: here,
    /// or by another process once the engine is dropped.
    pub async fn stop(&self) {
        let watcher = self.shared.watcher.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(watcher) = watcher {
            watcher.abort();
        }
        self.shared.active.wish_all(Wish::Stop);
        self.shared.active.quiet().await;
        self.shared.active.forget_asleep();
        self.flush().await;
    }

    /// Lets the hooks that watch runs hear of everything so far.
    async fn flush(&self) {
        if let Some(watched) = &self.shared.watched {
            watched.flush().await;
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let watcher = self.shared.watcher.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(watcher) = watcher {
            watcher.abort();
        }
        self.shared.active.abort_all();
    }
}

fn checked_id(id: String) -> Result<String, EngineError> {
    let fits =
        (1..=200).contains(&id.len()) && !id.chars().any(|c| c.is_control() || c.is_whitespace());
    if fits {
        return Ok(id);
    }
    Err(EngineError::new(
        "invalid_run_id",
        format!("{id:?} cannot be a run id"),
        "give 1 to 200 characters without white space",
    ))
}

fn check_workflow(program: &Program, workflow: &str) -> Result<(), EngineError> {
    if program.workflows.contains_key(workflow) {
        return Ok(());
    }
    let names = program.workflows.keys().map(String::as_str);
    let help = match locus_diag::did_you_mean(workflow, names.clone()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!(
            "there is {}",
            names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        ),
    };
    Err(EngineError::new(
        "unknown_workflow",
        format!("the program has no workflow `{workflow}`"),
        help,
    ))
}
