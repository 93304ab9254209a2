//! Arguments of `param` that mean nothing for the field, or nothing at all.

use locus_plugin::{Branches, Param};

/// Waits.
#[derive(Param)]
struct Attend {
    /// Who.
    #[param(min = 1, max_items = 3)]
    who: String,
    /// How long.
    #[param(pattern = "^1", reference = "workflow")]
    time: u64,
    /// What for.
    #[param(reference = "conection", example = who())]
    reason: String,
    /// Alone or not.
    #[param(rename = "reason")]
    alone: bool,
    /// What to do.
    #[param(secret_safe)]
    branches: Branches,
}

fn main() {}
