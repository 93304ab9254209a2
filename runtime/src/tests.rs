//! Tests of the runtime: stores, services, and engines that are interrupted in every way there is.

#[cfg(unix)]
mod commands;
mod conformance;
mod crash;
mod engine;
mod events;
mod files;
mod histories;
mod http;
mod parts;
mod processes;
mod queue;
mod sql;
mod sqlite_store;
mod support;
