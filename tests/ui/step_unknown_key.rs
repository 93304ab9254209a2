//! A key that `step` does not take, one that `param` does not take, one that `slot` does not take.

/// Waits.
#[derive(locus_plugin::Step)]
#[step(name = "attend", control, efect = "pure", colour = "red")]
struct Attend {
    /// How long.
    #[param(defualt = 1)]
    time: u64,
    /// What to do then.
    #[slot(run = "once")]
    then: locus_plugin::BlockRef,
}

fn main() {}
