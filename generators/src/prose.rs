//! Descriptions of authors, cut to what a place has room for.

/// The first sentence: of the first paragraph, whose lines are joined, as far as a full stop that ends a sentence.
pub(crate) fn summary(text: &str) -> String {
    let paragraph = text.trim().lines().map(str::trim).take_while(|line| !line.is_empty());
    let joined = paragraph.collect::<Vec<_>>().join(" ");
    let ends_sentence = |(at, _): &(usize, &str)| {
        let next = joined[at + 2..].chars().next();
        // "e.g. the", "v1. x" go on in small letters.
        next.is_some_and(|next| !next.is_lowercase())
    };
    match joined.match_indices(". ").find(ends_sentence) {
        Some((at, _)) => joined[..=at].to_owned(),
        None => joined,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sentence() {
        for (text, expected) in [
            ("", ""),
            ("One line", "One line"),
            ("Reads,\n  then writes. Twice.\n\nMore.", "Reads, then writes."),
            ("See e.g. the other. Über.", "See e.g. the other."),
            ("Costs 3. 4 are more.", "Costs 3."),
            ("\n\nLate.", "Late."),
        ] {
            assert_eq!(summary(text), expected);
        }
    }
}
