//! The types of fields are parameters themselves, and defaults are of the field's type.

use locus_plugin::Param;

/// Waits.
#[derive(Param)]
struct Attend {
    /// How long.
    time: std::time::Duration,
    /// How often.
    #[param(default = true)]
    times: u64,
}

fn main() {}
