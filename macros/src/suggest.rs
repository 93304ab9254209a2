//! "Did you mean", and lists of what is allowed.

/// The candidate closest to `wrong`, if one is close enough to be meant.
pub(crate) fn did_you_mean<'a>(wrong: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let allowed = (wrong.chars().count() / 3).clamp(1, 3);
    candidates
        .iter()
        .map(|candidate| (distance(wrong, candidate), *candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The end of a message about a wrong name: the one that was meant, if it can be guessed, and all that are allowed.
pub(crate) fn allowed(wrong: &str, candidates: &[&str]) -> String {
    let guess = did_you_mean(wrong, candidates)
        .map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
    format!("{guess}\nallowed: {}", list(candidates))
}

/// Names in backticks, with commas.
pub(crate) fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// How many letters must be changed, added or dropped (Levenshtein).
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (above, l) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = above + 1;
        for (column, r) in right.iter().enumerate() {
            let change = diagonal + usize::from(l != *r);
            diagonal = row[column + 1];
            row[column + 1] = change.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn a_slip_is_guessed_and_another_word_is_not() {
        let names = ["name", "action", "control", "effect"];
        assert_eq!(did_you_mean("efect", &names), Some("effect"));
        assert_eq!(did_you_mean("contorl", &names), Some("control"));
        assert_eq!(did_you_mean("colour", &names), None);
    }
}
