//! The order of values, and sorting that ends when the evaluation does.

use std::cmp::Ordering;

use crate::data::{Data, Entries, Node};
use crate::meter;
use crate::value::{Outcome, Val, ended};

/// Rank of a type in the order of jq.
fn rank(data: &Data) -> u8 {
    match &data.0 {
        Node::Null => 0,
        Node::Bool(false) => 1,
        Node::Bool(true) => 2,
        Node::Number(_) => 3,
        Node::Text(_) => 4,
        Node::List(_) => 5,
        Node::Object(_) => 6,
    }
}

/// The order of jq, metered: once the evaluation is to end, everything is equal.
pub(crate) fn compare(left: &Data, right: &Data) -> Ordering {
    if !meter::step(1) {
        return Ordering::Equal;
    }
    match (&left.0, &right.0) {
        (Node::Number(x), Node::Number(y)) => x.compare(*y),
        (Node::Text(x), Node::Text(y)) => {
            meter::step_bytes(x.as_str().len().min(y.as_str().len()));
            x.as_str().cmp(y.as_str())
        }
        (Node::List(x), Node::List(y)) => compare_items(x.items().iter(), y.items().iter()),
        (Node::Object(x), Node::Object(y)) => {
            let sorted = |entries: &Entries| -> Vec<_> {
                let mut keys: Vec<_> = entries.keys().cloned().collect();
                meter::step_bytes(keys.len() * 256);
                keys.sort_unstable();
                keys
            };
            let (keys, others) = (sorted(x.entries()), sorted(y.entries()));
            keys.cmp(&others).then_with(|| {
                let values =
                    |entries| keys.iter().filter_map(move |key| Entries::get(entries, key));
                compare_items(values(x.entries()), values(y.entries()))
            })
        }
        _ => rank(left).cmp(&rank(right)),
    }
}

fn compare_items<'a>(
    mut left: impl Iterator<Item = &'a Data>,
    mut right: impl Iterator<Item = &'a Data>,
) -> Ordering {
    loop {
        match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => match compare(x, y) {
                Ordering::Equal if meter::fault().is_none() => {}
                order => return order,
            },
        }
    }
}

pub(crate) fn equal(left: &Data, right: &Data) -> bool {
    match (&left.0, &right.0) {
        (Node::List(x), Node::List(y)) if x.items().len() != y.items().len() => false,
        (Node::Object(x), Node::Object(y)) if x.entries().len() != y.entries().len() => false,
        (Node::Text(x), Node::Text(y)) if x.as_str().len() != y.as_str().len() => false,
        _ => compare(left, right) == Ordering::Equal,
    }
}

impl PartialEq for Val {
    fn eq(&self, other: &Self) -> bool {
        equal(self.data(), other.data())
    }
}

impl Eq for Val {}

impl PartialOrd for Val {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Val {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(self.data(), other.data())
    }
}

/// Sorts stably by keys.
///
/// The sort of the standard library may panic when an order contradicts itself, and ours does once the evaluation is
/// to end.
pub(crate) fn sorted<T>(items: Vec<T>, key: impl Fn(&T) -> Data) -> Outcome<Vec<T>> {
    let mut keyed: Vec<_> = items.into_iter().map(|item| (key(&item), Some(item))).collect();
    let mut order: Vec<usize> = (0..keyed.len()).collect();
    let mut merged = Vec::with_capacity(order.len());
    let mut width = 1;
    while width < order.len() {
        for run in order.chunks(width * 2) {
            let (left, right) = run.split_at(width.min(run.len()));
            let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
            while let (Some(&&x), Some(&&y)) = (left.peek(), right.peek()) {
                let less = |x: usize, y: usize| {
                    keyed.get(x).zip(keyed.get(y)).is_some_and(|(x, y)| compare(&x.0, &y.0).is_gt())
                };
                let from = if less(x, y) { &mut right } else { &mut left };
                merged.extend(from.next());
                if meter::fault().is_some() {
                    return Err(ended());
                }
            }
            merged.extend(left);
            merged.extend(right);
        }
        std::mem::swap(&mut order, &mut merged);
        merged.clear();
        width *= 2;
    }
    Ok(order.into_iter().filter_map(|index| keyed.get_mut(index)?.1.take()).collect())
}
