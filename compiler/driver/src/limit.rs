//! How many problems of a file are told: whoever is told thousands is told nothing.

use std::collections::BTreeMap;

use locus_diag::{Diagnostic, Diagnostics, Severity, SourceId};
use locus_syntax::codes::TOO_MANY_PROBLEMS;

/// Most problems of one file.
const SHOWN: usize = 500;

/// The same problems, sorted; of a file with too many, the first ones and how many more there are. Errors come before others.
pub(crate) fn limited(diagnostics: Diagnostics) -> Diagnostics {
    let mut by_file: BTreeMap<Option<SourceId>, Vec<Diagnostic>> = BTreeMap::new();
    for diagnostic in diagnostics {
        let file = diagnostic.primary().map(|span| span.source);
        by_file.entry(file).or_default().push(diagnostic);
    }
    let mut all = Diagnostics::default();
    for (file, mut problems) in by_file {
        if file.is_some() && problems.len() > SHOWN {
            problems.sort_by_key(|problem| !problem.is_error());
            let hidden = problems.split_off(SHOWN);
            problems.push(more(&hidden, problems.last()));
        }
        all.extend(problems);
    }
    all.sort();
    all
}

/// What is said instead of the problems that are not shown.
fn more(hidden: &[Diagnostic], last: Option<&Diagnostic>) -> Diagnostic {
    let count = hidden.len();
    let mut more = Diagnostic::new(
        TOO_MANY_PROBLEMS,
        format!("{count} more problems in this file are not shown"),
    )
    .help("mend the ones shown first; is this file a Locus spec at all?");
    if !hidden.iter().any(Diagnostic::is_error) {
        more.severity = Severity::Warning;
    }
    match last.and_then(Diagnostic::primary) {
        Some(span) => more.at(span, "the last one shown is here"),
        None => more,
    }
}

#[cfg(test)]
mod tests {
    use locus_diag::Span;

    use super::*;

    fn problems(count: usize, severity: Severity) -> Vec<Diagnostic> {
        let problem = |index: usize| {
            let span = Span::new(SourceId(0), index..index + 1);
            Diagnostic::custom("code", severity, "wrong").at(span, "")
        };
        (0..count).map(problem).collect()
    }

    #[test]
    fn errors_are_shown_before_warnings() {
        let mut all = problems(600, Severity::Warning);
        all.extend(problems(20, Severity::Error));
        let shown = limited(Diagnostics::from(all));
        assert_eq!(shown.iter().count(), SHOWN + 1);
        assert_eq!(shown.iter().filter(|problem| problem.is_error()).count(), 20);
        let more = shown.iter().find(|problem| problem.code == TOO_MANY_PROBLEMS.name).unwrap();
        assert_eq!(more.severity, Severity::Warning);
        assert!(more.message.starts_with("120 more"), "{}", more.message);
    }

    #[test]
    fn hidden_errors_are_an_error() {
        let shown = limited(Diagnostics::from(problems(1000, Severity::Error)));
        assert_eq!(shown.iter().count(), SHOWN + 1);
        assert!(shown.has_errors());
        assert_eq!(limited(Diagnostics::from(problems(500, Severity::Error))).iter().count(), 500);
    }
}
