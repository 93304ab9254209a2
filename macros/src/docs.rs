//! Doc comments as data: what an author of specs reads about a step type is written beside the code.

use proc_macro2::Ident;
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

use crate::names;
use crate::problems::Problems;

/// The doc comment of an item; empty without one. Common indentation goes, the rest stays as written.
pub(crate) fn read(attrs: &[Attribute], problems: &mut Problems) -> String {
    let mut text = String::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("doc")) {
        let Meta::NameValue(doc) = &attr.meta else {
            continue;
        };
        match &doc.value {
            Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) => {
                text.push_str(&line.value());
                text.push('\n');
            }
            other => {
                problems.at(other, "documentation that becomes data is written out here, as `///`");
            }
        }
    }
    unindent(&text)
}

/// The doc comment of an item that must have one.
pub(crate) fn required(
    attrs: &[Attribute],
    what: &str,
    item: &Ident,
    problems: &mut Problems,
) -> String {
    let text = read(attrs, problems);
    if text.is_empty() {
        let name = names::plain(item);
        problems.at(
            item,
            format!("{what} is documented by its doc comments: say in `///` what `{name}` is for"),
        );
    }
    text
}

fn unindent(text: &str) -> String {
    let indent = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let lines: Vec<&str> =
        text.lines().map(|line| line.get(indent..).unwrap_or_default().trim_end()).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::unindent;

    #[test]
    fn common_indentation_goes() {
        assert_eq!(unindent(" One.\n\n     code\n Two.\n"), "One.\n\n    code\nTwo.");
    }
}
