//! What a run goes through: for tests of workflows, which show the steps that ran and the branches that were taken.

use std::sync::Arc;

use locus_model::StepPath;
use serde_json::Value;

use super::event::{Command, RunInfo};
use super::image::Image;
use super::machine::{CoreError, Machine};

/// Something that a run came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Visit {
    /// A step.
    Step {
        /// Its key.
        key: String,
        /// Its path.
        path: StepPath,
        /// Whether its condition did not hold.
        skipped: bool,
    },
    /// An inner block of a step, which starts.
    Block {
        /// The path of the step.
        path: StepPath,
        /// JSON pointer to the block among the parameters of the step.
        pointer: String,
    },
}

impl Machine {
    /// Starts a run that remembers what it goes through.
    ///
    /// # Errors
    /// The workflow does not exist.
    pub fn traced(image: Arc<Image>, run: RunInfo) -> Result<(Self, Vec<Command>), CoreError> {
        Self::begin(image, run, Some(Vec::new()))
    }

    /// What the run went through so far, in order; nothing unless it is [`traced`](Self::traced).
    #[must_use]
    pub fn visits(&self) -> &[Visit] {
        self.visits.as_deref().unwrap_or_default()
    }

    /// What the steps gave so far, each as later steps see it, in the order in which they ended; nothing unless the run is
    /// [`traced`](Self::traced).
    #[must_use]
    pub fn results(&self) -> &[(StepPath, Value)] {
        &self.results
    }

    /// Remembers what a step gave.
    pub(super) fn note_result(&mut self, path: &StepPath, value: &Value) {
        if self.visits.is_some() {
            self.results.push((path.clone(), value.clone()));
        }
    }

    /// Remembers a step.
    pub(super) fn visit_step(&mut self, path: &StepPath, key: &str, skipped: bool) {
        if let Some(visits) = &mut self.visits {
            visits.push(Visit::Step { key: key.to_owned(), path: path.clone(), skipped });
        }
    }

    /// Remembers a block.
    pub(super) fn visit_block(&mut self, path: &StepPath, pointer: &str) {
        if let Some(visits) = &mut self.visits {
            visits.push(Visit::Block { path: path.clone(), pointer: pointer.to_owned() });
        }
    }
}
