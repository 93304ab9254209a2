//! What a step type can be called.

/// Is written in capitals.
#[derive(locus_plugin::Step)]
#[step(name = "SendMail", control)]
struct Capitals;

/// Takes a key that every step has.
#[derive(locus_plugin::Step)]
#[step(name = "timeout", control)]
struct Taken;

/// Has signals that are no names.
#[derive(locus_plugin::Step)]
#[step(name = "signals", control, raises = "Give-Up", catches("break!"))]
struct Signals;

fn main() {}
