//! What a run shows while it goes on: the log's lines always, a moving line on a terminal.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use locus_plugin::services::LogLevel;
use locus_runtime::{EngineEvent, EngineEvents};

use crate::ui::{Ui, foreign};

/// Shows what an engine tells.
pub(crate) struct Progress {
    ui: Ui,
    quiet: bool,
    bar: ProgressBar,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    done: u64,
    retries: u64,
    running: BTreeMap<String, u32>,
}

impl Progress {
    pub(crate) fn new(ui: Ui, quiet: bool) -> Self {
        let bar = if ui.interactive && !quiet {
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10))
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}") {
            bar.set_style(style);
        }
        Self { ui, quiet, bar, state: Mutex::default() }
    }

    /// Takes the moving line away and says how many steps were performed.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// A line that stays.
    fn line(&self, text: &str) {
        if !self.quiet {
            self.bar.suspend(|| self.ui.note(text));
        }
    }

    fn update(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        if self.bar.is_hidden() {
            return;
        }
        let current = state.running.keys().next().map_or("", String::as_str);
        let retries = match state.retries {
            0 => String::new(),
            count => format!(", {count} retried"),
        };
        self.bar.set_message(format!("{} effects{retries}  {current}", state.done));
        self.bar.tick();
    }
}

impl EngineEvents for Progress {
    fn event(&self, event: &EngineEvent<'_>) {
        match event {
            EngineEvent::RunResumed { run, records, .. } => {
                self.line(&format!("resuming run {run} behind {records} recorded events"));
            }
            EngineEvent::StepStarted { key, .. } => {
                self.update(|state| *state.running.entry((*key).to_owned()).or_default() += 1);
            }
            EngineEvent::StepEnded { key, result, .. } => self.update(|state| {
                state.running.remove(*key);
                state.done += u64::from(result.is_ok());
            }),
            EngineEvent::StepCancelled { key, .. } => {
                self.update(|state| {
                    state.running.remove(*key);
                });
            }
            EngineEvent::StepRetrying { .. } => self.update(|state| state.retries += 1),
            EngineEvent::Log { level, key, message, fields, .. } => {
                let (word, color) = match level {
                    LogLevel::Debug => ("debug", "2"),
                    LogLevel::Info => ("info", "32"),
                    LogLevel::Warn => ("warn", "33"),
                    LogLevel::Error => ("error", "31"),
                };
                let empty =
                    fields.is_null() || fields.as_object().is_some_and(serde_json::Map::is_empty);
                let fields = if empty { String::new() } else { format!(" {fields}") };
                let word = self.ui.paint(word, color);
                let key = self.ui.paint(key, "2");
                self.line(&format!("{word} {}{}  {key}", foreign(message), foreign(fields)));
            }
            _ => {}
        }
    }
}
