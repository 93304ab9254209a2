//! One use of the engine by a command: the store opened, runs awaited, their ends shown.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use locus_plugin::{Outcome as RunOutcome, Registry};
use locus_runtime::{
    Attend, Engine, EngineConfig, EngineError, RunHandle, StoreLocation, block_on,
    until_interrupted,
};
use serde_json::{Value, json};

use crate::args::StoreArg;
use crate::progress::Progress;
use crate::ui::{Failed, Outcome, Ui, foreign};

/// Where runs are recorded unless the user says otherwise, below the project's folder.
const DEFAULT_STORE: &str = ".locus/runs.db";

/// The file that records the runs of a project.
pub(crate) fn store_file(root: &Path, arg: &StoreArg) -> PathBuf {
    arg.store.clone().unwrap_or_else(|| root.join(DEFAULT_STORE))
}

/// Opens the engine of a project.
pub(crate) fn open(
    root: &Path,
    store: PathBuf,
    registry: Arc<Registry>,
    progress: &Arc<Progress>,
    ui: Ui,
) -> Result<Engine, Failed> {
    open_as(root, store, registry, progress, Attend::Own, ui)
}

/// Opens the engine of a project; `attend` says whose runs it looks after.
pub(crate) fn open_as(
    root: &Path,
    store: PathBuf,
    registry: Arc<Registry>,
    progress: &Arc<Progress>,
    attend: Attend,
    ui: Ui,
) -> Result<Engine, Failed> {
    if let Some(folder) = store.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| {
            ui.error(
                format_args!(
                    "cannot make the folder `{}` for the record of runs: {error}",
                    folder.display()
                ),
                Some("give another file with `--store FILE`"),
            )
        })?;
    }
    let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
    let config =
        EngineConfig::new(StoreLocation::File(store), root, registry)
            .events(Arc::<Progress>::clone(progress));
    let config = EngineConfig { attend, ..config };
    Engine::open(config).map_err(|error| engine_error(&error, ui))
}

/// Says how the engine failed.
pub(crate) fn engine_error(error: &EngineError, ui: Ui) -> Failed {
    let help = (!error.help.is_empty()).then_some(error.help.as_str());
    let failed = ui.error(format_args!("{} [{}]", error.message, error.code), help);
    if let Value::Array(list) = &error.details {
        for problem in list.iter().skip(1) {
            let text = |key: &str| problem.get(key).and_then(Value::as_str).unwrap_or_default();
            ui.note(foreign(format_args!("  also: {} {}", text("path"), text("message"))));
        }
    }
    failed
}

/// Runs asynchronous work to its end.
pub(crate) fn wait_for<T>(
    work: impl Future<Output = Result<T, Failed>>,
    ui: Ui,
) -> Result<T, Failed> {
    block_on(work)
        .unwrap_or_else(|error| Err(ui.error(format_args!("no threads to run on: {error}"), None)))
}

/// Waits for runs and all they have started. `None`: the user interrupted the process; everything is recorded.
pub(crate) async fn outcomes(
    engine: &Engine,
    handles: Vec<RunHandle>,
) -> Option<Vec<(String, Result<RunOutcome, EngineError>)>> {
    let all = async {
        let mut ended = Vec::new();
        for handle in handles {
            let id = handle.id().to_owned();
            ended.push((id, handle.outcome().await));
        }
        engine.wait_idle().await;
        ended
    };
    let ended = until_interrupted(all).await;
    if ended.is_none() {
        engine.stop().await;
    }
    ended
}

/// What the user is told when the process is interrupted.
pub(crate) fn interrupted(ids: &[String], ui: Ui) -> Failed {
    ui.note(format_args!("interrupted; everything done so far is recorded. Go on with:"));
    for id in ids {
        ui.note(format_args!("  locus runs resume {id}"));
    }
    Failed
}

/// Shows how a run ended; a run that did not succeed fails the command.
pub(crate) fn show_outcome(
    id: &str,
    outcome: &Result<RunOutcome, EngineError>,
    as_json: bool,
    ui: Ui,
) -> Outcome {
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(error) => return Err(engine_error(error, ui)),
    };
    if as_json {
        ui.json(&outcome_json(id, outcome));
    }
    match outcome {
        RunOutcome::Done(value) => {
            if !as_json {
                ui.json(value);
            }
            Ok(())
        }
        RunOutcome::Failed(error) => {
            let step = error.step.as_deref().map_or_else(String::new, |step| format!(" at {step}"));
            let help = format!("`locus runs show {id}` shows what each step did");
            let failed = ui.error(
                format_args!("run {id} failed{step}: {} [{}]", error.message, error.code),
                Some(&help),
            );
            if !error.details.is_null() && !as_json {
                ui.note(foreign(format_args!("  details: {}", error.details)));
            }
            Err(failed)
        }
        RunOutcome::Cancelled => Err(ui.error(format_args!("run {id} was cancelled"), None)),
        RunOutcome::Exit(exit) => Err(ui.error(
            format_args!("run {id} ended by the signal `{}`, which nothing took", exit.signal),
            None,
        )),
    }
}

/// A run's end as JSON.
pub(crate) fn outcome_json(id: &str, outcome: &RunOutcome) -> Value {
    match outcome {
        RunOutcome::Done(value) => json!({ "run": id, "state": "done", "output": value }),
        RunOutcome::Failed(error) => json!({ "run": id, "state": "failed", "error": error }),
        RunOutcome::Cancelled => json!({ "run": id, "state": "cancelled" }),
        RunOutcome::Exit(exit) => json!({ "run": id, "state": "failed", "exit": exit }),
    }
}
