//! Tests of workflows.

use super::{Construct, Form, Names, construct, key, needed};

/// A test of a workflow.
pub static TEST: Construct = construct(
    "test",
    "a test",
    "A run of a workflow on a virtual clock: what it is given, how the outside world answers, and what must come of it.",
    &[
        key("description", Form::Prose, "What it proves, for readers."),
        needed("workflow", Form::Name(Names::Workflow), "The workflow."),
        key("input", Form::MapOf(Names::Input, &Form::Data), "The input of the run."),
        key(
            "mocks",
            Form::MapOf(
                Names::StepPath,
                &Form::Either(&[Form::Construct(&MOCK), Form::List(&Form::Construct(&MOCK))]),
            ),
            "How steps end instead of being performed, by step path: in every attempt, or in a list one attempt after another.",
        ),
        key("events", Form::List(&Form::Construct(&TEST_EVENT)), "Events that come while it runs."),
        key("clock", Form::Instant, "The time at which it begins."),
        needed("expect", Form::Construct(&EXPECT), "What must come of it."),
    ],
);

/// How a step ends in a test.
pub static MOCK: Construct = Construct {
    exactly_one: &[&["result", "error"]],
    ..construct(
        "mock",
        "a mock",
        "How a step ends in a test instead of being performed.",
        &[
            key("result", Form::Data, "Its result."),
            key(
                "error",
                Form::Either(&[Form::Name(Names::Error), Form::Construct(&MOCK_ERROR)]),
                "The error it fails with: a code, or a mapping.",
            ),
        ],
    )
};

/// An error that a step fails with in a test.
pub static MOCK_ERROR: Construct = construct(
    "mock_error",
    "an error",
    "An error that a step fails with in a test.",
    &[
        needed("code", Form::Name(Names::Error), "Its code, which `catch` and `retry` match."),
        key("message", Form::Prose, "What is said of it."),
        key("retryable", Form::Bool, "Whether trying again may help."),
    ],
);

/// An event in a test.
pub static TEST_EVENT: Construct = construct(
    "test_event",
    "an event",
    "An event that comes while a test runs.",
    &[
        needed("type", Form::Name(Names::Event), "Its type."),
        key("subject", Form::Prose, "What it is about."),
        key("data", Form::Data, "What it says."),
        key("after", Form::Duration, "How long after the beginning it comes; at once without it."),
    ],
);

/// What must come of a test.
pub static EXPECT: Construct = Construct {
    at_most_one: &[&["output", "error"]],
    ..construct(
        "expect",
        "`expect`",
        "What must come of a test; what is not named is not compared.",
        &[
            key("output", Form::Data, "What the run returns."),
            key(
                "error",
                Form::Name(Names::Error),
                "The code of the error that the run fails with.",
            ),
            key(
                "steps",
                Form::List(&Form::Name(Names::StepPath)),
                "Steps that run, in this order; others may run between them.",
            ),
            key("not_run", Form::List(&Form::Name(Names::StepPath)), "Steps that do not run."),
        ],
    )
};
