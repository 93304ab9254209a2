//! Triggers.

use locus_diag::{Diagnostic, Span, Spanned, did_you_mean};

use super::{excerpt, list};
use crate::codes;

pub(crate) fn duplicate(place: Span, earlier: Span) -> Diagnostic {
    Diagnostic::new(codes::DUPLICATE_TRIGGER, "the workflow has this trigger twice")
        .at(place, "again")
        .at(earlier, "here first")
        .help("remove one of them: each would start a run")
}

pub(crate) fn without_input(place: Span, missing: &[&str]) -> Diagnostic {
    let (word, them) = if missing.len() == 1 { ("input", "it") } else { ("inputs", "them") };
    Diagnostic::new(
        codes::TRIGGER_WITHOUT_INPUT,
        format!(
            "every run that this starts is refused: it has no value for the {word} {}",
            list(missing)
        ),
    )
    .at(place, "starts runs without input")
    .help(format!(
        "write `cron: {{ expression: …, input: {{ {}: … }} }}`, or give {them} a default",
        missing.first().unwrap_or(&"")
    ))
}

pub(crate) fn unknown_time_zone(name: &Spanned<String>, known: &[&str]) -> Diagnostic {
    let problem = Diagnostic::new(
        codes::UNKNOWN_TIME_ZONE,
        format!("there is no time zone `{}`", excerpt(&name.value)),
    )
    .at(name.span, "not in the IANA database");
    // Cities are what people know of these names.
    let city = known.iter().copied().find(|known| {
        known
            .rsplit('/')
            .next()
            .is_some_and(|city| city.eq_ignore_ascii_case(&name.value.replace(' ', "_")))
    });
    match city.or_else(|| did_you_mean(name, known.iter().copied())) {
        Some(meant) => problem.help(format!("did you mean `{meant}`?")).fix(
            format!("replace `{}` by `{meant}`", name.value),
            name.span,
            meant,
        ),
        None => problem.help("write its IANA name, for example `Europe/Zurich` or `UTC`"),
    }
}

pub(crate) fn invalid_event_type(event: &Spanned<String>) -> Diagnostic {
    Diagnostic::new(
        codes::WRONG_VALUE,
        format!("expected the type of an event, found `{}`", excerpt(&event.value)),
    )
    .at(event.span, "")
    .help("a type of events has no spaces, for example `order.placed`")
}
