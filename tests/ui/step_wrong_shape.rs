//! Keys that are there, but not as they are written; and one that is there twice.

/// Waits.
#[derive(locus_plugin::Step)]
#[step(name = 1, control = true, catches("break", 2), raises, exactly_one(), name = "attend")]
struct Attend {
    /// How long.
    #[param(min = "1", literal("x"), rename)]
    time: u64,
    /// How often.
    #[param(max = 3, max = 4)]
    #[param = "default"]
    times: u64,
}

/// Waits.
#[derive(locus_plugin::Step)]
#[step(name = "attend", name = "wait", control)]
struct Twice;

fn main() {}
