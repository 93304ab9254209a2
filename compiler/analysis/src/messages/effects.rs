//! Effects: what may happen twice, what stays behind.

use locus_diag::{Diagnostic, Span};

use crate::codes;
use crate::effects::Named;

pub(crate) fn unsafe_retry(step: Named<'_>, retry: Span, takes_key: bool) -> Diagnostic {
    let help = if takes_key {
        "give it an idempotency key, or retry only errors after which nothing has happened: `errors: […]`"
    } else {
        "retry only errors after which nothing has happened: `errors: […]`, or take `retry` away"
    };
    Diagnostic::new(
        codes::REPEATED_EFFECT,
        format!(
            "`{}` must not run twice, and `retry` may run it again after it was done",
            step.name
        ),
    )
    .at(retry, "runs it again, also where nobody knows whether it was done")
    .at(step.place, "not safe to repeat")
    .help(help)
}

pub(crate) fn repeated_with_new_key(
    step: Named<'_>,
    repeat: Span,
    later: Option<Named<'_>>,
) -> Diagnostic {
    let problem = Diagnostic::new(
        codes::REPEATED_EFFECT,
        format!("`{}` may be done twice: what is tried again here runs it anew, under another idempotency key", step.name),
    )
    .at(repeat, "runs everything inside again")
    .at(step.place, "done again");
    match later {
        Some(later) => problem
            .at(later.place, "when this fails")
            .help("put `retry` on the step that fails, so that what is done stays done"),
        None => problem.help("put `retry` on this step itself: all its attempts have one key"),
    }
}

pub(crate) fn not_compensated(step: Named<'_>, later: Named<'_>, undone: Span) -> Diagnostic {
    Diagnostic::new(
        codes::NOT_COMPENSATED,
        format!("`{}` stays done when `{}` fails, while others are undone", step.name, later.name),
    )
    .at(step.place, "not undone")
    .at(later.place, "may fail after it")
    .at(undone, "undone then")
    .help("say what undoes it with `compensate`, or do it last; where it may stay, write `x-allow: [not-compensated]` on the step")
}
