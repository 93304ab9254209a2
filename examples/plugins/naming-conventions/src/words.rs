//! Names as words, and the ways of joining them.

use locus_plugin::Param;

/// How the words of a name are joined.
#[derive(Param, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Case {
    /// `reserve_stock`
    Snake,
    /// `reserve-stock`
    Kebab,
    /// `reserveStock`
    Camel,
    /// `ReserveStock`
    Pascal,
}

impl Case {
    /// As authors know it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Snake => "snake_case",
            Self::Kebab => "kebab-case",
            Self::Camel => "camelCase",
            Self::Pascal => "PascalCase",
        }
    }

    /// Whether a name is written so.
    #[must_use]
    pub fn fits(self, name: &str) -> bool {
        let (first, divider) = match self {
            Self::Snake => (char::is_lowercase as fn(char) -> bool, Some('_')),
            Self::Kebab => (char::is_lowercase as fn(char) -> bool, Some('-')),
            Self::Camel => (char::is_lowercase as fn(char) -> bool, None),
            Self::Pascal => (char::is_uppercase as fn(char) -> bool, None),
        };
        let letters_fit = name.chars().all(|c| match divider {
            // Letters without cases, as in many scripts, are neither upper nor lower.
            Some(divider) => (c.is_alphanumeric() && !c.is_uppercase()) || c == divider,
            None => c.is_alphanumeric(),
        });
        let dividers_fit = divider.is_none_or(|divider| {
            let double = format!("{divider}{divider}");
            !name.starts_with(divider) && !name.ends_with(divider) && !name.contains(&double)
        });
        let caseless = |c: char| !c.is_lowercase() && !c.is_uppercase();
        letters_fit && dividers_fit && name.chars().next().is_none_or(|c| first(c) || caseless(c))
    }

    /// Words joined so.
    #[must_use]
    pub fn join(self, words: &[String]) -> String {
        match self {
            Self::Snake => words.join("_"),
            Self::Kebab => words.join("-"),
            Self::Camel => {
                let rest = words.iter().skip(1).map(|word| capital(word));
                words.first().cloned().into_iter().chain(rest).collect()
            }
            Self::Pascal => words.iter().map(|word| capital(word)).collect(),
        }
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect()
}

/// The words of a name, in lower case, however they are joined: `HTTPServer2_list` is `http`, `server2`, `list`.
#[must_use]
pub fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    for (index, &c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            open = false;
            continue;
        }
        let before = index.checked_sub(1).map(|before| chars[before]);
        let after = chars.get(index + 1);
        let begins = c.is_uppercase()
            && (before.is_some_and(|before| !before.is_uppercase())
                || after.is_some_and(|after| after.is_lowercase()));
        if begins || !open {
            words.push(String::new());
            open = true;
        }
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Case; 4] = [Case::Snake, Case::Kebab, Case::Camel, Case::Pascal];

    #[test]
    fn names_have_words() {
        for (name, expected) in [
            ("reserve_stock", "reserve stock"),
            ("ReserveStock", "reserve stock"),
            ("HTTPServer2_list", "http server2 list"),
            ("parseJSON", "parse json"),
            ("__x--y", "x y"),
            ("größeÄndern", "größe ändern"),
            ("_", ""),
        ] {
            assert_eq!(words(name).join(" "), expected, "{name}");
        }
    }

    #[test]
    fn what_is_joined_fits() {
        for name in ["reserve_stock", "HTTPServer2_list", "größeÄndern", "x", "a1_b2", "在庫_list"]
        {
            for case in ALL {
                let joined = case.join(&words(name));
                assert!(case.fits(&joined), "{} {joined}", case.as_str());
                assert_eq!(case.join(&words(&joined)), joined, "{}", case.as_str());
            }
        }
    }

    #[test]
    fn what_is_joined_otherwise_does_not_fit() {
        for (case, names) in [
            (Case::Snake, ["reserveStock", "reserve-stock", "_x", "a__b"]),
            (Case::Kebab, ["reserveStock", "reserve_stock", "x-", "a--b"]),
            (Case::Camel, ["ReserveStock", "reserve_stock", "reserve-stock", "X"]),
            (Case::Pascal, ["reserveStock", "Reserve_Stock", "reserve-stock", "x"]),
        ] {
            for name in names {
                assert!(!case.fits(name), "{} {name}", case.as_str());
            }
        }
    }
}
