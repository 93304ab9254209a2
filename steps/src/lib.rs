//! The built-in step types, one file each. They use nothing but the plugin contract, like anybody's: read one of them to see how
//! a step type is written.
//!
//! Control steps, which decide what runs next:
//! 1. many blocks: [`parallel`], [`loop`](mod@loop) with [`break`](mod@break) and [`continue`](mod@continue);
//! 2. one block of several: [`conditional`], [`switch`], [`try_catch`];
//! 3. ends: [`return`](mod@return), [`fail`]; other workflows: [`call`]; time and events: [`wait`], [`wait_event`];
//! 4. values: [`set`], [`validate`].
//!
//! Actions, which do something: [`log`], [`external_api`], [`db_tx`], [`queue_publish`], [`read_file`], [`run_command`], [`emit`], [`schedule`].
//!
//! [`connection`]: the kinds of connections that steps use.
//!
//! Shared by several: `block`, the end of a step that runs one block; `instant`, points in time; `http`, requests and responses.

#![warn(clippy::disallowed_methods)]

pub mod r#break;
pub mod call;
pub mod conditional;
pub mod connection;
pub mod r#continue;
pub mod db_tx;
pub mod emit;
pub mod external_api;
pub mod fail;
pub mod log;
pub mod r#loop;
pub mod parallel;
pub mod queue_publish;
pub mod read_file;
pub mod r#return;
pub mod run_command;
pub mod schedule;
pub mod set;
pub mod switch;
pub mod try_catch;
pub mod validate;
pub mod wait;
pub mod wait_event;

mod block;
mod http;
mod instant;

#[cfg(test)]
mod tests;

use locus_plugin::Plugin;

/// The step types that every program can use: control flow, values, HTTP, databases, queues, files, commands, events and time.
#[derive(Plugin)]
#[plugin(id = "locus.steps", permissions("run_command"))]
pub struct BuiltInSteps;
