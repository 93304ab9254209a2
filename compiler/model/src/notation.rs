//! The short notation of types: `string`, `Order`, `T[]`, `map<T>`, `T?`.

use std::ops::Range;

use crate::types::{Type, TypeKind};

/// A name in the notation that is no type of the language itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// The name.
    pub name: String,
    /// Its bytes in the text.
    pub range: Range<usize>,
}

/// The notation is not kept to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotationError {
    /// The bytes concerned.
    pub range: Range<usize>,
    /// What was expected there.
    pub expected: &'static str,
}

/// Reads the notation; `named` gathers the names whose declarations it needs.
///
/// # Errors
/// The bytes that do not fit, and what was expected there.
pub fn parse(text: &str, named: &mut Vec<Named>) -> Result<Type, NotationError> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    let ty = reader.ty(named)?;
    reader.skip_space();
    if reader.at < text.len() {
        return Err(reader.error("nothing more"));
    }
    Ok(ty)
}

/// Deeper notations are nobody's type.
const MAX_DEPTH: usize = 32;

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn ty(&mut self, named: &mut Vec<Named>) -> Result<Type, NotationError> {
        let kind = self.primary(named)?;
        let mut ty = Type::required(kind);
        loop {
            self.skip_space();
            if self.eat("?") {
                ty.optional = true;
            } else if self.eat("[") {
                self.skip_space();
                if !self.eat("]") {
                    return Err(self.error("`]`"));
                }
                self.descend()?;
                ty = Type::required(TypeKind::List(Box::new(ty)));
            } else {
                return Ok(ty);
            }
        }
    }

    fn primary(&mut self, named: &mut Vec<Named>) -> Result<TypeKind, NotationError> {
        self.skip_space();
        let start = self.at;
        let rest = &self.text[start..];
        let length =
            rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let name = &rest[..length];
        if !is_identifier(name) {
            return Err(self.error("the name of a type"));
        }
        self.at += length;
        self.skip_space();
        if name == "map" && self.eat("<") {
            self.descend()?;
            let value = self.ty(named)?;
            self.skip_space();
            if !self.eat(">") {
                return Err(self.error("`>`"));
            }
            return Ok(TypeKind::Map(Box::new(value)));
        }
        if let Some((_, kind)) = Type::SCALARS.iter().find(|(scalar, _)| *scalar == name) {
            return Ok(kind.clone());
        }
        named.push(Named { name: name.to_owned(), range: start..start + length });
        Ok(TypeKind::Named(name.to_owned()))
    }

    fn descend(&mut self) -> Result<(), NotationError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(self.error("a simpler type")) } else { Ok(()) }
    }

    fn skip_space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.text[self.at..].starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// The next character; at the end, the last one.
    fn error(&self, expected: &'static str) -> NotationError {
        let start = match self.text[self.at..].is_empty() {
            true => self.text.char_indices().last().map_or(0, |(index, _)| index),
            false => self.at,
        };
        let length = self.text[start..].chars().next().map_or(0, char::len_utf8);
        NotationError { range: start..start + length, expected }
    }
}

/// Whether it begins with a letter or `_`; the other characters are checked where it is cut out.
fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        match parse(text, &mut Vec::new()) {
            Ok(ty) => Ok(ty.to_string()),
            Err(error) => Err(format!("{:?} {}", error.range, error.expected)),
        }
    }

    #[test]
    fn reads_and_writes_the_same() {
        for text in
            ["string", "Order", "int[]", "map<string>", "map<Order[]>?", "string?[]", "int[][]"]
        {
            assert_eq!(read(text), Ok(text.to_owned()));
        }
        assert_eq!(read(" map < int > [ ] "), Ok("map<int>[]".to_owned()));
    }

    #[test]
    fn says_what_is_wrong_where() {
        for (text, wrong) in [
            ("", "0..0 the name of a type"),
            ("string[", "6..7 `]`"),
            ("map<int", "6..7 `>`"),
            ("map<>", "4..5 the name of a type"),
            ("int int", "4..5 nothing more"),
            ("ünt", "0..2 the name of a type"),
            ("3", "0..1 the name of a type"),
        ] {
            assert_eq!(read(text), Err(wrong.to_owned()), "{text}");
        }
        assert!(read(&"map<".repeat(100_000)).is_err());
        assert!(read(&format!("int{}", "[]".repeat(100_000))).is_err());
    }
}
