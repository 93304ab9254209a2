//! What the tests of a program went through: of each workflow, the steps that ran and the branches that were taken.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use indexmap::IndexMap;
use locus_model::{Block, Program, StepPath};
use serde::Serialize;

use super::TestReport;
use crate::core::Visit;

/// What tests went through, by workflow in the order of the program.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize)]
pub struct Coverage {
    /// The workflows.
    pub workflows: IndexMap<String, WorkflowCoverage>,
}

/// What tests went through of one workflow.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize)]
pub struct WorkflowCoverage {
    /// How many steps it has.
    pub steps: usize,
    /// The paths of those that never ran.
    pub steps_missed: Vec<String>,
    /// How many branches it has: inner blocks, and both ways of a condition.
    pub branches: usize,
    /// Those that were never taken.
    pub branches_missed: Vec<Branch>,
}

/// A way that a run can take.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Branch {
    /// An inner block of the step at this path: its name, or its place among the parameters.
    Block(String, String),
    /// The step at this path is skipped.
    Skipped(String),
}

impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Block(path, block) => write!(f, "`{path}`: {block}"),
            Self::Skipped(path) => write!(f, "`{path}`: skipped"),
        }
    }
}

impl Coverage {
    /// What these tests of a program went through.
    #[must_use]
    pub fn of(program: &Program, reports: &[TestReport]) -> Self {
        let mut seen = Seen::default();
        for visit in reports.iter().flat_map(|report| &report.visits) {
            match visit {
                Visit::Step { path, skipped: false, .. } => {
                    seen.ran.insert(path);
                }
                Visit::Step { path, skipped: true, .. } => {
                    seen.skipped.insert(path);
                }
                Visit::Block { path, pointer } => {
                    seen.blocks.entry(path).or_default().insert(pointer);
                }
            }
        }
        let workflows = program.workflows.iter().map(|(name, workflow)| {
            let mut covered = WorkflowCoverage::default();
            covered.add(&workflow.steps, &seen);
            (name.clone(), covered)
        });
        Self { workflows: workflows.collect() }
    }

    /// How many steps ran, of how many, and how many branches were taken, of how many.
    #[must_use]
    pub fn totals(&self) -> [(usize, usize); 2] {
        let mut totals = [(0, 0); 2];
        for workflow in self.workflows.values() {
            let parts = [
                (workflow.steps_missed.len(), workflow.steps),
                (workflow.branches_missed.len(), workflow.branches),
            ];
            for (total, (missed, all)) in totals.iter_mut().zip(parts) {
                total.0 += all - missed;
                total.1 += all;
            }
        }
        totals
    }
}

/// What all tests came to.
#[derive(Default)]
struct Seen<'v> {
    ran: BTreeSet<&'v StepPath>,
    skipped: BTreeSet<&'v StepPath>,
    blocks: BTreeMap<&'v StepPath, BTreeSet<&'v str>>,
}

impl WorkflowCoverage {
    fn add(&mut self, block: &Block, seen: &Seen<'_>) {
        for step in &block.steps {
            self.steps += 1;
            if !seen.ran.contains(&step.path) {
                self.steps_missed.push(step.path.to_string());
            }
            if step.when.is_some() {
                self.branches += 1;
                if !seen.skipped.contains(&step.path) {
                    self.branches_missed.push(Branch::Skipped(step.path.to_string()));
                }
            }
            for slot in &step.slots {
                self.branches += 1;
                let blocks = seen.blocks.get(&step.path);
                if !blocks.is_some_and(|blocks| blocks.contains(slot.pointer.as_str())) {
                    let name = slot.segment.clone();
                    let name =
                        name.unwrap_or_else(|| slot.pointer.trim_start_matches('/').to_owned());
                    self.branches_missed.push(Branch::Block(step.path.to_string(), name));
                }
                self.add(&slot.block, seen);
            }
            if let Some(undo) = &step.compensate {
                self.add(undo, seen);
            }
        }
    }
}
