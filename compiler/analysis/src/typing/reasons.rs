//! Why values may be null: numbers in types, and what each stands for, so that a report can show the cause.

use std::sync::Arc;

use locus_diag::Span;

/// Why a value may be null.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Reason {
    /// It is declared so: `T?`.
    Declared {
        /// The field or input.
        name: String,
        /// Where it is declared.
        place: Span,
    },
    /// The step is skipped when its condition is not true.
    Skipped {
        /// The step in the words of a message.
        step: String,
        /// The condition.
        place: Span,
        /// What the condition looks at: whoever looks at the same has thought of it.
        topics: Arc<[String]>,
    },
    /// None of the step's blocks may run.
    NoBlock {
        /// The step in the words of a message.
        step: String,
        /// The step.
        place: Span,
    },
    /// The step that sets the variable may not have run.
    NotSet {
        /// The variable.
        name: String,
        /// The condition of that step, or the step.
        place: Option<Span>,
        /// What the condition looks at.
        topics: Arc<[String]>,
    },
}

/// The reasons of one workflow, behind those of the program's types.
#[derive(Clone, Default)]
pub(crate) struct Reasons {
    declared: Arc<Vec<Reason>>,
    own: Vec<Reason>,
}

impl Reasons {
    /// Behind these.
    pub(crate) fn behind(declared: Arc<Vec<Reason>>) -> Self {
        Self { declared, own: Vec::new() }
    }

    /// The number of a reason, which is new if it was not there.
    pub(crate) fn add(&mut self, reason: Reason) -> u32 {
        let at = self.own.iter().rposition(|known| *known == reason).unwrap_or_else(|| {
            self.own.push(reason);
            self.own.len() - 1
        });
        u32::try_from(self.declared.len() + at).unwrap_or(u32::MAX)
    }

    /// The reason of a number.
    pub(crate) fn get(&self, number: u32) -> Option<&Reason> {
        let number = number as usize;
        self.declared.get(number).or_else(|| self.own.get(number.checked_sub(self.declared.len())?))
    }

    /// Those that were added.
    pub(crate) fn into_own(self) -> Vec<Reason> {
        self.own
    }
}
