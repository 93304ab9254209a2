//! Runs checked programs durably.
//!
//! Reading order:
//! 1. [`core`]: the pure state machine: an event in, commands out, no I/O and no clock.

pub mod core;
