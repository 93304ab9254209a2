//! A panic in a plugin is that plugin's diagnostic, never the end of the process.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use locus_diag::Diagnostic;
use locus_plugin::codes::PLUGIN_PANICKED;

/// Does `work` of a plugin; `doing` completes the sentence "the plugin `x` panicked in …".
///
/// What a panic left half-done is thrown away with the result, so unwinding past `&mut` is safe here.
pub(crate) fn guarded<T>(
    plugin: &str,
    doing: &str,
    work: impl FnOnce() -> T,
) -> Result<T, Diagnostic> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let text = payload_text(payload.as_ref());
        let mut diagnostic = Diagnostic::new(
            PLUGIN_PANICKED,
            format!("the plugin `{plugin}` panicked in {doing}: {text}"),
        );
        diagnostic.plugin = Some(plugin.to_owned());
        diagnostic.help(format!("report it to the author of `{plugin}` with the spec"))
    })
}

fn payload_text(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no reason given")
}
