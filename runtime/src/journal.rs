//! Records as rows: how an [`Event`] lies in a store. A journal can be read without this crate: every column is text or a number.

use crate::core::{Event, Record, TimerKind};

/// A record in columns.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct JournalRow {
    /// Milliseconds since 1970-01-01 UTC.
    pub(crate) at: u64,
    /// What happened: `begun`, `done`, `failed`, `fired`, `received`, `cancel_requested` or `rewound`.
    pub(crate) kind: String,
    /// The step key; empty for the whole run.
    pub(crate) key: String,
    /// The attempt; 0 where there is none.
    pub(crate) attempt: u32,
    /// The signature of the step; empty for the whole run.
    pub(crate) signature: String,
    /// The result or error as JSON, or what a timer was for.
    pub(crate) body: String,
}

impl JournalRow {
    /// The row of a record.
    pub(crate) fn of(record: &Record) -> Self {
        let (kind, attempt, body) = match &record.event {
            Event::Begun { attempt, .. } => ("begun", *attempt, String::new()),
            Event::Completed { attempt, result: Ok(value), .. } => {
                ("done", *attempt, value.to_string())
            }
            Event::Completed { attempt, result: Err(error), .. } => {
                ("failed", *attempt, serde_json::json!(error).to_string())
            }
            Event::Fired { kind, .. } => ("fired", 0, timer_name(*kind).to_owned()),
            Event::Received { seq, event, .. } => {
                ("received", 0, serde_json::json!([seq, event]).to_string())
            }
            Event::CancelRequested => ("cancel_requested", 0, String::new()),
            Event::Rewound => ("rewound", 0, String::new()),
        };
        Self {
            at: record.at,
            kind: kind.to_owned(),
            key: record.event.key().to_owned(),
            attempt,
            signature: record.signature.clone(),
            body,
        }
    }

    /// The record of a row; what is wrong with it otherwise.
    pub(crate) fn record(self) -> Result<Record, String> {
        let Self { at, kind, key, attempt, signature, body } = self;
        let event = match kind.as_str() {
            "begun" => Event::Begun { key, attempt },
            "done" => Event::Completed { key, attempt, result: Ok(json(&body)?) },
            "failed" => Event::Completed { key, attempt, result: Err(json(&body)?) },
            "fired" => Event::Fired { key, kind: timer_kind(&body)? },
            "received" => {
                let (seq, event) = json(&body)?;
                Event::Received { key, seq, event }
            }
            "cancel_requested" => Event::CancelRequested,
            "rewound" => Event::Rewound,
            other => return Err(format!("a record of the unknown kind `{other}`")),
        };
        Ok(Record { at, signature, event })
    }

    /// How much it takes, roughly.
    pub(crate) fn bytes(&self) -> usize {
        64 + self.key.len() + self.signature.len() + self.body.len()
    }
}

fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| format!("a record that is no JSON: {error}"))
}

const fn timer_name(kind: TimerKind) -> &'static str {
    match kind {
        TimerKind::Wake => "wake",
        TimerKind::Timeout => "timeout",
        TimerKind::Retry => "retry",
    }
}

fn timer_kind(name: &str) -> Result<TimerKind, String> {
    [TimerKind::Wake, TimerKind::Timeout, TimerKind::Retry]
        .into_iter()
        .find(|kind| timer_name(*kind) == name)
        .ok_or_else(|| format!("a timer of the unknown kind `{name}`"))
}
