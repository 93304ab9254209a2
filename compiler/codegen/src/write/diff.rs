//! What would change, as a unified diff.

use similar::TextDiff;

use super::compare::Comparison;
use super::problems::is_manifest;

/// Every change but those of the manifests, by path.
pub(super) fn unified(comparisons: &[Comparison]) -> String {
    let mut changes: Vec<_> = comparisons.iter().flat_map(Comparison::texts).collect();
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    let mut out = String::new();
    for change in changes.iter().filter(|change| !is_manifest(&change.path)) {
        let name = |side: &str, text: &Option<String>| match text {
            Some(_) => format!("{side}/{}", change.path),
            None => "/dev/null".to_owned(),
        };
        let (old, new) = (name("a", &change.old), name("b", &change.new));
        let diff = TextDiff::from_lines(
            change.old.as_deref().unwrap_or_default(),
            change.new.as_deref().unwrap_or_default(),
        );
        out.push_str(&diff.unified_diff().context_radius(3).header(&old, &new).to_string());
    }
    out
}
