//! Getting at the parts of values.

use std::ops::Range;
use std::sync::Arc;

use jaq_core::Error;

use crate::data::{Data, Node};
use crate::meter;
use crate::number::Number;
use crate::order::equal;
use crate::value::{Outcome, Val, ended};

impl Val {
    /// The child at a key or a position; `None` where there is none.
    pub(crate) fn child(&self, index: &Self) -> Outcome<Option<Data>> {
        match (&self.data().0, &index.data().0) {
            (Node::Null, Node::Null | Node::Text(_) | Node::Number(_) | Node::Object(_)) => {
                Ok(None)
            }
            (Node::Object(object), Node::Text(key)) => {
                Ok(object.entries().get(key.as_str()).cloned())
            }
            (Node::List(list), Node::Number(number)) => {
                let position = number.as_position().and_then(|at| absolute(at, list.items().len()));
                Ok(position.and_then(|at| list.items().get(at)).cloned())
            }
            (Node::List(_), Node::List(_)) => self.indices(index).map(Some),
            (Node::Text(_) | Node::List(_), Node::Object(bounds)) => {
                let bound = |key| bounds.entries().get(key).cloned().map(Self::new);
                let (start, end) = (bound("start"), bound("end"));
                self.slice(start.as_ref()..end.as_ref()).map(|slice| Some(slice.into_data()))
            }
            _ => Err(Error::index(self.clone(), index.clone())),
        }
    }

    /// Every position at which `part` begins in this text or list.
    pub(crate) fn indices(&self, part: &Self) -> Outcome<Data> {
        let mut found = Vec::new();
        let mut add = |at: usize| found.push(Data::number(Number::from_u64(at as u64)));
        match (&self.data().0, &part.data().0) {
            (Node::Null, _) => return Ok(Data::null()),
            (Node::Text(text), Node::Text(part)) if !part.as_str().is_empty() => {
                let (text, part) = (text.as_str(), part.as_str());
                for (position, (offset, _)) in text.char_indices().enumerate() {
                    if !meter::step(1) {
                        return Err(ended());
                    }
                    if text.get(offset..).is_some_and(|rest| rest.starts_with(part)) {
                        meter::step_bytes(part.len());
                        add(position);
                    }
                }
            }
            (Node::List(list), Node::List(part)) if !part.items().is_empty() => {
                let equal =
                    |window: &[Data]| window.iter().zip(part.items()).all(|(x, y)| equal(x, y));
                let windows = list.items().windows(part.items().len()).enumerate();
                windows.filter(|(_, window)| equal(window)).for_each(|(at, _)| add(at));
            }
            (Node::Text(_), Node::Text(_)) | (Node::List(_), Node::List(_)) => {}
            (Node::List(list), _) => {
                let items = list.items().iter().enumerate();
                items.filter(|(_, item)| equal(item, part.data())).for_each(|(at, _)| add(at));
            }
            _ => return Err(Error::index(self.clone(), part.clone())),
        }
        Ok(Data::from_items(found))
    }

    /// The part of a list or a text between two positions.
    pub(crate) fn slice(&self, range: jaq_core::val::Range<&Self>) -> Outcome {
        match &self.data().0 {
            Node::Null => Ok(Self::null()),
            Node::List(list) => {
                let bounds = bounds(&range, list.items().len())?;
                let items = list.items().get(bounds).unwrap_or_default();
                if !meter::step_bytes(size_of_val(items)) || !meter::room(size_of_val(items)) {
                    return Err(ended());
                }
                Self::built(Data::from_items(items.to_vec()))
            }
            Node::Text(text) => {
                let text = text.as_str();
                let part = text.get(text_bounds(&range, text)?).unwrap_or_default();
                if !meter::step_bytes(text.len()) || !meter::room(part.len()) {
                    return Err(ended());
                }
                Self::built(Data::text(part.to_owned()))
            }
            _ => Err(Error::typ(self.clone(), "array or string")),
        }
    }

    /// Whether everything in `other` is found here, as jq's `contains` has it.
    pub(crate) fn contains(&self, other: &Self) -> Outcome<bool> {
        contains(self.data(), other.data()).ok_or_else(|| {
            let message = "cannot compare values of different types with `contains`";
            Error::str(message)
        })
    }
}

fn contains(whole: &Data, part: &Data) -> Option<bool> {
    if !meter::step(1) {
        return Some(false);
    }
    Some(match (&whole.0, &part.0) {
        (Node::Object(whole), Node::Object(part)) => {
            let has = |(key, part): (&Arc<str>, &Data)| {
                whole.entries().get(key).is_some_and(|whole| contains(whole, part) == Some(true))
            };
            part.entries().iter().all(has)
        }
        (Node::List(whole), Node::List(part)) => {
            let has = |part| whole.items().iter().any(|whole| contains(whole, part) == Some(true));
            part.items().iter().all(has)
        }
        (Node::Text(whole), Node::Text(part)) => {
            meter::step_bytes(whole.as_str().len()) && whole.as_str().contains(part.as_str())
        }
        _ if std::mem::discriminant(&whole.0) == std::mem::discriminant(&part.0) => {
            equal(whole, part)
        }
        _ => return None,
    })
}

/// The position from the start, for one that may be counted from the end.
pub(crate) fn absolute(position: i64, len: usize) -> Option<usize> {
    match usize::try_from(position) {
        Ok(position) => Some(position),
        Err(_) => len.checked_sub(usize::try_from(position.unsigned_abs()).ok()?),
    }
}

fn position(bound: Option<&Val>, rounded: fn(f64) -> f64) -> Outcome<Option<i64>> {
    match bound.map(|bound| &bound.data().0) {
        None | Some(Node::Null) => Ok(None),
        Some(Node::Number(Number::Float(float))) if !float.is_nan() => {
            Ok(Number::Float(rounded(*float)).as_position())
        }
        Some(Node::Number(number)) => Ok(number.as_position()),
        Some(other) => Err(Error::typ(Val::new(Data(other.clone())), "number")),
    }
}

/// Bounds of a range in a list of this length.
pub(crate) fn bounds(range: &jaq_core::val::Range<&Val>, len: usize) -> Outcome<Range<usize>> {
    let clip = |position: Option<i64>, or: usize| match position {
        None => or,
        Some(position) => absolute(position, len).unwrap_or(0).min(len),
    };
    let start = clip(position(range.start, f64::floor)?, 0);
    let end = clip(position(range.end, f64::ceil)?, len);
    Ok(start..end.max(start))
}

/// Bounds in bytes of a range counted in characters.
fn text_bounds(range: &jaq_core::val::Range<&Val>, text: &str) -> Outcome<Range<usize>> {
    let chars = bounds(range, text.chars().count())?;
    let mut offsets = text.char_indices().map(|(offset, _)| offset);
    let start = offsets.nth(chars.start).unwrap_or(text.len());
    let end = match chars.len() {
        0 => start,
        len => offsets.nth(len - 1).unwrap_or(text.len()),
    };
    Ok(start..end)
}

/// The children of a value, one step each; ends with an error when the evaluation is to end.
struct Children<T> {
    parent: Data,
    next: usize,
    len: usize,
    pick: fn(&Data, usize) -> Option<T>,
}

impl<T> Children<T> {
    fn of(parent: Data, pick: fn(&Data, usize) -> Option<T>) -> Outcome<Self> {
        let len = match &parent.0 {
            Node::List(list) => list.items().len(),
            Node::Object(object) => object.entries().len(),
            _ => return Err(Error::typ(Val::new(parent), "array or object")),
        };
        meter::take_handle();
        Ok(Self { parent, next: 0, len, pick })
    }
}

impl<T> Drop for Children<T> {
    fn drop(&mut self) {
        meter::drop_handle();
    }
}

impl<T> Iterator for Children<T> {
    type Item = Outcome<T>;

    fn next(&mut self) -> Option<Self::Item> {
        let index = self.next;
        if index >= self.len {
            return None;
        }
        self.next += 1;
        if meter::step(1) {
            return (self.pick)(&self.parent, index).map(Ok);
        }
        self.next = self.len;
        Some(Err(ended()))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.len - self.next;
        (left, Some(left))
    }
}

/// The value of a child, for [`children`].
pub(crate) fn pick_value(parent: &Data, index: usize) -> Option<Val> {
    let value = match &parent.0 {
        Node::List(list) => list.items().get(index)?,
        Node::Object(object) => object.entries().get_index(index)?.1,
        _ => return None,
    };
    Some(Val::new(value.clone()))
}

/// The key and the value of a child, for [`children`].
pub(crate) fn pick_entry(parent: &Data, index: usize) -> Option<(Val, Val)> {
    let key = match &parent.0 {
        Node::Object(object) => {
            Val::new(Data::text(object.entries().get_index(index)?.0.to_string()))
        }
        _ => Val::from(index),
    };
    Some((key, pick_value(parent, index)?))
}

pub(crate) type Iter<T> = Box<dyn Iterator<Item = Outcome<T>>>;

/// The children of a value, each as it is picked.
pub(crate) fn children<T: 'static>(parent: Val, pick: fn(&Data, usize) -> Option<T>) -> Iter<T> {
    match Children::of(parent.into_data(), pick) {
        Ok(children) => Box::new(children),
        Err(error) => Box::new(std::iter::once(Err(error))),
    }
}
