//! Tests of workflows: the runs that `tests:` of a program declare, on a virtual clock, with the outside world scripted.
//!
//! A test needs no database, queue or service, and no time passes. It goes through the same core as every run, and afterwards it dies
//! behind each of its records and goes on, and must come to the same end each time.
//!
//! Reading order: this file says what a test is judged by; [`world`] is what surrounds the run, [`services`] what its steps can reach;
//! [`verdict`] compares; [`coverage`] tells what all tests together went through; [`mod@export`] makes a test of a recorded run.

mod coverage;
mod export;
mod services;
mod verdict;
mod world;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use locus_model::{Program, Test};
use locus_plugin::{Outcome, Registry};
use serde_json::{Map, Value};

use crate::core::{CoreError, Event, Image, Machine, Record, RunInfo, Visit};
use services::LogLine;
use world::World;

pub use coverage::{Branch, Coverage, WorkflowCoverage};
pub use export::{ExportError, export};

/// Where the time of a test begins when it does not say: 2026-01-01T00:00:00Z.
const START: u64 = 1_767_225_600_000;

/// The most records that a test may journal.
const MOST_RECORDS: usize = 10_000;

/// The most crashes that are tried; of a longer journal, they are spread evenly.
const MOST_CRASHES: usize = 200;

/// What runs the tests of one program.
pub struct TestRunner {
    image: Arc<Image>,
    registry: Arc<Registry>,
    root: PathBuf,
    crashes: bool,
}

/// What came of a test.
#[derive(Clone, Debug)]
pub struct TestReport {
    /// Its name.
    pub name: String,
    /// What is wrong, a sentence or more each; none when it passed.
    pub failures: Vec<String>,
    /// How the run ended; `None` where it could not go on.
    pub outcome: Option<Outcome>,
    /// What it went through.
    pub visits: Vec<Visit>,
    /// What its steps wrote to the log, a line each.
    pub log: Vec<String>,
    /// How long the run took by its own clock, in milliseconds.
    pub took: u64,
    /// How many records its journal has.
    pub records: usize,
    /// How many crashes it survived.
    pub crashes: usize,
}

impl TestReport {
    /// Whether everything came as expected.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }

    /// How many steps ran, iterations counted one by one.
    #[must_use]
    pub fn steps(&self) -> usize {
        let ran = |visit: &&Visit| matches!(visit, Visit::Step { skipped: false, .. });
        self.visits.iter().filter(ran).count()
    }
}

/// How a run went to its end.
struct Played {
    records: Vec<Record>,
    outcome: Outcome,
    visits: Vec<Visit>,
    log: Vec<LogLine>,
    took: u64,
    /// The events that steps told, with the number of records that were there before.
    told: Vec<(usize, world::Told)>,
}

impl TestRunner {
    /// Makes ready to test a program whose files lie in `root`.
    ///
    /// # Errors
    /// The program does not fit the plugins.
    pub fn new(
        program: Arc<Program>,
        registry: Arc<Registry>,
        root: &Path,
    ) -> Result<Self, CoreError> {
        let image = Image::new(program, &registry)?;
        let secrets = image.keys_of("secrets").into_iter();
        let secrets = secrets.map(|name| (name.clone(), Value::from(format!("secret-{name}"))));
        let image = Arc::new(image.with_secrets(secrets.collect()));
        Ok(Self { image, registry, root: root.to_owned(), crashes: true })
    }

    /// Whether a test also dies behind each of its records, and goes on.
    #[must_use]
    pub fn crashes(self, crashes: bool) -> Self {
        Self { crashes, ..self }
    }

    /// Runs a test.
    pub async fn run(&self, test: &Test) -> TestReport {
        let mut report = TestReport {
            name: test.name.value.clone(),
            failures: Vec::new(),
            outcome: None,
            visits: Vec::new(),
            log: Vec::new(),
            took: 0,
            records: 0,
            crashes: 0,
        };
        let played = match self.begin(test) {
            Ok(run) => self.play(test, &run, &[], &[]).await.map(|played| (run, played)),
            Err(failure) => Err(failure),
        };
        let (run, played) = match played {
            Ok(done) => done,
            Err(failure) => {
                report.failures.push(failure);
                return report;
            }
        };
        report.failures = verdict::judge(&test.expect, &played.outcome, &played.visits);
        if self.crashes && report.failures.is_empty() {
            match self.crash_everywhere(test, &run, &played).await {
                Ok(crashes) => report.crashes = crashes,
                Err(failure) => report.failures.push(failure),
            }
        }
        report.log = played.log.iter().map(ToString::to_string).collect();
        report.took = played.took;
        report.records = played.records.len();
        report.visits = played.visits;
        report.outcome = Some(played.outcome);
        report
    }

    /// The run of a test.
    fn begin(&self, test: &Test) -> Result<RunInfo, String> {
        let started = match &test.clock {
            Some(clock) => world::instant(&clock.value)
                .ok_or_else(|| format!("`clock: {}` is no instant", clock.value))?,
            None => START,
        };
        let workflow = test.workflow.value.clone();
        let input = match &test.input {
            Value::Null => Value::Object(Map::new()),
            given => given.clone(),
        };
        let input = self
            .image
            .complete_input(&workflow, input, started)
            .map_err(|error| format!("the input does not fit: {}", verdict::invalid(&error)))?;
        let env = self.image.keys_of("env").into_iter().map(|name| (name, Value::Null));
        let env = Value::Object(env.collect());
        Ok(RunInfo { id: format!("test-{}", test.name.value), workflow, input, env, started })
    }

    /// Recovers from a journal, then goes on to the end. `told` are the events that its steps told before.
    async fn play(
        &self,
        test: &Test,
        run: &RunInfo,
        journal: &[Record],
        told: &[world::Told],
    ) -> Result<Played, String> {
        let (mut machine, mut commands) = Machine::traced(Arc::clone(&self.image), run.clone())
            .map_err(|error| error.to_string())?;
        if !journal.is_empty() {
            for record in journal {
                machine.apply(record.at, record.event.clone());
            }
            commands = machine.outstanding();
        }
        let mut world = World::new(test, run, machine.now(), told);
        let mut records = journal.to_vec();
        let mut log = Vec::new();
        let mut all_told: Vec<(usize, world::Told)> = Vec::new();
        let outcome = loop {
            for command in std::mem::take(&mut commands) {
                world.take(command);
            }
            if let Some(outcome) = world.outcome.take() {
                break outcome;
            }
            while let Some(call) = world.calls.pop_front() {
                let performed = self.perform(test, run, &call).await?;
                log.extend(performed.log);
                world.performed(&call, performed.result, performed.told);
            }
            let Some((event, new)) = world.next(&machine) else {
                return Err(waits_for_nothing(&machine, &world));
            };
            let signature = machine.signature(event.key()).unwrap_or_default().to_owned();
            records.push(Record { at: world.now, signature, event: event.clone() });
            all_told.extend(new.into_iter().map(|told| (records.len(), told)));
            if records.len() > MOST_RECORDS {
                return Err(format!("the run does not end: it has {MOST_RECORDS} records by now"));
            }
            commands = machine.apply(world.now, event);
        };
        let took = world.now - run.started;
        let visits = machine.visits().to_vec();
        Ok(Played { records, outcome, visits, log, took, told: all_told })
    }

    /// Dies behind records, goes on, and compares the ends; says how often.
    async fn crash_everywhere(
        &self,
        test: &Test,
        run: &RunInfo,
        plain: &Played,
    ) -> Result<usize, String> {
        let length = plain.records.len();
        let stride = length.div_ceil(MOST_CRASHES).max(1);
        let mut crashes = 0;
        for kept in (0..length).step_by(stride) {
            let told: Vec<world::Told> = plain
                .told
                .iter()
                .filter(|(records, _)| *records <= kept)
                .map(|(_, told)| told.clone())
                .collect();
            let again = self.play(test, run, &plain.records[..kept], &told).await;
            let again = again.map_err(|failure| {
                format!("after a crash behind record {kept} of {length}: {failure}")
            })?;
            if again.outcome != plain.outcome {
                let wanted = verdict::words(&plain.outcome);
                let found = verdict::words(&again.outcome);
                return Err(format!(
                    "after a crash behind record {kept} of {length} the run {found}; undisturbed it {wanted}"
                ));
            }
            crashes += 1;
        }
        Ok(crashes)
    }
}

/// What to say of a run that nothing more happens to.
fn waits_for_nothing(machine: &Machine, world: &World) -> String {
    let mut listening = world.listening(machine);
    match listening.next() {
        Some(first) => {
            let more: String = listening.map(|key| format!(", `{key}`")).collect();
            format!(
                "the run waits for ever at `{first}`{more}: no event that fits comes; add one to `events` of the test"
            )
        }
        None => "the run waits for ever, and nothing more happens".to_owned(),
    }
}

/// Whether a call's end is a record of this event.
fn is_end_of(event: &Event, key: &str, attempt: u32) -> bool {
    matches!(event, Event::Completed { key: k, attempt: a, .. } if k == key && *a == attempt)
}
