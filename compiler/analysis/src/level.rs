//! A step being looked at, with the blocks around it: which steps have run when it is its turn.

use std::cell::{OnceCell, RefCell};
use std::collections::HashSet;

use locus_expr::Ty;

use crate::graph;
use crate::steps::{BlockDraft, StepDraft};

/// A step being looked at, among those of its block, inside the blocks around.
pub(crate) struct Level<'l> {
    /// The block.
    pub(crate) block: &'l BlockDraft<'l>,
    /// The number of the step; that of its steps, behind all of them.
    pub(crate) at: usize,
    /// Whether the block undoes the step around it.
    pub(crate) undoes: bool,
    /// The step around the block.
    pub(crate) outer: Option<&'l Level<'l>>,
    /// Whether the step's own result is there.
    own: bool,
    /// The types of the results of the block's steps, as far as they are known by now.
    results: Option<&'l RefCell<Vec<Ty>>>,
    before: OnceCell<HashSet<usize>>,
}

impl<'l> Level<'l> {
    /// A step of a workflow that is about to run.
    fn at(block: &'l BlockDraft<'l>, at: usize) -> Self {
        Self {
            block,
            at,
            undoes: false,
            outer: None,
            own: false,
            results: None,
            before: OnceCell::new(),
        }
    }

    /// A step that is about to run, in a block inside another step.
    pub(crate) fn inside(
        block: &'l BlockDraft<'l>,
        at: usize,
        outer: Option<&'l Level<'l>>,
        undoes: bool,
    ) -> Self {
        Self { undoes, outer, ..Self::at(block, at) }
    }

    /// The place before every step of a workflow.
    pub(crate) fn start(block: &'l BlockDraft<'l>) -> Self {
        Self::at(block, 0)
    }

    /// The place behind every step of a workflow.
    pub(crate) fn end(block: &'l BlockDraft<'l>) -> Self {
        Self::at(block, block.steps.len())
    }

    /// The same step, when it is done.
    pub(crate) fn done(&self) -> Self {
        let inside = Self::inside(self.block, self.at, self.outer, self.undoes);
        Self { own: true, results: self.results, ..inside }
    }

    /// The same place, with the types of the results of the block's steps.
    pub(crate) fn with_results(self, results: &'l RefCell<Vec<Ty>>) -> Self {
        Self { results: Some(results), ..self }
    }

    /// The type of the result of a step of the block.
    pub(crate) fn result(&self, index: usize) -> Ty {
        let results = self.results.map(RefCell::borrow);
        results.and_then(|all| all.get(index).cloned()).unwrap_or_else(Ty::any)
    }

    /// The step.
    pub(crate) fn step(&self) -> Option<&'l StepDraft<'l>> {
        self.block.steps.get(self.at)
    }

    /// Whether a step of the same block has a result by now.
    pub(crate) fn has_run(&self, index: usize) -> bool {
        if index == self.at && self.own {
            return true;
        }
        if !self.block.graph || self.at >= self.block.steps.len() {
            return index < self.at;
        }
        self.before.get_or_init(|| graph::before(self.block, self.at)).contains(&index)
    }

    /// This place and those around it, inside out.
    pub(crate) fn outwards(&self) -> impl Iterator<Item = &Level<'l>> {
        std::iter::successors(Some(self), |level| level.outer)
    }
}
