//! Names that Kubernetes takes.

use locus_plugin::model::identity::hash128;

/// The longest name of a CronJob: Kubernetes adds eleven characters for each job, which may have 63.
pub const LONGEST: usize = 52;

/// Names for these, in their order: labels of RFC 1123 of at most [`LONGEST`] characters, each different, and each the same whatever else there is
/// unless two would be alike.
#[must_use]
pub fn unique(names: &[String]) -> Vec<String> {
    let short: Vec<String> = names.iter().map(|name| label(name)).collect();
    let alike = |name: &String| short.iter().filter(|other| *other == name).count() > 1;
    short
        .iter()
        .zip(names)
        .map(|(short, name)| if alike(short) { marked(short, name) } else { short.clone() })
        .collect()
}

/// A label: lower-case letters, digits and `-`, none of which stands at an end.
fn label(name: &str) -> String {
    let mapped: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .collect();
    let trimmed = mapped.trim_matches('-');
    if trimmed.is_empty() {
        marked("workflow", name)
    } else if trimmed.len() > LONGEST {
        marked(trimmed, name)
    } else {
        trimmed.to_owned()
    }
}

/// A label that ends in a hash of the whole name.
fn marked(label: &str, name: &str) -> String {
    let hash = format!("{:032x}", hash128(name.as_bytes()));
    let start = &label[..label.len().min(LONGEST - 9)];
    format!("{}-{}", start.trim_end_matches('-'), &hash[..8])
}

/// The value of a label: what does not fit is replaced, and at most 63 characters are kept.
#[must_use]
pub fn label_value(text: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let mapped: String = text.chars().map(|c| if fits(c) { c } else { '-' }).take(63).collect();
    mapped.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(names: &[&str]) -> Vec<String> {
        unique(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn names_are_labels() {
        assert_eq!(all(&["restock_shelves", "Close2", "_x_"]), ["restock-shelves", "close2", "x"]);
        let odd = all(&[
            "größe",
            "ü",
            "",
            &"a".repeat(60),
            &format!("{}-{}", "b".repeat(42), "c".repeat(20)),
        ]);
        for name in &odd {
            let ends =
                |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
            assert!((1..=LONGEST).contains(&name.len()), "{name}");
            assert!(ends(name.chars().next()) && ends(name.chars().last()), "{name}");
            assert!(name.chars().all(|c| ends(Some(c)) || c == '-'), "{name}");
        }
        assert_eq!(odd[0], "gr--e");
    }

    #[test]
    fn names_that_would_be_alike_differ() {
        let found = all(&["a_b", "a-b", "other"]);
        assert!(found[0].starts_with("a-b-") && found[1].starts_with("a-b-"), "{found:?}");
        assert_ne!(found[0], found[1]);
        assert_eq!(found[2], "other");
        let long = "a".repeat(60);
        let (first, second) = (format!("{long}1"), format!("{long}2"));
        let found = all(&[&first, &second]);
        assert_ne!(found[0], found[1]);
    }

    #[test]
    fn label_values_fit() {
        assert_eq!(label_value("acme shop/1"), "acme-shop-1");
        assert_eq!(label_value("(ü)"), "");
    }
}
