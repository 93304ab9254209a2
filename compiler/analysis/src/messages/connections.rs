//! Connections and their kinds.

use locus_diag::{Diagnostic, Span, Spanned};

use super::{list, suggest};
use crate::codes;

pub(crate) fn unknown_kind(kind: &Spanned<String>, known: &[&str]) -> Diagnostic {
    let problem = Diagnostic::new(
        codes::UNKNOWN_CONNECTION_KIND,
        format!("there is no kind of connection `{}`", kind.value),
    )
    .at(kind.span, "not registered")
    .help("no plugin that is linked brings a kind of connection");
    suggest(problem, kind, kind.span, known.iter().copied(), "there are")
}

pub(crate) fn wrong_kind(
    name: &Spanned<String>,
    kind: &str,
    service: &str,
    declared: Span,
    fitting: &[&str],
) -> Diagnostic {
    let problem = Diagnostic::new(
        codes::WRONG_CONNECTION_KIND,
        format!("the connection `{}` is a `{kind}`, which offers no `{service}`", name.value),
    )
    .at(name.span, format!("`{service}` is needed here"))
    .at(declared, format!("a `{kind}`"));
    match fitting {
        [] => problem.help(format!("declare a connection that offers `{service}`")),
        names => problem.help(format!("connections that offer `{service}`: {}", list(names))),
    }
}

pub(crate) fn secret(place: Span) -> Diagnostic {
    Diagnostic::new(
        codes::SECRET_NOT_ALLOWED,
        "`$secrets` may not be used in this setting: it may be logged or shown",
    )
    .at(place, "a secret")
    .help("use `$env` for what is no secret; settings made for secrets take `$secrets`")
}
