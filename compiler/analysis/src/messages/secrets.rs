//! Secrets: where they come to where they could be seen, and the way they took.

use locus_diag::{Diagnostic, Span};

use super::list;
use crate::codes;
use crate::secrets::Hop;

/// What a workflow gives that has no `output`, or that `return` gives.
pub(crate) const RESULT: &str = "the result of the workflow";

pub(crate) fn secret_seen(what: &str, chain: &[Hop], place: Span, safe: &[&str]) -> Diagnostic {
    let direct = matches!(chain, [only] if only.place == place);
    let label = if direct { "" } else { "a secret is in this" };
    let problem =
        Diagnostic::new(codes::SECRET_NOT_ALLOWED, format!("a secret would be seen in {what}"))
            .at(place, label);
    let hops = chain.iter().filter(|hop| hop.place != place);
    let problem = hops.fold(problem, |problem, hop| problem.at(hop.place, hop.text.clone()));
    problem.help(match safe {
        [] if what == RESULT => "say with `output` what the workflow gives".to_owned(),
        [] => "only parameters that are made for secrets take them, such as `headers` of a request"
            .to_owned(),
        safe => format!("parameters of this step that take secrets: {}", list(safe)),
    })
}
