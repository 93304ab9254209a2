//! Panics of plugins: caught, put into words, and kept off the terminal until the host shows them.

use std::any::Any;
use std::cell::Cell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Once;
use std::task::{Context, Poll};

use locus_diag::Diagnostic;

use crate::codes::PLUGIN_PANICKED;

thread_local! {
    /// How many calls of plugins this thread is in.
    static INSIDE: Cell<usize> = const { Cell::new(0) };
}

/// Marks that the thread is in a plugin, for as long as it lives.
struct Inside;

impl Inside {
    fn enter() -> Self {
        INSIDE.with(|inside| inside.set(inside.get() + 1));
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.with(|inside| inside.set(inside.get().saturating_sub(1)));
    }
}

/// Does `work` of a plugin; `doing` completes the sentence "the plugin `x` panicked in …".
///
/// What a panic left half-done is thrown away with the result, so unwinding past `&mut` is safe here.
///
/// # Errors
/// The panic, as a diagnostic of the plugin.
pub fn guarded<T>(plugin: &str, doing: &str, work: impl FnOnce() -> T) -> Result<T, Diagnostic> {
    caught(work).map_err(|text| panicked(plugin, doing, &text))
}

/// Does `work` of a plugin.
///
/// # Errors
/// What a panic says.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let inside = Inside::enter();
    let result = catch_unwind(AssertUnwindSafe(work));
    drop(inside);
    result.map_err(text_of)
}

pub(crate) fn panicked(plugin: &str, doing: &str, text: &str) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(
        PLUGIN_PANICKED,
        format!("the plugin `{plugin}` panicked in {doing}: {text}"),
    );
    diagnostic.plugin = Some(plugin.to_owned());
    diagnostic.help(format!("report it to the author of `{plugin}` with the spec"))
}

/// What a panic says; the payload is not dropped, for its `Drop` may panic as well, outside of every guard.
#[must_use]
pub fn text_of(payload: Box<dyn Any + Send>) -> String {
    let text = panic_text(payload.as_ref()).to_owned();
    let is_plain = payload.is::<&str>() || payload.is::<String>();
    if !is_plain {
        std::mem::forget(payload);
    }
    text
}

/// What a panic says.
#[must_use]
pub fn panic_text(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no reason given")
}

/// Keeps panics of plugins off standard error: the host shows them as diagnostics. All others are shown as before. Hosts call it once.
pub fn quiet_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let show = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if INSIDE.try_with(Cell::get).unwrap_or_default() == 0 {
                show(info);
            }
        }));
    });
}

/// A future of a plugin: panics in it are kept quiet, wherever it is polled.
pub struct Quiet<F>(Pin<Box<F>>);

impl<F: Future> Quiet<F> {
    /// Wraps a future.
    pub fn new(future: F) -> Self {
        Self(Box::pin(future))
    }
}

impl<F: Future> Future for Quiet<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let _inside = Inside::enter();
        self.0.as_mut().poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_that_panics_when_dropped_does_no_harm() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("again");
            }
        }
        quiet_panics();
        let problem = guarded("acme.shop", "a test", || std::panic::panic_any(Bomb)).unwrap_err();
        assert_eq!(problem.message, "the plugin `acme.shop` panicked in a test: no reason given");
    }

    #[test]
    fn guards_may_stand_in_each_other() {
        quiet_panics();
        let result = guarded("a.a", "a", || guarded("b.b", "b", || panic!("inner")).is_err());
        assert_eq!(result, Ok(true));
        assert_eq!(INSIDE.with(Cell::get), 0);
    }
}
