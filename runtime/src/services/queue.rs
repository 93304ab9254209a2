//! A durable queue in a file: a table of messages that a consumer reads in the order of their numbers. A message is there once for each
//! idempotency key, however often it is published.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use locus_plugin::StepError;
use locus_plugin::action::StepInfo;
use locus_plugin::services::{Message, Published};
use rusqlite::{Connection, OptionalExtension};
use tokio::sync::OnceCell;

use super::connections::Settings;
use crate::database::{self, Database, Failure, Grouping};

const PATIENCE: Duration = Duration::from_secs(5);

/// Numbers are never used again, even where a consumer has deleted messages.
const TABLE: &str = "
create table if not exists message (
    id integer primary key autoincrement,
    key text not null unique,
    topic text not null,
    payload text not null,
    headers text not null,
    run text not null,
    at integer not null
) strict;
create index if not exists message_topic on message (topic, id);
";

/// The queues that are open.
#[derive(Default)]
pub(super) struct Queues {
    open: Mutex<BTreeMap<Settings, Arc<OnceCell<Database>>>>,
}

/// A message in columns.
struct Row {
    key: String,
    topic: String,
    payload: String,
    headers: String,
    run: String,
    at: u64,
}

impl Queues {
    /// Publishes a message, once for this key.
    pub(super) async fn publish(
        &self,
        settings: Settings,
        step: &StepInfo,
        key: &str,
        message: Message,
    ) -> Result<Published, StepError> {
        let cell = {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(open.entry(settings.clone()).or_default())
        };
        let queue = cell.get_or_try_init(|| open(settings)).await?;
        let row = Row {
            key: key.to_owned(),
            topic: message.topic,
            payload: message.payload.to_string(),
            headers: serde_json::json!(message.headers).to_string(),
            run: step.run_id.clone(),
            at: step.now,
        };
        let bytes = 64 + row.payload.len() + row.headers.len();
        let published = queue.run(bytes, move |connection| insert(connection, &row)).await;
        published.map_err(queue_error)
    }
}

async fn open(settings: Settings) -> Result<Database, StepError> {
    let opened = tokio::task::spawn_blocking(move || {
        prepare(&settings.path).map_err(|mut failure| {
            failure.message = format!("{} (`{}`)", failure.message, settings.path.display());
            queue_error(failure)
        })
    });
    opened.await.unwrap_or_else(|_| Err(queue_error(Failure::stopped())))
}

fn prepare(path: &Path) -> Result<Database, Failure> {
    let connection = database::open(path, PATIENCE)?;
    database::make_durable(&connection)?;
    connection.execute_batch(&format!("begin immediate; {TABLE} commit;"))?;
    Ok(Database::start(connection, Grouping::Hopeful))
}

fn insert(connection: &Connection, row: &Row) -> Result<Published, Failure> {
    let inserted: Option<i64> = connection
        .prepare_cached(
            "insert into message (key, topic, payload, headers, run, at) \
             values (?1, ?2, ?3, ?4, ?5, ?6) on conflict (key) do nothing returning id",
        )?
        .query_row((&row.key, &row.topic, &row.payload, &row.headers, &row.run, row.at), |row| {
            row.get(0)
        })
        .optional()?;
    if let Some(id) = inserted {
        return Ok(Published { id: id.to_string(), duplicate: false });
    }
    let id: i64 = connection
        .prepare_cached("select id from message where key = ?1")?
        .query_row([&row.key], |row| row.get(0))?;
    Ok(Published { id: id.to_string(), duplicate: true })
}

/// A queue's own codes are few: its file is not the author's concern.
fn queue_error(failure: Failure) -> StepError {
    let error = StepError::from(failure);
    StepError { code: "queue_error".to_owned(), ..error }
}
