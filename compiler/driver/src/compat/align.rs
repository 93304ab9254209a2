//! Two versions of a block side by side.

use locus_model::Step;

/// The steps of two blocks side by side, by name: a longest common subsequence, so that a step that moved has gone and come.
pub(super) fn align<'s>(
    old: &'s [Step],
    new: &'s [Step],
) -> Vec<(Option<&'s Step>, Option<&'s Step>)> {
    let same = |(a, b): (&Step, &Step)| a.name == b.name;
    let head = old.iter().zip(new).take_while(|(a, b)| same((a, b))).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail =
        old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| same((a, b))).count();
    let old_middle = &old_rest[..old_rest.len() - tail];
    let new_middle = &new_rest[..new_rest.len() - tail];
    let mut pairs: Vec<_> =
        old.iter().zip(new).take(head).map(|(a, b)| (Some(a), Some(b))).collect();
    pairs.extend(align_middle(old_middle, new_middle));
    let tails = old_rest[old_middle.len()..].iter().zip(&new_rest[new_middle.len()..]);
    pairs.extend(tails.map(|(a, b)| (Some(a), Some(b))));
    pairs
}

fn align_middle<'s>(old: &'s [Step], new: &'s [Step]) -> Vec<(Option<&'s Step>, Option<&'s Step>)> {
    let width = new.len() + 1;
    let mut longest = vec![0_u32; (old.len() + 1) * width];
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            longest[i * width + j] = if a.name == b.name {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        match (old.get(i), new.get(j)) {
            (Some(a), Some(b)) if a.name == b.name => {
                pairs.push((Some(a), Some(b)));
                (i, j) = (i + 1, j + 1);
            }
            (Some(a), Some(_)) if longest[(i + 1) * width + j] >= longest[i * width + j + 1] => {
                pairs.push((Some(a), None));
                i += 1;
            }
            (Some(a), None) => {
                pairs.push((Some(a), None));
                i += 1;
            }
            (_, b) => {
                pairs.push((None, b));
                j += 1;
            }
        }
    }
    pairs
}
