//! Runs checked programs durably.
//!
//! Reading order:
//! 1. [`core`]: the pure state machine: an event in, commands out, no I/O and no clock;
//! 2. [`store`]: where runs live: programs, runs and journals, in a SQLite file or in memory;
//! 3. [`engine`]: what performs the commands: one task for each run, journaled before it is believed;
//! 4. `services`: what steps can reach: HTTP, SQL, queues, files;
//! 5. [`testing`]: tests of workflows on a virtual clock;
//! 6. [`host`]: the edge to the clock and chance; [`block_on`]: for hosts that are not asynchronous themselves.
//!
//! `database` is what the store, SQL connections and queues have in common: a SQLite file with one writer and group commit.
//! `journal` is how records lie in a store; `cron` knows instants that come again and again.

#![warn(clippy::disallowed_methods)]

mod blocking;
pub mod core;
mod cron;
mod database;
pub mod engine;
pub mod host;
mod journal;
mod services;
pub mod store;
pub mod testing;

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests are hosts")]
mod tests;

pub use blocking::{block_on, until_interrupted};
pub use engine::{
    Attend, Cancelling, Engine, EngineConfig, EngineError, EngineEvent, EngineEvents, RunHandle,
    StoreLocation,
};
pub use host::{Host, SystemHost};
pub use store::{Pruned, RunFilter, RunRow, RunState, ScheduleRow, Store, StoreError};
