//! The order of hooks: stage, then `before` and `after`, then priority, then plugin id and name. It is total, and the same for any order in
//! which plugins are linked; a plugin that is added never reorders the others.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use locus_diag::Diagnostic;

use super::meta::HooksMeta;
use super::{HooksEntry, Point};
use crate::codes;

/// Where a set of hooks comes among those that are free to come: what cannot be decided otherwise.
type Rank = (Reverse<i16>, String, String);

/// Indices of the entries that have a hook of the point, in their order.
///
/// # Errors
/// Hooks that wait for each other.
pub(crate) fn order(entries: &[HooksEntry], point: Point) -> Result<Vec<usize>, Vec<Diagnostic>> {
    let mut stages: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    let mut by_plugin: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, entry) in entries.iter().enumerate() {
        if entry.meta.points.contains(&point) {
            stages.entry(entry.meta.stage).or_default().push(index);
            by_plugin.entry(&entry.meta.plugin).or_default().push(index);
        }
    }
    let mut problems = Vec::new();
    // What must come before each.
    let mut earlier: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for &index in stages.values().flatten() {
        let meta = &entries[index].meta;
        let named = |list: &[String]| -> Vec<usize> {
            let plugins = list.iter().filter_map(|plugin| by_plugin.get(plugin.as_str()));
            plugins.flatten().copied().filter(|other| *other != index).collect()
        };
        let befores = named(&meta.before).into_iter().map(|other| (index, other));
        let afters = named(&meta.after).into_iter().map(|other| (other, index));
        for (first, second) in befores.chain(afters) {
            let (one, two) = (&entries[first].meta, &entries[second].meta);
            if one.stage > two.stage {
                problems.push(against_stage(one, two, point));
            } else if one.stage == two.stage {
                earlier.entry(second).or_default().insert(first);
            }
        }
    }
    let mut ordered = Vec::new();
    for stage in stages.values() {
        match sort(stage, entries, &earlier) {
            Ok(sorted) => ordered.extend(sorted),
            Err(left) => problems.push(cycle(&left, &earlier, entries, point)),
        }
    }
    if problems.is_empty() { Ok(ordered) } else { Err(problems) }
}

fn rank(meta: &HooksMeta) -> Rank {
    (Reverse(meta.priority), meta.plugin.clone(), meta.name.clone())
}

/// Always the first that waits for nobody; an error with those left when all wait.
fn sort(
    stage: &[usize],
    entries: &[HooksEntry],
    earlier: &BTreeMap<usize, BTreeSet<usize>>,
) -> Result<Vec<usize>, BTreeSet<usize>> {
    let mut waits: BTreeMap<usize, usize> = BTreeMap::new();
    let mut later: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut free: BTreeSet<(Rank, usize)> = BTreeSet::new();
    for &index in stage {
        let before = earlier.get(&index);
        for &other in before.into_iter().flatten() {
            later.entry(other).or_default().push(index);
        }
        match before.map_or(0, BTreeSet::len) {
            0 => {
                free.insert((rank(&entries[index].meta), index));
            }
            count => {
                waits.insert(index, count);
            }
        }
    }
    let mut sorted = Vec::with_capacity(stage.len());
    while let Some((_, index)) = free.pop_first() {
        sorted.push(index);
        for &other in later.get(&index).into_iter().flatten() {
            let Some(count) = waits.get_mut(&other) else { continue };
            *count -= 1;
            if *count == 0 {
                waits.remove(&other);
                free.insert((rank(&entries[other].meta), other));
            }
        }
    }
    if waits.is_empty() { Ok(sorted) } else { Err(waits.into_keys().collect()) }
}

fn name(meta: &HooksMeta) -> String {
    format!("`{}/{}`", meta.plugin, meta.name)
}

fn against_stage(first: &HooksMeta, second: &HooksMeta, point: Point) -> Diagnostic {
    Diagnostic::new(
        codes::HOOK_ORDER_CYCLE,
        format!(
            "at `{point}`, {} wants to come before {}, but its stage `{}` comes after `{}`",
            name(first),
            name(second),
            first.stage.as_str(),
            second.stage.as_str()
        ),
    )
    .help("take the `before` or `after` out, or give both the same stage")
}

/// Follows what each waits for until one comes again. Those left include some that only wait for the cycle.
fn cycle(
    left: &BTreeSet<usize>,
    earlier: &BTreeMap<usize, BTreeSet<usize>>,
    entries: &[HooksEntry],
    point: Point,
) -> Diagnostic {
    // The linker's order decides the indices: begin at the first by name.
    let by_name =
        |index: &usize| (entries[*index].meta.plugin.clone(), entries[*index].meta.name.clone());
    let mut trail: Vec<usize> = Vec::new();
    let mut current = left.iter().copied().min_by_key(by_name);
    while let Some(index) = current {
        if let Some(start) = trail.iter().position(|seen| *seen == index) {
            trail.drain(..start);
            break;
        }
        trail.push(index);
        let before = earlier.get(&index).into_iter().flatten().copied();
        current = before.filter(|other| left.contains(other)).min_by_key(by_name);
    }
    let start = (0..trail.len()).min_by_key(|at| by_name(&trail[*at])).unwrap_or_default();
    trail.rotate_left(start);
    trail.extend(trail.first().copied());
    let names: Vec<String> = trail.iter().map(|index| name(&entries[*index].meta)).collect();
    Diagnostic::new(
        codes::HOOK_ORDER_CYCLE,
        format!("at `{point}`, hooks wait for each other: {}", names.join(" after ")),
    )
    .help("take one of the `before` or `after` out")
}
