//! YAML to nodes with byte-exact places. Reading never gives up: it gives back what could be read, and every problem found.
//!
//! Reading order: `build` makes nodes of the parser's events, with the help of `cursor` (places the events do not tell),
//! `scalar` and `tag` (what a scalar is), `flow_text`, `block_text` and `runs` (which byte of a string comes from where),
//! `mapping` (repeated and merged keys) and `alias`. Problems are worded in `report`, `error` and `words`; `expression` and `repair`
//! mend what YAML cuts apart, so that one slip hides nothing behind it.

mod alias;
mod block_text;
mod build;
mod cursor;
mod error;
mod expression;
mod flow_text;
pub mod layout;
mod mapping;
mod repair;
mod report;
mod runs;
mod scalar;
mod tag;
mod words;

use std::borrow::Cow;

use granit_parser::{ErrorKind, Parser, StrInput};
use locus_diag::{Diagnostic, Diagnostics, SourceId};
use locus_model::Node;

use build::Builder;
use error::Explained;
use repair::{Repair, Repairs};

/// Reads all documents of a text.
///
/// A document that is broken somewhere is there up to that place, and the documents behind it are read too. A document
/// without any value is left out.
#[must_use]
pub fn parse_yaml(source: SourceId, text: &str) -> (Vec<Node>, Vec<Diagnostic>) {
    let mut masked = Cow::Borrowed(text);
    let mut repairs = Repairs::default();
    loop {
        match read(source, text, &masked, &repairs) {
            Ok((documents, found)) => {
                let mut problems: Diagnostics = repairs.diagnostics().collect::<Vec<_>>().into();
                problems.extend(found);
                problems.sort();
                return (documents, problems.into_iter().collect());
            }
            Err(repair) => repairs.add(masked.to_mut(), *repair),
        }
    }
}

/// Reads the text once. A repair that comes back is made before it is read again.
fn read(
    source: SourceId,
    original: &str,
    text: &str,
    repairs: &Repairs,
) -> Result<(Vec<Node>, Vec<Diagnostic>), Box<Repair>> {
    let mut parser = parser(text);
    let mut builder = Builder::new(source, original, text, repairs);
    while let Some(next) = parser.next() {
        let error = match next {
            Ok((event, span)) => match builder.event(event, &span) {
                Some(repair) => return Err(Box::new(repair)),
                None => continue,
            },
            Err(error) => error,
        };
        let said = builder.said_too_deep() && *error.kind() == ErrorKind::RecursionLimitExceeded;
        if !said && builder.report.has_room() {
            let site = builder.site(error.marker().byte_offset().unwrap_or(0));
            match error::explain(&error, &site) {
                Explained::Fatal(problem) => builder.report.push(problem),
                Explained::Repairable(repair) if repairs.may_add(text, &repair) => {
                    return Err(Box::new(repair));
                }
                Explained::Repairable(repair) => {
                    builder.report.push(Diagnostic { fixes: Vec::new(), ..repair.diagnostic });
                }
            }
        }
        builder.abandon();
        if !matches!(parser.proceed_next_document(), Ok(true)) {
            break;
        }
    }
    Ok(builder.finish())
}

fn parser(text: &str) -> Parser<'_, StrInput<'_>> {
    let mut options = granit_parser::options! { emit_unresolved_aliases: true };
    options.set_emit_comments(false);
    Parser::new_from_str_with_options(text, options)
}

/// How many events the bare parser gives, up to the first error: the limit that reading is measured against.
#[doc(hidden)]
#[must_use]
pub fn count_events(text: &str) -> usize {
    parser(text).map_while(Result::ok).count()
}
