//! "Did you mean": the closest of the names that would have been allowed.

/// The candidate closest to `wrong`, if one is close enough to be meant; the first of equals, so that the
/// answer depends on the order given and on nothing else.
#[must_use]
pub fn did_you_mean<'a>(
    wrong: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let folded = wrong.to_lowercase();
    let allowed = (wrong.chars().count() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .filter(|candidate| *candidate != wrong)
        .map(|candidate| {
            let distance = distance(&folded, &candidate.to_lowercase());
            // A name that starts or ends with what was typed is a likelier slip than its distance says.
            let contained = folded.chars().count() >= 4
                && (candidate.starts_with(wrong) || candidate.ends_with(wrong));
            (if contained { distance.min(1) } else { distance }, candidate)
        })
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Transposed neighbours count as one slip.
fn distance(left: &str, right: &str) -> usize {
    strsim::damerau_levenshtein(left, right)
}
