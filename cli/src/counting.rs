//! An allocator that counts, so that it can be told which plugin allocates how much. A host installs it with
//! `#[global_allocator] static COUNTING: locus_cli::Counting = locus_cli::Counting;`; without it the counts are 0.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, with the bytes of each thread counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counting;

thread_local! {
    static ALLOCATED: Cell<u64> = const { Cell::new(0) };
}

/// How many bytes this thread has allocated so far.
pub(crate) fn allocated() -> u64 {
    ALLOCATED.try_with(Cell::get).unwrap_or_default()
}

fn count(bytes: usize) {
    // While a thread ends, there is nothing to count in any longer.
    let _ = ALLOCATED.try_with(|allocated| allocated.set(allocated.get() + bytes as u64));
}

#[expect(
    unsafe_code,
    reason = "an allocator is unsafe by its trait; this one passes every call on"
)]
// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: what the caller must keep is what `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: what the caller must keep is what `System` asks for.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: what the caller must keep is what `System` asks for.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size.saturating_sub(layout.size()));
        // SAFETY: what the caller must keep is what `System` asks for.
        unsafe { System.realloc(memory, layout, size) }
    }
}
