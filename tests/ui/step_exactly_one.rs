//! `exactly_one` names optional parameters of the same step, two or more.

/// Waits.
#[derive(locus_plugin::Step)]
#[step(name = "attend", control, exactly_one("time", "until", "untl", "time", "reason"))]
struct Attend {
    /// How long.
    time: u64,
    /// Until when.
    until: Option<String>,
    /// Why.
    #[param(default = "none")]
    reason: Option<String>,
}

/// Waits.
#[derive(locus_plugin::Step)]
#[step(name = "attend", control, exactly_one("time"))]
struct Alone {
    /// How long.
    time: Option<u64>,
}

fn main() {}
