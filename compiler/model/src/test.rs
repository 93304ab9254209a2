//! Tests of workflows: what a run is given, how the outside world answers, and what must come of it.

use indexmap::IndexMap;
use locus_diag::{Span, Spanned};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A test of a workflow, on a virtual clock.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Test {
    /// Its name.
    pub name: Spanned<String>,
    /// What it proves, for readers.
    pub description: Option<String>,
    /// The workflow.
    pub workflow: Spanned<String>,
    /// The input of the run, without the defaults of the workflow.
    pub input: Value,
    /// How steps end instead of being performed, by step key: a step path, with iterations (`reserve_all[2]/reserve`) where only those are
    /// meant.
    pub mocks: IndexMap<String, Mock>,
    /// Events that come while it runs, in the author's order.
    pub events: Vec<TestEvent>,
    /// The time at which it begins, RFC 3339; any time when nothing is said.
    pub clock: Option<Spanned<String>>,
    /// What must come of it.
    pub expect: Expectation,
    /// The whole declaration.
    pub span: Span,
}

/// How a step ends instead of being performed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Mock {
    /// The ends of its attempts, at least one.
    pub attempts: Vec<MockEnd>,
    /// Whether every attempt ends like the only one in the list; otherwise there are no more attempts than the list has.
    pub always: bool,
    /// Where it is written.
    pub span: Span,
}

/// How an attempt ends.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MockEnd {
    /// With this result.
    Result(Value),
    /// With an error.
    Error {
        /// Its code.
        code: Spanned<String>,
        /// What is said of it.
        message: Option<String>,
        /// Whether trying again may help.
        retryable: bool,
    },
}

/// An event that comes while a test runs.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TestEvent {
    /// Its type.
    pub event: Spanned<String>,
    /// What it is about.
    pub subject: Option<String>,
    /// What it says.
    pub data: Value,
    /// How long after the beginning it comes, in milliseconds.
    pub after: u64,
}

/// What must come of a test; what is not named is not compared.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize)]
pub struct Expectation {
    /// What the run returns.
    pub output: Option<Value>,
    /// The code of the error that the run fails with.
    pub error: Option<Spanned<String>>,
    /// Step keys that run, in this order; others may run between them.
    pub steps: Vec<Spanned<String>>,
    /// Step keys that do not run.
    pub not_run: Vec<Spanned<String>>,
}
