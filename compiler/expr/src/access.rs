//! Getting at the parts of values, and changing them: what jaq asks of a value.

use std::ops::Range;
use std::sync::Arc;

use jaq_core::path::Opt;
use jaq_core::{Error, Exn, ValX};

use crate::data::{Data, Entries, Node};
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

    fn slice(&self, range: jaq_core::val::Range<&Self>) -> Outcome {
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
fn absolute(position: i64, len: usize) -> Option<usize> {
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

fn bounds(range: &jaq_core::val::Range<&Val>, len: usize) -> Outcome<Range<usize>> {
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

fn pick_value(parent: &Data, index: usize) -> Option<Val> {
    let value = match &parent.0 {
        Node::List(list) => list.items().get(index)?,
        Node::Object(object) => object.entries().get_index(index)?.1,
        _ => return None,
    };
    Some(Val::new(value.clone()))
}

fn pick_entry(parent: &Data, index: usize) -> Option<(Val, Val)> {
    let key = match &parent.0 {
        Node::Object(object) => {
            Val::new(Data::text(object.entries().get_index(index)?.0.to_string()))
        }
        _ => Val::from(index),
    };
    Some((key, pick_value(parent, index)?))
}

type Iter<T> = Box<dyn Iterator<Item = Outcome<T>>>;

fn children<T: 'static>(parent: Val, pick: fn(&Data, usize) -> Option<T>) -> Iter<T> {
    match Children::of(parent.into_data(), pick) {
        Ok(children) => Box::new(children),
        Err(error) => Box::new(std::iter::once(Err(error))),
    }
}

impl jaq_core::ValT for Val {
    fn from_num(literal: &str) -> Outcome {
        let number = Number::parse(literal).filter(|_| meter::step(1));
        number.map(|number| Self::new(Data::number(number))).ok_or_else(ended)
    }

    fn from_map<I: IntoIterator<Item = (Self, Self)>>(pairs: I) -> Outcome {
        let mut entries = Entries::new();
        for (key, value) in pairs {
            if !meter::step(1) {
                return Err(ended());
            }
            let Some(text) = key.as_text() else {
                return Err(Error::str(format_args!("cannot use {key} as the key of an object")));
            };
            entries.insert(text.into(), value.into_data());
        }
        Self::built(Data::from_entries(entries))
    }

    fn key_values(self) -> Iter<(Self, Self)> {
        children(self, pick_entry)
    }

    fn values(self) -> Iter<Self> {
        children(self, pick_value)
    }

    fn index(self, index: &Self) -> Outcome {
        if !meter::step(1) {
            return Err(ended());
        }
        self.child(index).map(|child| Self::new(child.unwrap_or_default()))
    }

    fn range(self, range: jaq_core::val::Range<&Self>) -> Outcome {
        self.slice(range)
    }

    fn map_values<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        let update = |value| {
            if !meter::step(1) {
                return Some(Err(Exn::from(ended())));
            }
            f(Self::new(value)).next().map(|updated| updated.map(Self::into_data))
        };
        let built = match self.into_data().0 {
            Node::List(list) => {
                let items = Self::new(Data(Node::List(list))).into_items()?.into_iter();
                Data::from_items(items.filter_map(update).collect::<Result<_, _>>()?)
            }
            Node::Object(object) => {
                let entries = match Arc::try_unwrap(object) {
                    Ok(object) => object.into_entries(),
                    Err(object) => object.entries().clone(),
                };
                let entries = entries.into_iter();
                let entries = entries
                    .filter_map(|(key, value)| Some(update(value)?.map(|value| (key, value))));
                Data::from_entries(entries.collect::<Result<_, _>>()?)
            }
            other => {
                let fail = |value| Error::typ(value, "array or object").into();
                return opt.fail(Self::new(Data(other)), fail);
            }
        };
        Ok(Self::built(built)?)
    }

    fn map_index<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        index: &Self,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        if !meter::step(1) {
            return Err(ended().into());
        }
        let update = |old: Option<Data>| f(Self::new(old.unwrap_or_default())).next().transpose();
        let absent = self.data().is_null();
        match (self.into_data().or_empty(&index.data().0).0, &index.data().0) {
            (Node::Object(mut object), Node::Text(key)) => {
                own(&mut object, |object| object.entries().len() * 64)?;
                let object_mut = Arc::make_mut(&mut object);
                match update(object_mut.take(key.as_str()))? {
                    Some(new) => object_mut.insert(key.as_str().into(), new.into_data()),
                    None if absent => return Ok(Self::null()),
                    None => object_mut.remove(key.as_str()),
                }
                Ok(Self::built(Data(Node::Object(object)))?)
            }
            (Node::List(mut list), Node::Number(number)) => {
                let position = number.as_position().and_then(|at| absolute(at, list.items().len()));
                let Some(position) = position else {
                    let error = Error::str(format_args!(
                        "position {index} is before the start of the array"
                    ));
                    return opt.fail(Self::new(Data(Node::List(list))), |_| error.into());
                };
                own(&mut list, |list| size_of_val(list.items()))?;
                let list_mut = Arc::make_mut(&mut list);
                match update(list_mut.take(position))? {
                    Some(new) => {
                        let len = position.saturating_add(1);
                        if len > list_mut.items().len() && !meter::room(len.saturating_mul(16)) {
                            return Err(ended().into());
                        }
                        list_mut.pad(len);
                        list_mut.put(position, new.into_data());
                    }
                    None if absent => return Ok(Self::null()),
                    None => list_mut.remove(position),
                }
                Ok(Self::built(Data(Node::List(list)))?)
            }
            (parent @ Node::List(_), Node::Object(bounds)) => {
                let bound = |key| bounds.entries().get(key).cloned().map(Self::new);
                let (start, end) = (bound("start"), bound("end"));
                Self::new(Data(parent)).map_range(start.as_ref()..end.as_ref(), opt, f)
            }
            (other, _) => {
                let fail = |value| Error::index(value, index.clone()).into();
                opt.fail(Self::new(Data(other)), fail)
            }
        }
    }

    fn map_range<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        range: jaq_core::val::Range<&Self>,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        let this = Self::new(self.into_data().or_empty(&Node::Number(Number::Int(0))));
        let Some(items) = this.as_list() else {
            return opt.fail(this, |value| Error::typ(value, "array").into());
        };
        let bounds = match bounds(&range, items.len()) {
            Ok(bounds) => bounds,
            Err(error) => return opt.fail(this, |_| error.into()),
        };
        if !meter::step_bytes(size_of_val(items)) {
            return Err(ended().into());
        }
        let part =
            Self::built(Data::from_items(items.get(bounds.clone()).unwrap_or_default().to_vec()))?;
        let new = match f(part).next().transpose()? {
            Some(new) => new.into_items()?,
            None => Vec::new(),
        };
        let mut items = this.into_items()?;
        if !meter::room(size_of_val(items.as_slice()) + size_of_val(new.as_slice())) {
            return Err(ended().into());
        }
        items.splice(bounds, new);
        Ok(Self::built(Data::from_items(items))?)
    }

    fn as_bool(&self) -> bool {
        !matches!(self.data().0, Node::Null | Node::Bool(false))
    }

    fn into_string(self) -> Self {
        if self.as_text().is_some() {
            return self;
        }
        self.to_text().map_or_else(|_| Self::null(), |text| Self::new(Data::text(text)))
    }
}

/// Counts the copy that changing something shared makes.
fn own<T>(shared: &mut Arc<T>, size: impl Fn(&T) -> usize) -> Outcome<()> {
    if Arc::get_mut(shared).is_some() {
        return Ok(());
    }
    let size = size(shared);
    if meter::step_bytes(size) && meter::room(size) { Ok(()) } else { Err(ended()) }
}

impl Data {
    /// Null as what an assignment under `index` makes of it.
    fn or_empty(self, index: &Node) -> Self {
        match (&self.0, index) {
            (Node::Null, Node::Text(_)) => Self::from_entries(Entries::new()),
            (Node::Null, Node::Number(_) | Node::Object(_)) => Self::from_items(Vec::new()),
            _ => self,
        }
    }
}

impl jaq_std::ValT for Val {
    fn into_seq<S: FromIterator<Self>>(self) -> Result<S, Self> {
        if self.as_list().is_none() {
            return Err(self);
        }
        self.into_items()
            .map(|items| items.into_iter().map(Self::new).collect())
            .map_err(|_| Self::null())
    }

    fn is_int(&self) -> bool {
        self.as_number().is_some_and(Number::is_int)
    }

    fn as_isize(&self) -> Option<isize> {
        match self.as_number()? {
            Number::Int(int) => isize::try_from(int).ok(),
            _ => None,
        }
    }

    fn as_f64(&self) -> Option<f64> {
        self.as_number().map(Number::as_f64)
    }

    fn is_utf8_str(&self) -> bool {
        self.as_text().is_some()
    }

    fn as_bytes(&self) -> Option<&[u8]> {
        self.as_text().map(str::as_bytes)
    }

    fn as_sub_str(&self, part: &[u8]) -> Self {
        Self::from_utf8_bytes(part.to_vec())
    }

    /// What is not text in these bytes is replaced: a value never leaves JSON.
    fn from_utf8_bytes(bytes: impl AsRef<[u8]> + Send + 'static) -> Self {
        Self::from(String::from_utf8_lossy(bytes.as_ref()).into_owned())
    }
}
