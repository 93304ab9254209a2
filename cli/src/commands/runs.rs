//! `locus runs`: recorded runs, looked at and acted on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use locus_plugin::{EventDraft, Registry};
use locus_runtime::core::{Event, Record};
use locus_runtime::{
    Attend, Cancelling, Engine, EngineError, RunFilter, RunRow, RunState, until_interrupted,
};
use serde_json::{Value, json};

use crate::args::{RunPlace, RunStateArg, Runs};
use crate::progress::Progress;
use crate::session::{
    engine_error, interrupted, open, open_as, outcomes, show_outcome, store_file, wait_for,
};
use crate::ui::{Failed, Outcome, Ui, foreign};
use locus_runtime::core::format_instant;

pub(crate) fn runs(command: &Runs, registry: Arc<Registry>, ui: Ui) -> Outcome {
    match command {
        Runs::List { place, state, limit, json } => {
            let session = Session::open(place, registry, true, ui)?;
            list(&session.engine, *state, *limit, *json, ui)
        }
        Runs::Show { id, place, json } => {
            let session = Session::open(place, registry, true, ui)?;
            show(&session.engine, id, *json, ui)
        }
        Runs::Resume { ids, from, place, json, quiet } => {
            let session = Session::open(place, registry, *quiet, ui)?;
            wait_for(resume(&session, ids, from.as_deref(), *json, ui), ui)
        }
        Runs::Signal { id, name, data, subject, place, json } => {
            let session = Session::open(place, registry, true, ui)?;
            let data = serde_json::from_str(data).map_err(|error| {
                ui.error(
                    format_args!("the data is no JSON: {error}"),
                    Some("text stands in quotes: --data '\"approved\"'"),
                )
            })?;
            let event = EventDraft {
                event_type: name.clone(),
                source: None,
                subject: subject.clone(),
                data,
            };
            wait_for(signal(&session.engine, id, event, *json, ui), ui)
        }
        Runs::Attend { place, quiet } => {
            let session = Session::attending(place, registry, *quiet, ui)?;
            wait_for(attend(&session, ui), ui)
        }
        Runs::Schedules { place, remove, json } => {
            let session = Session::open(place, registry, true, ui)?;
            match remove {
                Some(id) => wait_for(unschedule(&session.engine, id, ui), ui),
                None => schedules(&session.engine, *json, ui),
            }
        }
        Runs::Prune { older_than, states, place, json } => {
            let session = Session::open(place, registry, true, ui)?;
            let age = locus_model::duration::parse_duration(older_than).map_err(|error| {
                ui.error(
                    format_args!("--older-than: {error}"),
                    Some("write a duration such as `30d`"),
                )
            })?;
            wait_for(prune(&session.engine, age, states, *json, ui), ui)
        }
        Runs::Export { id, name, place } => {
            let session = Session::open(place, registry, true, ui)?;
            export(&session.engine, id, name.as_deref(), ui)
        }
        Runs::Cancel { id, place, json } => {
            let session = Session::open(place, registry, false, ui)?;
            wait_for(cancel(&session, id, *json, ui), ui)
        }
    }
}

struct Session {
    engine: Engine,
    progress: Arc<Progress>,
}

impl Session {
    fn open(
        place: &RunPlace,
        registry: Arc<Registry>,
        quiet: bool,
        ui: Ui,
    ) -> Result<Self, Failed> {
        let root = folder_of(&place.project);
        let store = store_file(&root, &place.store);
        if !store.exists() {
            return Err(ui.error(
                format_args!("no runs are recorded in `{}`", store.display()),
                Some("name the project with `--project FOLDER`, or the record itself with `--store FILE`"),
            ));
        }
        let progress = Arc::new(Progress::new(ui, quiet));
        Ok(Self { engine: open(&root, store, registry, &progress, ui)?, progress })
    }

    /// One that looks after the runs of others too.
    fn attending(
        place: &RunPlace,
        registry: Arc<Registry>,
        quiet: bool,
        ui: Ui,
    ) -> Result<Self, Failed> {
        let root = folder_of(&place.project);
        let progress = Arc::new(Progress::new(ui, quiet));
        let store = store_file(&root, &place.store);
        let engine = open_as(&root, store, registry, &progress, Attend::All, ui)?;
        Ok(Self { engine, progress })
    }
}

/// The folder of a project that is named by itself or by a file in it.
fn folder_of(project: &Path) -> PathBuf {
    if project.is_dir() {
        return project.to_owned();
    }
    let parent = project.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new(".")).to_owned()
}

fn list(
    engine: &Engine,
    state: Option<RunStateArg>,
    limit: usize,
    as_json: bool,
    ui: Ui,
) -> Outcome {
    let filter = RunFilter {
        state: state.map(run_state),
        limit: u32::try_from(limit).ok(),
        ..RunFilter::default()
    };
    let runs = engine.runs(&filter).map_err(|error| engine_error(&error, ui))?;
    if as_json {
        let list: Vec<Value> = runs.iter().map(|run| run_json(engine, run)).collect();
        ui.json(&Value::Array(list));
        return Ok(());
    }
    if runs.is_empty() {
        ui.note("no runs");
    }
    for run in &runs {
        ui.result(format_args!(
            "{}  {:11} {}  {}",
            run.id,
            state_word(engine, run),
            format_instant(run.started),
            run.workflow
        ));
    }
    Ok(())
}

const fn run_state(state: RunStateArg) -> RunState {
    match state {
        RunStateArg::Running => RunState::Running,
        RunStateArg::Done => RunState::Done,
        RunStateArg::Failed => RunState::Failed,
        RunStateArg::Cancelled => RunState::Cancelled,
    }
}

/// The state in a word; a run that nobody looks after is `interrupted`, and one whose record makes no sense is `unreadable`.
fn state_word(engine: &Engine, run: &RunRow) -> &'static str {
    if run.problem.is_some() {
        return "unreadable";
    }
    if run.suspended && engine.is_executing(run).unwrap_or(true) {
        return if run.owner.is_none() { "planned" } else { "waiting" };
    }
    if run.state == RunState::Running && !engine.is_executing(run).unwrap_or(true) {
        "interrupted"
    } else {
        run.state.as_str()
    }
}

fn run_json(engine: &Engine, run: &RunRow) -> Value {
    json!({
        "run": run.id,
        "workflow": run.workflow,
        "state": state_word(engine, run),
        "started": format_instant(run.started),
        "ended": run.ended.map(format_instant),
        "wakes": run.wake_at.map(format_instant),
        "input": run.input,
        "output": run.outcome.as_ref().filter(|_| run.state == RunState::Done),
        "error": run.outcome.as_ref().filter(|_| run.state == RunState::Failed),
        "program": run.program,
    })
}

fn show(engine: &Engine, id: &str, as_json: bool, ui: Ui) -> Outcome {
    let run = find(engine, id, ui)?;
    let journal = engine.journal(&run.id).map_err(|error| engine_error(&error, ui))?;
    if as_json {
        let mut value = run_json(engine, &run);
        value["journal"] = json!(journal);
        ui.json(&value);
        return Ok(());
    }
    ui.result(format_args!("run       {}", run.id));
    ui.result(format_args!("workflow  {}", run.workflow));
    ui.result(format_args!("state     {}", state_word(engine, &run)));
    ui.result(format_args!("started   {}", format_instant(run.started)));
    if let Some(ended) = run.ended {
        ui.result(format_args!("ended     {}", format_instant(ended)));
    }
    ui.result(foreign(format_args!("input     {}", run.input)));
    match (&run.outcome, run.state) {
        (Some(output), RunState::Done) => ui.result(foreign(format_args!("output    {output}"))),
        (Some(error), RunState::Failed) => ui.result(foreign(format_args!("error     {error}"))),
        _ => {}
    }
    ui.result(format_args!("journal   {} events", journal.len()));
    for record in &journal {
        ui.result(foreign(record_line(record, run.started)));
    }
    Ok(())
}

fn record_line(record: &Record, started: u64) -> String {
    let after = record.at.saturating_sub(started);
    let what = match &record.event {
        Event::Begun { key, attempt } => format!("begun     {key}#{attempt}"),
        Event::Completed { key, attempt, result: Ok(value) } => {
            format!("done      {key}#{attempt}  {}", shortened(&value.to_string()))
        }
        Event::Completed { key, attempt, result: Err(error) } => {
            format!("failed    {key}#{attempt}  {}", shortened(&error.to_string()))
        }
        Event::Fired { key, kind } => {
            format!("fired     {key}  {}", format!("{kind:?}").to_lowercase())
        }
        Event::Received { key, event, .. } => {
            format!("received  {key}  {}  {}", event.event_type, shortened(&event.data.to_string()))
        }
        Event::CancelRequested => "cancel requested".to_owned(),
        Event::Rewound => "resumed from an earlier step".to_owned(),
    };
    format!("  {:>9}  {what}", format!("+{}", locus_model::duration::format_duration(after)))
}

fn shortened(text: &str) -> String {
    const LENGTH: usize = 100;
    if text.chars().count() <= LENGTH {
        return text.to_owned();
    }
    text.chars().take(LENGTH).chain("…".chars()).collect()
}

/// The run whose id is this, or begins so.
fn find(engine: &Engine, id: &str, ui: Ui) -> Result<RunRow, Failed> {
    if let Some(run) = engine.run(id).map_err(|error| engine_error(&error, ui))? {
        return Ok(run);
    }
    let all = engine.runs(&RunFilter::default()).map_err(|error| engine_error(&error, ui))?;
    let mut fitting: Vec<RunRow> =
        all.into_iter().filter(|run| !id.is_empty() && run.id.starts_with(id)).collect();
    match (fitting.pop(), fitting.len()) {
        (Some(run), 0) => Ok(run),
        (None, _) => Err(ui.error(
            format_args!("there is no run `{id}`"),
            Some("`locus runs list` lists the recorded runs"),
        )),
        (Some(_), more) => Err(ui.error(
            format_args!("{} runs have ids that begin with `{id}`", more + 1),
            Some("give more of the id"),
        )),
    }
}

/// Prints a test made of a run.
fn export(engine: &Engine, id: &str, name: Option<&str>, ui: Ui) -> Outcome {
    let run = find(engine, id, ui)?;
    let failed = |error: EngineError| engine_error(&error, ui);
    let program = engine.program(&run).map_err(failed)?;
    let program = program.ok_or_else(|| {
        ui.error(format_args!("the program of run {} is no longer in the store", run.id), None)
    })?;
    let journal = engine.journal(&run.id).map_err(failed)?;
    let end = run.id.char_indices().rev().nth(7).map_or(0, |(at, _)| at);
    let name = name.map_or_else(|| format!("run_{}", &run.id[end..]), str::to_owned);
    let spec = locus_runtime::testing::export(&name, &program, &run, &journal)
        .map_err(|error| ui.error(&error, None))?;
    ui.raw(&spec);
    Ok(())
}

async fn signal(engine: &Engine, id: &str, event: EventDraft, as_json: bool, ui: Ui) -> Outcome {
    let run = find(engine, id, ui)?;
    let event = engine.signal(&run.id, event).await.map_err(|error| engine_error(&error, ui))?;
    if as_json {
        ui.json(&event.to_value());
    } else {
        ui.note(format_args!("run {}: `{}` is there for it", run.id, event.event_type));
    }
    Ok(())
}

async fn attend(session: &Session, ui: Ui) -> Outcome {
    ui.note("looking after runs; Ctrl-C ends it, and everything stays recorded");
    let ended = until_interrupted(session.engine.attend()).await;
    session.engine.stop().await;
    session.progress.finish();
    match ended {
        Some(Err(error)) => Err(engine_error(&error, ui)),
        Some(Ok(())) | None => Ok(()),
    }
}

fn schedules(engine: &Engine, as_json: bool, ui: Ui) -> Outcome {
    let rows = engine.schedules().map_err(|error| engine_error(&error, ui))?;
    if as_json {
        let row = |row: &locus_runtime::ScheduleRow| {
            json!({
                "schedule": row.id,
                "workflow": row.workflow,
                "cron": row.cron,
                "timezone": row.timezone,
                "next": format_instant(row.next_at),
                "until": row.until.map(format_instant),
                "input": row.input,
            })
        };
        ui.json(&Value::Array(rows.iter().map(row).collect()));
        return Ok(());
    }
    if rows.is_empty() {
        ui.note("no schedules");
    }
    for row in rows {
        ui.result(foreign(format_args!(
            "{}  {}  {} ({})  {}",
            row.id,
            format_instant(row.next_at),
            row.cron,
            row.timezone,
            row.workflow
        )));
    }
    Ok(())
}

async fn unschedule(engine: &Engine, id: &str, ui: Ui) -> Outcome {
    engine.unschedule(id).await.map_err(|error| engine_error(&error, ui))?;
    ui.note(format_args!("schedule {id} is removed"));
    Ok(())
}

async fn prune(
    engine: &Engine,
    age: u64,
    states: &[RunStateArg],
    as_json: bool,
    ui: Ui,
) -> Outcome {
    let states: Vec<RunState> = if states.is_empty() {
        vec![RunState::Done, RunState::Failed, RunState::Cancelled]
    } else {
        states.iter().copied().map(run_state).collect()
    };
    let pruned = engine.prune(age, &states).await.map_err(|error| engine_error(&error, ui))?;
    if as_json {
        ui.json(&json!({ "runs": pruned.runs, "events": pruned.events }));
    } else {
        ui.note(format_args!("removed {} run(s) and {} event(s)", pruned.runs, pruned.events));
    }
    Ok(())
}

async fn resume(
    session: &Session,
    ids: &[String],
    from: Option<&str>,
    as_json: bool,
    ui: Ui,
) -> Outcome {
    let engine = &session.engine;
    let ids: Vec<String> = if ids.is_empty() {
        let found = engine.interrupted(RunFilter::default()).await;
        let mut runs = found.map_err(|error| engine_error(&error, ui))?;
        // The earliest first: as they were started.
        runs.reverse();
        runs.into_iter().map(|run| run.id).collect()
    } else {
        ids.iter().map(|id| find(engine, id, ui).map(|run| run.id)).collect::<Result<_, _>>()?
    };
    if ids.is_empty() {
        ui.note("no run was interrupted");
        return Ok(());
    }
    let mut handles = Vec::new();
    let mut failed = false;
    for id in &ids {
        let resumed = match from {
            Some(step) => engine.resume_from(id, step).await,
            None => engine.resume(id).await,
        };
        match resumed {
            Ok(handle) => handles.push(handle),
            Err(error) => {
                // Of several runs, which one.
                let message = format!("run {id}: {}", error.message);
                engine_error(&EngineError { message, ..error }, ui);
                failed = true;
            }
        }
    }
    let ended = outcomes(engine, handles).await;
    session.progress.finish();
    let Some(ended) = ended else { return Err(interrupted(&ids, ui)) };
    for (id, outcome) in &ended {
        failed |= show_outcome(id, outcome, as_json, ui).is_err();
    }
    if failed { Err(Failed) } else { Ok(()) }
}

async fn cancel(session: &Session, id: &str, as_json: bool, ui: Ui) -> Outcome {
    let engine = &session.engine;
    let run = find(engine, id, ui)?;
    let cancelling = engine.cancel(&run.id).await.map_err(|error| engine_error(&error, ui))?;
    let outcome = match cancelling {
        Cancelling::Elsewhere => {
            ui.note(format_args!(
                "run {}: the process that executes it was asked to cancel it",
                run.id
            ));
            return Ok(());
        }
        Cancelling::Ended(_) => {
            return Err(ui.error(
                format_args!("run {} has ended already: {}", run.id, run.state.as_str()),
                Some("only a run that has not ended can be cancelled"),
            ));
        }
        Cancelling::Here(handle) => {
            let ended = outcomes(engine, vec![handle]).await;
            session.progress.finish();
            match ended {
                None => return Err(interrupted(&[run.id], ui)),
                Some(ended) => ended.into_iter().next(),
            }
        }
    };
    match outcome {
        Some((id, Ok(locus_plugin::Outcome::Cancelled))) => {
            if as_json {
                ui.json(&json!({ "run": id, "state": "cancelled" }));
            } else {
                ui.note(format_args!("run {id} is cancelled"));
            }
            Ok(())
        }
        Some((id, outcome)) => show_outcome(&id, &outcome, as_json, ui),
        None => Ok(()),
    }
}
