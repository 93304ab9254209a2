//! Bounds of an evaluation: steps, memory and depth, counted where the interpreter cannot avoid them.
//!
//! The interpreter has no limits of its own. It is generic over its values, though, so every operation on a value is
//! ours, and [`rewrite`](crate::rewrite) puts a counting call wherever it could loop without one. Both count here, in
//! the thread's meter. A limit that is passed is a [`Fault`]: from then on every metered operation fails, every
//! iterator ends and every counting call raises what no `try` can catch, so that the evaluation ends soon; and
//! whatever it pretends to have computed is thrown away, because the fault is looked at last.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

/// How much one evaluation of one expression may use.
///
/// The default is generous for work on data of a workflow and still ends a runaway expression within a second or so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Operations: each call, each value produced or copied; comparing and copying text costs by its length.
    pub steps: u64,
    /// Bytes, roughly: of all values alive at a time, and of any single value written out in full.
    pub size: usize,
    /// Levels of nesting: of the values built, and of functions that call themselves.
    pub depth: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { steps: 10_000_000, size: 64 << 20, depth: 100 }
    }
}

/// The limit that an evaluation passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    Steps,
    Size,
    Depth,
}

/// Memory the interpreter itself keeps for a value it has in hand: its frames, its bindings.
const HANDLE: usize = 480;

/// Stack that an evaluation may use below the call that started it. The limit on depth is meant to be met first; this
/// one holds where frames are larger than usual, as in a build without optimisation.
#[cfg(not(target_family = "wasm"))]
const STACK: usize = 1 << 20;
#[cfg(target_family = "wasm")]
const STACK: usize = 384 << 10;

struct Meter {
    /// The evaluation that runs on this thread; 0 when none does.
    epoch: Cell<u64>,
    steps: Cell<u64>,
    live: Cell<usize>,
    depth: Cell<u32>,
    size_limit: Cell<usize>,
    depth_limit: Cell<u32>,
    stack_base: Cell<usize>,
    fault: Cell<Option<Fault>>,
    /// Number of the last evaluation started here; the thread's own number stands in its upper bits.
    last_epoch: Cell<u64>,
}

thread_local! {
    static METER: Meter = const {
        Meter {
            epoch: Cell::new(0),
            steps: Cell::new(0),
            live: Cell::new(0),
            depth: Cell::new(0),
            size_limit: Cell::new(0),
            depth_limit: Cell::new(0),
            stack_base: Cell::new(0),
            fault: Cell::new(None),
            last_epoch: Cell::new(0),
        }
    };
}

impl Meter {
    fn fail(&self, fault: Fault) {
        if self.fault.get().is_none() {
            self.fault.set(Some(fault));
        }
        // Makes every later `step` fail on its fast path.
        self.steps.set(0);
    }

    /// Epochs are unique over threads: a value may be dropped on another one than it was built on.
    fn next_epoch(&self) -> u64 {
        static THREADS: AtomicU64 = AtomicU64::new(1);
        let last = match self.last_epoch.get() {
            0 => THREADS.fetch_add(1, Ordering::Relaxed) << 40,
            last => last,
        };
        self.last_epoch.set(last + 1);
        last + 1
    }
}

/// An evaluation in progress on this thread. Everything it holds must be dropped before this is.
pub(crate) struct Running(());

impl Running {
    pub(crate) fn start(limits: &Limits) -> Self {
        METER.with(|meter| {
            meter.epoch.set(meter.next_epoch());
            meter.steps.set(limits.steps);
            meter.live.set(0);
            meter.depth.set(0);
            meter.size_limit.set(limits.size);
            meter.depth_limit.set(limits.depth);
            meter.stack_base.set(stack_position());
            meter.fault.set(None);
        });
        Self(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        METER.with(|meter| meter.epoch.set(0));
    }
}

/// Where the stack stands, near enough.
#[inline]
fn stack_position() -> usize {
    let here = 0_u8;
    std::ptr::from_ref(std::hint::black_box(&here)).addr()
}

/// The limit that was passed, if one was.
#[inline]
pub(crate) fn fault() -> Option<Fault> {
    METER.with(|meter| meter.fault.get())
}

/// Ends the evaluation.
#[cold]
pub(crate) fn fail(fault: Fault) {
    METER.with(|meter| meter.fail(fault));
}

/// Counts operations; false when the evaluation is to end.
#[inline]
pub(crate) fn step(cost: u64) -> bool {
    METER.with(|meter| {
        let left = meter.steps.get();
        if left <= cost {
            meter.fail(Fault::Steps);
            return false;
        }
        meter.steps.set(left - cost);
        if meter.stack_base.get().wrapping_sub(stack_position()) > STACK {
            meter.fail(Fault::Depth);
            return false;
        }
        true
    })
}

/// Counts work on so many bytes; false when the evaluation is to end.
#[inline]
pub(crate) fn step_bytes(bytes: usize) -> bool {
    step(1 + bytes as u64 / 64)
}

/// Whether so many bytes may be allocated on top of what is alive; false ends the evaluation.
pub(crate) fn room(bytes: usize) -> bool {
    METER.with(|meter| {
        if meter.epoch.get() == 0 {
            return true;
        }
        let fits = meter.live.get().saturating_add(bytes) <= meter.size_limit.get();
        if !fits {
            meter.fail(Fault::Size);
        }
        fits && meter.fault.get().is_none()
    })
}

/// Bytes that may still be allocated.
pub(crate) fn spare() -> usize {
    METER.with(|meter| meter.size_limit.get().saturating_sub(meter.live.get()))
}

/// Whether a value of this weight and depth may exist; false ends the evaluation.
#[inline]
pub(crate) fn admit(weight: usize, depth: u32) -> bool {
    METER.with(|meter| {
        if weight > meter.size_limit.get() {
            meter.fail(Fault::Size);
        } else if depth > meter.depth_limit.get() {
            meter.fail(Fault::Depth);
        }
        meter.fault.get().is_none()
    })
}

/// Bytes on the heap that count as alive as long as this exists, if it was made during an evaluation.
#[derive(Debug)]
pub(crate) struct Held {
    epoch: u64,
    bytes: usize,
}

impl Held {
    #[inline]
    pub(crate) fn new(bytes: usize) -> Self {
        METER.with(|meter| {
            let epoch = meter.epoch.get();
            if epoch != 0 {
                hold(meter, bytes);
            }
            Self { epoch, bytes }
        })
    }

    /// The same allocation, grown or shrunk.
    pub(crate) fn resize(&mut self, bytes: usize) {
        drop(std::mem::replace(self, Self { epoch: 0, bytes: 0 }));
        *self = Self::new(bytes);
    }
}

impl Drop for Held {
    #[inline]
    fn drop(&mut self) {
        if self.epoch != 0 {
            METER.with(|meter| {
                if meter.epoch.get() == self.epoch {
                    meter.live.set(meter.live.get().saturating_sub(self.bytes));
                }
            });
        }
    }
}

fn hold(meter: &Meter, bytes: usize) {
    let live = meter.live.get().saturating_add(bytes);
    meter.live.set(live);
    if live > meter.size_limit.get() {
        meter.fail(Fault::Size);
    }
}

/// The interpreter took a value in hand.
#[inline]
pub(crate) fn take_handle() {
    METER.with(|meter| hold(meter, HANDLE));
}

/// The interpreter let go of a value.
#[inline]
pub(crate) fn drop_handle() {
    METER.with(|meter| meter.live.set(meter.live.get().saturating_sub(HANDLE)));
}

/// Runs one level deeper; `None` ends the evaluation because that is too deep.
pub(crate) fn deeper<T>(run: impl FnOnce() -> T) -> Option<T> {
    METER.with(|meter| {
        let depth = meter.depth.get() + 1;
        if depth > meter.depth_limit.get() {
            meter.fail(Fault::Depth);
        }
        if !step(1) {
            return None;
        }
        meter.depth.set(depth);
        let result = run();
        meter.depth.set(depth - 1);
        Some(result)
    })
}
