//! Names in the languages generated: their case, and that no two things get the same one.

use std::collections::BTreeMap;

use locus_plugin::{GenerateError, Span};

/// `OrderLine` for `order_line`, `orderLine` and `order line`. Words keep the capitals they have.
pub(crate) fn pascal_case(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words
        .map(|word| {
            let mut chars = word.chars();
            let first = chars.next().into_iter().flat_map(char::to_uppercase);
            first.chain(chars).collect::<String>()
        })
        .collect()
}

/// `orderLine` for `order_line` and `OrderLine`. A run of capitals at the start counts as one word: `httpRequest`.
pub(crate) fn camel_case(name: &str) -> String {
    let pascal: Vec<char> = pascal_case(name).chars().collect();
    let capitals = pascal.iter().take_while(|c| c.is_uppercase()).count();
    // The last capital of a run begins the next word, unless the run is all there is.
    let lowered = match capitals {
        0 | 1 => capitals,
        all if all == pascal.len() => all,
        run if pascal[run].is_alphabetic() => run - 1,
        run => run,
    };
    let (start, rest) = pascal.split_at(lowered);
    start.iter().flat_map(|c| c.to_lowercase()).chain(rest.iter().copied()).collect()
}

/// The names of one scope, each with what has it.
#[derive(Default)]
pub(crate) struct Scope {
    taken: BTreeMap<String, String>,
}

impl Scope {
    /// Takes a name for something of the spec; `owner` names that with its article: "the model `class`". `role` says what the name
    /// is: "the type".
    ///
    /// # Errors
    /// Something else has it already.
    pub(crate) fn take(
        &mut self,
        name: &str,
        owner: &str,
        role: &str,
        span: Span,
    ) -> Result<(), GenerateError> {
        if name.is_empty() {
            let message = format!("{owner} has no letter or digit to make {role} from");
            return Err(GenerateError::new(message).at(span).help("rename it"));
        }
        match self.taken.insert(name.to_owned(), owner.to_owned()) {
            None => Ok(()),
            Some(other) => Err(GenerateError::new(format!(
                "{other} and {owner} would both be {role} `{name}`"
            ))
            .at(span)
            .help("rename one of the two")),
        }
    }

    /// Keeps a name for the generated code itself.
    pub(crate) fn reserve(&mut self, name: &str, owner: &str) {
        self.taken.insert(name.to_owned(), owner.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases() {
        for (name, pascal, camel) in [
            ("order_line", "OrderLine", "orderLine"),
            ("OrderLine", "OrderLine", "orderLine"),
            ("HTTPRequest", "HTTPRequest", "httpRequest"),
            ("URL", "URL", "url"),
            ("A1", "A1", "a1"),
            ("__proto__", "Proto", "proto"),
            ("a-b", "AB", "ab"),
            ("2fa", "2fa", "2fa"),
            ("größe", "Größe", "größe"),
            ("💥", "", ""),
        ] {
            assert_eq!((pascal_case(name).as_str(), camel_case(name).as_str()), (pascal, camel));
        }
    }
}
