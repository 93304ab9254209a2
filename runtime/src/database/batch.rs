//! Group commit. The thread takes the first logical transaction, drains what else is waiting, and commits all of it at once: the
//! flush that is under way is the time in which the next group gathers, so nothing waits on purpose. Each logical transaction
//! can be taken back by itself, so that one that fails leaves the others alone. Answers are sent after the commit.

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::failure::{Failure, FailureKind};

/// The most logical transactions of one commit.
const MAX_JOBS: usize = 4096;
/// The most bytes of one commit, roughly.
const MAX_BYTES: usize = 1 << 20;

/// A logical transaction that somebody waits for.
pub(super) trait Job: Send {
    /// How much it writes, roughly.
    fn bytes(&self) -> usize;

    /// Does it and keeps the answer. Whether what it did may stay.
    fn attempt(&mut self, connection: &Connection) -> bool;

    /// Sends the kept answer; where the commit failed, that.
    fn settle(self: Box<Self>, committed: Result<(), Failure>);
}

/// A job whose answer has a type.
pub(super) struct Typed<T, E, F> {
    bytes: usize,
    work: F,
    kept: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Typed<T, E, F> {
    pub(super) fn new(bytes: usize, work: F, reply: oneshot::Sender<Result<T, E>>) -> Self {
        Self { bytes, work, kept: None, reply }
    }
}

impl<T, E, F> Job for Typed<T, E, F>
where
    T: Send,
    E: From<Failure> + Send,
    F: FnMut(&Connection) -> Result<T, E> + Send,
{
    fn bytes(&self) -> usize {
        self.bytes
    }

    fn attempt(&mut self, connection: &Connection) -> bool {
        let answer = (self.work)(connection);
        let stays = answer.is_ok();
        self.kept = Some(answer);
        stays
    }

    fn settle(self: Box<Self>, committed: Result<(), Failure>) {
        let answer = match (committed, self.kept) {
            // What failed by itself failed for its own reason, whatever became of the others.
            (_, Some(Err(error))) => Err(error),
            (Ok(()), Some(Ok(answer))) => Ok(answer),
            (Ok(()), None) => Err(Failure::stopped().into()),
            (Err(failure), _) => Err(failure.into()),
        };
        // Nobody waits any longer where a run was stopped.
        let _ = self.reply.send(answer);
    }
}

/// How the logical transactions of a group are kept apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Grouping {
    /// Each has a savepoint: failures are part of the usual course.
    Savepoints,
    /// First without: failures are rare, and a savepoint keeps a copy of every page that is changed under it. When one fails, all
    /// of it is taken back and done again with savepoints.
    Hopeful,
}

/// Serves until nobody can submit any more.
pub(super) fn serve(
    connection: &Connection,
    grouping: Grouping,
    mut queue: mpsc::Receiver<Box<dyn Job>>,
) {
    while let Some(first) = queue.blocking_recv() {
        let mut bytes = first.bytes();
        let mut group = vec![first];
        while group.len() < MAX_JOBS && bytes < MAX_BYTES {
            let Ok(next) = queue.try_recv() else { break };
            bytes += next.bytes();
            group.push(next);
        }
        commit(connection, grouping, group);
    }
}

/// Commits a group, and where it does not commit as a whole, each by itself.
fn commit(connection: &Connection, grouping: Grouping, mut group: Vec<Box<dyn Job>>) {
    if let Err(failure) = begin(connection) {
        for job in group {
            job.settle(Err(failure.clone()));
        }
        return;
    }
    let mut committed = commit_open(connection, &mut group, grouping);
    if committed.is_err() && grouping == Grouping::Hopeful && group.len() > 1 {
        committed = begin(connection)
            .and_then(|()| commit_open(connection, &mut group, Grouping::Savepoints));
    }
    if committed.is_ok() || group.len() == 1 {
        for job in group {
            job.settle(committed.clone());
        }
        return;
    }
    let mut held = None;
    for job in group {
        let mut alone = [job];
        let begun = held.clone().map_or_else(|| begin(connection), Err);
        if let Err(failure) = &begun {
            // Whoever holds the file was waited for long enough: once, not once for each.
            held = Some(failure.clone());
        }
        let committed = begun.and_then(|()| commit_open(connection, &mut alone, grouping));
        let [job] = alone;
        job.settle(committed);
    }
}

/// Runs a group in the open transaction and commits it; afterwards no transaction is open, whatever happened.
fn commit_open(
    connection: &Connection,
    group: &mut [Box<dyn Job>],
    grouping: Grouping,
) -> Result<(), Failure> {
    let done = run_group(connection, group, grouping)
        .and_then(|keep| run(connection, if keep { "commit" } else { "rollback" }));
    if done.is_err() && !connection.is_autocommit() {
        run(connection, "rollback")?;
    }
    done
}

/// Runs the jobs of a group. Whether there is something to commit.
fn run_group(
    connection: &Connection,
    group: &mut [Box<dyn Job>],
    grouping: Grouping,
) -> Result<bool, Failure> {
    let rolled_back = |why| Err(Failure::new(FailureKind::RolledBack, why));
    let alone = group.len() == 1;
    let savepoints = !alone && grouping == Grouping::Savepoints;
    let mut keep = false;
    for job in group {
        if savepoints {
            run(connection, "savepoint job")?;
        }
        let stays = job.attempt(connection);
        // Some failures (no space, `on conflict rollback`) end the whole transaction.
        if connection.is_autocommit() {
            return rolled_back("the transaction was rolled back");
        }
        if savepoints {
            if !stays {
                run(connection, "rollback to job")?;
            }
            run(connection, "release job")?;
        } else if !stays && !alone {
            return rolled_back("another one of the group failed");
        }
        keep |= stays;
    }
    Ok(keep)
}

fn begin(connection: &Connection) -> Result<(), Failure> {
    run(connection, "begin immediate")
}

fn run(connection: &Connection, sql: &str) -> Result<(), Failure> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}
