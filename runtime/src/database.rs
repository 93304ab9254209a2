//! A SQLite file with one thread that writes it. What runs at the same time commits together: see [`batch`].

mod batch;
mod failure;

use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tokio::sync::{mpsc, oneshot};

pub(crate) use batch::Grouping;
use batch::{Job, Typed};
pub(crate) use failure::{Failure, FailureKind};

/// How many logical transactions may wait; more wait for a place.
const QUEUE: usize = 8192;

/// The one writer of a file. Dropping it finishes what was submitted.
pub(crate) struct Database {
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Database {
    /// Starts the thread that writes through this connection.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one writer of a file is a thread: its calls block"
    )]
    pub(crate) fn start(connection: Connection, grouping: Grouping) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let thread = std::thread::spawn(move || batch::serve(&connection, grouping, queue));
        Self { jobs: Some(jobs), thread: Some(thread) }
    }

    /// Runs a logical transaction, and answers when it is on disk. Where `work` fails, it leaves nothing behind; it may be
    /// called again when others spoil the transaction it shared.
    pub(crate) async fn run<T, E>(
        &self,
        bytes: usize,
        work: impl FnMut(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Failure> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job: Box<dyn Job> = Box::new(Typed::new(bytes, work, reply));
        let sent = match &self.jobs {
            Some(jobs) => jobs.send(job).await.is_ok(),
            None => false,
        };
        if !sent {
            return Err(Failure::stopped().into());
        }
        answer.await.unwrap_or_else(|_| Err(Failure::stopped().into()))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has reached everyone who waited for it.
            let _ = thread.join();
        }
    }
}

/// Opens a file for reading and writing; creates it.
pub(crate) fn open(path: &Path, patience: Duration) -> Result<Connection, Failure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(patience)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Opens a file for reading.
pub(crate) fn open_read_only(path: &Path, patience: Duration) -> Result<Connection, Failure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(patience)?;
    Ok(connection)
}

/// Makes commits durable: write-ahead log, flushed at every commit.
pub(crate) fn make_durable(connection: &Connection) -> Result<(), Failure> {
    // Changing the mode does not wait for others, so it is tried again; it is needed once in the life of a file.
    let mut tries = 0;
    loop {
        match connection.pragma_update(None, "journal_mode", "wal") {
            Ok(()) => break,
            Err(error) if tries < 100 && Failure::from(&error).kind == FailureKind::Busy => {
                tries += 1;
                pause();
            }
            Err(error) => return Err(error.into()),
        }
    }
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", "on")?;
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "runs on a thread that may block, and only while a file is created"
)]
fn pause() {
    std::thread::sleep(Duration::from_millis(20));
}
