//! For hosts: calling plugins so that a panic in one is that plugin's diagnostic, never the end of the process.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use locus_diag::{Diagnostic, Severity};

use crate::codes::PLUGIN_PANICKED;
use crate::hooks::{HookContext, HooksEntry, OnFailure};
use crate::registry::Registry;

/// Does `work` of a plugin; `doing` completes the sentence "the plugin `x` panicked in …".
///
/// What a panic left half-done is thrown away with the result, so unwinding past `&mut` is safe here.
///
/// # Errors
/// The panic, as a diagnostic of the plugin.
pub fn guarded<T>(plugin: &str, doing: &str, work: impl FnOnce() -> T) -> Result<T, Diagnostic> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let mut diagnostic = Diagnostic::new(
            PLUGIN_PANICKED,
            format!("the plugin `{plugin}` panicked in {doing}: {}", panic_text(payload.as_ref())),
        );
        diagnostic.plugin = Some(plugin.to_owned());
        diagnostic.help(format!("report it to the author of `{plugin}` with the spec"))
    })
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

/// Calls a hook point of every set of hooks, in their order; a panic becomes what the set declares.
#[must_use]
pub fn run_hooks(
    registry: &Registry,
    point: &str,
    call: impl Fn(&HooksEntry, &mut HookContext),
) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for entry in registry.hooks().filter(|entry| entry.meta.points.contains(&point)) {
        let plugin = &entry.meta.plugin;
        let mut cx = HookContext::new(plugin.clone());
        let panic = guarded(plugin, &format!("`{point}`"), || call(entry, &mut cx)).err();
        problems.extend(cx.finish());
        match (panic, entry.meta.on_failure) {
            (None, _) | (Some(_), OnFailure::Ignore) => {}
            (Some(problem), OnFailure::Abort) => problems.push(problem),
            (Some(mut problem), OnFailure::Warn) => {
                problem.severity = Severity::Warning;
                problems.push(problem);
            }
        }
    }
    problems
}
