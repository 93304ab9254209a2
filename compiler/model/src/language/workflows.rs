//! Workflows, their triggers, and what every step may have.

use super::{
    Choice, Construct, Form, Key, Names, Others, choice, construct, key, needed, with_default,
};

/// A workflow.
pub static WORKFLOW: Construct = construct(
    "workflow",
    "a workflow",
    "A workflow: what it takes, what it does, what it returns, and what starts it.",
    &[
        key("description", Form::Prose, "What it is for, for readers."),
        key("input", Form::Map(&Form::Type), "What it takes, by name."),
        key(
            "output",
            Form::Value,
            "What it returns, with expressions over everything that has run; without it, the result of the last step.",
        ),
        key(
            "triggers",
            Form::List(&Form::Construct(&TRIGGER)),
            "What starts it, besides a caller.",
        ),
        key("timeout", Form::Duration, "How long a run may take; it then fails with `timeout`."),
        key(
            "concurrency",
            Form::Construct(&CONCURRENCY),
            "How many runs of it there may be at once, for each value of a key.",
        ),
        needed("steps", Form::Block, "What it does."),
    ],
);

/// How many runs there may be at once.
pub static CONCURRENCY: Construct = construct(
    "concurrency",
    "`concurrency`",
    "How many runs of a workflow there may be at once.",
    &[
        key(
            "key",
            Form::Value,
            "Runs with the same value of it are counted together; without it, all runs are.",
        ),
        needed("limit", Form::Whole(1), "How many of them there may be at once; others wait."),
    ],
);

/// What starts a workflow.
pub static TRIGGER: Construct = Construct {
    exactly_one: &[&["http", "cron", "event", "queue"]],
    ..construct(
        "trigger",
        "a trigger",
        "Something that starts a workflow, besides a caller.",
        &[
            key("http", Form::Construct(&HTTP_TRIGGER), "An HTTP request."),
            key(
                "cron",
                Form::Either(&[Form::Cron, Form::Construct(&CRON_TRIGGER)]),
                "A time that comes again, in five fields: minute, hour, day of month, month, day of week.",
            ),
            key("event", Form::Construct(&EVENT_TRIGGER), "An event."),
            key("queue", Form::Construct(&QUEUE_TRIGGER), "A message of a queue."),
        ],
    )
};

/// An HTTP request that starts a workflow.
pub static HTTP_TRIGGER: Construct = construct(
    "http_trigger",
    "an HTTP trigger",
    "An HTTP request that starts a workflow. Parts of its path are inputs; the other inputs are the fields of its body (`POST`, `PUT`, \
     `PATCH`) or its query (`GET`, `DELETE`).",
    &[
        needed("method", Form::Choice(METHODS), "The method."),
        needed("path", Form::Route, "The path; a part `{name}` is the input of that name."),
    ],
);

/// The methods of HTTP triggers.
pub const METHODS: &[Choice] = &[
    choice("GET", ""),
    choice("POST", ""),
    choice("PUT", ""),
    choice("PATCH", ""),
    choice("DELETE", ""),
];

/// A time that starts a workflow again and again.
pub static CRON_TRIGGER: Construct = construct(
    "cron_trigger",
    "a cron trigger",
    "A time that comes again and starts a workflow.",
    &[
        needed(
            "expression",
            Form::Cron,
            "When, in five fields: minute, hour, day of month, month, day of week.",
        ),
        with_default(
            "timezone",
            Form::TimeZone,
            "UTC",
            "The time zone in which the expression is read.",
        ),
        key("input", Form::MapOf(Names::Input, &Form::Data), "The inputs of each run."),
    ],
);

/// An event that starts a workflow.
pub static EVENT_TRIGGER: Construct = construct(
    "event_trigger",
    "an event trigger",
    "An event that starts a workflow. Its `data` is the workflow's input, unless `input` says otherwise.",
    &[
        needed("type", Form::Name(Names::Event), "The type of the event: `order.placed`."),
        key(
            "when",
            Form::Condition,
            "The condition under which it starts a run; the event is `.event`.",
        ),
        key(
            "input",
            Form::MapOf(Names::Input, &Form::Value),
            "The inputs of the run, made from the event, which is `.event`.",
        ),
    ],
);

/// A message of a queue that starts a workflow.
pub static QUEUE_TRIGGER: Construct = construct(
    "queue_trigger",
    "a queue trigger",
    "A message of a queue that starts a workflow. Its `payload` is the workflow's input, unless `input` says otherwise.",
    &[
        needed("connection", Form::Name(Names::Connection), "The queue."),
        needed("topic", Form::Text, "The topic of the messages."),
        key(
            "input",
            Form::MapOf(Names::Input, &Form::Value),
            "The inputs of the run, made from the message, which is `.message`.",
        ),
    ],
);

/// A step.
pub static STEP: Construct = Construct {
    others: Others::StepType,
    ..construct(
        "step",
        "a step",
        "A step: exactly one key names its type, with that type's parameters behind it; beside it stand the keys that every step may have.",
        STEP_KEYS,
    )
};

/// The keys that every step may have beside its type.
const STEP_KEYS: &[Key] = &[
    key(
        "id",
        Form::Identifier,
        "Its name in its block, in small letters: later steps see its result as `.steps.<id>`.",
    ),
    key("description", Form::Prose, "What it is for, for readers."),
    key(
        "when",
        Form::Condition,
        "The condition it runs under; otherwise it is skipped and its result is `null`.",
    ),
    key("retry", Form::Construct(&RETRY), "How it is tried again when it fails."),
    key("timeout", Form::Duration, "How long one attempt may take; it then fails with `timeout`."),
    key(
        "compensate",
        Form::Block,
        "Steps that undo it, run when the run fails or is cancelled after it succeeded.",
    ),
    key("output", Form::Value, "Reshapes its result, which is `.result` there."),
    key(
        "needs",
        Form::Either(&[Form::Name(Names::Step), Form::List(&Form::Name(Names::Step))]),
        "Steps of the same block that must be done first; with the first `needs`, the block runs as a graph.",
    ),
];

/// How a failed step is tried again.
pub static RETRY: Construct = construct(
    "retry",
    "`retry`",
    "How a failed step is tried again.",
    &[
        with_default("attempts", Form::Whole(1), "3", "Attempts in all, the first included."),
        with_default("backoff", Form::Choice(BACKOFF), "exponential", "How the delay grows."),
        with_default("initial", Form::Duration, "1s", "The delay before the second attempt."),
        with_default("max", Form::Duration, "60s", "The longest delay."),
        with_default(
            "jitter",
            Form::Choice(JITTER),
            "full",
            "How the delay is spread, so that many runs do not try again at once.",
        ),
        key(
            "errors",
            Form::List(&Form::Name(Names::Error)),
            "Exactly these error codes are tried again, `http_*` for all that begin so; without it, every failure that says trying again may help.",
        ),
    ],
);

/// How the delay between attempts grows.
pub const BACKOFF: &[Choice] = &[
    choice("constant", "Always the initial delay."),
    choice("linear", "The initial delay times the number of attempts made."),
    choice("exponential", "Twice as long each time."),
];

/// How the delay between attempts is spread.
pub const JITTER: &[Choice] = &[
    choice("none", "Not at all."),
    choice("full", "Anywhere from nothing to the whole delay."),
    choice("equal", "Anywhere from half of the delay to all of it."),
];
