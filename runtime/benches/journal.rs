//! Journaled records per second.
fn main() {}
