//! "Did you mean": the closest of the names that would have been allowed.

/// A name that was probably meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Guess<'a> {
    /// The name.
    pub name: &'a str,
    /// Whether no other name is as close.
    pub only: bool,
}

/// The candidate closest to `wrong`, if one is close enough to be meant; the first of equals, so that the
/// answer depends on the order given and on nothing else.
#[must_use]
pub fn did_you_mean<'a>(
    wrong: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    closest(wrong, candidates).map(|guess| guess.name)
}

/// The same, with whether it is the only one so close: only then may it be put in place without asking.
#[must_use]
pub fn closest<'a>(
    wrong: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<Guess<'a>> {
    let folded = wrong.to_lowercase();
    let allowed = (wrong.chars().count() / 3).clamp(1, 4);
    let mut best: Option<(usize, Guess<'a>)> = None;
    for name in candidates.into_iter().filter(|candidate| *candidate != wrong) {
        let distance = distance(&folded, &name.to_lowercase());
        // A name that starts or ends with what was typed is a likelier slip than its distance says.
        let contained =
            folded.chars().count() >= 4 && (name.starts_with(wrong) || name.ends_with(wrong));
        let distance = if contained { distance.min(1) } else { distance };
        // Names that have nothing in common are not mistaken for one another, however short they are.
        let common = distance < folded.chars().count();
        match &mut best {
            _ if distance > allowed || !common => {}
            Some((least, guess)) if distance == *least => guess.only &= guess.name == name,
            Some((least, _)) if distance > *least => {}
            _ => best = Some((distance, Guess { name, only: true })),
        }
    }
    best.map(|(_, guess)| guess)
}

/// Transposed neighbours count as one slip.
fn distance(left: &str, right: &str) -> usize {
    strsim::damerau_levenshtein(left, right)
}
